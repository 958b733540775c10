"""The computational graph: every equation is a node, every arrow carries a value forwards and its adjoint backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.equations import Equation, System
from derive.expressions import Apply, Expression, Power, Product, Tensor, Total
from derive.notation.layout import Digits, Layout, Named, Sign, Symbol, row
from derive.notation.symbols import array_layout, function_name
from derive.notes.document import Figure
from derive.notes.figures.drawing import Circle, Dots, Drawing, Edge, Label, Mark, Point, framed, words_of
from derive.notes.figures.routes import Box, Way, Wish, arrow, aside, box, breadth, labels_beside, route
from derive.notes.story import Story
from derive.traversal import tensors_of, walk
from derive.words import Text
from derive.worked.example import Example
from derive.worked.read import example_for

_COLUMN, _ROW, _RADIUS, _MARGIN, _LINE = 2.3, 2.5, 0.42, 1.9, 0.42
_MOST_COLUMNS, _FIRST, _LAST, _MOST_ROWS, _LONGEST_NAME = 6, 2, 3, 4, 4
_APART = 0.07
"""Half the distance between the arrow of a value and that of its adjoint."""

_LANE = 1.3
"""How far two pairs of arrows that lead along each other keep apart."""

_BESIDE = 0.06
"""What is free between an arrow and its label."""


@dataclass(frozen=True)
class _Sheet:
    """Where the equations shown stand, and the place of dots for those left out."""

    places: Mapping[Tensor, Point]
    dots: Point | None
    width: float
    height: float


def computation_figure(story: Story) -> Figure | None:
    """Values above and adjoints below each arrow; numbers where all are single and the reader brought some. None where it is too wide."""
    system = story.network.pattern
    labels = _Labels(story)
    sheet = _sheet(system, labels)
    if sheet is None:
        return None
    marks: list[Mark] = []
    for equation in system.equations:
        if equation.tensor in sheet.places:
            marks += _into(equation, system, sheet, labels)
            marks.append(Circle(sheet.places[equation.tensor], _RADIUS, _operation(story, equation)))
    if sheet.dots is not None:
        marks.append(Dots(sheet.dots, upright=False))
    marks += _out(system, sheet, labels)
    marks += _between(system, sheet, labels, [_covered(mark) for mark in marks if isinstance(mark, Label | Circle)])
    title, described = story.say("computation.title", name=story.network.name), story.say("computation.description")
    drawing = Drawing(sheet.width, sheet.height, tuple(marks), words_of(title), words_of(described), "computation")
    detail = story.words["computation.abbreviated"] if sheet.dots is not None else ""
    return Figure(framed(drawing), story.say("computation.caption", detail=Text(detail)))


def _sheet(system: System, labels: _Labels) -> _Sheet | None:
    """Equations in columns by the longest way to them; in the middle of a long chain they are left out."""
    depth: dict[Tensor, int] = {}
    for equation in system.equations:
        read = [tensor for tensor in tensors_of(equation.right) if tensor in depth]
        depth[equation.tensor] = 1 + max((depth[tensor] for tensor in read), default=-1)
    columns: list[list[Tensor]] = [[] for _ in range(max(depth.values()) + 1)]
    for tensor, number in depth.items():
        columns[number].append(tensor)
    if max(map(len, columns)) > _MOST_ROWS or sum(len(column) > 1 for column in columns) > _MOST_COLUMNS:
        return None
    slots: list[list[Tensor] | None] = list(columns)
    if len(columns) > _MOST_COLUMNS:
        slots = [*columns[:_FIRST], None, *columns[-_LAST:]]
    rows = max(len(column) for column in slots if column is not None)
    most = max((_parameters(system, tensor) for column in slots for tensor in column or ()), default=0)
    extra = max(0, most - 2) * _LINE
    height = rows * (_ROW + extra) + 0.5
    pitch = _pitch(system, labels)
    places: dict[Tensor, Point] = {}
    dots: Point | None = None
    for number, column in enumerate(slots):
        x = _MARGIN + number * pitch
        if column is None:
            dots = (x, height - _ROW - extra + 0.4)
        for place, tensor in enumerate(column or ()):
            places[tensor] = (x, height - _ROW - extra + 0.4 - place * (_ROW + extra))
    return _Sheet(places, dots, 2 * _MARGIN + (len(slots) - 1) * pitch, height)


def _pitch(system: System, labels: _Labels) -> float:
    """From column to column, with room for what stands beside the arrows from above."""
    adjoints = [adjoint for tensor in system.parameters if (adjoint := labels.adjoint(tensor)) is not None]
    right = max(map(breadth, adjoints), default=0.0)
    left = max((breadth(labels.value(tensor)) for tensor in (*system.parameters, *system.inputs)), default=0.0)
    return max(_COLUMN, right + left + 2 * (_APART + 2 * _BESIDE))


def _parameters(system: System, tensor: Tensor) -> int:
    """How many parameters and inputs an equation reads."""
    return sum(read not in system.definitions for read in tensors_of(system.definitions[tensor].right))


class _Labels:
    """What stands at arrows: symbols, or numbers where every value is a single one and there are some."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.adjoints = {d.left.tensor.of: d.left.tensor for d in story.results.pattern_sweep.derivations}
        self.example = self._example()

    def _example(self) -> Example | None:
        system = self.story.network.pattern
        single = all(not tensor.axes for tensor in (*system.inputs, *system.parameters, *system.definitions))
        if not single or self.story.options.numbers is None:
            return None
        return example_for(self.story.results, self.story.options.numbers, self.story.options.variant)

    def value(self, tensor: Tensor) -> Layout:
        """The symbol of a value, or its number."""
        if self.example is not None:
            return _number(self.example.shown(self.example.before.at(tensor, ())))
        return array_layout(tensor, self.story.notation, self.story.plain_view())

    def adjoint(self, tensor: Tensor) -> Layout | None:
        """The symbol of its adjoint, or the number; None where none is computed."""
        adjoint = self.adjoints.get(tensor)
        if adjoint is None:
            return None
        if self.example is not None:
            return _number(self.example.shown(self.example.before.at(adjoint, ())))
        return array_layout(adjoint, self.story.notation, self.story.plain_view())


