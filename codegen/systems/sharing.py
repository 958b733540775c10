"""Intermediate values that are never alive together lie in one piece of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from codegen.systems.arrays import Array, View
from codegen.systems.writer import Statement
from codegen.targets.statements import REDUCERS

NOT_ELEMENTWISE = (*REDUCERS, "dot", "matmul")


@dataclass
class Piece:
    """A piece of memory: the array that gives it its name, and the last array that lies in it."""

    host: Array
    present: Array


@dataclass
class _Lives:
    """The first and the last statement that touches each array."""

    first: dict[Array, int] = field(default_factory=dict)
    last: dict[Array, int] = field(default_factory=dict)

    def touch(self, array: Array, place: int) -> None:
        self.first.setdefault(array, place)
        self.last[array] = max(self.last.get(array, 0), place)


def shared(stages: Iterable[tuple[Sequence[object], Sequence[object]]], own: Callable[[Array], bool]) -> dict[Array, Array]:
    """The array in whose memory each array lies that shares it; ``own`` says of which arrays the memory may be overwritten.

    An array of which only parts are written has memory of its own, because the rest of it is to stay as it is. ``stages`` are the lines
    before each loop and inside it, in the order in which they run: what is made before a loop is alive until its end, what is made inside
    it is made anew in every round.
    """
    blocks = [[line for line in block if isinstance(line, Statement)] for stage in stages for block in stage]
    whole = _written_whole(line for block in blocks for line in block)
    lives = _lives(blocks, lambda array: own(array) and array in whole)
    pieces: list[Piece] = []
    hosts: dict[Array, Array] = {}
    for place, statement in enumerate(line for block in blocks for line in block):
        for array in _arrays(statement):
            if lives.first.get(array) != place:
                continue
            piece = _overwritten(statement, place, lives, pieces) if array == statement.target.array else None
            piece = piece or _free(array, place, lives, pieces)
            if piece is None:
                pieces.append(Piece(array, array))
                continue
            hosts[array], piece.present = piece.host, array
    return hosts


def _written_whole(statements: Iterable[Statement]) -> frozenset[Array]:
    """The arrays without margins of which the first statement that touches them writes every number, or that are scratch there."""
    whole: dict[Array, bool] = {}
    for statement in statements:
        target = statement.target
        whole.setdefault(target.array, prod(size for size, _ in target.dims) == _size(target.array) and not target.along)
        for array in statement.scratch:
            whole.setdefault(array, True)
        for view in statement.operands:
            whole.setdefault(view.array, False)
    return frozenset(array for array, found in whole.items() if found and not array.is_padded)


def _lives(blocks: Sequence[Sequence[Statement]], own: Callable[[Array], bool]) -> _Lives:
    lives = _Lives()
    start = 0
    for inside, block in ((number % 2 == 1, block) for number, block in enumerate(blocks)):
        end = start + len(block)
        for place, statement in enumerate(block, start):
            for array in _arrays(statement):
                if own(array):
                    carried = inside and lives.first.get(array, start) < start
                    lives.touch(array, end - 1 if carried else place)
        start = end
    return lives


def _arrays(statement: Statement) -> Iterator[Array]:
    """What a statement writes, then what it reads."""
    yield statement.target.array
    yield from statement.scratch
    yield from (view.array for view in statement.operands)


def _overwritten(statement: Statement, place: int, lives: _Lives, pieces: Sequence[Piece]) -> Piece | None:
    """The piece of an operand that is read here for the last time, position by position as the result is written."""
    if statement.operation in NOT_ELEMENTWISE or statement.scratch:
        return None
    for view in statement.operands:
        piece = next((piece for piece in pieces if piece.present == view.array), None)
        alone = sum(other.array == view.array for other in statement.operands) == 1
        if piece is None or not alone or lives.last[view.array] != place or not _lies_alike(view, statement.target):
            continue
        if _size(piece.host) >= _size(statement.target.array):
            return piece
    return None


def _lies_alike(view: View, target: View) -> bool:
    return (view.start, view.dims, view.along) == (target.start, target.dims, target.along) and view.array.truth == target.array.truth


def _free(array: Array, place: int, lives: _Lives, pieces: Sequence[Piece]) -> Piece | None:
    """The smallest piece that is large enough and whose last array is not needed any more."""
    fitting = [p for p in pieces if lives.last[p.present] < place and p.host.truth == array.truth and _size(p.host) >= _size(array)]
    return min(fitting, key=lambda piece: _size(piece.host), default=None)


def _size(array: Array) -> int:
    return prod(array.storage)
