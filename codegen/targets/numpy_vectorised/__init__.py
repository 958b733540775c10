"""NumPy with everything preallocated: one call per statement, each with its ``out`` array."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from codegen.problem import Problem
from codegen.program import Program, Statement
from codegen.targets.module_record import WIDTH, Block, comment
from codegen.targets.statements import Printer


def passes_record(problem: Problem, program: Program, cite: bool = True, plain: bool = False) -> Mapping[str, Any]:
    """The fields of a module record that depend on this target; ``cite`` puts each equation above its statements."""
    printer = Printer(program, bound=not plain)
    blocks = [
        Block("NumPy's functions", tuple(printer.functions())),
        Block("constants", tuple(printer.constants())),
        Block("weights and bias of a layer as one matrix", tuple(printer.joined_parameters())),
        Block("values of the network; names of one array are never alive together", tuple(printer.allocations())),
        Block("views", tuple(printer.bindings())),
    ]
    parts = (slice(0, program.forward), slice(program.forward, program.valued), slice(program.valued, None))
    forward, loss, step = (tuple(_lines(problem, printer, program, part, cite)) for part in parts)
    return {
        "setup": tuple(block for block in blocks if block.lines),
        "forward_lines": forward,
        "loss_lines": loss,
        "step_lines": step,
        "output": printer.output,
        "loss": program.loss,
    }


def _lines(problem: Problem, printer: Printer, program: Program, part: slice, cite: bool, indent: int = 8) -> list[str]:
    lines: list[str] = []
    cited = -1
    stacks = {stack.name for stack in program.stacks}
    for statement in program.statements[part]:
        if cite and statement.equation != cited:
            cited = statement.equation
            lines += _cited(problem, statement, statement.target.buffer in stacks, indent)
        lines.append(" " * indent + printer.statement(statement))
    return lines


def _cited(problem: Problem, statement: Statement, stacked: bool, indent: int) -> list[str]:
    """The equations of a statement; of those that are computed alike for other layers the names."""
    lines = list(comment(problem.equations[statement.equation], indent))
    if not stacked:
        return [*lines, *(line for place in statement.also for line in comment(problem.equations[place], indent))]
    together = ", ".join(problem.equations[place].tensor.name for place in (statement.equation, *statement.also))
    pad = " " * indent + "# "
    return [*(f"{pad}{line}" for line in wrap(f"at once what {together} do not wait for:", WIDTH - len(pad))), *lines]
