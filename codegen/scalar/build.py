"""Equations as a scalar program: every equation at every position, in order; recurrences step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from itertools import product as positions_of
from math import prod

from codegen.constants import evaluate, name_of, python_number
from codegen.problem import Problem
from codegen.scalar.expand import Place, expanded
from codegen.scalar.values import ADVICE, AFTER, PATTERN, Value, Values
from codegen.systems.stages import NO_BATCH, Formula, Stage, Work
from derive.expressions import ZERO, Entry, Expression, Tensor, Total
from derive.indices import Axis, Index


@dataclass(frozen=True)
class Computation:
    """Equations in the order in which they are computed, and what is there before them.

    ``batch`` is the axis of patterns, ``outside`` what tensors give outside their ranges (0 for those that it does not name). ``advice``
    says what a user may do where there are too many positions.
    """

    inputs: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    stages: tuple[Stage, ...]
    batch: Axis = NO_BATCH
    outside: Mapping[Tensor, Expression] = field(default_factory=dict)
    advice: str = ADVICE

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything that has a value."""
        return (*self.inputs, *self.parameters, *(tensor for stage in self.stages for tensor in stage.tensors))

    def until(self, tensor: Tensor) -> Computation:
        """What is computed up to a tensor."""
        last = next(place for place, stage in enumerate(self.stages) if tensor in stage.tensors)
        return replace(self, stages=self.stages[: last + 1])


def of_problem(problem: Problem) -> Computation:
    """The equations of a network of layers: none is a recurrence."""
    formulas = (Formula(own.number, own.equation, own.equation.left, own.computed) for own in problem.equations)
    stages = tuple(Stage((formula,)) for formula in formulas)
    advice = f"{ADVICE}, or a smaller --batch"
    return Computation(problem.inputs, problem.parameters, stages, problem.batch, advice=advice)


def of_work(work: Work) -> Computation:
    """The equations of an equation file."""
    return Computation(work.inputs, work.parameters, work.stages, outside=work.outside)


@dataclass(frozen=True)
class Named:
    """A value, what it is called, and the equation that it comes from."""

    name: str
    value: Value
    formula: Formula


@dataclass(frozen=True)
class Sum:
    """A variable that adds up a value over the patterns."""

    name: str
    value: Value
    formula: Formula


@dataclass(frozen=True)
class ScalarProgram:
    """Named values in the order of the equations.

    ``patterns`` is how many patterns are written out, 0 where a loop visits them one after the other; then ``sums`` are what it adds up.
    ``given`` are the names of the positions of each tensor that is there already, ``found`` the values of each computed one.
    ``constants`` are numbers that depend on how many patterns there are.
    """

    patterns: int
    named: tuple[Named, ...]
    sums: tuple[Sum, ...]
    constants: tuple[tuple[str, str], ...]
    given: dict[Tensor, tuple[Value, ...]]
    found: dict[Tensor, tuple[Value, ...]]


