"""Emitted modules for tests: emitted once, loaded from text."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from codegen.certificate import loaded
from codegen.emit import emit
from derive.network import network
from derive.results import results_of


@cache
def text_of(spec: str, loss: str | None = None, reduction: str | None = None, input_gradient: bool = False, **options: str) -> str:
    """The text of the module of a one-line spec."""
    model = network(spec, loss=loss, batch_reduction=reduction)
    results = results_of(model, input_gradient=input_gradient)
    return emit(model, results.batch_sweep, number=results.number, **options)


def module_of(spec: str | dict[str, Any], loss: str | None = None, input_gradient: bool = False, **options: str) -> ModuleType:
    """The module of a spec."""
    if isinstance(spec, str):
        return loaded(text_of(spec, loss, input_gradient=input_gradient, **options))
    model = network(spec)
    results = results_of(model, input_gradient=input_gradient)
    return loaded(emit(model, results.batch_sweep, number=results.number, **options))
