"""Bounds as whole arrays: NumPy compares two arrays with vector instructions, an array with one number without."""

from __future__ import annotations

from dataclasses import replace

from codegen.program import CONSTANT, Buffer, Program, Statement, View

BOUNDING = ("maximum", "minimum")


def full_bounds(program: Program) -> Program:
    """The larger or smaller of an array and a number: the number stands everywhere in an array of its own."""
    buffers = dict(program.buffers)
    statements = [_with_full(program, statement, buffers) for statement in program.statements]
    return replace(program, buffers=buffers).with_statements(statements)


def _with_full(program: Program, statement: Statement, buffers: dict[str, Buffer]) -> Statement:
    target = program.buffers[statement.target.buffer]
    if statement.operation not in BOUNDING or len(target.axes) < 2 or statement.target.places != tuple(range(len(target.axes))):
        return statement
    operands = []
    for view in statement.operands:
        number = program.buffers[view.buffer]
        if number.kind == CONSTANT and not number.axes:
            sizes = "_by_".join("batch" if axis == program.batch else str(axis.size) for axis in target.axes)
            name = f"{number.name}_{sizes}"
            axes = buffers[name].axes if name in buffers else target.axes
            buffers[name] = Buffer(name, axes, CONSTANT, value=number.value)
            view = View(name, statement.target.places)
        operands.append(view)
    return replace(statement, operands=tuple(operands))
