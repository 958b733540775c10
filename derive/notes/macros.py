"""Symbols by commands of the reader's own, in notes that are LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from derive.notation.latex import to_latex
from derive.notation.layout import Layout, Macro
from derive.notation.profile import Notation
from derive.notes.document import Document

Part = TypeVar("Part")


def with_macros(document: Document, notation: Notation) -> Document:
    """The document with each symbol of ``[macros]`` by its command, and their definitions; as it is where there are none."""
    if not notation.macros:
        return document
    commands = {notation.symbols[role]: Macro(command, notation.symbols[role]) for role, command in notation.macros.items()}
    definitions = tuple(f"\\providecommand{{\\{own.command}}}{{{to_latex(own.body)}}}" for own in commands.values())
    return replace(replaced(document, commands), definitions=definitions)


def replaced(item: Part, commands: Mapping[Layout, Macro]) -> Part:
    """Any part of a document with symbols in the place of others."""
    changed: Any = item
    if isinstance(item, Layout) and item in commands:
        changed = commands[item]
    elif isinstance(item, tuple):
        changed = tuple(replaced(part, commands) for part in item)
    elif is_dataclass(item) and not isinstance(item, type):
        values = {own.name: getattr(item, own.name) for own in fields(item)}
        new = {name: replaced(value, commands) for name, value in values.items() if isinstance(value, tuple) or is_dataclass(value)}
        changed = replace(item, **new) if any(new[name] is not values[name] for name in new) else item
    return changed
