"""An expression at concrete positions of its indices, as one value: sums and maxima are written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from operator import eq, ge, gt, le, lt

from sympy import Basic

from codegen.branches import as_call
from codegen.constants import evaluate
from codegen.program import Call
from codegen.scalar.ranges import EVERYTHING, Range
from codegen.scalar.values import Known, Value, Values
from codegen.unfold import is_constant
from derive.calculus.ranges import is_positional
from derive.expressions import (
    Apply,
    Bracket,
    Cases,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Total,
)
from derive.indices import Affine, Axis, Index
from derive.traversal import walk

COMPARE = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MOST_MULTIPLIED = 16
"""Larger whole exponents are left to the library."""


@dataclass(frozen=True)
class Place:
    """Where an expression is written out.

    ``at`` are the positions of indices, ``read`` gives the value of a tensor at positions, ``pattern`` is the axis whose positions are
    visited one after the other by a loop of the program (none where it is written out as well), ``add_up`` keeps the sum of a value over
    them and ``constant`` names a number that depends on how many there are. ``known`` is what conditions around say of values, ``decided``
    whether those conditions hold.
    """

    values: Values
    read: Callable[[Entry, tuple[int, ...]], Value]
    at: Mapping[Index, int]
    pattern: Axis | None
    add_up: Callable[[Value], Value]
    constant: Callable[[Expression], Value]
    known: Known
    decided: Mapping[Value, bool] = field(default_factory=dict)

    def where(self, index: Index, position: int) -> Place:
        return replace(self, at={**self.at, index: position})

    def under(self, condition: Value, holds: bool) -> Place:
        """The same place where a condition holds, or where it does not."""
        bounds = dict(self.known)
        for value, reach in _said(condition, holds):
            bounds[value] = bounds.get(value, EVERYTHING) & reach
        parts = condition.arguments if condition.operation == "both" and holds else ()
        return replace(self, known=bounds, decided={**self.decided, **dict.fromkeys((condition, *parts), holds)})


def _said(condition: Value, holds: bool) -> list[tuple[Value, Range]]:
    """What a condition says about the values that it compares with numbers."""
    if condition.operation == "both":
        return [fact for part in condition.arguments for fact in _said(part, True)] if holds else []
    left, right = condition.arguments
    sign = str(condition.detail)
    if right.number is None or (not holds and sign not in OPPOSITE):
        return []
    sign = sign if holds else OPPOSITE[sign]
    limit = right.number
    return [(left, Range(lower=limit) if sign in (">", ">=") else Range(upper=limit) if sign in ("<", "<=") else Range(limit, limit))]


@singledispatch
def expand(value: Expression, place: Place) -> Value:
    """``value`` at a place. Raises TypeError where a node has no scalar form."""
    raise TypeError(f"no scalar form for {type(value).__name__}")


def expanded(value: Expression, place: Place) -> Value:
    """As ``expand``, for values that may be constants."""
    return _constant(value, place) if is_constant(value) else expand(value, place)


def _constant(value: Expression, place: Place) -> Value:
    open_size = place.pattern is not None and any(isinstance(node, Size) and node.axis == place.pattern for node in walk(value))
    return place.constant(value) if open_size else place.values.number(float(evaluate(value)))


def _position(position: Basic, place: Place) -> int:
    if isinstance(position, Index):
        return place.at[position]
    affine = Affine.of(position)
    return affine.constant + sum(term.coefficient * place.at[term.index] for term in affine.terms)


@expand.register
def _(value: Entry, place: Place) -> Value:
    own = zip(value.positions, value.tensor.axes, strict=True)
    return place.read(value, tuple(_position(position, place) for position, axis in own if axis != place.pattern))


@expand.register
def _(value: Plus, place: Place) -> Value:
    return place.values.sum(_terms(value, place))


@expand.register
def _(value: Total, place: Place) -> Value:
    return place.values.sum(_terms(value, place))


def _terms(value: Expression, place: Place) -> list[Value]:
    """What is added up: the terms of a sum, each position of an index a term of its own."""
    if isinstance(value, Plus):
        return [part for term in value.args for part in _terms(term, place)]
    if not isinstance(value, Total):
        return [expanded(value, place)]
    if value.index.axis == place.pattern:
        return [place.add_up(expanded(value.body, place))]
    place.values.look_at(value.index.axis.size)
    return [part for position in range(value.index.axis.size) for part in _terms(value.body, place.where(value.index, position))]


@expand.register
def _(value: Product, place: Place) -> Value:
    """Constant factors are one number; divisors come last; a condition among the factors is known to the others."""
    constants = [factor for factor in value.args if is_constant(factor)]
    conditions = [factor for factor in value.args if isinstance(factor, Bracket)]
    made = [_constant(Product(*constants) if len(constants) > 1 else constants[0], place)] if constants else []
    inside = place
    for condition in conditions:
        truth = expand(condition, inside)
        if truth.number == 0.0:
            return truth
        if truth.number is None:
            inside = inside.under(truth.arguments[0], True)
        made.append(truth)
    rest = [factor for factor in value.args if not is_constant(factor) and not isinstance(factor, Bracket)]
    below = [factor for factor in rest if isinstance(factor, Power) and is_divisor(factor)]
    made += [expand(factor, inside) for factor in rest if factor not in below]
    truths = [factor for factor in made if factor.operation == "choice"]
    others = place.values.product([factor for factor in made if factor not in truths])
    for factor in below:
        divisor = place.values.product([expand(factor.base, inside)] * -int(factor.exponent.value))
        others = place.values.over(others, divisor, inside.known)
    return place.values.product([others, *truths])


def is_divisor(value: Expression) -> bool:
    """Whether a factor stands below the line."""
    return isinstance(value, Power) and isinstance(value.exponent, Number) and value.exponent.value < 0 and value.exponent.value.q == 1


@expand.register
def _(value: Power, place: Place) -> Value:
    base = expanded(value.base, place)
    exponent = value.exponent.value if isinstance(value.exponent, Number) else None
    if exponent is not None and exponent.q == 2 and abs(exponent.p) == 1:
        base, exponent = place.values.call("sqrt", base, place.known), 2 * exponent
    if exponent is None or exponent.q != 1 or abs(exponent.p) > MOST_MULTIPLIED:
        return place.values.power(base, expanded(value.exponent, place))
    raised = place.values.product([base] * abs(int(exponent)))
    return raised if exponent > 0 else place.values.over(place.values.number(1.0), raised, place.known)


@expand.register
def _(value: Apply, place: Place) -> Value:
    return place.values.call(value.function.name, expanded(value.argument, place), place.known)


@expand.register
def _(value: Call, place: Place) -> Value:
    arguments = [expanded(argument, place) for argument in value.arguments]
    match value.name:
        case "maximum":
            return place.values.largest(arguments)
        case "minimum":
            return place.values.smallest(arguments)
        case "absolute":
            return place.values.call("abs", arguments[0], place.known)
    raise TypeError(f"no scalar form for {value.name}")


@expand.register
def _(value: Largest, place: Place) -> Value:
    if value.index.axis == place.pattern:
        raise TypeError("a largest value over the patterns has no scalar form")
    return place.values.largest(_compared(value, place))


def _compared(value: Expression, place: Place) -> list[Value]:
    if not isinstance(value, Largest):
        return [expanded(value, place)]
    place.values.look_at(value.index.axis.size)
    return [part for position in range(value.index.axis.size) for part in _compared(value.body, place.where(value.index, position))]


@expand.register
def _(value: Bracket, place: Place) -> Value:
    conditions = [_condition(relation, place) for relation in value.relations]
    if not all(condition for condition in conditions if isinstance(condition, bool)):
        return place.values.number(0.0)
    open_ones = [condition for condition in conditions if isinstance(condition, Value)]
    one, zero = place.values.number(1.0), place.values.number(0.0)
    return place.values.choice(place.values.both(open_ones), one, zero) if open_ones else one


@expand.register
def _(value: Cases, place: Place) -> Value:
    call = as_call(value)
    if isinstance(call, Call) and call.name in ("maximum", "minimum", "absolute"):
        return expand(call, place)
    first, *others = value.cases
    condition = _condition(first.relation, place)
    rest = Cases(*others, value.otherwise) if others else value.otherwise
    if isinstance(condition, bool):
        return expanded(first.value if condition else rest, place)
    chosen = expanded(first.value, place.under(condition, True))
    return place.values.choice(condition, chosen, expanded(rest, place.under(condition, False)))


def _condition(relation: Relation, place: Place) -> Value | bool:
    """A comparison: known where it is between positions or constants."""
    if is_positional(relation):
        left, right = (_whole(side, place) for side in (relation.left, relation.right))
        return bool(COMPARE[relation.sign](left, right))
    assert isinstance(relation.left, Expression)
    assert isinstance(relation.right, Expression)
    one, other = expanded(relation.left, place), expanded(relation.right, place)
    if one.number is not None and other.number is not None:
        return bool(COMPARE[relation.sign](one.number, other.number))
    condition = place.values.relation(one, relation.sign, other)
    return place.decided.get(condition, condition)


def _whole(side: Basic, place: Place) -> int:
    if isinstance(side, Expression):
        return int(evaluate(side))
    return _position(side, place)
