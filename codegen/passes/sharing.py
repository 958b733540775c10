"""Sharing: buffers that are never alive together lie in one piece of memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from codegen.program import SCRATCH, VALUE, Buffer, Program, Statement, View, is_elementwise


@dataclass
class Piece:
    """A piece of memory and the buffers that lie in it, in order of use."""

    names: list[str]
    size: int
    with_batch: bool
    truth: bool
    busy: bool = True
    fixed: bool = False
    """Whether it is a part of a joined buffer and cannot grow."""


def shared_memory(program: Program) -> Program:
    """Assign each value and scratch buffer to a piece of memory; what results and callers hold has its own.

    A buffer is free after its last use; a statement may overwrite, position by position, an operand that it is the last to read.
    """
    last = _last_uses(program)
    pieces: list[Piece] = []
    home: dict[str, Piece] = {}
    inside = {joined.rows for joined in program.joined} | {name for stack in program.stacks for name in stack.members}
    for place, statement in enumerate(program.statements):
        for name in program.written_by(statement):  # a call on several at once begins the life of each
            buffer = program.buffers[name]
            if name in home or not is_shared(program, buffer):
                continue
            piece = _overwritten(program, statement, place, last, home) if name == statement.target.buffer else None
            if name in inside:
                piece = piece if piece and not piece.fixed and piece.size == _size(program, buffer) else None
            else:
                piece = piece or _free(program, pieces, buffer)
            if piece is None:
                piece = Piece([], 0, _with_batch(program, buffer), buffer.truth)
                pieces.append(piece)
            piece.names.append(name)
            piece.fixed |= name in inside
            piece.size, piece.busy = max(piece.size, _size(program, buffer)), True
            home[name] = piece
        for name in (*program.read_by(statement), *program.written_by(statement)):
            if name in home and last.get(name, place) <= place and home[name].names[-1] == name:
                home[name].busy = False
    groups = tuple(tuple(piece.names) for piece in pieces if len(piece.names) > 1)
    return replace(program, memory=groups)


def is_shared(program: Program, buffer: Buffer) -> bool:
    """Whether a buffer is the program's own to overwrite after its last use."""
    return buffer.kind in (VALUE, SCRATCH) and bool(buffer.axes) and buffer.name not in program.results


def _last_uses(program: Program) -> dict[str, int]:
    last = {name: place for place, s in enumerate(program.statements) for name in (*program.read_by(s), *program.written_by(s))}
    last[program.output] = max(last.get(program.output, 0), program.forward)
    return last


def _size(program: Program, buffer: Buffer) -> int:
    return prod(axis.size for axis in buffer.axes if axis != program.batch)


def _with_batch(program: Program, buffer: Buffer) -> bool:
    return program.batch in buffer.axes


def _overwritten(program: Program, statement: Statement, place: int, last: dict[str, int], home: dict[str, Piece]) -> Piece | None:
    """The piece of an operand of the same shape that this elementwise statement is the last to read."""
    if not is_elementwise(statement) or statement.scratch or statement.target.window:
        return None
    target = program.buffers[statement.target.buffer]
    for view in statement.operands:
        operand = program.buffers[view.buffer]
        same = (
            (operand.axes, operand.truth) == (target.axes, target.truth)
            and view.places == statement.target.places
            and not view.flat
            and not view.window
        )
        others = [other for other in statement.operands if other.buffer == view.buffer and other != view]
        if same and not others and view.buffer in home and last[view.buffer] == place and home[view.buffer].names[-1] == view.buffer:
            return home[view.buffer]
    return None


def _free(program: Program, pieces: list[Piece], buffer: Buffer) -> Piece | None:
    """The free piece that wastes least: one of the right size, else the largest smaller one, which then grows."""
    size = _size(program, buffer)
    fitting = [p for p in pieces if not p.busy and (p.with_batch, p.truth) == (_with_batch(program, buffer), buffer.truth)]
    large = [piece for piece in fitting if piece.size >= size]
    if large:
        return min(large, key=lambda piece: piece.size)
    return max((piece for piece in fitting if not piece.fixed), key=lambda piece: piece.size, default=None)


__all__ = ["View", "shared_memory"]
