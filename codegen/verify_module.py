"""Judges the text of a module, edited or not, as code of a network: its values against the loop form, its comments against the notes.

The reference is the literal loop form of the network's own equations in float64; nothing of the judged text is believed. A text that
uses what no emitted module uses is not run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import fields
from functools import cache
from io import StringIO
from itertools import takewhile
from types import ModuleType
from typing import Any

import numpy as np

from codegen.apart import Ended, apart
from codegen.certificate import BOUNDS, CertificateError, check_text, loaded
from codegen.subject import Point, Subject, points_with, subject_of
from codegen.time_limit import Overtime, limited
from codegen.updates.reference import error_of_training
from derive.equations import Equation
from derive.notation import Notation, View, latex_equation, load
from derive.optimisers import optimiser, optimiser_names
from derive.results import Results
from derive.verification.statements import CHECKED, Report, Statement

MOST_PATTERNS = 1000
"""So many patterns a module may have written out to be judged with them."""
WRONG, SMALLEST = 1e-3, 1e-100
"""A relative error that no rounding makes, and the size of a gradient above which it counts."""
SECONDS = 60.0
"""So long a judged module may take at one point; emitted ones take fractions of a second."""
_COMMENT = re.compile(r"# \((\d+)\) +(\w.*)")

Errors = Sequence[tuple[Point, Mapping[str, float]]]


def verify_module(text: str, results: Results) -> Report:
    """The statements about a module: output, loss, every gradient, the workspace, and the formulas in comments.

    A module that cannot be run, or whose arrays have other names or shapes, gives one wrong statement that says why. It is run in a
    process of its own, with limits.
    """
    subject = subject_of(results)
    try:
        told = apart(lambda: [_plain(statement) for statement in _judged(text, results, subject)])
    except Ended as error:
        return Report((Statement("", "", CHECKED, False, f"stopped: {error}"),))
    return Report(tuple(Statement(*values) for values in told))


def _plain(statement: Statement) -> list[Any]:
    """The fields of a statement, as another process can be told them."""
    return [getattr(statement, field.name) for field in fields(statement)]


def _judged(text: str, results: Results, subject: Subject) -> tuple[Statement, ...]:
    try:
        check_text(text)
        with redirect_stdout(StringIO()), np.errstate(all="ignore"):
            with limited(SECONDS):
                module = loaded(text)
            _check_names(module, subject.reference)
            bound = BOUNDS[np.dtype(module.DTYPE).name]
            errors = [(point, _errors(module, subject, point)) for point in (*subject.points, *_written_out(module, subject))]
            start = (*_start(module, subject.reference), *_training(module, subject))
    except CertificateError as error:
        return (Statement("", "", CHECKED, False, f"not run: {error}"),)
    except Overtime as error:
        return (Statement("", "", CHECKED, False, f"stopped: {error}"),)
    except (Exception, SystemExit) as error:
        return (Statement("", "", CHECKED, False, f"stopped with {type(error).__name__}: {error}"),)
    values = (_statement(what, equation, results, errors, bound) for what, equation in subject.compared.items())
    return (*values, *start, *_stated(text, module, results), *_comments(text, subject))


def _stated(text: str, module: ModuleType, results: Results) -> Iterator[Statement]:
    """A wrong statement for each thing that the module says of itself and that is not so."""
    expected = results.network.specification.hash
    if getattr(module, "SPEC_HASH", expected) != expected:
        yield Statement("", "", CHECKED, False, "SPEC_HASH is not that of this specification")
    title, dtype = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0], np.dtype(module.DTYPE).name
    if any(other in title for other in BOUNDS if other != dtype):
        yield Statement("", "", CHECKED, False, f"DTYPE is {dtype}, the title says otherwise")


def _written_out(module: ModuleType, subject: Subject) -> tuple[Point, ...]:
    """Points with as many patterns as a scalar module has written out."""
    patterns = getattr(module, "PATTERNS", None)
    return tuple(points_with(subject.reference, patterns)) if isinstance(patterns, int) and 0 < patterns <= MOST_PATTERNS else ()


def _check_names(module: ModuleType, reference: ModuleType) -> None:
    """Raise ValueError unless the module has the parameters of the reference."""
    if tuple(module.SHAPES) != tuple(reference.SHAPES) or module.Parameters._fields != reference.Parameters._fields:
        raise ValueError(f"expected parameters {reference.SHAPES}, got {module.SHAPES}")


def _start(module: ModuleType, reference: ModuleType) -> tuple[Statement, ...]:
    """A wrong statement where ``initialise`` does not give what it is documented to give."""
    pairs = zip(module.initialise(1), reference.initialise(1), strict=True)
    same = all(np.shape(own) == right.shape and np.allclose(own, right, rtol=1e-6) for own, right in pairs)
    return () if same else (Statement("", "", CHECKED, False, "initialise: parameters do not start from the documented distribution"),)


def _training(module: ModuleType, subject: Subject) -> tuple[Statement, ...]:
    """What four steps of ``train`` make of the parameters, where a module has it, against its update rule number by number."""
    if not hasattr(module, "train"):
        return ()
    rule = optimiser(module.OPTIMISER) if module.OPTIMISER in optimiser_names() else None
    if rule is None:
        return (Statement("", "", CHECKED, False, f"train: {str(module.OPTIMISER)[:20]!r} is no optimiser"),)
    parameters, *given = _at(module, subject, subject.points[-1])
    error = error_of_training(module, rule, parameters, given, rate=0.01, steps=4)
    bound = BOUNDS[np.dtype(module.DTYPE).name]
    detail = f"agree with the rule of {rule.name}, error < {bound:g}" if error < bound else f"are off by {error:.1g}"
    return (Statement("", "", CHECKED, error < bound, f"train: four steps {detail}"),)


def _errors(module: ModuleType, subject: Subject, point: Point) -> dict[str, float]:
    """The error of each value, relative to its largest entry where that is above one; the largest of all functions that give it."""
    expected = _values(subject.reference, subject, point)
    with limited(SECONDS):
        loss = {"cost": module.loss(*_at(module, subject, point))}
        runs = [_values(module, subject, point), _values_of_workspace(module, subject, point), loss]
        if hasattr(module, "straight_line"):
            runs.append(_values_of_floats(module, subject, point))
    ordinary = point.scale == 1.0
    return {
        what: max(_distance(run[what], value, ordinary) for run in runs if what in run) / point.scale for what, value in expected.items()
    }


def _at(module: ModuleType, subject: Subject, point: Point) -> tuple[Any, ...]:
    """The arguments of a module's functions at a point, in its precision."""
    parameters = module.Parameters(*(value.astype(module.DTYPE) for value in point.parameters))
    given = tuple(value.astype(module.DTYPE) for value in point.arguments)
    return (parameters, module.Inputs(*given)) if subject.is_system else (parameters, *given)


