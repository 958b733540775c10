"""Forty random graphs of layers: emitted modules of both styles against automatic differentiation by others."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

import automatic
import numpy as np
import pytest
from random_graphs import ACTIVATIONS, DEEPEST, KINDS, LOSSES, depth_of, graph

from codegen.certificate import loaded
from codegen.emit import Facts, certify, problem_for
from derive.chain_rule import reverse_sweep
from derive.network import network

SEEDS = range(40)
STYLES = ("vectorised", "loops")
SCALAR = 4
"""Every fourth graph is also emitted as scalar code."""
CERTIFIED = 8
"""Every eighth graph is certified as well."""


def test_graphs_have_every_kind_of_layer_every_activation_and_every_loss() -> None:
    """Were the drawing of graphs to change, this says what the forty would no longer cover."""
    specs = [graph(seed) for seed in SEEDS]
    layers = [layer for spec in specs for layer in spec["layers"]]
    assert {"share" if "share" in layer else layer["type"] for layer in layers} == set(KINDS)
    assert {layer["activation"] for layer in layers if "activation" in layer} == set(ACTIVATIONS)
    assert {spec["loss"] for spec in specs} == set(LOSSES)
    assert {spec["batch_reduction"] for spec in specs} == {"mean", "sum"}
    assert max(depth_of(spec) for spec in specs) == DEEPEST
    several = [spec for spec in specs if max(Counter(source for layer in spec["layers"] for source in layer["from"]).values()) > 2]
    assert len(several) >= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_every_layer_reaches_the_output(seed: int) -> None:
    """The engine's own readers are walked, not the specification that was drawn."""
    system = network(graph(seed)).pattern
    reached, waiting = set(), [system.loss]
    while waiting:
        tensor = waiting.pop()
        if tensor not in reached and tensor in system.definitions:
            reached.add(tensor)
            waiting += [other for other, readers in system.consumers.items() if system.definitions[tensor] in readers]
    assert reached == set(system.definitions)


@pytest.mark.parametrize("seed", SEEDS)
def test_emitted_graph_agrees_with_torch(seed: int) -> None:
    spec = graph(seed)
    for style, module in modules(spec, seed).items():
        parameters, x, t = point(spec, module, seed)
        cost, gradients, dx = automatic.oracle(spec, parameters, x, t)
        with np.errstate(all="raise", under="ignore"):
            own_cost, own = module.loss_and_gradients(parameters, x, t)
        assert automatic.distance(own_cost, cost) < 1e-10, style
        for name, found, wanted in zip(module.Parameters._fields, own, gradients, strict=True):
            assert automatic.distance(found, wanted) < 1e-10, (style, name)
        if has_dx(seed):
            assert automatic.distance(module.loss_gradients_and_dx(parameters, x, t)[2], dx) < 1e-10, style


def has_dx(seed: int) -> bool:
    return seed % 3 == 0


def modules(spec: dict[str, Any], seed: int) -> dict[str, ModuleType]:
    """The modules of the styles, derived once."""
    model = network(spec)
    inputs = tuple(tensor for tensor in model.batch.inputs if tensor.role == "input")
    sweep = reverse_sweep(model.batch, (*model.batch.parameters, *(inputs if has_dx(seed) else ())))
    problem = problem_for(model, sweep)
    texts = {style: Facts(model, style, "float64", "").module(problem) for style in (*STYLES, *(["scalar"] if seed % SCALAR == 1 else []))}
    if seed % CERTIFIED == 0:
        certify(problem, Facts(model, STYLES[0], "float64", ""), texts[STYLES[0]])
    return {style: loaded(text) for style, text in texts.items()}


def point(spec: dict[str, Any], module: ModuleType, seed: int) -> tuple[Any, np.ndarray, np.ndarray]:
    """Parameters, inputs and targets of one, two or five patterns."""
    draw = np.random.RandomState(seed)
    batch = (1, 2, 5)[seed % 3]
    parameters = module.Parameters(*(draw.uniform(-1, 1, shape) for shape in module.SHAPES))
    x = draw.uniform(-2, 2, (batch, spec["inputs"]))
    outputs = module.forward(parameters, x).shape[1]
    t = draw.uniform(0.1, 0.9, (batch, outputs))
    return parameters, x, t / t.sum(1, keepdims=True) if spec["loss"] == "cross_entropy" else t
