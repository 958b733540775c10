"""The network as a drawing: a column of units for each layer, long columns and deep networks abbreviated by dots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from derive.expressions import Tensor
from derive.indices import Affine
from derive.network import Network
from derive.notation.layout import Digits, Layout, Sign, Symbol, row
from derive.notation.symbols import array_layout, entry_layout
from derive.notation.view import NUMBERED
from derive.notes.document import Figure
from derive.notes.drawing import Circle, Dots, Drawing, Edge, Label, Mark, Point
from derive.notes.graph_figure import graph_drawing
from derive.notes.story import Story
from derive.specifications.specification import INPUT, Specification
from derive.traversal import entries_of
from derive.words import Text

_COLUMN, _ROW, _RADIUS, _MARGIN, _TOP, _BOTTOM = 2.5, 1.05, 0.36, 0.8, 1.0, 0.8
_UNITS, _LAYERS = 5, 7
_SHOWN_UNITS, _FIRST_LAYERS, _LAST_LAYERS = 3, 3, 2


@dataclass(frozen=True)
class _Column:
    """A layer on the sheet: its number, its output tensor, and where its units stand (None: dots)."""

    layer: int
    output: Tensor
    x: float
    units: tuple[tuple[int, Point], ...]
    dots: Point | None


def network_figure(story: Story) -> Figure:
    """The network with the entries' symbols in its units and its parameters between the layers."""
    if story.layers is None:
        return Figure(graph_drawing(story), story.say("network.graph_figure"))
    drawing, abbreviated = network_drawing(story, story.layers)
    detail = story.words["network.abbreviated"] if abbreviated else ""
    return Figure(drawing, story.say("network.figure", detail=Text(detail)))


def network_drawing(story: Story, layers: Specification) -> tuple[Drawing, bool]:
    """The drawing, and whether anything is left out."""
    outputs = _outputs(story.network)
    tallest = min(max(tensor.axes[-1].size for tensor in outputs.values()), _UNITS)
    height = _TOP + tallest * _ROW + _BOTTOM
    middle = _BOTTOM + tallest * _ROW / 2
    slots = _slots(tuple(outputs))
    columns = [_column(layer, outputs[layer], _MARGIN + place * _COLUMN, middle) for place, layer in enumerate(slots) if layer is not None]
    marks: list[Mark] = []
    for column in columns:
        marks += _edges_into(story.network, layers, column, columns)
    for place, layer in enumerate(slots):
        if layer is None:
            marks.append(Dots((_MARGIN + place * _COLUMN, middle), upright=False))
    for column in columns:
        marks += _units(story, column)
        marks.append(Label((column.x, height - 0.3), _layer_label(story, column.layer), small=True))
        marks.append(Label((column.x, 0.2), Digits(str(column.output.axes[-1].size)), small=True))
    for number, column in enumerate(columns):
        if number and columns[number - 1].layer == column.layer - 1:
            marks += _parameters(story, column, height)
    width = 2 * _MARGIN + (len(slots) - 1) * _COLUMN
    sizes = tuple(str(tensor.axes[-1].size) for tensor in outputs.values())
    described = story.say("network.figure_description", sizes=sizes, edges=story.words["network.figure_edges"])
    title = story.say("network.figure_title", name=story.network.name)
    abbreviated = None in slots or any(column.dots for column in columns)
    return Drawing(width, height, tuple(marks), _plain(title), _plain(described)), abbreviated


def _plain(sentence: object) -> str:
    return "".join(piece.text for piece in sentence if isinstance(piece, Text))  # type: ignore[attr-defined]


def _outputs(network: Network) -> dict[int, Tensor]:
    """The output of every layer, the input first."""
    found = {tensor.layer: tensor for tensor in network.pattern.inputs if tensor.role == "input" and tensor.layer is not None}
    found |= {t.layer: t for t in network.pattern.definitions if t.role == "output" and t.layer is not None}
    return dict(sorted(found.items()))


