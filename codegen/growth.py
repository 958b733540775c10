"""How fast the values of a system grow with its inputs: what is checked at large inputs must still be a number there."""

from __future__ import annotations

from functools import singledispatch

from sympy import Basic

from derive.equations import System
from derive.expressions import Apply, Bracket, Cases, Entry, Expression, Largest, Number, Plus, Power, Product, Tensor, Total

LARGEST_EXPONENTS = {"float64": 250, "float32": 30}
"""Ten to this power, and products with some weights, fit a number of each precision."""
MOST = 4
"""Inputs are as large as ten to this power where that may be."""


def largest_inputs(system: System, dtype: str) -> int:
    """The largest of 1, 10, ..., 10000 at which no value of a system and no derivative of it leaves the range of a precision."""
    degrees: dict[Tensor, int] = dict.fromkeys(system.inputs, 1)
    for equation in system.equations:
        degrees[equation.tensor] = degree(equation.right, degrees)
    return 10 ** max(0, min(MOST, LARGEST_EXPONENTS[dtype] // max(1, *degrees.values())))


@singledispatch
def degree(value: Basic, degrees: dict[Tensor, int]) -> int:
    """A bound of the power of the inputs with which a value grows; functions grow no faster than their arguments."""
    return 0


@degree.register
def _(value: Entry, degrees: dict[Tensor, int]) -> int:
    return degrees.get(value.tensor, 0)


@degree.register
def _(value: Product, degrees: dict[Tensor, int]) -> int:
    return sum(degree(factor, degrees) for factor in value.args)


@degree.register(Plus)
@degree.register(Cases)
def _largest_of(value: Expression, degrees: dict[Tensor, int]) -> int:
    parts = (part.args[0] if not isinstance(part, Expression) else part for part in value.args)
    return max(degree(part, degrees) for part in parts)


@degree.register(Total)
@degree.register(Largest)
def _of_body(value: Total | Largest, degrees: dict[Tensor, int]) -> int:
    return degree(value.body, degrees)


@degree.register
def _(value: Power, degrees: dict[Tensor, int]) -> int:
    exponent = value.exponent.value if isinstance(value.exponent, Number) else 1
    return max(0, int(degree(value.base, degrees) * exponent))


@degree.register
def _(value: Apply, degrees: dict[Tensor, int]) -> int:
    return degree(value.argument, degrees)


@degree.register
def _(value: Bracket, degrees: dict[Tensor, int]) -> int:
    return 0
