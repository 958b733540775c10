"""Which relations between positions hold everywhere: an index runs from 0 to one below the size of its axis, and no axis is empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from sympy import Basic

from derive.expressions import Entry, Number, Relation, Size
from derive.indices import Affine, Axis, Index, Position

Key = TypeVar("Key")

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_FLIPPED = {">": "<", ">=": "<="}


def is_positional(relation: Relation) -> bool:
    """Whether a relation is between positions; one between values (``[a > 0]``) is a factor like any other."""
    return isinstance(relation.left, Index | Affine) or isinstance(relation.right, Index | Affine)


@lru_cache(maxsize=1 << 14)  # places with one pattern read the same entries
def speaks_of_sizes(node: Basic) -> bool:
    """Whether an entry or a relation is right for some sizes only: a shifted, fixed or foreign position, a comparison of positions."""
    if isinstance(node, Entry):
        return any(not isinstance(p, Index) or p.axis != axis for p, axis in zip(node.positions, node.tensor.axes, strict=True))
    return isinstance(node, Relation) and is_positional(node)


def opposite(relation: Relation) -> Relation | None:
    """The relation that holds where this one does not; ``[t = 0]`` has one because no position is below 0."""
    if relation.sign in OPPOSITE:
        return Relation(relation.left, OPPOSITE[relation.sign], relation.right)
    for impossible, left in ((">", "<"), ("<", ">")):
        if decided(Relation(relation.left, impossible, relation.right)) is False:
            return Relation(relation.left, left, relation.right)
    return None


def decided(relation: Relation) -> bool | None:
    """True where a relation between positions holds at every position, False where at none, None where that is open.

    Sizes are symbolic as far as that goes. Where constants or two axes make the declared sizes part of what is said, as ``[q + 2 < |c|]``
    does for the second of two parts laid side by side, a relation that always holds with these is True. Two axes that happen to have one
    size say nothing of the kind: ``[r < |p|]`` stays open.
    """
    if not is_positional(relation):
        return None
    left, right = _linear(relation.left), _linear(relation.right)
    if left is None or right is None:
        return None
    if relation.sign in ("=", "!="):
        same = _never(left.minus(right))
        return same if relation.sign == "=" or same is None else not same
    if relation.sign in _FLIPPED:
        left, right = right, left
    gap = right.minus(left).shifted(-1 if relation.sign in ("<", ">") else 0)
    if gap.least() is not None and gap.least() >= 0:  # type: ignore[operator]
        return True
    if gap.greatest() is not None and gap.greatest() < 0:  # type: ignore[operator]
        return False
    least = gap.least_declared()
    return True if least > 0 or (least == 0 and gap.has_constant) else None


def guards(position: Position, axis: Axis, known: Iterable[Relation] = ()) -> tuple[Relation, ...]:
    """What must hold for ``position`` to lie on ``axis``: of ``0 <= position < size`` what does not always hold and is not ``known``."""
    if isinstance(position, Index) and position.axis == axis:
        return ()
    if isinstance(position, Affine) and not position.terms and 0 <= position.constant < axis.size:
        return ()
    bounds = (Relation(Number(0), "<=", position), Relation(position, "<", Size(axis)))
    given = tuple(known)
    return tuple(bound for bound in bounds if decided(bound) is not True and bound not in given)


@dataclass(frozen=True)
class _Linear:
    """``constant`` plus multiples of indices and of sizes."""

    constant: int
    indices: tuple[tuple[Index, int], ...] = ()
    sizes: tuple[tuple[Axis, int], ...] = ()

    def minus(self, other: _Linear) -> _Linear:
        return _Linear(self.constant - other.constant, _merged(self.indices, other.indices), _merged(self.sizes, other.sizes))

    def shifted(self, by: int) -> _Linear:
        return _Linear(self.constant + by, self.indices, self.sizes)

    def least(self) -> int | None:
        """The least value for sizes of one and more; None where there is none."""
        constant, sizes = self._at_ends(lowest=True)
        return None if any(times < 0 for times in sizes.values()) else constant + sum(sizes.values())

    def greatest(self) -> int | None:
        constant, sizes = self._at_ends(lowest=False)
        return None if any(times > 0 for times in sizes.values()) else constant + sum(sizes.values())

    @property
    def has_constant(self) -> bool:
        """Whether its least value is more than a difference of sizes."""
        return self._at_ends(lowest=True)[0] != 0

    def least_declared(self) -> int:
        """The least value for the sizes that the axes have."""
        constant, sizes = self._at_ends(lowest=True)
        return constant + sum(times * axis.size for axis, times in sizes.items())

    def _at_ends(self, lowest: bool) -> tuple[int, dict[Axis, int]]:
        constant, sizes = self.constant, dict(self.sizes)
        for index, times in self.indices:
            if (times < 0) == lowest:
                sizes[index.axis] = sizes.get(index.axis, 0) + times
                constant -= times
        return constant, sizes


def _never(difference: _Linear) -> bool | None:
    if not difference.indices and not difference.sizes:
        return difference.constant == 0
    least, greatest = difference.least(), difference.greatest()
    apart = (least is not None and least > 0) or (greatest is not None and greatest < 0)
    return False if apart else None


def _merged(first: tuple[tuple[Key, int], ...], second: tuple[tuple[Key, int], ...]) -> tuple[tuple[Key, int], ...]:
    total = dict(first)
    for key, times in second:
        total[key] = total.get(key, 0) - times
    return tuple((key, times) for key, times in total.items() if times)


def _linear(side: Basic) -> _Linear | None:
    if isinstance(side, Size):
        return _Linear(0, (), ((side.axis, 1),))
    if isinstance(side, Number):
        return _Linear(int(side.value)) if side.value.is_Integer else None
    if isinstance(side, Index | Affine):
        affine = Affine.of(side)
        return _Linear(affine.constant, tuple((term.index, term.coefficient) for term in affine.terms))
    return None
