"""A program's statements and buffers as lines of NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from codegen.constants import python_number
from codegen.program import ARGUMENT, CONSTANT, GRADIENT, JOINED, PARAMETER, SCRATCH, VALUE, Buffer, Program, Stack, Statement, View
from codegen.targets.blocked import blocked
from codegen.targets.module_record import shape_text, size_text
from derive.expressions import ONE

REDUCERS = {"sum": "add_reduce", "largest": "maximum_reduce"}
ALIASES = {"add_reduce": "np.add.reduce", "maximum_reduce": "np.maximum.reduce", "erf": "_erf"}
KEYWORD_OUT = ("maximum", "minimum")
"""NumPy wants their third argument by name."""
SIGNS = {"multiply": "*", "add": "+", "subtract": "-", "divide": "/"}


@dataclass(frozen=True)
class Printer:
    """Names of views and lines of one program; with ``bound`` a product is a name bound once, ``W1_dot``, else ``W1.dot``."""

    program: Program
    bound: bool = True

    def view(self, view: View) -> str:
        """How a view is written: a name bound once, or for an argument an expression."""
        buffer = self.program.buffers[view.buffer]
        if buffer.kind == ARGUMENT:
            return _seen(buffer.name, view)
        return self.name(view)

    def name(self, view: View) -> str:
        """The name of a view: the buffer's, with what was done to it."""
        buffer = self.program.buffers[view.buffer]
        if buffer.documented and view.flat:
            return f"{buffer.name}_flat"
        if view.row is not None:
            return f"{buffer.name}_row_{view.row}"
        places = view.places
        if view.window:
            cut = "_".join(f"{window[0]}_to_{window[1]}" for window in view.window if window)
            return f"{buffer.name}_{cut}{_suffix(replace(view, window=()))}"
        if buffer.documented:
            return f"{buffer.name}_T" if places == tuple(range(len(places))) else buffer.name
        return buffer.name + _suffix(view)

    def bindings(self) -> list[tuple[str, str]]:
        """Names of the views that statements use, with their definitions, in order of use."""
        found: dict[str, str] = {}
        for statement in self.program.statements:
            left = [statement.operands[0]] if statement.operation == "dot" and self.bound and not statement.blocks else []
            for view in (*statement.operands[len(left) :], statement.target):
                buffer = self.program.buffers[view.buffer]
                name = self.name(view)
                if buffer.kind == ARGUMENT or name == buffer.name or name in found:
                    continue
                stored = f"{buffer.name}_T" if buffer.documented else buffer.name
                if buffer.documented and not view.flat:
                    found[name] = f"{buffer.name}.T"
                    continue
                if buffer.documented and stored not in found:
                    found[stored] = f"{buffer.name}.T"
                found[name] = _seen(stored, view)
        if self.output != self.program.output:
            found[self.output] = f"{self.program.output}.T"
        return [
            *found.items(),
            *self._products(found),
            *(line for s in self.program.statements if s.blocks for line in blocked(self, s)[0]),
        ]

    def _products(self, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The ``dot`` of everything that stands on the left of a product: one look-up less in each step."""
        views = [s.operands[0] for s in self.program.statements if s.operation == "dot" and self.bound and not s.blocks]
        for view in dict.fromkeys(views):
            buffer, name = self.program.buffers[view.buffer], self.name(view)
            if buffer.kind == ARGUMENT:
                continue
            own = name in known or name == buffer.name
            if buffer.documented:
                turned = f"{buffer.name}.T"
                yield f"{name}_dot", f"{name if own else _seen(turned, view) if view.flat else turned}.dot"
            else:
                yield f"{name}_dot", f"{name if own else _seen(buffer.name, view)}.dot"

    def _dot(self, view: View) -> str:
        """The product of a view with what follows."""
        bound = self.bound and self.program.buffers[view.buffer].kind != ARGUMENT
        return f"{self.name(view)}_dot" if bound else f"{self.view(view)}.dot"

    @property
    def output(self) -> str:
        """The output with one row a pattern, by name."""
        axes = self.program.buffers[self.program.output].axes
        return self.program.output if axes[0] == self.program.batch else f"{self.program.output}_T"

    def functions(self) -> list[tuple[str, str]]:
        """Local names of the NumPy functions that statements call."""
        used: dict[str, str] = {}
        for statement in self.program.statements:
            number = statement.target.buffer in self._scalars and statement.operation in (*SIGNS, "negative", "copyto")
            if statement.blocks:
                used["matmul"] = "np.matmul"
            if statement.operation == "dot" or number:
                continue
            name = REDUCERS.get(statement.operation, statement.operation)
            used[name] = ALIASES.get(name, f"np.{name}")
        return sorted(used.items())

    @cached_property
    def _scalars(self) -> frozenset[str]:
        return frozenset(name for name, buffer in self.program.buffers.items() if buffer.is_scalar and buffer.kind != CONSTANT)

    def statement(self, statement: Statement) -> str:
        """One call."""
        if not self.program.buffers[statement.target.buffer].axes:
            return f"{statement.target.buffer} = {self._scalar(statement)}"
        target = self.view(statement.target)
        operands = [self.view(view) for view in statement.operands]
        if statement.blocks:
            return blocked(self, statement)[1]
        if statement.operation == "dot":
            return f"{self._dot(statement.operands[0])}({operands[1]}, {target})"
        if statement.operation == "copyto":
            return f"copyto({target}, {operands[0]})"
        if statement.operation in REDUCERS:
            axes = statement.axes[0] if len(statement.axes) == 1 else statement.axes
            return f"{REDUCERS[statement.operation]}({operands[0]}, {axes}, None, {target})"
        if statement.operation in KEYWORD_OUT:
            return f"{statement.operation}({', '.join(operands)}, out={target})"
        return f"{statement.operation}({', '.join([*operands, target, *statement.scratch])})"

    def _scalar(self, statement: Statement) -> str:
        """A statement whose result is one number, as a Python expression."""
        operands = [self._scalar_operand(view) for view in statement.operands]
        if statement.operation == "dot":
            return f"{self._dot(statement.operands[0])}({operands[1]})"
        if statement.operation in REDUCERS:
            return f"{REDUCERS[statement.operation]}({operands[0]}, None)"
        if statement.operation in SIGNS:
            return f" {SIGNS[statement.operation]} ".join(operands)
        if statement.operation in ("copyto", "negative"):
            return ("-" if statement.operation == "negative" else "") + operands[0]
        return f"{statement.operation}({', '.join(operands)})"

    def _scalar_operand(self, view: View) -> str:
        buffer = self.program.buffers[view.buffer]
        return f"({self.constant(buffer)})" if buffer.kind == CONSTANT and not buffer.axes else self.view(view)

    def constant(self, buffer: Buffer) -> str:
        """The value of a constant in source."""
        assert buffer.value is not None
        return python_number(buffer.value, self.program.batch)

    def constants(self) -> list[tuple[str, str]]:
        """Constants that statements over arrays read: as arrays of no axes, or as ones, or one number everywhere."""
        used = {name for s in self.program.statements if self.program.buffers[s.target.buffer].axes for name in s.reads}
        used |= {name for s in self.program.statements for name in s.reads if self.program.buffers[name].axes}
        found = []
        for name, buffer in self.program.buffers.items():
            if buffer.kind != CONSTANT or name not in used:
                continue
            if buffer.axes:
                shape = shape_text(buffer.axes, self.program.batch)
                size = shape if len(buffer.axes) > 1 else size_text(buffer.axes[0], self.program.batch)
                ones = buffer.value == ONE
                found.append((name, f"np.ones({size}, DTYPE)" if ones else f"np.full({size}, {self.constant(buffer)}, DTYPE)"))
            else:
                found.append((name, f"np.array({self.constant(buffer)}, DTYPE)"))
        return found

    def allocations(self) -> list[tuple[str, str]]:
        """Every array of the program with the expression that makes it; those that share memory follow the one they lie in."""
        batch, buffers = self.program.batch, self.program.buffers
        outer = {joined.rows: joined.name for joined in self.program.joined if buffers[joined.rows].kind in (VALUE, SCRATCH)}
        stacked = {name: (stack, at) for stack in self.program.stacks for at, name in enumerate(stack.members)}
        shared: dict[str, str] = {}
        for group in self.program.memory:
            first = max(group, key=lambda name: (_size(buffers[name], self.program), name in outer or name in stacked, -group.index(name)))
            shared.update({name: first for name in group if name != first})
        own: list[tuple[str, str]] = []
        lying: list[tuple[str, str]] = []
        made = set()
        for name, buffer in buffers.items():
            if not buffer.axes or buffer.kind in (ARGUMENT, PARAMETER, GRADIENT, CONSTANT, JOINED):
                continue
            if name in stacked:
                stack, at = stacked[name]
                if stack.name not in made:
                    own += self._stack(stack, next((outer[member] for member in stack.members if member in outer), ""))
                    made.add(stack.name)
                if name in outer:
                    own.append((outer[name], f"{stack.name}_one[{at}]"))
                own.append((name, f"{stack.name}[{at}]"))
                continue
            if name in outer:
                own.append((outer[name], f"np.ones({shape_text(buffers[outer[name]].axes, batch)}, DTYPE)"))
                own.append((name, f"{outer[name]}[:{size_text(buffer.axes[0], batch)}]"))
                continue
            if name not in shared:
                dtype = "bool" if buffer.truth else "DTYPE"
                own.append((name, f"np.empty({shape_text(buffer.axes, batch)}, {dtype})"))
                continue
            base = buffers[shared[name]]
            lying.append((name, base.name if base.axes == buffer.axes else self._part(base, buffer)))
        return [*own, *lying]

    def _stack(self, stack: Stack, block: str) -> Iterator[tuple[str, str]]:
        """The memory of layers behind one another; with a row of ones each where they lie in buffers such as ``block``."""
        batch, whole = self.program.batch, self.program.buffers[stack.name]
        if not block:
            yield stack.name, f"np.empty({shape_text(whole.axes, batch)}, {'bool' if whole.truth else 'DTYPE'})"
            return
        blocks = (whole.axes[0], *self.program.buffers[block].axes)
        yield f"{stack.name}_one", f"np.ones({shape_text(blocks, batch)}, DTYPE)"
        yield stack.name, f"{stack.name}_one[:, :{size_text(whole.axes[1], batch)}]"

    def joined_parameters(self) -> list[tuple[str, str]]:
        """Weights and bias as one matrix, and their gradients: parts of the flat vectors."""
        found = []
        for kind, flat in ((PARAMETER, "flat_parameters"), (GRADIENT, "flat_gradients")):
            start, starts = 0, {}
            for name, buffer in self.program.buffers.items():
                if buffer.kind == kind:
                    starts[name] = start
                    start += _size(buffer, self.program)
            for joined in self.program.joined:
                if joined.rows in starts:
                    whole, first = self.program.buffers[joined.name], starts[joined.rows]
                    part = f"{flat}[{first}:{first + _size(whole, self.program)}]"
                    found.append((joined.name, f"workspace.{part}.reshape{shape_text(whole.axes, self.program.batch)}"))
        return found

    def _part(self, first: Buffer, buffer: Buffer) -> str:
        sizes = [size_text(axis, self.program.batch) for axis in buffer.axes]
        flat = first.name if len(first.axes) == 1 else f"{first.name}.reshape(-1)"
        if len(sizes) == 1:
            return f"{flat}[:{sizes[0]}]"
        return f"{flat}[: {' * '.join(sizes)}].reshape({', '.join(sizes)})"


def _size(buffer: Buffer, program: Program) -> int:
    size = 1
    for axis in buffer.axes:
        size *= 1 if axis == program.batch else axis.size
    return size


def _suffix(view: View) -> str:
    places = view.places
    if view.flat:
        return "_flat"
    if places == tuple(range(len(places))):
        return ""
    if places == (1, 0):
        return "_T"
    if places == (0, None):
        return "_column"
    return "_" + "".join("n" if place is None else str(place) for place in places)


def _seen(name: str, view: View) -> str:
    """A view of the array of that name as an expression."""
    places = view.places
    if view.row is not None:
        return f"{name}[{view.row}]"
    if view.window:
        cut = ", ".join(f"{window[0]}:{window[1]}" if window else ":" for window in view.window)
        return _seen(f"{name}[{cut}]", replace(view, window=()))
    if view.flat:
        return f"{name}.reshape(-1)"
    if places == tuple(range(len(places))):
        return name
    if places == (1, 0):
        return f"{name}.T"
    kept = tuple(place for place in places if place is not None)
    turned = name if kept == tuple(range(len(kept))) else f"{name}.transpose({', '.join(map(str, kept))})"
    if None not in places:
        return turned
    return f"{turned}[{', '.join('None' if place is None else ':' for place in places)}]"