@dataclass
class Builder:
    """Reads equations one after the other; nothing else here has state."""

    computation: Computation
    patterns: int
    values: Values

    def __post_init__(self) -> None:
        self.at: dict[tuple[Tensor, tuple[int, ...]], Value] = {}
        self.titles: dict[Tensor, str] = {}
        self.taken: set[str] = set()
        self.named: list[Named] = []
        self.sums: list[Sum] = []
        self.constants: dict[str, str] = {}
        self.present: tuple[Formula, str] | None = None

    def program(self) -> ScalarProgram:
        """The program of all equations."""
        computation = self.computation
        self.values.expect(sum(prod(self.size(axis) for axis in tensor.axes) for tensor in computation.tensors))
        given = {tensor: self.declare(tensor) for tensor in (*computation.inputs, *computation.parameters)}
        for stage in computation.stages:
            self.stage(stage)
        found = {tensor: self.everywhere(tensor) for stage in computation.stages for tensor in stage.tensors}
        constants = tuple(self.constants.items())
        return ScalarProgram(self.patterns, tuple(self.named), tuple(self.sums), constants, given, found)

    def size(self, axis: Axis) -> int:
        """How many positions of an axis are written out."""
        return axis.size if axis != self.computation.batch else self.patterns or 1

    def positions(self, tensor: Tensor) -> Iterator[tuple[int, ...]]:
        """Where a tensor has numbers, row by row; its place along the patterns is left out where a loop visits them."""
        return positions_of(*(range(self.size(axis)) for axis in tensor.axes if self.patterns or axis != self.computation.batch))

    def everywhere(self, tensor: Tensor) -> tuple[Value, ...]:
        """The values of a tensor at all its positions."""
        return tuple(self.at[tensor, position] for position in self.positions(tensor))

    def title(self, tensor: Tensor, position: tuple[int, ...]) -> str:
        """``W1_0_2``; a single pattern is not counted."""
        if tensor not in self.titles:
            self.titles[tensor] = self.stem(tensor)
        return self.counted(self.titles[tensor], tensor, position)

    def counted(self, stem: str, tensor: Tensor, position: tuple[int, ...]) -> str:
        counted = position[1:] if self.patterns == 1 and self.computation.batch in tensor.axes else position
        return "_".join([stem, *map(str, counted)])

    def stem(self, tensor: Tensor) -> str:
        """What the names of a tensor's positions begin with: ``a_1_0`` may be a position of ``a``, or of ``a_1``, not of both."""
        stem = tensor.name
        while True:
            names = {self.counted(stem, tensor, position) for position in self.positions(tensor)}
            if names.isdisjoint(self.taken):
                self.taken |= names
                return stem
            stem += "_"

    def declare(self, tensor: Tensor) -> tuple[Value, ...]:
        """A tensor that is there when the program starts."""
        stage = PATTERN if not self.patterns and self.computation.batch in tensor.axes else 0
        for position in self.positions(tensor):
            self.at[tensor, position] = self.values.name(self.title(tensor, position), stage)
        return self.everywhere(tensor)

    def stage(self, stage: Stage) -> None:
        """The formulas of a stage at every position, those of a recurrence step by step."""
        if stage.step is None:
            for formula in stage.formulas:
                self.formula(formula, {})
            return
        steps = range(stage.step.axis.size)
        for step in steps if stage.upwards else reversed(steps):
            for formula in stage.formulas:
                self.formula(formula, {stage.step: step})

    def formula(self, formula: Formula, known: Mapping[Index, int]) -> None:
        """A formula at every position where ``known`` indices are at theirs."""
        batch = self.computation.batch
        own = [index for index in formula.left.positions if isinstance(index, Index) and (self.patterns or index.axis != batch)]
        for position in positions_of(*((known[index],) if index in known else range(self.size(index.axis)) for index in own)):
            title = self.title(formula.tensor, position)
            self.present = formula, title
            at = dict(zip(own, position, strict=True))
            pattern = None if self.patterns else batch
            value = expanded(formula.right, Place(self.values, self.read, at, pattern, self.add_up, self.constant, {}))
            self.at[formula.tensor, position] = value
            self.named.append(Named(title, value, formula))

    def read(self, entry: Entry, position: tuple[int, ...]) -> Value:
        """The value of a tensor at a position, or what it gives outside its ranges."""
        found = self.at.get((entry.tensor, position))
        return found if found is not None else self.beyond(entry, position)

    def beyond(self, entry: Entry, position: tuple[int, ...]) -> Value:
        """What a tensor gives outside its ranges. Raises LookupError for a position inside them: it is not computed yet."""
        axes = [axis for axis in entry.tensor.axes if self.patterns or axis != self.computation.batch]
        if all(0 <= place < self.size(axis) for place, axis in zip(position, axes, strict=True)):
            raise LookupError(f"{entry.tensor.name} is read before it is computed")
        return self.values.number(float(evaluate(self.computation.outside.get(entry.tensor, ZERO))))

    def add_up(self, value: Value) -> Value:
        """The variable that sums a value over the patterns."""
        assert self.present is not None
        same = next((own for own in self.sums if own.value is value), None)
        if same is None:
            formula, title = self.present
            whole = isinstance(formula.right, Total)
            taken = {own.name for own in self.sums}
            names = chain([title if whole else f"{title}_sum"], (f"{title}_sum_{number}" for number in count(2)))
            same = Sum(next(name for name in names if name not in taken), value, formula)
            self.sums.append(same)
        return self.values.name(same.name, AFTER)

    def constant(self, value: Expression) -> Value:
        """A number that depends on how many patterns there are, as a variable."""
        name = name_of(value, self.computation.batch)
        self.constants[name] = python_number(value, self.computation.batch)
        return self.values.name(name)


def scalar_program(computation: Computation, patterns: int = 1, values: Values | None = None) -> ScalarProgram:
    """The program of equations, ``patterns`` patterns written out, or with a loop over patterns where this is 0.

    Raises InputError where it would be too long.
    """
    return Builder(computation, patterns, values or Values(advice=computation.advice)).program()
