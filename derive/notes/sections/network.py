"""The network: its layers or equations, its figure, and what is wanted of it."""

from __future__ import annotations

from derive.explicit import parameter_count
from derive.expressions import Entry
from derive.notation.layout import Sign, row
from derive.notation.symbols import layer_mark
from derive.notation.view import View
from derive.notes.document import Block, Figure, Paragraph, Section, Table
from derive.notes.figures.network import network_figure
from derive.notes.story import Story
from derive.specifications.specification import LayerSpecification, Specification
from derive.words import Code, Math, Sentence, Text


def network(story: Story) -> tuple[Section, ...]:
    """What the network is, with its figure."""
    loss = story.math(Entry(story.network.pattern.loss), story.plain_view())
    goal = Paragraph(story.say("network.goal", loss=loss, count=str(parameter_count(story.results))))
    figure: Figure = network_figure(story)
    blocks: tuple[Block, ...] = (Paragraph(story.say("network.equations")), figure, goal)
    if story.layers is not None:
        last = layer_mark(story.depth, story.notation, View(last=story.depth))
        shown = row(last, Sign("="), story.layer_number(story.depth))
        key = "network.chain" if story.layers.is_chain else "network.graph"
        first = Paragraph(story.say(key, layers=str(len(story.layers.layers) + 1), last=shown))
        blocks = (first, _layers(story, story.layers), figure, goal)
    return (Section(story.say("section.network"), "network", blocks),)


def _layers(story: Story, specification: Specification) -> Table:
    """One row for each run of equal layers."""
    head = ["layer", "units", "activation", *([] if specification.is_chain else ["reads"]), "parameters"]
    rows: list[tuple[Sentence, ...]] = []
    first = (Math(story.layer_number(0)),), (Text(str(specification.inputs)),), story.say("table.input_layer"), (), (Text("0"),)
    rows.append(tuple(cell for number, cell in enumerate(first) if number != 3 or not specification.is_chain))
    numbers = {"input": 0, **{layer.name: number for number, layer in enumerate(specification.layers, 1)}}
    for run in _runs(story, specification):
        layer, start, end = run
        count = _own_parameters(story, start)
        name = (
            row(story.layer_number(start), Sign(","), Sign("dots"), Sign(","), story.layer_number(end))
            if end > start
            else story.layer_number(start)
        )
        activation: Sentence = (Code(layer.activation.name),) if layer.activation is not None else story.say("table.none")
        reads = tuple(Math(story.layer_number(numbers[source])) for source in layer.inputs)
        each = f"{count}" if end == start else f"{end - start + 1} x {count}"
        cells = ((Math(name),), (Text(str(layer.units)),), activation, story.words.say("table.list", items=reads), (Text(each),))
        rows.append(tuple(cell for number, cell in enumerate(cells) if number != 3 or not specification.is_chain))
    return Table(tuple(story.say(f"table.{key}") for key in head), tuple(rows))


def _runs(story: Story, specification: Specification) -> list[tuple[LayerSpecification, int, int]]:
    """Neighbouring layers of a chain that differ in nothing but their number."""
    runs: list[tuple[LayerSpecification, int, int]] = []
    for number, layer in enumerate(specification.layers, 1):
        if runs and specification.is_chain:
            known, start, _ = runs[-1]
            same = (known.units, known.activation, known.bias) == (layer.units, layer.activation, layer.bias)
            if same and number > 2 and _own_parameters(story, start) == _own_parameters(story, number):
                runs[-1] = (known, start, number)
                continue
        runs.append((layer, number, number))
    return runs


def _own_parameters(story: Story, layer: int) -> int:
    count = 0
    for tensor in story.network.pattern.parameters:
        if tensor.layer == layer:
            size = 1
            for axis in tensor.axes:
                size *= axis.size
            count += size
    return count
