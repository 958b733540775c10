"""Notes as a LaTeX article that pdfLaTeX compiles, with amsmath, amssymb, longtable, hyperref and TikZ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch

from derive.notation.latex import escape_latex, to_latex
from derive.notation.layout import Layout, Sign, height, row
from derive.notes.document import Algorithm, AlgorithmLine, Block, Boxed, Chain, Document, Figure, Items, Line, Paragraph, Section, Table
from derive.notes.measure import broken, sentence_width, width
from derive.notes.tikz import tikz
from derive.words import Code, Math, Reference, Sentence, Strong, Text

LINE = 41.0
"""The width of a line of text in em (16 cm at 11 pt)."""
_MOST_BOXED = 22
_INDENT, _NUMBER, _GAP, _SHORTEST, _LONGEST = 1.5, 2.4, 1.2, 10.0, 20.0

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[a4paper,textwidth=16cm,textheight=24cm]{geometry}
\usepackage[fleqn]{amsmath}
\usepackage{amssymb}
\usepackage{array}
\usepackage{longtable}
\usepackage{tikz}
\usepackage[hidelinks]{hyperref}
\hypersetup{pdftitle={%(title)s}}
\setlength{\mathindent}{1.5em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\setlength{\fboxsep}{8pt}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
\newcommand{\reason}[2]{\parbox[t]{#1em}{\raggedright\small\leavevmode\color{black!65}#2\strut}}
\newcounter{algorithmline}
\newenvironment{algorithmlines}
  {\begin{list}{\footnotesize\arabic{algorithmline}}{\usecounter{algorithmline}\setlength{\itemsep}{0pt}\setlength{\parsep}{2pt}%%
   \setlength{\topsep}{4pt}\setlength{\leftmargin}{2em}}}
  {\end{list}}
"""


def tex(document: Document) -> str:
    """The whole article."""
    preamble = _PREAMBLE % {"title": escape_latex("".join(p.text for p in document.title if isinstance(p, Text | Strong | Code)))}
    body = "\n\n".join(_section(section) for section in document.sections)
    title = "\n\\medskip\n".join(f"{{{style} {text}\\par}}" for style, text in _head(document)) + "\n\\bigskip"
    return f"{preamble}\\begin{{document}}\n{title}\n\n{body}\n\n\\end{{document}}\n"


def _head(document: Document) -> list[tuple[str, str]]:
    byline = [("\\raggedright", escape_latex(line)) for line in document.byline]
    return [("\\LARGE\\bfseries", inline(document.title)), ("\\raggedright", inline(document.subtitle)), *byline]


def _section(section: Section) -> str:
    command = "section" if section.level == 1 else "subsection"
    title = f"\\{command}{{{inline(section.title, heading=True)}}}\n\\label{{sec:{section.anchor}}}"
    return title + _blocks(section.blocks, block_tex)


def _blocks(blocks: Sequence[Block], write: Callable[[Block], str]) -> str:
    """Blocks one after the other; a display goes on with the paragraph before it, so that no empty line stands above it."""
    text = ""
    for number, block in enumerate(blocks):
        if not isinstance(block, Chain):
            text += "\n\n"
        else:
            text += "\n" if number else "\n\n\\vspace{-1.3\\baselineskip}\n"
        text += write(block)
    return text


def inline(sentence: Sentence, *, heading: bool = False) -> str:
    """Running text as LaTeX; formulas in headings get a plain form for bookmarks."""
    pieces = []
    for piece in sentence:
        match piece:
            case Text(text):
                pieces.append(escape_latex(text))
            case Strong(text):
                pieces.append(f"\\textbf{{{escape_latex(text)}}}")
            case Code(text):
                breakable = escape_latex(text).replace("-", "-\\allowbreak{}")
                pieces.append(f"\\texttt{{{escape_latex(text) if heading else breakable}}}")
            case Math(formula, display):
                style = "\\displaystyle " if display else ""
                math = f"${style}{to_latex(formula)}$"
                pieces.append(f"\\texorpdfstring{{{math}}}{{}}" if heading else math)
            case Reference(number):
                pieces.append(f"\\hyperref[eq:{number}]{{({number})}}")
    return "".join(pieces)


@singledispatch
def block_tex(block: Block) -> str:
    """A block as LaTeX. Raises ``TypeError`` for a block of an unknown kind."""
    raise TypeError(f"no LaTeX for {type(block).__name__}")


@block_tex.register
def _(block: Paragraph) -> str:
    return inline(block.sentence)


@block_tex.register
def _(block: Items) -> str:
    items = "\n".join(f"\\item {inline(item)}" for item in block.items)
    return f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}"


@block_tex.register
def _(block: Chain) -> str:
    return chain_tex(block, LINE)


def chain_tex(chain: Chain, line: float) -> str:
    """Aligned lines. The reasons stand beside the formulas where there is room, below a formula that is too long for that."""
    left = max(width(item.left) if item.left is not None else 0.0 for item in chain.lines)
    room = line - _INDENT - _NUMBER - left
    rights = [width(_related(item)) for item in chain.lines]
    has_reasons = any(item.reason for item in chain.lines)
    beside = room - _GAP - _SHORTEST if has_reasons else room
    column = max((w for w in rights if w <= beside), default=min(beside, max(rights)))
    reason = min(_LONGEST, room - _GAP - column)
    rows = [row for item, w in zip(chain.lines, rights, strict=True) for row in _rows(item, w, beside, room, reason)]
    columns = 2 if has_reasons else 1
    lines = " \\\\\n".join(rows)
    return f"\\begin{{alignat*}}{{{columns}}}\n{lines}\n\\end{{alignat*}}"


