"""A sum that a bracket reduces to one term, as that term and the sum of all others, which are zero."""

from __future__ import annotations

from sympy import Basic

from derive.calculus.contract import solve
from derive.calculus.substitute import move
from derive.expressions import ZERO, Bracket, Expression, Product, Relation, Total, factors_of, plus, product
from derive.indices import Index
from derive.traversal import rebuild

OTHER = "!="
"""``[p != j]``: every position but one."""


def split(value: Expression) -> Expression:
    """``value`` with sum_p u_p [p = j] as u_j + sum_p [p != j] u_p 0, where one plain bracket fixes the index.

    Sums whose index is fixed otherwise (along with others, by a shift, inside a sum of terms) stay as they are.
    """
    return _split(value)


def _split(value: Basic) -> Expression:
    value = rebuild(value, lambda part: _split(part) if isinstance(part, Expression) else part)
    if isinstance(value, Product):
        return product(*value.args)
    return _parted(value) if isinstance(value, Total) else value


def _parted(value: Total) -> Expression:
    factors = factors_of(value.body)
    for factor in factors:
        others = tuple(other for other in factors if other is not factor)
        if isinstance(factor, Bracket) and len(factor.relations) == 1 and others:
            position = solve(factor.relations[0], value.index)
            if isinstance(position, Index) and position.axis == value.index.axis:
                rest = value.index.fresh()
                term = product(*(move(other, {value.index: position}) for other in others))
                apart = Bracket(Relation(rest, OTHER, position))
                zeros = product(apart, *(move(other, {value.index: rest}) for other in others), ZERO)
                return plus(term, Total(rest, zeros))
    return value
