"""How high blocks will be on paper, in lines of text, roughly: what decides where a page ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from derive.notes.document import Algorithm, Block, Boxed, Chain, Figure, Items, Line, Listing, Paragraph, Table
from derive.notes.measure import sentence_width, tallness, width
from derive.words import Math, Sentence

_CENTIMETRES = 0.42
"""The height of a line of text at 10 pt."""


@dataclass(frozen=True)
class Heights:
    """The heights of blocks on a paper whose lines are ``width`` em wide and whose figures are at most ``figure`` cm high.

    Formulas wider than ``beside`` em have their reason below, others beside them in a column of ``column`` em.
    """

    width: float
    figure: float
    beside: float
    column: float

    def block(self, block: Block) -> float:
        """The height of a block with the space around it."""
        match block:
            case Paragraph(sentence):
                return _wrapped(sentence, self.width) + 0.4
            case Items(items):
                return sum(map(self.item, items)) + 0.5
            case Chain(lines):
                return sum(map(self.line, lines)) + 1.2
            case Table(_, rows):
                return sum(map(self.row, rows)) + 2.0
            case Algorithm(_, lines):
                return sum(self.row((line.sentence,)) for line in lines) + 2.5
            case Figure(drawing, _):
                return min(drawing.height, self.figure) / _CENTIMETRES + 2.0
            case Boxed(blocks):
                return sum(map(self.block, blocks)) + 1.0
            case Listing(code):
                return 0.8 * len(code.splitlines())
        return 1.0

    def item(self, item: Sentence) -> float:
        """The height of an item of a list."""
        return _wrapped(item, self.width - 2) + 0.3

    def line(self, line: Line) -> float:
        """The height of a line of a derivation with the space above it; a long formula is broken and has its reason below."""
        own = width(line.right)
        broken_in = max(1, ceil(own / (self.width - 6)))
        tall = max(tallness(line.right), tallness(line.left) if line.left is not None else 0.0)
        below = bool(line.reason) and own > self.beside
        beside = 0.95 * _wrapped(line.reason, self.column) if line.reason and not below else 0.0
        return max(tall * broken_in, beside) + 0.3 + (1.3 if below else 0.0)

    def row(self, row: Sequence[Sentence]) -> float:
        """The height of a row of a table."""
        formulas = [piece for cell in row for piece in cell if isinstance(piece, Math)]
        tall = max((tallness(piece.formula) * (1.0 if piece.display else 0.75) for piece in formulas), default=1.0)
        return max(1.0, tall, _wrapped(max(row, key=sentence_width), self.column - 1) if len(row) > 1 else 0.0) + 0.35


def _wrapped(sentence: Sentence, line: float) -> float:
    return float(max(1, ceil(sentence_width(sentence) / line)))
