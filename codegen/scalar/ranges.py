"""Between which numbers a value lies, whatever the variables are: what tells a safe ``exp`` or quotient from one that may fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen.scalar.values import Value


@dataclass(frozen=True)
class Range:
    """Numbers from ``lower`` to ``upper``, both included."""

    lower: float = -inf
    upper: float = inf

    def holds(self, number: float) -> bool:
        return self.lower <= number <= self.upper

    @property
    def is_finite(self) -> bool:
        return self.lower > -inf and self.upper < inf

    def __and__(self, other: Range) -> Range:
        return Range(max(self.lower, other.lower), min(self.upper, other.upper))

    def __or__(self, other: Range) -> Range:
        return Range(min(self.lower, other.lower), max(self.upper, other.upper))


EVERYTHING = Range()
NATURAL = Range(0.0)
CALLS = {"tanh": Range(-1.0, 1.0), "erf": Range(-1.0, 1.0), "sin": Range(-1.0, 1.0), "cos": Range(-1.0, 1.0), "abs": NATURAL}
CALLS |= {"exp": NATURAL, "_exp": NATURAL, "expm1": Range(-1.0), "_expm1": Range(-1.0), "sqrt": NATURAL}


NEAR = 4
"""What a condition says of a value is followed through so many operations: further away it hardly tells anything."""


def range_of(value: Value, found: dict[Value, Range]) -> Range:
    """The range of a value; ``found`` keeps what has been computed. Values may depend on each other through any number of steps."""
    waiting = [value]
    while waiting:
        missing = [argument for argument in waiting[-1].arguments if argument not in found]
        if missing:
            waiting += missing
            continue
        last = waiting.pop()
        found[last] = _range(last, [found[argument] for argument in last.arguments])
    return found[value]


def range_under(value: Value, found: dict[Value, Range], known: Mapping[Value, Range]) -> Range:
    """The range of a value where conditions hold: ``known`` is what they say."""
    near: dict[Value, Range] = {}

    def under(value: Value, depth: int) -> Range:
        if value in known:
            return range_of(value, found) & known[value]
        if depth == 0 or value.is_leaf:
            return range_of(value, found)
        if value not in near:
            near[value] = _range(value, [under(argument, depth - 1) for argument in value.arguments])
        return near[value]

    return under(value, NEAR)


def _range(value: Value, parts: list[Range]) -> Range:
    match value.operation:
        case "number":
            assert value.number is not None
            return Range(value.number, value.number)
        case "sum":
            assert isinstance(value.detail, tuple)
            lower = sum(part.lower if sign > 0 else -part.upper for sign, part in zip(value.detail, parts, strict=True))
            upper = sum(part.upper if sign > 0 else -part.lower for sign, part in zip(value.detail, parts, strict=True))
            return Range(lower, upper) & _beside_largest(value) & _normaliser(value)
        case "product":
            return _product(value, parts)
        case "over" if not parts[1].holds(0.0):
            return _hull(parts[0], Range(*sorted((_inverse(parts[1].lower), _inverse(parts[1].upper)))))
        case "call" if value.detail == "exp":
            return Range(0.0, 1.0) if parts[0].upper <= 0.0 else NATURAL
        case "call" if value.detail in ("log1p", "_log1p") and parts[0].lower >= 0.0:
            return NATURAL
        case "call":
            return CALLS.get(str(value.detail), EVERYTHING)
        case "largest":
            return Range(max(part.lower for part in parts), max(part.upper for part in parts))
        case "smallest":
            return Range(min(part.lower for part in parts), min(part.upper for part in parts))
        case "choice":
            return parts[1] | parts[2]
    return EVERYTHING


def _product(value: Value, parts: list[Range]) -> Range:
    """Equal factors are squares."""
    result = Range(1.0, 1.0)
    for factor in dict.fromkeys(value.arguments):
        count = value.arguments.count(factor)
        part = parts[value.arguments.index(factor)]
        power = part
        for _ in range(count - 1):
            power = _hull(power, part)
        result = _hull(result, power & NATURAL if count % 2 == 0 else power)
    return result


def _hull(one: Range, other: Range) -> Range:
    products = [_times(a, b) for a in (one.lower, one.upper) for b in (other.lower, other.upper)]
    return Range(min(products), max(products))


def _times(one: float, other: float) -> float:
    return 0.0 if one == 0.0 or other == 0.0 else prod((one, other))


def _inverse(number: float) -> float:
    return 1.0 / number


def _beside_largest(value: Value) -> Range:
    """``u - max(..., u, ...)`` is not positive."""
    one, other = value.arguments if len(value.arguments) == 2 else (value, value)
    below = value.detail == (1, -1) and other.operation == "largest" and one in other.arguments
    return Range(-inf, 0.0) if below else EVERYTHING


def _normaliser(value: Value) -> Range:
    """A sum of ``exp(u - m)`` over every ``u`` of which ``m`` is the largest is at least 1."""
    exponents = [term.arguments[0] for term in value.arguments if term.operation == "call" and term.detail == "exp"]
    if len(exponents) < len(value.arguments) or set(value.detail if isinstance(value.detail, tuple) else ()) != {1}:
        return EVERYTHING
    shifted = [exponent.arguments for exponent in exponents if exponent.detail == (1, -1) and len(exponent.arguments) == 2]
    largest = {m for _, m in shifted}
    if len(largest) == 1 and next(iter(largest)).operation == "largest":
        return Range(1.0) if {u for u, _ in shifted} == set(next(iter(largest)).arguments) else EVERYTHING
    return EVERYTHING


__all__ = ["EVERYTHING", "Range", "range_of", "range_under"]
