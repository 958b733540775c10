"""The value of a function of one number at one place, in doubles: enough to see whether it has any."""

from __future__ import annotations

from math import isfinite
from typing import Any

from mpmath.ctx_fp import FPContext

from derive.expressions import Cases, Entry, Expression, Function, Tensor
from derive.indices import Axis
from derive.verification.evaluate import Closure, Scalar, Scope, scalar_closure
from derive.verification.primitives import EvaluationError


def value_at(function: Function, place: float) -> float | None:
    """The value of ``function`` at ``place``; None where it has no real one that a double holds."""
    try:
        value = float(scalar_closure(_Numbers(), function)(place))
    except (EvaluationError, ArithmeticError, TypeError, ValueError):
        return None
    return value if isfinite(value) else None


class _Doubles(FPContext):
    """mpmath's doubles, which overflow at once where more digits would take long."""

    isfinite = staticmethod(isfinite)


class _Numbers:
    """What a function of one number reads: nothing."""

    context: Any = _Doubles()

    def size(self, axis: Axis) -> int:
        raise EvaluationError("a function of one number knows no axes")

    def read(self, tensor: Tensor, position: tuple[int, ...]) -> Closure:
        raise EvaluationError("a function of one number reads no tensors")

    def derivative(self, of: Expression, by: Entry, scope: Scope) -> Any:
        raise EvaluationError("a function of one number reads no tensors")

    def scalar(self, function: Function) -> Scalar:
        return scalar_closure(self, function)

    def compared(self, difference: Any) -> None:
        pass

    def branched(self, node: Cases, branch: int) -> None:
        pass
