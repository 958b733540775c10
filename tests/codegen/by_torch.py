"""Loss and gradients of a specification by PyTorch's automatic differentiation, in double precision: an oracle from outside."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "relu6": torch.nn.functional.relu6,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "elu": torch.nn.functional.elu,
    "selu": torch.selu,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),  # torch's own has a threshold
    "softsign": torch.nn.functional.softsign,
    "gelu": torch.nn.functional.gelu,
    "gelu_tanh": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
    "silu": torch.nn.functional.silu,
    "mish": lambda z: z * torch.tanh(torch.logaddexp(z, torch.zeros_like(z))),
    "hard_tanh": torch.nn.functional.hardtanh,
    "linear": lambda z: z,
    "softmax": lambda z: torch.softmax(z, 1),
}


def oracle(spec: dict[str, Any], parameters: Any, x: np.ndarray, t: np.ndarray) -> tuple[float, list[np.ndarray], np.ndarray]:
    """Loss, gradients and the gradient of x."""
    leaves = {name: torch.tensor(np.asarray(value, float), requires_grad=True) for name, value in parameters._asdict().items()}
    inputs, target = torch.tensor(np.asarray(x, float), requires_grad=True), torch.tensor(np.asarray(t, float))
    z, a = _forward(spec["layers"], leaves, inputs)
    each = _losses(spec["loss"], z, a, target)
    penalty = sum((leaf**2).sum() for name, leaf in leaves.items() if name.startswith("W"))
    total = (each.mean() if spec["batch_reduction"] == "mean" else each.sum()) + spec["l2"] / 2 * penalty
    total.backward()
    return float(total.detach()), [_gradient(leaf) for leaf in leaves.values()], _gradient(inputs)


def _forward(layers: list[dict[str, Any]], leaves: dict[str, Any], inputs: Any) -> tuple[Any, Any]:
    """Of the last layer: what its activation is applied to, and its output."""
    values, owned = {"input": inputs}, dict[str, tuple[Any, Any]]()
    above, z = "input", inputs
    for number, layer in enumerate(layers, 1):
        name, kind = layer.get("name", f"dense{number}"), layer.get("type", "dense")
        sources = [values[source] for source in layer.get("from", [above])]
        if kind == "dense":
            if "share" not in layer:
                owned[name] = leaves[f"W{len(owned) + 1}"], leaves.get(f"b{len(owned) + 1}", torch.zeros(()))
            W, b = owned[layer.get("share", name)]
            z = sources[0] @ W.T + b
        elif kind == "concatenate":
            z = torch.cat(sources, 1)
        else:
            z = reduce(mul if kind == "multiply" else add, sources)
        values[name] = ACTIVATIONS[layer.get("activation", "linear")](z)
        above = name
    return z, values[above]


def _losses(name: str, z: Any, a: Any, target: Any) -> Any:
    """The loss of each pattern."""
    if name == "cross_entropy":
        return -(target * torch.log_softmax(z, 1)).sum(1)
    if name == "binary_cross_entropy":
        return torch.nn.functional.binary_cross_entropy_with_logits(z, target, reduction="none").sum(1)
    return ((a - target) ** 2).sum(1) * (0.5 if "half" in name else 1) / (a.shape[1] if "mean" in name else 1)


def _gradient(leaf: Any) -> np.ndarray:
    return np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()
