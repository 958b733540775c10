"""What to remember, in boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.notation.layout import Sign, row
from derive.notes.chains import short_chain, short_forms
from derive.notes.document import Block, Boxed, Chain, Line, Paragraph, Section, Table
from derive.notes.measure import width
from derive.notes.story import Story
from derive.results import Result
from derive.words import Math, Reference, Sentence

_BESIDE = 30.0
"""Index form and matrix form stand side by side up to this width, in em."""


def summary(story: Story) -> tuple[Section, ...]:
    """What to remember, in boxes: for one pattern and for a batch."""
    pattern = Boxed((Paragraph(story.say("summary.intro")), _summary(story, story.results.of_pattern)))
    if not story.has_batch:
        return (Section(story.say("section.summary"), "summary", (Boxed(pattern.blocks[1:]),)),)
    batch = Boxed((Paragraph(story.say("summary.batch")), _summary(story, story.results.of_batch)))
    return (Section(story.say("section.summary"), "summary", (pattern, batch)),)


def _summary(story: Story, results: Sequence[Result]) -> Block:
    """Index forms and matrix forms side by side where they fit on a line, else under each other."""
    forms = [(result, entry, matrix) for result in results for entry, matrix in short_forms(story, result)]
    rows = [
        tuple(Math(row(line.left, Sign("="), line.right), True) for line in (entry, *matrix) if line.left) for _, entry, matrix in forms
    ]
    widest = [max((width(cells[n].formula) for cells in rows if len(cells) > n), default=0.0) for n in range(2)]
    if sum(widest) > _BESIDE:
        lines = (line for result in results for line in short_chain(story, result).lines)
        return Chain(tuple(replace(line, repeats=True) for line in lines))
    head = tuple(story.say(f"table.{key}") for key in ("entries", "matrices", "layers", "number"))
    table = []
    for (result, entry, _), cells in zip(forms, rows, strict=True):
        where: Sentence = tuple(piece for piece in entry.reason if isinstance(piece, Math))
        table.append(((cells[0],), cells[1:], where, (Reference(str(result.number)),)))
    return Table(head, tuple(table))


def _cell(line: Line) -> Math:
    assert line.left is not None
    return Math(row(line.left, Sign("="), line.right), True)
