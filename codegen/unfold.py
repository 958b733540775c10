"""Formulas in the form that lowering and the stability identities expect: functions written out, sums taken apart.

Nothing here changes a value: a function's formula is put in its place, numbers are multiplied, and factors that a sum does
not bind stand outside it.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Basic

from derive.calculus.differentiate import fill, formula_of
from derive.calculus.tidy import leading_sign, tidy
from derive.expressions import (
    Apply,
    Constant,
    Entry,
    Expression,
    Number,
    Plus,
    Power,
    Product,
    Size,
    Total,
    factors_of,
    negative,
    plus,
    product,
)
from derive.indices import Index
from derive.traversal import free_indices, rebuild, walk

KNOWN_LATER = (Entry, Index)


def plain(value: Expression) -> Expression:
    """``value`` with every function that has a formula written out, after silent arithmetic, sums without constant factors."""
    return outside(tidy(unfold(value)))


def unfold(value: Basic) -> Basic:
    """``value`` with every function that has a formula replaced by it; primitives stay."""
    value = rebuild(value, unfold)
    if isinstance(value, Apply):
        function = value.function
        if function.body is not None or function.order:
            formula = formula_of(function)
            if formula is None:
                raise ValueError(f"no formula for {function.name}" + "'" * function.order)
            return unfold(fill(formula, value.argument))
    return value


def outside(value: Basic) -> Basic:
    """``value`` with factors that a sum does not bind taken out of it, and powers of products taken apart."""
    value = rebuild(value, outside)
    if isinstance(value, Power) and isinstance(value.base, Product) and isinstance(value.exponent, Number) and value.exponent.value.q == 1:
        return tidy(product(*(Power(factor, value.exponent) for factor in value.base.args)))
    if isinstance(value, Total):
        factors = factors_of(value.body)
        free = tuple(factor for factor in factors if not mentions(factor, value.index))
        bound = tuple(factor for factor in factors if mentions(factor, value.index))
        if not bound:
            return tidy(product(*free, Size(value.index.axis)))
        if free:
            return tidy(product(*free, Total(value.index, product(*bound))))
        if isinstance(value.body, Plus) and all(leading_sign(term) < 0 for term in value.body.args):
            return negative(Total(value.index, plus(*(tidy(negative(term)) for term in value.body.args))))
    if isinstance(value, Product):
        return tidy(product(*value.args))
    return value


def mentions(value: Basic, index: Index) -> bool:
    """Whether ``index`` is free in ``value``."""
    return index in free_indices(value)


@lru_cache(maxsize=1 << 14)
def is_constant(value: Expression) -> bool:
    """Whether a value is known before any array is: numbers, sizes and functions of them."""
    return not any(isinstance(node, KNOWN_LATER) for node in walk(value))


def is_number(value: Expression) -> bool:
    """Whether a constant does not even depend on a size."""
    return is_constant(value) and not any(isinstance(node, Size) for node in walk(value))


__all__ = ["Constant", "is_constant", "is_number", "mentions", "outside", "plain", "unfold"]
