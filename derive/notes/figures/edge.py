"""One edge of the network seen close: what stands at its two ends is all that the derivative by its weight needs."""

from __future__ import annotations

from derive.expressions import Entry, Expression, factors_of
from derive.notation.layout import Layout, Sign, row
from derive.notation.typeset import layout
from derive.notes.document import Figure
from derive.notes.figures.drawing import Circle, Drawing, Edge, Label, Mark, Point, between, words_of
from derive.notes.figures.flow import DELTAS
from derive.notes.story import Story
from derive.words import Reference

_TAIL, _HEAD, _RADIUS = (2.2, 1.5), (6.4, 1.5), 0.5
_WIDTH, _HEIGHT, _STUBS = 8.6, 3.0, (0.85, 0.0, -0.85)


def edge_figure(story: Story) -> Figure | None:
    """The edge of any weight whose gradient is the delta at its head times the output at its tail; None where there is none."""
    for result in story.results.of_pattern:
        ends = _ends(result.equation.right)
        of = result.equation.tensor.of
        if of is None or of.role != "weight" or ends is None:
            continue
        output, delta = ends
        weight = Entry(of, *result.equation.left.positions)
        view = story.view(result)
        page = story.page([result.equation.left, result.equation.right], view)
        shown = tuple(layout(value, page) for value in (output, delta, weight))
        drawing = _drawing(story, *shown)
        formula = row(layout(result.equation.left, page), Sign("="), layout(result.equation.right, page))
        number = Reference(str(result.number))
        return Figure(drawing, story.say("edge.caption", weight=shown[2], formula=formula, number=number))
    return None


def _ends(right: Expression) -> tuple[Entry, Entry] | None:
    """The output at the tail and the delta at the head, where a gradient is their product."""
    factors = [factor for factor in factors_of(right) if isinstance(factor, Entry)]
    deltas = [factor for factor in factors if factor.tensor.role in DELTAS]
    outputs = [factor for factor in factors if factor.tensor.role in ("output", "input")]
    if len(factors_of(right)) == 2 and len(deltas) == len(outputs) == 1:
        return outputs[0], deltas[0]
    return None


def _drawing(story: Story, output: Layout, delta: Layout, weight: Layout) -> Drawing:
    (x, y), (other, _) = _TAIL, _HEAD
    marks: list[Mark] = [*_stubs(_TAIL, -1.5), *_stubs(_HEAD, 1.5), Circle(_TAIL, _RADIUS, output), Circle(_HEAD, _RADIUS)]
    start, end = between(_TAIL, _HEAD, _RADIUS)
    marks += [Edge((start[0], y + 0.12), (end[0], y + 0.12), arrow=True), Label(((x + other) / 2, y + 0.42), weight)]
    marks += [Edge((end[0], y - 0.12), (start[0], y - 0.12), arrow=True, dashed=True), Label(((x + other) / 2, y - 0.5), delta)]
    marks.append(Label(_HEAD, delta))
    title, described = story.say("edge.title"), story.say("edge.description")
    return Drawing(_WIDTH, _HEIGHT, tuple(marks), words_of(title), words_of(described), "edge")


def _stubs(centre: Point, length: float) -> list[Mark]:
    """The beginnings of other edges at a unit."""
    found: list[Mark] = []
    for rise in _STUBS:
        far = (centre[0] + length, centre[1] + rise)
        near, _ = between(centre, far, _RADIUS)
        found.append(Edge(far, near) if length < 0 else Edge(near, far))
    return found
