"""How large the syntax of a formula may be: what is done with it goes down into its parts, and tries several meanings of each letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from derive.reader.syntax import Chain, Letter, Syntax
from derive.reader.tokens import refuse

DEEPEST_SYNTAX, MOST_LETTERS = 60, 500
"""Formulas of the longest notes are 22 deep and have 130 letters on a side."""


def check_size(chain: Chain) -> Chain:
    """The chain itself. Raises ``InputError`` where it is nested too deeply or where a side has too many letters."""
    for side in chain.sides:
        letters, level = 0, [side]
        for _ in range(DEEPEST_SYNTAX):
            letters += sum(isinstance(part, Letter) for part in level)
            level = [inner for part in level for inner in _inside(part)]
            if not level:
                break
        if level:
            refuse(level[0].at, f"nested too deeply; the limit is {DEEPEST_SYNTAX} levels")
        if letters > MOST_LETTERS:
            refuse(side.at, f"{letters} letters in a formula; the limit is {MOST_LETTERS}")
    return chain


def _inside(part: Any) -> Iterator[Syntax]:
    """The parts directly inside a part."""
    values = (getattr(part, field.name) for field in fields(part)) if isinstance(part, Syntax) else part
    for value in values:
        if isinstance(value, Syntax):
            yield value
        elif isinstance(value, tuple):
            yield from _inside(value)
