"""Rules that write out another adjoint's formula where the line becomes simpler by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Basic

from derive.calculus.scalar_algebra import weight
from derive.calculus.substitute import right_side_at
from derive.equations import Equation
from derive.expressions import Entry, Expression, Tensor
from derive.rules.replacement import replace_parts
from derive.rules.surroundings import Surroundings
from derive.steps import Step
from derive.traversal import entries_of, walk

Simplify = Callable[[Expression, Surroundings], tuple[Step, ...]]


def insert_adjoint(value: Expression, around: Surroundings, simplify: Simplify) -> Step | None:
    """The formula of an adjoint that reads the loss directly, where the line does not grow by it."""
    for entry in entries_of(value):
        known = around.explicit.get(entry.tensor)
        if known is not None and known.tensor.axes == around.subject.axes:
            inserted = _written_out(value, {known.tensor: known})
            simplest = _last(simplify(inserted, replace(around, explicit={})), inserted)
            if weight(simplest) <= weight(value) + weight(known.right) - 1:
                return Step("insert_adjoint", value, inserted, (("adjoint", entry),))
    return None


def insert_summaries(value: Expression, around: Surroundings, simplify: Simplify) -> Step | None:
    """The formulas of adjoints that sum over the subject's axes, all at once, where the whole becomes shorter."""
    entries = tuple(entry for entry in entries_of(value) if entry.tensor in around.summaries)
    inserted = _written_out(value, around.summaries) if entries else value
    if inserted == value or any(isinstance(node, Entry) and node.tensor in around.summaries for node in walk(inserted)):
        return None
    simplest = _last(simplify(inserted, replace(around, explicit={}, summaries={})), inserted)
    used = sum(weight(around.summaries[tensor].right) for tensor in dict.fromkeys(entry.tensor for entry in entries))
    if weight(simplest) >= weight(value) + used:
        return None
    return Step("insert_adjoint", value, inserted, tuple(("adjoint", entry) for entry in entries))


def _written_out(value: Expression, formulas: dict[Tensor, Equation]) -> Expression:
    def formula(part: Basic) -> Basic | None:
        if isinstance(part, Entry) and part.tensor in formulas:
            return replace_parts(right_side_at(formulas[part.tensor], part.positions), formula)
        return None

    return replace_parts(value, formula)


def _last(steps: tuple[Step, ...], line: Expression) -> Expression:
    return steps[-1].after if steps else line
