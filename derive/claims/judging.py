"""Whether two sides of a claim are equal: read in every way that fits, evaluated in every layer that they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from derive.claims.networks import Stage
from derive.claims.rewritten import own_limits
from derive.errors import InputError
from derive.expressions import Entry, Expression, Largest, Partial, Total
from derive.indices import Index
from derive.reader.choices import Choices, every_way
from derive.reader.names import tensors_in
from derive.reader.reading import Reading, read_sides
from derive.reader.scope import Scope
from derive.reader.slots import Absent, Letter, Misfit
from derive.reader.syntax import Syntax
from derive.verification.lines import compare
from derive.verification.points import Point, positions_of
from derive.verification.primitives import EvaluationError
from derive.verification.stream import Stream
from derive.verification.valuation import Valuation

ACTIVATIONS = ("\\sigma", "f", "\\varphi", "\\phi", "g")
"""Letters for any layer's activation, where the notation does not use them for a quantity."""
_MOST = 4
MOST_TERMS = 50_000
"""What a formula may cost to evaluate: sums inside sums multiply."""

Layers = Sequence[int | None]


@dataclass(frozen=True)
class Difference:
    """Where two sides differ: the values there, the layer that the general letter stands for, and the reading that shows it."""

    point: Point
    place: Mapping[Index, int]
    left: Any
    right: Any
    layer: int | None
    reading: Reading


@dataclass(frozen=True)
class Finding:
    """What a comparison of two sides found; ``misfit`` where their parts do not fit together, ``difference`` where they differ."""

    places: int = 0
    error: float = 0.0
    misfit: str = ""
    absent: bool = False
    difference: Difference | None = None
    layers: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        return self.places > 0 and not self.misfit and self.difference is None


def scope_at(stage: Stage, layer: int | None, choices: Choices) -> Scope:
    """The scope of a claim in which the general letter stands for a layer."""
    names = stage.names
    known = frozenset(name for name in (*ACTIVATIONS, stage.notation.activation_letter) if name not in names.bases)
    return replace(stage.scope(layer), choices=choices, activations=known)


def readings(sides: Sequence[Syntax], stage: Stage, layer: int | None) -> Iterator[Reading]:
    """Every consistent way to read some sides. Raises ``InputError`` where there is none."""
    limits = dict.fromkeys(name for side in sides for name in own_limits(side, stage.notation))

    def attempt(choices: Choices) -> Reading:
        scope = scope_at(stage, layer, choices)
        return read_sides(sides, replace(scope, limits={name: Letter(name, 0) for name in limits if name not in scope.names.bases}))

    return every_way(attempt)


def compared(sides: Sequence[Syntax], stage: Stage, layers: Layers, role: str = "", points: Sequence[Point] | None = None) -> Finding:
    """Whether sides are equal in every layer in which what they speak of exists; one way to read them that holds is enough.

    ``role`` says that the left side belongs to an ``output`` or a ``hidden`` layer. Raises ``InputError`` where they cannot be read.
    """
    total = Finding()
    absent = ""
    for layer in layers:
        try:
            found = _in_layer(sides, stage, layer, role, stage.points if points is None else points)
        except Absent as error:
            absent = absent or str(error)
            continue
        except Misfit as error:
            return Finding(misfit=str(error))
        except EvaluationError as error:
            return Finding(misfit=f"it has no value: {error}")
        if not found.ok:
            return found
        seen = total.layers if layer is None else (*total.layers, layer)
        total = Finding(total.places + found.places, max(total.error, found.error), layers=seen)
    if not total.places:
        return Finding(misfit=absent or "nothing could be evaluated", absent=True)
    return total


def _in_layer(sides: Sequence[Syntax], stage: Stage, layer: int | None, role: str, points: Sequence[Point]) -> Finding:
    first: Finding | None = None
    fault: EvaluationError | None = None
    for reading in readings(sides, stage, layer):
        if role and role != _role_of(reading, stage):
            continue
        try:
            found = _evaluated(reading, points, layer)
        except EvaluationError as error:
            fault = error
            continue
        if found.ok:
            return found
        first = first or found
    if first is None:
        raise fault or EvaluationError("no way to read it was tried")
    return first


def _role_of(reading: Reading, stage: Stage) -> str:
    """Whether the left side belongs to the output layer or to a hidden one."""
    layers = [tensor.layer for tensor in tensors_in(reading.entries[0]) if tensor.layer is not None]
    return "" if not layers else "output" if layers[0] == stage.depth else "hidden"


def _evaluated(reading: Reading, points: Sequence[Point], layer: int | None) -> Finding:
    places, error = 0, 0.0
    first, *others = reading.entries
    for point in points:
        valuation = point.valuation
        terms = max(_terms(entry, valuation) for entry in reading.entries)
        if terms > MOST_TERMS:
            raise InputError(f"the sums of the formula have {terms} terms; the limit is {MOST_TERMS}")
        for place in chosen_places(reading, point):
            value = valuation.evaluate(first, place)
            for other in others:
                outcome = compare(other, value, place, valuation)
                if outcome.fault:
                    return Finding(1, difference=Difference(point, place, value, valuation.evaluate(other, place), layer, reading))
                places, error = places + 1, max(error, outcome.error)
    return Finding(places, error)


def _terms(value: Any, valuation: Valuation) -> int:
    """How many values are added, multiplied or compared to evaluate an expression once."""
    inside = sum(_terms(part, valuation) for part in value.args)
    return inside * valuation.size(value.index.axis) if isinstance(value, Total | Largest) else max(inside, 1)


def chosen_places(reading: Reading, point: Point) -> list[dict[Index, int]]:
    """Some positions of the free indices, all where they are few."""
    free = reading.free
    every = [dict(zip(free, position, strict=True)) for position in positions_of(tuple(i.axis for i in free), point.valuation)]
    stream = Stream(point.seed + len(every))
    return [every.pop(stream.below(len(every))) for _ in range(min(len(every), _MOST))]


def is_gradient(value: Expression) -> bool:
    """Whether this is a derivative of the loss, which no constant shift of a forward value changes."""
    return isinstance(value, Partial) or (isinstance(value, Entry) and value.tensor.of is not None)


def readable(sides: Sequence[Syntax], stage: Stage, layers: Layers) -> tuple[InputError | None, bool]:
    """Why sides cannot be read at all, in any layer, and whether they fit together in some layer."""
    for layer in layers:
        try:
            next(readings(sides, stage, layer), None)
        except Misfit:
            continue
        except InputError as error:
            return error, False
        return None, True
    return None, False
