"""Running text: words with formulas and names in code between them."""

from __future__ import annotations

from dataclasses import dataclass

from derive.notation.layout import Layout


@dataclass(frozen=True)
class Inline:
    """A piece of running text."""


@dataclass(frozen=True)
class Text(Inline):
    """Plain words; every writer escapes them."""

    text: str


@dataclass(frozen=True)
class Math(Inline):
    """A formula in the line; in a table it may have the size of a display."""

    formula: Layout
    display: bool = False


@dataclass(frozen=True)
class Code(Inline):
    """A name in code."""

    text: str


@dataclass(frozen=True)
class Strong(Inline):
    """Words that stand out."""

    text: str


@dataclass(frozen=True)
class Reference(Inline):
    """The number of a formula, pointing to it."""

    number: str


Sentence = tuple[Inline, ...]
