"""Where the layers and units of a network stand on a sheet; long columns and deep networks are abbreviated by dots."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from derive.expressions import Tensor
from derive.network import Network
from derive.notes.figures.drawing import Curve, Edge, Mark, Point, between
from derive.specifications.specification import INPUT, Specification
from derive.traversal import entries_of

COLUMN, ROW, RADIUS, MARGIN, TOP, BOTTOM = 2.5, 1.05, 0.36, 0.8, 1.0, 0.8
_UNITS, _LAYERS = 5, 7
_SHOWN_UNITS, _FIRST_LAYERS, _LAST_LAYERS = 3, 3, 2


@dataclass(frozen=True)
class Column:
    """A layer on the sheet: its number, its output tensor, and where its units stand (None: dots)."""

    layer: int
    output: Tensor
    x: float
    units: tuple[tuple[int, Point], ...]
    dots: Point | None


@dataclass(frozen=True)
class Sheet:
    """The columns of a network from left to right, with places of dots for layers that are left out."""

    columns: tuple[Column, ...]
    dots: tuple[Point, ...]
    outputs: tuple[Tensor, ...]
    width: float
    height: float

    @property
    def is_abbreviated(self) -> bool:
        """Whether units or layers are left out."""
        return bool(self.dots) or any(column.dots for column in self.columns)

    @property
    def neighbours(self) -> tuple[tuple[Column, Column], ...]:
        """Columns of which the second shows the layer after that of the first."""
        return tuple((a, b) for a, b in pairwise(self.columns) if b.layer == a.layer + 1)


def sheet_of(network: Network) -> Sheet:
    """The columns of a network of layers."""
    outputs = _outputs(network)
    tallest = min(max(tensor.axes[-1].size for tensor in outputs.values()), _UNITS)
    middle = BOTTOM + tallest * ROW / 2
    places = [(layer, MARGIN + number * COLUMN) for number, layer in enumerate(_slots(tuple(outputs)))]
    columns = tuple(_column(layer, outputs[layer], x, middle) for layer, x in places if layer is not None)
    dots = tuple((x, middle) for layer, x in places if layer is None)
    width = 2 * MARGIN + (len(places) - 1) * COLUMN
    return Sheet(columns, dots, tuple(outputs.values()), width, TOP + tallest * ROW + BOTTOM)


def _outputs(network: Network) -> dict[int, Tensor]:
    """The output of every layer, the input first."""
    found = {tensor.layer: tensor for tensor in network.pattern.inputs if tensor.role == "input" and tensor.layer is not None}
    found |= {t.layer: t for t in network.pattern.definitions if t.role == "output" and t.layer is not None}
    return dict(sorted(found.items()))


def _slots(layers: tuple[int, ...]) -> tuple[int | None, ...]:
    if len(layers) <= _LAYERS:
        return layers
    return (*layers[:_FIRST_LAYERS], None, *layers[-_LAST_LAYERS:])


def _column(layer: int, output: Tensor, x: float, middle: float) -> Column:
    size = output.axes[-1].size
    if size <= _UNITS:
        top = middle + (size - 1) * ROW / 2
        return Column(layer, output, x, tuple((unit, (x, top - unit * ROW)) for unit in range(size)), None)
    top = middle + _SHOWN_UNITS * ROW / 2 + ROW / 2
    shown = [(unit, (x, top - unit * ROW)) for unit in range(_SHOWN_UNITS)]
    last = (size - 1, (x, top - (_SHOWN_UNITS + 1) * ROW))
    return Column(layer, output, x, (*shown, last), (x, top - _SHOWN_UNITS * ROW))


def edges_into(network: Network, layers: Specification, column: Column, columns: tuple[Column, ...]) -> list[Mark]:
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


def _detour(source: Column, target: Column) -> list[Mark]:
    """One line from layer to layer, below the layers between them."""
    start, end = min(at[1] for _, at in source.units), min(at[1] for _, at in target.units)
    level = BOTTOM - 0.2
    corners = [(source.x, start - RADIUS), (source.x, level), (target.x, level), (target.x, end - RADIUS)]
    return [Curve(tuple(corners), arrow=True)]


def _line(start: Point, end: Point) -> Edge:
    """A line from the rim of one unit to the rim of another."""
    return Edge(*between(start, end, RADIUS))
