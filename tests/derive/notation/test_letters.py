"""The discipline of bound indices, on every line of real derivations: no letter is captured."""

from __future__ import annotations

import pytest
from sympy import Basic

from derive.expressions import BINDERS, Function, Partial, Tensor
from derive.indices import Axis, Index
from derive.network import network
from derive.notation import choose_letters, load
from derive.notation.letters import Letters
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
