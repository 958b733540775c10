"""Equations as Python loops, one after the other: the literal index form."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic

from codegen.targets.python_text import Source, length, text
from derive.canonical import canonical
from derive.expressions import Axis, Entry, Expression, Function, Index, Largest, Tensor, Total, free_indices, walk
from derive.plain import letters_of

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True)
class Hoisted:
    """A sum or maximum that is computed once, before the loops over indices that it does not have."""

    name: str
    value: Expression
    level: int


def loop_lines(left: Entry, right: Expression, batch: Axis, *, complex_numbers: bool = False, indent: int = 0) -> list[str]:
    """The statements ``left = right`` over every position, sums and maxima that do not change in a loop before it."""
    letters = letters_of(left, right)
    indices = tuple(position for position in left.positions if isinstance(position, Index))
    source = Source(batch, letters, complex=complex_numbers)
    hoisted = _hoisted(right, indices, letters)
    lines: list[str] = []
    names: dict[Basic, str] = {}
    for level in range(len(indices) + 1):
        inner = indent + 4 * level
        for part in (part for part in hoisted if part.level == level):
            known = Source(batch, letters, complex=complex_numbers, key=names)
            lines += assignment(part.name, text(part.value, known), inner)
            names = {**names, **{node: part.name for node in _equal(right, part.value)}}
        if level < len(indices):
            lines.append(f"{' ' * inner}for {letters[indices[level]]} in range({length(indices[level].axis, source)}):")
    known = Source(batch, letters, complex=complex_numbers, key=names)
    target = text(left, Source(batch, letters))
    return lines + assignment(target, text(right, known), indent + 4 * len(indices))


def assignment(target: str, value: str, indent: int) -> list[str]:
    """``target = value`` on one line."""
    return [f"{' ' * indent}{target} = {value}"]


def _hoisted(right: Expression, indices: tuple[Index, ...], letters: dict[Index, str]) -> list[Hoisted]:
    """Inner sums first. A sum that has all loop indices and stands in no other sum is left where it is."""
    found: list[Hoisted] = []
    seen: dict[str, str] = {}
    for node, bound in _sums(right, ()):
        free = free_indices(node)
        if any(index in bound for index in free):
            continue
        level = max((indices.index(index) + 1 for index in free), default=0)
        if level == len(indices) and not bound and _count(right, node) == 1:
            continue
        key = canonical(node)
        if key not in seen:
            kind = "largest" if isinstance(node, Largest) else "total"
            same = sum(part.name.startswith(kind) for part in found)
            seen[key] = f"{kind}_{same + 1}" if same else kind
            found.append(Hoisted(seen[key], node, level))
    return found


def _count(right: Expression, node: Expression) -> int:
    return len(_equal(right, node, every=True))


def _equal(value: Expression, node: Expression, every: bool = False) -> list[Basic]:
    key = canonical(node)
    same = [other for other in walk(value) if isinstance(other, Total | Largest) and canonical(other) == key]
    return same if every else list(dict.fromkeys(same))


def _sums(value: Basic, bound: tuple[Index, ...]) -> list[tuple[Expression, tuple[Index, ...]]]:
    """Sums and maxima with the indices that are bound around them, inner ones first; directly nested sums count as one."""
    if isinstance(value, Tensor | Function | Index | Axis):
        return []
    if isinstance(value, Total | Largest):
        inner, inside = value.body, (*bound, value.index)
        while isinstance(inner, type(value)):
            inside = (*inside, inner.index)
            inner = inner.body
        return [*_sums(inner, inside), (value, bound)]
    return [found for part in value.args if isinstance(part, Basic) for found in _sums(part, bound)]
