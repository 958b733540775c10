"""Kinks of the activations in a network, and the derivative there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Basic, Rational

from derive.calculus.tidy import tidy
from derive.expressions import ONE, Apply, Bracket, Cases, Expression, Function, Number, Relation, Variable
from derive.functions.branches import NotAlgebraic, inlined, pieces
from derive.functions.slopes import slope_of, slopes_of
from derive.notation.layout import Layout, Sign, row
from derive.notation.symbols import function_name
from derive.notation.typeset import layout
from derive.notes.story import Story
from derive.traversal import rebuild


@dataclass(frozen=True)
class Kinks:
    """Where a function has no derivative of its own, and the one that it is given there."""

    function: Function
    places: tuple[tuple[Rational, Expression], ...]

    def name(self, story: Story) -> Layout:
        """What the function is called."""
        return function_name(self.function, story.notation)

    def values(self, story: Story) -> tuple[Layout, ...]:
        """``f'(0) = 0``, one for each kink."""
        page = story.page([], story.plain_view())
        slope = self.function.prime
        return tuple(row(layout(Apply(slope, Number(at)), page), Sign("="), layout(value, page)) for at, value in self.places)


def kinks_of(story: Story) -> tuple[Kinks, ...]:
    """The kinks of every function that the network applies."""
    return kinks_of_functions([slope.function for slope in slopes_of(story.network.pattern)])


def kinks_of_functions(functions: Sequence[Function]) -> tuple[Kinks, ...]:
    """The kinks of those functions that have some."""
    found = []
    for function in functions:
        try:
            places = [piece.low for piece in pieces(inlined(Apply(function, Variable()))) if piece.is_kink and piece.low is not None]
        except NotAlgebraic:
            continue
        if places:
            slope = slope_of(function).steps[0].after
            found.append(Kinks(function, tuple((at, tidy(_at(slope, at))) for at in places)))
    return tuple(found)


def _at(value: Basic, place: Rational) -> Basic:
    """A formula of one variable at a rational place: the branch that holds there, and what it is."""
    if isinstance(value, Variable):
        return Number(place)
    if isinstance(value, Cases):
        chosen = next((case.value for case in value.cases if _holds(case.relation, place)), value.otherwise)
        return _at(chosen, place)
    if isinstance(value, Bracket):
        return ONE if all(_holds(relation, place) for relation in value.relations) else Number(0)
    inside = rebuild(value, lambda part: _at(part, place))
    if isinstance(inside, Apply) and inside.function.name == "exp" and inside.argument == Number(0):
        return ONE
    return inside


def _holds(relation: Relation, place: Rational) -> bool:
    left, right = (tidy(_at(side, place)) for side in (relation.left, relation.right))
    if not (isinstance(left, Number) and isinstance(right, Number)):
        return False
    signs = {"<": left.value < right.value, "<=": left.value <= right.value, ">": left.value > right.value, ">=": left.value >= right.value}
    return bool(signs.get(relation.sign, left.value == right.value))
