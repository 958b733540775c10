"""Lecture notes: documents made from results, and their writers."""

from __future__ import annotations

from derive.notes.build import answers, derivation, document, figure, notes, story
from derive.notes.options import FORMATS, LEVELS, Options
from derive.notes.writers.pdf import compiled

__all__ = ["FORMATS", "LEVELS", "Options", "answers", "compiled", "derivation", "document", "figure", "notes", "story"]