def _values(module: ModuleType, subject: Subject, point: Point) -> dict[str, Any]:
    """What a module's functions say about a point."""
    parameters, *given = _at(module, subject, point)
    cost, gradients = module.loss_and_gradients(parameters, *given)
    found = dict(zip(parameters._fields, map(np.array, gradients), strict=True))
    if "dx" in subject.compared:
        found["dx"] = np.array(module.loss_gradients_and_dx(parameters, *given)[2])
    return {"cost": cost, **_forward(module.forward(parameters, given[0]), subject), **found}


def _values_of_workspace(module: ModuleType, subject: Subject, point: Point) -> dict[str, Any]:
    """What a module's workspace says about a point, after it has seen another."""
    parameters, *given = _at(module, subject, point)
    workspace = module.Workspace() if subject.is_system else module.Workspace(len(given[0]))
    workspace.set_parameters(parameters)
    backwards = [value[::-1] if value.ndim else value for value in (given[0] if subject.is_system else given)]
    workspace.step(*([module.Inputs(*backwards)] if subject.is_system else backwards))
    cost = workspace.step(*given)
    found = dict(zip(parameters._fields, map(np.array, workspace.gradients), strict=True))
    return {"cost": cost, **_forward(workspace.forward(given[0]), subject), **found}


def _values_of_floats(module: ModuleType, subject: Subject, point: Point) -> dict[str, Any]:
    """What a module says about a point by the way of tuples of floats, in the order that is documented."""
    parameters, *given = _at(module, subject, point)
    flat = tuple(number for value in parameters for number in value.reshape(-1).tolist())
    lists = [_tuples(value.tolist()) for value in (given[0] if subject.is_system else given)]
    if tuple(module.flatten(parameters)) != flat:
        raise ValueError("flatten does not give parameters row by row")
    cost, slopes = module.straight_line(flat, *([tuple(lists)] if subject.is_system else lists))
    found = dict(zip(parameters._fields, module.unflatten(slopes), strict=True))
    sizes = [value.size for value in parameters]
    parts = np.split(np.array(slopes), np.cumsum(sizes)[:-1])
    own = {name: part.reshape(value.shape) for name, part, value in zip(found, parts, parameters, strict=True)}
    if not all(np.allclose(found[name], own[name], rtol=1e-6, equal_nan=True) for name in own):
        raise ValueError("unflatten does not give gradients row by row")
    return {"cost": cost, **own}


