"""The networks that are timed, and one point of each: parameters, inputs and targets in single precision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]
"""For every layer its weights (units, inputs) and its bias."""


@dataclass(frozen=True)
class Case:
    """A chain of dense layers, ``sizes`` with the number of inputs first, a loss, and the patterns of a batch."""

    name: str
    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    batch: int

    @property
    def spec(self) -> str:
        """The network as a line for deltarule."""
        layers = (f"{units}:{activation}" for units, activation in zip(self.sizes[1:], self.activations, strict=True))
        return "-".join([str(self.sizes[0]), *layers])

    @property
    def title(self) -> str:
        """The sizes, many equal ones counted, the hidden activation and the batch."""
        same = len(self.sizes) > 5 and len(set(self.sizes)) == 1
        shape = f"{len(self.activations)} x {self.sizes[0]}" if same else "-".join(map(str, self.sizes))
        return f"{shape} {self.activations[0]}, batch {self.batch}"

    @cached_property
    def point(self) -> tuple[Layers, np.ndarray, np.ndarray]:
        """Parameters, inputs and targets: class labels as rows of zeros and a one where the output is softmax."""
        random = np.random.RandomState(0)
        layers = []
        for before, units in zip(self.sizes, self.sizes[1:], strict=False):
            weights = random.uniform(-1, 1, (units, before)) * (3 / before) ** 0.5
            layers.append((weights.astype(np.float32), random.uniform(-0.1, 0.1, units).astype(np.float32)))
        x = random.standard_normal((self.batch, self.sizes[0])).astype(np.float32)
        classes = self.sizes[-1]
        labels = np.eye(classes, dtype=np.float32)[random.randint(0, classes, self.batch)]
        t = labels if self.loss == "cross_entropy" else random.uniform(0.1, 0.9, (self.batch, classes)).astype(np.float32)
        return tuple(layers), x, t


def case(name: str, sizes: tuple[int, ...], hidden: str, output: str, loss: str, batch: int) -> Case:
    """A case whose hidden layers all have one activation."""
    return Case(name, sizes, (hidden,) * (len(sizes) - 2) + (output,), loss, batch)


HALF, ENTROPY, BINARY = "half_squared_error", "cross_entropy", "binary_cross_entropy"
CASES = (
    case("A", (2, 2, 1), "sigmoid", "sigmoid", HALF, 1),
    case("B", (2, 2, 1), "sigmoid", "sigmoid", HALF, 4),
    case("C", (4, 10, 3), "tanh", "softmax", ENTROPY, 32),
    case("D", (784, 128, 10), "relu", "softmax", ENTROPY, 64),
    case("E", (784, 512, 512, 10), "relu", "softmax", ENTROPY, 128),
    case("F", (64,) * 17, "tanh", "tanh", HALF, 32),
    case("G", (2048, 2048, 2048, 10), "relu", "softmax", ENTROPY, 256),
    case("X", (8, 24, 24, 24, 24, 1), "relu", "linear", HALF, 16),
    case("Y", (128, 256, 32), "sigmoid", "sigmoid", BINARY, 500),
    case("Z", (30, 100, 50, 5), "elu", "softmax", ENTROPY, 8),
)
"""X, Y and Z differ from the others in depth, batch, activation and loss."""
