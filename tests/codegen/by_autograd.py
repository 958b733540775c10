"""Loss and gradients of a specification by autograd, in double precision: the oracle from outside where PyTorch is not installed."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import erf


def _softplus(z: Any) -> Any:
    return anp.logaddexp(z, 0.0)


def _elu(z: Any, alpha: float = 1.0, scale: float = 1.0) -> Any:
    return scale * anp.where(z > 0, z, alpha * anp.expm1(anp.where(z > 0, 0.0, z)))


def _log_softmax(z: Any) -> Any:
    shifted = z - anp.max(z, axis=1, keepdims=True)
    return shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))


def _sigmoid(z: Any) -> Any:
    return 0.5 * (1 + anp.tanh(0.5 * z))


ACTIVATIONS = {  # the kinks are PyTorch's: the derivative there is that of the branch that the kink falls in
    "sigmoid": _sigmoid,
    "tanh": anp.tanh,
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "relu6": lambda z: anp.where(z > 0, anp.where(z < 6, z, 6.0), 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": _elu,
    "selu": lambda z: _elu(z, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946),
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + anp.abs(z)),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / 2**0.5)),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh((2 / anp.pi) ** 0.5 * (z + 0.044715 * z**3))),
    "silu": lambda z: z * _sigmoid(z),
    "mish": lambda z: z * anp.tanh(_softplus(z)),
    "hard_tanh": lambda z: anp.where(z > -1, anp.where(z < 1, z, 1.0), -1.0),
    "linear": lambda z: z,
    "softmax": lambda z: anp.exp(_log_softmax(z)),
}


def oracle(spec: dict[str, Any], parameters: Any, x: np.ndarray, t: np.ndarray) -> tuple[float, list[np.ndarray], np.ndarray]:
    """Loss, gradients and the gradient of x."""
    names = parameters._fields
    target = np.asarray(t, float)

    def cost(values: list[Any], inputs: Any) -> Any:
        leaves = dict(zip(names, values, strict=True))
        z, a = _forward(spec["layers"], leaves, inputs)
        each = _losses(spec["loss"], z, a, target)
        penalty = sum(anp.sum(leaf**2) for name, leaf in leaves.items() if name.startswith("W"))
        return (anp.mean(each) if spec["batch_reduction"] == "mean" else anp.sum(each)) + spec["l2"] / 2 * penalty

    values, inputs = [np.asarray(value, float) for value in parameters], np.asarray(x, float)
    slopes, dx = autograd.grad(cost, (0, 1))(values, inputs)
    return float(cost(values, inputs)), [np.asarray(slope) for slope in slopes], np.asarray(dx)


def _forward(layers: list[dict[str, Any]], leaves: dict[str, Any], inputs: Any) -> tuple[Any, Any]:
    """Of the last layer: what its activation is applied to, and its output."""
    values, owned = {"input": inputs}, dict[str, tuple[Any, Any]]()
    above, z = "input", inputs
    for number, layer in enumerate(layers, 1):
        name, kind = layer.get("name", f"dense{number}"), layer.get("type", "dense")
        sources = [values[source] for source in layer.get("from", [above])]
        if kind == "dense":
            if "share" not in layer:
                owned[name] = leaves[f"W{len(owned) + 1}"], leaves.get(f"b{len(owned) + 1}", 0.0)
            W, b = owned[layer.get("share", name)]
            z = anp.dot(sources[0], W.T) + b
        elif kind == "concatenate":
            z = anp.concatenate(sources, 1)
        else:
            z = reduce(mul if kind == "multiply" else add, sources)
        values[name] = ACTIVATIONS[layer.get("activation", "linear")](z)
        above = name
    return z, values[above]


def _losses(name: str, z: Any, a: Any, target: Any) -> Any:
    """The loss of each pattern."""
    if name == "cross_entropy":
        return -anp.sum(target * _log_softmax(z), 1)
    if name == "binary_cross_entropy":
        return anp.sum(_softplus(z) - target * z, 1)
    return anp.sum((a - target) ** 2, 1) * (0.5 if "half" in name else 1) / (a.shape[1] if "mean" in name else 1)