def _slots(layers: tuple[int, ...]) -> tuple[int | None, ...]:
    if len(layers) <= _LAYERS:
        return layers
    return (*layers[:_FIRST_LAYERS], None, *layers[-_LAST_LAYERS:])


def _column(layer: int, output: Tensor, x: float, middle: float) -> _Column:
    size = output.axes[-1].size
    if size <= _UNITS:
        top = middle + (size - 1) * _ROW / 2
        return _Column(layer, output, x, tuple((unit, (x, top - unit * _ROW)) for unit in range(size)), None)
    top = middle + _SHOWN_UNITS * _ROW / 2 + _ROW / 2
    shown = [(unit, (x, top - unit * _ROW)) for unit in range(_SHOWN_UNITS)]
    last = (size - 1, (x, top - (_SHOWN_UNITS + 1) * _ROW))
    return _Column(layer, output, x, (*shown, last), (x, top - _SHOWN_UNITS * _ROW))


def _edges_into(network: Network, layers: Specification, column: _Column, columns: list[_Column]) -> list[Mark]:
    """Lines from the layers that a layer reads, unit by unit where it is computed unit by unit; below what it passes over."""
    if column.layer == 0:
        return []
    names = {INPUT: 0, **{layer.name: number for number, layer in enumerate(layers.layers, 1)}}
    sources = {names[name] for name in layers.layers[column.layer - 1].inputs}
    marks: list[Mark] = []
    for place, source in enumerate(columns):
        if source.layer not in sources:
            continue
        if columns.index(column) - place > 1:
            marks += _detour(source, column)
            continue
        by_unit = _is_by_unit(network, source.output, column.layer)
        for unit, start in source.units:
            marks += [_line(start, end) for other, end in column.units if unit == other or not by_unit]
    return marks


def _is_by_unit(network: Network, source: Tensor, layer: int) -> bool:
    """Whether a layer reads another one only at the place that it computes."""
    reads = [
        (equation.indices, entry.positions)
        for equation in network.pattern.equations
        if equation.tensor.layer == layer
        for entry in entries_of(equation.right)
        if entry.tensor == source
    ]
    return bool(reads) and all(indices == positions for indices, positions in reads)


def _detour(source: _Column, target: _Column) -> list[Mark]:
    """One line from layer to layer, below the layers between them."""
    start, end = min(at[1] for _, at in source.units), min(at[1] for _, at in target.units)
    level = _BOTTOM - 0.2
    corners = [(source.x, start - _RADIUS), (source.x, level), (target.x, level), (target.x, end - _RADIUS)]
    lines = [Edge(a, b) for a, b in pairwise(corners)]
    return [*lines[:-1], replace(lines[-1], arrow=True)]


def _line(start: Point, end: Point) -> Edge:
    """A line from the rim of one unit to the rim of another."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    ux, uy = dx / length * _RADIUS, dy / length * _RADIUS
    return Edge((start[0] + ux, start[1] + uy), (end[0] - ux, end[1] - uy))


def _units(story: Story, column: _Column) -> list[Mark]:
    marks: list[Mark] = [Circle(at, _RADIUS, _unit_label(story, column, unit)) for unit, at in column.units]
    return [*marks, Dots(column.dots)] if column.dots is not None else marks


def _unit_label(story: Story, column: _Column, unit: int) -> Layout:
    return entry_layout(column.output, (Digits(str(Affine(unit).constant + 1)),), story.notation, NUMBERED)


def _layer_label(story: Story, layer: int) -> Layout:
    return row(Symbol(story.notation.general_layer), Sign("="), story.layer_number(layer))


def _parameters(story: Story, column: _Column, height: float) -> list[Mark]:
    own = [tensor for tensor in story.network.pattern.parameters if tensor.layer == column.layer]
    if not own:
        return []
    shown = [array_layout(tensor, story.notation, NUMBERED) for tensor in own]
    label = row(*(part for number, item in enumerate(shown) for part in ((Sign(","), item) if number else (item,))))
    return [Label((column.x - _COLUMN / 2, height - 0.3), label, small=True)]
