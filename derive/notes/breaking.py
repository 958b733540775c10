"""Where a long formula is broken: before relations and terms rather than between factors, outside parentheses rather than inside.

Each place where a line may end has a price, higher the deeper it stands in parentheses. The lines chosen are those that cost least
together, where a line that is far from full costs something as well, and one that begins inside a term and goes on with the next.
Only lines of at most one width are compared, so that the time grows with the length of the formula and no faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from derive.notation.layout import Big, Branches, Edge, Fenced, Fraction, Gap, Layout, Row, Scripts, Sign, Symbol
from derive.notes.measure import width

_SIDES, _TERMS, _FACTORS = ("=", "approx", "leftarrow"), ("+", "-"), ("odot", "oslash", "times", "cdot")
_SIDE, _TERM, _FACTOR, _DEEPER = 0.5, 1.0, 4.0, 8.0
_SLACK, _MIXED, _OVERFULL = 3.0, 4.0, 1000.0
_WIDE = 0.3
"""The terms of a group stay together unless it takes up more than this part of a line."""
_CROSS = Sign("times")
"""What a line begins with that goes on with a factor."""
_LONGEST = 400
"""A line never has more parts than this, so that no part without a width is compared with all others."""


@dataclass(frozen=True)
class _Piece:
    """A part of a formula and its width; ``price`` is that of ending the line before it, None where no line may end."""

    layout: Layout
    width: float
    price: float | None = None
    crossed: bool = False

    @property
    def first(self) -> tuple[float, tuple[Layout, ...]]:
        """Its width and what stands there where it begins a line: a factor after a cross, no space."""
        if not self.crossed:
            return self.width, (self.layout,)
        if isinstance(self.layout, Gap):
            return width(_CROSS), (_CROSS,)
        return self.width + width(_CROSS), (_CROSS, self.layout)


def broken(item: Layout, limit: float) -> tuple[Layout, ...]:
    """A formula in lines of at most ``limit`` em, as far as its terms, its factors and its groups allow it."""
    if width(item) <= limit:
        return (item,)
    pieces = tuple(_pieces(item.parts if isinstance(item, Row) else (item,), limit, 0))
    lines = _lines(pieces, limit)
    return (item,) if len(lines) == 1 and not isinstance(pieces[0].layout, Branches) else lines


def _lines(pieces: tuple[_Piece, ...], limit: float) -> tuple[Layout, ...]:
    """The cheapest lines: for every place where one may end, the best way to get there."""
    ends = [place for place, piece in enumerate(pieces) if place and piece.price is not None] + [len(pieces)]
    upto, terms = [0.0], [0]
    for piece in pieces:
        upto.append(upto[-1] + piece.width)
        terms.append(terms[-1] + (piece.price == _TERM))
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    starts = [0]
    for end in ends:
        price = (pieces[end].price or 0.0) + _TERM if end < len(pieces) else 0.0
        found: list[tuple[float, int]] = []
        for start in reversed(starts):
            own = upto[end] - upto[start] + (pieces[start].first[0] - pieces[start].width if start else 0.0)
            if found and (own > limit or end - start > _LONGEST):
                break
            mixed = _MIXED if pieces[start].crossed and terms[end] > terms[start] else 0.0
            found.append((best[start][0] + price + mixed + _badness(own, limit, end == len(pieces)), start))
        best[end] = min(found)
        starts.append(end)
    bounds = [len(pieces)]
    while bounds[-1]:
        bounds.append(best[bounds[-1]][1])
    bounds.reverse()
    return tuple(_line(pieces[start:end], start > 0) for start, end in pairwise(bounds))


def _badness(own: float, limit: float, last: bool) -> float:
    if own > limit:
        return _OVERFULL * (own - limit)
    return 0.0 if last else _SLACK * (1 - own / limit) ** 2


def _line(pieces: tuple[_Piece, ...], goes_on: bool) -> Layout:
    first = pieces[0].first[1] if goes_on else (pieces[0].layout,)
    parts = (*first, *(piece.layout for piece in pieces[1:]))
    return parts[0] if len(parts) == 1 else Row(parts)


def _pieces(parts: tuple[Layout, ...], limit: float, depth: int) -> Iterator[_Piece]:
    """The parts of a formula in order; groups that take up much of a line as parts of their own, so that a line may end inside."""
    for place, part in enumerate(parts):
        price, crossed = _price(parts, place)
        whole = _Piece(part, width(part), price + _DEEPER * depth if price is not None else None, crossed)
        inside = _group(part) if whole.width > _WIDE * limit else None
        if isinstance(part, Branches) and whole.width > limit:
            yield replace(whole, layout=_narrowed(part, limit))
        elif inside is None:
            yield whole
        else:
            before, body, after = inside
            yield replace(whole, layout=before, width=width(before))
            yield from _pieces(body, limit, depth + 1)
            yield _Piece(after, width(after))


def _price(parts: tuple[Layout, ...], place: int) -> tuple[float | None, bool]:
    """What it costs to end a line before a part, and whether a cross must stand there then."""
    part, before = parts[place], parts[place - 1] if place else None
    if before is None or (isinstance(before, Sign) and before.name != ")"):
        return None, False
    if isinstance(part, Sign):
        for names, price in ((_SIDES, _SIDE), (_TERMS, _TERM), (_FACTORS, _FACTOR)):
            if part.name in names:
                return price, False
        return None, False
    if isinstance(part, Gap):
        return (None, False) if _acts(before) else (_FACTOR, True)
    if isinstance(part, Big) and part.name == "sum":
        return (None, False) if _acts(before) or isinstance(before, Gap) else (_FACTOR, True)
    return None, False


def _acts(item: Layout) -> bool:
    """Whether this acts on what stands behind it: the sign of a sum, or a derivative."""
    return isinstance(item, Big) or (isinstance(item, Fraction) and item.top == Symbol("partial", "upright"))


def _group(item: Layout) -> tuple[Layout, tuple[Layout, ...], Layout] | None:
    """What stands in parentheses, perhaps with an exponent, and the two parentheses; None for anything else."""
    group = item.base if isinstance(item, Scripts) else item
    if not isinstance(group, Fenced) or group.fence != "(" or not isinstance(group.body, Row):
        return None
    closing: Layout = Edge(")", group.size)
    if isinstance(item, Scripts):
        closing = replace(item, base=closing)
    return Edge("(", group.size), group.body.parts, closing


def _narrowed(item: Branches, limit: float) -> Branches:
    """Cases whose values take several lines; the condition stands beside the last one."""
    conditions = max(width(condition) for _, condition in item.rows)
    rows: list[tuple[Layout, Layout]] = []
    for value, condition in item.rows:
        lines = broken(value, limit - conditions - 4.0)
        shown = (lines[0], *(Row((Gap("quad"), line)) for line in lines[1:]))
        rows += [*((line, Row(())) for line in shown[:-1]), (shown[-1], condition)]
    return Branches(tuple(rows))
