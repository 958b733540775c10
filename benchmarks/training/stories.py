"""The trainings that are timed: a network, its data and start, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.speed.cases import Layers


@dataclass(frozen=True)
class Story:
    """A network of two dense layers that is trained by plain gradient descent, in single precision.

    The first layer has the activation ``hidden``; the second is a sigmoid with half the squared error, or softmax with cross-entropy.
    """

    title: str
    spec: str
    loss: str
    hidden: str
    sizes: tuple[int, int, int]
    patterns: int
    batch: int
    epochs: int
    learning_rate: float

    @cached_property
    def start(self) -> Layers:
        """Weights (units, inputs) and biases of both layers."""
        random = np.random.RandomState(0)
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return tuple(
            ((random.uniform(-1, 1, (units, before)) * (6 / (units + before)) ** 0.5).astype(np.float32), np.zeros(units, np.float32))
            for before, units in pairs
        )

    @cached_property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets: the truth table of exclusive or, or random pictures in ten classes."""
        if self.patterns == len(TRUTHS):
            return TRUTHS, np.array([[0], [1], [1], [0]], np.float32)
        random = np.random.RandomState(1)
        x = random.random_sample((self.patterns, self.sizes[0])).astype(np.float32)
        return x, np.eye(self.sizes[-1], dtype=np.float32)[random.randint(0, self.sizes[-1], self.patterns)]

    def orders(self, epochs: int) -> list[np.ndarray | None]:
        """The order of the patterns in each epoch, None where one batch has them all."""
        if self.batch >= self.patterns:
            return [None] * epochs
        return [np.random.RandomState([0, epoch]).permutation(self.patterns) for epoch in range(epochs)]


TRUTHS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR = Story("XOR, 2-2-1, 10,000 steps of all four patterns", "2-2-1", "half_squared_error", "sigmoid", (2, 2, 1), 4, 4, 10_000, 0.5)
PICTURES = Story(
    *("784-128-10, one epoch of 60,000 patterns, 64 at a time", "784-128:relu-10:softmax", "cross_entropy", "relu"),
    *((784, 128, 10), 60_000, 64, 1, 0.02),
)
STORIES = {"xor": XOR, "pictures": PICTURES}
