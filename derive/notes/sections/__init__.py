"""The sections of the notes, each a function of the story; a new section is a file here and a name in ``SECTIONS``."""

from __future__ import annotations

from collections.abc import Callable

from derive.notes.document import Section
from derive.notes.sections.algorithms import algorithms
from derive.notes.sections.batch import batch
from derive.notes.sections.beside import beside
from derive.notes.sections.code import code
from derive.notes.sections.conventions import symbols
from derive.notes.sections.effort import effort
from derive.notes.sections.explicit import explicit
from derive.notes.sections.network import network
from derive.notes.sections.one_pattern import activations, backward, forward, loss
from derive.notes.sections.pictures import pictures
from derive.notes.sections.prerequisites import prerequisites
from derive.notes.sections.slips import slips
from derive.notes.sections.summary import summary
from derive.notes.sections.worked import worked
from derive.notes.story import Story

SECTIONS: tuple[Callable[[Story], tuple[Section, ...]], ...] = (
    network,
    symbols,
    activations,
    forward,
    loss,
    prerequisites,
    backward,
    pictures,
    explicit,
    worked,
    batch,
    summary,
    beside,
    algorithms,
    effort,
    slips,
    code,
)
"""In the order in which they are read; each gives no section, one, or a section with its subsections."""


BRIEFLY_WITHOUT = (explicit, summary)
"""What only repeats results is left out where results are all that is shown."""


def sections(story: Story) -> tuple[Section, ...]:
    """All sections of the notes, at the level asked for."""
    left_out = BRIEFLY_WITHOUT if story.options.level == "brief" else ()
    return tuple(section for make in SECTIONS if make not in left_out for section in make(story))
