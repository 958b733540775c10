"""Notes as one HTML file: MathML, no script, nothing from the network; light and dark, printable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from html import escape
from importlib.resources import files

from derive.notation.layout import Layout, Row, Sign
from derive.notation.mathml import to_mathml
from derive.notes.breaking import broken
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
from derive.notes.figures.svg import svg
from derive.notes.measure import sentence_width
from derive.words import Code, Math, Reference, Sentence, Strong, Text

_CITED = re.compile(r"^(\s*#\s*)\((\d+)\)")
"""A comment that names the formula which the code below computes."""

_LONGEST = 32.0
"""Formulas longer than this, in em, are broken."""

_WIDE = 24.0
"""Tables with wider rows, in em, are set in two lines a row where a page is narrow."""


@dataclass(frozen=True)
class Sheet:
    """What blocks refer to: the line of the listing for each number of a formula, and the numbers that have a place in the text."""

    lines: dict[str, int] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


def html(document: Document) -> str:
    """The whole page."""
    style = files("derive.notes.writers").joinpath("style.css").read_text(encoding="utf-8")
    title = plain(document.title)
    sheet = _sheet(document)
    language = f' lang="{escape(document.language)}"' if document.language else ""
    body = "\n".join(_section(section, sheet) for section in document.sections)
    return (
        f'<!DOCTYPE html>\n<html{language}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{inline(document.title)}</h1>\n"
        f'<p class="subtitle">{inline(document.subtitle)}</p>\n{_byline(document)}{_contents(document)}\n</header>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def _sheet(document: Document) -> Sheet:
    blocks = [block for section in document.sections for block in _flat(section.blocks)]
    lines: dict[str, int] = {}
    for block in blocks:
        if isinstance(block, Listing):
            for place, line in enumerate(block.code.splitlines(), 1):
                cited = _CITED.match(line)
                if cited:
                    lines.setdefault(cited[2], place)
    chains = [block for block in blocks if isinstance(block, Chain)]
    return Sheet(lines, frozenset(line.number for chain in chains for line in chain.lines if line.number and not line.repeats))


def _flat(blocks: Sequence[Block]) -> list[Block]:
    return [part for block in blocks for part in (_flat(block.blocks) if isinstance(block, Boxed) else [block])]


def _byline(document: Document) -> str:
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in document.byline)
    return f'<div class="byline">\n{lines}</div>\n' if lines else ""


def _contents(document: Document) -> str:
    entries = "".join(f'<li><a href="#{escape(s.anchor)}">{escape(plain(s.title))}</a></li>' for s in document.sections if s.level == 1)
    return f"<nav><ol>{entries}</ol></nav>"


def _section(section: Section, sheet: Sheet) -> str:
    heading = f"h{section.level + 1}"
    blocks = "\n".join(block_html(block, sheet) for block in section.blocks)
    return f'<{heading} id="{escape(section.anchor)}">{inline(section.title)}</{heading}>\n{blocks}'


def plain(sentence: Sentence) -> str:
    """Running text without formulas, for titles."""
    return "".join(piece.text for piece in sentence if isinstance(piece, Text | Strong | Code))


def inline(sentence: Sentence) -> str:
    """Running text as HTML."""
    pieces = []
    for piece in sentence:
        match piece:
            case Text(text):
                pieces.append(_typeset(text))
            case Strong(text):
                pieces.append(f"<strong>{_typeset(text)}</strong>")
            case Code(text):
                pieces.append(f"<code>{escape(text, quote=False)}</code>")
            case Math(formula, display):
                pieces.append(_displayed(formula) if display else to_mathml(formula))
            case Reference(number):
                pieces.append(f'<a href="#eq-{escape(number)}">({escape(number)})</a>')
    return "".join(pieces)


def _typeset(text: str) -> str:
    return escape(text, quote=False).replace("'", "\u2019")


@singledispatch
def block_html(block: Block, sheet: Sheet) -> str:
    """A block as HTML. Raises ``TypeError`` for a block of an unknown kind."""
    raise TypeError(f"no HTML for {type(block).__name__}")


@block_html.register
def _(block: Paragraph, sheet: Sheet) -> str:
    return f"<p>{inline(block.sentence)}</p>"


@block_html.register
def _(block: Items, sheet: Sheet) -> str:
    return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in block.items)}</ul>"


@block_html.register
def _(block: Chain, sheet: Sheet) -> str:
    return f'<div class="chain"><table>{"".join(_folded(line, sheet) + _line(line, sheet) for line in block.lines)}</table></div>'


def _folded(line: Line, sheet: Sheet) -> str:
    """The finer lines above a line, to be opened."""
    if not line.finer:
        return ""
    rows = "".join(_folded(finer, sheet) + _line(finer, sheet) for finer in line.finer)
    opener = '<summary><span aria-hidden="true">\u22ef</span></summary>'
    return f'<tr class="folded"><td class="left"></td><td colspan="3"><details>{opener}<table>{rows}</table></details></td></tr>'


def _line(line: Line, sheet: Sheet) -> str:
    anchor = f' id="eq-{escape(line.number)}"' if line.number and not line.repeats else ""
    left = _displayed(line.left) if line.left is not None else ""
    return (
        f'<tr{anchor}><td class="left">{left}</td><td class="right">{_right(line)}</td>'
        f'<td class="reason">{inline(line.reason)}</td><td class="number">{_number(line, sheet)}</td></tr>'
    )


def _right(line: Line) -> str:
    """What stands right of the relation, a long formula in lines that leave room for the reason."""
    first, *others = broken(line.right, _LONGEST)
    return _displayed(first, line.relation) + "".join(map(_continued, others))


def _continued(part: Layout) -> str:
    """A line that goes on with the one above it; its first sign stands between two things although nothing is left of it."""
    sign, *rest = part.parts if isinstance(part, Row) else (part,)
    if not isinstance(sign, Sign):
        return f'<div class="continued">{_displayed(part)}</div>'
    kind = "continued factor" if sign.name == "times" else "continued"
    return f'<div class="{kind}">{_displayed(Row(tuple(rest)), sign.name)}</div>'


def _number(line: Line, sheet: Sheet) -> str:
    """The number with a link to itself, and one to the code."""
    if not line.number:
        return ""
    number = f'<a href="#eq-{escape(line.number)}">({escape(line.number)})</a>'
    place = sheet.lines.get(line.number)
    return f'{number}<a class="code" href="#line-{place}">code {place}</a>' if place is not None and not line.repeats else number


def _displayed(formula: Layout, relation: str | None = None) -> str:
    """A formula in display style inside a table cell, after its relation."""
    text = to_mathml(formula, relation=relation)
    return text.replace("<math>", '<math displaystyle="true">', 1)


@block_html.register
def _(block: Table, sheet: Sheet) -> str:
    head = "".join(f"<th>{inline(cell)}</th>" for cell in block.head)
    rows = "".join(f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    widest = max(sum(map(sentence_width, row)) for row in (block.head, *block.rows))
    kind = "table wide" if widest > _WIDE else "table"
    return f'<div class="{kind}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


@block_html.register
def _(block: Algorithm, sheet: Sheet) -> str:
    lines = "".join(_algorithm_line(line) for line in block.lines)
    return f'<div class="algorithm"><p class="title">{inline(block.title)}</p><ol>{lines}</ol></div>'


def _algorithm_line(line: AlgorithmLine) -> str:
    number = f'<span class="number">{inline((Reference(line.number),))}</span>' if line.number else ""
    return f'<li style="padding-left:{1.6 * line.depth:g}rem">{number}{inline(line.sentence)}</li>'


@block_html.register
def _(block: Figure, sheet: Sheet) -> str:
    return f"<figure>{svg(block.drawing, embedded=True)}<figcaption>{inline(block.caption)}</figcaption></figure>"


@block_html.register
def _(block: Boxed, sheet: Sheet) -> str:
    return f'<div class="boxed">{"".join(block_html(part, sheet) for part in block.blocks)}</div>'


@block_html.register
def _(block: Listing, sheet: Sheet) -> str:
    """Lines with their anchors; the number of a formula in a comment leads back to it."""
    lines = "\n".join(f'<span id="line-{place}">{_code_line(line, sheet)}</span>' for place, line in enumerate(block.code.splitlines(), 1))
    return f'<div class="listing"><pre><code>{lines}\n</code></pre></div>'


def _code_line(line: str, sheet: Sheet) -> str:
    text = escape(line, quote=False)
    cited = _CITED.match(text)
    if not cited or cited[2] not in sheet.numbers:
        return text
    return f'{cited[1]}<a href="#eq-{cited[2]}">({cited[2]})</a>{text[cited.end() :]}'
