"""A problem as a scalar program: every equation at every position, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as positions_of

from codegen.constants import name_of, python_number
from codegen.problem import Numbered, Problem
from codegen.scalar.expand import Place, expanded
from codegen.scalar.values import AFTER, PATTERN, Value, Values
from derive.expressions import Entry, Expression, Tensor, Total


@dataclass(frozen=True)
class Named:
    """A value, what it is called, and the equation that it comes from."""

    name: str
    value: Value
    equation: Numbered


@dataclass(frozen=True)
class Sum:
    """A variable that adds up a value over the patterns."""

    name: str
    value: Value
    equation: Numbered


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

    problem: Problem
    patterns: int
    values: Values

    def __post_init__(self) -> None:
        self.at: dict[tuple[Tensor, tuple[int, ...]], Value] = {}
        self.named: list[Named] = []
        self.sums: list[Sum] = []
        self.constants: dict[str, str] = {}
        self.present: tuple[Numbered, str] | None = None

    def program(self, equations: Sequence[Numbered]) -> ScalarProgram:
        """The program of some equations of the problem, the first ones or all."""
        problem = self.problem
        given = {tensor: self.declare(tensor) for tensor in (*problem.inputs, *problem.parameters)}
        found = {numbered.tensor: self.equation(numbered) for numbered in equations}
        constants = tuple(self.constants.items())
        return ScalarProgram(self.patterns, tuple(self.named), tuple(self.sums), constants, given, found)

    def positions(self, tensor: Tensor) -> list[tuple[int, ...]]:
        """Where a tensor has numbers, row by row; its place along the patterns is left out where a loop visits them."""
        batch = self.problem.batch
        axes = [axis for axis in tensor.axes if self.patterns or axis != batch]
        return list(positions_of(*(range(self.patterns if axis == batch else axis.size) for axis in axes)))

    def title(self, tensor: Tensor, position: tuple[int, ...]) -> str:
        """``W1_0_2``; a single pattern is not counted."""
        counted = position[1:] if self.patterns == 1 and self.problem.batch in tensor.axes else position
        return "_".join([tensor.name, *map(str, counted)])

    def declare(self, tensor: Tensor) -> tuple[Value, ...]:
        """A tensor that is there when the program starts."""
        stage = PATTERN if not self.patterns and self.problem.batch in tensor.axes else 0
        for position in self.positions(tensor):
            self.at[tensor, position] = self.values.name(self.title(tensor, position), stage)
        return tuple(self.at[tensor, position] for position in self.positions(tensor))

    def equation(self, numbered: Numbered) -> tuple[Value, ...]:
        """An equation at every position."""
        found = []
        indices = [index for index in numbered.equation.indices if self.patterns or index.axis != self.problem.batch]
        for position in self.positions(numbered.tensor):
            title = self.title(numbered.tensor, position)
            self.present = numbered, title
            at = dict(zip(indices, position, strict=True))
            pattern = None if self.patterns else self.problem.batch
            value = expanded(numbered.computed, Place(self.values, self.read, at, pattern, self.add_up, self.constant, {}))
            self.at[numbered.tensor, position] = value
            self.named.append(Named(title, value, numbered))
            found.append(value)
        return tuple(found)

    def read(self, entry: Entry, position: tuple[int, ...]) -> Value:
        """The value of a tensor at a position."""
        return self.at[entry.tensor, position]

    def add_up(self, value: Value) -> Value:
        """The variable that sums a value over the patterns."""
        assert self.present is not None
        same = next((own for own in self.sums if own.value is value), None)
        if same is None:
            numbered, title = self.present
            whole = isinstance(numbered.computed, Total)
            taken = {own.name for own in self.sums}
            names = (title if whole else f"{title}_sum", *(f"{title}_sum_{count}" for count in range(2, 10_000)))
            same = Sum(next(name for name in names if name not in taken), value, numbered)
            self.sums.append(same)
        return self.values.name(same.name, AFTER)

    def constant(self, value: Expression) -> Value:
        """A number that depends on how many patterns there are, as a variable."""
        name = name_of(value, self.problem.batch)
        self.constants[name] = python_number(value, self.problem.batch)
        return self.values.name(name)


def scalar_program(problem: Problem, patterns: int, *, forward_only: bool = False) -> ScalarProgram:
    """The program of a problem, ``patterns`` patterns written out, or with a loop over patterns where this is 0.

    Raises InputError where it would be too long.
    """
    equations = list(problem.equations)
    if forward_only:
        last = next(place for place, numbered in enumerate(equations) if numbered.tensor == problem.output)
        equations = equations[: last + 1]
    return Builder(problem, patterns, Values()).program(equations)
