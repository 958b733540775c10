"""The same training in several systems: each is a function of a number of epochs and gives the parameters in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

import deltarule
from benchmarks.training.stories import Story

Trained = Sequence[np.ndarray]
System = Callable[[int], Trained]


def batches(story: Story, epochs: int) -> Iterator[np.ndarray | slice]:
    """The patterns of each step."""
    for order in story.orders(epochs):
        for start in range(0, story.patterns, story.batch):
            yield slice(None) if order is None else order[start : start + story.batch]


def by_deltarule(story: Story) -> System:
    """``train`` of an emitted module."""
    text = deltarule.network(story.spec, loss=story.loss).emit(dtype="float32", batch=story.batch, optimiser="sgd")
    module = ModuleType("emitted")
    exec(compile(str(text), "emitted", "exec"), module.__dict__)
    (x, t), start = story.data, module.Parameters(*(array for layer in story.start for array in layer))

    def run(epochs: int) -> Trained:
        options = {"epochs": epochs, "batch": story.batch, "learning_rate": story.learning_rate, "seed": 0}
        return module.train(start, x, t, **options)[0]

    return run


def naive(story: Story) -> System:
    """NumPy as in a tutorial: a loop over lists of layers, a new array for every result."""
    x, t = story.data
    entropy = story.loss == "cross_entropy"

    def run(epochs: int) -> Trained:
        weights, biases = ([layer[place].copy() for layer in story.start] for place in (0, 1))
        losses = []
        for rows in batches(story, epochs):
            activations = [x[rows]]
            for number, (w, b) in enumerate(zip(weights, biases, strict=True)):
                z = activations[-1] @ w.T + b
                if number + 1 == len(weights) and entropy:
                    e = np.exp(z - np.max(z, axis=1, keepdims=True))
                    activations.append(e / np.sum(e, axis=1, keepdims=True))
                elif story.hidden == "relu":
                    activations.append(np.maximum(z, 0))
                else:
                    activations.append(1 / (1 + np.exp(-z)))
            a, target = activations[-1], t[rows]
            if entropy:
                losses.append(-np.mean(np.sum(target * np.log(a), axis=1)))
                delta = (a - target) / len(a)
            else:
                losses.append(np.mean(0.5 * np.sum((a - target) ** 2, axis=1)))
                delta = (a - target) * a * (1 - a) / len(a)
            for number in reversed(range(len(weights))):
                dw, db, below = delta.T @ activations[number], np.sum(delta, axis=0), activations[number]
                if number:
                    slope = (below > 0) if story.hidden == "relu" else below * (1 - below)
                    delta = delta @ weights[number] * slope
                weights[number] -= story.learning_rate * dw
                biases[number] -= story.learning_rate * db
        return [array for pair in zip(weights, biases, strict=True) for array in pair]

    return run


def by_jax(story: Story) -> System:
    """One compiled call a step; data and parameters stay on the device, rows are taken inside."""
    import jax
    from jax import nn
    from jax import numpy as jnp

    x, t = jax.device_put(story.data)
    hidden = {"relu": nn.relu, "sigmoid": nn.sigmoid}[story.hidden]

    def loss(parameters: Any, x: Any, t: Any) -> Any:
        (w1, b1), (w2, b2) = parameters
        z = hidden(x @ w1.T + b1) @ w2.T + b2
        if story.loss == "cross_entropy":
            return -jnp.sum(t * nn.log_softmax(z)) / len(x)
        return 0.5 * jnp.sum((nn.sigmoid(z) - t) ** 2) / len(x)

    def step(parameters: Any, rows: Any) -> Any:
        own, targets = (x, t) if rows is None else (x[rows], t[rows])
        value, slopes = jax.value_and_grad(loss)(parameters, own, targets)
        return jax.tree.map(lambda p, g: p - story.learning_rate * g, parameters, slopes), value

    compiled = jax.jit(step, donate_argnums=0)

    def run(epochs: int) -> Trained:
        parameters = jax.device_put(jax.tree.map(np.copy, story.start))
        for rows in batches(story, epochs):
            parameters, _ = compiled(parameters, None if isinstance(rows, slice) else rows)
        return [np.asarray(array) for layer in jax.block_until_ready(parameters) for array in layer]

    return run


def by_torch(story: Story) -> System:
    """PyTorch without a compiler, with its own SGD."""
    import torch

    x, t = (torch.from_numpy(array) for array in story.data)
    hidden = {"relu": torch.relu, "sigmoid": torch.sigmoid}[story.hidden]

    def run(epochs: int) -> Trained:
        (w1, b1), (w2, b2) = (tuple(torch.tensor(array, requires_grad=True) for array in layer) for layer in story.start)
        rule = torch.optim.SGD([w1, b1, w2, b2], lr=story.learning_rate)
        for rows in batches(story, epochs):
            own, target = x[rows], t[rows]
            z = torch.nn.functional.linear(hidden(torch.nn.functional.linear(own, w1, b1)), w2, b2)
            if story.loss == "cross_entropy":
                value = torch.nn.functional.cross_entropy(z, target)
            else:
                value = 0.5 * ((torch.sigmoid(z) - target) ** 2).sum() / len(own)
            rule.zero_grad()
            value.backward()
            rule.step()
        return [value.detach().numpy() for value in (w1, b1, w2, b2)]

    return run


RIVALS = {"naive NumPy": naive, "PyTorch eager": by_torch, "JAX jit, a call a step": by_jax}
