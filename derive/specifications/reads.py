"""Which reads may fall outside the ranges of their axes: interval arithmetic on affine positions at the declared sizes.

A guard counts: under ``[p >= 0]`` or in the case ``p >= 0`` a read at ``p`` is not below its range.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic

from derive.expressions import Bracket, Cases, Entry, Number, Product, Relation, Size
from derive.indices import Affine, Index
from derive.traversal import LEAVES

Interval = tuple[int, int]
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def reads_outside(value: Basic, known: tuple[Affine, ...] = ()) -> Iterator[tuple[Entry, int, Interval]]:
    """Each entry that may be read outside a range, the number of its position, and the least and greatest place there.

    ``known`` are the positions that are known not to be negative where ``value`` stands.
    """
    if isinstance(value, Entry):
        for number, (position, axis) in enumerate(zip(value.positions, value.tensor.axes, strict=True)):
            if isinstance(position, Index) and position.axis.size <= axis.size:
                continue
            least, greatest = bounds(Affine.of(position), known)
            if least < 0 or greatest >= axis.size:
                yield value, number, (least, greatest)
    elif isinstance(value, Cases):
        for case in value.cases:
            yield from reads_outside(case.relation, known)
            yield from reads_outside(case.value, (*known, *not_negative(case.relation)))
            known = (*known, *not_negative_otherwise(case.relation))
        yield from reads_outside(value.otherwise, known)
    elif isinstance(value, Product):
        own = tuple(g for factor in value.args if isinstance(factor, Bracket) for r in factor.relations for g in not_negative(r))
        for factor in value.args:
            yield from reads_outside(factor, (*known, *own))
    elif not isinstance(value, LEAVES):
        for part in value.args:
            if isinstance(part, Basic):
                yield from reads_outside(part, known)


def bounds(position: Affine, known: tuple[Affine, ...] = ()) -> Interval:
    """The least and the greatest value of a position, with every index in its range and the ``known`` positions not negative."""
    least, greatest = _span(position)
    for guard in known:
        for times in range(1, 1 + max((abs(term.coefficient) for term in position.terms), default=1)):
            least = max(least, _span(position.plus(guard.scaled(-times)))[0])
            greatest = min(greatest, _span(position.plus(guard.scaled(times)))[1])
    return least, greatest


def _span(position: Affine) -> Interval:
    ends = [(0, term.coefficient * (term.index.axis.size - 1)) for term in position.terms]
    return position.constant + sum(min(pair) for pair in ends), position.constant + sum(max(pair) for pair in ends)


def not_negative(relation: Relation) -> tuple[Affine, ...]:
    """The positions that are not negative where ``relation`` holds."""
    left, right = _affine(relation.left), _affine(relation.right)
    if left is None or right is None:
        return ()
    over, under = left.plus(right.scaled(-1)), right.plus(left.scaled(-1))
    found = {"=": (over, under), ">=": (over,), "<=": (under,), ">": (over.plus(Affine(-1)),), "<": (under.plus(Affine(-1)),)}
    return found[relation.sign]


def not_negative_otherwise(relation: Relation) -> tuple[Affine, ...]:
    """The positions that are not negative where ``relation`` does not hold."""
    sign = _OPPOSITE.get(relation.sign)
    return not_negative(Relation(relation.left, sign, relation.right)) if sign else ()


def _affine(side: Basic) -> Affine | None:
    """A side of a relation between positions at the declared sizes; None for any other value."""
    if isinstance(side, Index | Affine):
        return Affine.of(side)
    if isinstance(side, Size):
        return Affine(side.axis.size)
    if isinstance(side, Number) and side.value.q == 1:
        return Affine(int(side.value))
    return None
