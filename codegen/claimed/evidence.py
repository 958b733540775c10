"""What a function returned at one point beside what is right there, and simple relations between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codegen.claimed.places import Place
from derive.network import BATCH

TOLERANCE = 1e-5
"""Errors relative to the largest entry that count as rounding: functions may compute in single precision. No mistake is that small."""
TINY = 1e-12
_CONSTANTS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(4), Fraction(1, 4))


@dataclass(frozen=True)
class Evidence:
    """One call: ``arrays`` are the gradients by parameter, as the parameters stand in the specification where that can be said."""

    place: Place
    arrays: Mapping[str, np.ndarray]
    loss: float | None = None
    absent: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def right(self, name: str) -> np.ndarray:
        return self.place.work.gradient(name)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The parameters whose gradients are wrong or absent, in the order of the parameters."""
        names = self.place.work.formulas.gradients
        return tuple(name for name in names if name in self.absent or not agrees(self.arrays[name], self.right(name)))

    @property
    def loss_is_right(self) -> bool:
        return self.loss is None or agrees(np.asarray(self.loss), np.asarray(self.place.work.cost))

    @property
    def ok(self) -> bool:
        return not self.wrong and self.loss_is_right

    @property
    def fits(self) -> bool:
        """Whether every gradient has the shape of its parameter."""
        return not self.absent and all(value.shape == self.right(name).shape for name, value in self.arrays.items())

    def error(self, name: str) -> float:
        """The largest error of a gradient relative to its largest entry."""
        return distance(self.arrays[name], self.right(name))


def distance(value: np.ndarray, right: np.ndarray) -> float:
    """The largest difference, relative to the largest entry; infinite where shapes differ or a value is not finite."""
    if value.shape != right.shape or not np.isfinite(value).all():
        return float("inf")
    return float(np.max(np.abs(value - right), initial=0.0)) / max(float(np.max(np.abs(right), initial=0.0)), TINY)


def agrees(value: np.ndarray, right: np.ndarray) -> bool:
    """Whether a value is the right one but for rounding."""
    return distance(value, right) <= TOLERANCE


@dataclass(frozen=True)
class Relation:
    """How a wrong gradient follows from the right one: ``family``, in words, and whether the numbers are the same but for that."""

    family: str
    text: str


def relation(name: str, is_bias: bool, found: Sequence[Evidence]) -> Relation | None:
    """The simple relation between what was returned for a parameter and what is right, the same at every point; None without one."""
    pairs = [(evidence, evidence.arrays[name], evidence.right(name)) for evidence in found if name in evidence.arrays]
    pairs = [pair for pair in pairs if np.any(pair[2])]
    if not pairs:
        return None
    if any(not np.isfinite(value).all() for _, value, _ in pairs):
        return Relation("other", "holds values that are not finite")
    if all(value.shape == right.shape for _, value, right in pairs):
        ratios = [float(np.vdot(value, right) / np.vdot(right, right)) for _, value, right in pairs]
        if all(agrees(value, ratio * right) or not np.any(value) for (_, value, right), ratio in zip(pairs, ratios, strict=True)):
            return _of_ratios([evidence.place.sizes for evidence, _, _ in pairs], ratios, is_bias)
    if all(value.ndim == 2 and agrees(value.T, right) for _, value, right in pairs):
        return Relation("transpose", "is transposed")
    return _of_shapes(pairs, is_bias)


def _of_ratios(sizes: Sequence[Mapping[str, int]], ratios: Sequence[float], is_bias: bool) -> Relation | None:
    if not any(ratios):
        return Relation("bias" if is_bias else "path", "is zero everywhere")
    if _constant(ratios, [1.0] * len(ratios)):
        constant = ratios[0]
        if abs(constant + 1) < TOLERANCE:
            return Relation("sign", "has the other sign")
        return Relation("sign" if constant < 0 else "factor", f"is {_number(constant)} times what is right")
    several = {name for name in sizes[0] if len({own[name] for own in sizes}) > 1}
    for name in sorted(several, key=lambda name: (name != BATCH, name)):
        for times in _CONSTANTS:
            for power in (1, -1):
                expected = [float(times) * own[name] ** power for own in sizes]
                if _constant(ratios, expected) and abs(ratios[0] / expected[0] - 1) < TOLERANCE:
                    what = "the number of patterns" if name == BATCH else f"the width {name}"
                    how = f"{'multiplied' if power > 0 else 'divided'} by {what}"
                    extra = "" if times == 1 else f", and by {times}"
                    return Relation("reduction" if name == BATCH else "factor", f"is what is right {how}{extra}")
    return None


def _constant(ratios: Sequence[float], expected: Sequence[float]) -> bool:
    shares = [ratio / value for ratio, value in zip(ratios, expected, strict=True)]
    return all(abs(share - shares[0]) <= TOLERANCE * abs(shares[0]) for share in shares)


def _number(value: float) -> str:
    """A factor as people would write it."""
    near = Fraction(value).limit_denominator(64)
    return str(near) if abs(float(near) - value) < TOLERANCE * abs(value) else f"{value:.6g}"


def _of_shapes(pairs: Sequence[tuple[Evidence, np.ndarray, np.ndarray]], is_bias: bool) -> Relation | None:
    """What a wrong shape says: not summed over the patterns, or summed over something else."""
    many = [pair for pair in pairs if pair[0].place.patterns > 1]
    wrong = [(evidence, value, right) for evidence, value, right in many if value.shape != right.shape]
    if not wrong:
        return None
    for axis, whole in (
        (0, lambda evidence, right: (evidence.place.patterns, *right.shape)),
        (-1, lambda e, r: (*r.shape, e.place.patterns)),
    ):
        if all(value.shape == whole(evidence, right) for evidence, value, right in wrong):
            summed = [value.sum(axis) for _, value, _ in wrong]
            ratios = [float(np.vdot(s, right) / np.vdot(right, right)) for s, (_, _, right) in zip(summed, wrong, strict=True)]
            if all(agrees(s, ratio * right) for s, ratio, (_, _, right) in zip(summed, ratios, wrong, strict=True)):
                return Relation("bias" if is_bias else "reduction", "is not summed over the patterns")
    if is_bias:
        value, right = wrong[0][1], wrong[0][2]
        if value.size == 1 or all(v.size == e.place.patterns for e, v, _ in wrong):
            return Relation(
                "bias", f"has shape {_shape(value.shape)} where {_shape(right.shape)} was expected: it is summed over the wrong axis"
            )
    return None


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(size) for size in shape))
