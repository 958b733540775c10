"""Why a relation is wrong: which single change of it, or which other convention, would make it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every
from time import process_time
from typing import Any

from derive.claims.judging import Finding, Layers, chosen_places, compared, readings
from derive.claims.networks import Stage
from derive.claims.repairs import Repair, of_sizes, repairs_of
from derive.claims.rewritten import speaks_of_units, widened
from derive.errors import InputError
from derive.expressions import Apply, Entry, Expression, Function, Number, Partial, Product
from derive.functions.scalar import FUNCTIONS
from derive.reader.activations import IDENTITY, activation_of
from derive.reader.printing import latex_of
from derive.reader.reading import Reading
from derive.reader.slots import Misfit
from derive.reader.syntax import Syntax, Terms
from derive.verification.points import Point
from derive.verification.primitives import EvaluationError

PATIENCE = 0.6
"""Seconds of computing after which no further repair is tried."""
_SAME = 1e-20
_MISFITS = {
    "neither summed over": "index",
    "has no bias": "bias",
    "outside": "index",
    "the index": "index",
    "with this superscript": "layer",
    "a product": "transpose",
    "the sides of the equation": "transpose",
    "the sum over": "index",
    "a sum over": "index",
}
OTHER_ACTIVATIONS: tuple[tuple[str, Callable[[Any], Any] | None], ...] = (
    ("sigmoid", lambda a: a * (1 - a)),
    ("tanh", lambda a: 1 - a * a),
    *((name, None) for name in ("sigmoid", "tanh", "relu", "softplus")),
)
"""Functions whose derivatives are written for those of others, some through the output."""


@dataclass(frozen=True)
class Diagnosis:
    """The family of a mistake, what is wrong in words, and the right side that should stand there where one was found."""

    family: str
    said: str
    side: Syntax | None = None


@dataclass(frozen=True)
class Case:
    """A wrong relation with the places where it is tested."""

    left: Syntax
    right: Syntax
    trials: tuple[tuple[Stage, Layers], ...]
    role: str

    def holds(self, right: Syntax) -> bool:
        """Whether the relation holds with another right side, in the first place where the claim is tested."""
        pairs = dict.fromkeys(((self.left, right), (widened(self.left), widened(right))))
        for (stage, layers), pair in every(self.trials[:2], pairs):
            try:
                if compared(pair, stage, layers, self.role).ok:
                    return True
            except InputError:
                continue
        return False


def diagnosed(case: Case, finding: Finding) -> Diagnosis:
    """The first explanation found: by numbers where the sides can be compared, else by trying repairs."""
    found = by_numbers(case) if finding.difference is not None else None
    found = found or (by_terms(case) if finding.difference is not None else None)
    if found is not None and found.family in ("sign", "factor"):
        of_size = next((own for own in of_sizes(case.right, case.trials[0][0].notation) if case.holds(own.side)), None)
        return _of_repair(of_size) if of_size is not None else found
    start = process_time()
    notation = case.trials[0][0].notation
    tried: set[str] = set()
    for repair in repairs_of(case.right, case.left, notation, _weights(case.trials[0][0])):
        text = latex_of(repair.side)
        if text in tried:
            continue
        tried.add(text)
        if process_time() - start > PATIENCE:
            break
        if found is not None and repair.family in ("factor", "other", "exponent"):
            break
        if case.holds(repair.side):
            return _of_repair(repair)
    return found or Diagnosis(_of_misfit(finding), "")


def _weights(stage: Stage) -> frozenset[str]:
    """Symbols of matrices of parameters, whose two indices are easily exchanged."""
    axes = {meaning.tensor.name: len(meaning.tensor.axes) for own in stage.names.tensors.values() for meaning in own}
    parameters = {tensor.name for tensor in stage.system.parameters if axes.get(tensor.name) == 2}
    return frozenset(base for (base, _), own in stage.names.tensors.items() if any(meaning.tensor.name in parameters for meaning in own))


def _of_misfit(finding: Finding) -> str:
    """The family where no single repair was found: what does not fit says something about it."""
    if finding.absent:
        return "layer"
    return next((family for words, family in _MISFITS.items() if words in finding.misfit), "other")


def _of_repair(repair: Repair) -> Diagnosis:
    return Diagnosis(repair.family, repair.said, repair.side)


@dataclass(frozen=True)
class Sample:
    """Both sides at one place."""

    left: Any
    right: Any
    stage: Stage
    layer: int | None
    subject: Entry | None
    value: Callable[[Expression], Any]
    sizes: dict[str, int]


def by_numbers(case: Case) -> Diagnosis | None:
    """What the numbers say: a constant ratio, a ratio of sizes, the derivative of the layer's activation, a bias more or less."""
    try:
        samples = list(_samples(case))
    except InputError:
        return None
    samples = [own for own in samples if own.right != 0 or own.left != 0]
    if len(samples) < 2:
        return None
    if any(own.right == 0 or own.left == 0 for own in samples):
        return _by_slope(samples) or _by_difference(samples)
    ratios = [own.left / own.right for own in samples]
    if _all_same(ratios):
        ratio = ratios[0]
        if abs(ratio + 1) < _SAME:
            return Diagnosis("sign", "the right side has the wrong sign")
        return Diagnosis("factor", f"the right side must be {samples[0].stage.points[0].valuation.context.nstr(ratio, 8)} times as large")
    return _by_sizes(samples, ratios) or _by_activation(samples, ratios) or _by_difference(samples)


