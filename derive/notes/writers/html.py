"""Notes as one HTML file: MathML, no script, nothing from the network; light and dark, printable."""

from __future__ import annotations

from functools import singledispatch
from html import escape
from importlib.resources import files

from derive.notation.layout import Layout
from derive.notation.mathml import to_mathml
from derive.notes.document import Algorithm, AlgorithmLine, Block, Boxed, Chain, Document, Figure, Items, Line, Paragraph, Section, Table
from derive.notes.svg import svg
from derive.words import Code, Math, Reference, Sentence, Strong, Text


def html(document: Document) -> str:
    """The whole page."""
    style = files("derive.notes.writers").joinpath("style.css").read_text(encoding="utf-8")
    title = plain(document.title)
    body = "\n".join(_section(section) for section in document.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{inline(document.title)}</h1>\n"
        f'<p class="subtitle">{inline(document.subtitle)}</p>\n{_byline(document)}{_contents(document)}\n</header>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def _byline(document: Document) -> str:
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in document.byline)
    return f'<div class="byline">\n{lines}</div>\n' if lines else ""


def _contents(document: Document) -> str:
    entries = "".join(f'<li><a href="#{escape(s.anchor)}">{escape(plain(s.title))}</a></li>' for s in document.sections if s.level == 1)
    return f"<nav><ol>{entries}</ol></nav>"


def _section(section: Section) -> str:
    heading = f"h{section.level + 1}"
    blocks = "\n".join(block_html(block) for block in section.blocks)
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
                pieces.append(escape(text, quote=False))
            case Strong(text):
                pieces.append(f"<strong>{escape(text, quote=False)}</strong>")
            case Code(text):
                pieces.append(f"<code>{escape(text, quote=False)}</code>")
            case Math(formula, display):
                pieces.append(_displayed(formula) if display else to_mathml(formula))
            case Reference(number):
                pieces.append(f'<a href="#eq-{escape(number)}">({escape(number)})</a>')
    return "".join(pieces)


@singledispatch
def block_html(block: Block) -> str:
    """A block as HTML. Raises ``TypeError`` for a block of an unknown kind."""
    raise TypeError(f"no HTML for {type(block).__name__}")


@block_html.register
def _(block: Paragraph) -> str:
    return f"<p>{inline(block.sentence)}</p>"


@block_html.register
def _(block: Items) -> str:
    return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in block.items)}</ul>"


@block_html.register
def _(block: Chain) -> str:
    return f'<div class="chain"><table>{"".join(_line(line) for line in block.lines)}</table></div>'


def _line(line: Line) -> str:
    anchor = f' id="eq-{escape(line.number)}"' if line.number and not line.repeats else ""
    left = _displayed(line.left) if line.left is not None else ""
    number = f"({escape(line.number)})" if line.number else ""
    number = f'<a href="#eq-{escape(line.number)}">{number}</a>' if line.number and line.repeats else number
    right = _displayed(line.right, line.relation)
    return (
        f'<tr{anchor}><td class="left">{left}</td><td class="right">{right}</td>'
        f'<td class="reason">{inline(line.reason)}</td><td class="number">{number}</td></tr>'
    )


def _displayed(formula: Layout, relation: str | None = None) -> str:
    """A formula in display style inside a table cell, after its relation."""
    text = to_mathml(formula, relation=relation)
    return text.replace("<math>", '<math displaystyle="true">', 1)


@block_html.register
def _(block: Table) -> str:
    head = "".join(f"<th>{inline(cell)}</th>" for cell in block.head)
    rows = "".join(f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


@block_html.register
def _(block: Algorithm) -> str:
    lines = "".join(_algorithm_line(line) for line in block.lines)
    return f'<div class="algorithm"><p class="title">{inline(block.title)}</p><ol>{lines}</ol></div>'


def _algorithm_line(line: AlgorithmLine) -> str:
    number = f'<span class="number">{inline((Reference(line.number),))}</span>' if line.number else ""
    return f'<li style="padding-left:{1.6 * line.depth:g}rem">{number}{inline(line.sentence)}</li>'


@block_html.register
def _(block: Figure) -> str:
    return f"<figure>{svg(block.drawing, embedded=True)}<figcaption>{inline(block.caption)}</figcaption></figure>"


@block_html.register
def _(block: Boxed) -> str:
    return f'<div class="boxed">{"".join(block_html(part) for part in block.blocks)}</div>'
