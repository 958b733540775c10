"""The loss over two weights: its values on a grid, its level lines, and a path of steepest descent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mpmath.ctx_fp import FPContext

from derive.errors import InputError
from derive.expressions import Cases, Entry, Expression, Function, Tensor
from derive.indices import Axis
from derive.verification.evaluate import Closure, Scalar, Scope, closure, scalar_closure
from derive.verification.primitives import EvaluationError
from derive.worked.ledger import Place
from derive.worked.passes import Passes

Point = tuple[float, float]
Line = tuple[Point, ...]

_CELLS, _LEVELS, _STEPS = 30, 10, 40
_MARGIN, _LEAST, _FIRST_STEP, _SLOPE = 0.45, 1.5, 0.22, 1e-5


@dataclass(frozen=True)
class Surface:
    """Over ``low <= weights <= high``: the level lines of the loss with their levels, and where descent leads from the start."""

    first: Entry
    second: Entry
    low: Point
    high: Point
    contours: tuple[tuple[float, Line], ...]
    path: Line
    values: tuple[float, ...]


def surface(passes: Passes, given: Mapping[Place, Any], first: Entry, second: Entry) -> Surface:
    """The loss over two entries of the parameters, all others held where they are.

    Raises ``InputError`` where the loss has no value.
    """
    loss = _loss(passes, given)
    places = tuple((entry.tensor.name, tuple(int(p.constant) for p in entry.positions)) for entry in (first, second))

    def at(point: Point) -> float:
        return loss(dict(zip(places, point, strict=True)))

    start = (float(given[places[0]]), float(given[places[1]]))
    path = _descent(at, start)
    low, high = _frame(path)
    grid = [[at(_node(low, high, i, j)) for i in range(_CELLS + 1)] for j in range(_CELLS + 1)]
    contours = tuple((level, line) for level in _levels(grid) for line in _lines(grid, level, low, high))
    return Surface(first, second, low, high, contours, path, tuple(at(point) for point in path))


def _loss(passes: Passes, given: Mapping[Place, Any]) -> Callable[[Mapping[Place, float]], float]:
    """The loss as a function of changed entries: every formula is compiled once, in the order in which values are needed."""
    source = _Doubles(passes, {place: float(value) for place, value in given.items()})
    order = source.compile(passes.system.loss)

    def loss(changed: Mapping[Place, float]) -> float:
        source.values.update(changed)
        try:
            for place, formula in order:
                source.values[place] = formula() + 0.0
        except (EvaluationError, ArithmeticError, ValueError, TypeError) as reason:
            raise InputError(f"the loss of {passes.system.name} has no value at some weights: {reason}") from None
        value = source.values[passes.system.loss.name, ()]
        if not isfinite(value):
            raise InputError(f"the loss of {passes.system.name} is not finite at some weights")
        return float(value)

    return loss


class _Finite(FPContext):
    """mpmath's doubles."""

    isfinite = staticmethod(isfinite)


class _Doubles:
    """Values of entries in doubles; what closures ask for."""

    context: Any = _Finite()

    def __init__(self, passes: Passes, values: dict[Place, float]) -> None:
        self.values: dict[Place, Any] = values
        self._equations = {equation.tensor.name: equation for equation in passes.system.equations}
        self._outside = {tensor.name: value for tensor, value in passes.system.outside.items()}
        self._order: dict[Place, Closure] = {}

    def compile(self, tensor: Tensor) -> list[tuple[Place, Closure]]:
        """The formulas of ``tensor`` and of all it needs, each after those that it reads."""
        self.read(tensor, ())
        return list(self._order.items())

    def size(self, axis: Axis) -> int:
        return axis.size

    def read(self, tensor: Tensor, position: tuple[int, ...]) -> Closure:
        place = (tensor.name, position)
        if any(not 0 <= at < axis.size for at, axis in zip(position, tensor.axes, strict=True)):
            return closure(self._outside[tensor.name], Scope(self, {}))
        if place not in self.values and place not in self._order:
            equation = self._equations[tensor.name]
            formula = closure(equation.right, Scope(self, dict(zip(equation.indices, position, strict=True))))
            self._order[place] = formula
        values = self.values
        return lambda: values[place]

    def derivative(self, of: Expression, by: Entry, scope: Scope) -> Any:
        raise EvaluationError("a loss has no derivatives in it")

    def scalar(self, function: Function) -> Scalar:
        return scalar_closure(self, function)

    def compared(self, difference: Any) -> None:
        pass

    def branched(self, node: Cases, branch: int) -> None:
        pass


