"""An update rule as NumPy calls that overwrite vectors of all parameters: nothing is allocated in a step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Basic

from codegen.constants import float_text
from codegen.lower import Lowering, lowered
from codegen.operations import Value, Writer, aligned
from codegen.passes import common_subexpressions, dead_statements, shared_memory
from codegen.program import CONSTANT, PARAMETER, SCRATCH, VALUE, Buffer, Program, Statement, View
from codegen.targets.statements import Printer
from codegen.updates.formulas import EVERY, Formulas, cited_update
from derive.expressions import Entry, Tensor
from derive.indices import Index
from derive.optimisers import GRADIENT, Optimiser
from derive.optimisers import PARAMETER as WEIGHT
from derive.traversal import rebuild

VECTORS = {WEIGHT.name: "parameters", GRADIENT.name: "gradients"}
ARRAY = "{}_array"
"""What the array is called that holds a number of this name."""


@dataclass(frozen=True)
class VectorUpdate:
    """The lines of an update: what is made once, and what a step does.

    ``numbers`` are arrays without axes that a step fills, ``constants`` those that never change, each with its value in source; ``work``
    are the vectors that a step needs beside its own.
    """

    functions: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, str], ...]
    work: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


def vector_update(rule: Optimiser, indent: int = 8) -> VectorUpdate:
    """The update of ``parameters`` by ``gradients``, which are lost, and the vectors of the state; all lie in memory of their own."""
    formulas = Formulas(rule)
    lowering = _Vectors(formulas)
    for place in range(len(rule.updates)):
        lowering.update(place)
    program, work = _few_vectors(lowering.program())
    printer = Printer(program)
    lines: list[str] = []
    cited = -1
    for statement in program.statements:
        if statement.equation != cited:
            cited = statement.equation
            lines += cited_update(rule.updates[cited], indent)
        lines.append(" " * indent + printer.statement(statement))
    exact = [(name, float_text(buffer.value)) for name, buffer in program.buffers.items() if buffer.value is not None]
    arrays = [(shared, _array(shared.name, shared.is_given)) for shared in formulas.shared.values()]
    constants = sorted([*exact, *((name, shared.words) for shared, name in arrays if not shared.changes)])
    numbers = [(name, shared.words) for shared, name in arrays if shared.changes]
    return VectorUpdate(tuple(printer.functions()), tuple(constants), tuple(numbers), tuple(work), tuple(lines))


def _array(name: str, is_given: bool) -> str:
    return ARRAY.format(name) if is_given else name


def _gradients_as_memory(program: Program) -> Program:
    """The program with shared memory, that of the gradients among it: after their last use a step may write there."""
    gradients = VECTORS[GRADIENT.name]
    given = replace(program.buffers[gradients], name="given")
    made = Statement("copyto", View(gradients, (0,)), (View("given", (0,)),), -1)
    own = {**program.buffers, gradients: replace(given, name=gradients, kind=SCRATCH), "given": given}
    results = tuple(name for name in program.results if name != gradients)
    shared = shared_memory(replace(program, statements=(made, *program.statements), buffers=own, results=results))
    return replace(program, statements=shared.statements[1:], memory=shared.memory)


def _few_vectors(program: Program) -> tuple[Program, list[tuple[str, str]]]:
    """The program with one name for each piece of memory that it shares, and how each is made."""
    gradients = VECTORS[GRADIENT.name]
    groups = {name: gradients if gradients in group else group[0] for group in program.memory for name in group}
    names: dict[str, str] = {gradients: gradients}
    work: dict[str, str] = {}
    for name, buffer in program.buffers.items():
        if buffer.kind not in (SCRATCH, VALUE):
            continue
        first = groups.get(name, name)
        if first not in names:
            title, dtype = ("mask", "bool") if buffer.truth else ("work", "DTYPE")
            names[first] = title if title not in work else f"{title}_{sum(other.startswith(title) for other in work) + 1}"
            work[names[first]] = f"np.empty(parameters.shape, {dtype})"
        names[name] = names[first]
    statements = tuple(statement.renamed(names) for statement in program.statements)
    buffers = {names.get(name, name): replace(buffer, name=names.get(name, name)) for name, buffer in program.buffers.items()}
    return replace(program, statements=statements, buffers=buffers, memory=()), list(work.items())


class _Vectors(Lowering):
    """Lowers formulas of one parameter along the axis of all."""

    def __init__(self, formulas: Formulas) -> None:
        self.writer = Writer(EVERY)
        self.kept: dict[Tensor, tuple[Buffer, tuple[int, ...]]] = {}
        self.formulas = formulas
        self.index = Index("i", EVERY)
        self.writer.order = (self.index,)
        self.vectors = {name: Tensor(VECTORS.get(name, name), (EVERY,)) for name in (*VECTORS, *formulas.rule.state)}
        self.fresh: dict[str, str] = {}
        for vector in self.vectors.values():
            self.declare(vector, PARAMETER)
        for shared in formulas.shared.values():
            buffer = Buffer(_array(shared.name, shared.is_given), (), CONSTANT)
            self.writer.buffers[buffer.name] = buffer
            self.kept[Tensor(shared.name, (), CONSTANT)] = (buffer, ())

    def update(self, place: int) -> None:
        """One assignment: its result in a buffer of its own, which the next ones read."""
        vector = self.vectors[self.formulas.rule.updates[place].tensor.name]
        self.writer.equation, self.writer.target = place, vector.name
        made = lowered(self.along(self.formulas.rights[place]), self)
        name = f"{vector.name}_{len(self.fresh)}"
        buffer = self.writer.buffers[name] = Buffer(name, vector.axes, PARAMETER)
        self.fresh[name] = vector.name
        if made.buffer.kind == SCRATCH and made.labels == (self.index,):
            self.writer.buffers.pop(made.buffer.name)
            self.writer.statements = [statement.renamed({made.buffer.name: name}) for statement in self.writer.statements]
        else:
            self.writer.write("copyto", Value(buffer, (self.index,)), [aligned(made, (self.index,))])
        self.kept[vector] = (buffer, (0,))

    def along(self, value: Basic) -> Basic:
        """A formula of one parameter as one of all."""
        if isinstance(value, Entry):
            return Entry(self.vectors[value.tensor.name], self.index) if value.tensor.name in self.vectors else value
        return rebuild(value, self.along)

    def program(self) -> Program:
        """The statements, each new value written over the old one, which nothing reads any more."""
        results = tuple(buffer.name for buffer, labels in self.kept.values() if buffer.axes)
        program = Program(EVERY, self.writer.buffers, tuple(self.writer.statements), results, results[0], results[0])
        for step in (common_subexpressions, dead_statements):
            program = step(program)
        statements = tuple(statement.renamed(self.fresh) for statement in program.statements)
        buffers = {name: buffer for name, buffer in program.buffers.items() if name not in self.fresh}
        known = tuple(dict.fromkeys(self.fresh.get(name, name) for name in results))
        return _gradients_as_memory(replace(program, statements=statements, buffers=buffers, results=known, output=known[0], loss=known[0]))
