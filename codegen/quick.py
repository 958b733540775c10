"""Equations in the form that NumPy computes fastest: identities from ``quick.toml``, and branches that meet without a jump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from mpmath import mpf
from sympy import Basic

from codegen.branches import CLIPS, OPPOSITE, as_call
from codegen.constants import evaluate
from codegen.patterns import apply_identities, identities
from codegen.problem import Problem, summed_in_place
from codegen.program import Call
from codegen.unfold import is_number
from derive.calculus.tidy import tidy
from derive.expressions import Apply, Cases, Entry, Expression, Number, Product, Tensor, negative, plus
from derive.traversal import entries_of, rebuild, walk

HALF = Number("1/2")


@lru_cache(maxsize=4)
def prepared(problem: Problem) -> Problem:
    """The equations as they are lowered for NumPy: fewer sums, and each in its fastest form."""
    return quickened(summed_in_place(problem))


def quickened(problem: Problem) -> Problem:
    """Every equation in its fastest form.

    A hyperbolic tangent that another equation needs anyway is shared with it, not replaced by an exponential.
    """
    table = identities("quick")
    changed = {numbered.tensor: apply_identities(numbered.computed, table) for numbered in problem.equations}
    needed = {tensor for value in changed.values() for tensor in _in_tangents(value)}
    equations = []
    for numbered in problem.equations:
        value = numbered.computed
        if not needed.intersection(_in_tangents(value)):
            value = changed[numbered.tensor]
        equations.append(replace(numbered, computed=without_jumps(value)))
    return replace(problem, equations=tuple(equations))


def _in_tangents(value: Basic) -> Iterator[Tensor]:
    """The tensors whose halves stand in hyperbolic tangents, as the logistic function has them."""
    for node in walk(value):
        if isinstance(node, Apply) and node.function.name == "tanh" and isinstance(node.argument, Product) and HALF in node.argument.args:
            yield from (entry.tensor for entry in entries_of(node.argument))


def without_jumps(value: Basic) -> Basic:
    """``value`` with cases of two branches that are equal where they meet computed without a choice.

    Each branch reads what it reads held to its own side, where the other one then adds what both are worth at the boundary:
    ``z if z > 0 else exp(z) - 1`` is ``max(z, 0) + (exp(min(z, 0)) - 1)``.
    """
    value = rebuild(value, without_jumps)
    if not isinstance(value, Cases) or len(value.cases) != 1 or as_call(value) is not None:
        return value
    (case,) = value.cases
    read, bound, sign = case.relation.left, case.relation.right, case.relation.sign
    if not isinstance(read, Entry) or not isinstance(bound, Number) or sign not in CLIPS:
        return value
    ends = [_at(branch, read, bound) for branch in (case.value, value.otherwise)]
    if ends[0] is None or ends[0] != ends[1]:
        return value
    sides = (Call(CLIPS[sign], read, bound), Call(OPPOSITE[CLIPS[sign]], read, bound))
    branches = [_replaced(branch, read, side) for branch, side in zip((case.value, value.otherwise), sides, strict=True)]
    open_branches = [branch for branch in branches if not is_number(branch)]
    if len(open_branches) == 1:
        return open_branches[0]
    end = _replaced(case.value, read, bound)
    return plus(*branches) if ends[0] == 0 else plus(*branches, tidy(negative(end)))


def _at(branch: Expression, read: Entry, bound: Number) -> mpf | None:
    """The value of a branch at the boundary, None where it depends on something else."""
    value = tidy(_replaced(branch, read, bound))
    return evaluate(value) if is_number(value) else None


def _replaced(value: Basic, old: Expression, new: Expression) -> Expression:
    return new if value == old else rebuild(value, lambda part: _replaced(part, old, new))


__all__ = ["prepared", "quickened", "without_jumps"]
