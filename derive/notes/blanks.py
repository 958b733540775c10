"""Blanks in formulas: which parts of a chain are hidden, and what stands there instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from derive.notation.layout import Box, Digits, Fenced, Fraction, Gap, Layout, Row, Scripts, Sign, Symbol, row
from derive.notes.document import Chain, Line
from derive.verification.stream import Stream
from derive.words import Math

LEVELS = ("easy", "medium", "hard")
_POINTS = {"sign": 1, "index": 1, "factor": 2, "line": 3}


def points(kind: str, level: str) -> int:
    """What a blank is worth: by what is hidden, a value by how much is given to find it."""
    return _POINTS.get(kind, LEVELS.index(level) + 1)


@dataclass(frozen=True)
class Hidden(Layout):
    """A part of a formula that a reader is to find; ``kind`` is a sign, an index, a factor, a line or a value."""

    body: Layout
    kind: str


def blank(number: int, kind: str) -> Layout:
    """A square with a number; a whole line leaves room to write in."""
    square = Scripts(Sign("square"), below=Digits(str(number)))
    room = {"line": [Gap("quad")] * 3, "sign": [Gap("medium")]}.get(kind, [])
    whole = row(*room, square, *room)
    return Box(whole) if kind == "line" else whole


def hidden_in(item: Any) -> Iterator[Hidden]:
    """The hidden parts of a layout, from left to right."""
    if isinstance(item, Hidden):
        yield item
    elif isinstance(item, tuple):
        for part in item:
            yield from hidden_in(part)
    elif isinstance(item, Layout):
        for field in fields(item):
            yield from hidden_in(getattr(item, field.name))


def filled(item: Any, fill: Callable[[Hidden], Layout]) -> Any:
    """A layout with something else for each hidden part."""
    if isinstance(item, Hidden):
        return fill(item)
    if isinstance(item, tuple):
        return tuple(filled(part, fill) for part in item)
    if not isinstance(item, Layout):
        return item
    return replace(item, **{field.name: filled(getattr(item, field.name), fill) for field in fields(item)})


def with_blanks(chain: Chain, level: str, stream: Stream) -> Chain:
    """A chain with parts hidden: easy, one sign or index; medium, up to three parts; hard, every second line and a part of others."""
    lines = [replace(line, finer=(), finest=()) for line in chain.lines]
    if level == "hard":
        for number in range(1 if len(lines) > 1 else 0, len(lines), 2):
            lines[number] = replace(lines[number], right=Hidden(lines[number].right, "line"))
    wanted = {"easy": 1, "medium": 3}.get(level, 1)
    kinds = ("index", "sign", "factor") if level == "easy" else ("factor", "sign", "index")
    order = [number for number in range(len(lines)) if not isinstance(lines[number].right, Hidden)]
    while order and wanted:
        number = order.pop(stream.below(len(order)))
        choice = _chosen(lines, number, kinds, stream)
        if choice is not None:
            lines = choice
            wanted -= 1
    return Chain(tuple(_without_hint(line) for line in lines))


def _without_hint(line: Line) -> Line:
    """A line whose reason does not say what is hidden in it."""
    bodies = [hidden.body for hidden in hidden_in(line.right)]
    said = [part for piece in line.reason if isinstance(piece, Math) for part in _parts(piece.formula)]
    return replace(line, reason=()) if any(body in said for body in bodies) else line


def _parts(item: Any) -> Iterator[Layout]:
    """A layout and everything in it."""
    if isinstance(item, tuple):
        for part in item:
            yield from _parts(part)
    elif isinstance(item, Layout):
        yield item
        for field in fields(item):
            yield from _parts(getattr(item, field.name))


def _chosen(lines: Sequence[Line], number: int, kinds: Sequence[str], stream: Stream) -> list[Line] | None:
    """The lines with one more part hidden in one of them; a factor also wherever it comes again below."""
    line = lines[number]
    candidates = _candidates(line.right)
    for kind in kinds:
        found = [
            (path, part) for path, part, own in candidates if own == kind and not (kind == "factor" and _stands_above(part, lines, number))
        ]
        if found:
            path, part = found[stream.below(len(found))]
            changed = list(lines)
            changed[number] = replace(line, right=_put(line.right, path, Hidden(part, kind)))
            if kind == "factor":
                for later in range(number + 1, len(lines)):
                    changed[later] = replace(lines[later], right=_everywhere(lines[later].right, part))
            return changed
    return None


def _stands_above(part: Layout, lines: Sequence[Line], number: int) -> bool:
    """Whether a part can be read off the line above."""
    return number > 0 and any(part == other for _, other, _ in _candidates(lines[number - 1].right))


def _everywhere(item: Layout, part: Layout) -> Layout:
    """A layout with every factor like ``part`` hidden."""
    for path, other, kind in _candidates(item):
        if kind == "factor" and other == part:
            item = _put(item, path, Hidden(part, "factor"))
    return item


Path = tuple[tuple[str, int | None], ...]


def _candidates(item: Layout, path: Path = ()) -> list[tuple[Path, Layout, str]]:
    """The parts that can be hidden: signs between terms, factors of products, letters below symbols."""
    found: list[tuple[Path, Layout, str]] = []
    match item:
        case Row(parts):
            several = sum(isinstance(part, Scripts | Fraction | Fenced) for part in parts) > 1
            for number, part in enumerate(parts):
                here: Path = (*path, ("parts", number))
                if isinstance(part, Sign) and part.name in ("+", "-"):
                    found.append((here, part, "sign"))
                elif several and isinstance(part, Scripts | Fraction):
                    found.append((here, part, "factor"))
                found += _candidates(part, here)
        case Fraction(top, bottom, _):
            found += _candidates(top, (*path, ("top", None))) + _candidates(bottom, (*path, ("bottom", None)))
        case Fenced(body, _, _):
            found += _candidates(body, (*path, ("body", None)))
        case Scripts(Symbol(), below, _, _) if below is not None:
            letters = below.parts if isinstance(below, Row) else (below,)
            for number, letter in enumerate(letters):
                place: Path = (("below", None), ("parts", number)) if isinstance(below, Row) else (("below", None),)
                if isinstance(letter, Symbol):
                    found.append(((*path, *place), letter, "index"))
    return found


def _put(item: Any, path: Path, new: Layout) -> Any:
    """A layout with something else at a path."""
    if not path:
        return new
    (name, number), rest = path[0], path[1:]
    part = getattr(item, name)
    if number is None:
        return replace(item, **{name: _put(part, rest, new)})
    return replace(item, **{name: (*part[:number], _put(part[number], rest, new), *part[number + 1 :])})
