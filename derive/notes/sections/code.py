"""The emitted module, and what runs to check it."""

from __future__ import annotations

from derive.notes.document import Block, Listing, Paragraph, Section
from derive.notes.story import Story

_KEYS = ("code.module", "code.selftest", "code.differences")


def code(story: Story) -> tuple[Section, ...]:
    """The module and, in a notebook, its checks; nothing where no code was given."""
    if not story.code:
        return ()
    blocks: list[Block] = []
    for key, text in zip(_KEYS, story.code, strict=False):
        blocks += [Paragraph(story.say(key)), Listing(text)]
    return (Section(story.say("section.code"), "code", tuple(blocks)),)
