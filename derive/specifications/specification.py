"""What a network is: the normalised specification, whatever it was written as."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sympy import Rational

from derive.functions.activations import Activation

INPUT = "input"
LARGEST_SIZE = 1_000_000
MOST_LAYERS = 1_000
MOST_PARAMETERS = 1_000_000_000
NO_PENALTY = Rational(0)
REDUCTIONS = ("mean", "sum")
LONGEST_LISTED = 6


@dataclass(frozen=True)
class LayerSpecification:
    """One layer: its type, its name, the names of the layers it reads and the width of its output.

    ``share`` names the layer whose parameters it uses again.
    """

    type: str
    name: str
    inputs: tuple[str, ...]
    units: int
    activation: Activation | None = None
    bias: bool = False
    share: str | None = None

    @property
    def text(self) -> str:
        """The layer on one line, every value written out."""
        parts = [f"{self.type} {self.name} from {','.join(self.inputs)} units {self.units}"]
        if self.activation is not None:
            own = f" {self.activation.formula!r}" if self.activation.is_own else ""
            values = "".join(f" {key}={value}" for key, value in self.activation.parameters)
            parts.append(f"activation {self.activation.name}{own}{values}")
        parts.append(f"bias {str(self.bias).lower()}")
        if self.share is not None:
            parts.append(f"share {self.share}")
        return " ".join(parts)


@dataclass(frozen=True)
class Specification:
    """A feed-forward network with every default filled in.

    ``l2`` is the exact factor of half the sum of squared weights; ``batch_reduction`` is ``mean`` or ``sum`` over patterns.
    """

    name: str
    inputs: int
    layers: tuple[LayerSpecification, ...]
    loss: str
    batch_reduction: str = "mean"
    l2: Rational = NO_PENALTY

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.layers[-1].units

    @property
    def is_chain(self) -> bool:
        """Whether every layer is dense and reads only the one above it."""
        above = (INPUT, *(layer.name for layer in self.layers))
        pairs = zip(self.layers, above, strict=False)
        return all(layer.type == "dense" and layer.inputs == (name,) and layer.share is None for layer, name in pairs)

    @property
    def architecture(self) -> str:
        """The network on one line, ``2-2:relu-1:linear`` for a chain."""
        if self.is_chain:
            return "-".join([str(self.inputs), *(f"{layer.units}{_spoken(layer.activation)}" for layer in self.layers)])
        shown = (f"{one.name} = {one.type}({', '.join(one.inputs)}) of {one.units}{_spoken(one.activation)}" for one in self.layers)
        return "; ".join([f"{self.inputs} inputs", *shown])

    @property
    def text(self) -> str:
        """The canonical text: equal specifications have equal texts, however they were written."""
        head = [
            f"name {self.name}",
            f"inputs {self.inputs}",
            f"loss {self.loss}",
            f"batch_reduction {self.batch_reduction}",
            f"l2 {self.l2}",
        ]
        return "\n".join([*head, *(layer.text for layer in self.layers)]) + "\n"

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.text.encode("ascii", "backslashreplace")).hexdigest()


def default_name(sizes: list[int]) -> str:
    """``net_2_2_1``; a long network names its ends and its depth, ``net_64_to_10_depth_16``."""
    if len(sizes) <= LONGEST_LISTED:
        return "net_" + "_".join(map(str, sizes))
    return f"net_{sizes[0]}_to_{sizes[-1]}_depth_{len(sizes) - 1}"


def _spoken(activation: Activation | None) -> str:
    """The activation after a size: ``:relu``, ``:elu(alpha=2)``; nothing where there is none."""
    if activation is None:
        return ""
    values = ",".join(f"{key}={value}" for key, value in activation.parameters)
    shown = activation.formula if activation.is_own else activation.name
    return f":{shown}({values})" if values else f":{shown}"
