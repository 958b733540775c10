"""Lecture notes: documents made from results, and their writers."""

from __future__ import annotations

from derive.notes.build import FORMATS, derivation, document, figure, notes

__all__ = ["FORMATS", "derivation", "document", "figure", "notes"]
