"""Lines of a derivation, evaluated: each must have the value of the inert derivative that the chain begins with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from derive.equations import Equation
from derive.expressions import Apply, Entry, Expression, Partial, Relation
from derive.indices import Axis, Index
from derive.steps import Derivation, Step
from derive.traversal import free_indices, walk
from derive.verification.points import Point, kinks_of, positions_of
from derive.verification.primitives import EvaluationError
from derive.verification.stream import Stream
from derive.verification.valuation import Valuation

LOST_DIGITS = 10
"""Of the digits that are compared, the last ten may differ by rounding and by the finite step of a difference."""

Bindings = dict[Index, int]


@dataclass(frozen=True)
class Outcome:
    """What an evaluation found: ``error`` is the worst relative difference, ``fault`` what is wrong, empty if nothing is."""

    error: float = 0.0
    places: int = 0
    fault: str = ""

    @property
    def ok(self) -> bool:
        return self.places > 0 and not self.fault

    def and_also(self, other: Outcome) -> Outcome:
        """Both outcomes as one; the first fault is kept."""
        return Outcome(max(self.error, other.error), self.places + other.places, self.fault or other.fault)


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes as one."""
    return reduce(Outcome.and_also, outcomes, Outcome())


def described(outcome: Outcome, points: Sequence[Point], members: int = 1, evaluated: int = 1) -> str:
    """What was evaluated and how well it agreed, or what is wrong."""
    if not outcome.ok:
        return outcome.fault or "nothing was evaluated"
    layers = f" in {evaluated} of {members} layers, the others alike up to names" if evaluated < members else f" in {members} layers"
    error = "exactly" if outcome.error == 0 else f"to {outcome.error:.0e}"
    places = f"{outcome.places} position{'s' if outcome.places > 1 else ''}"
    where = "; ".join(point.describe() for point in points)
    return f"agrees {error} at {places}{layers if members > 1 else ''}, {points[0].valuation.digits} digits; {where}"


@dataclass(frozen=True)
class Line:
    """A displayed line: its place in the chain ("a", "b", "b.1"), the expression, and the one that stood there before."""

    label: str
    value: Expression
    above: Expression
    step: Step


def lines_of(derivation: Derivation) -> tuple[Line, ...]:
    """Every line below the definition, finer lines before the line that they lead to."""
    found: list[Line] = []
    for number, step in enumerate(derivation.steps):
        finer_lines = tuple(substep for substep in step.substeps if substep.after != step.after)
        for finer, substep in enumerate(finer_lines, 1):
            found.append(Line(f"{letters(number)}.{finer}", substep.after, substep.before, substep))
        found.append(Line(letters(number), step.after, step.before, step))
    return tuple(found)


