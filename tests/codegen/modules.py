"""Emitted modules for tests: emitted once, loaded from text."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from codegen.certificate import loaded
from codegen.emit import Facts, certify, emit, problem_for
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


def variants_of(spec: dict[str, Any], input_gradient: bool, *variants: tuple[str, str]) -> list[ModuleType]:
    """Modules of one spec in several styles and precisions, derived once; only the first is certified."""
    model = network(spec)
    results = results_of(model, input_gradient=input_gradient)
    problem = problem_for(model, results.batch_sweep, results.number)
    texts = [Facts(model, style, dtype, "").module(problem) for style, dtype in variants]
    certify(problem, Facts(model, *variants[0], ""), texts[0])
    return [loaded(text) for text in texts]
