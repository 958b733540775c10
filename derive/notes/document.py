"""What notes consist of, whatever they are written as: HTML, LaTeX or Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from derive.notation.layout import Layout
from derive.notes.figures.drawing import Drawing
from derive.words import Sentence


@dataclass(frozen=True)
class Block:
    """A part of a section."""


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text."""

    sentence: Sentence


@dataclass(frozen=True)
class Items(Block):
    """A list, with dots."""

    items: tuple[Sentence, ...]


@dataclass(frozen=True)
class Line:
    """``left relation right`` with the reason beside it; without ``left`` it continues the line above.

    ``number`` is shown in brackets; it is what references point to unless the line only ``repeats`` it. ``finer`` lines lead from the
    line above to this one, ``finest`` is the reason below them; where a page can be unfolded they are there, else they are left out.
    """

    left: Layout | None
    right: Layout
    reason: Sentence = ()
    number: str | None = None
    relation: str = "="
    repeats: bool = False
    finer: tuple[Line, ...] = ()
    finest: Sentence = ()


@dataclass(frozen=True)
class Chain(Block):
    """Lines aligned at their relations."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table(Block):
    """Rows under a head; cells are running text."""

    head: tuple[Sentence, ...]
    rows: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True)
class AlgorithmLine:
    """One line, ``depth`` loops deep; ``number`` is that of the formula it computes."""

    sentence: Sentence
    depth: int = 0
    number: str | None = None


@dataclass(frozen=True)
class Algorithm(Block):
    """Numbered lines with loops, under a title."""

    title: Sentence
    lines: tuple[AlgorithmLine, ...]


@dataclass(frozen=True)
class Figure(Block):
    """A drawing with its caption."""

    drawing: Drawing
    caption: Sentence


@dataclass(frozen=True)
class Listing(Block):
    """The text of a program in Python; numbers of formulas in its comments point to them."""

    code: str


@dataclass(frozen=True)
class Boxed(Block):
    """What to remember: blocks in a frame."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A heading, its anchor and its blocks; ``level`` 1 is a section, 2 a subsection."""

    title: Sentence
    anchor: str
    blocks: tuple[Block, ...]
    level: int = 1


@dataclass(frozen=True)
class Document:
    """A title, a line below it and the sections; ``byline`` holds the author and the date where they are known.

    ``language`` is the code of a language, empty for words of the reader's own; ``name`` is a short name without spaces, for labels.
    """

    title: Sentence
    subtitle: Sentence
    sections: tuple[Section, ...]
    language: str = "en"
    byline: tuple[str, ...] = ()
    name: str = "notes"
    definitions: tuple[str, ...] = ()
