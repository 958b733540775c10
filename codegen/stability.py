"""Expressions in the form that stays finite: identities from ``stability.toml``, matched by structure."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic

from codegen.patterns import Identity, apply_at, apply_identities, identities
from codegen.unfold import plain
from codegen.weighted import shift_weighted_sums
from derive.calculus.pattern import pattern_of
from derive.calculus.substitute import Renaming, replace_entries, right_side_at
from derive.equations import Equation
from derive.expressions import Apply, Entry, Expression, Tensor
from derive.traversal import entries_of, rebuild, tensors_of, walk


def stabilise(value: Expression, definitions: Mapping[Tensor, Equation]) -> Expression:
    """``value`` with every function written out and every identity applied.

    A value that a function reads is looked through to its definition where that lets an identity apply: the logarithm of a
    normalised exponential is computed from the exponents.
    """
    value = plain(value)
    if not any(isinstance(node, Apply) for node in walk(value)):
        return value  # every identity speaks of a function
    table = identities("stability")
    seen = shift_weighted_sums(_look_through(value, definitions, table))
    return plain(apply_identities(seen, table))


class Stabilised:
    """``stabilise`` for the equations of one system: each local pattern is treated once and renamed elsewhere."""

    def __init__(self, definitions: Mapping[Tensor, Equation]) -> None:
        self.definitions = definitions
        self.patterns: dict[str, tuple[Expression, tuple[Basic, ...]]] = {}

    def __call__(self, equation: Equation) -> Expression:
        """The right side of ``equation`` in its stable form."""
        read = [self.definitions[tensor] for tensor in tensors_of(equation.right) if tensor in self.definitions]
        pattern, named = pattern_of(side for part in (equation, *read) for side in (part.left, part.right))
        here = (*named, *equation.indices)
        if pattern not in self.patterns:
            self.patterns[pattern] = stabilise(equation.right, self.definitions), here
        found, there = self.patterns[pattern]
        return found if there == here else Renaming(dict(zip(there, here, strict=True)))(found)


def _look_through(value: Basic, definitions: Mapping[Tensor, Equation], table: tuple[Identity, ...]) -> Basic:
    value = rebuild(value, lambda part: _look_through(part, definitions, table))
    if not isinstance(value, Apply) or _applies(value, table):
        return value
    for entry in entries_of(value.argument):
        if entry.tensor in definitions:
            seen = plain(_with_definition(value, entry, definitions))
            if _applies(seen, table):
                return seen
    return value


def _applies(value: Expression, table: tuple[Identity, ...]) -> bool:
    return any(apply_at(value, identity) is not None for identity in table)


def _with_definition(value: Expression, entry: Entry, definitions: Mapping[Tensor, Equation]) -> Expression:
    return replace_entries(value, {entry: right_side_at(definitions[entry.tensor], entry.positions)})
