"""The formulas of a Markdown file: rows of displays, formulas in lines that carry a number, formulas in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DISPLAY, NUMBERED, PROSE = "display", "numbered", "prose"

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.DOTALL | re.MULTILINE)
_DISPLAY = re.compile(r"\$\$(.*?)(\$\$|\Z)", re.DOTALL)
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_OUTER = re.compile(r"\\(?:begin|end)\{(?:aligned|align\*?|alignedat|split|gathered|gather\*?|equation\*?)\}")
_PIECE = re.compile(r"\\\\(?:\s*\[[^\]]*\])?|\\begin\{[^}]*\}|\\end\{[^}]*\}|\\.|[{}&]", re.DOTALL)
_SHOWN = re.compile(r"\$\\displaystyle\s(.*?)\$")
_INLINE = re.compile(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$")
_NUMBER = re.compile(r"\((\d+)\)\s*\|?\s*$")
_TEXT = re.compile(r"\\text\{(?:[^{}]|\{[^{}]*\})*\}")


@dataclass(frozen=True)
class Row:
    """One relation as it stands in a file.

    ``formula`` is ``left = right``, or ``= right`` where it continues the row above it; ``left`` is what the chain begins with.
    ``beside`` are the formulas in the reason beside it, or in the running text; ``number`` is that of its display or line.
    """

    line: int
    kind: str
    formula: str
    left: str = ""
    beside: tuple[str, ...] = ()
    number: str | None = None
    display: int = 0
    fault: str = ""

    @property
    def key(self) -> str:
        """What two rows share if they say the same."""
        return f"{self.kind} {squeezed(self.formula)} {' '.join(self.beside) if self.kind == PROSE else ''}"

    @property
    def whole(self) -> str:
        """The formula with its left side."""
        return f"{self.left} {self.formula}" if self.formula.startswith("=") else self.formula


def squeezed(text: str) -> str:
    """Without spaces."""
    return re.sub(r"\s+", "", text)


def rows_of(text: str) -> tuple[Row, ...]:
    """Every row of a Markdown text, from top to bottom."""
    bare = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    found: list[Row] = []
    for number, match in enumerate(_DISPLAY.finditer(bare), 1):
        found += _rows_of_display(bare, match, number)
    hidden = _DISPLAY.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), bare)
    for line, content in enumerate(hidden.split("\n"), 1):
        found += _rows_of_line(content, line)
    return tuple(sorted(found, key=lambda row: row.line))


def _rows_of_display(text: str, match: re.Match[str], number: int) -> Iterator[Row]:
    content = match.group(1)
    first = match.start(1)
    if not match.group(2):
        yield Row(_line(text, match.start()), DISPLAY, squeezed(content)[:80], display=number, fault="the display is not closed with $$")
        return
    tags = _TAG.findall(content)
    for pattern in (_TAG, _OUTER):
        content = pattern.sub(lambda found: " " * len(found.group()), content)
    left = ""
    for start, piece in _cut(content, newrow=True):
        cells = [cell for _, cell in _cut(piece, newrow=False)]
        formula = " ".join(cell.strip() for cell in cells[:2]).strip()
        if not formula:
            continue
        if not formula.startswith("="):
            left = formula.partition("=")[0].strip() if len(cells) < 2 else cells[0].strip()
        at = first + start + len(piece) - len(piece.lstrip())
        beside = tuple(formula for cell in cells[2:] for formula in _formulas_between_words(cell))
        yield Row(_line(text, at), DISPLAY, formula, left, beside, tags[0].strip() if tags else None, number)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _cut(text: str, newrow: bool) -> Iterator[tuple[int, str]]:
    """The pieces between row ends, or between ampersands, outside braces and environments; with the place where each begins."""
    depth = start = 0
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece == "{" or piece.startswith("\\begin"):
            depth += 1
        elif piece == "}" or piece.startswith("\\end"):
            depth -= 1
        elif depth == 0 and (piece.startswith("\\\\") if newrow else piece == "&"):
            yield start, text[start : match.start()]
            start = match.end()
    yield start, text[start:]


def _formulas_between_words(reason: str) -> Iterator[str]:
    """The formulas of a reason, the words in text left out."""
    for piece in _TEXT.split(reason):
        if squeezed(piece):
            yield squeezed(piece)


def _rows_of_line(content: str, line: int) -> Iterator[Row]:
    """Formulas in the size of a display on a line that carries a number, or the other formulas of the line."""
    number = _NUMBER.search(content)
    shown = _SHOWN.findall(content)
    rest = tuple(squeezed(formula) for formula in _INLINE.findall(_SHOWN.sub("", content)))
    if not shown and rest:
        yield Row(line, PROSE, _words(content), beside=rest)
    for place, formula in enumerate(shown):
        left = re.split(r"=|\\leftarrow", formula, maxsplit=1)[0].strip()
        yield Row(line, NUMBERED, formula, left, rest if not place else (), number.group(1) if number else None)


def _words(content: str) -> str:
    """The running text with its formulas left out."""
    return _INLINE.sub("$", content)
