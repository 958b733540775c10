"""Sums that stand beside every term that was summed: a product with a matrix of ones leaves each sum at all of its terms' places.

What divides by such sums, or takes their logarithms off, then has operands of one shape, which NumPy need not spread: for few numbers
that takes less than half the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from math import prod

from codegen.program import CONSTANT, SCRATCH, VALUE, Buffer, Program, Statement, View, is_elementwise
from derive.expressions import ONE

MOST = 256
"""Numbers of the terms, for each statement that spreads the sums, up to which this takes less time."""
WHOLE = (0, 1)


@dataclass(frozen=True)
class _Sums:
    """The sums that the statement at ``place`` makes over an axis of ``terms``, and the vectors that are functions of them."""

    place: int
    terms: str
    vectors: tuple[str, ...]
    spread: int
    """How many statements spread one of the vectors."""


def short_sums(program: Program, batch: int) -> tuple[str, ...]:
    """The buffers of sums of few terms that are worth having at the place of every term."""
    found = (_sums(program, place) for place in range(len(program.statements)))
    return tuple(sums.vectors[0] for sums in found if sums and prod(program.sizes(sums.terms, batch)) <= MOST * sums.spread)


def spread_sums(program: Program, names: Collection[str]) -> Program:
    """The program with the sums in these buffers at the place of every term."""
    buffers, statements = dict(program.buffers), list(program.statements)
    spread: dict[str, View] = {}
    for place, statement in enumerate(program.statements):
        found = _sums(program, place) if statement.target.buffer in names else None
        if found is None:
            continue
        axes = program.buffers[found.terms].axes
        terms, ones = View(found.terms, WHOLE), _ones(program, statement, axes, buffers)
        operands = (ones, terms) if _is_first(program, statement) else (terms, ones)
        statements[place] = replace(statement, operands=operands)
        buffers.update({name: replace(buffers[name], axes=axes) for name in found.vectors})
        spread.update({name: View(name, WHOLE) for name in found.vectors})
    changed = (_seen_whole(statement, spread) for statement in statements)
    return replace(program, buffers=buffers).with_statements(changed)


def _seen_whole(statement: Statement, spread: dict[str, View]) -> Statement:
    operands = tuple(spread.get(view.buffer, view) for view in statement.operands)
    return replace(statement, operands=operands, target=spread.get(statement.target.buffer, statement.target))


def _ones(program: Program, statement: Statement, axes: tuple[object, ...], buffers: dict[str, Buffer]) -> View:
    """A matrix of ones as long each way as the axis that is summed over."""
    (vector,) = (program.buffers[name] for name in statement.reads if program.buffers[name].kind == CONSTANT)
    (axis,) = vector.axes
    name = f"ones_{axis.size}_by_{axis.size}"
    buffers.setdefault(name, Buffer(name, (axis, axis), CONSTANT, value=ONE))
    return View(name, WHOLE)


def _is_first(program: Program, statement: Statement) -> bool:
    """Whether the ones stand on the left: the sum is over the first axis of its terms."""
    return program.buffers[statement.operands[0].buffer].kind == CONSTANT


def _sums(program: Program, place: int) -> _Sums | None:
    """The sums that a statement makes, if only functions of vectors and statements over all terms read them."""
    statement = program.statements[place]
    constants = [name for name in statement.reads if program.buffers[name].kind == CONSTANT]
    if statement.operation != "dot" or len(constants) != 1 or program.buffers[constants[0]].value != ONE:
        return None
    (terms,) = (view for view in statement.operands if view.buffer not in constants)
    axes = program.buffers[terms.buffer].axes
    summed = program.buffers[constants[0]].axes
    if terms != View(terms.buffer, WHOLE) or len(axes) != 2 or len(summed) != 1 or program.batch in summed:
        return None
    vectors, spread = [statement.target.buffer], 0
    for other in (*program.statements[:place], *program.statements[place + 1 :]):
        if not {*other.reads, *other.writes}.intersection(vectors):
            continue
        target = program.buffers[other.target.buffer]
        if not is_elementwise(other) or other.scratch or other.target.window:
            return None
        if target.axes == axes and target.name not in vectors and other.target.places == WHOLE:
            spread += 1
        elif all(name in vectors or not program.buffers[name].axes for name in other.reads) and target.axes:
            vectors.append(target.name)
        else:
            return None
    kept = any(program.is_kept(name) or program.buffers[name].kind not in (SCRATCH, VALUE) for name in vectors)
    own = program.output in vectors or any(name in part for name in vectors for part in _shared(program))
    return None if kept or own or not spread else _Sums(place, terms.buffer, tuple(dict.fromkeys(vectors)), spread)


def _shared(program: Program) -> Iterator[tuple[str, ...]]:
    """Buffers that lie in others."""
    yield from ((joined.rows, joined.last) for joined in program.joined)
    yield from (stack.members for stack in program.stacks)
