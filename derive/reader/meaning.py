"""What syntax means in a system: numbers in index form and arrays, built once every letter has found its axis.

Here are numbers, terms, groups, brackets, cases and matrices; ``symbols``, ``derivatives`` and ``products`` add the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch

from sympy import Rational

from derive.expressions import MINUS_ONE, Apply, Bracket, Case, Cases, Expression, Number, Power, Relation
from derive.functions.scalar import FUNCTIONS
from derive.matrices.matrix import ElementBracket, ElementCases, Elementwise, MatrixExpression, Scalar, SquaredNorm
from derive.reader.names import DOTS, pattern_axis
from derive.reader.positions import between_positions, relation
from derive.reader.scope import Scope
from derive.reader.slots import absent
from derive.reader.syntax import CasesOf, Chain, Entrywise, Fence, GridOf, Group, Literal, Root, Syntax, Terms
from derive.reader.tokens import refuse
from derive.reader.values import Matrix, Term, Value, added, along, as_matrix, entrywise, grid, raised, same_shape, spread

_HALF = Number(Rational(1, 2))
_NOWHERE = Power(Number(0), MINUS_ONE)
"""The value where no case holds: none."""


@singledispatch
def meaning(value: Syntax, scope: Scope) -> Value:
    """The value of a part of a formula. Raises ``InputError``, or ``Misfit`` where parts do not fit."""
    refuse(value.at, f"a {getattr(value, 'name', 'part of a formula')} sign by itself")


@meaning.register
def _(value: Literal, scope: Scope) -> Value:
    if value.text.endswith(DOTS):
        return Term(lambda: Number(scope.names.number(value.text.removesuffix(DOTS))))
    return Term(lambda: Number(Rational(value.text)))


@meaning.register
def _(value: Chain, scope: Scope) -> Value:
    if value.signs:
        refuse(value.sides[1].at, f"a relation {value.signs[0]} inside a formula")
    return meaning(value.sides[0], scope)


@meaning.register
def _(value: Terms, scope: Scope) -> Value:
    terms = [meaning(term, scope) for term in value.terms]
    if scope.choices is not None:
        terms = spread([isinstance(term, Literal) for term in value.terms], terms)
        terms = along(pattern_axis(scope.names.system), terms)
    return added(value.signs, terms, value.at)


@meaning.register
def _(value: Entrywise, scope: Scope) -> Value:
    if "x" in value.signs:
        refuse(value.at, "a tensor product")
    return entrywise(value.signs, [meaning(part, scope) for part in value.parts], value.at)


@meaning.register
def _(value: Group, scope: Scope) -> Value:
    if value.fence == "[" and any(item.signs for item in value.items):
        return _bracket(value, scope)
    if len(value.items) != 1:
        refuse(value.items[1].at, "a comma inside a formula")
    if value.fence == "<":
        refuse(value.at, "angle brackets around one value")
    return meaning(value.items[0], scope)


def _bracket(value: Group, scope: Scope) -> Value:
    """Iverson's bracket: between positions, between numbers, or entry by entry between arrays."""
    sides: list[Value] = []
    relations = [_relation(item, scope, sides) for item in value.items]
    if all(isinstance(side, Term) for side in sides):
        return Term(lambda: Bracket(*(build(False) for build in relations)))
    rows, columns = same_shape(sides, value.at, "a comparison", scalars=True)
    return Matrix(rows, columns, lambda: ElementBracket(*(build(True) for build in relations)))


def _relation(item: Chain, scope: Scope, sides: list[Value]) -> Callable[[bool], Relation]:
    """A relation, to be built with matrix expressions as sides or not; ``sides`` receives the values that it compares."""
    if len(item.signs) != 1:
        refuse(item.at, "expected one relation")
    if between_positions(item, scope):
        deferred = relation(item, scope)
        return lambda arrays: deferred()
    left, right = (meaning(side, scope) for side in item.sides)
    sides += [left, right]

    def build(arrays: bool) -> Relation:
        one, two = ((as_matrix(side) if arrays else side).build() for side in (left, right))
        return Relation(one, item.signs[0], two)

    return build


@meaning.register
def _(value: CasesOf, scope: Scope) -> Value:
    """Where every row has a condition, there is no value where none of them holds."""
    sides: list[Value] = []
    values = [meaning(row, scope) for row, _ in value.rows]
    conditions = []
    for number, (row, items) in enumerate(value.rows):
        if items is None and number + 1 < len(value.rows):
            refuse(row.at, "only the last case can go without a condition")
        if items is not None and len(items) != 1:
            refuse(row.at, "expected one condition")
        conditions.append(_relation(items[0], scope, sides) if items is not None else None)
    if all(isinstance(side, Term) for side in (*values, *sides)):
        return Term(lambda: _cases([value.build() for value in values], conditions))
    rows, columns = same_shape((*values, *sides), value.at, "cases", scalars=True)

    def build() -> MatrixExpression:
        cases = [
            Case(as_matrix(own).build(), condition(True))
            for own, condition in zip(values, conditions, strict=True)
            if condition is not None
        ]
        return ElementCases(*cases, as_matrix(values[-1]).build() if conditions[-1] is None else Scalar(_NOWHERE))

    return Matrix(rows, columns, build)


def _cases(values: Sequence[Expression], conditions: Sequence[Callable[[bool], Relation] | None]) -> Expression:
    cases = [Case(value, condition(False)) for value, condition in zip(values, conditions, strict=True) if condition is not None]
    return Cases(*cases, values[-1] if conditions[-1] is None else _NOWHERE)


@meaning.register
def _(value: GridOf, scope: Scope) -> Value:
    return grid([[meaning(cell, scope) for cell in row] for row in value.rows], value.at)


@meaning.register
def _(value: Root, scope: Scope) -> Value:
    return raised(meaning(value.body, scope), Term(lambda: _HALF), True, value.at)


@meaning.register
def _(value: Fence, scope: Scope) -> Value:
    """A norm means something only squared, which is how it is found in a ``Scripted``."""
    if value.name == "norm":
        return raised(squared_norm(value, scope), Term(lambda: _HALF), False, value.at)
    body = meaning(value.body, scope)
    function = FUNCTIONS["abs"]
    if isinstance(body, Term):
        return Term(lambda: Apply(function, body.build()))
    return Matrix(body.rows, body.columns, lambda: Elementwise(function, body.build()))


def squared_norm(value: Fence, scope: Scope) -> Value:
    """The sum of the squares of all entries."""
    body = meaning(value.body, scope)
    if isinstance(body, Term):
        return Term(lambda: Power(body.build(), Number(2)))
    return Matrix(absent(), absent(), lambda: SquaredNorm(body.build()))
