"""Notes as slides: a derivation appears line by line and nothing moves; a handout has the same pages with everything on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from derive.notation.latex import escape_latex
from derive.notes.document import Block, Boxed, Chain, Document, Items, Line, Paragraph, Section, Table
from derive.notes.writers.heights import Heights
from derive.notes.writers.latex import Paper, ascii_latex, block_latex, inline, plain

_LINE = 38.0
"""13.6 cm at 10 pt, in em."""

_FIGURE = 5.4
"""The height of a figure, in cm."""

SCREEN = Heights(_LINE, _FIGURE, beside=20.0, column=13.0)

_ROOM, _FULL = 21.0, 14.0
"""What a page holds below its title, in lines of text; a page with more than the second is set smaller if need be."""

_PREAMBLE = r"""\documentclass[10pt,fleqn,aspectratio=169%(handout)s]{beamer}
\usepackage{amsmath}
\usepackage{amssymb}
\usepackage{array}
\usepackage{tikz}
\hypersetup{pdftitle={%(title)s}}
\usefonttheme{serif}
\usefonttheme{professionalfonts}
\setbeamertemplate{navigation symbols}{}
\setbeamertemplate{footline}{\hfill{\usebeamercolor[fg]{page number in head/foot}\scriptsize\insertframenumber\hspace{1.2em}}\vspace{0.8em}}
\setbeamertemplate{itemize item}{\raisebox{0.15ex}{\footnotesize$\bullet$}}
\setbeamersize{text margin left=1.1cm,text margin right=1.1cm}
\setbeamerfont{frametitle}{size=\large,series=\bfseries}
\setbeamercolor{frametitle}{fg=black}
\setbeamercolor{title}{fg=black}
\setbeamercolor{itemize item}{fg=black!65}
\setbeamercovered{invisible}
\setlength{\parskip}{0.4\baselineskip}
\setlength{\mathindent}{1em}
\newcommand{\reason}[2]{\parbox[t]{#1em}{\raggedright\footnotesize\leavevmode\color{black!65}#2\strut}}
"""


def slides(document: Document) -> str:
    """Beamer source, each line of a derivation on its own overlay."""
    return _written(document, "")


def handout(document: Document) -> str:
    """Beamer source with one page for each slide."""
    return _written(document, ",handout")


def _written(document: Document, handout: str) -> str:
    preamble = _PREAMBLE % {"handout": handout, "title": plain(document.title)}
    preamble += "".join(f"{definition}\n" for definition in document.definitions)
    pages = [_title_page(document), *(frame for section in _joined(document.sections) for frame in _frames(section))]
    return ascii_latex(f"{preamble}\\begin{{document}}\n\n" + "\n\n".join(pages) + "\n\n\\end{document}\n")


def _title_page(document: Document) -> str:
    lines = [f"{{\\LARGE\\bfseries {inline(document.title, _PAPER)}\\par}}", f"{{\\raggedright {inline(document.subtitle, _PAPER)}\\par}}"]
    lines += [f"{escape_latex(line)}\\par" for line in document.byline]
    return "\\begin{frame}[plain]\n\\vfill\n" + "\n\\bigskip\n".join(lines) + "\n\\vfill\n\\end{frame}"


_PAPER = Paper(line=_LINE, long=False, figure=_FIGURE, wide=13.4)


def _joined(sections: Sequence[Section]) -> Iterator[Section]:
    """The sections; a heading with no more than a few words goes on with its first subsection."""
    pending: tuple[Block, ...] = ()
    for place, section in enumerate(sections):
        below = place + 1 < len(sections) and sections[place + 1].level > section.level
        whole = replace(section, blocks=(*pending, *section.blocks))
        short = below and all(isinstance(block, Paragraph) for block in whole.blocks)
        pending = whole.blocks if short else ()
        if not short:
            yield whole


def _frames(section: Section) -> Iterator[str]:
    """The pages of a section: as many of its blocks as fit on each."""
    for number, blocks in enumerate(dealt_out(section.blocks)):
        again = "" if not number else "\\hfill{\\normalfont\\small\\color{black!50}" + f"{number + 1}}}"
        title = f"\\frametitle{{{inline(section.title, _PAPER, heading=True)}{again}}}"
        full = ",shrink" if sum(map(SCREEN.block, blocks)) > _FULL else ""
        yield f"\\begin{{frame}}[t{full}]\n{title}\n{_body(blocks)}\n\\end{{frame}}"


def _body(blocks: Sequence[Block]) -> str:
    """The blocks of a page; overlays are counted through its chains."""
    text, overlay = "", 1
    for block in blocks:
        text += "\n" if isinstance(block, Chain) and text else "\n\n"
        text += block_latex(block, replace(_PAPER, first=overlay))
        if isinstance(block, Chain) and any(line.reason for line in block.lines):
            overlay += len(block.lines)
    return text.strip()


@dataclass
class _Page:
    """Blocks, and how many lines of text they take."""

    blocks: list[Block]
    lines: float = 0.0

    def put(self, block: Block) -> None:
        self.blocks.append(block)
        self.lines += SCREEN.block(block)


def dealt_out(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks dealt out to pages; a chain or table is broken where it does not fit, and no paragraph ends a page above what it opens."""
    pages = [_Page([])]
    pending = [part for block in blocks for part in (block.blocks if isinstance(block, Boxed) else (block,))]
    while pending:
        block, page = pending.pop(0), pages[-1]
        first, rest = _split(block, _ROOM - page.lines if page.blocks else _ROOM)
        if first is None:
            opening = [page.blocks.pop()] if len(page.blocks) > 1 and isinstance(page.blocks[-1], Paragraph) else []
            pages.append(_Page([]))
            pending[:0] = [*opening, block]
            continue
        page.put(first)
        if rest is not None:
            pages.append(_Page([]))
            pending.insert(0, rest)
    return [page.blocks for page in pages if page.blocks]


def _split(block: Block, room: float) -> tuple[Block | None, Block | None]:
    """What of a block fits, and the rest of it; None where nothing does or nothing is left. A page of its own takes anything."""
    match block:
        case Chain(lines):
            fits = _fitting([SCREEN.line(line) for line in lines], room - 1.2, _ROOM - 1.2)
            return (Chain(lines[:fits]) if fits else None, Chain(_continued(lines, fits)) if fits < len(lines) else None)
        case Table(head, rows):
            fits = _fitting([SCREEN.row(cells) for cells in rows], room - 2.0, _ROOM - 2.0)
            return (Table(head, rows[:fits]) if fits else None, Table(head, rows[fits:]) if fits < len(rows) else None)
        case Items(items):
            fits = _fitting([SCREEN.item(item) for item in items], room - 0.5, _ROOM - 0.5)
            return (Items(items[:fits]) if fits else None, Items(items[fits:]) if fits < len(items) else None)
        case _:
            return (block if SCREEN.block(block) <= room or room >= _ROOM else None, None)


def _continued(lines: tuple[Line, ...], start: int) -> tuple[Line, ...]:
    """The lines from ``start`` on; a derivation goes on with the line that it stopped at, unless that line alone had filled a page."""
    if not start or lines[start].left is not None:
        return lines[start:]
    left = next(line.left for line in reversed(lines[:start]) if line.left is not None)
    if start == 1:
        return replace(lines[1], left=left), *lines[2:]
    return replace(lines[start - 1], left=left, reason=(), number=None), *lines[start:]


def _fitting(heights: Sequence[float], room: float, most: float) -> int:
    """How many rows to put here: all, or as many as fit without leaving one alone on either page; none where that is too few."""
    used, fits = 0.0, 0
    for high in heights:
        if used + high > room:
            break
        used, fits = used + high, fits + 1
    if fits == len(heights):
        return fits
    if room < most and (fits < 3 or sum(heights) <= most):
        return 0
    return max(1, min(fits, len(heights) - 2))
