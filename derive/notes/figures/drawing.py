"""A drawing: lines, circles, dots and labels at points; one layout for two printers, SVG and TikZ.

One unit is a centimetre; y grows upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.notation.layout import Fraction, Layout, Row, Sign, row
from derive.words import Code, Sentence, Strong, Text

Point = tuple[float, float]

FILLED = 1.75
"""How much of a circle's radius its label may be wide."""


@dataclass(frozen=True)
class Mark:
    """A part of a drawing."""


@dataclass(frozen=True)
class Edge(Mark):
    """A straight line from point to point; ``arrow`` puts a head on it. Dashed lines go backwards through a network."""

    start: Point
    end: Point
    arrow: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Curve(Mark):
    """A line through points; a strong one is a path on a map, others are its contours, or edges with corners."""

    points: tuple[Point, ...]
    strong: bool = False
    arrow: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Circle(Mark):
    """A unit with its label inside."""

    centre: Point
    radius: float
    label: Layout | None = None


@dataclass(frozen=True)
class Dots(Mark):
    """Three dots, for what is left out; upright or lying."""

    centre: Point
    upright: bool = True


@dataclass(frozen=True)
class Label(Mark):
    """A formula or words at a point."""

    at: Point
    content: Layout
    small: bool = False


@dataclass(frozen=True)
class Drawing:
    """Marks on a sheet of the given width and height, what it is called and what it shows (for readers who do not see it).

    ``name`` tells the drawings of one page apart.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    title: str
    description: str
    name: str = "figure"


_EDGE = 0.2
"""What stays free at the edges of a sheet."""


def framed(drawing: Drawing) -> Drawing:
    """The drawing on a sheet made as much higher as its marks stand out, above and below."""
    heights = [y for mark in drawing.marks for y in _heights(mark)]
    below, above = max(0.0, _EDGE - min(heights)), max(0.0, max(heights) + _EDGE - drawing.height)
    if not below and not above:
        return drawing
    marks = tuple(_raised(mark, below) for mark in drawing.marks)
    return replace(drawing, height=drawing.height + below + above, marks=marks)


def _heights(mark: Mark) -> tuple[float, ...]:
    match mark:
        case Edge(start, end):
            return (start[1], end[1])
        case Curve(points):
            return tuple(y for _, y in points)
        case Circle((_, y), radius):
            return (y - radius, y + radius)
        case Dots((_, y)) | Label((_, y)):
            return (y,)
    raise TypeError(f"no height of {type(mark).__name__}")


def _raised(mark: Mark, by: float) -> Mark:
    match mark:
        case Edge(start, end):
            return replace(mark, start=(start[0], start[1] + by), end=(end[0], end[1] + by))
        case Curve(points):
            return replace(mark, points=tuple((x, y + by) for x, y in points))
        case Circle((x, y)) | Dots((x, y)):
            return replace(mark, centre=(x, y + by))
        case Label((x, y)):
            return replace(mark, at=(x, y + by))
    raise TypeError(f"{type(mark).__name__} cannot be moved")


def flat(item: Layout) -> Layout:
    """A formula on one line: fractions with a slash."""
    match item:
        case Fraction(top, bottom, _):
            return row(flat(top), Sign("/"), flat(bottom))
        case Row(parts):
            return row(*map(flat, parts))
        case _:
            return item


def between(start: Point, end: Point, gap: float) -> tuple[Point, Point]:
    """The ends of a line that keeps ``gap`` from both points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / length * gap, dy / length * gap
    return (start[0] + ux, start[1] + uy), (end[0] - ux, end[1] - uy)


def words_of(sentence: Sentence) -> str:
    """The bare words of a sentence, for titles and descriptions."""
    return "".join(piece.text for piece in sentence if isinstance(piece, Text | Code | Strong))
