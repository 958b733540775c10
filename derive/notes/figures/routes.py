"""The ways of arrows round the nodes that they do not end at, and free places for the labels beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import dist

from derive.notation.layout import Layout
from derive.notes.figures.drawing import Curve, Edge, Label, Point, between
from derive.notes.measure import width

CLEAR = 0.14
"""How far an arrow keeps from a node that it passes."""

_SMALL, _HIGH = 0.32, 0.36
_STEPS = 16
_BENDS = tuple(0.4 * number for number in range(1, 16))
_ALONG = (0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.2, 0.8, 0.12, 0.88)
_AWAY = (0.0, 0.2, 0.4, 0.6, 0.8)

Way = tuple[Point, ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Wish:
    """A label that should stand beside a route: at its left (``side`` 1) or its right (-1), ``apart`` from it or more."""

    route: Way
    side: int
    content: Layout
    apart: float


def route(start: Point, end: Point, radius: float, nodes: Sequence[Point], taken: Sequence[Way] = (), apart: float = 0.3) -> Way:
    """From rim to rim: straight where no node is in the way, else swung through the gap between columns, else the flattest bow round them.

    ``taken`` are the ways of arrows that are drawn already; one back between the same nodes keeps ``apart``.
    """
    others = [node for node in nodes if node not in (start, end)]
    for way in (between(start, end, radius), _swung(start, end, radius), *_bows(start, end, radius)):
        if all(distance(node, way) >= radius + CLEAR for node in others) and not any(_alike(way, other, apart) for other in taken):
            return way
    return between(start, end, radius)


def _alike(one: Way, other: Way, apart: float) -> bool:
    """Whether one way leads back where the other came from, and closer to it than ``apart``."""
    meet = dist(one[0], other[-1]) < apart and dist(one[-1], other[0]) < apart
    return meet and max(distance(point, other) for point in _places(one)) < apart


def _places(way: Way) -> list[Point]:
    """Both ends and the middle of a way."""
    middle = way[len(way) // 2] if len(way) > 2 else ((way[0][0] + way[1][0]) / 2, (way[0][1] + way[1][1]) / 2)
    return [way[0], middle, way[-1]]


def _bows(start: Point, end: Point, radius: float) -> Iterator[Way]:
    """Quadratic curves, ever more bent, below the straight line and above it in turn."""
    length = dist(start, end) or 1.0
    across = ((end[1] - start[1]) / length, (start[0] - end[0]) / length)
    down = 1 if across[1] < 0 or (across[1] == 0 and across[0] > 0) else -1
    for bend in _BENDS:
        for side in (down, -down):
            corner = ((start[0] + end[0]) / 2 + side * bend * across[0], (start[1] + end[1]) / 2 + side * bend * across[1])
            tail, head = between(start, corner, radius)[0], between(corner, end, radius)[1]
            yield tuple(_on_bow(tail, corner, head, number / _STEPS) for number in range(_STEPS + 1))


def _swung(start: Point, end: Point, radius: float) -> Way:
    """A curve that leaves and arrives level; most of its height lies half-way between."""
    reach = radius if end[0] >= start[0] else -radius
    tail, head = (start[0] + reach, start[1]), (end[0] - reach, end[1])
    middle = (tail[0] + head[0]) / 2
    shares = [number / _STEPS for number in range(_STEPS + 1)]
    corners = ((tail, (middle, tail[1]), (middle, head[1])), ((middle, tail[1]), (middle, head[1]), head))
    halves = [(_on_bow(*corners[0], t), _on_bow(*corners[1], t), t) for t in shares]
    return tuple((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for a, b, t in halves)


def _on_bow(a: Point, b: Point, c: Point, t: float) -> Point:
    p, q, r = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return (p * a[0] + q * b[0] + r * c[0], p * a[1] + q * b[1] + r * c[1])


def arrow(way: Way, *, dashed: bool = False) -> Edge | Curve:
    """The mark of a route."""
    return Edge(way[0], way[-1], arrow=True, dashed=dashed) if len(way) == 2 else Curve(way, arrow=True, dashed=dashed)


def aside(way: Way, by: float) -> Way:
    """The route beside a route, at its left where ``by`` is positive."""
    slopes = [_left(a, b) for a, b in pairwise(way)]
    first, last = slopes[:1], slopes[-1:]
    normals = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip([*first, *slopes], [*slopes, *last], strict=True)]
    return tuple((x + by * nx, y + by * ny) for (x, y), (nx, ny) in zip(way, normals, strict=True))


def _left(a: Point, b: Point) -> Point:
    length = dist(a, b) or 1.0
    return ((a[1] - b[1]) / length, (b[0] - a[0]) / length)


def distance(point: Point, way: Sequence[Point]) -> float:
    """How far a point is from a line through points."""
    return min(_from_segment(point, a, b) for a, b in pairwise(way))


def _from_segment(point: Point, a: Point, b: Point) -> float:
    square = dist(a, b) ** 2 or 1.0
    share = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / square
    share = min(1.0, max(0.0, share))
    return dist(point, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))


def breadth(content: Layout) -> float:
    """How wide a small label is, with a little room; in SVG scripts stand one after the other."""
    return 1.3 * _SMALL * width(content) + 0.06


def box(label: Label) -> Box:
    """What a small label covers: left, bottom, right, top."""
    half = breadth(label.content) / 2
    return (label.at[0] - half, label.at[1] - _HIGH / 2, label.at[0] + half, label.at[1] + _HIGH / 2)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have more than an edge in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def labels_beside(wishes: Sequence[Wish], taken: Sequence[Box]) -> list[Label]:
    """Each wish at the first place along its route where nothing stands yet, across it rather than far away."""
    boxes, labels = list(taken), []
    for wish in wishes:
        sides = (wish, replace(wish, side=-wish.side))
        places = [_beside(side, along, away) for away in _AWAY for side in sides for along in _ALONG]
        free = (label for label in places if not any(overlap(box(label), other) for other in boxes))
        labels.append(next(free, places[0]))
        boxes.append(box(labels[-1]))
    return labels


def _beside(wish: Wish, along: float, away: float) -> Label:
    reach = along * (len(wish.route) - 1)
    number = min(int(reach), len(wish.route) - 2)
    a, b = wish.route[number], wish.route[number + 1]
    share = reach - number
    nx, ny = (wish.side * part for part in _left(a, b))
    off = abs(nx) * breadth(wish.content) / 2 + abs(ny) * _HIGH / 2 + wish.apart + away
    return Label((a[0] + share * (b[0] - a[0]) + off * nx, a[1] + share * (b[1] - a[1]) + off * ny), wish.content, small=True)
