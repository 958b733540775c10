"""A scalar function piece by piece: the open intervals between its kinks, the kinks, and its formula on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sympy import Basic, Rational

from derive.expressions import Apply, Bracket, Cases, Expression, Number, Plus, Product, Relation, Variable
from derive.traversal import rebuild, walk


class NotAlgebraic(Exception):
    """A formula that the exact algebra does not cover: no kinks of linear conditions, or not rational in z and exp(rate*z)."""


@dataclass(frozen=True)
class Piece:
    """An open interval between neighbouring kinks (None: unbounded), or one kink where ``low == high``; ``formula`` has no cases."""

    low: Rational | None
    high: Rational | None
    formula: Expression

    @property
    def is_kink(self) -> bool:
        return self.low is not None and self.low == self.high


def inlined(value: Expression, argument: Expression | None = None) -> Expression:
    """``value`` with every named formula written out and its variable replaced by ``argument``."""

    def change(part: Basic) -> Basic:
        if isinstance(part, Variable):
            return part if argument is None else argument
        if isinstance(part, Apply) and part.function.order:
            raise NotAlgebraic
        if isinstance(part, Apply) and part.function.body is not None:
            return inlined(part.function.body, cast(Expression, change(part.argument)))
        return rebuild(part, change)

    return cast(Expression, change(value))


def pieces(formula: Expression) -> tuple[Piece, ...]:
    """The pieces of an inlined formula in ``Variable()`` from left to right: interval, kink, interval, ..."""
    kinks = sorted({kink for node in walk(formula) if isinstance(node, Relation) for kink in _zeros(node)})
    found = []
    for low, high in zip([None, *kinks], [*kinks, None], strict=True):
        if low is not None:
            found.append(Piece(low, low, resolved(formula, low)))
        found.append(Piece(low, high, resolved(formula, _between(low, high))))
    return tuple(found)


def _between(low: Rational | None, high: Rational | None) -> Rational:
    """A point inside an interval."""
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + 1
    return high - 1 if high is not None else Rational(0)


def resolved(formula: Expression, point: Rational) -> Expression:
    """The formula with every case decided as it is at ``point``."""

    def change(part: Basic) -> Basic:
        if isinstance(part, Cases):
            chosen = next((case.value for case in part.cases if _holds(case.relation, point)), part.otherwise)
            return change(chosen)
        if isinstance(part, Bracket):
            return Number(int(all(_holds(relation, point) for relation in part.relations)))
        return rebuild(part, change)

    return cast(Expression, change(formula))


def compare(left: Rational, sign: str, right: Rational) -> bool:
    """Whether the comparison of two numbers holds."""
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _holds(relation: Relation, point: Rational) -> bool:
    slope, constant = _difference(relation)
    return compare(slope * point + constant, relation.sign, Rational(0))


def _zeros(relation: Relation) -> list[Rational]:
    slope, constant = _difference(relation)
    return [-constant / slope] if slope else []


def _difference(relation: Relation) -> tuple[Rational, Rational]:
    left, right = linear(relation.left), linear(relation.right)
    return left[0] - right[0], left[1] - right[1]


def linear(value: Basic) -> tuple[Rational, Rational]:
    """Slope and constant of a formula that is linear in the variable; raises NotAlgebraic for any other."""
    if isinstance(value, Variable):
        return Rational(1), Rational(0)
    if isinstance(value, Number):
        return Rational(0), value.value
    if isinstance(value, Plus):
        parts = [linear(term) for term in value.args]
        return sum((slope for slope, _ in parts), Rational(0)), sum((constant for _, constant in parts), Rational(0))
    if isinstance(value, Product):
        slope, constant = Rational(0), Rational(1)
        for factor in value.args:
            own_slope, own_constant = linear(factor)
            if slope and own_slope:
                raise NotAlgebraic
            slope, constant = slope * own_constant + constant * own_slope, constant * own_constant
        return slope, constant
    raise NotAlgebraic