def _related(line: Line) -> Layout:
    return row(Sign(line.relation), line.right)


def _rows(line: Line, own: float, beside: float, room: float, reason: float) -> list[str]:
    left = to_latex(line.left) if line.left is not None else ""
    tag = f" \\tag{{{line.number}}}" if line.number else ""
    tag += f"\\label{{eq:{line.number}}}" if line.number and not line.repeats else ""
    why = f" &\\quad& \\reason{{{reason:.1f}}}{{{inline(line.reason)}}}" if line.reason else ""
    relation = to_latex(Sign(line.relation))
    if own <= beside:
        return [f"{left} &{relation} {to_latex(line.right)}{why}{tag}"]
    rows = []
    for number, part in enumerate(broken(line.right, room - 2.0)):
        text = to_latex(part)
        fits = width(part) <= room - 2.0
        body = f"\\displaystyle {text}" if fits else f"\\resizebox{{{room - 2.0:.1f}em}}{{!}}{{$\\displaystyle {text}$}}"
        inside = f"\\rlap{{${body}$}}" if fits else f"\\rlap{{{body}}}"
        rows.append(f"{left} &{relation} {inside}" if not number else f" &\\qquad {inside}")
    rows[-1] += tag
    if line.reason:
        rows.append(f" &\\qquad \\rlap{{\\reason{{{room - 4.0:.1f}}}{{{inline(line.reason)}}}}}")
    return rows


@block_tex.register
def _(block: Table) -> str:
    columns, head, rows = _table(block)
    return f"\\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}\n{head}\\endhead\n{rows}\n\\end{{longtable}}"


def _table(table: Table) -> tuple[str, str, str]:
    """The columns, the head and the rows of a table."""
    cells = " & ".join(f"\\textbf{{{inline(cell)}}}" for cell in table.head)
    rule = "\\hline\\noalign{\\smallskip}\n"
    tall = any(isinstance(piece, Math) and piece.display for row in table.rows for cell in row for piece in cell)
    rows = "\n".join(f"{_strut(row)}{' & '.join(inline(cell) for cell in row)} \\\\[{8 if tall else 3}pt]" for row in table.rows)
    return _columns(table), f"{cells} \\\\[2pt]\n{rule}", rows


def _strut(cells: Sequence[Sentence]) -> str:
    """What keeps fractions in neighbouring rows apart."""
    fractions = any(isinstance(piece, Math) and not piece.display and height(piece.formula) > 1 for cell in cells for piece in cell)
    return r"\rule[-1.4ex]{0pt}{4ex}" if fractions else ""


def _columns(table: Table) -> str:
    """Columns as wide as their cells; the widest one takes what is left and breaks its text."""
    cells = [table.head, *table.rows]
    widths = [max(sentence_width(line[number]) for line in cells) + 0.5 for number in range(len(table.head))]
    room = LINE - 1.2 * (len(widths) - 1)
    if sum(widths) <= room:
        return "l" * len(widths)
    widest = widths.index(max(widths))
    rest = room - (sum(widths) - widths[widest])
    return "".join(f">{{\\raggedright\\arraybackslash}}p{{{max(rest, 6.0):.1f}em}}" if n == widest else "l" for n in range(len(widths)))


@block_tex.register
def _(block: Algorithm) -> str:
    lines = "\n".join(_algorithm_line(line) for line in block.lines)
    rule = r"\rule{\linewidth}{0.6pt}"
    return (
        f"\\begin{{minipage}}{{\\linewidth}}\n{rule}\\par\\nobreak\n{inline(block.title)}\\par\\nobreak\\vspace{{-0.6\\baselineskip}}\n"
        f"\\rule{{\\linewidth}}{{0.3pt}}\n\\begin{{algorithmlines}}\n{lines}\n\\end{{algorithmlines}}\n\\vspace{{-0.6\\baselineskip}}{rule}\n\\end{{minipage}}\\par\\medskip"
    )


def _algorithm_line(line: AlgorithmLine) -> str:
    number = f"\\hfill {inline((Reference(line.number),))}" if line.number else ""
    return f"\\item \\hspace*{{{1.5 * line.depth:g}em}}{inline(line.sentence)}{number}"


@block_tex.register
def _(block: Figure) -> str:
    return f"\\begin{{center}}\n{tikz(block.drawing)}\n\n\\small {inline(block.caption)}\n\\end{{center}}"


def _boxed_block(block: Block) -> str:
    if isinstance(block, Table):
        columns, head, rows = _table(block)
        return f"\\smallskip\n\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n{head}{rows}\n\\end{{tabular}}"
    return chain_tex(block, LINE - 2.5) if isinstance(block, Chain) else block_tex(block)


@block_tex.register
def _(block: Boxed) -> str:
    """A box holds together; what is too long for a page stands between two rules instead."""
    lines = sum(len(part.lines) if isinstance(part, Chain) else len(part.rows) if isinstance(part, Table) else 1 for part in block.blocks)
    if lines > _MOST_BOXED:
        rule = "\\noindent\\rule{\\linewidth}{0.8pt}"
        return f"{rule}\n\n{_blocks(block.blocks, block_tex).strip()}\n\n{rule}"
    inside = _blocks(block.blocks, _boxed_block).strip()
    return f"\\noindent\\fbox{{\\begin{{minipage}}{{\\dimexpr\\linewidth-2\\fboxsep-2\\fboxrule}}\n{inside}\n\\end{{minipage}}}}"
