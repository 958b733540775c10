"""What a slip is, and the families that mistakes are sorted into."""

from __future__ import annotations

from dataclasses import dataclass

from derive.equations import Equation
from derive.expressions import Expression

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
