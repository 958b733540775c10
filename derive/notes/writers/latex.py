"""Blocks as LaTeX, for every kind of paper: article, fragment and slides."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import count

from derive.notation.latex import escape_latex, to_latex
from derive.notation.layout import Layout, Row, Sign, height, row
from derive.notes.breaking import broken
from derive.notes.document import Algorithm, AlgorithmLine, Block, Boxed, Chain, Figure, Items, Line, Listing, Paragraph, Section, Table
from derive.notes.figures.tikz import tikz
from derive.notes.measure import sentence_width, width
from derive.notes.writers.heights import Heights
from derive.words import Code, Math, Reference, Sentence, Strong, Text

_MOST_BOXED, _MOST_ROWS = 22, 14
_HEADING, _WHOLE, _BROKEN, _SHORT = 3.0, 20.0, 9.0, 4.0
"""In lines: a heading; groups up to a height that stay whole; how much of a higher one must fit; what never needs room made for it."""
_INDENT, _NUMBER, _GAP, _SHORTEST, _LONGEST = 1.5, 2.4, 1.2, 10.0, 20.0
_AFTER = 6.0
"""What may stand behind a formula of an algorithm, in em."""
_MARKS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u0327": "c ", "\u030c": "v ", "\u030a": "r "}
_LETTERS = {"\u00a0": "nobreakspace", "æ": "ae", "œ": "oe", "Æ": "AE", "Œ": "OE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}


@dataclass(frozen=True)
class Paper:
    """What a kind of document allows.

    ``line`` is the width of a line of text in em; labels begin with ``prefix``; ``linked`` papers load hyperref, ``long`` ones longtable;
    no figure is higher than ``figure`` or wider than ``wide`` cm; ``heights`` tell where a page ends; the lines of a chain appear one
    after the other from overlay ``first`` on, if it is given.
    """

    line: float
    prefix: str = ""
    linked: bool = True
    long: bool = True
    figure: float = 20.0
    wide: float = 16.0
    heights: Heights | None = None
    first: int | None = None

    def label(self, number: str) -> str:
        return f"{self.prefix}eq:{number}"

    def narrower(self, by: float) -> Paper:
        return replace(self, line=self.line - by)


def ascii_latex(text: str) -> str:
    """LaTeX with its accented letters as commands."""
    return "".join(c if c < "\x80" else _letter(c) for c in text)


def _letter(letter: str) -> str:
    if letter in _LETTERS:
        return f"\\{_LETTERS[letter]}{{}}"
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[1] in _MARKS and parts[0] < "\x80":
        base = f"\\{parts[0]}" if parts[0] in "ij" and parts[1] != "\u0327" else parts[0]
        return f"\\{_MARKS[parts[1]]}{{{base}}}"
    return "?"


def _breakable(text: str) -> str:
    """Words in which a line may end after an underscore."""
    return escape_latex(text).replace("\\_", "\\_\\allowbreak{}")


def inline(sentence: Sentence, paper: Paper, *, heading: bool = False) -> str:
    """Running text as LaTeX; formulas in headings get a plain form for bookmarks."""
    pieces = []
    for piece in sentence:
        match piece:
            case Text(text):
                pieces.append(escape_latex(text) if heading else _breakable(text))
            case Strong(text):
                pieces.append(f"\\textbf{{{escape_latex(text)}}}")
            case Code(text):
                shown = escape_latex(text) if heading else _breakable(text).replace("-", "-\\allowbreak{}")
                pieces.append(f"\\texttt{{{shown}}}")
            case Math(formula, display):
                style = "\\displaystyle " if display else ""
                math = f"${style}{to_latex(formula)}$"
                pieces.append(f"\\texorpdfstring{{{math}}}{{}}" if heading and paper.linked else math)
            case Reference(number):
                label = paper.label(number)
                pieces.append(f"\\hyperref[{label}]{{({number})}}" if paper.linked else f"\\eqref{{{label}}}")
    return "".join(pieces)


def plain(sentence: Sentence) -> str:
    """Running text without formulas, escaped: for titles of files."""
    return escape_latex("".join(piece.text for piece in sentence if isinstance(piece, Text | Strong | Code)))


def section_latex(section: Section, paper: Paper) -> str:
    """A heading and its blocks."""
    command = "section" if section.level == 1 else "subsection"
    title = f"\\{command}{{{inline(section.title, paper, heading=True)}}}\n\\label{{{paper.prefix}sec:{section.anchor}}}"
    groups = _groups(section.blocks)
    space = _room(groups[0], paper, _HEADING) if groups else ""
    return space + title + blocks_latex(section.blocks, paper, opened=True)


def blocks_latex(blocks: Sequence[Block], paper: Paper, *, opened: bool = False) -> str:
    """Blocks one after the other; a display goes on with the paragraph before it, so that no empty line stands above it.

    ``opened`` says that the page has room for the first of them.
    """
    text = ""
    for place, group in enumerate(_groups(blocks)):
        space = "" if opened and not place else _room(group, paper)
        for number, block in enumerate(group):
            if not isinstance(block, Chain):
                text += "\n\n" + space
            elif number or (place and not space):
                text += "\n"
            else:
                text += f"\n\n{space}\\vspace{{-1.3\\baselineskip}}\n"
            text += block_latex(block, paper)
            space = ""
    return text


def _groups(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks that stand together: paragraphs with the display, table or figure that they open."""
    groups: list[list[Block]] = []
    for block in blocks:
        opens = bool(groups) and isinstance(groups[-1][-1], Paragraph)
        if opens and isinstance(block, Paragraph | Chain | Table | Figure | Items):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _room(group: Sequence[Block], paper: Paper, more: float = 0.0) -> str:
    """Where too little of the page is left for a group, the page ends before it; of a long group, only a part must fit."""
    if paper.heights is None:
        return ""
    high = sum(map(paper.heights.block, group))
    broken = isinstance(group[-1], Chain | Table | Items)
    needed = min(high, _BROKEN if broken else _WHOLE) if high > _WHOLE else high
    short = len(group) == 1 and high < _SHORT
    return "" if short and not more else f"\\room{{{needed + more:.1f}}}\n"