def _number(text: str) -> Layout:
    return Digits(text)


def _operation(story: Story, equation: Equation) -> Layout:
    """What an equation does: its function, a sum of products, a product, a sum; the loss by its letter."""
    right = equation.right
    if equation.tensor == story.network.pattern.loss:
        return array_layout(equation.tensor, story.notation, story.plain_view())
    functions = [node.function for node in walk(right) if isinstance(node, Apply)]
    if functions:
        shown = function_name(functions[0] if len(functions) == 1 else "f", story.notation)
        return Symbol("f") if isinstance(shown, Named) and len(shown.name) > _LONGEST_NAME else shown
    if any(isinstance(node, Total) for node in walk(right)):
        return Symbol("Sigma", "upright")
    return Sign("times") if _is_product(right) else Sign("+")


def _is_product(value: Expression) -> bool:
    return isinstance(value, Product | Power)


def _into(equation: Equation, system: System, sheet: _Sheet, labels: _Labels) -> list[Mark]:
    """What is given, from the left and from above; a circle around a node that reads itself."""
    at = sheet.places[equation.tensor]
    marks: list[Mark] = []
    given = [tensor for tensor in tensors_of(equation.right) if tensor not in system.definitions]
    first = next((tensor for tensor in given if tensor not in system.parameters), None)
    if first is not None and at[0] == _MARGIN:
        way = ((at[0] - 1.2, at[1]), (at[0] - _RADIUS, at[1]))
        arrows, wishes = _both_ways(way, (first,), labels)
        marks += [*arrows, *labels_beside(wishes, ())]
        given.remove(first)
    if equation.tensor in tensors_of(equation.right):
        marks.append(Circle(at, _RADIUS + 0.08))
    return marks + (_given(given, at, labels) if given else [])


