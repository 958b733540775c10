"""Definitions read from right to left: where a definition's right side stands as factors of a product, its value is put."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Rational

from derive.canonical import canonical
from derive.equations import Equation
from derive.expressions import (
    Apply,
    Entry,
    Expression,
    Number,
    Plus,
    Power,
    Product,
    Total,
    factors_of,
    free_indices,
    product,
    rebuild,
    walk,
)
from derive.match import match
from derive.substitute import right_side_at
from derive.tidy import base_and_exponent


def fold(value: Expression, definitions: Sequence[Equation]) -> tuple[Expression, tuple[Entry, ...]]:
    """``value`` with the right sides of ``definitions`` replaced by what they define, and the entries that were put."""
    folded: list[Entry] = []
    usable = tuple(equation for equation in definitions if _worth_folding(equation.right))
    after = _fold(value, usable, folded) if usable else value
    return after, tuple(dict.fromkeys(folded))


def _worth_folding(right: Expression) -> bool:
    """A function's value, a root, or a product of several factors; a bare entry or sum is its own best form."""
    if isinstance(right, Product):
        return any(isinstance(node, Apply | Total | Power) for node in walk(right))
    return isinstance(right, Apply | Power)


def _fold(value: Basic, definitions: Sequence[Equation], folded: list[Entry]) -> Basic:
    value = rebuild(value, lambda part: _fold(part, definitions, folded))
    if not isinstance(value, Product | Apply | Power):
        return value
    for equation in definitions:
        found = _fold_product(value, equation)
        while found is not None:
            value, entry = found
            folded.append(entry)
            found = _fold_product(value, equation)
    return value


def _fold_product(value: Expression, equation: Equation) -> tuple[Expression, Entry] | None:
    """One replacement of the definition among the factors of ``value``."""
    if isinstance(equation.right, Power):
        return _fold_power(value, equation)
    leading = _leading_factor(equation)
    for factor in factors_of(value):
        base, _ = base_and_exponent(factor)
        binding = match(leading, base, equation.indices)
        if binding is None or len(binding) < len(equation.indices):
            continue
        positions = tuple(binding[index] for index in equation.indices)
        rest = _divide(value, right_side_at(equation, positions))  # type: ignore[arg-type]
        if rest is not None:
            entry = Entry(equation.tensor, *positions)  # type: ignore[arg-type]
            return product(*rest[: rest.index(None)], entry, *rest[rest.index(None) + 1 :]), entry  # type: ignore[arg-type]
    return None


def _fold_power(value: Expression, equation: Equation) -> tuple[Expression, Entry] | None:
    """Where v = u^e, a factor u^(n e) is v^n."""
    base, exponent = base_and_exponent(equation.right)
    factors = factors_of(value)
    for place, factor in enumerate(factors):
        own, power = base_and_exponent(factor)
        binding = match(base, own, equation.indices) if power is not None and exponent is not None else None
        if binding is None or len(binding) < len(equation.indices) or not (power / exponent).is_Integer:
            continue
        entry = Entry(equation.tensor, *(binding[index] for index in equation.indices))
        times = power / exponent
        new = entry if times == 1 else Power(entry, Number(times))
        return product(*factors[:place], new, *factors[place + 1 :]), entry
    return None


def _leading_factor(equation: Equation) -> Expression:
    """A factor that fixes all indices of the definition, best one that is no sum."""
    bases = [base for base, _ in map(base_and_exponent, factors_of(equation.right)) if not isinstance(base, Number | Total)]
    fixing = [base for base in bases if set(equation.indices) <= set(free_indices(base))]
    return min(fixing, key=lambda base: isinstance(base, Plus), default=equation.right)


def _divide(value: Expression, divisor: Expression) -> list[Expression | None] | None:
    """The factors of ``value / divisor`` where every factor of the divisor stands in ``value``; None marks where the first one stood."""
    factors: list[Expression | None] = list(factors_of(value))
    first: int | None = None
    for part in factors_of(divisor):
        base, exponent = base_and_exponent(part)
        if exponent is None:
            return None
        place = _find(factors, base, exponent)
        if place is None:
            return None
        factor = factors[place]
        assert factor is not None
        left = (base_and_exponent(factor)[1] or Rational(0)) - exponent
        if first is None:
            first = place
            factors.insert(place, None)
            place += 1
        if left == 0:
            del factors[place]
        else:
            factors[place] = base if left == 1 else Power(base, Number(left))
    return factors


def _find(factors: list[Expression | None], base: Expression, exponent: Rational) -> int | None:
    """The place of a factor with this base and an exponent of the same sign that is at least as large."""
    wanted = canonical(base)
    for place, factor in enumerate(factors):
        if factor is None:
            continue
        own, power = base_and_exponent(factor)
        if power is not None and power * exponent > 0 and abs(power) >= abs(exponent) and canonical(own) == wanted:
            return place
    return None
