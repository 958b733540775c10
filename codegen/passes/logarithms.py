"""``log1p`` in single precision: the logarithm of the rounded sum, and what the rounding left out.

With ``u = 1 + x`` rounded, ``log(1 + x) = log(u) + (x - (u - 1))/u`` to the last digits for x from 0 to 1: ``u - 1`` is exact, and what is
left of x is so small that its share of the logarithm is ``rest/u``. NumPy computes ``log1p`` number by number, these six calls with vector
instructions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import prod

from codegen.program import CONSTANT, SCRATCH, Buffer, Program, Statement, View
from derive.expressions import ONE

FEWEST = 2048
"""For fewer numbers one call takes less time than six."""


def many_logarithms(program: Program, batch: int) -> tuple[str, ...]:
    """The buffers that ``log1p`` fills with many numbers."""
    made = (s.target.buffer for s in program.statements if s.operation == "log1p")
    return tuple(name for name in made if prod(program.sizes(name, batch)) >= FEWEST)


def quick_logarithms(program: Program, names: Collection[str]) -> Program:
    """The program with the ``log1p`` that fill these buffers in six calls."""
    buffers = dict(program.buffers)
    statements: list[Statement] = []
    forward, valued = program.forward, program.valued
    for place, statement in enumerate(program.statements):
        chosen = statement.operation == "log1p" and statement.target.buffer in names
        made = list(_apart(program, statement, buffers)) if chosen else [statement]
        statements += made
        forward += (len(made) - 1) * (place < program.forward)
        valued += (len(made) - 1) * (place < program.valued)
    return replace(program, buffers=buffers, forward=forward, valued=valued).with_statements(statements)


def _apart(program: Program, statement: Statement, buffers: dict[str, Buffer]) -> Iterator[Statement]:
    axes = program.buffers[statement.target.buffer].axes
    (x,), target = statement.operands, statement.target
    buffers.setdefault("one", Buffer("one", (), CONSTANT, value=ONE))
    one = View("one")
    at = sum(name.startswith("log1p_sum") for name in buffers) + 1
    names = [word if at == 1 else f"{word}_{at}" for word in ("log1p_sum", "log1p_rest")]
    buffers.update({name: Buffer(name, axes, SCRATCH) for name in names})
    total, rest = (View(name, target.places) for name in names)
    for operation, operands, made in (
        ("add", (x, one), total),
        ("subtract", (total, one), rest),
        ("subtract", (x, rest), rest),
        ("divide", (rest, total), rest),
        ("log", (total,), total),
        ("add", (total, rest), target),
    ):
        yield Statement(operation, made, operands, statement.equation)
