"""The bodies of scalar functions: names given to the arguments, assignments under their equations, and what is returned."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.scalar.build import Computation, Named, ScalarProgram
from codegen.scalar.reached import reached
from codegen.scalar.values import AFTER, BEFORE, PATTERN
from codegen.targets.module_record import WIDTH, cited
from codegen.targets.python_scalar.lines import Assignments, Needs, bracketed, unconditional
from codegen.targets.python_scalar.text import text
from derive.expressions import Tensor

OWN_NAMES = {"flat_parameters", "x", "t", "inputs", "batch", "y", "dx", "math", "max", "min", "abs", "zip", "len"}


class Function:
    """The lines of one function that computes some results of a scalar program: ``slopes`` are those that it returns together."""

    def __init__(
        self, computation: Computation, program: ScalarProgram, others: Sequence[Tensor], slopes: Sequence[Tensor] = (), cite: bool = False
    ) -> None:
        self.computation, self.program, self.slopes, self.cite = computation, program, slopes, cite
        wanted = [value for tensor in (*others, *slopes) for value in program.found[tensor]]
        self.counts = counts = reached([*wanted, *(own.value for own in program.sums)])
        self.needs = Needs.of(counts)
        self.live = [named for named in program.named if named.value in counts]
        always = unconditional([*wanted, *(own.value for own in program.sums), *(named.value for named in self.live)])
        given = {str(value.detail) for values in program.given.values() for value in values}
        taken = {*OWN_NAMES, *given, *(own.name for own in program.sums), *(named.name for named in program.named)}
        self.assignments = Assignments(counts, always, taken=taken)

    def body(self) -> list[str]:
        """What is computed where every pattern is written out."""
        return self.assigned(self.live, 4)

    def looped(self, arguments: Sequence[Tensor]) -> tuple[list[str], list[str], list[str]]:
        """Before, in and after the loop over patterns."""
        before = self.unpacked(self.computation.parameters, "flat_parameters", 4)
        before += [f"    {name} = {words}" for name, words in self.program.constants]
        before += self.assigned(self.at(BEFORE), 4)
        before += [f"    {own.name} = 0.0" for own in self.program.sums]
        heads = [self.head(tensor, len(arguments) == 1) for tensor in arguments]
        line = f"    for {', '.join(heads)} in {self.rows_given(arguments)}:"
        if len(line) <= WIDTH:
            inside = [line]
        else:
            rows = [f"{tensor.name}_row" for tensor in arguments]
            inside = [f"    for {', '.join(rows)} in {self.rows_given(arguments)}:"]
            for tensor, row in zip(arguments, rows, strict=True):
                inside += self.unpacked([tensor], row, 8)
        inside += self.assigned(self.at(PATTERN), 8) + self.added()
        return before, inside, self.assigned(self.at(AFTER), 4)

    def rows_given(self, arguments: Sequence[Tensor]) -> str:
        return arguments[0].name if len(arguments) == 1 else f"zip({', '.join(tensor.name for tensor in arguments)})"

    def head(self, tensor: Tensor, alone: bool) -> str:
        names = [str(value.detail) for value in self.program.given[tensor]]
        return f"({names[0]},)" if len(names) == 1 else ", ".join(names) if alone else f"({', '.join(names)})"

    def at(self, stage: int) -> list[Named]:
        return [named for named in self.live if named.value.stage == stage]

    def assigned(self, named: Sequence[Named], indent: int) -> list[str]:
        """Assignments, each equation's number and text above its first."""
        lines: list[str] = []
        present = None
        for own in named:
            written = self.assignments.assign(own.name, own.value, indent)
            if written and self.cite and own.formula is not present:
                present = own.formula
                lines += cited(present.number, present.shown, indent)
            lines += written
        return lines

    def added(self) -> list[str]:
        """What is added up over the patterns."""
        lines: list[str] = []
        present = None
        for own in self.program.sums:
            if self.cite and own.formula is not present:
                present = own.formula
                lines += cited(present.number, present.shown, 8)
            lines += self.assignments.prepare(own.value, own.name, 8)
            words = text(own.value, self.assignments.names)
            if len(f"        {own.name} += {words}") > WIDTH:
                name = self.assignments.fresh(own.value, own.name)
                lines += self.assignments.assign(name, own.value, 8)
                words = text(own.value, self.assignments.names)
            lines.append(f"        {own.name} += {words}")
        return lines

    def names(self, tensor: Tensor) -> list[str]:
        """The value of a tensor at each position, as it is written."""
        return [text(value, self.assignments.names) for value in self.program.found[tensor]]

    def returned(self, loss: Tensor) -> list[str]:
        """``return cost, (dW1_0_0, ...)``."""
        return bracketed(f"    return {self.names(loss)[0]}, ", self.listed(self.slopes), "", 4)

    def returned_with(self, loss: Tensor, tail: str) -> list[str]:
        """``return cost, slopes, dx``."""
        return [*bracketed("    slopes = ", self.listed(self.slopes), "", 4), f"    return {self.names(loss)[0]}, slopes, {tail}"]

    def listed(self, tensors: Sequence[Tensor]) -> list[str]:
        """The values of tensors one after the other, as they are written."""
        return [name for tensor in tensors for name in self.names(tensor)]

    def unpacked(self, tensors: Sequence[Tensor], source: str, indent: int) -> list[str]:
        """``W1_0_0, ... = flat_parameters``."""
        names = [name for tensor in tensors for name in self.titles(tensor)]
        if len(names) > 1:
            line = f"{' ' * indent}{', '.join(names)} = {source}"
            if len(line) <= WIDTH:
                return [line]
        return bracketed(" " * indent, names, f" = {source}", indent)

    def titles(self, tensor: Tensor) -> list[str]:
        """The names of a tensor's positions; one that is not used begins with an underscore."""
        given = self.program.given[tensor]
        return [str(value.detail) if value in self.counts else f"_{value.detail}" for value in given]

    def rows(self, tensor: Tensor, indent: int) -> list[str]:
        """``(x_0, x_1), (x_2, x_3) = x``: a row for each pattern that is written out."""
        names = [str(value.detail) for value in self.program.given[tensor]]
        width = len(names) // self.program.patterns
        rows = [names[start : start + width] for start in range(0, len(names), width)]
        listed = ["(" + ", ".join(row) + ("," if len(row) == 1 else "") + ")" for row in rows]
        if len(rows) > 1:
            line = f"{' ' * indent}{', '.join(listed)} = {tensor.name}"
            if len(line) <= WIDTH:
                return [line]
        if all(len(row) + indent + 5 <= WIDTH for row in listed):
            return bracketed(" " * indent, listed, f" = {tensor.name}", indent)
        lines = [f"{' ' * indent}("]
        for row in rows:
            lines += bracketed(" " * (indent + 4), row, ",", indent + 4)
        return [*lines, f"{' ' * indent}) = {tensor.name}"]

    def nested(self, tensors: Sequence[Tensor], source: str, indent: int) -> list[str]:
        """``((x_0_0, x_0_1), (x_1_0, x_1_1)), (y_0, y_1) = inputs``: tuples in tuples, as tensors are indexed."""
        parts = [_nested(self.titles(tensor), [axis.size for axis in tensor.axes]) for tensor in tensors]
        line = f"{' ' * indent}{', '.join(map(_in_one_line, parts))} = {source}"
        if len(parts) > 1 and len(line) <= WIDTH:
            return [line]
        return _in_lines(parts, f" = {source}", indent)


Nested = str | list["Nested"]
"""A name, or a tuple of names and tuples."""


def _nested(names: Sequence[str], sizes: Sequence[int]) -> Nested:
    if not sizes:
        return names[0]
    width = len(names) // sizes[0]
    return [_nested(names[start : start + width], sizes[1:]) for start in range(0, len(names), width)]


def _in_one_line(part: Nested) -> str:
    if isinstance(part, str):
        return part
    return "(" + ", ".join(map(_in_one_line, part)) + ("," if len(part) == 1 else "") + ")"


def _in_lines(part: Nested, tail: str, indent: int) -> list[str]:
    """A part with what follows it, in one line where it fits, else each of its parts below the other."""
    line = f"{' ' * indent}{_in_one_line(part)}{tail}"
    if isinstance(part, str) or len(line) <= WIDTH:
        return [line]
    inner = (line for each in part for line in _in_lines(each, ",", indent + 4))
    return [f"{' ' * indent}(", *inner, f"{' ' * indent}){tail}"]
