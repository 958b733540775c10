"""Random graphs of layers: sums, products, joined layers, activations, several readers of one value, shared parameters."""

from __future__ import annotations

import random
from typing import Any

ACTIVATIONS = (
    "sigmoid",
    "tanh",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "gelu",
    "gelu_tanh",
    "silu",
    "mish",
    "hard_tanh",
    "linear",
    "softmax",
)
LOSSES = ("squared_error", "half_squared_error", "mean_squared_error", "half_mean_squared_error", "cross_entropy", "binary_cross_entropy")
OUTPUT_OF = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
KINDS = ("dense", "add", "multiply", "concatenate", "activation", "share")
DEEPEST = 8


class Graph:
    """A specification while it grows; every layer that nothing reads yet is ``open``."""

    def __init__(self, seed: int, kinds: tuple[str, ...]) -> None:
        self.draw = random.Random(seed)
        self.kinds = kinds
        self.names = (ACTIVATIONS[(seed + 3 * place) % len(ACTIVATIONS)] for place in range(1000))
        self.inputs = self.draw.randint(1, 4)
        self.width = {"input": self.inputs}
        self.depth = {"input": 0}
        self.open = ["input"]
        self.layers: list[dict[str, Any]] = []

    def add(self, kind: str, sources: list[str], width: int, **more: Any) -> None:
        """One more layer, of ``width`` units."""
        name = f"layer{len(self.layers) + 1}"
        self.layers.append({"type": kind, "name": name, "from": sources, **more})
        self.width[name] = width
        self.depth[name] = 1 + max(self.depth[source] for source in sources)
        self.open = [one for one in self.open if one not in sources] + [name]

    def dense(self, source: str, width: int, activation: str | None = None) -> None:
        """A dense layer with the next activation of the list, unless one is given."""
        bias = self.draw.random() < 0.7
        self.add("dense", [source], width, units=width, activation=activation or next(self.names), bias=bias)

    def grow(self, deepest: int) -> None:
        """One random layer, no deeper than ``deepest``; open values are read more often, others become skips."""
        below = [name for name, depth in self.depth.items() if depth < deepest]
        likely = [name for name in below if name in self.open] or below
        source = self.draw.choice(likely if self.draw.random() < 0.7 else below)
        kind = self.draw.choice(self.kinds)
        alike = [name for name in below if self.width[name] == self.width[source]]
        owners = [one for one in self.layers if "units" in one and self.width[one["from"][0]] == self.width[source]]
        if kind in ("add", "multiply"):
            others = [self.draw.choice(alike) for _ in range(self.draw.choice([1, 1, 2]))]
            self.add(kind, [source, *others], self.width[source])
        elif kind == "concatenate":
            others = [self.draw.choice(below) for _ in range(self.draw.choice([1, 1, 2]))]
            self.join([source, *others])
        elif kind == "activation":
            self.add(kind, [source], self.width[source], activation=next(self.names))
        elif kind == "share" and owners:
            owner = self.draw.choice(owners)
            self.add("dense", [source], self.width[owner["name"]], share=owner["name"], activation=next(self.names))
        else:
            self.dense(source, self.draw.randint(1, 4))

    def join(self, sources: list[str]) -> None:
        self.add("concatenate", sources, sum(self.width[source] for source in sources))

    def close(self) -> None:
        """Bring whatever is still open together, so that every layer reaches the output."""
        if len(self.open) > 1 and "concatenate" in self.kinds and self.draw.random() < 0.5:
            self.join(list(self.open))
        elif len(self.open) > 1:
            common = self.draw.randint(1, 4)
            for source in list(self.open):
                self.dense(source, common)
            self.add(self.draw.choice(["add", "multiply"]), list(self.open), common)

    def end(self, loss: str) -> None:
        """The output: a dense layer, or an activation of what is there."""
        (source,) = self.open
        activation = OUTPUT_OF.get(loss) or next(self.names)
        if self.draw.random() < 0.3:
            self.add("activation", [source], self.width[source], activation=activation)
        else:
            self.dense(source, self.draw.randint(1, 3), activation)


def graph(seed: int, kinds: tuple[str, ...] = KINDS) -> dict[str, Any]:
    """A specification of up to eight layers in depth, the same for a seed and ``kinds`` on every machine."""
    growing, loss = Graph(seed, kinds), LOSSES[seed % len(LOSSES)]
    growing.dense("input", growing.draw.randint(1, 4))
    for _ in range(growing.draw.randint(2, 6)):
        growing.grow(DEEPEST - 3)
    growing.close()
    growing.end(loss)
    return {
        "name": f"graph{seed}",
        "inputs": growing.inputs,
        "loss": loss,
        "batch_reduction": growing.draw.choice(["mean", "sum"]),
        "l2": growing.draw.choice([0.0, 0.0, 0.1]),
        "layers": growing.layers,
    }


def depth_of(spec: dict[str, Any]) -> int:
    """The number of layers on the longest way from the inputs to the output."""
    depth = {"input": 0}
    for layer in spec["layers"]:
        depth[layer["name"]] = 1 + max(depth[source] for source in layer["from"])
    return depth[spec["layers"][-1]["name"]]
