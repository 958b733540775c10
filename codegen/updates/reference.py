"""An update rule as a function of floats, made from its assignments: what training is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from codegen.certificate import loaded
from codegen.constants import evaluate
from codegen.updates.record import training_record
from derive.optimisers import LEARNING_RATE, Optimiser
from derive.traversal import tensors_of

Arrays = Sequence[np.ndarray]
MOST = 2000
"""So many numbers of an array are looked at: each is updated by the same lines."""


def error_of_training(module: ModuleType, rule: Optimiser, parameters: Any, given: Sequence[Any], rate: float, steps: int) -> float:
    """The largest relative error of single steps of ``train``, each from where the module itself was, number by number.

    ``given`` is what ``train`` takes beside parameters, all of it for one step.
    """
    batch = max(1, len(given[0]))
    update, constants = _update(rule), tuple(float(value) for value in rule.constants.values())
    starts = [rate if LEARNING_RATE in tensors_of(start) else float(evaluate(start)) for start in rule.state.values()]
    memory = [[np.full(value.shape, start) for value in parameters] for start in starts]
    exact, state, error = [np.array(value, float) for value in parameters], None, 0.0
    for n in range(1, steps + 1):
        before = [exact, _gradients(module, exact, given), *memory]
        parameters, _, state = module.train(parameters, *given, epochs=1, batch=batch, learning_rate=rate, seed=0, state=state)
        exact, memory = list(state.parameters), [list(getattr(state, name)) for name in rule.state]
        for place in range(len(exact)):
            columns = (np.asarray(group[place], float).reshape(-1)[:MOST].tolist() for group in before)
            wanted = np.array([update(w, g, rate, n, *constants, *own)[0] for w, g, *own in zip(*columns, strict=True)])
            gap = np.abs(wanted - exact[place].reshape(-1)[:MOST]) / (1.0 + np.abs(wanted))
            error = max(error, float(gap.max()) if np.isfinite(gap).all() else float("inf"))
    return error


def _gradients(module: ModuleType, exact: Arrays, given: Sequence[Any]) -> Arrays:
    """The gradients that training sees: those at numbers in double precision where the module computes with floats."""
    if not hasattr(module, "straight_line"):
        found: Arrays = module.loss_and_gradients(module.Parameters(*(value.astype(module.DTYPE) for value in exact)), *given)[1]
        return [np.array(value) for value in found]
    flat = tuple(number for value in exact for number in value.reshape(-1).tolist())
    lists = [[value.tolist() for value in arrays] if isinstance(arrays, tuple) else arrays.tolist() for arrays in given]
    slopes = np.array(module.straight_line(flat, *lists)[1])
    ends = np.cumsum([value.size for value in exact])
    return [part.reshape(value.shape) for part, value in zip(np.split(slopes, ends[:-1]), exact, strict=True)]


def _update(rule: Optimiser) -> Callable[..., tuple[float, ...]]:
    record = training_record(rule)
    head = f"def update({', '.join(record.literal_names)}):"
    made: Callable[..., tuple[float, ...]] = loaded("\n".join([head, *record.literal, f"    return {record.updated}"])).update
    return made
