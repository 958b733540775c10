"""Functions of one real number with as many digits as wanted; what has no real value, or none of a sensible size, is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

GROWING = ("exp", "expm1", "sinh", "cosh")
PRIMITIVES = ("exp", "log", "sqrt", "tanh", "sin", "cos", "sinh", "cosh", "erf", "expm1", "log1p", "atan")


class EvaluationError(ValueError):
    """An expression has no value at this point; the message says which node and why."""


def primitive(context: Any, name: str) -> Callable[[Any], Any]:
    """A function that mpmath knows; a logarithm or root of a negative number is refused."""
    if name == "abs":
        return abs
    if name not in PRIMITIVES:
        raise EvaluationError(f"no formula for the function {name}")
    function = getattr(context, name)
    if name in GROWING:
        return lambda place: real(context, function(argument_of_exponential(context, place)), name)
    return lambda place: real(context, function(place), name)


LARGEST = 20
"""The binary digits of the largest exponent: a tower of exponents would never end."""


def limited(context: Any, value: Any, power: Any) -> Any:
    """``value``, refused where ``value**power`` is larger than two to the largest exponent, or smaller than its reciprocal."""
    if value and abs(context.mag(value) * power) > 2**LARGEST:
        raise EvaluationError("a power too large or too small to compute with")
    return value


def argument_of_exponential(context: Any, value: Any) -> Any:
    """``value``, refused where its exponential is too large or too small to compute with."""
    if context.mag(value) > LARGEST:
        raise EvaluationError("an exponential too large or too small to compute with")
    return value


def real(context: Any, value: Any, name: str) -> Any:
    """``value``, refused where it is not a real number."""
    if not isinstance(value, context.mpf) or not context.isfinite(value):
        raise EvaluationError(f"{name} has no real value here")
    return value
