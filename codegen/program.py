"""What the equations become: statements over named arrays, in order.

A buffer is an array with a name and axes; a view is how a statement looks at one (transposed, spread, flattened); a
statement is one call. Lowering gives every value a buffer of its own; passes then merge, drop and share them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Basic

from derive.expressions import Expression
from derive.indices import Axis

ARGUMENT, PARAMETER, GRADIENT, VALUE, SCRATCH, CONSTANT = "argument", "parameter", "gradient", "value", "scratch", "constant"
JOINED = "joined"


class Call(Expression):
    """A NumPy function at its arguments; stands only in expressions on their way to statements."""

    def __new__(cls, name: str | Basic, *arguments: Expression) -> Call:
        from sympy.core.symbol import Str

        return Basic.__new__(cls, Str(str(name)), *arguments)

    @property
    def name(self) -> str:
        return str(self.args[0])

    @property
    def arguments(self) -> tuple[Expression, ...]:
        return self.args[1:]


@dataclass(frozen=True)
class Buffer:
    """An array.

    ``axes`` is the order in memory, the last axis contiguous; ``documented`` gives the stored axis of each documented one where
    the two orders differ. A constant holds ``value`` everywhere; truths are booleans.
    """

    name: str
    axes: tuple[Axis, ...]
    kind: str
    truth: bool = False
    value: Expression | None = None
    documented: tuple[int, ...] = ()

    @property
    def is_scalar(self) -> bool:
        return not self.axes


@dataclass(frozen=True)
class View:
    """A buffer as a statement sees it: the stored axis at each place, None where it is spread; ``flat``: all axes as one.

    ``window`` gives the first and the end of the positions of each stored axis, None for all of them; ``row`` is the position of the
    first stored axis where only one is seen.
    """

    buffer: str
    places: tuple[int | None, ...] = ()
    flat: bool = False
    window: tuple[tuple[int, int] | None, ...] = ()
    row: int | None = None

    def renamed(self, names: Mapping[str, str]) -> View:
        return replace(self, buffer=names[self.buffer]) if self.buffer in names else self


@dataclass(frozen=True)
class Statement:
    """``target = operation(operands)``, from the equation at place ``equation`` of the program.

    ``operation`` is a NumPy ufunc, ``dot``, ``matmul``, ``copyto``, or a reduction ``sum``/``largest`` over the stored ``axes``
    of its operand. ``scratch`` are buffers that the operation overwrites while it runs; ``also`` are the places of further equations
    that it computes; a product with ``blocks`` is computed in blocks of so many rows and columns.
    """

    operation: str
    target: View
    operands: tuple[View, ...]
    equation: int
    axes: tuple[int, ...] = ()
    scratch: tuple[str, ...] = ()
    also: tuple[int, ...] = ()
    blocks: tuple[int, int] | None = None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        return tuple(view.buffer for view in self.operands)

    @cached_property
    def writes(self) -> tuple[str, ...]:
        return (self.target.buffer, *self.scratch)

    def renamed(self, names: Mapping[str, str]) -> Statement:
        if names.keys().isdisjoint(self.reads) and names.keys().isdisjoint(self.writes):
            return self
        operands = tuple(view.renamed(names) for view in self.operands)
        scratch = tuple(names.get(name, name) for name in self.scratch)
        return replace(self, target=self.target.renamed(names), operands=operands, scratch=scratch)


@dataclass(frozen=True)
class Joined:
    """A buffer in whose memory two others lie: all its rows but the last are ``rows``, the last one is ``last``.

    ``last`` is a vector, or empty for a row of ones.
    """

    name: str
    rows: str
    last: str = ""


@dataclass(frozen=True)
class Stack:
    """A buffer in whose memory others of one size lie, one behind the other."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Statements over buffers. ``results`` hold their values when it ends; ``output`` is what the forward pass returns.

    The first ``forward`` statements compute the output, those up to ``valued`` the loss. ``memory`` groups the buffers that share one
    piece of memory; ``joined`` and ``stacks`` are those that other buffers lie in.
    """

    batch: Axis
    buffers: Mapping[str, Buffer]
    statements: tuple[Statement, ...]
    results: tuple[str, ...]
    output: str
    loss: str
    memory: tuple[tuple[str, ...], ...] = field(default=())
    forward: int = 0
    valued: int = 0
    joined: tuple[Joined, ...] = ()
    stacks: tuple[Stack, ...] = ()

    def with_statements(self, statements: Iterable[Statement]) -> Program:
        """The program with other statements and only the buffers that they or its results use."""
        kept = tuple(statements)
        used = {name for s in kept for name in (*self.read_by(s), *self.written_by(s))} | set(self.results) | {self.output, self.loss}
        always = (ARGUMENT, PARAMETER, GRADIENT)
        buffers = {name: b for name, b in self.buffers.items() if name in used or b.kind in always}
        return replace(self, statements=kept, buffers=buffers)

    @cached_property
    def _results(self) -> frozenset[str]:
        return frozenset(self.results)

    @cached_property
    def _parts(self) -> dict[str, tuple[str, ...]]:
        joined = {each.name: tuple(part for part in (each.name, each.rows, each.last) if part) for each in self.joined}
        return {**joined, **{stack.name: (stack.name, *stack.members) for stack in self.stacks}}

    @cached_property
    def reads(self) -> Counter[str]:
        """How often each buffer is an operand."""
        return Counter(name for statement in self.statements for name in statement.reads)

    def sizes(self, name: str, batch: int) -> list[int]:
        """How long each axis of a buffer is in memory, with so many patterns."""
        return [batch if axis == self.batch else axis.size for axis in self.buffers[name].axes]

    def parts(self, name: str) -> tuple[str, ...]:
        """A buffer and those that lie in it."""
        return self._parts.get(name, (name,))

    def read_by(self, statement: Statement) -> tuple[str, ...]:
        """Every buffer whose values a statement reads."""
        return tuple(part for name in statement.reads for part in self.parts(name)) if self._parts else statement.reads

    def written_by(self, statement: Statement) -> tuple[str, ...]:
        """Every buffer whose values a statement changes."""
        return tuple(part for name in statement.writes for part in self.parts(name)) if self._parts else statement.writes

    def is_kept(self, name: str) -> bool:
        """Whether a buffer's value must survive the program, or is not the program's to overwrite."""
        return name in self._results or self.buffers[name].kind in (ARGUMENT, PARAMETER, GRADIENT, CONSTANT, JOINED)


REDUCTIONS = ("sum", "largest")
PRODUCTS = ("dot", "matmul")


def is_elementwise(statement: Statement) -> bool:
    """Whether each position of the target depends on the same position of the operands only."""
    return statement.operation not in (*REDUCTIONS, *PRODUCTS)