def _descent(at: Callable[[Point], float], start: Point) -> Line:
    """Steps against the slope, the first one of a visible length; shorter ones where a step would go up or has gone too far."""
    points, slope = [start], _slope(at, start)
    size = (slope[0] ** 2 + slope[1] ** 2) ** 0.5
    if size == 0:
        return (start,)
    rate = _FIRST_STEP / size
    for _ in range(_STEPS):
        x, y = points[-1]
        value = at((x, y))
        for _ in range(8):
            new = (x - rate * slope[0], y - rate * slope[1])
            if at(new) <= value:
                break
            rate /= 2
        else:
            break
        points.append(new)
        before, slope = slope, _slope(at, new)
        if (slope[0] ** 2 + slope[1] ** 2) ** 0.5 < size / 50:
            break
        rate *= 1.2 if before[0] * slope[0] + before[1] * slope[1] > 0 else 0.4
    return tuple(points)


def _slope(at: Callable[[Point], float], point: Point) -> Point:
    x, y = point
    return (
        (at((x + _SLOPE, y)) - at((x - _SLOPE, y))) / (2 * _SLOPE),
        (at((x, y + _SLOPE)) - at((x, y - _SLOPE))) / (2 * _SLOPE),
    )


def _frame(path: Line) -> tuple[Point, Point]:
    """A square around the path."""
    lows = [min(point[k] for point in path) for k in (0, 1)]
    highs = [max(point[k] for point in path) for k in (0, 1)]
    half = max(_LEAST, *((high - low) * (0.5 + _MARGIN) for low, high in zip(lows, highs, strict=True)))
    centre = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    return (centre[0] - half, centre[1] - half), (centre[0] + half, centre[1] + half)


def _node(low: Point, high: Point, i: int, j: int) -> Point:
    return (low[0] + (high[0] - low[0]) * i / _CELLS, low[1] + (high[1] - low[1]) * j / _CELLS)


def _levels(grid: Sequence[Sequence[float]]) -> list[float]:
    """Levels that part the area of the map into equal shares."""
    values = sorted(value for row in grid for value in row)
    if values[0] == values[-1]:
        return []
    return sorted({values[len(values) * number // (_LEVELS + 1)] for number in range(1, _LEVELS + 1)})


def _lines(grid: Sequence[Sequence[float]], level: float, low: Point, high: Point) -> list[Line]:
    """The level line in pieces as long as possible: the crossings of each cell, joined at their ends."""
    segments: list[tuple[Point, Point]] = []
    for j in range(_CELLS):
        for i in range(_CELLS):
            segments += _crossings(grid, level, low, high, i, j)
    return _joined(segments)


def _crossings(grid: Sequence[Sequence[float]], level: float, low: Point, high: Point, i: int, j: int) -> list[tuple[Point, Point]]:
    """The pieces of a level line in one cell: between the sides that it crosses, two by two."""
    corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
    found: list[Point] = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        one, other = grid[a[1]][a[0]] - level, grid[b[1]][b[0]] - level
        if (one < 0) != (other < 0):
            (ax, ay), (bx, by) = sorted((_node(low, high, *a), _node(low, high, *b)))
            start, end = (one, other) if _node(low, high, *a) == (ax, ay) else (other, one)
            share = start / (start - end)
            found.append((ax + share * (bx - ax), ay + share * (by - ay)))
    return [(found[n], found[n + 1]) for n in range(0, len(found) - 1, 2)]


def _joined(segments: Sequence[tuple[Point, Point]]) -> list[Line]:
    """Segments with common ends as longer lines."""
    waiting = list(segments)
    lines: list[Line] = []
    while waiting:
        line = list(waiting.pop(0))
        grown = True
        while grown:
            grown = False
            for number, (a, b) in enumerate(waiting):
                if line[-1] in (a, b):
                    line.append(b if line[-1] == a else a)
                elif line[0] in (a, b):
                    line.insert(0, b if line[0] == a else a)
                else:
                    continue
                waiting.pop(number)
                grown = True
                break
        lines.append(tuple(line))
    return lines
