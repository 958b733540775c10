"""A system of equations as a drawing: a circle for each tensor, arrows from what is read to what it computes."""

from __future__ import annotations

from derive.equations import System
from derive.expressions import Tensor
from derive.notation.symbols import array_layout
from derive.notes.figures.drawing import Circle, Drawing, Mark, Point, framed, words_of
from derive.notes.figures.routes import Way, arrow, route
from derive.notes.story import Story
from derive.traversal import tensors_of

_COLUMN, _ROW, _RADIUS, _MARGIN = 2.1, 1.15, 0.42, 0.8


def graph_drawing(story: Story) -> Drawing:
    """Tensors in columns by the longest way to them; what a recurrence reads from itself is a circle around itself."""
    system = story.network.pattern
    columns = columns_of(system)
    tallest = max(len(column) for column in columns)
    height, width = 2 * _MARGIN + (tallest - 1) * _ROW, 2 * _MARGIN + (len(columns) - 1) * _COLUMN
    places: dict[Tensor, Point] = {}
    for number, column in enumerate(columns):
        top = height / 2 + (len(column) - 1) * _ROW / 2
        shift = 0.18 if number % 2 else 0.0
        for row, tensor in enumerate(column):
            places[tensor] = (_MARGIN + number * _COLUMN, top - row * _ROW + shift)
    nodes = tuple(places.values())
    order = {equation.tensor: number for number, equation in enumerate(system.equations)}
    ends = [(read, equation.tensor) for equation in system.equations for read in tensors_of(equation.right) if read in places]
    marks: list[Mark] = [Circle(places[read], _RADIUS + 0.08) for read, user in ends if read == user]
    ways: list[Way] = []
    for read, user in sorted(ends, key=lambda pair: order.get(pair[0], -1) > order[pair[1]]):
        if read != user:
            ways.append(route(places[read], places[user], _RADIUS, nodes, ways))
    marks += map(arrow, ways)
    view = story.plain_view()
    marks += [Circle(at, _RADIUS, array_layout(tensor, story.notation, view)) for tensor, at in places.items()]
    described = story.say("network.graph_description", tensors=tuple(tensor.name for tensor in places))
    title = story.say("network.figure_title", name=story.network.name)
    return framed(Drawing(width, height + 0.2, tuple(marks), words_of(title), words_of(described)))


def columns_of(system: System) -> list[list[Tensor]]:
    """Inputs and parameters stand one column before the first equation that reads them."""
    depth: dict[Tensor, int] = {}
    for equation in system.equations:
        read = [tensor for tensor in tensors_of(equation.right) if tensor in system.definitions and tensor in depth]
        depth[equation.tensor] = 1 + max((depth[tensor] for tensor in read), default=0)
    for tensor in (*system.inputs, *system.parameters):
        users = [depth[user.tensor] for user in system.consumers.get(tensor, ())]
        depth[tensor] = min(users, default=1) - 1
    columns: list[list[Tensor]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for tensor in (*system.inputs, *system.parameters, *system.definitions):
        columns[depth[tensor]].append(tensor)
    return [column for column in columns if column]
