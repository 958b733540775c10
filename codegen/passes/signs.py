"""Where a value that is never negative lies above zero, as numbers: its sign.

NumPy multiplies a number by a number in half the time that it takes for a number and a truth, which it first turns into a number; but it
takes signs one by one, so this pays for few of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import prod

from codegen.program import CONSTANT, Program, Statement
from derive.expressions import ZERO

MOST = 1024
"""Numbers up to which signs and their product take less time than truths and theirs."""


def few_signs(program: Program, batch: int) -> tuple[str, ...]:
    """The buffers of truths that may as well be signs of few numbers."""
    return tuple(name for name in _signs(program) if prod(program.sizes(name, batch)) <= MOST)


def signs_of(program: Program, names: Collection[str]) -> Program:
    """The program with the truths in these buffers as signs."""
    chosen = {name for name in _signs(program) if name in names}
    buffers = {name: replace(buffer, truth=False) if name in chosen else buffer for name, buffer in program.buffers.items()}
    statements = (replace(s, operation="sign", operands=s.operands[:1]) if s.target.buffer in chosen else s for s in program.statements)
    return replace(program, buffers=buffers).with_statements(statements)


def _signs(program: Program) -> Iterator[str]:
    """The answers to where a value is above zero that is never below it, if only products of numbers read them."""
    makers: dict[str, list[Statement]] = {}
    readers: dict[str, list[Statement]] = {}
    for statement in program.statements:
        for name in statement.writes:
            makers.setdefault(name, []).append(statement)
        for name in statement.reads:
            readers.setdefault(name, []).append(statement)
    for statement in program.statements:
        answer = statement.target.buffer
        if statement.operation == "greater" and _is_zero(program, statement.reads[1]) and makers[answer] == [statement]:
            never_below = [_is_largest(program, maker) for maker in makers.get(statement.reads[0], [])]
            if never_below == [True] and all(_is_product(program, reader, answer) for reader in readers[answer]):
                yield answer


def _is_largest(program: Program, statement: Statement) -> bool:
    """Whether a statement takes the larger of something and zero."""
    return statement.operation == "maximum" and any(_is_zero(program, name) for name in statement.reads)


def _is_product(program: Program, statement: Statement, answer: str) -> bool:
    """Whether a statement multiplies the answer with something that is no truth."""
    others = [name for name in statement.reads if name != answer]
    return statement.operation == "multiply" and len(others) == 1 and not program.buffers[others[0]].truth


def _is_zero(program: Program, name: str) -> bool:
    buffer = program.buffers[name]
    return buffer.kind == CONSTANT and buffer.value == ZERO
