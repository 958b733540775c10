"""Every wrong version of an expression that differs from it in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Basic

from derive.expressions import (
    Apply,
    Bracket,
    Case,
    Cases,
    Entry,
    Expression,
    Function,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    negative,
    plus,
    product,
)
from derive.indices import Affine, Index

Mutant = tuple[str, Expression]


def mutants(value: Expression, tensors: Sequence[Tensor], indices: Sequence[Index]) -> Iterator[Mutant]:
    """Each single mutation of ``value``: what was done, and the result.

    ``tensors`` may be taken for each other, ``indices`` are in scope.
    """
    yield "sign flipped", negative(value)
    yield "factor 1/2", product(Number("1/2"), value)
    yield "factor 2", product(Number(2), value)
    yield from _inside(value, tensors, tuple(indices))


def _inside(value: Basic, tensors: Sequence[Tensor], indices: tuple[Index, ...]) -> Iterator[tuple[str, Basic]]:
    yield from _here(value, tensors, indices)
    if isinstance(value, Tensor | Function | Index | Affine | Entry | Number):
        return
    inner = (*indices, value.index) if isinstance(value, Total) else indices
    for place, part in enumerate(value.args):
        if isinstance(part, Expression | Relation | Case):
            for name, other in _inside(part, tensors, inner):
                yield name, value.func(*value.args[:place], other, *value.args[place + 1 :])


def _here(value: Basic, tensors: Sequence[Tensor], indices: tuple[Index, ...]) -> Iterator[tuple[str, Basic]]:
    if isinstance(value, Plus):
        for place, term in enumerate(value.args):
            others = (*value.args[:place], *value.args[place + 1 :])
            yield "term dropped", plus(*others)
            yield "sign of a term flipped", Plus(*value.args[:place], negative(term), *value.args[place + 1 :])
            yield "term doubled", Plus(*value.args, term)
    elif isinstance(value, Product):
        for place, factor in enumerate(value.args):
            yield "factor dropped", product(*value.args[:place], *value.args[place + 1 :])
            yield "factor doubled", Product(*value.args, factor)
            yield "factor inverted", Product(*value.args[:place], Power(factor, Number(-1)), *value.args[place + 1 :])
    elif isinstance(value, Number):
        yield "number one more", Number(value.value + 1)
        yield "number halved", Number(value.value / 2)
        yield "number negated", Number(-value.value)
    elif isinstance(value, Power):
        yield "exponent dropped", value.base
        yield "exponent one more", Power(value.base, plus(value.exponent, Number(1)))
    elif isinstance(value, Total):
        yield "sum dropped", value.body
        yield "sum divided by its length", product(Power(Size(value.index.axis), Number(-1)), value)
    elif isinstance(value, Apply):
        yield "function dropped", value.argument
        yield "derivative instead of function", Apply(value.function.prime, value.argument)
        if value.function.order:
            lower = Function(value.function.args[0], value.function.args[1], value.function.order - 1)
            yield "function instead of derivative", Apply(lower, value.argument)
            yield "derivative dropped", Number(1)
    elif isinstance(value, Partial):
        if isinstance(value.of, Expression):
            yield "derivative dropped", value.of
    elif isinstance(value, Relation):
        for sign in {"=": ("<", ">"), ">": ("<", "="), "<": (">", "="), ">=": ("<",), "<=": (">",)}[value.sign]:
            yield "relation changed", Relation(value.left, sign, value.right)
    elif isinstance(value, Bracket):
        yield "bracket dropped", Number(1)
    elif isinstance(value, Cases):
        first = value.cases[0]
        yield "branches exchanged", Cases(Case(value.otherwise, first.relation), *value.cases[1:], first.value)
    elif isinstance(value, Entry):
        yield from _entries(value, tensors, indices)


def _entries(value: Entry, tensors: Sequence[Tensor], indices: tuple[Index, ...]) -> Iterator[tuple[str, Basic]]:
    if len(value.positions) > 1:
        yield "indices exchanged", Entry(value.tensor, *reversed(value.positions))
    for place, position in enumerate(value.positions):
        for index in indices:
            if index != position:
                yield "another index", Entry(value.tensor, *value.positions[:place], index, *value.positions[place + 1 :])
    for tensor in tensors:
        if tensor != value.tensor and len(tensor.axes) == len(value.tensor.axes):
            yield "another tensor", Entry(tensor, *value.positions)
