"""Forward and backward pass, training loops and update rules."""

from __future__ import annotations

from derive.notes.algorithms import backward_algorithm, forward_algorithm
from derive.notes.document import Block, Paragraph, Section
from derive.notes.figures.surface import surface_figure
from derive.notes.story import Story
from derive.notes.training import gradient_of_total, training_algorithms
from derive.notes.update_rules import update_rules
from derive.words import Text


def algorithms(story: Story) -> tuple[Section, ...]:
    """Forward and backward pass; then what uses them."""
    after = story.say("algorithm.after")
    if story.has_batch:
        numbers = tuple(f"({r.number})" for r in story.results.of_batch)
        after = (*after, Text(" "), *story.say("algorithm.batch", numbers=f"{numbers[0]}-{numbers[-1]}"))
    blocks: tuple[Block, ...] = (forward_algorithm(story), backward_algorithm(story), Paragraph(after))
    return (Section(story.say("section.algorithms"), "algorithms", blocks), _training(story), *_rules(story))


def _training(story: Story) -> Section:
    """The loops that use the gradient."""
    blocks: list[Block] = [Paragraph(story.say("training.apart")), *training_algorithms(story)]
    if story.has_batch:
        blocks.append(Paragraph(story.say("training.between")))
    map_of_loss = surface_figure(story) if story.options.level != "brief" else None
    blocks += [map_of_loss] if map_of_loss is not None else []
    return Section(story.say("section.training"), "training", tuple(blocks), 2)


def _rules(story: Story) -> tuple[Section, ...]:
    """What a loop may do with the gradient; not in brief notes."""
    if story.options.level == "brief":
        return ()
    return (Section(story.say("section.update"), "update", update_rules(story, gradient_of_total(story)), 2),)
