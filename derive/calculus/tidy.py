"""Arithmetic that a reader does silently: numbers are multiplied, units and zeros dropped, powers of one base collected.

The order of factors and terms stays as written; nothing is multiplied out.
"""

from __future__ import annotations

from collections import Counter
from functools import singledispatch

from sympy import Basic, Rational, S

from derive.calculus.match import match
from derive.calculus.ranges import decided
from derive.expressions import (
    BINDERS,
    ONE,
    ZERO,
    Bracket,
    Case,
    Cases,
    Expression,
    Number,
    Plus,
    Power,
    Product,
    Total,
    negative,
    plus,
    product,
)
from derive.traversal import rebuild, walk


def tidy(value: Expression) -> Expression:
    """``value`` after silent arithmetic, from the inside out."""
    return _tidy(rebuild(value, _tidy_part))


def _tidy_part(value: Basic) -> Basic:
    return tidy(value) if isinstance(value, Expression) else rebuild(value, _tidy_part)


@singledispatch
def _tidy(value: Expression) -> Expression:
    return value


@_tidy.register
def _(value: Plus) -> Expression:
    number = Rational(0)
    terms: list[Expression] = []
    at = 0
    for term in plus(*value.args).args if len(value.args) > 1 else value.args:
        if isinstance(term, Number):
            at = at if number else len(terms)
            number += term.value
        else:
            terms.append(term)
    collected = _collected(terms)
    if number:
        collected.insert(min(at, len(collected)), Number(number))
    return plus(*collected) if collected else ZERO


def _collected(terms: list[Expression]) -> list[Expression]:
    """Equal terms as one: 2 u + u = 3 u, and u - u is left out."""
    numbers: list[Rational] = []
    first: list[Expression] = []
    bodies: list[Expression] = []
    for term in terms:
        number, body = _number_apart(term)
        place = next((at for at, other in enumerate(bodies) if _same(body, other)), None)
        if place is None:
            numbers.append(number)
            bodies.append(body)
            first.append(term)
        else:
            numbers[place] += number
            first[place] = _tidy(product(Number(numbers[place]), bodies[place]))
    return [term for term, number in zip(first, numbers, strict=True) if number]


def _number_apart(term: Expression) -> tuple[Rational, Expression]:
    if not isinstance(term, Product):
        return Rational(1), term
    number = Rational(1)
    for factor in term.args:
        number *= factor.value if isinstance(factor, Number) else 1
    return number, product(*(factor for factor in term.args if not isinstance(factor, Number)))


def _same(one: Expression, other: Expression) -> bool:
    """Whether two terms are equal up to the names of bound indices, or the order of factors."""
    if one == other or (isinstance(one, Product) and isinstance(other, Product) and Counter(one.args) == Counter(other.args)):
        return True
    return type(one) is type(other) and any(isinstance(node, BINDERS) for node in walk(one)) and match(one, other, ()) is not None


@_tidy.register
def _(value: Product) -> Expression:
    number: Rational = S.One
    powers: dict[Expression, Rational] = {}
    kept: list[Expression] = []
    for factor in product(*value.args).args if len(value.args) > 1 else value.args:
        if isinstance(factor, Number):
            number = factor.value if number is S.One else number * factor.value
            continue
        base, exponent = base_and_exponent(factor)
        if exponent is None:
            kept.append(factor)
        elif base in powers and isinstance(base, Bracket):
            continue
        elif base in powers:
            powers[base] += exponent
        else:
            powers[base] = exponent
            kept.append(base)
    if number is S.Zero:
        return ZERO
    factors = tuple(_power(base, powers[base]) if base in powers else base for base in kept)
    factors = tuple(factor for factor in factors if factor != ONE)
    if len(factors) == 1 and number is S.NegativeOne and isinstance(factors[0], Plus) and _mostly_negative(factors[0]):
        return plus(*(tidy(negative(term)) for term in factors[0].args))
    return product(*((Number(number),) if number is not S.One or not factors else ()), *sorted(factors, key=_is_sum))


def _is_sum(factor: Expression) -> bool:
    """Whether a factor stands last, because it would seem to take in what follows it."""
    return isinstance(factor, Total)


def _mostly_negative(value: Plus) -> bool:
    return all(leading_sign(term) < 0 for term in value.args[:1]) and leading_sign(value.args[-1]) > 0


def is_divisor(factor: Expression) -> bool:
    """Whether a factor is divided by."""
    return isinstance(factor, Power) and isinstance(factor.exponent, Number) and bool(factor.exponent.value.p < 0)


def leading_sign(value: Expression) -> int:
    """-1 where a minus sign stands in front of ``value``."""
    if isinstance(value, Product):
        return leading_sign(value.args[0])
    return -1 if isinstance(value, Number) and value.value.p < 0 else 1


def base_and_exponent(factor: Expression) -> tuple[Expression, Rational | None]:
    """A factor as base and rational exponent; None where the exponent is not a number. A whole power of a root is one power."""
    if not isinstance(factor, Power):
        return factor, S.One
    if not isinstance(factor.exponent, Number):
        return factor, None
    base, own = base_and_exponent(factor.base) if factor.exponent.value.is_Integer else (factor.base, S.One)
    return (factor.base, factor.exponent.value) if own is None else (base, own * factor.exponent.value)


def _power(base: Expression, exponent: Rational) -> Expression:
    if exponent is S.Zero:
        return ONE
    return base if exponent is S.One else Power(base, Number(exponent))


@_tidy.register
def _(value: Power) -> Expression:
    if not isinstance(value.exponent, Number):
        return value
    exponent = value.exponent.value
    if isinstance(value.base, Number) and exponent.is_Integer and (value.base != ZERO or exponent > 0):
        return Number(value.base.value**exponent)
    if isinstance(value.base, Power) and isinstance(value.base.exponent, Number) and exponent.is_Integer:
        return _power(value.base.base, value.base.exponent.value * exponent)
    if isinstance(value.base, Bracket) and exponent > 0:
        return value.base
    return ONE if value.base == ONE else _power(value.base, exponent)


@_tidy.register
def _(value: Total) -> Expression:
    return ZERO if value.body == ZERO else value


@_tidy.register
def _(value: Bracket) -> Expression:
    """What holds at every position is not said; what holds at none is zero."""
    relations = tuple(dict.fromkeys(r for r in value.relations if decided(r) is not True))
    if any(decided(relation) is False for relation in relations):
        return ZERO
    return Bracket(*relations) if relations else ONE


@_tidy.register
def _(value: Cases) -> Expression:
    """Branches that agree are one; 1 on one side and 0 on the other is a bracket; a branch that is always or never taken is no branch."""
    value = _undecided(value)
    if not isinstance(value, Cases):
        return value
    if all(case.value == value.otherwise for case in value.cases):
        return value.otherwise
    if len(value.cases) == 1 and value.otherwise == ZERO and value.cases[0].value == ONE:
        return Bracket(value.cases[0].relation)
    return value


def _undecided(value: Cases) -> Expression:
    """The cases that depend on where one stands; only a relation between positions can be decided beforehand."""
    kept: list[Case] = []
    for case in value.cases:
        holds = decided(case.relation)
        if holds is True:
            return Cases(*kept, case.value) if kept else case.value
        if holds is None:
            kept.append(case)
    if len(kept) == len(value.cases):
        return value
    return Cases(*kept, value.otherwise) if kept else value.otherwise
