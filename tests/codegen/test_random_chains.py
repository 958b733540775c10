"""Sixty random chains: loss and gradients of emitted modules against automatic differentiation by others."""

from __future__ import annotations

import random
from typing import Any

import automatic
import numpy as np
import pytest
from modules import variants_of

LOSSES = ("squared_error", "half_squared_error", "mean_squared_error", "half_mean_squared_error", "cross_entropy", "binary_cross_entropy")
FLOAT32_BOUND = 2e-4
"""Relative to the largest entry of each array; six layers of width nine, single precision."""


def chain(seed: int) -> dict[str, Any]:
    """A specification: every activation and loss appears in sixty seeds, with mixed biases, reductions and penalties."""
    draw = random.Random(seed)
    loss = LOSSES[seed % len(LOSSES)]
    layers = [
        {
            "units": draw.randint(1, 9),
            "activation": list(automatic.ACTIVATIONS)[(seed + 5 * k) % len(automatic.ACTIVATIONS)],
            "bias": draw.random() < 0.7,
        }
        for k in range(draw.randint(1, 6))
    ]
    if loss == "cross_entropy":
        layers[-1]["activation"] = "softmax"
    if loss == "binary_cross_entropy":
        layers[-1]["activation"] = "sigmoid"
    return {
        "name": f"chain{seed}",
        "inputs": draw.randint(1, 9),
        "loss": loss,
        "batch_reduction": draw.choice(["mean", "sum"]),
        "l2": draw.choice([0.0, 0.0, 0.1]),
        "layers": layers,
    }


def point(spec: dict[str, Any], module: Any, seed: int, scale: float) -> tuple[Any, np.ndarray, np.ndarray]:
    draw = np.random.RandomState(seed)
    batch = (1, 2, 5, 17)[seed % 4]
    parameters = module.Parameters(*(draw.uniform(-1, 1, shape).astype(module.DTYPE) for shape in module.SHAPES))
    x = (scale * draw.uniform(-1, 1, (batch, spec["inputs"]))).astype(module.DTYPE)
    t = draw.uniform(0.1, 0.9, (batch, spec["layers"][-1]["units"]))
    if spec["loss"] == "cross_entropy":
        t /= t.sum(1, keepdims=True)
    return parameters, x, t.astype(module.DTYPE)


@pytest.mark.parametrize("seed", range(60))
def test_emitted_chain_agrees_with_torch(seed: int) -> None:
    spec = chain(seed)
    variants = {("vectorised", "float64"): 1e-10, ("loops", "float64"): 1e-10, ("vectorised", "float32"): FLOAT32_BOUND}
    if seed % 4 == 1:
        variants["scalar", "float64"] = 1e-10
    modules = variants_of(spec, seed % 3 == 0, *variants)
    for module, ((style, dtype), bound) in zip(modules, variants.items(), strict=True):
        for scale in (1.0, 30.0) if style == "vectorised" else (3.0,):
            parameters, x, t = point(spec, module, seed, scale)
            cost, gradients, dx = automatic.oracle(spec, parameters, x, t)
            with np.errstate(all="raise", under="ignore"):
                own_cost, own = module.loss_and_gradients(parameters, x, t)
            assert automatic.distance(own_cost, cost) < bound
            for name, found, wanted in zip(module.Parameters._fields, own, gradients, strict=True):
                assert automatic.distance(found, wanted) < bound, (style, dtype, scale, name)
            if seed % 3 == 0:
                assert automatic.distance(module.loss_gradients_and_dx(parameters, x, t)[2], dx) < bound
            workspace = module.Workspace(len(x))
            workspace.set_parameters(parameters)
            for _ in range(2):
                assert workspace.step(x, t) == own_cost
            assert all(np.array_equal(left, right) for left, right in zip(workspace.gradients, own, strict=True))
