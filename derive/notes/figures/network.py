"""The network as a drawing: a column of units for each layer, long columns and deep networks abbreviated by dots."""

from __future__ import annotations

from derive.indices import Affine
from derive.notation.layout import Digits, Layout, Sign, Symbol, row
from derive.notation.symbols import array_layout, entry_layout
from derive.notation.view import NUMBERED
from derive.notes.document import Figure
from derive.notes.figures.columns import COLUMN, RADIUS, Column, edges_into, sheet_of
from derive.notes.figures.drawing import Circle, Dots, Drawing, Label, Mark, words_of
from derive.notes.figures.graph import graph_drawing
from derive.notes.story import Story
from derive.specifications.specification import Specification
from derive.words import Text


def network_figure(story: Story) -> Figure:
    """The network with the entries' symbols in its units and its parameters between the layers."""
    if story.layers is None:
        return Figure(graph_drawing(story), story.say("network.graph_figure"))
    drawing, abbreviated = network_drawing(story, story.layers)
    detail = story.words["network.abbreviated"] if abbreviated else ""
    return Figure(drawing, story.say("network.figure", detail=Text(detail)))


def network_drawing(story: Story, layers: Specification) -> tuple[Drawing, bool]:
    """The drawing, and whether anything is left out."""
    sheet = sheet_of(story.network)
    marks: list[Mark] = []
    for column in sheet.columns:
        marks += edges_into(story.network, layers, column, sheet.columns)
    marks += [Dots(place, upright=False) for place in sheet.dots]
    for column in sheet.columns:
        marks += _units(story, column)
        marks.append(Label((column.x, sheet.height - 0.3), layer_label(story, column.layer), small=True))
        marks.append(Label((column.x, 0.2), Digits(str(column.output.axes[-1].size)), small=True))
    for _, column in sheet.neighbours:
        marks += _parameters(story, column, sheet.height)
    sizes = tuple(str(tensor.axes[-1].size) for tensor in sheet.outputs)
    described = story.say("network.figure_description", sizes=sizes, edges=story.words["network.figure_edges"])
    title = story.say("network.figure_title", name=story.network.name)
    return Drawing(sheet.width, sheet.height, tuple(marks), words_of(title), words_of(described)), sheet.is_abbreviated


def _units(story: Story, column: Column) -> list[Mark]:
    marks: list[Mark] = [Circle(at, RADIUS, _unit_label(story, column, unit)) for unit, at in column.units]
    return [*marks, Dots(column.dots)] if column.dots is not None else marks


def _unit_label(story: Story, column: Column, unit: int) -> Layout:
    return entry_layout(column.output, (Digits(str(Affine(unit).constant + 1)),), story.notation, NUMBERED)


def layer_label(story: Story, layer: int) -> Layout:
    """The number of a layer: ``l = 2``."""
    return row(Symbol(story.notation.general_layer), Sign("="), story.layer_number(layer))


def _parameters(story: Story, column: Column, height: float) -> list[Mark]:
    own = [tensor for tensor in story.network.pattern.parameters if tensor.layer == column.layer]
    if not own:
        return []
    shown = [array_layout(tensor, story.notation, NUMBERED) for tensor in own]
    label = row(*(part for number, item in enumerate(shown) for part in ((Sign(","), item) if number else (item,))))
    return [Label((column.x - COLUMN / 2, height - 0.3), label, small=True)]
