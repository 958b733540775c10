"""What a mistake may look at, and how it changes one place of a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sympy import Basic

from derive.equations import Equation, System
from derive.expressions import Case, Expression, Function, Number, Relation, Tensor
from derive.indices import Affine, Axis, Index

Change = Callable[[Basic], Iterable[Basic]]

_OUTPUTS = ("output", "input")


@dataclass(frozen=True)
class Scene:
    """What a mistake may know: the equation, the forward equations, and every tensor that it could confuse with another."""

    equation: Equation
    system: System
    tensors: tuple[Tensor, ...]

    @property
    def right(self) -> Expression:
        return self.equation.right

    @property
    def subject(self) -> Tensor:
        """What the equation is about: the tensor that its left side is the derivative by, or the left side itself."""
        return self.equation.tensor.of or self.equation.tensor

    def alike(self, one: Index, other: Index) -> bool:
        """Whether a reader could take one index for the other: both count units, or both run along one axis."""
        units = {axis for tensor in self.system.parameters for axis in tensor.axes}
        return one.axis == other.axis or (one.axis in units and other.axis in units)

    def neighbour(self, tensor: Tensor, shift: int) -> Tensor | None:
        """The tensor of the same role so many layers further; the input is the output of layer 0."""
        if tensor.layer is None:
            return None
        roles = _OUTPUTS if tensor.role in _OUTPUTS else (tensor.role,)
        near = (t for t in self.tensors if t.role in roles and t.layer == tensor.layer + shift and len(t.axes) == len(tensor.axes))
        return next(near, None)


def everywhere(value: Basic, change: Change) -> Iterator[Basic]:
    """``value`` with exactly one node replaced, once for each thing that ``change`` makes of a node."""
    yield from change(value)
    if isinstance(value, Tensor | Function | Index | Axis | Affine | Number):
        return
    for place, part in enumerate(value.args):
        if isinstance(part, Expression | Relation | Case):
            for other in everywhere(part, change):
                yield value.func(*value.args[:place], other, *value.args[place + 1 :])
