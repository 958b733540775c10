"""Operations that have no value somewhere: they must not be computed where a guard excludes it."""

from __future__ import annotations

from sympy import Basic

from codegen.unfold import is_constant
from derive.expressions import Apply, Number, Power

PARTIAL_FUNCTIONS = ("log", "log1p", "sqrt")


def is_partial(value: Basic) -> bool:
    """Whether the outermost operation of ``value`` divides, takes a root or a logarithm."""
    if isinstance(value, Power):
        exponent = value.exponent
        natural = isinstance(exponent, Number) and exponent.value.q == 1 and exponent.value.p > 0
        return not natural and not is_constant(value)
    return isinstance(value, Apply) and value.function.name in PARTIAL_FUNCTIONS