def by_terms(case: Case) -> Diagnosis | None:
    """A term with a wrong number in front: the two sides differ by the same multiple of it everywhere."""
    if not isinstance(case.right, Terms) or len(case.right.terms) < 2:
        return None
    stage, layers = case.trials[0]
    rows = [row for layer in layers for row in _values_of((case.left, case.right, *case.right.terms), stage, layer)]
    for number, (sign, term) in enumerate(zip(case.right.signs, case.right.terms, strict=True), 2):
        if len(rows) < 2 or any(row[number] == 0 for row in rows):
            continue
        ratios = [(row[0] - row[1]) / row[number] * (1 if sign == "+" else -1) for row in rows]
        if _all_same(ratios) and abs(ratios[0] + 1) > _SAME and abs(ratios[0] + 2) > _SAME:
            times = stage.points[0].valuation.context.nstr(1 + ratios[0], 8)
            return Diagnosis("factor", f"the term {latex_of(term)} must be {times} times as large")
    return None


def _values_of(sides: Sequence[Syntax], stage: Stage, layer: int | None) -> Iterator[list[Any]]:
    """The values of all sides at some places of one layer; nothing where they do not fit together there."""
    try:
        reading = next(iter(readings(sides, stage, layer)))
        for point in stage.points[:2]:
            for place in chosen_places(reading, point):
                yield [point.valuation.evaluate(entry, place) for entry in reading.entries]
    except (InputError, EvaluationError):
        return


def _samples(case: Case) -> Iterator[Sample]:
    for stage, layers in case.trials[:1]:
        units = speaks_of_units((case.left, case.right))
        single = units or (stage.sizes is not None and 1 in stage.sizes.values())
        larger = Stage(stage.system, stage.notation, {name: size + 1 for name, size in stage.point(0).sizes.items()})
        for layer in layers:
            try:
                reading = next(iter(readings((case.left, case.right), stage, layer)))
            except Misfit:
                continue
            for own, seed in ((stage, 0), (stage, 1) if single else (larger, 0)):
                try:
                    yield from _at(reading, own.point(seed), own, layer)
                except EvaluationError:
                    return


def _at(reading: Reading, point: Point, stage: Stage, layer: int | None) -> Iterator[Sample]:
    valuation = point.valuation
    for place in chosen_places(reading, point):
        left, right = (valuation.evaluate(entry, place) for entry in reading.entries)
        subject = _subject(reading.entries[0])

        def value(expression: Expression, place: Any = place) -> Any:
            return valuation.evaluate(expression, place)

        yield Sample(left, right, stage, layer, subject, value, dict(valuation.sizes))


def _subject(left: Expression) -> Entry | None:
    """What the left side is the derivative by, or the left side itself."""
    if isinstance(left, Product) and isinstance(left.args[-1], Entry | Partial):  # behind a sign, or a number of patterns
        left = left.args[-1]
    by = left.argument if isinstance(left, Apply) else getattr(left, "by", left)
    if isinstance(by, Entry):
        return Entry(by.tensor.of, *by.positions) if by.tensor.of is not None else by
    return None


def _all_same(values: Sequence[Any]) -> bool:
    return all(abs(value - values[0]) <= _SAME * abs(values[0]) for value in values)


def _by_sizes(samples: Sequence[Sample], ratios: Sequence[Any]) -> Diagnosis | None:
    """A number of units or patterns too much or too little."""
    for name, sizes in _candidates(samples):
        for power in (0.5, -0.5):
            scaled = [ratio * own.value(Number(size)) ** power for size, ratio, own in zip(sizes, ratios, samples, strict=True)]
            if _all_same(scaled) and len(set(sizes)) > 1:
                return Diagnosis("exponent", f"a root of the number of {_units(name)} is missing, or does not belong there")
        for power in (1, -1):
            scaled = [ratio * size**power for size, ratio in zip(sizes, ratios, strict=True)]
            if _all_same(scaled) and len(set(sizes)) > 1:
                said = "division by" if power == 1 else "factor of"
                return Diagnosis("reduction", f"a {said} the number of {_units(name)} is missing")
    return None