def _tuples(value: Any) -> Any:
    """Lists in lists as tuples in tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _forward(values: Any, subject: Subject) -> dict[str, Any]:
    """What a forward pass returned, by name."""
    named = values._asdict() if subject.is_system else {"output": values}
    return {name: np.array(value) for name, value in named.items()}


def _distance(value: Any, right: Any, ordinary: bool) -> float:
    """The error relative to the largest entry where that is above one, or where it is large even so.

    Gradients of deep networks are tiny, and so is the error of a wrong sign there; where everything saturates they are rounding errors.
    """
    expected = np.asarray(right, float)
    if np.shape(value) != expected.shape:
        return float("inf")
    error, largest = float(np.abs(np.asarray(value, float) - expected).max()), float(np.abs(expected).max())
    if not np.isfinite(error):
        return float("inf")
    small = ordinary and error > WRONG * largest > WRONG * SMALLEST
    return error / (largest if small else max(1.0, largest))


def _statement(what: str, equation: Equation, results: Results, errors: Errors, bound: float) -> Statement:
    number = str(results.number(equation.tensor))
    worst, at = max(((found.get(what, float("inf")), point) for point, found in errors), key=lambda item: item[0])
    ok = worst < bound
    detail = (
        f"the code agrees with the equations at {len(errors)} points, error < {bound:g}"
        if ok
        else f"the code is off by {worst:.1g}, {at.where}"
    )
    return Statement(number, latex_equation(equation, _nielsen(), View(batch=True)), CHECKED, ok, f"{equation.tensor.name}: {detail}")


@cache
def _nielsen() -> Notation:
    return load("nielsen")


def _comments(text: str, subject: Subject) -> Iterator[Statement]:
    """Each numbered comment that does not say what the formula of that number says; a long one goes on below, without a number."""
    lines = [line.strip() for line in text.splitlines()]
    for place, line in enumerate(lines):
        found = _COMMENT.fullmatch(line)
        if found is None:
            continue
        rest = takewhile(lambda below: below.startswith("#") and _COMMENT.fullmatch(below) is None, lines[place + 1 :])
        formula = " ".join([found[2], *(below.lstrip("# ") for below in rest)])
        if "".join(formula.split()) not in subject.cited.get(int(found[1]), frozenset()):
            yield Statement(found[1], formula, CHECKED, False, f"line {place + 1}: the comment is not formula ({found[1]})")
