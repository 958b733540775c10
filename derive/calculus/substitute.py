"""Capture-avoiding substitution, inlining of definitions, and renaming of tensors and axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sympy import Basic

from derive.equations import Equation
from derive.expressions import BINDERS, Axes, Entry, Expression, Function, Tensor
from derive.indices import Affine, Axis, Index, Position
from derive.traversal import free_indices, rebuild

Node = TypeVar("Node", bound=Basic)


def move(value: Node, positions: Mapping[Index, Position]) -> Node:
    """``value`` with free indices replaced by positions; a sum that would capture one binds a fresh index instead."""
    return _move(value, dict(positions))


def _move(value: Basic, positions: dict[Index, Position]) -> Basic:
    if isinstance(value, Index):
        return positions.get(value, value)
    if isinstance(value, Affine):
        return _move_affine(value, positions)
    if isinstance(value, BINDERS):
        inner = {old: new for old, new in positions.items() if old != value.index}
        index = value.index
        if any(index in free_indices(new) for new in inner.values()):
            index = index.fresh()
            inner[value.index] = index
        return value.func(index, _move(value.body, inner))
    return rebuild(value, lambda part: _move(part, positions))


def _move_affine(value: Affine, positions: dict[Index, Position]) -> Position:
    moved = Affine(value.constant)
    for term in value.terms:
        moved = moved.plus(Affine.of(positions.get(term.index, term.index)).scaled(term.coefficient))
    return moved.simplest()


def freshen(value: Node) -> Node:
    """The same expression with every bound index replaced by a fresh one."""
    if isinstance(value, BINDERS):
        index = value.index.fresh()
        return value.func(index, freshen(move(value.body, {value.index: index})))
    return rebuild(value, freshen)


def right_side_at(equation: Equation, positions: tuple[Position, ...]) -> Expression:
    """The right side of ``equation`` where its indices stand at ``positions``, with fresh bound indices."""
    return move(freshen(equation.right), dict(zip(equation.indices, positions, strict=True)))


def inline(value: Node, definitions: Mapping[Tensor, Equation]) -> Node:
    """``value`` with every entry of a defined tensor replaced by its definition, repeatedly."""
    if isinstance(value, Entry) and value.tensor in definitions:
        return inline(right_side_at(definitions[value.tensor], value.positions), definitions)
    return rebuild(value, lambda part: inline(part, definitions))


def replace_entries(value: Node, new: Mapping[Entry, Expression]) -> Node:
    """``value`` with exactly these entries replaced."""
    if isinstance(value, Entry):
        return new.get(value, value)
    return rebuild(value, lambda part: replace_entries(part, new))


class Renaming:
    """Tensors for tensors, axes for axes, functions for functions: specialises a derivation to another place of the same pattern."""

    def __init__(self, names: Mapping[Basic, Basic]) -> None:
        self._known: dict[Basic, Basic] = dict(names)

    def __call__(self, value: Node) -> Node:
        known = self._known.get(value)
        if known is None:
            known = self._rename(value)
            self._known[value] = known
        return known

    def _rename(self, value: Basic) -> Basic:
        if isinstance(value, Index):
            axis = self(value.axis)
            return Index(axis.name if value.letter == value.axis.name else value.letter, axis, value.args[2])
        if isinstance(value, Tensor):
            of = self(value.of) if value.of is not None else None
            return Tensor(value.name, Axes(*map(self, value.axes)), value.role, value.layer, of)
        if isinstance(value, Axis | Function):
            return value
        return rebuild(value, self)
