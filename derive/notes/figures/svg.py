"""Drawings as SVG, with a title and a description for screen readers; colours follow the page or the reader's scheme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from derive.notation.layout import Accented, Digits, Fenced, Gap, Layout, Named, Row, Scripts, Sign, Symbol, Words
from derive.notation.mathml import mathml_of
from derive.notes.figures.drawing import FILLED, Circle, Curve, Dots, Drawing, Edge, Label, Mark, Point, flat
from derive.notes.measure import width

_SCALE = 48.0
_STYLE = "svg{color:#1d1d1f}@media (prefers-color-scheme:dark){svg{color:#e6e6e3}}"
_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "{": ("{", "}"), "|": ("|", "|"), "norm": ("\u2016", "\u2016")}
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "vec": "\u20d7"}
_FONT = "'Latin Modern Math','STIX Two Math','Cambria Math',serif"


def svg(drawing: Drawing, *, embedded: bool = False) -> str:
    """The drawing as an ``svg`` element; one that stands alone brings its colours along."""
    marks = "\n".join(_mark(mark, drawing.height) for mark in drawing.marks)
    size = f'width="{_n(drawing.width * _SCALE)}" height="{_n(drawing.height * _SCALE)}"'
    box = f'viewBox="0 0 {_n(drawing.width * _SCALE)} {_n(drawing.height * _SCALE)}"'
    head = "" if embedded else '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = "" if embedded else ' xmlns="http://www.w3.org/2000/svg"'
    style = "" if embedded else f"<style>{_STYLE}</style>\n"
    end = "" if embedded else "\n"
    ids = (f"{drawing.name}-title", f"{drawing.name}-description")
    return (
        f'{head}<svg{space} {size} {box} role="img" aria-labelledby="{" ".join(ids)}">\n'
        f'<title id="{ids[0]}">{escape(drawing.title)}</title>\n<desc id="{ids[1]}">{escape(drawing.description)}</desc>\n'
        f"{style}{marks}\n</svg>{end}"
    )


def _mark(mark: Mark, height: float) -> str:
    match mark:
        case Edge(start, end, arrow, dashed):
            dash = ' stroke-dasharray="5 4"' if dashed else ""
            line = f'<line {_ends(start, end, height)} stroke="currentColor" stroke-width="0.9" stroke-opacity="0.55"{dash}/>'
            return line + _head(start, end, height) if arrow else line
        case Curve(points, strong, arrow, dashed):
            places = " ".join(",".join(_at(point, height)) for point in points)
            look = 'stroke-width="1.6"' if strong else 'stroke-width="0.9" stroke-opacity="0.55"'
            look += ' stroke-dasharray="5 4"' if dashed else ""
            line = f'<polyline points="{places}" fill="none" stroke="currentColor" {look}/>'
            return line + _head(points[-2], points[-1], height) if arrow else line
        case Circle(centre, radius, label):
            x, y = _at(centre, height)
            circle = f'<circle cx="{x}" cy="{y}" r="{_n(radius * _SCALE)}" fill="none" stroke="currentColor" stroke-width="1.3"/>'
            return circle + (_text(centre, label, height, min(0.36, FILLED * radius / width(label))) if label is not None else "")
        case Dots(centre, upright):
            steps = (-0.16, 0.0, 0.16)
            dots = [(centre[0], centre[1] + s) if upright else (centre[0] + s, centre[1]) for s in steps]
            return "".join(f'<circle cx="{x}" cy="{y}" r="1.7" fill="currentColor"/>' for x, y in (_at(p, height) for p in dots))
        case Label(at, content, small):
            return _text(at, content, height, 0.32 if small else 0.36)
    raise TypeError(f"no SVG for {type(mark).__name__}")


def _text(at: Point, content: Layout, height: float, size: float) -> str:
    x, y = _at((at[0], at[1] - 0.3 * size), height)
    spans, raised = [], 0.0
    for piece in _pieces(flat(content), 0.0, size * _SCALE):
        slant = ' font-style="italic"' if piece.slanted else ""
        move = f' dy="{_n(piece.drop - raised)}"' if piece.drop != raised else ""
        spans.append(f'<tspan{slant}{move} font-size="{_n(piece.size)}">{piece.text}</tspan>')
        raised = piece.drop
    return f'<text x="{x}" y="{y}" text-anchor="middle" font-family="{_FONT}" fill="currentColor">{"".join(spans)}</text>'


@dataclass(frozen=True)
class _Piece:
    """Letters on one line, ``drop`` below the main line, in one size."""

    text: str
    drop: float
    size: float
    slanted: bool


def _pieces(item: Layout, drop: float, size: float) -> list[_Piece]:
    """The letters of a small formula; scripts are set one after the other."""
    match item:
        case Row(parts):
            return [piece for part in parts for piece in _pieces(part, drop, size)]
        case Scripts(base, below, above, primes):
            pieces = _pieces(base, drop, size)
            pieces += [_Piece("′" * primes, drop, size, False)] if primes else []
            pieces += _pieces(below, drop + 0.22 * size, 0.7 * size) if below is not None else []
            return pieces + (_pieces(above, drop - 0.38 * size, 0.7 * size) if above is not None else [])
        case Accented(body, accent):
            return [*_pieces(body, drop, size)[:-1], _accented(_pieces(body, drop, size)[-1], accent)]
        case Fenced(body, fence, _):
            opening, closing = _FENCES[fence]
            return [_Piece(opening, drop, size, False), *_pieces(body, drop, size), _Piece(closing, drop, size, False)]
        case Gap():
            return [_Piece("\u2009", drop, size, False)]
        case Symbol(_, style):
            return [_Piece(_characters(item), drop, size, style == "italic")]
        case Digits(text) | Named(text) | Words(text):
            return [_Piece(escape(text), drop, size, False)]
        case Sign():
            return [_Piece(_characters(item), drop, size, False)]
    raise TypeError(f"a label cannot hold {type(item).__name__}")


def _accented(piece: _Piece, accent: str) -> _Piece:
    return replace(piece, text=piece.text + _ACCENTS[accent])


def _characters(item: Layout) -> str:
    """What the MathML of a letter or sign shows."""
    markup = mathml_of(item)
    return markup[markup.index(">") + 1 : markup.rindex("<")]


def _ends(start: Point, end: Point, height: float) -> str:
    (x1, y1), (x2, y2) = _at(start, height), _at(end, height)
    return f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'


def _head(start: Point, end: Point, height: float) -> str:
    """An arrow head at the end of a line."""
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5 or 1.0
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    back = (end[0] - 0.16 * along[0], end[1] - 0.16 * along[1])
    sides = [(back[0] - 0.06 * along[1], back[1] + 0.06 * along[0]), (back[0] + 0.06 * along[1], back[1] - 0.06 * along[0])]
    points = " ".join(",".join(_at(p, height)) for p in (end, *sides))
    return f'<polygon points="{points}" fill="currentColor"/>'


def _at(point: Point, height: float) -> tuple[str, str]:
    return _n(point[0] * _SCALE), _n((height - point[1]) * _SCALE)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
