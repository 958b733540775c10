"""What each pass does to a program, and where its time goes: ``deltarule emit --report``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod

from codegen.cost import operations, parameter_bytes, workspace_bytes
from codegen.decisions import USUAL_BATCH, Decisions, passes
from codegen.layout import orders
from codegen.lower import lower_problem
from codegen.problem import Problem
from codegen.program import ARGUMENT, CONSTANT, JOINED, Program, Statement
from codegen.targets.statements import Printer
from codegen.timing import CALL, statement_duration

BLAS = "BLAS"
NOTE = f"{BLAS}: most of the line's time is spent inside a product of matrices; no other way to write the line makes it faster."


def report(problem: Problem, decisions: Decisions, batch: int | None, dtype: str, name: str) -> str:
    """The passes one after the other with what they leave, then every line with its share of the time that a step is estimated to take."""
    patterns, itemsize = batch or USUAL_BATCH, 4 if dtype == "float32" else 8
    program = lower_problem(problem, orders(problem, decisions.layout))
    rows = [("lowering", *_measures(program, patterns, itemsize))]
    for step in passes(decisions):
        program = step(program)
        rows.append((_name(step), *_measures(program, patterns, itemsize)))
    head = ("pass", "statements", "FLOPs", "bytes", "buffers", "peak memory")
    where = f"batch {patterns}" + ("" if batch else " (none given)")
    together = ", equal layers together" if decisions.together else ""
    lines = [f"{name}: {dtype}, {where}, layout: {decisions.layout}{together}", "", *_table([head, *rows]), ""]
    return "\n".join([*lines, *_table(list(_lines(program, problem, patterns, itemsize))), "", NOTE, ""])


def _name(step: Callable[[Program], Program]) -> str:
    return str(getattr(step, "func", step).__name__).replace("_", " ")


def _measures(program: Program, batch: int, itemsize: int) -> tuple[str, ...]:
    """Statements, operations, bytes read and written, buffers, and the bytes of everything that is allocated."""
    work, own = operations(program), workspace_bytes(program, itemsize)
    moved = sum(_moved(program, statement, batch, itemsize) for statement in program.statements)
    memory = parameter_bytes(program, itemsize) + own.per_pattern * batch + own.fixed
    inside = sum(len(group) - 1 for group in program.memory)
    buffers = sum(bool(b.axes) and b.kind not in (ARGUMENT, CONSTANT, JOINED) for b in program.buffers.values()) - inside
    counts = (len(program.statements), work.per_pattern * batch + work.fixed, moved, buffers, memory)
    return tuple(f"{count:,}" for count in counts)


def _moved(program: Program, statement: Statement, batch: int, itemsize: int) -> int:
    return sum(_bytes(program, view.buffer, batch, itemsize) for view in (*statement.operands, statement.target))


def _bytes(program: Program, name: str, batch: int, itemsize: int) -> int:
    buffer = program.buffers[name]
    return (1 if buffer.truth else itemsize) * prod(program.sizes(name, batch))


def _lines(program: Program, problem: Problem, batch: int, itemsize: int) -> Iterator[tuple[str, ...]]:
    yield ("part", "formula", "statement", "time", "")
    printer = Printer(program)
    times = [statement_duration(program, statement, batch, itemsize) for statement in program.statements]
    whole = sum(times)
    for place, (statement, time) in enumerate(zip(program.statements, times, strict=True)):
        part = "forward" if place < program.forward else "loss" if place < program.valued else "step"
        cited = ", ".join(f"({problem.equations[at].number})" for at in (statement.equation, *statement.also))
        yield part, cited, printer.statement(statement), f"{100 * time / whole:.1f} %", BLAS if _is_bound(statement, time) else ""


def _is_bound(statement: Statement, time: float) -> bool:
    """Whether a line is a product of matrices whose arithmetic takes longer than calling it."""
    matrices = all(len(view.places) > 1 for view in statement.operands)
    return statement.operation in ("dot", "matmul") and matrices and time > 2 * CALL


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns side by side, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = [all(row[column][:1].isdigit() for row in rows[1:]) for column in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip() for row in rows]
