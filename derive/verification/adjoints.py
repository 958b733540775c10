"""Every adjoint of a point at once, from the forward equations alone.

How an entry answers to one that it reads is a central difference of its own equation. Carried backwards from the loss, entry by entry,
these give the derivative of the loss with respect to every entry. A single central difference of the whole system, every entry shifted
by a random amount at once, must confirm them all; where it does not, nothing is returned and each entry has to be perturbed by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from derive.verification.evaluate import STEP_DIGITS, Closure
from derive.verification.stream import Stream

CONFIRMED_DIGITS = 18
"""So well the difference of the whole system must agree with the sum of the adjoints times the shifts."""

Summand = tuple[Closure, tuple[int, ...]]
"""A part of a sum, and the places of the entries that it reads."""


@dataclass(frozen=True)
class Graph:
    """The entries of a system at a point.

    ``values`` are those of all entries, ``order`` the computed ones up to the loss, which is the last; ``formula`` computes one of them,
    ``summands`` takes its formula apart.
    """

    context: Any
    values: list[Any]
    order: Sequence[int]
    formula: Callable[[int], Closure]
    summands: Callable[[int], Sequence[Summand]]

    @property
    def step(self) -> Any:
        """How far an entry is moved."""
        return self.context.mpf(10) ** -STEP_DIGITS


def confirmed_adjoints(graph: Graph) -> dict[int, Any] | None:
    """The derivative of the loss by each entry that it depends on; None where the difference of the whole does not confirm them."""
    found = accumulated(graph)
    stream, weights = Stream(len(graph.values)), dict[int, Any]()
    for entry in range(len(graph.values)):
        weights[entry] = graph.context.mpf(stream.between(-1024, 1024)) / 1024
    parts = [weights[entry] * slope for entry, slope in found.items()]
    difference = abs(sum(parts) - slope_along(graph, weights))
    small = graph.context.mpf(10) ** -CONFIRMED_DIGITS
    return found if difference <= small * sum(map(abs, parts)) else None


def accumulated(graph: Graph) -> dict[int, Any]:
    """The derivative of the loss by each entry: the sum over the entries that read it, of theirs times how they answer."""
    values, step = graph.values, graph.step
    rate = 1 / (2 * step)
    found: dict[int, Any] = {graph.order[-1]: graph.context.one}
    for entry in reversed(graph.order):
        slope = found.get(entry)
        if not slope:
            continue
        slope = slope * rate
        for part, reads in graph.summands(entry):
            for read in reads:
                before = values[read]
                try:
                    values[read] = before + step
                    up = part()
                    values[read] = before - step
                    answer = up - part()
                finally:
                    values[read] = before
                if answer:
                    found[read] = found[read] + slope * answer if read in found else slope * answer
    return found


def slope_along(graph: Graph, weights: dict[int, Any]) -> Any:
    """The central difference of the loss with every entry shifted by a step times its weight, whatever its equation gives."""
    values, step, before = graph.values, graph.step, list(graph.values)
    computed = set(graph.order)
    work = [(entry, graph.formula(entry)) for entry in graph.order]
    sides = []
    try:
        for side in (step, -step):
            shifts = {entry: side * weight for entry, weight in weights.items()}
            for entry, value in enumerate(before):
                if entry not in computed and value is not None:
                    values[entry] = value + shifts[entry]
            for entry, formula in work:
                values[entry] = formula() + shifts[entry]
            sides.append(values[graph.order[-1]])
    finally:
        values[:] = before
    return (sides[0] - sides[1]) / (2 * step)
