"""Derivatives that depend on themselves at another step: the base case and the induction step.

A recurrence makes the derivatives at one step depend on those at the next one, under a guard that says whether there is a next one. Where
no guard holds stands the base case; where one holds, the induction step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sympy import Basic

from derive.calculus.ranges import is_positional
from derive.calculus.substitute import move
from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import ONE, ZERO, Bracket, Case, Cases, Entry, Number, Relation, Size, Tensor
from derive.indices import Affine, Index
from derive.traversal import free_indices, rebuild, tensors_of, walk

TRIED = 12
"""So many steps show which guards hold where others do."""


@dataclass(frozen=True)
class Induction:
    """``cases`` is the right side of an equation by cases, the base case last; ``index`` counts the steps.

    The induction goes ``backwards`` from the last step or forwards from the first one; ``reach`` is by how many steps.
    """

    index: Index
    cases: Cases
    backwards: bool
    reach: int


def inductions(equations: Sequence[Equation]) -> dict[Tensor, Induction]:
    """The inductions by which some equations define their tensors."""
    guarded = [equation for equation in equations if any(True for _ in _relations(equation.right))]
    circular = circular_tensors(equations) if guarded else frozenset[Tensor]()
    found = {equation.tensor: induction_of(equation, circular) for equation in guarded}
    return {tensor: induction for tensor, induction in found.items() if induction is not None}


def induction_of(equation: Equation, circular: frozenset[Tensor]) -> Induction | None:
    """The cases of an equation that reads one of the ``circular`` tensors at another step of one of its own indices, under guards."""
    shifts = {index: shift for index in equation.indices if (shift := _shift(equation.right, index, circular))}
    if len(shifts) != 1:
        return None
    ((index, shift),) = shifts.items()
    guards = dict.fromkeys(relation for relation in _relations(equation.right) if _is_end(relation, index))
    where = {guard: frozenset(step for step in range(TRIED) if _holds(guard, index, step)) for guard in guards}
    ordered = sorted(where, key=lambda guard: len(where[guard]))
    nested = all(where[one] < where[other] for one, other in pairwise(ordered))
    if not ordered or not nested or len(where[ordered[-1]]) == TRIED:
        return None
    values = [tidy(_decided(equation.right, {other: where[guard] <= where[other] for other in ordered})) for guard in ordered]
    base = tidy(_decided(equation.right, dict.fromkeys(ordered, False)))
    cases = Cases(*(Case(value, guard) for value, guard in zip(values, ordered, strict=True)), base)
    return Induction(index, cases, shift > 0, TRIED - len(where[ordered[-1]]))


def circular_tensors(equations: Iterable[Equation]) -> frozenset[Tensor]:
    """The tensors of some equations that depend on themselves through them."""
    reads = {equation.tensor: tensors_of(equation.right) for equation in equations}
    found: set[Tensor] = set()
    for start in reads:
        reached: set[Tensor] = set()
        waiting = list(reads[start])
        while waiting:
            tensor = waiting.pop()
            if tensor in reads and tensor not in reached:
                reached.add(tensor)
                waiting.extend(reads[tensor])
        if start in reached:
            found.add(start)
    return frozenset(found)


def _shift(value: Basic, index: Index, tensors: frozenset[Tensor]) -> int:
    """By how many steps of an index one of these tensors is read away from it, 0 where none is."""
    for node in walk(value):
        if isinstance(node, Entry) and node.tensor in tensors:
            for position in node.positions:
                affine = Affine.of(position)
                if affine.constant and [(term.coefficient, term.index) for term in affine.terms] == [(1, index)]:
                    return affine.constant
    return 0


def _relations(value: Basic) -> Iterator[Relation]:
    brackets = (node for node in walk(value) if isinstance(node, Bracket))
    return (relation for bracket in brackets for relation in bracket.relations if is_positional(relation))


def _is_end(relation: Relation, index: Index) -> bool:
    """Whether a relation says how far an index is from an end of its axis: nothing else is the same for every size."""
    sides = (relation.left, relation.right)
    ends = any(side == Size(index.axis) or side == ZERO for side in sides)
    return ends and free_indices(relation) == (index,) and relation.sign != "="


def _holds(relation: Relation, index: Index, step: int) -> bool:
    """Whether a relation holds at one of the steps tried."""
    moved = move(relation, {index: Affine(step)})
    left, right = (_number(side, index) for side in (moved.left, moved.right))
    if left is None or right is None:
        return False
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[relation.sign]


def _number(side: Basic, index: Index) -> int | None:
    if isinstance(side, Size):
        return TRIED if side.axis == index.axis else None
    if isinstance(side, Number):
        return int(side.value)
    return Affine.of(side).constant if isinstance(side, Affine) and not side.terms else None


def _decided(value: Basic, known: dict[Relation, bool]) -> Basic:
    """``value`` where it is known of some relations whether they hold."""
    if isinstance(value, Bracket):
        if any(not known.get(relation, True) for relation in value.relations):
            return ZERO
        left = tuple(relation for relation in value.relations if relation not in known)
        return Bracket(*left) if left else ONE
    return rebuild(value, lambda part: _decided(part, known))