@singledispatch
def block_latex(block: Block, paper: Paper) -> str:
    """A block as LaTeX. Raises ``TypeError`` for a block of an unknown kind."""
    raise TypeError(f"no LaTeX for {type(block).__name__}")


@block_latex.register
def _(block: Paragraph, paper: Paper) -> str:
    return inline(block.sentence, paper)


@block_latex.register
def _(block: Items, paper: Paper) -> str:
    items = "\n".join(f"\\item {inline(item, paper)}" for item in block.items)
    return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{2pt}}\\setlength{{\\parskip}}{{0pt}}\n{items}\n\\end{{itemize}}"


@block_latex.register
def _(block: Chain, paper: Paper) -> str:
    """Aligned lines. The reasons stand beside the formulas where there is room, below a formula that is too long for that."""
    left = max(width(item.left) if item.left is not None else 0.0 for item in block.lines)
    room = paper.line - _INDENT - _NUMBER - left
    rights = [width(_related(item)) for item in block.lines]
    has_reasons = any(item.reason for item in block.lines)
    beside = room - _GAP - _SHORTEST if has_reasons else room
    column = max((w for w in rights if w <= beside), default=min(beside, max(rights)))
    spread = _Spread(beside, room, min(_LONGEST, room - _GAP - column))
    numbers = count(paper.first) if paper.first is not None and has_reasons else None
    rows = [
        [_uncovered(cells, next_) for cells in _rows(item, w, spread, paper)]
        for item, w in zip(block.lines, rights, strict=True)
        for next_ in (next(numbers) if numbers is not None else None,)
    ]
    columns = 2 if has_reasons else 1
    return f"\\begin{{alignat*}}{{{columns}}}\n{_kept_together([row for item in rows for row in item])}\n\\end{{alignat*}}"


def _kept_together(rows: Sequence[str]) -> str:
    """Rows under each other; no page ends after the first row or before the last."""
    text = rows[0]
    for number, line in enumerate(rows[1:], 1):
        end = r"\\*" if number in (1, len(rows) - 1) else r"\\"
        text += f" {end}\n{line}"
    return text


@dataclass(frozen=True)
class _Spread:
    """How wide a formula may be to have its reason beside it, how wide at all, and the width of the column of reasons."""

    beside: float
    room: float
    reason: float


@dataclass(frozen=True)
class _Cells:
    """One row of a display: what stands left and right of the relation, the reason, and the number with its label."""

    left: str
    right: str
    reason: str = ""
    tag: str = ""
    label: str = ""


def _uncovered(cells: _Cells, overlay: int | None) -> str:
    """The row, from an overlay on; its place is kept free before, so that nothing moves."""
    if overlay is None:
        left, right, reason, tag = cells.left, cells.right, cells.reason, f"\\tag{{{cells.tag}}}" if cells.tag else ""
    else:
        parts = (cells.left, f"{{}}{cells.right}", cells.reason)
        left, right, reason = (f"\\uncover<{overlay}->{{{part}}}" if part else "" for part in parts)
        tag = f"\\tag*{{\\uncover<{overlay}->{{({cells.tag})}}}}" if cells.tag else ""
    return f"{left} &{right}" + (f" &\\quad& {reason}" if reason else "") + (f" {tag}" if tag else "") + cells.label


