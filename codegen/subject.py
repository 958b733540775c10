"""What a module of a network must compute: the reference, the equations behind each value, and the points where it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from codegen.certificate import loaded
from codegen.emit import Facts, loop_form, problem_for
from codegen.problem import Problem
from codegen.systems.emit import reference_module, work_for
from derive.equations import Equation
from derive.expressions import Tensor
from derive.language.plain import plain_equation
from derive.network import Network
from derive.results import Results
from derive.specifications.equation_specification import EquationSpecification

BATCHES, SEEDS = (1, 3), (1, 2, 3)
MANY, VERY_MANY = 20_000, 500_000
"""Parameters of a network above which it is looked at in fewer points, or compared with the vectorised form that was made for it."""
LARGE = 1e4


@dataclass(frozen=True)
class Point:
    """Where two modules are compared: parameters in the order of the fields, the other arguments, and what is special there.

    ``scale`` is by how much more than usual rounding may count, because values are that large.
    """

    parameters: tuple[np.ndarray, ...]
    arguments: tuple[np.ndarray, ...]
    where: str
    scale: float = 1.0


@dataclass(frozen=True)
class Subject:
    """What is compared: ``compared`` gives each value's equation, ``cited`` the text of each numbered formula, without spaces."""

    reference: ModuleType
    points: tuple[Point, ...]
    compared: Mapping[str, Equation]
    cited: Mapping[int, frozenset[str]]

    @cached_property
    def is_system(self) -> bool:
        """Whether a module takes its inputs as one NamedTuple."""
        return hasattr(self.reference, "Inputs")


def subject_of(results: Results) -> Subject:
    """The subject of a network of layers, or of an equation file."""
    made = _of_equations if isinstance(results.network.specification, EquationSpecification) else _of_layers
    return made(results)


def _of_layers(results: Results) -> Subject:
    problem = problem_for(results.network, results.batch_sweep, results.number)
    size = sum(prod(axis.size for axis in tensor.axes) for tensor in problem.parameters)
    small = size <= VERY_MANY
    reference = loop_form(results.network, problem, "float64") if small else _vectorised(results.network, problem)
    wanted = {"output": problem.output, "cost": problem.loss}
    wanted.update((parameter.name, gradient) for parameter, gradient in problem.gradients.items())
    wanted.update((gradient.name, gradient) for gradient in problem.input_gradients)
    equations = {numbered.tensor: numbered.equation for numbered in problem.equations}
    cited = _cited((numbered.number, numbered.equation) for numbered in problem.equations)
    return Subject(reference, tuple(_points_of_layers(reference, size > MANY)), {what: equations[t] for what, t in wanted.items()}, cited)


def _vectorised(network: Network, problem: Problem) -> ModuleType:
    return loaded(Facts(network, "vectorised", "float64", "").module(problem))


def _of_equations(results: Results) -> Subject:
    work = work_for(results.batch_sweep, results.number)
    reference = reference_module(results.network, work)
    equations: dict[Tensor, Equation] = {formula.tensor: formula.shown for formula in work.formulas}
    wanted = {"cost": work.loss, **{formula.shown.tensor.name: formula.tensor for stage in work.forward for formula in stage.formulas}}
    pairs = zip(work.system.parameters, work.parameters, strict=True)  # a module may call its own arrays otherwise than the user
    wanted.update((own.name, work.gradients[parameter]) for own, parameter in pairs if parameter in work.gradients)
    points = (_point_of_equations(reference, seed) for seed in SEEDS)
    cited = _cited((formula.number, formula.shown) for formula in work.formulas)
    compared = {what: equations[tensor] for what, tensor in wanted.items() if tensor in equations}
    return Subject(reference, tuple(point for point in points if _has_loss(reference, point)), compared, cited)


def _cited(formulas: Iterator[tuple[int, Equation]]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for number, equation in formulas:
        found[number] = found.get(number, frozenset()) | {"".join(plain_equation(equation).split())}
    return found


def _points_of_layers(reference: ModuleType, few: bool) -> Iterator[Point]:
    """Ordinary points, some where everything saturates, and some where pre-activations are zero: there kinks are hit."""
    yield from points_with(reference, *BATCHES[few:])
    parameters, *arguments = reference._random_point(BATCHES[-1])
    given = tuple(arguments)
    yield Point(tuple(_first_row_zero(value) for value in parameters), given, "pre-activations of the first units zero")
    names = reference.Parameters._fields
    alone = [] if few else [name for name, value in zip(names, parameters, strict=True) if value.ndim > 1 and len(value) == 1]
    for owner in alone:
        zeroed = (0.0 * value if name[1:] == owner[1:] else value for name, value in zip(names, parameters, strict=True))
        yield Point(tuple(zeroed), given, f"parameters beside {owner} zero")


def points_with(reference: ModuleType, *batches: int) -> Iterator[Point]:
    """Points with so many patterns: an ordinary one, and one where everything saturates, unless values leave the range of numbers."""
    for batch in batches:
        parameters, *arguments = reference._random_point(batch)
        given = tuple(arguments)
        yield Point(tuple(parameters), given, f"{batch} patterns")
        large = tuple(LARGE * value for value in parameters)
        with np.errstate(all="ignore"):
            is_finite = np.isfinite(reference.loss(reference.Parameters(*large), *given))
        if is_finite:
            yield Point(large, given, f"{batch} patterns, parameters {LARGE:g} times as large", LARGE)


def _first_row_zero(value: np.ndarray) -> np.ndarray:
    """Parameters whose first unit gets nothing; a layer of one unit is left alone, because nothing would pass it."""
    mask = np.ones(len(value))
    mask[0] = len(value) == 1
    return (value.T * mask).T


def _point_of_equations(reference: ModuleType, seed: int) -> Point:
    parameters, inputs = reference._random_point(seed)
    return Point(tuple(parameters), tuple(inputs), f"point {seed}")


def _has_loss(reference: ModuleType, point: Point) -> bool:
    """Whether equations have a value at a point at all."""
    loss: Callable[..., Any] = reference.loss
    try:
        return bool(np.isfinite(loss(reference.Parameters(*point.parameters), reference.Inputs(*point.arguments))))
    except (ArithmeticError, ValueError):
        return False
