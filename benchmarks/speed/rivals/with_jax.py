"""JAX: ``jit`` of ``value_and_grad``, arrays on the device before the clock starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.speed.cases import BINARY, ENTROPY, Case
from benchmarks.speed.system import System


def by_jax(case: Case) -> System:
    """One compiled call a step, waited for."""
    import jax
    from jax import nn
    from jax import numpy as jnp

    layers, x, t = case.point
    functions = {"relu": nn.relu, "tanh": jnp.tanh, "sigmoid": nn.sigmoid, "elu": nn.elu, "linear": lambda z: z}

    def loss(parameters: Any, x: Any, t: Any) -> Any:
        a = x
        for (weights, bias), name in zip(parameters, case.activations, strict=True):
            z = a @ weights.T + bias
            a = z if name == "softmax" else functions[name](z)
        if case.loss == ENTROPY:
            return -jnp.sum(t * nn.log_softmax(z)) / len(x)
        if case.loss == BINARY:
            return -jnp.sum(t * nn.log_sigmoid(z) + (1 - t) * nn.log_sigmoid(-z)) / len(x)
        return 0.5 * jnp.sum((a - t) ** 2) / len(x)

    compiled = jax.jit(jax.value_and_grad(loss))
    arguments = jax.device_put((layers, x, t))

    def result() -> tuple[float, Sequence[np.ndarray]]:
        value, gradients = compiled(*arguments)
        return float(value), [np.asarray(array) for layer in gradients for array in layer]

    return System(lambda: jax.block_until_ready(compiled(*arguments)), result)
