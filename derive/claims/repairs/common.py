"""What repairs are made of: parts of a side with their places, and small changes of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from string import ascii_lowercase, ascii_uppercase

from derive.reader.rewriting import places
from derive.reader.syntax import (
    Chain,
    Factors,
    Group,
    Letter,
    Script,
    Scripted,
    Sign,
    Syntax,
)


@dataclass(frozen=True)
class Repair:
    """A side with one thing changed; ``said`` tells what."""

    family: str
    side: Syntax
    said: str


def grouped(part: Syntax) -> Group:
    """A part in parentheses."""
    return Group(part.at, "(", (Chain(part.at, (part,)),))


def spots(side: Syntax) -> Iterator[tuple[tuple[str | int, ...], Syntax]]:
    """Every part that is no mark or index, with its place."""
    for path, part in places(side):
        if "below" not in path and "above" not in path:
            yield path, part


def core(part: Syntax) -> Syntax:
    """The symbol inside parentheses and marks."""
    while True:
        if isinstance(part, Scripted):
            part = part.base
        elif isinstance(part, Group) and len(part.items) == 1:
            part = part.items[0].sides[0]
        else:
            return part


def indexed(side: Syntax) -> Iterator[tuple[tuple[str | int, ...], Scripted]]:
    """Every symbol with indices, and its place."""
    for path, part in places(side):
        if isinstance(part, Scripted) and part.below is not None and not isinstance(part.base, Sign):
            yield path, part


def with_positions(part: Scripted, positions: Sequence[Syntax]) -> Scripted:
    """A symbol with other indices."""
    assert part.below is not None
    if len(part.below.items) > 1 or len(positions) == 1:
        items = tuple(Chain(own.at, (own,)) for own in positions)
    else:
        items = (Chain(part.below.at, (Factors(part.below.at, ("*",) * (len(positions) - 1), tuple(positions)),)),)
    return replace(part, below=Script(part.below.at, items))


def fresh_letter(side: Syntax, left: Syntax) -> str:
    """A letter that stands nowhere in a relation."""
    used = {part.text for own in (side, left) for _, part in places(own) if isinstance(part, Letter)}
    return unused_letter(used)


def unused_letter(used: Container[str]) -> str:
    """A letter for an index, a usual one where there is one left."""
    usual = (*"pqrskmnuv", *ascii_lowercase, *ascii_uppercase)
    every = (letter + "'" * primes for primes in count() for letter in usual)
    return next(letter for letter in every if letter not in used)
