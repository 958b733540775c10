"""Definitions read from right to left: where a definition's right side stands as factors of a product, its value is put."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Rational

from derive.calculus.canonical import canonical
from derive.calculus.match import match
from derive.calculus.ranges import guards
from derive.calculus.substitute import right_side_at
from derive.calculus.tidy import base_and_exponent
from derive.equations import Equation
from derive.expressions import (
    Apply,
    Bracket,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Total,
    factors_of,
    product,
)
from derive.traversal import free_indices, rebuild, walk


def fold(value: Expression, definitions: Sequence[Equation]) -> tuple[Expression, tuple[Entry, ...]]:
    """``value`` with the right sides of ``definitions`` replaced by what they define, and the entries that were put.

    A value stands only where it is defined: at a shifted position that may lie outside its axes, a bracket has to see to it.
    """
    folded: list[Entry] = []
    usable = tuple(equation for equation in definitions if _worth_folding(equation.right))
    after = _fold(value, usable, folded, ()) if usable else value
    return after, tuple(dict.fromkeys(folded))


def _worth_folding(right: Expression) -> bool:
    """A function's value, a root, a maximum, or a product of several factors; a bare entry or sum is its own best form."""
    if isinstance(right, Product):
        return any(isinstance(node, Apply | Total | Power) for node in walk(right))
    return isinstance(right, Apply | Power | Largest)


def _fold(value: Basic, definitions: Sequence[Equation], folded: list[Entry], known: tuple[Relation, ...]) -> Basic:
    known = (*known, *(r for factor in _factors(value) if isinstance(factor, Bracket) for r in factor.relations))
    value = rebuild(value, lambda part: _fold(part, definitions, folded, known))
    if not isinstance(value, Product | Apply | Power | Largest):
        return value
    for equation in definitions:
        found = _fold_product(value, equation, known)
        while found is not None:
            value, entry = found
            folded.append(entry)
            found = _fold_product(value, equation, known)
    return value


def _factors(value: Basic) -> tuple[Basic, ...]:
    return value.args if isinstance(value, Product) else ()


def instance(pattern: Expression, value: Expression, equation: Equation, known: tuple[Relation, ...] = ()) -> Entry | None:
    """The entry of ``equation``'s tensor at the positions that make ``pattern`` equal to ``value``; None unless they lie on its axes."""
    binding = match(pattern, value, equation.indices)
    if binding is None or len(binding) < len(equation.indices):
        return None
    if any(guards(binding[index], index.axis, known) for index in equation.indices):
        return None
    return Entry(equation.tensor, *(binding[index] for index in equation.indices))


def _fold_product(value: Expression, equation: Equation, known: tuple[Relation, ...]) -> tuple[Expression, Entry] | None:
    """One replacement of the definition among the factors of ``value``."""
    if isinstance(equation.right, Power):
        return _fold_power(value, equation, known)
    leading = _leading_factor(equation)
    for factor in factors_of(value):
        base, _ = base_and_exponent(factor)
        entry = instance(leading, base, equation, known)
        rest = _divide(value, right_side_at(equation, entry.positions)) if entry is not None else None
        if entry is not None and rest is not None:
            return product(*rest[: rest.index(None)], entry, *rest[rest.index(None) + 1 :]), entry  # type: ignore[arg-type]
    return None


def _fold_power(value: Expression, equation: Equation, known: tuple[Relation, ...]) -> tuple[Expression, Entry] | None:
    """Where v = u^e, a factor u^(n e) is v^n."""
    base, exponent = base_and_exponent(equation.right)
    factors = factors_of(value)
    for place, factor in enumerate(factors):
        own, power = base_and_exponent(factor)
        if power is None or exponent is None or not (power / exponent).is_Integer:
            continue
        entry = instance(base, own, equation, known)
        if entry is None:
            continue
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
