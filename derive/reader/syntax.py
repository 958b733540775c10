"""What a formula consists of before its names mean anything. ``at`` is the character where a part begins, counted from 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch


@dataclass(frozen=True)
class Syntax:
    """A part of a formula."""

    at: int


@dataclass(frozen=True)
class Literal(Syntax):
    r"""Digits, perhaps with a decimal point, perhaps with ``\dots`` after them."""

    text: str


@dataclass(frozen=True)
class Letter(Syntax):
    r"""A letter, a Greek letter, or one in a style or under an accent, in one spelling: ``w``, ``\delta``, ``\hat{z}``."""

    text: str


@dataclass(frozen=True)
class Word(Syntax):
    """An upright name: log, ReLU."""

    text: str


@dataclass(frozen=True)
class Sign(Syntax):
    """A sign that is no operation by itself: ``partial``, ``nabla``, ``top``."""

    name: str


@dataclass(frozen=True)
class Chain(Syntax):
    """``sides[0] signs[0] sides[1] ...``; a formula without a relation is a chain of one side."""

    sides: tuple[Syntax, ...]
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script(Syntax):
    """What stands below, above or as primes: items separated by commas; ``entrywise`` after ``odot``."""

    items: tuple[Chain, ...]
    entrywise: bool = False


@dataclass(frozen=True)
class Scripted(Syntax):
    """A part with what stands below and above it, and its primes."""

    base: Syntax
    below: Script | None
    above: Script | None
    primes: int


@dataclass(frozen=True)
class Group(Syntax):
    """Items between ``(``, ``[``, ``{`` or, for angle brackets, ``<``."""

    fence: str
    items: tuple[Chain, ...]


@dataclass(frozen=True)
class Fence(Syntax):
    """``body`` between bars: ``norm`` or ``absolute``."""

    name: str
    body: Syntax


@dataclass(frozen=True)
class Fraction(Syntax):
    """``top`` over ``bottom``."""

    top: Syntax
    bottom: Syntax


@dataclass(frozen=True)
class Root(Syntax):
    """The square root of ``body``."""

    body: Syntax


@dataclass(frozen=True)
class Terms(Syntax):
    """Terms with the sign before each."""

    signs: tuple[str, ...]
    terms: tuple[Syntax, ...]


@dataclass(frozen=True)
class Entrywise(Syntax):
    """Parts multiplied (``*``) or divided (``/``) entry by entry, or all with all (``x``); signs stand before the second part, ..."""

    signs: tuple[str, ...]
    parts: tuple[Syntax, ...]


@dataclass(frozen=True)
class Factors(Syntax):
    """Factors side by side; ``signs`` are ``*`` or ``/`` before the second factor, the third, ..."""

    signs: tuple[str, ...]
    factors: tuple[Syntax, ...]


@dataclass(frozen=True)
class Big(Syntax):
    """``sum`` or ``max`` over what stands below, of all that follows."""

    name: str
    below: Script | None
    above: Script | None
    body: Syntax


@dataclass(frozen=True)
class CasesOf(Syntax):
    """Rows of a value and its condition; None where it says otherwise. ``words`` is the text in each condition."""

    rows: tuple[tuple[Syntax, tuple[Chain, ...] | None], ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridOf(Syntax):
    """A matrix written out."""

    rows: tuple[tuple[Syntax, ...], ...]


@singledispatch
def text_of(value: Syntax) -> str:
    """A spelling by which marks of layers and names of sizes are looked up."""
    return "?"


@text_of.register(Literal)
@text_of.register(Letter)
@text_of.register(Word)
def _(value: Literal | Letter | Word) -> str:
    return value.text


@text_of.register
def _(value: Sign) -> str:
    return value.name


@text_of.register
def _(value: Chain) -> str:
    sides = tuple(text_of(side) for side in value.sides)
    return sides[0] + "".join(sign + side for sign, side in zip(value.signs, sides[1:], strict=True))


@text_of.register
def _(value: Script) -> str:
    return ("odot" if value.entrywise else "") + ",".join(text_of(item) for item in value.items)


@text_of.register
def _(value: Scripted) -> str:
    below = f"_{text_of(value.below)}" if value.below else ""
    above = f"^{text_of(value.above)}" if value.above else ""
    return f"{text_of(value.base)}{chr(39) * value.primes}{below}{above}"


@text_of.register
def _(value: Group) -> str:
    inside = ",".join(text_of(item) for item in value.items)
    return inside if value.fence == "{" else f"({inside})"


@text_of.register
def _(value: Terms) -> str:
    written = "".join(sign + text_of(term) for sign, term in zip(value.signs, value.terms, strict=True))
    return written.removeprefix("+")


@text_of.register
def _(value: Factors) -> str:
    return "".join(text_of(factor) for factor in value.factors)
