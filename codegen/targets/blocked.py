"""A product in blocks as lines of NumPy: one ``matmul`` over views of the operands, rows by rows and columns by columns."""

from __future__ import annotations

from typing import Protocol

from codegen.program import ARGUMENT, Program, Statement, View
from codegen.targets.module_record import size_text

Lines = list[tuple[str, str]]


class Names(Protocol):
    """What is known of how views are written."""

    @property
    def program(self) -> Program: ...
    def name(self, view: View) -> str: ...
    def view(self, view: View) -> str: ...


def blocked(names: Names, statement: Statement) -> tuple[Lines, str]:
    """The views that are made once, and the call.

    A side that runs over patterns is split where its length allows it, else left whole.
    """
    assert statement.blocks is not None
    left, right = statement.operands
    target = names.name(statement.target)
    inner = _length(names.program, right, 0)
    made: Lines = []
    sides = []
    for place, (word, part) in enumerate(zip(("rows", "columns"), statement.blocks, strict=True)):
        size = _length(names.program, statement.target, place)
        if size == "batch":
            made.append((f"{target}_{word}", f"{part} if batch % {part} == 0 else batch"))
            sides.append((f"{target}_{word}", f"batch // {target}_{word}"))
        else:
            sides.append((str(part), str(int(size) // part)))
    (rows, _), (columns, count) = sides
    down = f".reshape(-1, 1, {rows}, {inner})"
    across = f".reshape({inner}, {count}, {columns}).transpose(1, 0, 2)"
    operands = []
    for view, split in ((left, down), (right, across)):
        if names.program.buffers[view.buffer].kind == ARGUMENT:
            operands.append(names.view(view) + split)
        else:
            operands.append(f"{names.name(view)}_for_{target}")
            made.append((operands[-1], names.name(view) + split))
    made.append((f"{target}_blocks", f"{target}.reshape(-1, {rows}, {count}, {columns}).transpose(0, 2, 1, 3)"))
    return made, f"matmul({operands[0]}, {operands[1]}, {target}_blocks)"


def _length(program: Program, view: View, place: int) -> str:
    at = view.places[place]
    assert at is not None
    return size_text(program.buffers[view.buffer].axes[at], program.batch)