def _candidates(samples: Sequence[Sample]) -> Iterator[tuple[str, list[int]]]:
    """Sizes by which a ratio may differ: of each axis, and of the layers beside the one that the left side speaks of."""
    for axis in samples[0].stage.system.axes:
        yield axis.name, [own.sizes[axis.name] for own in samples]
    layers = [own.subject.tensor.layer if own.subject is not None else None for own in samples]
    for shift in (-1, 0, 1):
        names = [None if layer is None else f"n{layer + shift}" for layer in layers]
        if all(name in own.sizes for name, own in zip(names, samples, strict=True)):
            yield "", [own.sizes[name] for name, own in zip(names, samples, strict=True) if name is not None]


def _units(name: str) -> str:
    if not name:
        return "units in a layer"
    return "patterns" if name == "batch" else f"units in layer {name[1:]}" if name[1:].isdigit() else f"positions along {name}"


def _by_activation(samples: Sequence[Sample], ratios: Sequence[Any]) -> Diagnosis | None:
    """The derivative of the activation of the layer that the left side speaks of, too much or too little."""
    slopes = [_slope(own) for own in samples]
    for power, said in ((1, "is missing"), (-1, "does not belong there")):
        scaled = []
        for slope, ratio in zip(slopes, ratios, strict=True):
            if slope is None or slope == 0:
                break
            scaled.append(ratio / slope**power)
        else:
            if all(abs(value - 1) < _SAME for value in scaled):
                return Diagnosis("derivative", f"the derivative of the activation of this layer {said}")
    for name, through_output in OTHER_ACTIVATIONS:
        others = [_slope_through(own, through_output) if through_output else _slope(own, FUNCTIONS[name]) for own in samples]
        pairs = list(zip(ratios, slopes, others, strict=True))
        if all(slope and other is not None and abs(ratio * other / slope - 1) < _SAME for ratio, slope, other in pairs):
            return Diagnosis("derivative", f"the derivative is that of {name}, not that of each layer's own activation")
        if all(other is not None and abs(ratio * other - 1) < _SAME for ratio, _, other in pairs):
            return Diagnosis("derivative", f"a derivative, that of {name}, does not belong there")
    for instead, said in ((None, "the activation"), (IDENTITY, "the pre-activation")):
        values = [_slope(own, instead, primes=0) for own in samples]
        written = list(zip(ratios, slopes, values, strict=True))
        if all(slope and value is not None and abs(ratio * value / slope - 1) < _SAME for ratio, slope, value in written):
            return Diagnosis("derivative", f"{said} stands where the derivative of the activation should")
    return None


def _by_slope(samples: Sequence[Sample]) -> Diagnosis | None:
    """The derivative of the activation missing where it vanishes at some units."""
    slopes = [_slope(own) for own in samples]
    pairs = list(zip(samples, slopes, strict=True))
    if all(slope is not None and abs(own.left - own.right * slope) <= _SAME * abs(own.right) for own, slope in pairs):
        return Diagnosis("derivative", "the derivative of the activation of this layer is missing")
    return None


def _slope(own: Sample, instead: Function | None = None, primes: int = 1) -> Any | None:
    """The derivative of the activation at the unit that the left side speaks of, or of another function there, or its value."""
    if own.subject is None:
        return None
    system = own.stage.system
    layer = own.subject.tensor.layer
    z = next((tensor for tensor in system.definitions if tensor.role == "pre_activation" and tensor.layer == layer), None)
    function = instead or (activation_of(system, layer) if layer is not None else None)
    if z is None or function is None:
        return None
    positions = own.subject.positions[: len(z.axes)]
    try:
        return own.value(Apply(function.prime if primes else function, Entry(z, *positions)))
    except (EvaluationError, ValueError):
        return None


def _slope_through(own: Sample, formula: Callable[[Any], Any]) -> Any | None:
    """A derivative as a function of the output at the unit that the left side speaks of."""
    if own.subject is None:
        return None
    layer = own.subject.tensor.layer
    output = next((t for t in own.stage.system.definitions if t.role == "output" and t.layer == layer), None)
    if output is None:
        return None
    try:
        return formula(own.value(Entry(output, *own.subject.positions[: len(output.axes)])))
    except (EvaluationError, ValueError):
        return None


def _by_difference(samples: Sequence[Sample]) -> Diagnosis | None:
    """A bias too much or too little."""
    for sign in (1, -1):
        for own in samples:
            bias = _bias(own)
            if bias is None or abs(own.left - own.right - sign * bias) > _SAME * max(abs(own.left), abs(own.right)):
                break
        else:
            return Diagnosis("bias", "the bias is missing" if sign == 1 else "the bias does not belong there")
    return None


def _bias(own: Sample) -> Any | None:
    if own.subject is None or not own.subject.positions:
        return None
    layer = own.subject.tensor.layer
    bias = next((t for t in own.stage.system.parameters if t.role == "bias" and t.layer == layer), None)
    if bias is None or own.subject.tensor.axes[-1:] != bias.axes:
        return None
    return own.value(Entry(bias, own.subject.positions[-1]))
