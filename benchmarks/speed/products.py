"""The products of matrices of a step and nothing else: what no NumPy code for the same step can go below."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.speed.cases import Case


def products_alone(case: Case) -> Callable[[], None]:
    """Every product of a forward and a backward pass, each into memory that is there: activations, slopes of weights, deltas below.

    The products of both operands in order of memory, and of either one turned, take the same time within a few per cent.
    """
    layers, x, _ = case.point
    random = np.random.RandomState(1)
    calls: list[tuple[Callable[..., object], np.ndarray, np.ndarray]] = []
    below = x
    for place, (given, _) in enumerate(layers):
        weights = np.ascontiguousarray(given.T)
        z = np.empty((case.batch, weights.shape[1]), np.float32)
        delta = random.standard_normal(z.shape).astype(np.float32)
        calls.append((below.dot, weights, z))
        calls.append((below.T.dot, delta, np.empty_like(weights)))
        if place:
            calls.append((delta.dot, weights.T, np.empty_like(below)))
        below = random.standard_normal(z.shape).astype(np.float32)

    def step() -> None:
        for dot, right, out in calls:
            dot(right, out)

    return step
