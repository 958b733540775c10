"""The computational graph: every equation is a node, every arrow carries a value forwards and its adjoint backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.equations import Equation, System
from derive.expressions import Apply, Expression, Power, Product, Tensor, Total
from derive.notation.layout import Digits, Layout, Named, Sign, Symbol
from derive.notation.symbols import array_layout, function_name
from derive.notes.document import Figure
from derive.notes.figures.drawing import Circle, Dots, Drawing, Edge, Label, Mark, Point, between, words_of
from derive.notes.story import Story
from derive.traversal import tensors_of, walk
from derive.words import Text
from derive.worked.example import Example
from derive.worked.read import example_for

_COLUMN, _ROW, _RADIUS, _MARGIN, _LINE = 2.3, 2.5, 0.42, 1.9, 0.42
_MOST_COLUMNS, _FIRST, _LAST, _MOST_ROWS, _LONGEST_NAME = 6, 2, 3, 4, 4
_APART = 0.07
"""Half the distance between the arrow of a value and that of its adjoint."""


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
    sheet = _sheet(system)
    if sheet is None:
        return None
    labels = _Labels(story)
    marks: list[Mark] = []
    for equation in system.equations:
        if equation.tensor in sheet.places:
            marks += _into(equation, system, sheet, labels)
            marks.append(Circle(sheet.places[equation.tensor], _RADIUS, _operation(story, equation)))
    if sheet.dots is not None:
        hidden = [equation for equation in system.equations if equation.tensor not in sheet.places]
        leaving = dict.fromkeys(t for equation in hidden for t in tensors_of(equation.right) if t in sheet.places)
        marks += [mark for t in leaving for mark in _between(sheet.places[t], sheet.dots, t, system, labels)]
        marks.append(Dots(sheet.dots, upright=False))
    marks += _out(system, sheet, labels)
    title, described = story.say("computation.title", name=story.network.name), story.say("computation.description")
    drawing = Drawing(sheet.width, sheet.height, tuple(marks), words_of(title), words_of(described), "computation")
    detail = story.words["computation.abbreviated"] if sheet.dots is not None else ""
    return Figure(drawing, story.say("computation.caption", detail=Text(detail)))


def _sheet(system: System) -> _Sheet | None:
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
    places: dict[Tensor, Point] = {}
    dots: Point | None = None
    for number, column in enumerate(slots):
        x = _MARGIN + number * _COLUMN
        if column is None:
            dots = (x, height - _ROW - extra + 0.4)
        for row, tensor in enumerate(column or ()):
            places[tensor] = (x, height - _ROW - extra + 0.4 - row * (_ROW + extra))
    return _Sheet(places, dots, 2 * _MARGIN + (len(slots) - 1) * _COLUMN, height)


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
    """The arrows into a node: from other nodes, and from above for what is given."""
    at = sheet.places[equation.tensor]
    read = [tensor for tensor in tensors_of(equation.right) if tensor != equation.tensor]
    marks: list[Mark] = []
    for tensor in read:
        if tensor in sheet.places:
            marks += _between(sheet.places[tensor], at, tensor, system, labels)
        elif tensor in system.definitions and sheet.dots is not None:
            marks += _between(sheet.dots, at, tensor, system, labels)
    given = [tensor for tensor in read if tensor not in system.definitions]
    first = next((tensor for tensor in given if tensor not in system.parameters), None)
    if first is not None and at[0] == _MARGIN:
        marks += _between((at[0] - 1.6, at[1]), at, first, system, labels)
        given.remove(first)
    if equation.tensor in tensors_of(equation.right):
        marks.append(Circle(at, _RADIUS + 0.08))
    return marks + (_given(given, at, labels) if given else [])


def _between(start: Point, end: Point, tensor: Tensor, system: System, labels: _Labels) -> list[Mark]:
    """A solid arrow with the value above it and, below, a dashed one back with the adjoint."""
    tail, head = between(start, end, _RADIUS)
    dx, dy = head[0] - tail[0], head[1] - tail[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    nx, ny = -dy / length * _APART, dx / length * _APART
    middle = ((tail[0] + head[0]) / 2, (tail[1] + head[1]) / 2)
    marks: list[Mark] = [
        Edge((tail[0] + nx, tail[1] + ny), (head[0] + nx, head[1] + ny), arrow=True),
        Label((middle[0] + 4 * nx, middle[1] + 4 * ny), labels.value(tensor), small=True),
    ]
    adjoint = labels.adjoint(tensor)
    if adjoint is not None:
        marks.append(Edge((head[0] - nx, head[1] - ny), (tail[0] - nx, tail[1] - ny), arrow=True, dashed=True))
        marks.append(Label((middle[0] - 5 * nx, middle[1] - 5 * ny), adjoint, small=True))
    return marks


def _given(given: Sequence[Tensor], at: Point, labels: _Labels) -> list[Mark]:
    """Inputs and parameters from above: values left of the arrow, adjoints right of the one that goes back."""
    top, bottom = at[1] + 1.25 + max(0, len(given) - 2) * _LINE, at[1] + _RADIUS
    marks: list[Mark] = [Edge((at[0] - _APART, top), (at[0] - _APART, bottom), arrow=True)]
    adjoints = [(number, labels.adjoint(tensor)) for number, tensor in enumerate(given)]
    for number, tensor in enumerate(given):
        marks.append(Label((at[0] - 0.45, top - 0.1 - number * _LINE), labels.value(tensor), small=True))
    if any(adjoint is not None for _, adjoint in adjoints):
        marks.append(Edge((at[0] + _APART, bottom), (at[0] + _APART, top), arrow=True, dashed=True))
        marks += [Label((at[0] + 0.75, top - 0.1 - n * _LINE), adjoint, small=True) for n, adjoint in adjoints if adjoint is not None]
    return marks


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
