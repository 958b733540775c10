"""Judges the text of a module, edited or not, as code of a network: its values against the loop form, its comments against the notes.

The reference is the literal loop form of the network's own equations in float64; nothing of the judged text is believed. A text that
uses what no emitted module uses is not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import takewhile
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from codegen.certificate import BOUNDS, CertificateError, check_text, loaded
from codegen.emit import Facts, problem_for
from codegen.problem import Problem
from derive.equations import Equation
from derive.expressions import Tensor
from derive.language.plain import plain_equation
from derive.notation import View, latex_equation, load
from derive.results import Results
from derive.verification.statements import CHECKED, Report, Statement

BATCHES = (1, 3)
MANY, VERY_MANY = 20_000, 500_000
"""Parameters of a network above which it is looked at in fewer points, or compared with the vectorised form that was made for it."""
LARGE = 1e4
_COMMENT = re.compile(r"# \((\d+)\) +(\w.*)")


@dataclass(frozen=True)
class Point:
    """Where two modules are compared: parameters in the order of the fields, inputs, targets, and what is special there.

    ``scale`` is by how much more than usual rounding may count, because values are that large.
    """

    parameters: tuple[np.ndarray, ...]
    x: np.ndarray
    t: np.ndarray
    where: str
    scale: float = 1.0


Errors = Sequence[tuple[Point, Mapping[str, float]]]


def verify_module(text: str, results: Results) -> Report:
    """The statements about a module: output, loss, every gradient, the workspace, and the formulas in comments.

    A module that cannot be run, or whose arrays have other names or shapes, gives one wrong statement that says why.
    """
    problem = problem_for(results.network, results.batch_sweep, results.number)
    size = sum(prod(axis.size for axis in tensor.axes) for tensor in problem.parameters)
    reference = loaded(Facts(results.network, "loops" if size <= VERY_MANY else "vectorised", "float64", "").module(problem))
    try:
        check_text(text)
        with redirect_stdout(StringIO()), np.errstate(all="ignore"):
            module = loaded(text)
            _check_names(module, reference)
            bound = BOUNDS[np.dtype(module.DTYPE).name]
            errors = [(point, _errors(module, reference, point)) for point in _points(reference, few=size > MANY)]
    except CertificateError as error:
        return Report((Statement("", "", CHECKED, False, f"not run: {error}"),))
    except (Exception, SystemExit) as error:
        return Report((Statement("", "", CHECKED, False, f"stopped with {type(error).__name__}: {error}"),))
    values = (_statement(what, equation, results, errors, bound) for what, equation in _named(problem))
    return Report((*values, *_comments(text, problem)))


def _check_names(module: ModuleType, reference: ModuleType) -> None:
    """Raise ValueError unless the module has the parameters of the reference."""
    if tuple(module.SHAPES) != tuple(reference.SHAPES) or module.Parameters._fields != reference.Parameters._fields:
        raise ValueError(f"expected parameters {reference.SHAPES}, got {module.SHAPES}")


def _points(reference: ModuleType, few: bool) -> Iterator[Point]:
    """Ordinary points, some where everything saturates, and some where pre-activations are zero: there kinks are hit."""
    for batch in BATCHES[few:]:
        parameters, x, t = reference._random_point(batch)
        yield Point(tuple(parameters), x, t, f"{batch} patterns")
        large = tuple(LARGE * value for value in parameters)
        yield Point(large, x, t, f"{batch} patterns, parameters {LARGE:g} times as large", LARGE)
    yield Point(tuple(_first_row_zero(value) for value in parameters), x, t, "pre-activations of the first units zero")
    names = reference.Parameters._fields
    alone = [] if few else [name for name, value in zip(names, parameters, strict=True) if value.ndim > 1 and len(value) == 1]
    for owner in alone:
        zeroed = (0.0 * value if name[1:] == owner[1:] else value for name, value in zip(names, parameters, strict=True))
        yield Point(tuple(zeroed), x, t, f"parameters beside {owner} zero")


def _first_row_zero(value: np.ndarray) -> np.ndarray:
    """Parameters whose first unit gets nothing; a layer of one unit is left alone, because nothing would pass it."""
    mask = np.ones(len(value))
    mask[0] = len(value) == 1
    return (value.T * mask).T


def _errors(module: ModuleType, reference: ModuleType, point: Point) -> dict[str, float]:
    """The error of each value, relative to its largest entry where that is above one; the largest of all functions that give it."""
    expected = _values(reference, point)
    runs = (_values(module, point), _values_of_workspace(module, point), {"cost": module.loss(*_at(module, point))})
    return {what: max(_distance(run[what], value) for run in runs if what in run) / point.scale for what, value in expected.items()}


def _at(module: ModuleType, point: Point) -> tuple[Any, np.ndarray, np.ndarray]:
    """A point in the precision of a module."""
    parameters = module.Parameters(*(value.astype(module.DTYPE) for value in point.parameters))
    return parameters, point.x.astype(module.DTYPE), point.t.astype(module.DTYPE)


def _values(module: ModuleType, point: Point) -> dict[str, Any]:
    """What a module's functions say about a point."""
    parameters, x, t = _at(module, point)
    cost, gradients = module.loss_and_gradients(parameters, x, t)
    found = dict(zip(parameters._fields, map(np.array, gradients), strict=True))
    if hasattr(module, "loss_gradients_and_dx"):
        found["dx"] = np.array(module.loss_gradients_and_dx(parameters, x, t)[2])
    return {"output": module.forward(parameters, x), "cost": cost, **found}


