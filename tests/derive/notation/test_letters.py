"""The discipline of bound indices, on every line of real derivations: no letter is captured."""

from __future__ import annotations

from pathlib import Path

import pytest
from sympy import Basic

from derive.expressions import BINDERS, Function, Partial, Relation, Tensor, Total, plus, product
from derive.indices import Axis, Index
from derive.matrices.matrix import Mask, Positions
from derive.network import network
from derive.notation import choose_letters, load
from derive.notation.layout import Scripts
from derive.notation.letters import Letters
from derive.notation.printing import latex
from derive.results import results_of
from derive.traversal import free_indices

NIELSEN = load("nielsen")


def assert_nothing_is_captured(value: Basic, letters: Letters, taken: dict[Index, object]) -> None:
    """Every sum's letter differs from all letters free in it or bound around it; no derivative is taken by a letter bound in it."""
    if isinstance(value, BINDERS):
        others = {letters[index] for index in (*taken, *free_indices(value))}
        assert letters[value.index] not in others
        assert_nothing_is_captured(value.body, letters, {**taken, value.index: letters[value.index]})
        return
    if isinstance(value, Partial):
        by = {letters[index] for index in free_indices(value.by)}
        assert not by & {letters[index] for index in bound(value.of)}
    if not isinstance(value, Tensor | Function | Index | Axis):
        for part in value.args:
            if isinstance(part, Basic):
                assert_nothing_is_captured(part, letters, taken)


def bound(value: Basic) -> list[Index]:
    own = [value.index] if isinstance(value, BINDERS) else []
    parts = () if isinstance(value, Tensor | Function | Index | Axis) else value.args
    return own + [index for part in parts if isinstance(part, Basic) for index in bound(part)]


@pytest.mark.parametrize("spec", ["2-2:relu-1:linear", "4-5:tanh-5:tanh-3:softmax", "3-4:softmax-2:softmax"])
def test_no_line_captures_an_index(spec: str) -> None:
    for result in results_of(network(spec)).results:
        steps = result.derivation.steps if result.derivation is not None else ()
        chain = [result.equation.left, result.equation.right, *(step.before for step in steps), *(step.after for step in steps)]
        letters = choose_letters(chain, NIELSEN)
        free = dict.fromkeys(free_indices(result.equation.left))
        assert len({letters[index] for index in free}) == len(free)
        for line in chain:
            assert_nothing_is_captured(line, letters, {index: letters[index] for index in free})


FILES = Path(__file__).parents[1] / "equations"


@pytest.mark.parametrize("name", ["lstm", "layer_norm", "attention_in_one_line", "max_pooling", "pairs", "convolution_2d"])
def test_no_line_of_an_equation_file_captures_an_index_or_wears_two_primes(name: str) -> None:
    for result in results_of(network(str(FILES / f"{name}.toml"))).results:
        for derivation in (*result.before, *([result.derivation] if result.derivation is not None else [])):
            lines = [derivation.left, derivation.start, *(step.after for step in derivation.steps)]
            letters = choose_letters(lines, NIELSEN)
            assert all(not isinstance(letter, Scripts) or letter.primes < 2 for letter in letters.values())
            free = {index: letters[index] for index in free_indices(derivation.left)}
            for line in lines:
                assert_nothing_is_captured(line, letters, free)
                assert_one_axis_for_each_letter(line, letters)


def assert_one_axis_for_each_letter(line: Basic, letters: Letters) -> None:
    axes: dict[object, set[Axis]] = {}
    for index in (*bound(line), *free_indices(line)):
        axes.setdefault(letters[index], set()).add(index.axis)
    assert all(len(own) == 1 for own in axes.values())


def test_terms_of_a_sum_share_letters_and_factors_do_not() -> None:
    axis = Axis("j", 3)
    u = Tensor("u", (axis,))
    first, second = Index("j", axis), Index("j", axis)
    sums = Total(first, u[first]), Total(second, u[second])
    shared = choose_letters([plus(*sums)], NIELSEN)
    assert shared[first] == shared[second]
    assert (apart := choose_letters([plus(*sums)], NIELSEN, apart=[(first, second)]))[first] != apart[second]
    assert (factors := choose_letters([product(*sums)], NIELSEN))[first] != factors[second]
    assert (later := choose_letters([plus(*sums), product(*sums)], NIELSEN))[first] != later[second]


def test_rows_and_columns_of_a_mask_wear_different_letters() -> None:
    """Along one axis both come from an index t; with one letter the relation would say nothing."""
    t = Axis("t", 4)
    row, column = Index("t", t), Index("t", t)
    mask = Mask(Positions(row, column), Relation(column, "<=", row))
    assert latex(mask, NIELSEN) == r"([t' \le t])_{tt'}"
