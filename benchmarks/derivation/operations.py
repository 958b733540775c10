"""How many scalar operations formulas take, counted by one rule for every engine.

A sum of n terms is n - 1 additions, a product of n factors n - 1 multiplications, a whole power n of a base n - 1 multiplications;
a reciprocal, a root and a function such as exp are one operation each. A minus sign costs nothing: it makes a subtraction of an addition.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from math import prod
from typing import Any

from derive.equations import Equation
from derive.expressions import MINUS_ONE, Apply, Constant, Entry, Expression, Number, Plus, Power, Product, Size, Total, Variable, product
from derive.indices import Index
from derive.traversal import free_indices, tensors_of


def of_equations(equations: Sequence[Equation]) -> int:
    """Every entry of every left side evaluated on its own, from entries computed before; an adjoint that nothing reads is left out.

    A factor without the index of a sum stands before the sum.
    """
    read = {tensor for equation in equations for tensor in tensors_of(equation.right)}
    needed = [equation for equation in equations if equation.tensor.role != "adjoint" or equation.tensor in read]
    return sum(prod(axis.size for axis in equation.tensor.axes) * of_formula(equation.right) for equation in needed)


@singledispatch
def of_formula(value: Expression) -> int:
    """The operations of one evaluation."""
    raise TypeError(f"no rule for {type(value).__name__}")


@of_formula.register(Number | Constant | Size | Entry | Variable)
def _(value: Expression) -> int:
    return 0


@of_formula.register
def _(value: Plus) -> int:
    return len(value.args) - 1 + sum(of_formula(term) for term in value.args)


@of_formula.register
def _(value: Product) -> int:
    factors = [factor for factor in value.args if factor != MINUS_ONE]
    return max(len(factors) - 1, 0) + sum(of_formula(factor) for factor in factors)


@of_formula.register
def _(value: Power) -> int:
    exponent = value.exponent.value if isinstance(value.exponent, Number) else None
    return of_formula(value.base) + (_of_power(int(exponent)) if exponent is not None and exponent.q == 1 else 1)


@of_formula.register
def _(value: Total) -> int:
    if isinstance(value.body, Product):
        inside = [factor for factor in value.body.args if value.index in free_indices(factor)]
        outside = [factor for factor in value.body.args if factor not in inside]
        if inside and outside:
            return of_formula(product(*outside, Total(value.index, product(*inside))))
    return _of_sum(value.index, of_formula(value.body))


def _of_sum(index: Index, body: int) -> int:
    return index.axis.size * body + index.axis.size - 1


@of_formula.register
def _(value: Apply) -> int:
    body = value.function.body
    return of_formula(value.argument) + (1 if body is None else of_formula(body))


def _of_power(exponent: int) -> int:
    return abs(exponent) - 1 + (exponent < 0)


def of_symbolic(expressions: Sequence[Any]) -> int:
    """The same for expressions of SymPy or SymEngine, each evaluated on its own."""
    known: dict[Any, int] = {}
    return sum(_of_node(expression, known) for expression in expressions)


def _of_node(value: Any, known: dict[Any, int]) -> int:
    if not value.args:
        return 0
    if value not in known:
        parts = [part for part in value.args if part != -1] if value.is_Mul else value.args
        if value.is_Pow and value.args[1].is_Integer:
            own = _of_power(int(value.args[1]))
        else:
            own = max(len(parts) - 1, 0) if value.is_Add or value.is_Mul else 1
        known[value] = own + sum(_of_node(part, known) for part in parts)
    return known[value]
