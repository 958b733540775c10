"""How wide a formula will be on paper, roughly and rather too wide than too narrow; and where a long one may be broken."""

from __future__ import annotations

from itertools import pairwise

from derive.notation.layout import (
    GREEK,
    Accented,
    Big,
    Box,
    Branches,
    Digits,
    Fenced,
    Fraction,
    Gap,
    Grid,
    Layout,
    Macro,
    Named,
    Root,
    Row,
    Scripts,
    Sign,
    Symbol,
    Words,
)
from derive.words import Code, Math, Reference, Sentence, Strong, Text

_SCRIPT = 0.74
_FENCES = (0.4, 0.47, 0.61, 0.75)
_GAPS = {"thin": 0.17, "medium": 0.28, "quad": 1.0}
_RELATIONS = ("=", "<", ">", "<=", ">=", "!=", "approx", "leftarrow", "in")
_BINARY = ("+", "-", "cdot", "odot", "circ", "times", "oslash")
_WIDE_LETTERS = "mwMWABCDEGHKNOQRUVXYZ"


def width(item: Layout) -> float:
    """The width of a displayed formula in em."""
    match item:
        case Row(parts):
            return sum(width(part) for part in parts)
        case Symbol(name, _):
            return _letter_width(name)
        case Digits(digits):
            return 0.51 * len(digits)
        case Sign(name):
            return 1.35 if name in _RELATIONS else 1.25 if name in _BINARY else 0.45
        case Named(name):
            return 0.56 * len(name) + 0.17
        case Words(text):
            return 0.5 * len(text)
        case Gap(name):
            return _GAPS[name]
        case Scripts(base, below, above, primes):
            scripts = max(width(below) if below else 0, (width(above) if above else 0) + 0.3 * primes)
            return width(base) + _SCRIPT * scripts + 0.05
        case Fraction(top, bottom, small):
            return (_SCRIPT if small else 1) * max(width(top), width(bottom)) + 0.25
        case Root(body):
            return width(body) + 0.85
        case Big(_, below, above):
            return max(1.5, *(_SCRIPT * width(limit) for limit in (below, above) if limit is not None), 0) + 0.17
        case Fenced(body, _, size):
            return width(body) + 2 * _FENCES[size]
        case Branches(rows):
            return max(width(value) for value, _ in rows) + max(width(condition) for _, condition in rows) + 2.4
        case Grid(rows):
            columns = zip(*rows, strict=True)
            return sum(max(width(cell) for cell in column) + 1 for column in columns) + 0.6
        case Accented(body, _):
            return width(body)
        case Macro(_, body):
            return width(body)
        case Box(body):
            return width(body) + 0.7
    raise TypeError(f"no width for {type(item).__name__}")


def _letter_width(name: str) -> float:
    if name in ("partial", "nabla") or len(name) == 1:
        return 0.85 if name in _WIDE_LETTERS else 0.6
    return (0.8 if name[0].isupper() else 0.65) if name in GREEK else 0.55 * len(name)


def tallness(item: Layout) -> float:
    """The height of a displayed formula, in lines of text."""
    match item:
        case Row(parts):
            return max((tallness(part) for part in parts), default=1.0)
        case Scripts(base, _, _, _):
            return tallness(base) + 0.15
        case Fraction(top, bottom, small):
            return (_SCRIPT if small else 1) * (tallness(top) + tallness(bottom)) + 0.2
        case Root(body) | Accented(body, _) | Fenced(body, _, _) | Box(body):
            return tallness(body) + 0.1
        case Big(_, below, above):
            return 1.5 + sum(0.75 for limit in (below, above) if limit is not None)
        case Branches(rows):
            return sum(max(1.2, tallness(value)) for value, _ in rows)
        case Grid(rows):
            return sum(max(1.2, *(_SCRIPT * tallness(cell) + 0.3 for cell in cells)) for cells in rows)
        case _:
            return 1.0


def sentence_width(sentence: Sentence) -> float:
    """The width of running text on one line, in em."""
    total = 0.0
    for piece in sentence:
        match piece:
            case Text(text) | Strong(text):
                total += 0.46 * len(text)
            case Code(text):
                total += 0.53 * len(text)
            case Math(formula, display):
                total += width(formula) * (1 if display else 0.85)
            case Reference(number):
                total += 0.5 * len(number) + 0.8
    return total


_SIDES, _TERMS = ("=", "approx"), ("+", "-", "odot")
"""Where a long formula breaks first, and where else before its factors."""
_CROSS = Sign("times")
"""What a line begins with that goes on with a factor."""


def broken(item: Layout, limit: float) -> tuple[Layout, ...]:
    """A formula in lines of at most ``limit`` em where its outermost terms or factors allow it."""
    if width(item) <= limit or not isinstance(item, Row):
        return (item,)
    is_product = not (_before(item.parts, _SIDES) or _before(item.parts, _TERMS))
    if is_product and any(width(group) > limit for group in _groups(item)):
        return broken(_opened(item), limit)
    lines: list[list[Layout]] = [[]]
    for piece in _pieces(item.parts):
        if lines[-1] and sum(map(width, (*lines[-1], *piece))) > limit:
            lines.append([])
        lines[-1] += (Gap("thin"), *piece[1:]) if lines[-1] and piece[0] == _CROSS else piece
    if len(lines) == 1:
        opened = _opened(item)
        return broken(opened, limit) if opened is not item else (item,)
    return tuple(part for line in lines for part in broken(Row(tuple(line)), limit))


def _opened(item: Row) -> Row:
    """A row with its widest group in parentheses as parts of the row itself, so that a line may end inside."""
    groups = _groups(item)
    if not groups:
        return item
    widest = max(groups, key=width)
    place = item.parts.index(widest)
    assert isinstance(widest.body, Row)
    return Row((*item.parts[:place], Sign("("), *widest.body.parts, Sign(")"), *item.parts[place + 1 :]))


def _groups(item: Row) -> list[Fenced]:
    """What stands in parentheses in a row."""
    return [part for part in item.parts if type(part) is Fenced and part.fence == "(" and isinstance(part.body, Row)]


def _pieces(parts: tuple[Layout, ...]) -> list[tuple[Layout, ...]]:
    """The sides of relations; else the terms with the signs before them; a single term in its factors, later ones after a cross."""
    starts = _before(parts, _SIDES) or _before(parts, _TERMS)
    if not starts:
        starts = [n for n, part in enumerate(parts) if n and isinstance(part, Gap) and not _is_operator(parts[n - 1])]
        if not starts:
            return [parts]
        ends = [*starts[1:], len(parts)]
        return [parts[: starts[0]], *((_CROSS, *parts[a + 1 : b]) for a, b in zip(starts, ends, strict=True))]
    bounds = [0, *starts, len(parts)]
    return [parts[a:b] for a, b in pairwise(bounds)]


def _is_operator(item: Layout) -> bool:
    """Whether this is a derivative of what stands behind it, so that no line may end between them."""
    return isinstance(item, Fraction) and item.top == Symbol("partial", "upright")


def _before(parts: tuple[Layout, ...], names: tuple[str, ...]) -> list[int]:
    """Where one of these signs stands, but not as the first part."""
    return [number for number, part in enumerate(parts) if number and isinstance(part, Sign) and part.name in names]
