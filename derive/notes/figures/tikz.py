"""Drawings as TikZ."""

from __future__ import annotations

from derive.notation.latex import escape_latex, to_latex
from derive.notation.layout import Layout, Words
from derive.notes.figures.drawing import FILLED, Circle, Curve, Dots, Drawing, Edge, Label, Mark, Point, flat
from derive.notes.measure import width

_WIDEST = 15.5
_SIZES = ((r"\small", 0.317), (r"\footnotesize", 0.281), (r"\scriptsize", 0.246))
"""Sizes of type, and an em of each in cm."""


def tikz(drawing: Drawing) -> str:
    """The drawing as a ``tikzpicture``, no wider than a page."""
    scale = min(1.0, _WIDEST / drawing.width)
    marks = "\n".join(f"  {_mark(mark, scale)}" for mark in drawing.marks)
    return f"\\begin{{tikzpicture}}[x={_n(scale)}cm,y={_n(scale)}cm]\n{marks}\n\\end{{tikzpicture}}"


def _mark(mark: Mark, scale: float) -> str:
    match mark:
        case Edge(start, end, arrow, dashed):
            look = f"black!55,line width=0.4pt{',->,>=stealth' if arrow else ''}{',dashed' if dashed else ''}"
            return f"\\draw[{look}] {_at(start)} -- {_at(end)};"
        case Curve(points, strong, arrow, dashed):
            look = "line width=0.9pt" if strong else "black!55,line width=0.4pt"
            look += f"{',->,>=stealth' if arrow else ''}{',dashed' if dashed else ''}"
            return f"\\draw[{look}] {' -- '.join(map(_at, points))};"
        case Circle(centre, radius, label):
            circle = f"\\draw[line width=0.6pt] {_at(centre)} circle ({_n(radius)});"
            return circle + (_node(centre, label, _size(width(label), FILLED * radius * scale)) if label is not None else "")
        case Dots(centre, upright):
            steps = (-0.16, 0.0, 0.16)
            dots = [(centre[0], centre[1] + s) if upright else (centre[0] + s, centre[1]) for s in steps]
            return "".join(f"\\fill {_at(point)} circle (0.9pt);" for point in dots)
        case Label(at, content, small):
            return _node(at, content, r"\footnotesize" if small else r"\small")
    raise TypeError(f"no TikZ for {type(mark).__name__}")


def _size(ems: float, room: float) -> str:
    """The largest type in which a label of so many em fits, the smallest where none does."""
    return next((name for name, em in _SIZES if em * ems <= room), r"\tiny")


def _node(at: Point, content: Layout, size: str) -> str:
    text = escape_latex(content.text) if isinstance(content, Words) else f"${to_latex(flat(content))}$"
    return f"\\node[inner sep=0pt,font={size}] at {_at(at)} {{{text}}};"


def _at(point: Point) -> str:
    return f"({_n(point[0])},{_n(point[1])})"


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
