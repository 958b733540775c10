"""Expressions evaluated on whole arrays, with every free index as a dimension of its own; no code is made for it.

This is how formulas that differ from the derived ones in one place are tried in hundreds. Numbers are float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce, singledispatch

import numpy as np
from sympy import Basic

from derive.expressions import (
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
)
from derive.indices import Affine, Axis, Index, Position

_erf = np.vectorize(math.erf, otypes=[float])
PRIMITIVES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    **{"exp": np.exp, "log": np.log, "tanh": np.tanh, "sin": np.sin, "cos": np.cos},
    "erf": _erf,
}
_SIGNS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    **{"=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal},
}


class NoValue(Exception):
    """An expression that has no value on arrays of these sizes."""


@dataclass(frozen=True)
class Labelled:
    """An array with an index for each dimension."""

    array: np.ndarray
    indices: tuple[Index, ...] = ()

    def over(self, indices: Sequence[Index]) -> np.ndarray:
        """The array with these dimensions in this order, of length one where it does not depend on an index."""
        places = [self.indices.index(index) for index in indices if index in self.indices]
        shape = [self.array.shape[self.indices.index(index)] if index in self.indices else 1 for index in indices]
        return self.array.transpose(places).reshape(shape)


@dataclass
class Arrays:
    """Arrays by tensor, the sizes of axes by name, and what a read outside a range gives.

    While ``watching``, ``closest`` is how near a comparison was to a tie, and ``unanimous`` says of each whether it was alike everywhere.
    """

    sizes: Mapping[str, int]
    values: dict[Tensor, np.ndarray]
    outside: Mapping[Tensor, Expression] = field(default_factory=dict)
    watching: bool = False
    closest: float = math.inf
    unanimous: dict[Relation, bool] = field(default_factory=dict)

    def size(self, axis: Axis) -> int:
        return self.sizes[axis.name]

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(map(self.size, tensor.axes))

    def array(self, value: Expression, indices: Sequence[Index]) -> np.ndarray:
        """``value``, whose functions are primitives, at every position of the free indices. Raises ``NoValue``."""
        found = evaluate(value, self)
        strange = [index for index in found.indices if index not in indices]
        if strange:
            raise NoValue(f"{strange[0].letter} is free")
        return np.broadcast_to(found.over(indices), tuple(self.size(index.axis) for index in indices)).copy()


@singledispatch
def evaluate(value: Basic, arrays: Arrays) -> Labelled:
    """The values of an expression over its free indices."""
    raise NoValue(f"{type(value).__name__} has no value on arrays")


@evaluate.register
def _(value: Number, arrays: Arrays) -> Labelled:
    return Labelled(np.asarray(float(value.value)))


@evaluate.register
def _(value: Constant, arrays: Arrays) -> Labelled:
    if value.name != "pi":
        raise NoValue(f"{value.name} is no known constant")
    return Labelled(np.asarray(math.pi))


@evaluate.register
def _(value: Size, arrays: Arrays) -> Labelled:
    return Labelled(np.asarray(float(arrays.size(value.axis))))


@evaluate.register(Index)
@evaluate.register(Affine)
def _(value: Position, arrays: Arrays) -> Labelled:
    affine = Affine.of(value)
    terms = [Labelled(term.coefficient * np.arange(arrays.size(term.index.axis)), (term.index,)) for term in affine.terms]
    return reduce(_by(np.add), terms, Labelled(np.asarray(affine.constant)))


@evaluate.register
def _(value: Entry, arrays: Arrays) -> Labelled:
    if value.tensor not in arrays.values:
        raise NoValue(f"{value.tensor.name} has no value")
    array, positions = arrays.values[value.tensor], value.positions
    plain = tuple(p for p in positions if isinstance(p, Index))
    if len(plain) == len(positions) == len(set(plain)) and array.shape == tuple(arrays.size(p.axis) for p in plain):
        return Labelled(array, plain)
    return _gathered(value, array, arrays)


def _gathered(value: Entry, array: np.ndarray, arrays: Arrays) -> Labelled:
    """An entry at shifted, fixed or repeated positions; outside the ranges what the system says, else 0 (a bracket stands before it)."""
    places = [evaluate(position, arrays) for position in value.positions]
    indices = tuple(dict.fromkeys(index for place in places for index in place.indices))
    grids = [place.over(indices) for place in places]
    inside = reduce(np.logical_and, [(grid >= 0) & (grid < size) for grid, size in zip(grids, array.shape, strict=True)], np.asarray(True))
    found = array[tuple(np.clip(grid, 0, size - 1) for grid, size in zip(grids, array.shape, strict=True))]
    if not np.all(inside):
        beyond = evaluate(arrays.outside[value.tensor], arrays).array if value.tensor in arrays.outside else 0.0
        found = np.where(inside, found, beyond)
    return Labelled(np.broadcast_to(found, tuple(arrays.size(index.axis) for index in indices)), indices)


@evaluate.register
def _(value: Plus, arrays: Arrays) -> Labelled:
    return reduce(_by(np.add), (evaluate(term, arrays) for term in value.args))


@evaluate.register
def _(value: Product, arrays: Arrays) -> Labelled:
    return reduce(_by(np.multiply), (evaluate(factor, arrays) for factor in value.args))


@evaluate.register
def _(value: Power, arrays: Arrays) -> Labelled:
    return _by(np.power)(evaluate(value.base, arrays), evaluate(value.exponent, arrays))


@evaluate.register
def _(value: Total, arrays: Arrays) -> Labelled:
    bound: list[Index] = []
    body: Expression = value
    while isinstance(body, Total):
        bound.append(body.index)
        body = body.body
    factors = [evaluate(factor, arrays) for factor in (body.args if isinstance(body, Product) else (body,))]
    indices = tuple(dict.fromkeys(index for factor in factors for index in factor.indices))
    kept = tuple(index for index in indices if index not in bound)
    number = {index: place for place, index in enumerate(indices)}
    operands: list[object] = []
    for factor in factors:
        operands += [factor.array, [number[index] for index in factor.indices]]
    times = math.prod(arrays.size(index.axis) for index in bound if index not in indices)
    summed = np.einsum(*operands, [number[index] for index in kept], optimize=len(factors) > 2)  # type: ignore[call-overload]
    return Labelled(np.asarray(times * summed), kept)


@evaluate.register
def _(value: Largest, arrays: Arrays) -> Labelled:
    body = evaluate(value.body, arrays)
    if value.index not in body.indices:
        return body
    place = body.indices.index(value.index)
    ordered = np.sort(body.array, axis=place)
    if arrays.watching and ordered.shape[place] > 1:
        arrays.closest = min(arrays.closest, float(np.min(np.diff(np.take(ordered, [-2, -1], axis=place), axis=place))))
    return Labelled(np.take(ordered, -1, axis=place), tuple(index for index in body.indices if index != value.index))


@evaluate.register
def _(value: Apply, arrays: Arrays) -> Labelled:
    if value.function.name not in PRIMITIVES or value.function.order:
        raise NoValue(f"{value.function.name} is no primitive")
    argument = evaluate(value.argument, arrays)
    return Labelled(np.asarray(PRIMITIVES[value.function.name](argument.array)), argument.indices)


@evaluate.register
def _(value: Relation, arrays: Arrays) -> Labelled:
    left, right = evaluate(value.left, arrays), evaluate(value.right, arrays)
    held = _by(_SIGNS[value.sign])(left, right)
    if arrays.watching and isinstance(value.left, Expression) and isinstance(value.right, Expression):
        gap = _by(np.subtract)(left, right).array
        arrays.closest = min(arrays.closest, float(np.min(np.abs(gap), initial=math.inf)))
        arrays.unanimous[value] = bool(held.array.all() or not held.array.any())
    return held


@evaluate.register
def _(value: Bracket, arrays: Arrays) -> Labelled:
    held = reduce(_by(np.logical_and), (evaluate(relation, arrays) for relation in value.relations), Labelled(np.asarray(True)))
    return Labelled(held.array.astype(float), held.indices)


@evaluate.register
def _(value: Cases, arrays: Arrays) -> Labelled:
    found = evaluate(value.otherwise, arrays)
    for case in reversed(value.cases):
        held, own = evaluate(case.relation, arrays), evaluate(case.value, arrays)
        indices = tuple(dict.fromkeys((*held.indices, *own.indices, *found.indices)))
        found = Labelled(np.where(held.over(indices), own.over(indices), found.over(indices)), indices)
    return found


def _by(operation: Callable[..., np.ndarray]) -> Callable[[Labelled, Labelled], Labelled]:
    def combined(left: Labelled, right: Labelled) -> Labelled:
        indices = tuple(dict.fromkeys((*left.indices, *right.indices)))
        return Labelled(np.asarray(operation(left.over(indices), right.over(indices))), indices)

    return combined
