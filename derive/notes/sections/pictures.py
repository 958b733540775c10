"""Both passes in pictures."""

from __future__ import annotations

from derive.notes.document import Block, Paragraph, Section
from derive.notes.figures.computation import computation_figure
from derive.notes.figures.edge import edge_figure
from derive.notes.figures.flow import flow_figure
from derive.notes.story import Story


def pictures(story: Story) -> tuple[Section, ...]:
    """The flow of outputs and deltas, one edge from close, and the computational graph; nothing in brief notes."""
    if story.options.level == "brief":
        return ()
    flow = flow_figure(story, story.layers) if story.layers is not None else None
    figures = [figure for figure in (flow, edge_figure(story), computation_figure(story)) if figure is not None]
    if not figures:
        return ()
    blocks: tuple[Block, ...] = (Paragraph(story.say("pictures.intro")), *figures)
    return (Section(story.say("section.pictures"), "pictures", blocks),)
