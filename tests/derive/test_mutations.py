"""A check that cannot fail is a defect: every single mutation of every step is caught, or proved to change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sympy import Basic

from derive.chain_rule import Sweep, reverse_sweep
from derive.expressions import Expression, Number, Relation, product
from derive.matrices.index_form import entry_of
from derive.matrices.matrix import Elementwise, Hadamard, MatrixExpression, MatrixProduct, MatrixSum, Scalar, Scaled, Transposed
from derive.network import network
from derive.notation import View, load
from derive.results import results_of
from derive.steps import Derivation, Step
from derive.traversal import rebuild, tensors_of
from derive.verification.checks import verify_dot_product, verify_kinks
from derive.verification.lines import Line, letters, together
from derive.verification.points import Point
from derive.verification.verify import looks, points_of, verify_derivation, verify_matrix_form
from tests.derive.mutations import mutants
from tests.derive.neutrality import proved_equal

NIELSEN = load("nielsen")


def _is_caught(derivation: Derivation, number: int, step: Step, mutant: Expression, points: tuple[Point, ...]) -> bool:
    line = Line(letters(number), mutant, step.before, step)
    return not all(together(outcomes).ok for outcomes in zip(*looks([line], derivation, points), strict=True))


def _missed(sweep: Sweep, every: int = 1) -> list[str]:
    """Each ``every``-th mutant that is neither caught nor proved neutral."""
    points, system, missed, count = points_of(sweep), sweep.system, [], 0
    tensors = (*system.inputs, *system.parameters, *system.definitions, *(d.left.tensor for d in sweep.derivations))
    for derivation in sweep.derivations:
        for number, step in enumerate(derivation.steps):
            for name, mutant in mutants(step.after, tensors, derivation.left.positions):
                count += 1
                if count % every or _is_caught(derivation, number, step, mutant, points):
                    continue
                if not proved_equal(mutant, step.after, sweep):
                    missed.append(f"{derivation.left.tensor.name} {letters(number)} {name}: {mutant}")
    assert count > 1000
    return missed


@pytest.mark.parametrize("spec", ["2-3:sigmoid-2:sigmoid", "3-3:relu-3:linear", "2-3:tanh-2:softmax"])
def test_every_mutation_of_a_step_is_caught_or_neutral(spec: str) -> None:
    assert _missed(reverse_sweep(network(spec).pattern)) == []


def test_mutations_of_batch_steps_are_caught_or_neutral() -> None:
    assert _missed(reverse_sweep(network("2-3:relu-2:linear").batch), every=4) == []


@pytest.mark.parametrize("number", range(5))
def test_the_statement_of_the_mutated_line_is_the_one_that_is_wrong(number: int) -> None:
    sweep = reverse_sweep(network("2-3:sigmoid-2:sigmoid").pattern)
    derivation = next(d for d in sweep.derivations if d.left.tensor.name == "delta1")
    step = derivation.steps[number]
    wrong = replace(step, after=next(m for name, m in mutants(step.after, (), ()) if name == "sign flipped"), substeps=())
    steps = (*derivation.steps[:number], wrong, *derivation.steps[number + 1 :])
    statements = verify_derivation(replace(derivation, steps=steps), points_of(sweep), "9", NIELSEN, View())
    assert [s.number for s in statements if not s.ok] == [f"9{letters(number)}"]
    assert " instead of " in next(s.detail for s in statements if not s.ok)


def test_a_line_that_does_not_continue_the_line_above_is_wrong() -> None:
    sweep = reverse_sweep(network("2-3:sigmoid-2:sigmoid").pattern)
    derivation = next(d for d in sweep.derivations if d.left.tensor.name == "delta1")
    step = derivation.steps[2]
    wrong = replace(step, before=next(m for name, m in mutants(step.before, (), ()) if name == "factor 2"))
    steps = (*derivation.steps[:2], wrong, *derivation.steps[3:])
    statements = verify_derivation(replace(derivation, steps=steps), points_of(sweep), "9", NIELSEN, View())
    assert [s.number for s in statements if not s.ok] == ["9c"]


def _matrix_mutants(value: MatrixExpression) -> Iterator[MatrixExpression]:
    if isinstance(value, Transposed | Elementwise):
        yield value.inner
    elif isinstance(value, MatrixProduct):
        yield MatrixProduct(*reversed(value.args))
        yield from value.args
    elif isinstance(value, Hadamard | MatrixSum):
        yield from (value.args[0], value.args[-1])
    if not isinstance(value, Transposed):
        yield Transposed(value)
    yield Scaled(Scalar(Number(2)), value)
    yield Scaled(Scalar(Number(-1)), value)
    for place, part in enumerate(value.args):
        if isinstance(part, MatrixExpression):
            for other in _matrix_mutants(part):
                yield value.func(*value.args[:place], other, *value.args[place + 1 :])


@pytest.mark.parametrize("spec", ["2-3:sigmoid-2:sigmoid", "3-3:relu-3:softmax"])
def test_every_mutation_of_a_matrix_form_is_caught_or_neutral(spec: str) -> None:
    results = results_of(network(spec))
    sweeps = {results.pattern_sweep.system.loss: results.pattern_sweep, results.batch_sweep.system.loss: results.batch_sweep}
    points = {loss: points_of(sweep) for loss, sweep in sweeps.items()}
    count = 0
    for result in results.results:
        if result.matrix is None:
            continue
        form, at = result.matrix, points[result.system.loss]
        for mutant in _matrix_mutants(form.right):
            count += 1
            statement = verify_matrix_form(result.equation, replace(form, right=mutant), at, "1", NIELSEN, View())
            if statement.ok:
                entry = entry_of(mutant, (form.rows, form.columns))
                assert statement.kind == "proved" or proved_equal(entry, result.equation.right, sweeps[result.system.loss])
    assert count > 200


def test_a_wrong_gradient_fails_the_dot_product() -> None:
    sweep = reverse_sweep(network("2-3:tanh-2:sigmoid").batch)
    point = points_of(sweep)[0]
    assert verify_dot_product(sweep, point).ok
    used = {tensor for derivation in sweep.derivations for tensor in tensors_of(derivation.result)}
    for number, derivation in enumerate(sweep.derivations):
        if derivation.left.tensor.role == "adjoint" and derivation.left.tensor not in used:
            continue
        last = derivation.steps[-1]
        wrong = Derivation(derivation.left, derivation.start, (*derivation.steps[:-1], replace(last, after=product(Number(2), last.after))))
        others = (*sweep.derivations[:number], wrong, *sweep.derivations[number + 1 :])
        assert not verify_dot_product(replace(sweep, derivations=others), point).ok, derivation.left.tensor.name


def test_another_derivative_at_a_kink_is_caught() -> None:
    results = results_of(network("2-3:relu-2:linear"))
    sweep = results.pattern_sweep
    point = points_of(sweep)[0]
    assert [s.ok for s in verify_kinks(sweep, results.of_pattern, point, NIELSEN)] == [True]
    (place,) = (n for n, d in enumerate(sweep.derivations) if d.left.tensor.name == "delta1")
    derivation = sweep.derivations[place]
    wrong = Derivation(
        derivation.left, derivation.start, tuple(replace(step, after=_with_closed_brackets(step.after)) for step in derivation.steps)
    )
    others = (*sweep.derivations[:place], wrong, *sweep.derivations[place + 1 :])
    (statement,) = verify_kinks(replace(sweep, derivations=others), results.of_pattern, point, NIELSEN)
    assert not statement.ok


def _with_closed_brackets(value: Basic) -> Expression:
    """``[a >= 0]`` for ``[a > 0]``: the derivative 1 at the kink."""
    if isinstance(value, Relation) and value.sign == ">":
        return Relation(value.left, ">=", value.right)  # type: ignore[return-value]
    return rebuild(value, _with_closed_brackets)  # type: ignore[return-value]
