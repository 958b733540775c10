"""PyTorch, eager: a Sequential of layers, a loss from ``functional``, ``backward``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.speed.cases import BINARY, ENTROPY, Case
from benchmarks.speed.system import System


def by_torch(case: Case) -> System:
    """Forward, loss, gradients set to none, backward."""
    import torch
    from torch import nn

    functional = torch.nn.functional
    torch.set_num_threads(1)
    modules = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "elu": nn.ELU}
    layers, x, t = case.point
    parts: list[Any] = []
    for (weights, bias), name in zip(layers, case.activations, strict=True):
        linear = nn.Linear(*weights.shape[::-1])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights))
            linear.bias.copy_(torch.from_numpy(bias))
        inside = name in modules and not (case.loss == BINARY and len(parts) == 2 * len(layers) - 2)
        parts += [linear, modules[name]()] if inside else [linear]
    model = nn.Sequential(*parts)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(t)

    def loss(z: Any) -> Any:
        if case.loss == ENTROPY:
            return functional.cross_entropy(z, targets)
        if case.loss == BINARY:
            return functional.binary_cross_entropy_with_logits(z, targets, reduction="sum") / len(x)
        return 0.5 * functional.mse_loss(z, targets, reduction="sum") / len(x)

    def step() -> Any:
        model.zero_grad(set_to_none=True)
        value = loss(model(inputs))
        value.backward()
        return value

    def result() -> tuple[float, Sequence[np.ndarray]]:
        value = step().item()
        return value, [parameter.grad.numpy() for parameter in model.parameters()]

    return System(step, result)
