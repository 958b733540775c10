"""Brackets between positions: those that a margin of zeros makes superfluous, and values that must not be computed where they fail."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic

from codegen.partial import is_partial
from codegen.program import Call
from derive.calculus.ranges import is_positional
from derive.expressions import Apply, Bracket, Entry, Expression, Power, Product, Relation, Tensor, Total
from derive.indices import Affine, Index
from derive.specifications.reads import not_negative
from derive.traversal import rebuild


def is_guard(value: Basic) -> bool:
    """Whether a bracket compares positions only."""
    return isinstance(value, Bracket) and all(map(is_positional, value.relations))


def without_superfluous(factors: Sequence[Expression], zero_outside: Sequence[Tensor]) -> list[Expression]:
    """Factors without the guards that only say what a margin of zeros says, and safe where the others fail."""
    guards = [factor for factor in factors if is_guard(factor)]
    if not guards:
        return list(factors)
    relations = [relation for guard in guards for relation in guard.args]
    rest = [factor for factor in factors if factor not in guards]
    ranges = [bound for factor in rest for bound in _ranges(factor, zero_outside)]
    kept = [relation for relation in relations if not _is_said(relation, ranges)]
    safe = [protected(factor, relations) for factor in rest]
    return [*safe, *([Bracket(*kept)] if kept else [])]


def protected(value: Basic, relations: Sequence[Relation]) -> Basic:
    """``value`` with 1 in place of what is divided by, or has a logarithm, wherever the relations fail."""
    if is_partial(value):
        if isinstance(value, Power):
            return Power(_guarded(value.base, relations), value.exponent)
        return Apply(value.function, _guarded(value.argument, relations))
    return rebuild(value, lambda part: protected(part, relations))


def _guarded(value: Expression, relations: Sequence[Relation]) -> Expression:
    return Call("guarded", protected(value, relations), Bracket(*relations))


def _ranges(factor: Basic, zero_outside: Sequence[Tensor]) -> list[Affine]:
    """The positions that are not negative wherever a factor is not zero for want of an entry."""
    if isinstance(factor, Product):
        return [bound for part in factor.args for bound in _ranges(part, zero_outside)]
    if isinstance(factor, Total):
        return [bound for bound in _ranges(factor.body, zero_outside) if not bound.coefficient(factor.index)]
    if not isinstance(factor, Entry) or factor.tensor not in zero_outside:
        return []
    found = []
    for position, axis in zip(factor.positions, factor.tensor.axes, strict=True):
        if not isinstance(position, Index) or position.axis != axis:
            found += [Affine.of(position), Affine(axis.size - 1).plus(Affine.of(position).scaled(-1))]
    return found


def _is_said(relation: Relation, ranges: Sequence[Affine]) -> bool:
    bounds = not_negative(relation)
    return bool(bounds) and all(_among(bound, ranges) for bound in bounds)


def _among(bound: Affine, ranges: Sequence[Affine]) -> bool:
    differences = (bound.plus(other.scaled(-1)) for other in ranges)
    return any(not difference.terms and difference.constant >= 0 for difference in differences)
