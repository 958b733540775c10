"""Stages as NumPy calls on arrays that are there already; Python loops only over the steps of recurrences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from codegen.constants import python_number
from codegen.systems.arrays import Array, View
from codegen.systems.fields import array_lines, workspace_lines
from codegen.systems.loop_form import formula_lines, step_line
from codegen.systems.lowering import Lowering
from codegen.systems.names import free_letter
from codegen.systems.sharing import shared
from codegen.systems.stages import NO_BATCH, Stage, Work
from codegen.systems.writer import Cite, Explicit, Statement
from codegen.targets.module_record import Block, cited
from codegen.targets.statements import ALIASES, KEYWORD_OUT, REDUCERS
from derive.expressions import ZERO
from derive.indices import Index


def passes_record(work: Work, cite: bool = True) -> Mapping[str, Any]:
    """The fields of a module record that depend on this style."""
    lowering = Lowering(work)
    lowered = {stage: lowering.stage(stage) for stage in work.stages}
    hosts = shared(lowered.values(), lambda array: not array.constant and array.name not in work.names)
    printer = Printer(work, lowering, cite)
    parts = (work.forward, work.valued, work.backward)
    forward, loss, step = (tuple(text for stage in stages for text in printer.stage(stage, *lowered[stage])) for stages in parts)
    padded = {tensor: f"given_{tensor.name}" for tensor in work.parameters if lowering.writer.tensors[tensor].is_padded}
    copied = [(tensor.name, f"inputs[{place}]") for place, tensor in enumerate(work.inputs)]
    copied += [(tensor.name, name) for tensor, name in padded.items()]
    if copied:
        printer.functions["copyto"] = "np.copyto"
    given = [f"        copyto({name}, {source})" for name, source in copied]
    views = {tensor for tensor in (*work.parameters, *work.gradients.values()) if tensor not in padded}
    own = [array for tensor, array in lowering.writer.tensors.items() if tensor not in views]
    known = {array.name for array in lowering.writer.tensors.values()}
    inner = [array for array in printer.used if array.name not in known]
    code = [line for line in (*given, *forward, *loss, *step, *array_lines(work)) if not line.lstrip().startswith("#")]
    needed = frozenset(re.findall(r"\w+", " ".join((*code, *printer.views.values()))))
    blocks = [
        Block("NumPy's functions", tuple(sorted(printer.functions.items()))),
        Block("constants", tuple((array.name, array.constant) for array in inner if array.constant)),
        Block("inputs, values and derivatives", tuple(line for array in own for line in allocated(array, needed))),
        Block("intermediate values", tuple(line for array in inner if not array.constant for line in _placed(array, hosts))),
        Block("views", tuple(printer.views.items())),
    ]
    return {
        "unpacked": workspace_lines(work, padded, needed),
        "arrays": array_lines(work),
        "setup": tuple(block for block in blocks if block.lines),
        "given": tuple(given),
        "forward_lines": forward,
        "loss_lines": loss,
        "step_lines": step,
        "has_views": any("_view(" in text for text in printer.views.values()),
    }


def _placed(array: Array, hosts: Mapping[Array, Array]) -> list[tuple[str, str]]:
    """The line that makes an intermediate array: memory of its own, or that of its host."""
    host = hosts.get(array)
    if host is None:
        return allocated(array, frozenset([array.name]))
    if host.shape == array.shape:
        return [(array.name, host.name)]
    size = prod(array.shape)
    part = host.name if prod(host.shape) == size else f"{host.name}.reshape(-1)[:{size}]"
    is_whole = part != host.name and len(array.shape) == 1
    return [(array.name, part if is_whole else f"{part}.reshape({_tuple(array.shape)})")]


def allocated(array: Array, needed: frozenset[str]) -> list[tuple[str, str]]:
    """The line that makes an array, and with margins the line that leaves them out, where that name is ``needed``."""
    dtype = "bool" if array.truth else "DTYPE"
    shape = _tuple(array.storage)
    if not array.is_padded or array.fill == ZERO:
        lines = [(array.memory, f"np.zeros({shape}, {dtype})")]
    else:
        lines = [(array.memory, f"np.full({shape}, {python_number(array.fill, NO_BATCH)}, {dtype})")]
    if array.is_padded and array.name in needed:
        sides = zip(array.shape, array.margins, strict=True)
        inner = ", ".join(f"{low}:{low + size}" if low or high else ":" for size, (low, high) in sides)
        lines.append((array.name, f"{array.memory}[{inner}]"))
    return lines


class Printer:
    """Lines of statements, and everything that they name."""

    def __init__(self, work: Work, lowering: Lowering, cite: bool) -> None:
        self.work, self.lowering, self.cite = work, lowering, cite
        self.functions: dict[str, str] = {}
        self.views: dict[str, str] = {}
        self.names: dict[View, str] = {}
        self.used: list[Array] = []
        self.step: Index | None = None

    def stage(self, stage: Stage, before: Sequence[object], inside: Sequence[object], indent: int = 8) -> list[str]:
        """The text of a stage: the lines before its loop, and the loop."""
        self.step = stage.step
        lines = [text for line in before for text in self.line(line, "", {}, indent)]
        if stage.step is None:
            return lines
        letter = stage.step.letter
        if letter in self.lowering.writer.taken:
            letter = free_letter(letter, self.lowering.writer.taken)
        body = [text for line in inside for text in self.line(line, letter, {stage.step: letter}, indent + 4)]
        return [*lines, " " * indent + step_line(stage, letter), *body]

    def line(self, line: object, letter: str, around: Mapping[Any, str], indent: int) -> list[str]:
        """The text of one line of a stage."""
        match line:
            case Cite(formula):
                return list(cited(formula.number, formula.shown, indent)) if self.cite else []
            case Explicit(formula):
                return formula_lines(self.work, formula, around, indent, cite=False)
            case Statement():
                return [" " * indent + self.call(line, letter)]
        raise TypeError(f"no line for {type(line).__name__}")

    def call(self, line: Statement, letter: str) -> str:
        """One call."""
        target = self.seen(line.target, letter)
        operands = [self.seen(view, letter) for view in line.operands]
        if line.operation == "dot":
            return f"{operands[0]}.dot({operands[1]}, {target})"
        name = "copyto" if line.operation == "choose" else REDUCERS.get(line.operation, line.operation)
        self.functions[name] = ALIASES.get(name, f"np.{name}")
        if line.operation == "choose":
            return f"copyto({target}, {operands[0]}, where={operands[1]})"
        if line.operation == "copyto":
            return f"copyto({target}, {operands[0]})"
        if line.operation in REDUCERS:
            axes = line.axes[0] if len(line.axes) == 1 else line.axes
            return f"{name}({operands[0]}, {axes}, None, {target})"
        if line.operation in KEYWORD_OUT:
            return f"{name}({', '.join(operands)}, out={target})"
        for array in line.scratch:
            self.use(array)
        return f"{name}({', '.join([*operands, target, *(array.name for array in line.scratch)])})"

    def use(self, array: Array) -> None:
        """Note that an array is needed."""
        if array not in self.used:
            self.used.append(array)

    def seen(self, view: View, letter: str) -> str:
        """A view by its name; inside a loop one of a list, an element for each step."""
        self.use(view.array)
        name = self.names.get(view)
        if name is None:
            name = self.named(view, letter)
            self.names[view] = name
        return f"{name}[{letter}]" if view.along else name

    def named(self, view: View, letter: str) -> str:
        """A new name with its definition."""
        array = view.array
        if not view.along:
            plain = tuple(zip(array.shape, array.steps, strict=True))
            if (view.start, view.dims) == (array.start, plain):
                return array.name
            turned = tuple(reversed(plain))
            stem = f"{array.name}_T" if (view.start, view.dims) == (array.start, turned) else f"{array.name}_seen"
            text = f"{array.name}.T" if stem.endswith("_T") else _viewed(view, "")
        else:
            stem = f"{array.name}_at"
            counted = free_letter(letter, self.lowering.writer.taken) if letter in self.lowering.writer.taken else letter
            text = f"[{_viewed(view, counted)} for {counted} in range({self.rounds})]"
        name, count = stem, 1
        while name in self.lowering.writer.taken:
            count += 1
            name = f"{stem}_{count}"
        self.lowering.writer.taken.add(name)
        self.views[name] = text
        return name

    @property
    def rounds(self) -> int:
        """How many steps the present loop has."""
        assert self.step is not None
        return self.step.axis.size


def _viewed(view: View, letter: str) -> str:
    start = str(view.start)
    if letter:
        start = f"{view.along} * {letter} + {view.start}" if view.start else f"{view.along} * {letter}"
        start = start.removeprefix("1 * ")
    return f"_view({view.array.memory}, {start}, {_tuple([size for size, _ in view.dims])}, {_tuple([step for _, step in view.dims])})"


def _tuple(numbers: Sequence[int]) -> str:
    return f"({numbers[0]},)" if len(numbers) == 1 else f"({', '.join(map(str, numbers))})"
