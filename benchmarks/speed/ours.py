"""Emitted modules, used as their docstring says."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

import deltarule
from benchmarks.speed.cases import Case
from benchmarks.speed.system import System


def emitted(case: Case, **options: Any) -> ModuleType:
    """The module that deltarule emits for a case, in the style and form that it chooses for the size of the batch, or as asked."""
    text = deltarule.network(case.spec, loss=case.loss).emit(dtype="float32", batch=case.batch, **options)
    module = ModuleType(f"case_{case.name}")
    exec(compile(str(text), module.__name__, "exec"), module.__dict__)
    return module


def by_deltarule(case: Case, **options: Any) -> System:
    """A workspace with its parameters in place; for the smallest networks straight-line Python over tuples."""
    module = emitted(case, **options)
    layers, x, t = case.point
    parameters = module.Parameters(*(array for layer in layers for array in layer))
    if hasattr(module, "straight_line"):
        return _straight_line(module, parameters, x, t)
    workspace = module.Workspace(case.batch)
    workspace.set_parameters(parameters)

    def result() -> tuple[float, Sequence[np.ndarray]]:
        return workspace.step(x, t), workspace.gradients

    return System(lambda: workspace.step(x, t), result)


def _straight_line(module: ModuleType, parameters: Sequence[np.ndarray], x: np.ndarray, t: np.ndarray) -> System:
    step, flat = module.straight_line, module.flatten(parameters)
    patterns, targets = (tuple(map(tuple, array.tolist())) for array in (x, t))

    def result() -> tuple[float, Sequence[np.ndarray]]:
        loss, gradients = step(flat, patterns, targets)
        return loss, module.unflatten(gradients)

    return System(lambda: step(flat, patterns, targets), result)
