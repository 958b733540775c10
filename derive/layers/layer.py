"""What every layer type is made of: the tensors a layer may name, and the shape of a layer type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.equations import Equation
from derive.expressions import Expression, Tensor
from derive.functions.activations import Activation
from derive.indices import Axis, Index


@dataclass(frozen=True)
class Layer:
    """One layer of a network while its equations are written.

    ``number`` counts the layers in file order from 1 and marks their values. ``owner`` is the number of the layer whose parameters
    it uses, itself unless they are shared; ``parameter_number`` counts the owners and names ``W`` and ``b``. ``sources`` are the
    outputs it reads, ``units`` the axis of its own output.
    """

    number: int
    owner: int
    parameter_number: int
    sources: tuple[Tensor, ...]
    units: Axis
    activation: Activation | None
    bias: bool

    @property
    def x(self) -> Tensor:
        """The only source."""
        (source,) = self.sources
        return source

    @property
    def W(self) -> Tensor:
        """The weights, (to, from)."""
        return Tensor(f"W{self.parameter_number}", (self.units, *self.x.axes), "weight", self.owner)

    @property
    def b(self) -> Tensor:
        """The biases."""
        return Tensor(f"b{self.parameter_number}", (self.units,), "bias", self.owner)

    @property
    def z(self) -> Tensor:
        """The pre-activations."""
        return Tensor(f"z{self.number}", (self.units,), "pre_activation", self.number)

    @property
    def a(self) -> Tensor:
        """The outputs."""
        return Tensor(f"a{self.number}", (self.units,), "output", self.number)

    def f(self, z: Tensor, index: Index) -> Expression:
        """The activation of the values ``z`` at ``index``."""
        if self.activation is None:
            raise ValueError("this layer has no activation")
        return self.activation.at(z, index)

    def index(self, letter: str = "j") -> Index:
        """A fresh index along this layer's units."""
        return Index(letter, self.units)


@dataclass(frozen=True)
class LayerType:
    """A kind of layer: its forward equations and what a specification may say about it.

    ``keys`` are the keys it understands beside ``type``, ``name`` and ``from``; ``fewest`` and ``most`` bound the number of
    its sources. ``along_sources`` says that its output runs along the axis of its sources, which must all be equally wide;
    otherwise it has an axis of its own, as wide as all its sources together (``joins_sources``) or as the key ``units`` says.
    """

    name: str
    keys: tuple[str, ...]
    forward: Callable[[Layer], tuple[Equation, ...]]
    fewest: int = 1
    most: int | None = 1
    along_sources: bool = False
    joins_sources: bool = False
