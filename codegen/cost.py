"""What a program costs: operations and bytes, each as a part for every pattern and a part for every step."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from codegen.program import ARGUMENT, CONSTANT, GRADIENT, JOINED, PARAMETER, Buffer, Program, Statement


@dataclass(frozen=True)
class Amount:
    """``per_pattern`` times the batch, plus ``fixed``."""

    per_pattern: int = 0
    fixed: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.per_pattern + other.per_pattern, self.fixed + other.fixed)


def operations(program: Program) -> Amount:
    """Floating-point operations of one step; a function such as exp counts as one."""
    return sum((_operations(program, statement) for statement in program.statements), Amount())


def _operations(program: Program, statement: Statement) -> Amount:
    names = {statement.target.buffer} if not statement.axes else {statement.operands[0].buffer}
    factor = 1
    if statement.operation in ("dot", "matmul"):
        names, factor = {*statement.reads, statement.target.buffer}, 2
    axes = {axis for name in names for axis in program.buffers[name].axes}
    size = factor * prod(axis.size for axis in axes if axis != program.batch)
    return Amount(size, 0) if program.batch in axes else Amount(0, size)


def parameter_bytes(program: Program, itemsize: int) -> int:
    """Bytes of parameters and gradients together."""
    kept = (b for b in program.buffers.values() if b.kind in (PARAMETER, GRADIENT) and program.batch not in b.axes)
    return sum(itemsize * prod(axis.size for axis in buffer.axes) for buffer in kept)


def workspace_bytes(program: Program, itemsize: int) -> Amount:
    """Bytes of everything else that a workspace owns, shared memory counted once."""
    inside = {name for group in program.memory for name in group}
    alone = [(name,) for name, b in program.buffers.items() if name not in inside and (b.kind not in _OWNED or _is_large(program, b))]
    groups = ([_bytes(program, program.buffers[name], itemsize) for name in group] for group in (*program.memory, *alone))
    return sum((max(group, key=_largest) for group in groups), Amount())


_OWNED = (ARGUMENT, CONSTANT, PARAMETER, GRADIENT, JOINED)


def _is_large(program: Program, buffer: Buffer) -> bool:
    """Whether a gradient or a constant grows with the batch."""
    return buffer.kind in (GRADIENT, CONSTANT) and program.batch in buffer.axes and len(buffer.axes) > 1


def _largest(amount: Amount) -> tuple[int, int]:
    return amount.per_pattern, amount.fixed


def _bytes(program: Program, buffer: Buffer, itemsize: int) -> Amount:
    if not buffer.axes:
        return Amount()
    size = (1 if buffer.truth else itemsize) * prod(axis.size for axis in buffer.axes if axis != program.batch)
    return Amount(size, 0) if program.batch in buffer.axes else Amount(0, size)
