"""Checks of a whole sweep: stated derivatives at kinks, and forward against reverse differentiation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from derive.chain_rule import Sweep
from derive.equations import System
from derive.expressions import Apply, Tensor
from derive.notation import Notation, latex
from derive.results import Result
from derive.steps import Derivation
from derive.verification.evaluate import STEP_DIGITS
from derive.verification.lines import LOST_DIGITS, Outcome, described, evaluate_derivation, relative_error, together
from derive.verification.points import Point, kinks_in, on_kink
from derive.verification.primitives import EvaluationError
from derive.verification.statements import CHECKED, Statement
from derive.verification.stream import Stream
from derive.verification.valuation import Valuation


def verify_kinks(sweep: Sweep, results: Iterable[Result], point: Point, notation: Notation) -> list[Statement]:
    """At each kink of each function the stated derivative: the chain through an entry that stands exactly there."""
    numbers = {tensor.name: str(result.number) for result in results for tensor in result.tensors}
    statements: list[Statement] = []
    for kink in kinks_in(sweep.system):
        derivation = _adjoint_of(kink.tensor, sweep)
        if derivation is None:
            continue
        slope = Apply(kink.function.prime, kink.place)
        with on_kink(point, kink) as at:
            outcome = together(evaluate_derivation(derivation, at, most=8))
            stated = at.valuation.context.nstr(at.valuation.evaluate(slope, {}), 12)
            detail = f"stated at the kink; {described(outcome, [at])}"
        text = f"{latex(slope, notation)} = {stated.removesuffix('.0')}"
        number = numbers[derivation.left.tensor.name]
        statements.append(Statement(number, text, CHECKED, outcome.ok, detail))
    return statements


def _adjoint_of(tensor: Tensor, sweep: Sweep) -> Derivation | None:
    return next((d for d in sweep.derivations if d.left.tensor.of == tensor), None)


def verify_dot_product(sweep: Sweep, point: Point) -> Statement:
    """Forward against reverse: the slope of the loss along a direction, by a difference and by the derived gradients."""
    system, old = sweep.system, point.valuation
    stream = Stream(point.seed + 7)
    direction = {t.name: [old.context.mpf(stream.between(-9, 9)) / 4 for _ in old.array(t)] for t in system.parameters}
    text = r"\sum_{\theta} \frac{\partial J}{\partial \theta} \cdot v_{\theta} = \frac{\mathrm{d}}{\mathrm{d}h} J(\theta + h v)"
    try:
        backward = _along(direction, sweep, point)
        error = relative_error(backward, _slope_along(direction, system, old), old)
    except EvaluationError as reason:
        return Statement("all", text, CHECKED, False, str(reason))
    fault = "" if error < 10.0 ** (LOST_DIGITS - old.digits) else "the derived gradients do not give the slope of the loss"
    outcome = Outcome(error, 1, fault)
    return Statement("all", text, CHECKED, outcome.ok, f"dot product with a random direction; {described(outcome, [point])}")


def _along(direction: Mapping[str, Sequence[Any]], sweep: Sweep, point: Point) -> Any:
    """The derived gradients, computed one from the other as code would, times the direction."""
    system, old = sweep.system, point.valuation
    reverse = Valuation(_backward(sweep), old.sizes, old.digits)
    for tensor in reverse.system.inputs:
        reverse.give(tensor, list(old.array(tensor).values()))
    reverse.run()
    gradients = {d.left.tensor.of.name: d.left.tensor for d in sweep.derivations if d.left.tensor.of is not None}
    total = old.context.zero
    for tensor in system.parameters:
        if tensor.name not in gradients:
            raise EvaluationError(f"{tensor.name} has no gradient")
        total += sum(g * v for g, v in zip(reverse.array(gradients[tensor.name]).values(), direction[tensor.name], strict=True))
    return total


def _backward(sweep: Sweep) -> System:
    """The derived equations as a system of their own, to which the values of the forward pass are given."""
    system = sweep.system
    values = (*system.inputs, *system.parameters, *system.definitions)
    return System(system.name, values, (), tuple(d.equation for d in sweep.derivations), outside=system.outside)


def _slope_along(direction: Mapping[str, Sequence[Any]], system: System, valuation: Valuation) -> Any:
    """A central difference of the loss with all parameters moved at once."""
    step = valuation.context.mpf(10) ** -STEP_DIGITS
    before = {tensor.name: list(valuation.array(tensor).values()) for tensor in system.parameters}
    sides = []
    try:
        for side in (step, -step):
            for tensor in system.parameters:
                moved = [x + side * v for x, v in zip(before[tensor.name], direction[tensor.name], strict=True)]
                valuation.give(tensor, moved)
            valuation.run()
            sides.append(valuation.array(system.loss)[()])
    finally:
        for tensor in system.parameters:
            valuation.give(tensor, before[tensor.name])
        valuation.run()
    return (sides[0] - sides[1]) / (2 * step)
