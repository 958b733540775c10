"""The sections of the notes, each made from the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.expressions import Entry, Number, Tensor
from derive.functions.slopes import slopes_of
from derive.notation.layout import Grid, Sign, Symbol, row
from derive.notation.symbols import array_layout, layer_mark
from derive.notation.typeset import is_cut, layout
from derive.notation.view import NUMBERED, View
from derive.notes.algorithms import backward_algorithm, forward_algorithm, input_as_output, reads_input_as_output
from derive.notes.chains import primitive_slopes, result_chain, short_chain, slope_chain
from derive.notes.document import Block, Boxed, Chain, Figure, Items, Line, Paragraph, Section, Table
from derive.notes.explicit import FEW, Explicit, explicit_adjoints, explicit_forward, explicit_gradients, parameter_count
from derive.notes.kinks import kinks_of
from derive.notes.measure import width
from derive.notes.network_figure import network_figure
from derive.notes.story import Story
from derive.notes.symbols import symbol_table
from derive.results import Result
from derive.specifications.equation_specification import EquationSpecification
from derive.specifications.specification import LayerSpecification, Specification
from derive.traversal import walk
from derive.words import Code, Math, Reference, Sentence, Text

_LINES, _INSERTED = 8, 34.0
_BESIDE = 30.0
"""Index form and matrix form stand side by side up to this width, in em."""


def network_section(story: Story) -> Section:
    """What the network is, with its figure."""
    loss = story.math(Entry(story.network.pattern.loss), NUMBERED)
    goal = Paragraph(story.say("network.goal", loss=loss, count=str(parameter_count(story.results))))
    figure: Figure = network_figure(story)
    blocks: tuple[Block, ...] = (Paragraph(story.say("network.equations")), figure, goal)
    if story.layers is not None:
        last = layer_mark(story.depth, story.notation, View(last=story.depth))
        shown = row(last, Sign("="), story.layer_number(story.depth))
        key = "network.chain" if story.layers.is_chain else "network.graph"
        first = Paragraph(story.say(key, layers=str(len(story.layers.layers) + 1), last=shown))
        blocks = (first, _layers(story, story.layers), figure, goal)
    return Section(story.say("section.network"), "network", blocks)


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


def symbols_section(story: Story) -> Section:
    """Symbols with shapes and names in code, and the conventions."""
    return Section(story.say("section.symbols"), "symbols", (symbol_table(story), *_conventions(story)))


def _conventions(story: Story) -> tuple[Block, ...]:
    items: list[Sentence] = []
    x = next((tensor for tensor in story.network.pattern.inputs if tensor.role == "input"), None)
    if x is not None and reads_input_as_output(story):
        shown = array_layout(x, story.notation, NUMBERED)
        items.append(story.say("convention.counting", first=str(story.notation.first_layer), output=input_as_output(story), input=shown))
    elif story.layers is not None:
        items.append(story.say("convention.counting_layers", first=str(story.notation.first_layer)))
    items += [story.say("convention.one_pattern")] if story.has_batch else []
    items += _outside(story)
    items.append(story.say("convention.bound"))
    formulas = [*(e.right for e in story.network.pattern.equations), *(s.result for s in slopes_of(story.network.pattern))]
    bodies = [slope.function.body for slope in slopes_of(story.network.pattern) if slope.function.body is not None]
    if any(isinstance(node, Number) and is_cut(node.value) for value in (*formulas, *bodies) for node in walk(value)):
        items.append(story.say("convention.decimals"))
    for assumption in story.network.pattern.assumptions:
        page = story.page([assumption.left, assumption.right], NUMBERED)
        equation = row(layout(assumption.left, page), Sign("="), layout(assumption.right, page))
        items.append(story.say("convention.assumption", equation=equation))
    items += [story.say("convention.kink", function=kink.name(story), values=kink.values(story)) for kink in kinks_of(story)]
    if story.layers is not None and story.layers.l2:
        factor = story.math(Number(story.layers.l2), NUMBERED)
        items.append(story.say("convention.l2", factor=factor))
    return (Items(tuple(items)),)


def _outside(story: Story) -> list[Sentence]:
    """What stands where an equation reads before the first step or outside a range."""
    specification = story.network.specification
    if not isinstance(specification, EquationSpecification):
        return []
    known = {tensor.name: tensor for tensor in (*story.network.pattern.inputs, *story.network.pattern.definitions)}
    found: list[Sentence] = []
    for key, values in (("initial", specification.initial), ("pad", specification.pad)):
        for name, value in values:
            if name in known:
                shown = row(array_layout(known[name], story.notation, NUMBERED), Sign("="), layout(Number(value), story.page([], NUMBERED)))
                found.append(story.say(f"convention.{key}", equation=shown))
    return found


def activations_section(story: Story) -> Section | None:
    """The formula of each activation and its derivative; None where all are linear."""
    slopes = slopes_of(story.network.pattern)
    chains = (*(slope_chain(story, slope) for slope in slopes), *primitive_slopes(story))
    if not chains:
        return None
    return Section(story.say("section.activations"), "activations", (Paragraph(story.say("activation.intro")), *chains))


def forward_section(story: Story) -> Section:
    """The forward equations."""
    chains = tuple(result_chain(story, r) for r in story.results.of_pattern if r.kind == "forward")
    return Section(story.say("section.forward"), "forward", (Paragraph(story.say("forward.intro")), *chains))


def loss_section(story: Story) -> Section:
    """The loss of one pattern."""
    chains = tuple(result_chain(story, r) for r in story.results.of_pattern if r.kind == "loss")
    intro = story.say("loss.intro" if story.has_batch else "loss.equations")
    return Section(story.say("section.loss"), "loss", (Paragraph(intro), *chains))


def backward_sections(story: Story) -> list[Section]:
    """One subsection for each delta and gradient."""
    sections = [Section(story.say("section.backward"), "backward", (Paragraph(story.say("backward.intro")),))]
    for result in _derived(story.results.of_pattern):
        shown = story.range_of(result)
        about = (Paragraph(story.say("backward.range", range=shown)),) if shown is not None else ()
        sections.append(Section(_title(story, result), f"result-{result.number}", (*about, result_chain(story, result)), 2))
    return sections


def _derived(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.derivation is not None]


def _title(story: Story, result: Result) -> Sentence:
    tensor = result.equation.tensor
    view = story.view(result)
    if tensor.role == "delta" and tensor.layer is not None:
        if tensor.layer == story.depth:
            return story.say("section.delta_last")
        if view.general is not None:
            return story.say("section.delta")
        return story.say("section.delta_in", layer=story.layer_number(tensor.layer))
    of = tensor.of if tensor.of is not None else tensor
    key = "section.gradient" if tensor.role == "gradient" else "section.adjoint"
    return story.say(key, subject=Math(array_layout(of, story.notation, view)))


def batch_section(story: Story) -> Section | None:
    """The batch forms of everything; None where equations speak for themselves."""
    if not story.has_batch:
        return None
    batch = story.network.batch
    index = next(index for equation in batch.equations for index in equation.indices)
    page = story.page([Entry(_first(batch.definitions), *story.fresh(_first(batch.definitions)))], NUMBERED)
    letter = page.letters.get(index, Symbol(story.notation.pattern_letters[0]))
    intro = story.say("batch.intro", patterns=Symbol(story.notation.batch_size), index=letter)
    results = story.results.of_batch
    forward = tuple(short_chain(story, r) for r in results if r.derivation is None)
    derived = _derived(results)
    backward = tuple(result_chain(story, r) for r in derived)
    total = story.math(Entry(batch.loss), NUMBERED)
    delta = next((r for r in derived if r.equation.tensor.role == "delta"), None)
    notes: list[Block] = [Paragraph((*intro, Text(" "), *story.say("convention.rows")))]
    if delta is not None and delta.equation.tensor.of is not None:
        pattern = Symbol("delta")
        shown = story.notation.batch["delta"]
        sentence = story.say("convention.batch_delta", batch=shown, total=total, pattern=story.notation.symbols.get("delta", pattern))
        notes.append(Paragraph(sentence))
    return Section(
        story.say("section.batch"),
        "batch",
        (*notes, Paragraph(story.say("batch.forward")), *forward, Paragraph(story.say("batch.backward", total=total)), *backward),
    )


def _first(definitions: Mapping[Tensor, object]) -> Tensor:
    return next(iter(definitions))


def summary_section(story: Story) -> Section:
    """What to remember, in boxes: for one pattern and for a batch."""
    pattern = Boxed((Paragraph(story.say("summary.intro")), _summary(story, story.results.of_pattern)))
    if not story.has_batch:
        return Section(story.say("section.summary"), "summary", (Boxed(pattern.blocks[1:]),))
    batch = Boxed((Paragraph(story.say("summary.batch")), _summary(story, story.results.of_batch)))
    return Section(story.say("section.summary"), "summary", (pattern, batch))


def _summary(story: Story, results: Sequence[Result]) -> Block:
    """Index forms and matrix forms side by side where they fit on a line, else under each other."""
    chains = [short_chain(story, result) for result in results]
    rows = [tuple(Math(row(line.left, Sign("="), line.right), True) for line in chain.lines if line.left is not None) for chain in chains]
    widest = [max((width(cells[n].formula) for cells in rows if len(cells) > n), default=0.0) for n in range(2)]
    if sum(widest) > _BESIDE:
        return Chain(tuple(replace(line, repeats=True) for chain in chains for line in chain.lines))
    head = tuple(story.say(f"table.{key}") for key in ("entries", "matrices", "layers", "number"))
    table = []
    for result, cells in zip(results, rows, strict=True):
        shown = story.range_of(result)
        where: Sentence = (Math(shown),) if shown is not None else ()
        table.append(((cells[0],), cells[1:], where, (Reference(str(result.number)),)))
    return Table(head, tuple(table))


def algorithms_section(story: Story) -> Section:
    """Forward and backward pass."""
    after = story.say("algorithm.after")
    if story.has_batch:
        numbers = tuple(f"({r.number})" for r in story.results.of_batch)
        after = (*after, Text(" "), *story.say("algorithm.batch", numbers=f"{numbers[0]}-{numbers[-1]}"))
    blocks: tuple[Block, ...] = (forward_algorithm(story), backward_algorithm(story), Paragraph(after))
    return Section(story.say("section.algorithms"), "algorithms", blocks)


def explicit_section(story: Story) -> Section | None:
    """Every derivative by itself; None where there are too many."""
    count = parameter_count(story.results)
    if count > FEW or story.layers is None:
        return None
    gradients = explicit_gradients(story.results)
    blocks: list[Block] = [Paragraph(story.say("explicit.intro", count=str(count)))]
    blocks.extend(_listed(story, explicit_forward(story.results)))
    blocks.append(Paragraph(story.say("explicit.delta")))
    blocks.extend(_listed(story, explicit_adjoints(story.results)))
    blocks.append(Paragraph(story.say("explicit.gradient", count=str(count))))
    blocks.extend(_listed(story, gradients))
    blocks.append(Paragraph(story.say("explicit.matrix")))
    blocks.append(_matrices(story, gradients))
    return Section(story.say("section.explicit"), "explicit", tuple(blocks))


def _listed(story: Story, found: Sequence[Explicit]) -> list[Chain]:
    """Formulas under each other, a few to a display; inserted deltas only where they stay short."""
    lines: list[list[Line]] = [[]]
    for item in found:
        page = story.page([item.left, *item.lines], story.plain_view())
        shown = [layout(value, page) for value in item.lines]
        short = [value for number, value in enumerate(shown) if not number or width(value) <= _INSERTED]
        if len(lines[-1]) + len(short) > _LINES:
            lines.append([])
        lines[-1] += [Line(None if number else layout(item.left, page), value) for number, value in enumerate(short)]
    return [Chain(tuple(part)) for part in lines if part]


def _matrices(story: Story, gradients: Sequence[Explicit]) -> Chain:
    """The gradient of each parameter as a matrix of the entries listed before."""
    lines: list[Line] = []
    for tensor in dict.fromkeys(item.left.tensor for item in gradients):
        own = [item for item in gradients if item.left.tensor == tensor]
        columns = tensor.axes[1].size if len(tensor.axes) > 1 else 1
        page = story.page([], story.plain_view())
        names = [layout(item.left, page) for item in own]
        values = [layout(item.lines[0], page) for item in own]
        left = array_layout(tensor, story.notation, story.plain_view())
        grids = [Grid(tuple(tuple(cells[n : n + columns]) for n in range(0, len(cells), columns))) for cells in (names, values)]
        lines += [Line(left, grids[0]), Line(None, grids[1])]
    return Chain(tuple(lines))
