"""How wide a formula will be on paper, roughly and rather too wide than too narrow."""

from __future__ import annotations

from derive.notation.layout import (
    GREEK,
    Accented,
    Big,
    Box,
    Branches,
    Digits,
    Edge,
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
        case Edge(_, size):
            return _FENCES[size]
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
