"""NumPy as in a tutorial: lists of layers, a new array for every value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.speed.cases import BINARY, ENTROPY, Case
from benchmarks.speed.system import System


def activated(name: str, z: np.ndarray) -> np.ndarray:
    """The outputs of a layer."""
    if name == "relu":
        return np.maximum(z, 0)
    if name == "tanh":
        return np.tanh(z)
    if name == "sigmoid":
        return 1 / (1 + np.exp(-z))
    if name == "elu":
        return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return z


def slope(name: str, a: np.ndarray) -> np.ndarray:
    """The derivative of an activation through its output."""
    if name == "relu":
        return a > 0
    if name == "tanh":
        return 1 - a**2
    if name == "sigmoid":
        return a * (1 - a)
    if name == "elu":
        return np.where(a > 0, 1, a + 1)
    return np.ones_like(a)


def by_numpy(case: Case) -> System:
    """Forward through a list, backward through it again."""
    layers, x, t = case.point

    def step() -> tuple[float, Sequence[np.ndarray]]:
        a, outputs = x, [x]
        for (weights, bias), name in zip(layers, case.activations, strict=True):
            a = activated(name, a @ weights.T + bias)
            outputs.append(a)
        batch = len(x)
        if case.loss == ENTROPY:
            loss = -np.sum(t * np.log(a)) / batch
            delta = (a - t) / batch
        elif case.loss == BINARY:
            loss = -np.sum(t * np.log(a) + (1 - t) * np.log(1 - a)) / batch
            delta = (a - t) / batch
        else:
            loss = 0.5 * np.sum((a - t) ** 2) / batch
            delta = (a - t) * slope(case.activations[-1], a) / batch
        gradients: list[np.ndarray] = []
        for place in reversed(range(len(layers))):
            gradients[:0] = [delta.T @ outputs[place], delta.sum(axis=0)]
            if place:
                delta = (delta @ layers[place][0]) * slope(case.activations[place - 1], outputs[place])
        return loss, gradients

    return System(step, step)
