"""A drawing: lines, circles, dots and labels at points; one layout for two printers, SVG and TikZ.

One unit is a centimetre; y grows upwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.notation.layout import Layout

Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A part of a drawing."""


@dataclass(frozen=True)
class Edge(Mark):
    """A straight line from point to point; ``arrow`` puts a head on it."""

    start: Point
    end: Point
    arrow: bool = False


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
    """Marks on a sheet of the given width and height, what it is called and what it shows (for readers who do not see it)."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    title: str
    description: str
