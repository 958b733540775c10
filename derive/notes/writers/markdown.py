"""Notes as Markdown for GitHub, Jupyter and scripts: displays between ``$$``, formulas in the line between ``$``, numbers as tags."""

from __future__ import annotations

import re
from functools import singledispatch

from derive.notation.latex import escape_math_text, to_latex
from derive.notation.layout import Sign
from derive.notes.document import (
    Algorithm,
    AlgorithmLine,
    Block,
    Boxed,
    Chain,
    Document,
    Figure,
    Items,
    Line,
    Listing,
    Paragraph,
    Section,
    Table,
)
from derive.notes.figures.drawing import Drawing
from derive.words import Code, Math, Reference, Sentence, Strong, Text
from derive.words.catalogue import merged

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|$])")


def markdown(document: Document) -> str:
    """The whole text."""
    sections = "\n\n".join(_section(section) for section in document.sections)
    return f"{head(document)}\n\n{sections}\n"


def head(document: Document) -> str:
    """What stands above the sections."""
    byline = ", ".join(_escaped(line) for line in document.byline)
    return "\n\n".join(text for text in (f"# {inline(document.title)}", inline(document.subtitle), byline) if text)


def _section(section: Section) -> str:
    return "\n\n".join([heading(section), *(block_markdown(block) for block in section.blocks)])


def heading(section: Section) -> str:
    """The title of a section."""
    return f"{'#' * (section.level + 1)} {inline(section.title)}"


def inline(sentence: Sentence) -> str:
    """Running text as Markdown."""
    pieces = []
    for piece in sentence:
        match piece:
            case Text(text):
                pieces.append(_escaped(text))
            case Strong(text):
                pieces.append(f"**{_escaped(text)}**")
            case Code(text):
                pieces.append(f"`{text.replace('`', '')}`")
            case Math(formula, display):
                style = "\\displaystyle " if display else ""
                pieces.append(f"${style}{to_latex(formula)}$")
            case Reference(number):
                pieces.append(f"({number})")
    return "".join(pieces)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def words_in_math(sentence: Sentence) -> str:
    """Running text inside a display: words in text, formulas between them."""
    pieces = []
    for piece in merged([Text(f"({p.number})") if isinstance(p, Reference) else p for p in sentence]):
        match piece:
            case Text(text) | Strong(text) | Code(text):
                pieces.append(f"\\text{{{escape_math_text(text)}}}")
            case Math(formula):
                pieces.append(to_latex(formula))
    return "".join(pieces)


@singledispatch
def block_markdown(block: Block) -> str:
    """A block as Markdown. Raises ``TypeError`` for a block of an unknown kind."""
    raise TypeError(f"no Markdown for {type(block).__name__}")


@block_markdown.register
def _(block: Paragraph) -> str:
    return inline(block.sentence)


@block_markdown.register
def _(block: Items) -> str:
    return "\n".join(f"- {inline(item)}" for item in block.items)


@block_markdown.register
def _(block: Chain) -> str:
    """One display up to each number, since a display carries one tag."""
    displays: list[list[Line]] = [[]]
    for line in block.lines:
        displays[-1].append(line)
        if line.number:
            displays.append([])
    return "\n\n".join(_display(lines) for lines in displays if lines)


def _display(lines: list[Line]) -> str:
    tag = f"\\tag{{{lines[-1].number}}}" if lines[-1].number else ""
    if len(lines) == 1 and not lines[0].reason:
        return f"$$\n{_line(lines[0]).replace('&', '', 1).strip()}{tag}\n$$"
    rows = " \\\\\n".join(_line(line) for line in lines)
    return f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}{tag}\n$$"


def _line(line: Line) -> str:
    left = f"{to_latex(line.left)} " if line.left is not None else ""
    relation = to_latex(Sign(line.relation))
    reason = f" && {words_in_math(line.reason)}" if line.reason else ""
    return f"{left}&{relation} {to_latex(line.right)}{reason}"


@block_markdown.register
def _(block: Table) -> str:
    lines = [block.head, *block.rows]
    rows = [f"| {' | '.join(inline(cell) for cell in line)} |" for line in lines]
    rows.insert(1, f"|{' --- |' * len(block.head)}")
    return "\n".join(rows)


@block_markdown.register
def _(block: Algorithm) -> str:
    lines = "\n".join(f"{number}. {_algorithm_line(line)}" for number, line in enumerate(block.lines, 1))
    return f"{inline(block.title)}\n\n{lines}"


def _algorithm_line(line: AlgorithmLine) -> str:
    number = f" ({line.number})" if line.number else ""
    return f"{'&emsp;&emsp;' * line.depth}{inline(line.sentence)}{number}"


@block_markdown.register
def _(block: Figure) -> str:
    return f"*{alt_text(block.drawing)}*\n\n{inline(block.caption)}"


def alt_text(drawing: Drawing) -> str:
    """What a drawing shows, for those who do not see it."""
    return _escaped(drawing.description)


@block_markdown.register
def _(block: Listing) -> str:
    fence = max((len(run) for run in re.findall(r"`{3,}", block.code)), default=2) + 1
    return f"{'`' * fence}python\n{block.code.rstrip()}\n{'`' * fence}"


@block_markdown.register
def _(block: Boxed) -> str:
    return "\n\n".join(block_markdown(part) for part in block.blocks)
