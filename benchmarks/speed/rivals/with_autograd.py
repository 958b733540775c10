"""HIPS autograd: the loss in its NumPy, differentiated when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.speed.cases import BINARY, ENTROPY, Case
from benchmarks.speed.system import System


def by_autograd(case: Case) -> System:
    """``value_and_grad`` of the loss."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    layers, x, t = case.point
    functions = {
        "relu": lambda z: anp.maximum(z, 0),
        "tanh": anp.tanh,
        "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
        "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.minimum(z, 0)) - 1),
        "linear": lambda z: z,
    }

    def loss(parameters: Any) -> Any:
        a = x
        for (weights, bias), name in zip(parameters, case.activations, strict=True):
            z = anp.dot(a, weights.T) + bias
            a = z if name == "softmax" else functions[name](z)
        if case.loss == ENTROPY:
            shifted = z - anp.max(z, axis=1, keepdims=True)
            logarithms = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
            return -anp.sum(t * logarithms) / len(x)
        if case.loss == BINARY:
            return -anp.sum(t * anp.log(a) + (1 - t) * anp.log(1 - a)) / len(x)
        return 0.5 * anp.sum((a - t) ** 2) / len(x)

    step = value_and_grad(loss)
    parameters = [list(layer) for layer in layers]

    def result() -> tuple[float, Sequence[np.ndarray]]:
        value, gradients = step(parameters)
        return float(value), [array for layer in gradients for array in layer]

    return System(lambda: step(parameters), result)
