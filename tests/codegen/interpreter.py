"""A program run one statement at a time, each buffer an array of its own: what passes must not change."""

from __future__ import annotations

from math import prod

import numpy as np

from codegen.constants import evaluate
from codegen.problem import Problem
from codegen.program import CONSTANT, Program, Statement, View
from derive.expressions import Number as ExactNumber
from derive.expressions import Size
from derive.indices import Axis
from derive.traversal import rebuild


class Machine:
    """The memory of a program; buffers that share memory share it here too."""

    def __init__(self, program: Program, batch: int) -> None:
        self.program, self.batch = program, batch
        self.arrays: dict[str, np.ndarray] = {}
        for group in program.memory:
            base = np.full(max(prod(self.shape(name)) for name in group), np.nan)
            truth = np.zeros(base.size, bool)
            for name in group:
                flat = truth if program.buffers[name].truth else base
                self.arrays[name] = flat[: prod(self.shape(name))].reshape(self.shape(name))
        stacked = {name: (stack, at) for stack in program.stacks for at, name in enumerate(stack.members)}
        blocks = {joined.rows: joined.name for joined in program.joined}
        wholes: dict[str, np.ndarray] = {}
        for stack in program.stacks:
            ones = [blocks[name] for name in stack.members if name in blocks]
            block = self.shape(ones[0] if ones else stack.members[0])
            wholes[stack.name] = np.full((len(stack.members), *block), 1.0 if ones else np.nan)
            inside = wholes[stack.name][:, :-1] if ones else wholes[stack.name]
            self.arrays[stack.name] = inside
            for at, name in enumerate(stack.members):
                self._lay(name, inside[at])
        for joined in program.joined:
            if joined.rows in stacked:
                stack, at = stacked[joined.rows]
                self.arrays[joined.name] = wholes[stack.name][at]
                continue
            whole = np.full(self.shape(joined.name), 1.0 if not joined.last else np.nan)
            self._lay(joined.rows, whole[:-1])
            self.arrays.update({joined.name: whole, joined.rows: whole[:-1]})
            if joined.last:
                self.arrays[joined.last] = whole[-1]
        for name, buffer in program.buffers.items():
            if buffer.kind == CONSTANT:
                value = rebuild_sizes(buffer.value, program.batch, batch)
                self.arrays[name] = np.full(self.shape(name), float(evaluate(value)))
            elif name not in self.arrays:
                self.arrays[name] = np.zeros(self.shape(name), bool) if buffer.truth else np.full(self.shape(name), np.nan)

    def _lay(self, name: str, array: np.ndarray) -> None:
        """Put a buffer, and those that share its memory, into an array."""
        base = array.reshape(-1)
        for other in next((group for group in self.program.memory if name in group), (name,)):
            self.arrays[other] = base[: prod(self.shape(other))].reshape(self.shape(other))

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.batch if axis == self.program.batch else axis.size for axis in self.program.buffers[name].axes)

    def seen(self, view: View) -> np.ndarray:
        array = self.arrays[view.buffer]
        if view.flat:
            return array.reshape(-1)
        if view.row is not None:
            return array[view.row]
        kept = [place for place in view.places if place is not None]
        spread = tuple(None if place is None else slice(None) for place in view.places)
        return array.transpose(kept)[spread] if view.places else array

    def run(self, statement: Statement) -> None:
        operands = [self.seen(view) for view in statement.operands]
        target = self.arrays[statement.target.buffer]
        match statement.operation:
            case "dot" | "matmul":
                value = operands[0] @ operands[1]
            case "sum":
                value = operands[0].sum(statement.axes)
            case "largest":
                value = operands[0].max(statement.axes)
            case "copyto":
                value = operands[0]
            case "erf":
                value = np.vectorize(__import__("math").erf)(operands[0])
                for name in statement.scratch:
                    self.arrays[name][...] = np.nan
            case name:
                value = getattr(np, name)(*operands)
        target[...] = value


def rebuild_sizes(value, batch: Axis, count: int):
    return ExactNumber(count) if value == Size(batch) else rebuild(value, lambda part: rebuild_sizes(part, batch, count))


def values_of(program: Program, problem: Problem, batch: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    """The results of a program at a random point, and its output at the end of the forward pass."""
    random = np.random.RandomState(seed)
    machine = Machine(program, batch)
    for tensor in (*problem.inputs, *problem.parameters):
        documented = random.uniform(0.1, 0.9, tuple(batch if axis == problem.batch else axis.size for axis in tensor.axes))
        order = np.argsort(program.buffers[tensor.name].documented or range(len(tensor.axes)))
        machine.arrays[tensor.name][...] = documented.transpose(order)
    found = {}
    for place, statement in enumerate(program.statements, 1):
        machine.run(statement)
        if place == program.forward or (not program.forward and statement.target.buffer == program.output):
            found["output"] = machine.arrays[program.output].copy()
    return {**found, **{name: machine.arrays[name].copy() for name in program.results}}
