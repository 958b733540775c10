"""The loss over two weights as a map: level lines, and the way that gradient descent takes on it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from derive.errors import InputError
from derive.expressions import Entry, Tensor
from derive.indices import Affine
from derive.network import BATCH
from derive.notation.layout import Digits, Layout, Sign, row
from derive.notation.typeset import layout
from derive.notes.document import Figure
from derive.notes.figures.drawing import Circle, Curve, Drawing, Edge, Label, Mark, Point, words_of
from derive.notes.story import Story
from derive.worked.digits import written
from derive.worked.example import MOST_ENTRIES
from derive.worked.ledger import Place
from derive.worked.passes import Passes, passes_of
from derive.worked.read import SIMPLE, example_for
from derive.worked.simple import numbers_for
from derive.worked.surface import Surface, surface

_PATTERNS = 4
_SIDE, _LEFT, _BOTTOM, _WIDTH, _HEIGHT = 5.6, 1.1, 0.9, 7.4, 6.9


def surface_figure(story: Story) -> Figure | None:
    """The map with the path from the present weights downhill; None where the network is too large or has no two weights."""
    ground = _ground(story)
    chosen = _two_weights(ground[0].system.parameters) if ground is not None else None
    if ground is None or chosen is None:
        return None
    passes, given = ground
    first, second = chosen
    found = surface(passes, given, first, second)
    if not found.contours or len(found.path) < 2:
        return None
    page = story.page([first, second], story.plain_view())
    letters = tuple(layout(entry, page) for entry in (first, second))
    loss = layout(Entry(passes.system.loss), story.page([], story.plain_view(batch=story.has_batch)))
    losses = tuple(written(Fraction(value), 3) for value in (found.values[0], found.values[-1]))
    ends = tuple(row(loss, Sign("approx"), Digits(value)) for value in losses)
    title = story.say("surface.title", name=story.network.name)
    described = story.say("surface.description", first=losses[0], second=losses[1])
    caption = story.say("surface.caption", loss=loss, weights=letters, start=ends[0], end=ends[1])
    drawing = Drawing(_WIDTH, _HEIGHT, _marks(found, letters), words_of(title), words_of(described), "surface")
    return Figure(drawing, caption)


def _ground(story: Story) -> tuple[Passes, Mapping[Place, float]] | None:
    """The reader's numbers, or simple ones for a few patterns; None where the network is too large for them."""
    if story.options.numbers not in (None, SIMPLE):
        own = example_for(story.results, str(story.options.numbers), story.options.variant)
        passes, given = own.passes, own.numbers.given
    else:
        passes = passes_of(story.results.batch_sweep).resized({BATCH: _PATTERNS}).passes
        if passes.entries > MOST_ENTRIES:
            return None
        try:
            given = numbers_for(passes, story.options.variant)
        except InputError:
            return None
    return passes, {place: float(text) for place, text in given.items()}


def _two_weights(parameters: tuple[Tensor, ...]) -> tuple[Entry, Entry] | None:
    """Two weights of one unit in the last array that has some, else the first ones of two arrays."""
    arrays = [tensor for tensor in parameters if tensor.role == "weight"] or [tensor for tensor in parameters if tensor.axes]
    for tensor in reversed(arrays):
        if tensor.axes[-1].size > 1:
            zeros = [Affine(0)] * (len(tensor.axes) - 1)
            return Entry(tensor, *zeros, Affine(0)), Entry(tensor, *zeros, Affine(1))
    if len(arrays) < 2:
        return None
    first, last = (Entry(tensor, *(Affine(0) for _ in tensor.axes)) for tensor in (arrays[0], arrays[-1]))
    return first, last


def _marks(found: Surface, letters: tuple[Layout, ...]) -> tuple[Mark, ...]:
    def place(point: Point) -> Point:
        x, y = ((point[k] - found.low[k]) / (found.high[k] - found.low[k]) * _SIDE for k in (0, 1))
        return (_LEFT + x, _BOTTOM + y)

    corners = [(_LEFT, _BOTTOM), (_LEFT + _SIDE, _BOTTOM), (_LEFT + _SIDE, _BOTTOM + _SIDE), (_LEFT, _BOTTOM + _SIDE)]
    marks: list[Mark] = [Edge(a, b) for a, b in pairwise([*corners, corners[0]])]
    marks += [Curve(tuple(map(place, line))) for _, line in found.contours]
    path = tuple(map(place, found.path))
    marks += [Curve(path[:-1], strong=True), Curve(path[-2:], strong=True, arrow=True), Circle(path[0], 0.09)]
    marks += [Circle(point, 0.03) for point in path[1:-1]]
    marks += [Label((_LEFT + _SIDE / 2, 0.2), letters[0]), Label((0.3, _BOTTOM + _SIDE / 2), letters[1])]
    for corner, k in ((corners[0], 0), (corners[1], 0), (corners[0], 1), (corners[3], 1)):
        value = found.low[k] if corner == corners[0] else found.high[k]
        at = (corner[0], corner[1] - 0.3) if k == 0 else (corner[0] - 0.45, corner[1])
        marks.append(Label(at, _tick(value), small=True))
    return tuple(marks)


def _tick(value: float) -> Layout:
    digits = Digits(f"{abs(value):.1f}")
    return row(Sign("-"), digits) if value < -0.05 else digits