def letters(number: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    text = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        text = chr(ord("a") + place) + text
    return text


def evaluate_derivation(derivation: Derivation, point: Point, most: int = 4) -> tuple[Outcome, ...]:
    """The outcome of each line of ``lines_of``."""
    return evaluate_lines(lines_of(derivation), derivation, point, most)


def evaluate_lines(lines: Sequence[Line], derivation: Derivation, point: Point, most: int = 4) -> tuple[Outcome, ...]:
    """The outcome of each of some lines: its value, and that of the line above it, against the inert derivative.

    ``most`` limits the positions that are looked at; they include one where the derivative vanishes and one where it does not.
    """
    valuation = point.valuation
    places = telling_positions(derivation.left.tensor.axes, derivation, valuation, most)
    return tuple(_evaluate_line(line, derivation, places, valuation) for line in lines)


def chooses(value: Expression) -> bool:
    """Whether a line compares values: such a comparison is 0 or 1, so that a wrong one is right by chance in many places."""
    for node in walk(value):
        if isinstance(node, Relation) and isinstance(node.left, Expression):
            return True
        if isinstance(node, Apply) and node.function.body is not None and kinks_of(node.function.body):
            return True
    return False


def _evaluate_line(line: Line, derivation: Derivation, places: Sequence[Bindings], valuation: Valuation) -> Outcome:
    outcome = Outcome()
    for place in places:
        first = valuation.evaluate(derivation.start, place)
        outcome = outcome.and_also(compare(line.value, first, place, valuation))
        above = compare(line.above, first, place, valuation)
        outcome = outcome.and_also(Outcome(above.error, 0, f"the line above: {above.fault}" if above.fault else ""))
        outcome = outcome.and_also(_definitions(line.step, line.value, place, valuation))
        if outcome.fault:
            break
    return outcome


def _definitions(step: Step, value: Expression, place: Bindings, valuation: Valuation) -> Outcome:
    """Where a definition is inserted, what stands under a derivative must be the value it defines.

    A wrong term that does not depend on the variable would not show in the derivative itself.
    """
    defined = [node for name, node in step.because if name == "value" and isinstance(node, Entry)]
    if not defined or any(entry.tensor.name == valuation.system.loss.name for entry in defined):
        return Outcome()
    for inert in (node for node in walk(value) if isinstance(node, Partial) and not isinstance(node.of, Entry)):
        free = dict.fromkeys(i for node in (inert.of, *defined) for i in free_indices(node) if i not in place)
        stream = Stream(len(place))
        there = {**place, **{index: stream.below(valuation.size(index.axis)) for index in free}}
        found = [compare(inert.of, valuation.evaluate(entry, there), there, valuation) for entry in defined]
        if not any(outcome.ok for outcome in found):
            return Outcome(fault=f"under the derivative: {found[0].fault}")
    return Outcome()


def compare(value: Expression, expected: Any, place: Bindings, valuation: Valuation) -> Outcome:
    """Whether ``value`` is ``expected`` where its indices stand at ``place``, up to the digits lost."""
    where = ", ".join(f"{index.letter} = {number + 1}" for index, number in place.items())
    try:
        found = valuation.evaluate(value, place)
    except EvaluationError as reason:
        return Outcome(fault=f"cannot be evaluated at {where or 'the point'}: {reason}")
    error = relative_error(found, expected, valuation)
    if error < 10.0 ** (LOST_DIGITS - valuation.digits):
        return Outcome(error, 1)
    shown = [valuation.context.nstr(number, 12) for number in (found, expected)]
    return Outcome(error, 1, f"{shown[0]} instead of {shown[1]}" + (f" at {where}" if where else ""))


def relative_error(found: Any, expected: Any, valuation: Valuation) -> float:
    """The difference relative to the larger of the two; values below 10**-(digits + 5) are differences of rounding only."""
    size = max(abs(found), abs(expected))
    if size < valuation.smallest:
        return 0.0
    return float(abs(found - expected) / size)


def telling_positions(axes: tuple[Axis, ...], derivation: Derivation, valuation: Valuation, most: int) -> list[Bindings]:
    """All positions if they are few, else some in an order drawn from the sizes.

    Where units are inactive a wrong factor would not show, where they are active a missing one would not, so one of
    each is looked for.
    """
    every = [dict(zip(derivation.left.positions, position, strict=True)) for position in positions_of(axes, valuation)]
    if len(every) <= most:
        return every
    stream = Stream(len(every))
    order = [every.pop(stream.below(len(every))) for _ in range(len(every))]
    found: dict[bool, list[Bindings]] = {False: [], True: []}
    for place in order[: 2 * most + 2]:
        found[bool(valuation.evaluate(derivation.start, place) == 0)].append(place)
        active, inactive = len(found[False]), len(found[True])
        if active + min(inactive, 1) >= most and ((active and inactive) or active + inactive > most):
            break
        if most == 1 and active:
            break
    rest = max(most - min(len(found[True]), 1), 1)
    chosen = found[False][:rest]
    return chosen + found[True][: most - len(chosen)]


def evaluate_equation(equation: Equation, value: Expression, point: Point, most: int = 3) -> Outcome:
    """Whether ``value`` is the left side of a forward or derived equation: entries of the forward pass, or inert derivatives."""
    valuation, outcome = point.valuation, Outcome()
    every = positions_of(equation.tensor.axes, valuation)
    stream = Stream(len(every))
    for _ in range(min(most, len(every))):
        place = dict(zip(equation.indices, every.pop(stream.below(len(every))), strict=True))
        outcome = outcome.and_also(compare(value, valuation.evaluate(equation.left, place), place, valuation))
    return outcome
