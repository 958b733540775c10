"""A network is a list of equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derive.display import equation_latex
from derive.expressions import BINDERS, Entry, Expression, Tensor
from derive.indices import Axis, Index
from derive.traversal import tensors_of, walk


@dataclass(frozen=True)
class Equation:
    """``left = right``. The left side is an entry at plain, different indices, free in the right side."""

    left: Entry
    right: Expression

    @property
    def tensor(self) -> Tensor:
        return self.left.tensor

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.left.positions

    def _repr_latex_(self) -> str:
        return equation_latex(self)


@dataclass(frozen=True)
class System:
    """Forward equations, each reading only what stands above it (or an earlier step of a recurrence); the last defines the loss.

    ``assumptions`` are the statements that lemmas may use: equations between expressions that hold for every admissible
    input (targets sum to one). ``outside`` is what a read of a tensor outside the ranges of its axes gives: the value before the first
    step of a recurrence, or a padding; any other tensor is only read inside.
    """

    name: str
    inputs: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    assumptions: tuple[Equation, ...] = field(default=())
    outside: Mapping[Tensor, Expression] = field(default_factory=dict, hash=False)

    @property
    def loss(self) -> Tensor:
        return self.equations[-1].tensor

    @cached_property
    def definitions(self) -> dict[Tensor, Equation]:
        """Each computed tensor's equation."""
        return {equation.tensor: equation for equation in self.equations}

    @cached_property
    def consumers(self) -> dict[Tensor, tuple[Equation, ...]]:
        """The equations that read each tensor, in order."""
        found: dict[Tensor, list[Equation]] = {}
        for equation in self.equations:
            for tensor in tensors_of(equation.right):
                found.setdefault(tensor, []).append(equation)
        return {tensor: tuple(equations) for tensor, equations in found.items()}

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Every axis, in order of appearance."""
        tensors = (*self.inputs, *self.parameters, *self.definitions)
        owned = (axis for tensor in tensors for axis in tensor.axes)
        bound = (node.index.axis for equation in self.equations for node in walk(equation.right) if isinstance(node, BINDERS))
        return tuple(dict.fromkeys((*owned, *bound)))
