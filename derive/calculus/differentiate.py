"""The derivative walk: each rule pushes an inert ``Partial`` one level inwards, so the finer lines of a derivation come for free."""

from __future__ import annotations

from functools import cache, singledispatch

from sympy import Basic

from derive.calculus.substitute import freshen
from derive.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Total,
    Variable,
    plus,
    product,
)
from derive.functions.scalar import primitive_derivative
from derive.indices import Affine, Position
from derive.traversal import rebuild, walk


def differentiate(value: Expression, by: Expression) -> Expression:
    """The derivative of ``value`` with respect to an entry (or to the variable of a function's formula), carried out."""
    return carry_out(partial(value, by))


def carry_out(value: Expression) -> Expression:
    """``value`` with every inert derivative in it carried out."""
    while any(isinstance(node, Partial) for node in walk(value)):
        value = push_all(value)
    return value


def push_all(value: Expression) -> Expression:
    """Every inert derivative in ``value`` pushed one level inwards; zero terms and factors 1 are dropped."""
    if isinstance(value, Partial):
        return push(value.of, value.by)
    if isinstance(value, Plus):
        return plus(*(term for term in map(push_all, value.args) if term != ZERO))
    if isinstance(value, Product):
        factors = tuple(factor for factor in map(push_all, value.args))
        return ZERO if ZERO in factors else product(*(f for f, old in zip(factors, value.args, strict=True) if f != ONE or old == ONE))
    if isinstance(value, Total):
        body = push_all(value.body)
        return ZERO if body == ZERO else Total(value.index, body)
    return rebuild(value, push_all)


def depends(value: Basic, by: Expression) -> bool:
    """Whether ``value`` reads the tensor (or the variable) that ``by`` is an entry of."""
    if isinstance(by, Entry):
        return any(isinstance(node, Entry) and node.tensor == by.tensor for node in walk(value))
    return any(node == by for node in walk(value))


def partial(value: Expression, by: Expression) -> Expression:
    """``Partial(value, by)``, or zero where ``value`` does not read ``by``'s tensor."""
    return Partial(value, by) if depends(value, by) else ZERO


@singledispatch
def push(value: Expression, by: Expression) -> Expression:
    """What ``d value / d by`` is in terms of derivatives of the parts of ``value``."""
    raise TypeError(f"no derivative rule for {type(value).__name__}")


@push.register
def _(value: Entry, by: Expression) -> Expression:
    """D v[p] / d v[q] = [p = q]; another tensor's entry does not depend on it."""
    if not isinstance(by, Entry) or value.tensor != by.tensor:
        return ZERO
    pairs = zip(value.positions, by.positions, strict=True)
    relations = tuple(_equal(own, other) for own, other in pairs if own != other)
    return Bracket(*relations) if relations else ONE


def _equal(own: Position, other: Position) -> Relation:
    """``[own = other]``; a fixed position stands on the right."""
    return Relation(other, "=", own) if isinstance(own, Affine) and not own.terms else Relation(own, "=", other)


@push.register
def _(value: Variable, by: Expression) -> Expression:
    """D z / d z = 1."""
    return ONE


@push.register
def _(value: Plus, by: Expression) -> Expression:
    """D (u + v) = du + dv."""
    return plus(*(Partial(term, by) for term in value.args if depends(term, by)))


@push.register
def _(value: Product, by: Expression) -> Expression:
    """D (u v) = du v + u dv; a factor that does not depend on the variable stays where it is."""
    places = [place for place, factor in enumerate(value.args) if depends(factor, by)]
    return plus(*(product(*value.args[:at], Partial(value.args[at], by), *value.args[at + 1 :]) for at in places))


@push.register
def _(value: Power, by: Expression) -> Expression:
    """D u^n = n u^(n-1) du, and d u^v = u^v d(v log u) where the exponent varies too."""
    if not depends(value.exponent, by):
        if isinstance(value.exponent, Number):
            lower = Number(value.exponent.value - 1)
            rest = (value.base,) if lower == ONE else () if lower == ZERO else (Power(value.base, lower),)
        else:
            rest = (Power(value.base, plus(value.exponent, MINUS_ONE)),)
        return product(value.exponent, *rest, Partial(value.base, by))
    return product(value, Partial(product(value.exponent, Apply(Function("log"), value.base)), by))


@push.register
def _(value: Total, by: Expression) -> Expression:
    """D sum_k u_k = sum_k du_k."""
    return Total(value.index, Partial(value.body, by))


@push.register
def _(value: Largest, by: Expression) -> Expression:
    """D max_k u_k = sum_k [u_k = max] du_k / (number of positions that reach the maximum)."""
    other = freshen(value)
    reached = Bracket(Relation(value.body, "=", other))
    again = freshen(value)
    ties = Total(again.index, Bracket(Relation(again.body, "=", freshen(value))))
    return product(Total(value.index, product(reached, Partial(value.body, by))), Power(ties, MINUS_ONE))


@push.register
def _(value: Apply, by: Expression) -> Expression:
    """D f(u) = f'(u) du; a primitive's derivative is written out."""
    function = value.function
    slope = slope_at(function, value.argument) if function.body is None else Apply(function.prime, value.argument)
    return product(slope, Partial(value.argument, by))


@push.register
def _(value: Bracket, by: Expression) -> Expression:
    """A bracket is constant wherever it has a derivative."""
    return ZERO


@push.register
def _(value: Cases, by: Expression) -> Expression:
    """Each branch is differentiated by itself; a kink takes the derivative of the branch that it falls in."""
    cases = (Case(partial(case.value, by), case.relation) for case in value.cases)
    return Cases(*cases, partial(value.otherwise, by))


def slope_at(function: Function, argument: Expression) -> Expression:
    """The first derivative of a primitive at ``argument``, written out."""
    return fill(primitive_derivative(function.name), argument)


def fill(body: Expression, argument: Expression) -> Expression:
    """A function's formula with its variable replaced by ``argument``."""
    if isinstance(body, Variable):
        return argument
    return rebuild(body, lambda part: fill(part, argument))


@cache
def formula_of(function: Function) -> Expression | None:
    """The formula of a function or of its derivative in ``Variable()``; None for a primitive that is not differentiated."""
    from derive.calculus.tidy import tidy

    if function.order == 0:
        return function.body
    lower = Function(function.args[0], function.body, function.order - 1)
    body = formula_of(lower)
    if body is None:
        return primitive_derivative(function.name)
    return tidy(differentiate(body, Variable()))
