"""Equations as Python loops, one after the other: the literal index form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from sympy import Basic

from codegen.partial import is_partial
from codegen.targets.python_text import Source, guards_and_rest, inside, is_guard, is_guarded, length, text
from codegen.unfold import is_constant
from derive.calculus.canonical import canonical
from derive.expressions import BINDERS, Apply, Bracket, Cases, Entry, Expression, Largest, Plus, Power, Product, Total
from derive.indices import Axis, Index
from derive.language.plain import letters_of
from derive.specifications.reads import reads_outside
from derive.traversal import LEAVES, free_indices, walk

WIDTH = 88
OPAQUE = (Entry, *LEAVES)
PART_NAMES = {Plus: "term", Product: "factor", Power: "power", Cases: "branch", Bracket: "branch", Total: "total", Largest: "largest"}


@dataclass(frozen=True)
class Hoisted:
    """A sum or maximum that is computed once, before the loops over indices that it does not have."""

    name: str
    value: Expression
    level: int


def loop_lines(left: Entry, right: Expression, batch: Axis, *, complex_numbers: bool = False, indent: int = 0) -> list[str]:
    """The statements ``left = right`` over every position, sums and maxima that do not change in a loop before it."""
    return lines_in_loops(left, right, Source(batch, letters_of(left, right), complex=complex_numbers), indent)


def lines_in_loops(left: Entry, right: Expression, source: Source, indent: int, around: tuple[Index, ...] = ()) -> list[str]:
    """As ``loop_lines``, inside loops over the indices ``around``; a tensor without axes is an array of its own."""
    indices = tuple(position for position in left.positions if isinstance(position, Index) and position not in around)
    target = text(left, source)
    if not left.positions and source.scalar_arrays:
        target += "[()]"
    hoisted = _hoisted(right, indices, source)
    lines: list[str] = []
    for level in range(len(indices) + 1):
        inner = indent + 4 * level
        for part in (part for part in hoisted if part.level == level):
            lines += _assigned(part.name, part.value, source, inner)
            source = replace(source, key={**source.key, **dict.fromkeys(_equal(right, part.value), part.name)})
        if level < len(indices):
            letter = source.letters[indices[level]]
            lines.append(f"{' ' * inner}for {letter} in range({length(indices[level].axis, source)}):")
    return lines + _assigned(target, right, source, indent + 4 * len(indices))


def _assigned(target: str, value: Expression, source: Source, indent: int, sign: str = "=") -> list[str]:
    """``target = value``; where the line is long, parts of it are named first, and a long sum becomes a loop."""
    named: list[tuple[str, list[str]]] = []
    while True:
        line = f"{' ' * indent}{target} {sign} {text(value, source)}"
        if len(line) <= WIDTH:
            return _after(named, [line])
        if is_guarded(value):
            return _after(named, _under_guard(target, value, source, indent, sign))
        part = _largest_part(value, source, WIDTH - indent) or _long_sum(value, source) or _long_branch(value, source)
        if part is None:
            break
        name = _fresh(part, source)
        named.append((name, _assigned(name, part, source, indent)))
        source = replace(source, key={**source.key, part: name})
    if isinstance(value, Total) and sign == "=":
        return _after(named, _summing_loop(target, value, source, indent))
    return _after(named, [line])


def _after(named: Sequence[tuple[str, list[str]]], lines: list[str]) -> list[str]:
    """``lines`` after those that name what they read; a part that was named is not read where a larger one got a name later."""
    for name, own in reversed(named):
        if name in re.findall(r"\w+", "\n".join(lines)):
            lines = [*own, *lines]
    return lines


def _summing_loop(target: str, value: Total, source: Source, indent: int) -> list[str]:
    """A sum as a loop that adds to its target."""
    if target not in source.key.values() and not target.isidentifier():
        name = _fresh(value, source)
        own = replace(source, key={**source.key, value: name})
        return [*_summing_loop(name, value, own, indent), f"{' ' * indent}{target} = {name}"]
    lines = [f"{' ' * indent}{target} = 0.0"]
    body: Expression = value
    while isinstance(body, Total):
        lines.append(f"{' ' * indent}for {source.letters[body.index]} in range({length(body.index.axis, source)}):")
        body, indent = body.body, indent + 4
    return lines + _assigned(target, body, replace(source, taken=source.taken | {target}), indent, "+=")


def _under_guard(target: str, value: Expression, source: Source, indent: int, sign: str) -> list[str]:
    """``target = 0.0`` and the rest of the product where its guards hold."""
    relations, rest = guards_and_rest(value)
    test = " and ".join(text(relation, source) for relation in relations)
    lines = [f"{' ' * indent}{target} = 0.0"] if sign == "=" else []
    return [*lines, f"{' ' * indent}if {test}:", *_assigned(target, rest, source.where(*relations), indent + 4, sign)]


def _branches(target: str, value: Cases, source: Source, indent: int) -> list[str]:
    """An assignment for each case, under its condition."""
    lines: list[str] = []
    for case in value.cases:
        lines.append(f"{' ' * indent}{'elif' if lines else 'if'} {text(case.relation, source)}:")
        lines += _assigned(target, case.value, source.where(case.relation), indent + 4)
        source = source.where(case.relation, otherwise=True)
    return [*lines, f"{' ' * indent}else:", *_assigned(target, value.otherwise, source, indent + 4)]


def _long_branch(value: Expression, source: Source) -> Expression | None:
    """A term under a guard, or cases among terms or factors; it becomes a branch of its own."""
    parts = value.args if isinstance(value, Plus | Product) else ()
    open_ones = [part for part in parts if part not in source.key]
    guarded = [part for part in open_ones if isinstance(value, Plus) and is_guarded(part)]
    return next(iter(guarded or [part for part in open_ones if isinstance(part, Cases) and not _needs_guard(part, source)]), None)


def _largest_part(value: Expression, source: Source, width: int) -> Expression | None:
    """The part that saves most when it is named once: no bound index in it, and no branch that must not be computed."""
    sizes: dict[Basic, int] = {}
    counts: dict[Basic, int] = {}
    for part in _nameable(value, frozenset(), source, top=True):
        counts[part] = counts.get(part, 0) + 1
        sizes.setdefault(part, len(text(part, source)))
    fitting = {part: size for part, size in sizes.items() if 12 < size <= width - 14}
    return max(fitting, key=lambda part: (fitting[part] * counts[part], fitting[part]), default=None)


def _long_sum(value: Expression, source: Source) -> Expression | None:
    """A sum that is too long for a line; it becomes a loop of its own."""
    parts = _nameable(value, frozenset(), source, top=True)
    return next((part for part in parts if isinstance(part, Total)), None)


def _nameable(value: Basic, bound: frozenset[Index], source: Source, top: bool = False) -> Iterator[Basic]:
    if value in source.key or isinstance(value, OPAQUE):
        return
    if isinstance(value, Expression) and (is_constant(value) or is_guard(value)):
        return
    if not top and isinstance(value, Expression) and not bound & set(free_indices(value)) and not _needs_guard(value, source):
        yield value
    if isinstance(value, Cases):
        for case in value.cases:
            yield from _nameable(case.relation, bound, source)
        return
    inner = bound | {value.index} if isinstance(value, BINDERS) else bound
    guarded = isinstance(value, Product) and any(map(is_guard, value.args))
    for part in value.args:
        if isinstance(part, Basic):
            found = _nameable(part, inner, source)
            yield from (own for own in found if not _may_fail(own)) if guarded else found


def _needs_guard(value: Basic, source: Source) -> bool:
    """Whether a part may only be computed where a guard around it holds: it reads what stands nowhere."""
    found = [(entry, place) for entry, place, _ in reads_outside(value)]
    open_reads = (e for e, place in found if e.tensor not in source.outside and e.tensor.axes[place] != source.batch)
    return any(inside(entry, source) for entry in open_reads)


def _may_fail(value: Basic) -> bool:
    """Whether a part may only be computed where a guard around it holds: it divides, or takes a root or a logarithm."""
    return any(is_partial(node) for node in walk(value))


def _fresh(part: Expression, source: Source) -> str:
    """A name for a part: its function's, or what kind of part it is."""
    stem = f"{part.function.name}_value" if isinstance(part, Apply) else PART_NAMES.get(type(part), "part")
    taken = {*source.key.values(), *source.taken}
    return next(name for name in chain([stem], (f"{stem}_{n}" for n in count(2))) if name not in taken)


