"""Identities as data: a formula with wildcards, what it may be replaced by, and where it matches.

A wildcard ``u`` stands for any expression, ``u[j]`` for any expression in an index. Factors and terms match in any order,
and what a product or sum has besides the matched ones stays. Nothing here looks at the name of a function that has a formula.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sympy import Basic

from codegen.program import Call
from codegen.unfold import outside
from derive.calculus.canonical import canonical
from derive.calculus.match import match
from derive.calculus.substitute import freshen, move
from derive.calculus.tidy import tidy
from derive.expressions import (
    BINDERS,
    MINUS_ONE,
    Apply,
    Cases,
    Entry,
    Expression,
    Function,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Tensor,
    Total,
    factors_of,
    negative,
    plus,
    product,
    terms_of,
)
from derive.indices import Axis, Index
from derive.language.grammar import Source, read_formula
from derive.language.scope import Reader, Scope
from derive.traversal import free_indices, rebuild

ANY_AXIS = Axis("any", 2)
PRIMITIVES = ("exp", "log", "tanh", "sin", "cos", "erf", "expm1", "log1p", "abs")
WILDCARDS = ("u", "v", "w")


@dataclass(frozen=True)
class Identity:
    """``naive = stable`` for every value of the wildcards."""

    name: str
    naive: Expression
    stable: Expression
    free: tuple[Index, ...]


@dataclass(frozen=True)
class Binding:
    """What wildcards stand for: an expression, with the index that it is written in where the wildcard has one."""

    values: Mapping[str, tuple[Expression, Index | None]]
    indices: Mapping[Index, Basic]

    def with_value(self, name: str, value: Expression, index: Index | None) -> Binding:
        return Binding({**self.values, name: (value, index)}, self.indices)

    def with_index(self, own: Index, other: Basic) -> Binding:
        return Binding(self.values, {**self.indices, own: other})


@cache
def identities(name: str) -> tuple[Identity, ...]:
    """The rows of ``codegen/<name>.toml``, in order: the first that matches is used."""
    rows = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))["identity"]
    return tuple(_identity(row["name"], row["naive"], row["stable"]) for row in rows)


def _identity(name: str, naive: str, stable: str) -> Identity:
    indices = {letter: Index(letter, ANY_AXIS) for letter in "j"}
    left, right = (_read(text, name, indices) for text in (naive, stable))
    return Identity(name, left, right, tuple(indices.values()))


def _read(text: str, name: str, indices: Mapping[str, Index]) -> Expression:
    tensors = {letter: Tensor(letter, (ANY_AXIS,) if f"{letter}[" in text else ()) for letter in WILDCARDS}
    functions = {primitive: Function(primitive) for primitive in PRIMITIVES}
    axes = dict.fromkeys("km", ANY_AXIS)
    source = Source(text, name)
    value = Reader(source).expression(read_formula(source), Scope(tensors, indices, axes, functions=functions))
    return outside(tidy(value))


def apply_identities(value: Basic, table: tuple[Identity, ...]) -> Basic:
    """``value`` with identities applied from the outside in: a larger pattern is seen before its parts are changed."""
    if isinstance(value, Expression):
        for identity in table:
            if type(identity.naive) is not type(value):
                continue
            replaced = apply_at(value, identity, lambda part: apply_identities(part, table))
            if replaced is not None:
                return replaced
    return rebuild(value, lambda part: apply_identities(part, table))


def apply_at(value: Expression, identity: Identity, inside: Callable[[Basic], Basic] = lambda part: part) -> Expression | None:
    """``value`` with the identity applied at its root, or None where it does not match; ``inside`` changes what it leaves open."""
    pattern = identity.naive
    rest: list[Expression] = []
    found: Binding | None = None
    empty = Binding({}, {})
    if isinstance(pattern, Product | Plus) and isinstance(value, type(pattern)):
        found, rest = next(_subset(pattern.args, value.args, empty, partial=True), (None, []))
    elif not isinstance(pattern, Product | Plus):
        found = next(_match(pattern, value, empty), None)
    if found is None:
        return None
    values = {name: (inside(bound), index) for name, (bound, index) in found.values.items()}
    replacement = instantiate(identity.stable, Binding(values, found.indices))
    joined = [replacement, *(inside(part) for part in rest)]
    return outside(tidy(plus(*joined) if isinstance(pattern, Plus) else product(*joined)))


def instantiate(value: Basic, binding: Binding) -> Expression:
    """A formula with its wildcards filled in; its own sums bind fresh indices of the right axis."""
    if isinstance(value, BINDERS):
        own = _axis_index(value, binding)
        return value.func(own, instantiate(value.body, binding.with_index(value.index, own)))
    if isinstance(value, Entry) and value.tensor.name in binding.values:
        bound, index = binding.values[value.tensor.name]
        if index is None:
            return bound
        position = value.positions[0]
        return move(freshen(bound), {index: binding.indices[position]})
    return rebuild(value, lambda part: instantiate(part, binding))


def _axis_index(value: Expression, binding: Binding) -> Index:
    for name, (_, index) in binding.values.items():
        if index is not None and any(entry.tensor.name == name for entry in _entries(value)):
            return index.fresh()
    raise ValueError("a sum in an identity runs over no wildcard")


def _entries(value: Basic) -> Iterator[Entry]:
    if isinstance(value, Entry):
        yield value
    for part in () if isinstance(value, Tensor | Function | Index | Axis) else value.args:
        if isinstance(part, Basic):
            yield from _entries(part)


def _match(pattern: Basic, subject: Basic, binding: Binding) -> Iterator[Binding]:
    if isinstance(pattern, Entry) and pattern.tensor.name in WILDCARDS:
        yield from _wildcard(pattern, subject, binding)
        return
    if isinstance(pattern, Product) and pattern.args[0] == MINUS_ONE and len(pattern.args) == 2 and isinstance(subject, Expression):
        yield from _match(pattern.args[1], tidy(negative(subject)), binding)
        return
    if isinstance(pattern, Product) and isinstance(pattern.args[0], Number) and isinstance(subject, Expression):
        share = product(Power(pattern.args[0], MINUS_ONE), subject)
        yield from _match(product(*pattern.args[1:]), tidy(share), binding)
        return
    if isinstance(pattern, Plus | Product):
        parts = (terms_of if isinstance(pattern, Plus) else factors_of)(subject) if isinstance(subject, Expression) else ()
        if len(parts) == len(pattern.args):
            yield from (found for found, _ in _subset(pattern.args, parts, binding, partial=False))
        return
    if type(pattern) is not type(subject) or len(pattern.args) != len(subject.args):
        return
    if isinstance(pattern, BINDERS):
        yield from _match(pattern.body, subject.args[1], binding.with_index(pattern.index, subject.args[0]))
        return
    if isinstance(pattern, Relation) and pattern.sign != subject.args[1].name:
        return
    if isinstance(pattern, Number | Function) or not pattern.args:
        if pattern == subject:
            yield binding
        return
    yield from _each(pattern.args, subject.args, binding)


def _each(patterns: tuple[Basic, ...], subjects: tuple[Basic, ...], binding: Binding) -> Iterator[Binding]:
    if not patterns:
        yield binding
        return
    for found in _match(patterns[0], subjects[0], binding):
        yield from _each(patterns[1:], subjects[1:], found)


def _subset(
    patterns: tuple[Basic, ...], subjects: tuple[Basic, ...], binding: Binding, partial: bool
) -> Iterator[tuple[Binding, list[Expression]]]:
    """Matches of all patterns with different subjects, and the subjects left over. Sums go first: they fix the indices."""
    if not patterns:
        if partial or not subjects:
            yield binding, list(subjects)
        return
    at = next((place for place, pattern in enumerate(patterns) if any(isinstance(node, Total) for node in pattern.args)), 0)
    at = next((place for place, pattern in enumerate(patterns) if isinstance(pattern, Total)), at)
    others = (*patterns[:at], *patterns[at + 1 :])
    for place, subject in enumerate(subjects):
        for found in _match(patterns[at], subject, binding):
            yield from _subset(others, (*subjects[:place], *subjects[place + 1 :]), found, partial)


def _wildcard(pattern: Entry, subject: Basic, binding: Binding) -> Iterator[Binding]:
    if not isinstance(subject, Expression):
        return
    name = pattern.tensor.name
    known = binding.values.get(name)
    if not pattern.positions:
        if known is None:
            yield binding.with_value(name, subject, None)
        elif canonical(known[0]) == canonical(subject):
            yield binding
        return
    position = pattern.positions[0]
    if known is None:
        other = binding.indices.get(position)
        if isinstance(other, Index) and other in free_indices(subject):
            yield binding.with_value(name, subject, other)
        return
    bound, index = known
    assert index is not None
    place = match(bound, subject, (index,))
    if place is None:
        return
    wanted = binding.indices.get(position)
    if wanted is None:
        yield binding.with_index(position, place[index])
    elif wanted == place[index]:
        yield binding


__all__ = ["Apply", "Call", "Cases", "Identity", "apply_at", "apply_identities", "identities", "instantiate"]
