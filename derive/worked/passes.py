"""The equations of a forward and a backward pass, with axes as long as the numbers at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from derive.calculus.substitute import Renaming
from derive.chain_rule import Sweep
from derive.equations import Equation, System
from derive.expressions import Expression, Tensor
from derive.indices import Axis


@dataclass(frozen=True)
class Passes:
    """The forward equations, and those of the adjoints and gradients in the order in which they can be computed."""

    system: System
    backward: tuple[Equation, ...]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything that has a value."""
        system = self.system
        return (*system.inputs, *system.parameters, *system.definitions, *(equation.tensor for equation in self.backward))

    @property
    def entries(self) -> int:
        """How many numbers parameters and forward values are."""
        return sum(prod(axis.size for axis in tensor.axes) for tensor in (*self.system.parameters, *self.system.definitions))

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Every axis, in order of appearance."""
        return tuple(dict.fromkeys((*self.system.axes, *(axis for equation in self.backward for axis in equation.tensor.axes))))

    def resized(self, sizes: Mapping[str, int]) -> Resized:
        """The same equations with axes of these sizes, and what every part is called in them."""
        rename = Renaming({axis: Axis(axis.name, sizes.get(axis.name, axis.size)) for axis in self.axes})
        system = System(
            self.system.name,
            tuple(rename(tensor) for tensor in self.system.inputs),
            tuple(rename(tensor) for tensor in self.system.parameters),
            tuple(renamed(equation, rename) for equation in self.system.equations),
            tuple(renamed(equation, rename) for equation in self.system.assumptions),
            {rename(tensor): rename(value) for tensor, value in self.system.outside.items()},
        )
        return Resized(Passes(system, tuple(renamed(equation, rename) for equation in self.backward)), rename)


@dataclass(frozen=True)
class Resized:
    """Equations with other sizes; ``rename`` leads from the old tensors, axes and formulas to the new ones."""

    passes: Passes
    rename: Renaming

    def equation(self, old: Equation) -> Equation:
        return renamed(old, self.rename)

    def value(self, old: Expression) -> Expression:
        return self.rename(old)


def passes_of(sweep: Sweep) -> Passes:
    """The equations of a sweep."""
    return Passes(sweep.system, tuple(derivation.equation for derivation in sweep.derivations))


def renamed(equation: Equation, rename: Renaming) -> Equation:
    """An equation with new names on both sides."""
    return Equation(rename(equation.left), rename(equation.right))
