"""A file of notes as lines: which of them hold formulas, in which display, under which number."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"\\tag\{([^{}]*)\}")
_NUMBER = re.compile(r"\((\d+)\)")
_INLINE = re.compile(r"(?<!\\)\$([^$]+)\$")
_FRAME = re.compile(r"\\begin\{aligned\}|\\end\{aligned\}|\$\$")


@dataclass(frozen=True)
class Row:
    """One line of a file: ``formulas`` are what it displays; ``left`` is the left side that a continued line belongs to.

    ``number`` is that of its display, or the one that stands beside it. ``inline`` formulas stand in running text.
    """

    place: int
    text: str
    formulas: tuple[str, ...] = ()
    reason: str = ""
    left: str = ""
    number: str = ""
    inline: bool = False

    @property
    def key(self) -> str:
        """What makes two lines the same: everything but spacing."""
        return " ".join(self.text.split())


def rows_of(text: str) -> list[Row]:
    """Every line of a Markdown file."""
    lines = text.splitlines()
    found: list[Row] = []
    start = 0
    while start < len(lines):
        if lines[start].strip() == "$$":
            end = next((n for n in range(start + 1, len(lines)) if lines[n].strip() == "$$"), len(lines))
            found += _display(lines[start : end + 1], start + 1)
            start = end + 1
        else:
            found.append(_running(lines[start], start + 1))
            start += 1
    return found


def _display(lines: list[str], first: int) -> list[Row]:
    number = next((tag.group(1) for line in lines for tag in _TAG.finditer(line)), "")
    found: list[Row] = []
    left = ""
    for place, line in enumerate(lines, first):
        body = _FRAME.sub("", _TAG.sub("", line)).strip()
        body = body.removesuffix(r"\\").strip()
        formula, reason = _parted(body, "&&")
        own, rest = _parted(formula, "&")
        left = own or (left if rest else _parted(formula, "=")[0])
        found.append(Row(place, line, (formula,) if formula else (), reason, left, number))
    return found


def _parted(text: str, mark: str) -> tuple[str, str]:
    """The text before and after a mark that stands in no braces and in no environment."""
    depth = 0
    place = 0
    while place < len(text):
        if text.startswith((r"\begin", "{"), place):
            depth += 1
        elif text.startswith((r"\end{", "}"), place):
            depth -= 1
            if text.startswith(r"\end{", place):
                place = text.index("}", place) if "}" in text[place:] else len(text)
        elif not depth and text.startswith(mark, place):
            return text[:place].strip(), text[place + len(mark) :].strip()
        if text.startswith(r"\begin{", place):
            place = text.index("}", place) if "}" in text[place:] else len(text)
        place += 1
    return text.strip(), ""


def _running(line: str, place: int) -> Row:
    formulas = tuple(match.group(1).strip() for match in _INLINE.finditer(line))
    numbers = _NUMBER.findall(_INLINE.sub("", line))
    return Row(place, line, formulas, number=numbers[-1] if len(numbers) == 1 else "", inline=True)
