"""The smallest network at which a claim fails, with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product as every
from math import prod
from typing import Any

from derive.claims.judging import Finding, Layers, compared
from derive.claims.networks import Stage
from derive.claims.rewritten import speaks_of_units
from derive.errors import InputError
from derive.expressions import Tensor
from derive.reader.syntax import Syntax
from derive.verification.points import Point
from derive.verification.primitives import EvaluationError

SMALL = (1, 2)
_MOST_TRIED, _MOST_SHOWN, _DIGITS = 12, 8, 6


def counterexample_of(sides: tuple[Syntax, Syntax], stage: Stage, layers: Layers, role: str, finding: Finding) -> dict[str, Any] | None:
    """Concrete sizes and numbers at which two sides differ, as few units as possible; for parts that do not fit, the sizes alone."""
    if finding.difference is None:
        return _of_equal_layers(sides, stage, layers, role) | {"problem": finding.misfit}
    for sizes in () if speaks_of_units(sides) else _sizes(stage):
        small = Stage(stage.system, stage.notation, sizes)
        try:
            found = compared(sides, small, layers, role, [small.point(0)])
        except (InputError, EvaluationError):
            continue
        if found.difference is not None:
            return shown(found, stage.notation.first_layer)
    return shown(finding, stage.notation.first_layer)


def _of_equal_layers(sides: tuple[Syntax, Syntax], stage: Stage, layers: Layers, role: str) -> dict[str, Any]:
    """Numbers of a network with two units in every layer, where parts that do not fit have the same shape all the same."""
    sizes = {"sizes": dict(sorted(stage.points[0].sizes.items())), "at": {}}
    try:
        found = compared(sides, stage.blurred, layers, role, [stage.blurred.point(0)])
    except (InputError, EvaluationError):
        return sizes
    if found.difference is None:
        return sizes
    return shown(found, stage.notation.first_layer) | {"sizes": dict.fromkeys(sizes["sizes"], SMALL[1])}


def _sizes(stage: Stage) -> Iterator[Mapping[str, int]]:
    """Sizes of one or two units in each layer, the fewest first."""
    names = sorted(stage.points[0].sizes)
    tried: Sequence[tuple[int, ...]] = sorted(every(SMALL, repeat=len(names)), key=lambda own: (sum(own), own)) if len(names) <= 8 else []
    for sizes in tried[:_MOST_TRIED]:
        yield dict(zip(names, sizes, strict=True))


def shown(finding: Finding, first_layer: int) -> dict[str, Any]:
    """The difference that was found, as a record; layers are counted from ``first_layer`` as the notation does."""
    difference = finding.difference
    assert difference is not None
    point = difference.point
    layer = difference.layer
    return {
        "sizes": dict(sorted(point.sizes.items())),
        **({} if layer is None else {"layer": layer + first_layer}),
        "at": {index.letter: place + 1 for index, place in difference.place.items()},
        "left": _number(point, difference.left),
        "right": _number(point, difference.right),
        "values": _values(point),
    }


def _values(point: Point) -> dict[str, Any]:
    """Inputs and parameters, where they are few."""
    found: dict[str, Any] = {}
    for tensor in (*point.system.inputs, *point.system.parameters):
        if prod(point.sizes[axis.name] for axis in tensor.axes) <= _MOST_SHOWN:
            found[tensor.name] = _nested(tensor, point)
    return found


def _nested(tensor: Tensor, point: Point) -> Any:
    array = point.valuation.array(tensor)
    numbers = [_number(point, value) for value in array.values()]
    if len(tensor.axes) < 2:
        return numbers
    width = point.sizes[tensor.axes[-1].name]
    return [numbers[start : start + width] for start in range(0, len(numbers), width)]


def _number(point: Point, value: Any) -> float:
    return float(point.valuation.context.nstr(value, _DIGITS))
