"""What a system of equations is as a specification: the texts it was written as, every one read and found good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sympy import Rational


@dataclass(frozen=True)
class EquationSpecification:
    """A system of equations as it was written, without spaces.

    ``axes`` are the letters with the sizes that the file gives them; ``initial`` what a recurrence reads before its first step, ``pad``
    what any other tensor gives outside its ranges; ``assumptions`` are equations that hold for every admissible input.
    """

    name: str
    axes: tuple[tuple[str, int], ...]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    equations: tuple[str, ...]
    loss: str
    initial: tuple[tuple[str, Rational], ...] = ()
    pad: tuple[tuple[str, Rational], ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def architecture(self) -> str:
        """The system on one line: what it computes and its sizes."""
        computed = ", ".join(equation.partition("=")[0] for equation in self.equations) or "a loss"
        return f"{computed} with {', '.join(f'{letter} = {size}' for letter, size in self.axes)}" if self.axes else computed

    @property
    def text(self) -> str:
        """The canonical text: equal systems have equal texts, however their formulas were spaced."""
        outside = (("initial", self.initial), ("pad", self.pad))
        rows = [
            f"name {self.name}",
            *(f"axis {letter} {size}" for letter, size in self.axes),
            *(f"input {declared}" for declared in self.inputs),
            *(f"parameter {declared}" for declared in self.parameters),
            *(f"equation {equation}" for equation in self.equations),
            *(f"{key} {name} {value}" for key, values in outside for name, value in values),
            *(f"assumption {assumption}" for assumption in self.assumptions),
            f"loss {self.loss}",
        ]
        return "\n".join(rows) + "\n"

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.text.encode("ascii", "backslashreplace")).hexdigest()