def _related(line: Line) -> Layout:
    return row(Sign(line.relation), line.right)


def _rows(line: Line, own: float, spread: _Spread, paper: Paper) -> list[_Cells]:
    left = to_latex(line.left) if line.left is not None else ""
    tag = line.number or ""
    label = f"\\label{{{paper.label(line.number)}}}" if line.number and not line.repeats else ""
    relation = to_latex(Sign(line.relation))
    if own <= spread.beside:
        why = f"\\reason{{{spread.reason:.1f}}}{{{inline(line.reason, paper)}}}" if line.reason else ""
        return [_Cells(left, f"{relation} {to_latex(line.right)}", why, tag, label)]
    rows: list[_Cells] = []
    limit = spread.room - 2.0
    for number, part in enumerate(broken(line.right, limit)):
        text = f"$\\displaystyle {'{}' if number else ''}{to_latex(part)}$"
        inside = f"\\rlap{{{text}}}" if width(part) <= limit else f"\\rlap{{\\resizebox{{{limit:.1f}em}}{{!}}{{{text}}}}}"
        deeper = "\\quad" if isinstance(part, Row) and part.parts[0] == Sign("times") else ""
        rows.append(_Cells("", f"\\qquad{deeper} {inside}") if number else _Cells(left, f"{relation} {inside}"))
    rows[-1] = replace(rows[-1], tag=tag, label=label)
    if line.reason:
        rows.append(_Cells("", f"\\qquad \\rlap{{\\reason{{{spread.room - 4.0:.1f}}}{{{inline(line.reason, paper)}}}}}"))
    return rows


@block_latex.register
def _(block: Table, paper: Paper) -> str:
    columns, head, rows = _table(block, paper)
    if paper.long:
        return f"\\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}\n{head}\\endhead\n{rows}\n\\end{{longtable}}"
    if len(block.rows) > _MOST_ROWS:
        parts = (replace(block, rows=block.rows[place : place + _MOST_ROWS]) for place in range(0, len(block.rows), _MOST_ROWS))
        return "\n\n".join(block_latex(part, paper) for part in parts)
    whole = f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n{head}{rows}\n\\end{{tabular}}"
    return f"\\noindent{whole}" if _fits(block, paper) else f"\\noindent\\resizebox{{\\linewidth}}{{!}}{{{whole}}}"


def _table(table: Table, paper: Paper) -> tuple[str, str, str]:
    """The columns, the head and the rows of a table."""
    cells = " & ".join(f"\\textbf{{{inline(cell, paper)}}}" for cell in table.head)
    rule = "\\hline\\noalign{\\smallskip}\n"
    tall = any(isinstance(piece, Math) and piece.display for row in table.rows for cell in row for piece in cell)
    rows = "\n".join(f"{_strut(row)}{' & '.join(inline(cell, paper) for cell in row)} \\\\[{8 if tall else 3}pt]" for row in table.rows)
    return _columns(table, paper), f"{cells} \\\\[2pt]\n{rule}", rows


def _strut(cells: Sequence[Sentence]) -> str:
    """What keeps fractions in neighbouring rows apart."""
    fractions = any(isinstance(piece, Math) and not piece.display and height(piece.formula) > 1 for cell in cells for piece in cell)
    return r"\rule[-1.4ex]{0pt}{4ex}" if fractions else ""


def _widths(table: Table) -> list[float]:
    cells = [table.head, *table.rows]
    return [max(sentence_width(line[number]) for line in cells) + 0.5 for number in range(len(table.head))]


def _fits(table: Table, paper: Paper) -> bool:
    """Whether a table is narrow enough once its widest column breaks its text; formulas do not break."""
    widths = _widths(table)
    widest = widths.index(max(widths))
    breaks = not any(isinstance(piece, Math) and piece.display for cells in table.rows for piece in cells[widest])
    return sum(widths) - (widths[widest] - 6.0 if breaks else 0.0) <= paper.line - 1.2 * (len(widths) - 1)


def _columns(table: Table, paper: Paper) -> str:
    """Columns as wide as their cells; the widest one takes what is left and breaks its text."""
    widths = _widths(table)
    room = paper.line - 1.2 * (len(widths) - 1)
    if sum(widths) <= room or not _fits(table, paper):
        return "l" * len(widths)
    widest = widths.index(max(widths))
    rest = room - (sum(widths) - widths[widest])
    ragged = ">{\\raggedright\\arraybackslash}" if paper.linked else ""
    return "".join(f"{ragged}p{{{max(rest, 6.0):.1f}em}}" if n == widest else "l" for n in range(len(widths)))


