"""The value of every entry, computed when it is first asked for and written down, exactly or rounded as on a blackboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product as positions_in
from typing import Any

from mpmath import MPContext

from derive.conventions.signs import OPPOSITE
from derive.errors import InputError
from derive.expressions import Cases, Entry, Expression, Function, Tensor
from derive.indices import Axis
from derive.verification.evaluate import Closure, Scalar, Scope, closure, scalar_closure
from derive.verification.primitives import EvaluationError
from derive.worked.digits import fraction
from derive.worked.passes import Passes

Place = tuple[str, tuple[int, ...]]
"""A tensor's name and a position in it."""

NEGATIVE = tuple(OPPOSITE.values())
"""The roles of derivatives with the opposite sign."""

_DIGITS = 60


class Ledger:
    """The entries of a forward and a backward pass from the numbers given.

    ``keep`` is what happens to a value when it is written down; everything that reads it reads what was kept. Raises ``InputError``
    where a value does not exist. ``closest`` says how near to a tie a comparison was, ``branches`` which branches were taken.
    """

    def __init__(
        self,
        passes: Passes,
        given: Mapping[Place, Fraction],
        keep: Callable[[Fraction], Fraction] | None = None,
    ) -> None:
        self.system = passes.system
        self.context: Any = MPContext()
        self.context.dps = _DIGITS
        self.closest: Any = self.context.inf
        self.branches: dict[Cases, set[int]] = {}
        self._equations = {equation.tensor.name: equation for equation in (*passes.system.equations, *passes.backward)}
        self._outside = {tensor.name: value for tensor, value in passes.system.outside.items()}
        self._keep = keep
        self._values: dict[Place, Any] = {place: self._number(value) for place, value in given.items()}
        self._raw: dict[Place, Any] = {}
        self._scalars: dict[Function, Scalar] = {}

    def at(self, tensor: Tensor, position: tuple[int, ...]) -> Fraction:
        """The value of one entry."""
        return self._sign(tensor) * fraction(self._value(tensor, position))

    def before_rounding(self, tensor: Tensor, position: tuple[int, ...]) -> Fraction:
        """The value of one entry as it came out, before it was written down."""
        self._value(tensor, position)
        place = (tensor.name, position)
        return self._sign(tensor) * fraction(self._raw.get(place, self._values[place]))

    def array(self, tensor: Tensor) -> dict[tuple[int, ...], Fraction]:
        """The values of a tensor by position."""
        return {position: self.at(tensor, position) for position in places_of(tensor)}

    def of(self, value: Expression) -> Fraction:
        """The value of an expression without free indices."""
        try:
            return fraction(closure(value, Scope(self, {}))() + self.context.zero)
        except (EvaluationError, ArithmeticError, ValueError, TypeError) as reason:
            raise InputError(f"{self.system.name} has no value here: {reason}") from None

    def _number(self, value: Fraction) -> Any:
        return self.context.mpf(value.numerator) / value.denominator

    def _value(self, tensor: Tensor, position: tuple[int, ...]) -> Any:
        place = (tensor.name, position)
        if place not in self._values:
            self._values[place] = self._computed(tensor, position)
        return self._values[place]

    def _computed(self, tensor: Tensor, position: tuple[int, ...]) -> Any:
        equation = self._equations.get(tensor.name)
        if equation is None:
            raise InputError(f"{tensor.name} has no value here")
        try:
            found = closure(equation.right, Scope(self, dict(zip(equation.indices, position, strict=True))))() + self.context.zero
        except (EvaluationError, ArithmeticError, ValueError, TypeError) as reason:
            shown = f"[{', '.join(map(str, position))}]" if position else ""
            raise InputError(f"{tensor.name}{shown} has no value here: {reason}") from None
        if self._keep is None:
            return found
        self._raw[tensor.name, position] = found
        return self._number(self._keep(fraction(found)))

    # What closures ask for

    def size(self, axis: Axis) -> int:
        return axis.size

    def read(self, tensor: Tensor, position: tuple[int, ...]) -> Closure:
        if any(not 0 <= place < axis.size for place, axis in zip(position, tensor.axes, strict=True)):
            if tensor.name not in self._outside:
                raise EvaluationError(f"{tensor.name}[{', '.join(map(str, position))}] is outside its range")
            return closure(self._outside[tensor.name], Scope(self, {}))
        if self._sign(tensor) < 0:
            return lambda: -self._value(tensor, position)
        return lambda: self._value(tensor, position)

    def _sign(self, tensor: Tensor) -> int:
        """-1 where a derivative is read with the sign that its equation does not give it."""
        equation = self._equations.get(tensor.name)
        return -1 if equation is not None and (tensor.role in NEGATIVE) != (equation.tensor.role in NEGATIVE) else 1

    def derivative(self, of: Expression, by: Entry, scope: Scope) -> Any:
        raise EvaluationError(f"a derivative by {by} is not carried out")

    def scalar(self, function: Function) -> Scalar:
        if function not in self._scalars:
            self._scalars[function] = scalar_closure(self, function)
        return self._scalars[function]

    def compared(self, difference: Any) -> None:
        self.closest = min(self.closest, abs(difference))

    def branched(self, node: Cases, branch: int) -> None:
        self.branches.setdefault(node, set()).add(branch)


def places_of(tensor: Tensor) -> tuple[tuple[int, ...], ...]:
    """Every position of a tensor, row by row."""
    return tuple(positions_in(*(range(axis.size) for axis in tensor.axes)))
