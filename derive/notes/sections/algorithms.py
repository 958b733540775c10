"""Forward and backward pass as algorithms."""

from __future__ import annotations

from derive.notes.algorithms import backward_algorithm, forward_algorithm
from derive.notes.document import Block, Paragraph, Section
from derive.notes.story import Story
from derive.words import Text


def algorithms(story: Story) -> tuple[Section, ...]:
    """Forward and backward pass."""
    after = story.say("algorithm.after")
    if story.has_batch:
        numbers = tuple(f"({r.number})" for r in story.results.of_batch)
        after = (*after, Text(" "), *story.say("algorithm.batch", numbers=f"{numbers[0]}-{numbers[-1]}"))
    blocks: tuple[Block, ...] = (forward_algorithm(story), backward_algorithm(story), Paragraph(after))
    return (Section(story.say("section.algorithms"), "algorithms", blocks),)