def _hoisted(right: Expression, indices: tuple[Index, ...], source: Source) -> list[Hoisted]:
    """Inner sums first. A sum that has all loop indices and stands in no other sum is left where it is."""
    found: list[Hoisted] = []
    seen: dict[str, str] = {}
    for node, bound in _sums(right, ()):
        free = free_indices(node)
        if any(index in bound for index in free) or _needs_guard(node, source):
            continue
        level = max((indices.index(index) + 1 for index in free if index in indices), default=0)
        if level == len(indices) and not bound and len(_equal(right, node, every=True)) == 1:
            continue
        key = canonical(node)
        if key not in seen:
            kind = PART_NAMES[type(node)]
            same = sum(part.name.startswith(kind) for part in found)
            seen[key] = f"{kind}_{same + 1}" if same else kind
            found.append(Hoisted(seen[key], node, level))
    return found


def _equal(value: Expression, node: Expression, every: bool = False) -> list[Basic]:
    sums = [other for other in walk(value) if isinstance(other, BINDERS)]
    key = canonical(node) if len(sums) > 1 else ""
    same = [other for other in sums if other == node or canonical(other) == key]
    return same if every else list(dict.fromkeys(same))


def _sums(value: Basic, bound: tuple[Index, ...]) -> list[tuple[Expression, tuple[Index, ...]]]:
    """Sums and maxima with the indices that are bound around them, inner ones first; directly nested sums count as one."""
    if isinstance(value, LEAVES):
        return []
    if isinstance(value, BINDERS):
        inner, inside = value.body, (*bound, value.index)
        while isinstance(inner, type(value)):
            inside = (*inside, inner.index)
            inner = inner.body
        return [*_sums(inner, inside), (value, bound)]
    return [found for part in value.args if isinstance(part, Basic) for found in _sums(part, bound)]
