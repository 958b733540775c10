"""Sums of weighted exponentials, shifted by their largest exponent: a softmax with a mask, or with any other factors.

Two identities, for any ``m``:

    exp(v) / sum_k w[k] exp(u[k])  =  exp(v - m) / sum_k w[k] exp(u[k] - m)
    log(sum_k w[k] exp(u[k]))      =  m + log(sum_k w[k] exp(u[k] - m))

``m`` is the largest ``u[k]`` that counts. Where a bracket among the factors is 0, ``u[k]`` does not count and no exponential is computed,
since ``[g] exp(u) = [g] exp(u if g else 0)``.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic

from codegen.patterns import PRIMITIVES
from derive.calculus.substitute import freshen
from derive.calculus.tidy import tidy
from derive.expressions import (
    MINUS_ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Expression,
    Function,
    Largest,
    Number,
    Power,
    Product,
    Relation,
    Total,
    factors_of,
    plus,
    product,
)
from derive.indices import Index
from derive.traversal import rebuild

EXP, LOG = (Function(name) for name in PRIMITIVES[:2])
LOWEST = Number(-(2**100))
"""Less than any exponent that matters; a number in single precision as well."""


@dataclass(frozen=True)
class WeightedSum:
    """``sum_k weights * [guards] * exp(exponent)``."""

    index: Index
    weights: tuple[Expression, ...]
    guards: tuple[Relation, ...]
    exponent: Expression

    def largest(self) -> Expression:
        """The largest exponent that counts, with an index of its own."""
        return freshen(Largest(self.index, where(self.guards, self.exponent, LOWEST)))

    def shifted(self, by: Expression) -> Expression:
        """The sum with all exponents smaller by ``by``."""
        exponent = plus(self.exponent, product(MINUS_ONE, by))
        guards = (Bracket(*self.guards),) if self.guards else ()
        return Total(self.index, product(*self.weights, *guards, EXP(where(self.guards, exponent, ZERO))))


def where(guards: tuple[Relation, ...], value: Expression, otherwise: Expression) -> Expression:
    """``value`` where all guards hold."""
    for guard in reversed(guards):
        value = Cases(Case(value, guard), otherwise)
    return value


def weighted_sum(value: Expression) -> WeightedSum | None:
    """A sum of exponentials with other factors than exponentials beside them; None for any other expression."""
    if not isinstance(value, Total):
        return None
    factors = factors_of(value.body)
    exponents = [factor.argument for factor in factors if is_exponential(factor)]
    if not exponents or len(exponents) == len(factors):
        return None
    guards = tuple(relation for factor in factors if isinstance(factor, Bracket) for relation in factor.relations)
    weights = tuple(factor for factor in factors if not isinstance(factor, Bracket) and not is_exponential(factor))
    return WeightedSum(value.index, weights, guards, plus(*exponents))


def is_exponential(value: Expression) -> bool:
    """Whether a factor is an exponential."""
    return isinstance(value, Apply) and value.function == EXP


def shift_weighted_sums(value: Basic) -> Basic:
    """``value`` with both identities applied wherever they fit."""
    value = rebuild(value, shift_weighted_sums)
    if isinstance(value, Apply) and value.function == LOG:
        return _logarithm(value)
    return _quotient(value) if isinstance(value, Product) else value


def _logarithm(value: Apply) -> Expression:
    found = weighted_sum(value.argument)
    if found is None:
        return value
    return tidy(plus(found.largest(), LOG(found.shifted(found.largest()))))


def _quotient(value: Product) -> Expression:
    """A product with one weighted sum below the line and an exponential above it."""
    below = [(place, found) for place, factor in enumerate(value.args) if (found := _divisor(factor)) is not None]
    above = [place for place, factor in enumerate(value.args) if is_exponential(factor)]
    if len(below) != 1 or not above:
        return value
    ((place, found),) = below
    guards = tuple(relation for factor in value.args if isinstance(factor, Bracket) for relation in factor.relations)
    exponents = [value.args[each].argument for each in above]
    exponent = plus(*exponents, product(MINUS_ONE, found.largest()))
    made = {place: Power(found.shifted(found.largest()), MINUS_ONE), above[0]: EXP(where(guards, exponent, ZERO))}
    return tidy(product(*(made.get(each, factor) for each, factor in enumerate(value.args) if each not in above[1:])))


def _divisor(factor: Expression) -> WeightedSum | None:
    return weighted_sum(factor.base) if isinstance(factor, Power) and factor.exponent == MINUS_ONE else None
