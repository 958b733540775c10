"""What a slip is, and the families that mistakes are sorted into."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic

from derive.equations import Equation
from derive.expressions import Entry, Expression, Tensor
from derive.indices import Index
from derive.traversal import rebuild

FAMILIES = (
    "sign",
    "factor",
    "exponent",
    "derivative",
    "transpose",
    "index",
    "layer",
    "captured_index",
    "reduction",
    "bias",
    "path",
    "condition",
    "kink",
    "other",
)


@dataclass(frozen=True)
class Slip:
    """A formula with one mistake: ``equation`` is right, with ``wrong`` on its right side it is not.

    ``kind`` says which mistake (``missing_derivative``), ``family`` of what sort it is (``derivative``).
    """

    kind: str
    family: str
    equation: Equation
    wrong: Expression

    @property
    def mistaken(self) -> Equation:
        """The equation with the mistake."""
        return Equation(self.equation.left, self.wrong)

    @property
    def fitted(self) -> Equation:
        """The equation with the mistake as somebody believes it who makes it: each array as long as the indices that it stands with."""
        return Equation(self.equation.left, _fitted(self.wrong))


def _fitted(value: Basic) -> Basic:
    if isinstance(value, Entry) and all(isinstance(position, Index) for position in value.positions):
        tensor = value.tensor
        axes = tuple(position.axis for position in value.positions)
        return Entry(Tensor(tensor.name, axes, tensor.role, tensor.layer, tensor.of), *value.positions) if axes != tensor.axes else value
    return rebuild(value, _fitted)
