"""Sections of notes that say nothing about every value: numbers of an example, assignments that change what they read, blanks."""

from __future__ import annotations

import re

from derive.words import load as load_words
from derive.words.catalogue import languages

APART = ("prerequisites", "worked", "training", "update", "exercises", "solutions")
"""The anchors of these sections."""

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$", re.MULTILINE)


def without_examples(text: str) -> str:
    """A Markdown text with these sections left blank, in any language that ships; every other line stays where it was."""
    titles = {load_words(language)[f"section.{anchor}"] for language in languages() for anchor in APART}
    headings = list(_HEADING.finditer(text))
    for number, heading in enumerate(headings):
        if heading.group(2) in titles:
            level = len(heading.group(1))
            after = (later.start() for later in headings[number + 1 :] if len(later.group(1)) <= level)
            end = next(after, len(text))
            text = text[: heading.start()] + re.sub(r"[^\n]", " ", text[heading.start() : end]) + text[end:]
    return text
