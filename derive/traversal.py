"""Walks through expressions: every node, what they read, which indices are free in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from sympy import Basic, Rational
from sympy.core.symbol import Str

from derive.expressions import BINDERS, Entry, Function, Tensor
from derive.indices import Axis, Index

LEAVES = (Tensor, Function, Index, Axis)
PLAIN = (Str, Rational)
"""Parts that are no nodes of ours."""


def walk(value: Basic) -> Iterator[Basic]:
    """Every node inside an expression, parents first; tensors, functions and indices are leaves."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        yield node
        if node.args and not isinstance(node, LEAVES):
            waiting.extend(node.args[::-1])


def rebuild(value: Basic, change: Callable[[Basic], Basic]) -> Basic:
    """The same node with ``change`` applied to each part; leaves are returned as they are."""
    if not value.args or isinstance(value, LEAVES):
        return value
    parts = tuple([part if isinstance(part, PLAIN) else change(part) for part in value.args])
    return value if parts == value.args else value.func(*parts)


@lru_cache(maxsize=1 << 14)  # the same right sides are asked again and again
def entries_of(value: Basic) -> tuple[Entry, ...]:
    """Every entry read in an expression, each once, in order of appearance."""
    return tuple(dict.fromkeys(node for node in walk(value) if isinstance(node, Entry)))


@lru_cache(maxsize=1 << 14)
def tensors_of(value: Basic) -> tuple[Tensor, ...]:
    """Every tensor read in an expression, each once, in order of appearance."""
    return tuple(dict.fromkeys(entry.tensor for entry in entries_of(value)))


@lru_cache(maxsize=1 << 14)
def free_indices(value: Basic) -> tuple[Index, ...]:
    """The indices that no sum inside ``value`` binds, in order of appearance."""
    if isinstance(value, Index):
        return (value,)
    if not value.args or isinstance(value, LEAVES):
        return ()
    if isinstance(value, BINDERS):
        return tuple([index for index in free_indices(value.body) if index != value.index])
    found: dict[Index, None] = {}
    for part in value.args:
        if isinstance(part, Index):
            found[part] = None
        elif part.args and not isinstance(part, LEAVES):
            found.update(dict.fromkeys(free_indices(part)))
    return tuple(found)
