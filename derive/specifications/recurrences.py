"""The order in which equations can be computed, and the recurrences among them.

Equations that read each other are a recurrence where, along one axis, everything they read of each other belongs to an earlier step or
to a value of the same step that stands above. Steps may also count downwards (``h[t+1]``), but not both ways at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.equations import Equation
from derive.expressions import Entry, Tensor
from derive.indices import Affine, Axis
from derive.traversal import entries_of, tensors_of


@dataclass(frozen=True)
class Recurrence:
    """Equations that read earlier steps of each other along ``axis``, in an order in which one step is computed.

    The steps go ``upwards`` from position 0, or down from the last position.
    """

    equations: tuple[Equation, ...]
    axis: Axis
    upwards: bool

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(equation.tensor for equation in self.equations)

    def place(self, tensor: Tensor) -> int:
        """At which of its positions a member has its step."""
        return tensor.axes.index(self.axis)


class CircularDefinition(Exception):
    """Equations define each other without an earlier step; ``members`` in file order."""

    def __init__(self, members: tuple[Tensor, ...]) -> None:
        super().__init__(", ".join(tensor.name for tensor in members))
        self.members = members


def in_order(equations: Sequence[Equation]) -> tuple[tuple[Equation, ...], tuple[Recurrence, ...]]:
    """The equations, each after those that it reads, otherwise as they stand; members of one recurrence stand together.

    Raises CircularDefinition.
    """
    reached = _reached(equations)
    definitions = {equation.tensor: equation for equation in equations}
    ordered: dict[Tensor, Equation] = {}
    recurrences: list[Recurrence] = []
    groups: list[tuple[Tensor, ...]] = []
    for tensor in definitions:
        if not any(tensor in group for group in groups):
            groups.append((tensor, *(t for t in definitions if t != tensor and tensor in reached[t] and t in reached[tensor])))
    while groups:
        group = next(g for g in groups if all(read in ordered or read in g for t in g for read in _reads(definitions[t], definitions)))
        groups.remove(group)
        members = tuple(definitions[tensor] for tensor in group)
        if any(set(_reads(member, definitions)) & set(group) for member in members):
            recurrence = _recurrence(members)
            recurrences.append(recurrence)
            members = recurrence.equations
        ordered.update({member.tensor: member for member in members})
    return tuple(ordered.values()), tuple(recurrences)


def _reads(equation: Equation, defined: dict[Tensor, Equation]) -> tuple[Tensor, ...]:
    return tuple(tensor for tensor in tensors_of(equation.right) if tensor in defined)


def _reached(equations: Sequence[Equation]) -> dict[Tensor, set[Tensor]]:
    """For each computed tensor all computed tensors that it reads, directly or through others."""
    direct = {equation.tensor: set(tensors_of(equation.right)) for equation in equations}
    found: dict[Tensor, set[Tensor]] = {}
    for tensor in direct:
        reached: set[Tensor] = set()
        waiting = [tensor]
        while waiting:
            fresh = {read for read in direct[waiting.pop()] if read in direct} - reached
            reached |= fresh
            waiting.extend(fresh)
        found[tensor] = reached
    return found


def _recurrence(members: tuple[Equation, ...]) -> Recurrence:
    for axis in members[0].tensor.axes:
        found = _along(axis, members)
        if found is not None:
            return found
    raise CircularDefinition(tuple(member.tensor for member in members))


def _along(axis: Axis, members: tuple[Equation, ...]) -> Recurrence | None:
    """The members as a recurrence along ``axis``; None where they are none."""
    if any(member.tensor.axes.count(axis) != 1 for member in members):
        return None
    tensors = tuple(member.tensor for member in members)
    same_step: dict[Tensor, list[Tensor]] = {tensor: [] for tensor in tensors}
    shifts: list[int] = []
    for member in members:
        for entry in entries_of(member.right):
            if entry.tensor in tensors:
                shift = _shift(entry, member, axis)
                if shift is None:
                    return None
                shifts.append(shift)
                if shift == 0:
                    same_step[member.tensor].append(entry.tensor)
    if any(shift < 0 for shift in shifts) and any(shift > 0 for shift in shifts):
        return None
    ordered: list[Equation] = []
    waiting = list(members)
    while waiting:
        done = {equation.tensor for equation in ordered}
        ready = next((m for m in waiting if done.issuperset(same_step[m.tensor])), None)
        if ready is None:
            return None
        waiting.remove(ready)
        ordered.append(ready)
    return Recurrence(tuple(ordered), axis, upwards=not any(shift > 0 for shift in shifts))


def _shift(entry: Entry, reader: Equation, axis: Axis) -> int | None:
    """How many steps after the reader's own an entry lies; None where that is not a fixed number."""
    step = reader.indices[reader.tensor.axes.index(axis)]
    position = Affine.of(entry.positions[entry.tensor.axes.index(axis)])
    difference = position.plus(Affine.of(step).scaled(-1))
    return difference.constant if not difference.terms else None