@block_latex.register
def _(block: Algorithm, paper: Paper) -> str:
    lines = "\n".join(_algorithm_line(line, paper) for line in block.lines)
    rule = r"\rule{\linewidth}{0.6pt}"
    tall = any(isinstance(piece, Math) and height(piece.formula) > 1 for line in block.lines for piece in line.sentence)
    spacing = (
        rf"\usecounter{{enumi}}\setlength{{\itemsep}}{{0pt}}\setlength{{\parsep}}{{{4 if tall else 2}pt}}\setlength{{\topsep}}{{4pt}}"
        r"\setlength{\leftmargin}{2em}\raggedright"
    )
    last = any(isinstance(piece, Math) and height(piece.formula) > 1 for piece in block.lines[-1].sentence)
    return (
        f"\\noindent\\begin{{minipage}}{{\\linewidth}}\n{rule}\\par\\nobreak\n{inline(block.title, paper)}\\par\\nobreak"
        f"\\vspace{{-0.6\\baselineskip}}\n\\rule{{\\linewidth}}{{0.3pt}}\n\\begin{{list}}{{\\footnotesize\\arabic{{enumi}}}}{{{spacing}}}\n"
        f"{lines}\n\\end{{list}}\n\\vspace{{{0.2 if last else -0.6}\\baselineskip}}{rule}\n\\end{{minipage}}\\par\\medskip"
    )


def _algorithm_line(line: AlgorithmLine, paper: Paper) -> str:
    number = f"\\hfill {inline((Reference(line.number),), paper)}" if line.number else ""
    indent = f"\\hspace*{{{1.5 * line.depth:g}em}}"
    room = paper.line - 2.0 - 1.5 * line.depth - _NUMBER - (0.0 if len(line.sentence) == 1 else _AFTER)
    shown = "".join(_lines_of(piece, room, indent) if isinstance(piece, Math) else inline((piece,), paper) for piece in line.sentence)
    return f"\\item {indent}{shown}{number}"


def _lines_of(formula: Math, room: float, indent: str) -> str:
    """A formula in an algorithm, in lines where it is long."""
    first, *others = broken(formula.formula, room) if formula.display else (formula.formula,)
    style = "\\displaystyle " if formula.display else ""
    more = (f"\\newline{indent}\\hspace*{{2em}}${style}{{}}{to_latex(part)}$" for part in others)
    return f"${style}{to_latex(first)}$" + "".join(more)


@block_latex.register
def _(block: Figure, paper: Paper) -> str:
    drawn = tikz(block.drawing)
    if block.drawing.width > paper.wide:
        drawn = f"\\resizebox{{\\linewidth}}{{!}}{{%\n{drawn}}}"
    elif block.drawing.height > paper.figure:
        drawn = f"\\resizebox{{!}}{{{paper.figure:g}cm}}{{%\n{drawn}}}"
    return f"\\begin{{center}}\n{drawn}\n\n\\small {inline(block.caption, paper)}\n\\end{{center}}"


@block_latex.register
def _(block: Listing, paper: Paper) -> str:
    """Lines as they are, in small type; the spaces at their beginnings are kept."""
    lines = (f"\\hspace*{{{0.5 * (len(line) - len(line.lstrip())):g}em}}{escape_latex(line.strip())}" for line in block.code.splitlines())
    return "{\\footnotesize\\ttfamily\\raggedright\n" + "\\\\\n".join(line or "\\mbox{}" for line in lines) + "\\par}"


@block_latex.register
def _(block: Boxed, paper: Paper) -> str:
    """A box holds together; what is too long for a page stands between two rules instead."""
    lines = sum(len(part.lines) if isinstance(part, Chain) else len(part.rows) if isinstance(part, Table) else 1 for part in block.blocks)
    if lines > _MOST_BOXED:
        rule = "\\noindent\\rule{\\linewidth}{0.8pt}"
        return f"{rule}\n\n{blocks_latex(block.blocks, paper).strip()}\n\n{rule}"
    inside = blocks_latex(block.blocks, replace(paper.narrower(2.5), long=False)).strip()
    return f"\\noindent\\fbox{{\\begin{{minipage}}{{\\dimexpr\\linewidth-2\\fboxsep-2\\fboxrule}}\n{inside}\n\\end{{minipage}}}}"
