"""Common subexpressions: what has been computed once is read again."""

from __future__ import annotations

from dataclasses import replace

from codegen.program import Program, Statement, View

COMMUTING = ("add", "multiply", "maximum", "minimum", "logical_and", "equal")


def common_subexpressions(program: Program) -> Program:
    """Statements that repeat an earlier one are dropped and their target is the earlier one's.

    Every buffer is written once at this stage, so equal calls have equal values. Single numbers are computed again: they are
    local names of one pass, not memory that all passes see.
    """
    known: dict[tuple[object, ...], str] = {}
    names: dict[str, str] = {}
    kept: list[Statement] = []
    for statement in program.statements:
        statement = statement.renamed(names)
        key = (statement.operation, _operands(statement), statement.axes, program.buffers[statement.target.buffer].axes)
        earlier = known.get(key)
        alone = program.is_kept(statement.target.buffer) or not program.buffers[statement.target.buffer].axes
        if statement.target.window:  # a part of a buffer; the others are written by other statements
            kept.append(statement)
        elif earlier is None or alone:
            known.setdefault(key, statement.target.buffer)
            kept.append(statement)
        else:
            names[statement.target.buffer] = earlier
    output = names.get(program.output, program.output)
    return replace(program, output=output).with_statements(kept)


def _operands(statement: Statement) -> tuple[View, ...]:
    if statement.operation in COMMUTING:
        return tuple(sorted(statement.operands, key=repr))
    return statement.operands
