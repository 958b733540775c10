"""Both passes on the graph of a network: outputs flow forwards along solid arrows, deltas backwards along dashed ones."""

from __future__ import annotations

from derive.expressions import Tensor
from derive.notation.layout import Digits
from derive.notation.symbols import array_layout, entry_layout
from derive.notation.view import NUMBERED
from derive.notes.document import Figure
from derive.notes.figures.columns import RADIUS, Column, Sheet, edges_into, sheet_of
from derive.notes.figures.drawing import Circle, Curve, Dots, Drawing, Edge, Label, Mark, words_of
from derive.notes.figures.network import layer_label
from derive.notes.story import Story
from derive.specifications.specification import Specification

_BAND = 0.75
"""The height of the band of arrows above the units, and of that below."""

DELTAS = ("delta", "negative_delta")


def flow_figure(story: Story, layers: Specification) -> Figure | None:
    """Deltas in the units and dashed arrows back; above and below, which array flows where. None where there is no delta."""
    deltas = _adjoints(story)
    sheet = sheet_of(story.network)
    if not any(column.layer in deltas for column in sheet.columns):
        return None
    marks: list[Mark] = []
    for column in sheet.columns:
        if column.layer in deltas and _passes_on(column, sheet, layers, deltas):
            marks += [_back(edge) for edge in edges_into(story.network, layers, column, _with_adjoints(sheet, deltas))]
        marks += _units(story, column, deltas.get(column.layer))
        marks.append(Label((column.x, sheet.height + _BAND - 0.25), layer_label(story, column.layer), small=True))
    marks += [Dots(place, upright=False) for place in sheet.dots]
    for below, above in sheet.neighbours:
        marks += _bands(story, below, above, sheet, deltas)
    title, described = story.say("flow.title", name=story.network.name), story.say("flow.description")
    drawing = Drawing(sheet.width, sheet.height + _BAND, tuple(marks), words_of(title), words_of(described), "flow")
    return Figure(drawing, story.say("flow.caption"))


def _adjoints(story: Story) -> dict[int | None, Tensor]:
    """The delta of each layer, or the derivative by its output where it has none."""
    found: dict[int | None, Tensor] = {}
    for derivation in story.results.pattern_sweep.derivations:
        tensor = derivation.left.tensor
        if tensor.role in DELTAS or (tensor.of is not None and tensor.of.role == "output" and tensor.layer not in found):
            found[tensor.layer] = tensor
    return found


def _with_adjoints(sheet: Sheet, deltas: dict[int | None, Tensor]) -> tuple[Column, ...]:
    """The columns between which derivatives flow."""
    return tuple(column for column in sheet.columns if column.layer in deltas)


def _passes_on(column: Column, sheet: Sheet, layers: Specification, deltas: dict[int | None, Tensor]) -> bool:
    """Whether a delta of a layer is read by one below it; the input has none."""
    return any(other.layer < column.layer and other.layer in deltas for other in sheet.columns)


def _back(mark: Mark) -> Mark:
    """An edge the other way."""
    if isinstance(mark, Edge):
        return Edge(mark.end, mark.start, arrow=True, dashed=True)
    return Curve(mark.points[::-1], arrow=True, dashed=True) if isinstance(mark, Curve) else mark


def _units(story: Story, column: Column, delta: Tensor | None) -> list[Mark]:
    """The units with their deltas; units of layers that have none with their outputs."""
    shown = delta if delta is not None and delta.role in DELTAS else column.output
    marks: list[Mark] = [
        Circle(at, RADIUS, entry_layout(shown, (Digits(str(unit + 1)),), story.notation, NUMBERED)) for unit, at in column.units
    ]
    return [*marks, Dots(column.dots)] if column.dots is not None else marks


def _bands(story: Story, below: Column, above: Column, sheet: Sheet, deltas: dict[int | None, Tensor]) -> list[Mark]:
    """What flows between two neighbouring layers: the output forwards, the delta backwards."""
    left, right, middle = below.x + 0.45, above.x - 0.45, (below.x + above.x) / 2
    top = sheet.height - 0.35
    marks: list[Mark] = [
        Edge((left, top), (right, top), arrow=True),
        Label((middle, top + 0.28), array_layout(below.output, story.notation, NUMBERED), small=True),
    ]
    if above.layer in deltas and below.layer in deltas:
        marks.append(Edge((right, 0.38), (left, 0.38), arrow=True, dashed=True))
        marks.append(Label((middle, 0.1), array_layout(deltas[above.layer], story.notation, NUMBERED), small=True))
    return marks
