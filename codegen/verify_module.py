"""Judges the text of a module, edited or not, as code of a network: its values against the loop form, its comments against the notes.

The reference is the literal loop form of the network's own equations in float64; nothing of the judged text is believed. A text that
uses what no emitted module uses is not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from codegen.certificate import BOUNDS, CertificateError, check_text, loaded
from codegen.emit import Facts, problem_for
from codegen.problem import Problem
from derive.equations import Equation
from derive.expressions import Tensor
from derive.notation import View, latex_equation, load
from derive.plain import plain_equation
from derive.results import Results
from derive.statements import CHECKED, Report, Statement

BATCHES = (1, 3)
SATURATED = 50.0
_COMMENT = re.compile(r"# \((\d+)\) +(\w.*)")


@dataclass(frozen=True)
class Point:
    """Where two modules are compared: parameters in the order of the fields, inputs, targets, and what is special there."""

    parameters: tuple[np.ndarray, ...]
    x: np.ndarray
    t: np.ndarray
    where: str


def verify_module(text: str, results: Results) -> Report:
    """The statements about a module: output, loss, every gradient, the workspace, and the formulas in comments.

    A module that cannot be run, or whose arrays have other names or shapes, gives one wrong statement that says why.
    """
    problem = problem_for(results.network, results.batch_sweep, results.number)
    reference = loaded(Facts(results.network, "loops", "float64", "").module(problem))
    try:
        check_text(text)
        module = loaded(text)
        _check_names(module, reference)
        bound = BOUNDS[np.dtype(module.DTYPE).name]
        points = tuple(_points(reference))
        errors = {point: _errors(module, reference, point) for point in points}
    except CertificateError as error:
        return Report((Statement("", "", CHECKED, False, f"not run: {error}"),))
    except (Exception, SystemExit) as error:
        return Report((Statement("", "", CHECKED, False, f"stopped with {type(error).__name__}: {error}"),))
    values = (_statement(what, equation, results, errors, bound) for what, equation in _named(problem, reference))
    return Report((*values, *_comments(text, problem, results)))


def _check_names(module: ModuleType, reference: ModuleType) -> None:
    """Raise ValueError unless the module has the parameters of the reference."""
    if tuple(module.SHAPES) != tuple(reference.SHAPES) or module.Parameters._fields != reference.Parameters._fields:
        raise ValueError(f"expected parameters {reference.SHAPES}, got {module.SHAPES}")


def _points(reference: ModuleType) -> Iterator[Point]:
    """Ordinary points, one where everything saturates, and for each array of parameters one where it is zero: there kinks are hit."""
    for batch in BATCHES:
        parameters, x, t = reference._random_point(batch)
        yield Point(tuple(parameters), x, t, f"{batch} patterns")
        yield Point(tuple(parameters), SATURATED * x, t, f"{batch} patterns, inputs {SATURATED:g} times as large")
    names = reference.Parameters._fields
    for number in sorted({re.sub(r"\D", "", name) for name in names}, key=int):
        zeroed = (0.0 * value if name[1:] == number else value for name, value in zip(names, parameters, strict=True))
        yield Point(tuple(zeroed), x, t, f"{BATCHES[-1]} patterns, parameters of layer {number} zero")


def _errors(module: ModuleType, reference: ModuleType, point: Point) -> dict[str, float]:
    """The error of each value, relative to its largest entry where that is above one."""
    own, other = _values(module, point), _values(reference, point)
    return {what: max(_distance(value, other[_sort(what)]) for value in own[what]) for what in own}


def _sort(what: str) -> str:
    return what


def _values(module: ModuleType, point: Point) -> dict[str, list[Any]]:
    """Everything that a module says about a point, each value by every function that gives it."""
    dtype = module.DTYPE
    parameters = module.Parameters(*(value.astype(dtype) for value in point.parameters))
    x, t = point.x.astype(dtype), point.t.astype(dtype)
    cost, gradients = module.loss_and_gradients(parameters, x, t)
    found = {"output": [module.forward(parameters, x)], "cost": [module.loss(parameters, x, t), cost]}
    for name, gradient in zip(parameters._fields, gradients, strict=True):
        found[name] = [np.array(gradient)]
    workspace = module.Workspace(len(x))
    workspace.set_parameters(parameters)
    found["output"].append(np.array(workspace.forward(x)))
    found["cost"].append(workspace.step(x, t))
    for name, gradient in zip(parameters._fields, workspace.gradients, strict=True):
        found[name].append(np.array(gradient))
    if hasattr(module, "loss_gradients_and_dx"):
        found["dx"] = [np.array(module.loss_gradients_and_dx(parameters, x, t)[2])]
    return found


def _distance(value: Any, others: Sequence[Any]) -> float:
    expected = np.asarray(others[0], float)
    if np.shape(value) != expected.shape:
        return float("inf")
    error = np.abs(np.asarray(value, float) - expected).max() / max(1.0, float(np.abs(expected).max()))
    return float(error) if np.isfinite(error) else float("inf")


def _named(problem: Problem, reference: ModuleType) -> list[tuple[str, Equation]]:
    """What is compared, each with the equation that says what it is."""
    equations = {numbered.tensor: numbered.equation for numbered in problem.equations}
    wanted: list[tuple[str, Tensor]] = [("output", problem.output), ("cost", problem.loss)]
    wanted += [(parameter.name, gradient) for parameter, gradient in problem.gradients.items()]
    wanted += [(gradient.name, gradient) for gradient in problem.input_gradients]
    return [(what, equations[tensor]) for what, tensor in wanted]


def _statement(what: str, equation: Equation, results: Results, errors: Mapping[Point, Mapping[str, float]], bound: float) -> Statement:
    number = str(results.number(equation.tensor))
    worst, at = max(((found.get(what, float("inf")), point) for point, found in errors.items()), key=lambda item: item[0])
    ok = worst < bound
    detail = (
        f"code agrees with the loop form at {len(errors)} points, error < {bound:g}" if ok else f"code is off by {worst:.1g}, {at.where}"
    )
    return Statement(number, latex_equation(equation, load("nielsen"), View(batch=True)), CHECKED, ok, f"{equation.tensor.name}: {detail}")


def _comments(text: str, problem: Problem, results: Results) -> Iterator[Statement]:
    """Each numbered comment that does not say what the formula of that number says."""
    known: dict[str, set[str]] = {}
    for numbered in problem.equations:
        known.setdefault(str(numbered.number), set()).add("".join(plain_equation(numbered.equation).split()))
    for place, line in enumerate(text.splitlines(), 1):
        found = _COMMENT.fullmatch(line.strip())
        if found is not None and "".join(found[2].split()) not in known.get(found[1], set()):
            detail = f"line {place}: the comment {found[2]!r} is not formula ({found[1]})"
            yield Statement(found[1], found[2], CHECKED, False, detail)