def _between(system: System, sheet: _Sheet, labels: _Labels, taken: Sequence[Box]) -> list[Mark]:
    """The arrows from node to node, round the nodes between; what is left out stands at the dots."""
    flows: dict[tuple[Point, Point], list[Tensor]] = {}
    order = {equation.tensor: number for number, equation in enumerate(system.equations)}
    read = [(tensor, equation.tensor) for equation in system.equations for tensor in tensors_of(equation.right) if tensor in order]
    for tensor, user in sorted(read, key=lambda pair: order[pair[0]] > order[pair[1]]):
        start, end = sheet.places.get(tensor, sheet.dots), sheet.places.get(user, sheet.dots)
        if start is not None and end is not None and start != end:
            flows.setdefault((start, end), []).append(tensor)
    nodes = [*sheet.places.values(), *([sheet.dots] if sheet.dots is not None else [])]
    marks: list[Mark] = []
    wishes: list[Wish] = []
    ways: list[Way] = []
    for (start, end), tensors in flows.items():
        ways.append(route(start, end, _RADIUS + _APART, nodes, ways, _LANE))
        arrows, beside = _both_ways(ways[-1], tuple(dict.fromkeys(tensors)), labels)
        marks += arrows
        wishes += beside
    return [*marks, *labels_beside(wishes, taken)]


def _covered(mark: Label | Circle) -> Box:
    """What a label or a node takes of the sheet."""
    if isinstance(mark, Label):
        return box(mark)
    (x, y), reach = mark.centre, mark.radius
    return (x - reach, y - reach, x + reach, y + reach)


def _both_ways(way: Way, tensors: Sequence[Tensor], labels: _Labels) -> tuple[list[Mark], list[Wish]]:
    """A solid arrow with the values at its left and, beside it, a dashed one back with the adjoints at its right."""
    marks: list[Mark] = [arrow(aside(way, _APART))]
    wishes = [Wish(way, 1, _listed([labels.value(tensor) for tensor in tensors]), _APART + _BESIDE)]
    adjoints = [adjoint for tensor in tensors if (adjoint := labels.adjoint(tensor)) is not None]
    if adjoints:
        marks.append(arrow(aside(way, -_APART)[::-1], dashed=True))
        wishes.append(Wish(way, -1, _listed(adjoints), _APART + _BESIDE))
    return marks, wishes


def _listed(items: Sequence[Layout]) -> Layout:
    return row(*(part for number, item in enumerate(items) for part in ((Sign(","), item) if number else (item,))))


def _given(given: Sequence[Tensor], at: Point, labels: _Labels) -> list[Mark]:
    """Inputs and parameters from above: values left of the arrow, adjoints right of the one that goes back."""
    top, bottom = at[1] + 1.25 + max(0, len(given) - 2) * _LINE, at[1] + _RADIUS
    marks: list[Mark] = [Edge((at[0] - _APART, top), (at[0] - _APART, bottom), arrow=True)]
    adjoints = [(number, labels.adjoint(tensor)) for number, tensor in enumerate(given)]
    for number, tensor in enumerate(given):
        marks.append(_at_side(at[0] - _APART, -1, top - 0.1 - number * _LINE, labels.value(tensor)))
    if any(adjoint is not None for _, adjoint in adjoints):
        marks.append(Edge((at[0] + _APART, bottom), (at[0] + _APART, top), arrow=True, dashed=True))
        marks += [_at_side(at[0] + _APART, 1, top - 0.1 - n * _LINE, adjoint) for n, adjoint in adjoints if adjoint is not None]
    return marks


def _at_side(x: float, side: int, y: float, content: Layout) -> Label:
    """A label that begins, or ends, beside an upright arrow."""
    return Label((x + side * (_BESIDE + breadth(content) / 2), y), content, small=True)


def _out(system: System, sheet: _Sheet, labels: _Labels) -> list[Mark]:
    """The loss leaves its node, and the derivative 1 comes back."""
    at = sheet.places[system.loss]
    tail, head = (at[0] + _RADIUS, at[1]), (at[0] + 1.25, at[1])
    return [
        Edge((tail[0], tail[1] + _APART), (head[0], head[1] + _APART), arrow=True),
        Edge((head[0], head[1] - _APART), (tail[0], tail[1] - _APART), arrow=True, dashed=True),
        Label(((tail[0] + head[0]) / 2, at[1] + 4 * _APART), labels.value(system.loss), small=True),
        Label(((tail[0] + head[0]) / 2, at[1] - 5 * _APART), Digits("1"), small=True),
    ]
