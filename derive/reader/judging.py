"""Whether an equation that was read is true: both sides evaluated at random points, in every layer that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

from derive.errors import InputError
from derive.expressions import Apply, Entry, Expression, Function, Number, Partial
from derive.indices import Index
from derive.reader.ground import Ground
from derive.reader.reading import Reading, read_sides
from derive.reader.syntax import Syntax
from derive.traversal import free_indices, walk
from derive.verification.lines import Outcome, chooses, compare, together
from derive.verification.points import Point, kinks_of, positions_of
from derive.verification.primitives import EvaluationError
from derive.verification.stream import Stream
from derive.verification.verify import sample

ARGUMENTS = ("-29/4", "-27/10", "-6/5", "-2/5", "3/10", "7/4", "16/5", "29/4")
"""Where formulas about a function are evaluated, besides its kinks."""

_MOST = 4


def judge(sides: Sequence[Syntax], ground: Ground, layers: Sequence[int | None], *, units: bool = False) -> Outcome:
    """Whether all sides are equal in each of some layers: in the first one at all points, in the others at one.

    ``units`` says that single units are spoken of, so that the sizes are those of the specification. Raises ``InputError`` where the
    formula cannot be read.
    """
    outcome = Outcome()
    for number, layer in enumerate(sample(layers)):
        reading = read_sides(sides, ground.scope(layer))
        points = points_for(reading, ground, units)
        outcome = outcome.and_also(evaluated(reading, points[:1] if number else points, everywhere=units))
        if outcome.fault:
            break
    return outcome


def differ(sides: Sequence[Syntax], ground: Ground, layers: Sequence[int | None]) -> bool:
    """Whether the sides have different values at any position, with small sizes or those of the specification, in any of some layers.

    Raises ``InputError`` where the formula cannot be read.
    """
    for layer in sample(layers):
        reading = read_sides(sides, ground.scope(layer))
        for points in (ground.points, ground.declared):
            if evaluated(reading, points, everywhere=True).fault:
                return True
    return False


def points_for(reading: Reading, ground: Ground, units: bool) -> tuple[Point, ...]:
    """More points for formulas that compare values, since wrong ones are right by chance at many; points on kinks for derivatives."""
    selective = any(chooses(entry) for entry in reading.entries)
    kinks: tuple[Point, ...] = ()
    if is_derivative(reading.entries[0]) and (selective or units):
        kinks = ground.declared_on_kinks if units else ground.on_kinks
    if units:
        return (*ground.declared, *kinks)
    return (*(ground.points if selective else ground.points[:2]), *kinks)


def is_derivative(value: Expression) -> bool:
    """Whether this is a derivative of the loss, which no constant shift of a forward value changes."""
    return isinstance(value, Partial) or (isinstance(value, Entry) and value.tensor.of is not None)


def evaluated(reading: Reading, points: Sequence[Point], *, everywhere: bool = False) -> Outcome:
    """The outcome of comparing all sides with the first at some positions of each point, or everywhere."""
    outcome = Outcome()
    for point in points:
        outcome = outcome.and_also(_at_point(reading, point, everywhere))
        if outcome.fault:
            break
    return outcome


def _at_point(reading: Reading, point: Point, everywhere: bool) -> Outcome:
    valuation = point.valuation
    first, *others = reading.entries
    outcome = Outcome()
    try:
        for place, value in _places(first, reading.free, point, everywhere):
            outcome = outcome.and_also(together(compare(other, value, place, valuation) for other in others))
            if outcome.fault:
                break
    except EvaluationError as reason:
        return Outcome(fault=f"cannot be evaluated: {reason}")
    return outcome


def _places(first: Expression, free: Sequence[Index], point: Point, everywhere: bool) -> list[tuple[dict[Index, int], object]]:
    """Some positions with the value there: where there are such, at least one where it vanishes and one where it does not."""
    valuation = point.valuation
    every = [dict(zip(free, position, strict=True)) for position in positions_of(tuple(index.axis for index in free), valuation)]
    stream = Stream(point.seed + len(every))
    order = [every.pop(stream.below(len(every))) for _ in range(len(every))]
    found = [(place, valuation.evaluate(first, place)) for place in (order if everywhere else order[: 3 * _MOST])]
    if everywhere:
        return found
    vanishing = [pair for pair in found if pair[1] == 0]
    others = [pair for pair in found if pair[1] != 0]
    return [*others[: _MOST - min(len(vanishing), 1)], *vanishing[: max(1, _MOST - len(others))]]


def judge_function(sides: Sequence[Syntax], ground: Ground, turn: int = 0) -> Outcome:
    """Whether formulas of one variable agree on every side of their kinks and on them; ``turn`` chooses among functions of one name."""
    scope = ground.scope(None, variable=True)
    if turn:
        turned = {name: (*own[turn:], *own[:turn]) if turn < len(own) else own for name, own in scope.names.functions.items()}
        scope = replace(scope, names=replace(scope.names, functions=turned))
    reading = read_sides(sides, scope)
    valuation = ground.points[0].valuation
    applied = [node.function for entry in reading.entries for node in walk(entry) if isinstance(node, Apply)]
    kinks = [kink for function in applied for kink in kinks_of(function.body)] + [k for entry in reading.entries for k in kinks_of(entry)]
    first, *others = (Function("side", entry) for entry in reading.entries)
    outcome = Outcome()
    for number in dict.fromkeys((*(Number(text) for text in ARGUMENTS), *kinks)):
        try:
            value = valuation.evaluate(Apply(first, number), {})
        except EvaluationError:
            continue
        found = together(compare(Apply(other, number), value, {}, valuation) for other in others)
        if found.fault:
            found = replace(found, fault=f"{found.fault} at {number.value}")
        outcome = outcome.and_also(found)
    return outcome


def under_derivatives(sides: Sequence[Syntax], known: Sequence[Syntax], ground: Ground, layer: int | None) -> str:
    """What is wrong under a sign of differentiation, where the notes have something else.

    A wrong term that does not depend on the variable would not show in the derivative.
    """
    try:
        wanted = _inert(read_sides(known, ground.scope(layer)))
    except InputError:
        return ""
    point = ground.points[0]
    for own in _inert(read_sides(sides, ground.scope(layer))):
        if wanted and not any(_same_value(own, other, point) for other in wanted):
            return "under the derivative stands another value than in the notes"
    return ""


def _inert(reading: Reading) -> list[Expression]:
    """Every formula that stands under a sign of differentiation."""
    nodes = (node for entry in reading.entries for node in walk(entry))
    return [node.of for node in nodes if isinstance(node, Partial) and not isinstance(node.of, Entry)]


def _same_value(one: Expression, two: Expression, point: Point) -> bool:
    """Whether two formulas have one value when their free indices are named alike."""
    mine, theirs = free_indices(one), free_indices(two)
    if len(mine) != len(theirs):
        return False
    valuation = point.valuation
    stream = Stream(point.seed + 3)
    place = {index: stream.below(valuation.size(index.axis)) for index in mine}
    try:
        value = valuation.evaluate(one, place)
        for order in permutations(mine):
            if all(own.axis == other.axis for own, other in zip(order, theirs, strict=True)):
                there = {other: place[own] for own, other in zip(order, theirs, strict=True)}
                if compare(two, value, there, valuation).ok:
                    return True
    except EvaluationError:
        return False
    return False


def mentions(sides: Sequence[Syntax], letter: str) -> bool:
    """Whether a letter stands anywhere in a formula."""
    waiting: list[object] = list(sides)
    while waiting:
        node = waiting.pop()
        if getattr(node, "text", None) == letter:
            return True
        if isinstance(node, Syntax):
            waiting += vars(node).values()
        elif isinstance(node, tuple):
            waiting += node
    return False
