"""The largest of a few rows by comparing them one after the other: a reduction costs more than two or three calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from codegen.program import Program, Statement, View

MOST = 4
"""With more rows a reduction is as fast."""


def short_maxima(program: Program) -> Program:
    """Reductions to the largest over a short first axis become comparisons of rows."""
    statements: list[Statement] = []
    forward, valued = program.forward, program.valued
    for place, statement in enumerate(program.statements):
        made = list(_compared(program, statement))
        statements += made
        forward += (len(made) - 1) * (place < program.forward)
        valued += (len(made) - 1) * (place < program.valued)
    return replace(program.with_statements(statements), forward=forward, valued=valued)


def _compared(program: Program, statement: Statement) -> Iterator[Statement]:
    whole = statement.operands[0]
    axes = program.buffers[whole.buffer].axes
    is_largest = statement.operation == "largest" and statement.axes == (0,) and whole == View(whole.buffer, tuple(range(len(axes))))
    if not is_largest or len(axes) != 2 or axes[0] == program.batch or not 2 <= axes[0].size <= MOST:
        yield statement
        return
    rows = [View(whole.buffer, (1,), row=place) for place in range(axes[0].size)]
    for at, row in enumerate(rows[1:]):
        first = statement.target if at else rows[0]
        yield Statement("maximum", statement.target, (first, row), statement.equation)