def _values_of_workspace(module: ModuleType, point: Point) -> dict[str, Any]:
    """What a module's workspace says about a point, after it has seen another."""
    parameters, x, t = _at(module, point)
    workspace = module.Workspace(len(x))
    workspace.set_parameters(parameters)
    workspace.step(x[::-1], t[::-1])
    cost = workspace.step(x, t)
    found = dict(zip(parameters._fields, map(np.array, workspace.gradients), strict=True))
    return {"output": np.array(workspace.forward(x)), "cost": cost, **found}


def _distance(value: Any, right: Any) -> float:
    expected = np.asarray(right, float)
    if np.shape(value) != expected.shape:
        return float("inf")
    error = np.abs(np.asarray(value, float) - expected).max() / max(1.0, float(np.abs(expected).max()))
    return float(error) if np.isfinite(error) else float("inf")


def _named(problem: Problem) -> list[tuple[str, Equation]]:
    """What is compared, each with the equation that says what it is."""
    equations = {numbered.tensor: numbered.equation for numbered in problem.equations}
    wanted: list[tuple[str, Tensor]] = [("output", problem.output), ("cost", problem.loss)]
    wanted += [(parameter.name, gradient) for parameter, gradient in problem.gradients.items()]
    wanted += [(gradient.name, gradient) for gradient in problem.input_gradients]
    return [(what, equations[tensor]) for what, tensor in wanted]


def _statement(what: str, equation: Equation, results: Results, errors: Errors, bound: float) -> Statement:
    number = str(results.number(equation.tensor))
    worst, at = max(((found.get(what, float("inf")), point) for point, found in errors), key=lambda item: item[0])
    ok = worst < bound
    detail = (
        f"the code agrees with the equations at {len(errors)} points, error < {bound:g}"
        if ok
        else f"the code is off by {worst:.1g}, {at.where}"
    )
    return Statement(number, latex_equation(equation, load("nielsen"), View(batch=True)), CHECKED, ok, f"{equation.tensor.name}: {detail}")


def _comments(text: str, problem: Problem) -> Iterator[Statement]:
    """Each numbered comment that does not say what the formula of that number says; a long one goes on below, without a number."""
    known: dict[str, set[str]] = {}
    for numbered in problem.equations:
        known.setdefault(str(numbered.number), set()).add("".join(plain_equation(numbered.equation).split()))
    lines = [line.strip() for line in text.splitlines()]
    for place, line in enumerate(lines):
        found = _COMMENT.fullmatch(line)
        if found is None:
            continue
        rest = takewhile(lambda below: below.startswith("#") and _COMMENT.fullmatch(below) is None, lines[place + 1 :])
        formula = " ".join([found[2], *(below.lstrip("# ") for below in rest)])
        if "".join(formula.split()) not in known.get(found[1], set()):
            yield Statement(found[1], formula, CHECKED, False, f"line {place + 1}: the comment is not formula ({found[1]})")
