"""Every sentence of the notes, by key: no sentence stands in code."""

from __future__ import annotations

from derive.words.catalogue import Words, languages, load
from derive.words.inline import Code, Inline, Math, Reference, Sentence, Strong, Text

__all__ = ["Code", "Inline", "Math", "Reference", "Sentence", "Strong", "Text", "Words", "languages", "load"]
