"""A bias as one more row of its weights: ``z = W h + b`` is one product with ``h`` over a row of ones.

The gradients of both are one product as well. This needs a bias that lies behind its weights in memory, and patterns as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from codegen.program import CONSTANT, GRADIENT, JOINED, PARAMETER, SCRATCH, VALUE, Buffer, Joined, Program, Statement, View
from derive.indices import Axis

TURNED = (1, 0)


@dataclass(frozen=True)
class _Sum:
    """A product and the bias that the statement at place ``added`` adds to it."""

    weights: str
    bias: str
    values: str
    added: int


def bias_rows(program: Program) -> Program:
    """Products with weights take their bias in; products that make a gradient of weights make that of the bias."""
    behind = _behind(program, PARAMETER)
    sums = {place: found for place in range(len(program.statements)) if (found := _sum(program, place, behind))}
    if not sums:
        return program
    joined: dict[str, Joined] = {}
    for found in sums.values():
        joined.setdefault(found.weights, Joined(f"{found.weights}_{found.bias}", found.weights, found.bias))
        joined.setdefault(found.values, Joined(f"{found.values}_one", found.values))
    slopes = _behind(program, GRADIENT)
    pairs = dict(_gradients(program, slopes, joined))
    for place in pairs:
        name = program.statements[place].target.buffer
        joined[name] = Joined(f"{name}_{slopes[name]}", name, slopes[name])
    dropped = {found.added for found in sums.values()} | set(pairs.values())
    statements: list[Statement] = []
    places: list[int] = []
    for place, statement in enumerate(program.statements):
        if place in dropped:
            continue
        if place in sums:
            found = sums[place]
            operands = (View(joined[found.weights].name, TURNED), View(joined[found.values].name, (0, 1)))
            target = program.statements[found.added].target
            statement = replace(statement, operands=operands, target=target)
        elif place in pairs:
            target = View(joined[statement.target.buffer].name, (0, 1))
            values = View(joined[statement.operands[0].buffer].name, (0, 1))
            also = (program.statements[pairs[place]].equation,)
            statement = replace(statement, operands=(values, statement.operands[1]), target=target, also=also)
        statements.append(statement)
        places.append(place)
    buffers = {**program.buffers, **{each.name: _buffer(program, each) for each in joined.values()}}
    forward, valued = (sum(place < end for place in places) for end in (program.forward, program.valued))
    changed = replace(program, buffers=buffers, joined=tuple(joined.values()), forward=forward, valued=valued)
    return changed.with_statements(statements)


def _behind(program: Program, kind: str) -> dict[str, str]:
    """The vector that lies directly behind each matrix of a kind and is as long as the matrix's rows, by name."""
    ordered = [buffer for buffer in program.buffers.values() if buffer.kind == kind]
    pairs = pairwise(ordered)
    return {left.name: right.name for left, right in pairs if left.documented == TURNED and left.axes[1:] == right.axes}


def _sum(program: Program, place: int, behind: Mapping[str, str]) -> _Sum | None:
    """The product of weights and values at a place, if all that happens to it is that its bias is added."""
    statement = program.statements[place]
    if statement.operation != "dot" or len(statement.operands) != 2:
        return None
    left, right = statement.operands
    bias = behind.get(left.buffer)
    if bias is None or left != View(left.buffer, TURNED) or not _is_columns(program, right):
        return None
    for later in range(place + 1, len(program.statements)):
        other = program.statements[later]
        if {View(bias, (0, None)), statement.target} == set(other.operands) and other.operation == "add":
            alone = other.target.buffer == statement.target.buffer or program.reads[statement.target.buffer] == 1
            return _Sum(left.buffer, bias, right.buffer, later) if alone and other.target.places == statement.target.places else None
        if statement.target.buffer in (*other.reads, *other.writes):
            return None
    return None


def _is_columns(program: Program, view: View) -> bool:
    """Whether a view is all of a matrix of the program's own, patterns as columns."""
    buffer = program.buffers[view.buffer]
    whole = view == View(view.buffer, (0, 1)) and not buffer.truth
    return whole and buffer.kind in (VALUE, SCRATCH) and len(buffer.axes) == 2 and buffer.axes[1] == program.batch


def _gradients(program: Program, slopes: Mapping[str, str], joined: Mapping[str, Joined]) -> Iterator[tuple[int, int]]:
    """Places of statements that make the gradient of weights, with the places of those that make that of their bias."""
    made = {statement.target.buffer: place for place, statement in enumerate(program.statements)}
    for place, statement in enumerate(program.statements):
        other = made.get(slopes.get(statement.target.buffer, ""))
        if statement.operation != "dot" or other is None or program.buffers[statement.target.buffer].kind != GRADIENT:
            continue
        values, delta = statement.operands
        summed = program.statements[other]
        if values.buffer in joined and values == View(values.buffer, (0, 1)) and delta == View(delta.buffer, TURNED):
            between = program.statements[min(place, other) + 1 : max(place, other)]
            changed = any(delta.buffer in s.writes or summed.target.buffer in s.reads for s in between)
            if _sums_patterns(program, summed, delta.buffer) and not changed:
                yield place, other


def _sums_patterns(program: Program, statement: Statement, name: str) -> bool:
    """Whether a statement is the product of a buffer with ones along the patterns."""
    if statement.operation != "dot" or statement.operands[0] != View(name, (0, 1)):
        return False
    ones = program.buffers[statement.operands[1].buffer]
    return ones.kind == CONSTANT and ones.axes == (program.batch,)


def _buffer(program: Program, joined: Joined) -> Buffer:
    rows = program.buffers[joined.rows]
    first = rows.axes[0]
    return Buffer(joined.name, (Axis(f"{first.name}_and_one", first.size + 1), *rows.axes[1:]), JOINED)
