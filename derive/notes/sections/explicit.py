"""Every derivative of a small network by itself."""

from __future__ import annotations

from collections.abc import Sequence

from derive.explicit import FEW, Explicit, explicit_adjoints, explicit_forward, explicit_gradients, parameter_count, positions
from derive.expressions import Entry, Tensor
from derive.notation.layout import Grid, Layout, Sign, joined, row
from derive.notation.symbols import array_layout
from derive.notation.typeset import Page, layout
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.measure import width
from derive.notes.story import Story

_LINES, _INSERTED, _JOINED = 8, 34.0, 20.0
"""The most lines of a display; the widest formula with its deltas inserted, and the widest that still stands on one line, in em."""


def explicit(story: Story) -> tuple[Section, ...]:
    """Every derivative by itself; nothing where there are too many."""
    count = parameter_count(story.results)
    if count > FEW or story.layers is None:
        return ()
    gradients = explicit_gradients(story.results)
    blocks: list[Block] = [Paragraph(story.say("explicit.intro", count=str(count))), _parameters(story)]
    blocks.append(Paragraph(story.say("explicit.forward")))
    blocks.extend(_listed(story, explicit_forward(story.results)))
    blocks.append(Paragraph(story.say("explicit.delta")))
    blocks.extend(_listed(story, explicit_adjoints(story.results)))
    blocks.append(Paragraph(story.say("explicit.gradient", count=str(count))))
    blocks.extend(_listed(story, gradients))
    blocks.append(Paragraph(story.say("explicit.matrix")))
    blocks.append(_matrices(story, gradients))
    return (Section(story.say("section.explicit"), "explicit", tuple(blocks)),)


def _listed(story: Story, found: Sequence[Explicit]) -> list[Chain]:
    """Formulas under each other, a few to a display; inserted deltas only where they stay short."""
    lines: list[list[Line]] = [[]]
    for item in found:
        page = story.page([item.left, *item.lines], story.plain_view())
        shown = [layout(value, page) for value in item.lines]
        short = [value for number, value in enumerate(shown) if not number or width(value) <= _INSERTED]
        if len(short) > 1 and sum(map(width, short)) <= _JOINED:
            short = [joined(tuple(short), row(Sign("=")))]
        if len(lines[-1]) + len(short) > _LINES:
            lines.append([])
        lines[-1] += [Line(None if number else layout(item.left, page), value) for number, value in enumerate(short)]
    return [Chain(tuple(part)) for part in lines if part]


def _parameters(story: Story) -> Chain:
    """The weights and biases as matrices and vectors of their entries."""
    page = story.page([], story.plain_view())
    tensors = story.network.pattern.parameters
    return Chain(tuple(Line(array_layout(tensor, story.notation, page.view), _array(story, tensor, page)) for tensor in tensors))


def _array(story: Story, tensor: Tensor, page: Page) -> Layout:
    """A vector or matrix of entries."""
    cells = [layout(Entry(tensor, *place), page) for place in positions(tensor)]
    columns = tensor.axes[1].size if len(tensor.axes) > 1 else 1
    return _grid(cells, columns, story.notation.weight_order == "from,to")


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
        grids = [_grid(cells, columns, story.notation.weight_order == "from,to") for cells in (names, values)]
        lines += [Line(left, grids[0]), Line(None, grids[1])]
    return Chain(tuple(lines))


def _grid(cells: Sequence[Layout], columns: int, turned: bool) -> Grid:
    """Cells in rows of so many; the other way round where rows of the notation's arrays are columns of the code's."""
    rows = tuple(tuple(cells[n : n + columns]) for n in range(0, len(cells), columns))
    return Grid(tuple(zip(*rows, strict=True)) if turned and columns > 1 else rows)
