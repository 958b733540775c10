"""Matrix expressions back in index form, and transposition carried inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from sympy import Basic

from derive.calculus.substitute import move
from derive.expressions import (
    ONE,
    Apply,
    Bracket,
    Case,
    Cases,
    Entry,
    Expression,
    Largest,
    Number,
    Power,
    Relation,
    Total,
    plus,
    product,
    total,
)
from derive.indices import Index
from derive.matrices.matrix import (
    COLUMN,
    ROW,
    SCALAR,
    Array,
    Diagonal,
    ElementBracket,
    ElementCases,
    ElementPower,
    Elementwise,
    Hadamard,
    ItemSum,
    Mask,
    MatrixExpression,
    MatrixProduct,
    MatrixSum,
    Ones,
    Positions,
    RowLargest,
    RowShares,
    Scalar,
    Scaled,
    ShapeError,
    SquaredNorm,
    Transposed,
    UnitMatrix,
    shape,
)
from derive.traversal import rebuild

Place = tuple[Index | None, Index | None]
NOWHERE: Place = (None, None)


def entry_of(value: MatrixExpression, place: Place) -> Expression:
    """The entry of a matrix expression at ``(row, column)`` in index form, with fresh bound indices.

    None stands where there is only one row or column. Raises ``ShapeError`` when the parts do not fit or the place is
    not one of this shape.
    """
    axes = shape(value)
    if axes != tuple(None if index is None else index.axis for index in place):
        raise ShapeError(f"{place} is no place in {axes}")
    return _entry(value, place)


def _there(part: MatrixExpression, place: Place) -> Expression:
    """An elementwise part's entry: a scalar stands everywhere."""
    return _entry(part, NOWHERE if shape(part) == SCALAR else place)


def _times(factors: Sequence[Expression]) -> Expression:
    return product(*(factor for factor in factors if factor != ONE))


@singledispatch
def _entry(value: MatrixExpression, place: Place) -> Expression:
    raise TypeError(f"no entries for {type(value).__name__}")


@_entry.register
def _(value: Array, place: Place) -> Expression:
    positions = (place[0] if slot == ROW else place[1] if slot == COLUMN else slot for slot in value.slots)
    return Entry(value.tensor, *(position for position in positions if position is not None))


@_entry.register
def _(value: Scalar, place: Place) -> Expression:
    return value.value


@_entry.register
def _(value: Ones, place: Place) -> Expression:
    return ONE


@_entry.register
def _(value: UnitMatrix, place: Place) -> Expression:
    return Bracket(Relation(place[0], "=", place[1]))


@_entry.register
def _(value: Diagonal, place: Place) -> Expression:
    return product(_entry(value.vector, (place[0], None)), Bracket(Relation(place[0], "=", place[1])))


@_entry.register
def _(value: Mask, place: Place) -> Expression:
    names = {own: index for own, index in zip(value.positions, place, strict=False) if index is not None}
    return Bracket(*(move(relation, names) for relation in value.relations))


@_entry.register
def _(value: Transposed, place: Place) -> Expression:
    return _entry(value.inner, (place[1], place[0]))


@_entry.register
def _(value: Elementwise, place: Place) -> Expression:
    return Apply(value.function, _entry(value.inner, place))


@_entry.register
def _(value: ElementPower, place: Place) -> Expression:
    return Power(_there(value.base, place), _there(value.exponent, place))


@_entry.register
def _(value: ElementBracket, place: Place) -> Expression:
    return Bracket(*(_relation(relation, place) for relation in value.relations))


@_entry.register
def _(value: ElementCases, place: Place) -> Expression:
    cases = (Case(_there(case.value, place), _relation(case.relation, place)) for case in value.cases)
    return Cases(*cases, _there(value.otherwise, place))


def _relation(relation: Relation, place: Place) -> Relation:
    return Relation(_there(relation.left, place), relation.sign, _there(relation.right, place))


@_entry.register
def _(value: Hadamard, place: Place) -> Expression:
    return _times([_entry(factor, place) for factor in value.args])


@_entry.register
def _(value: MatrixSum, place: Place) -> Expression:
    return plus(*(_entry(term, place) for term in value.args))


@_entry.register
def _(value: Scaled, place: Place) -> Expression:
    return _times([*(_entry(scalar, NOWHERE) for scalar in value.scalars), _entry(value.inner, place)])


@_entry.register
def _(value: SquaredNorm, place: Place) -> Expression:
    rows, columns = (None if axis is None else Index(letter, axis) for letter, axis in zip("jp", shape(value.inner), strict=True))
    bound = tuple(index for index in (rows, columns) if index is not None)
    return total(bound, Power(_entry(value.inner, (rows, columns)), Number(2)))


@_entry.register
def _(value: RowLargest, place: Place) -> Expression:
    axis = shape(value.inner)[1]
    if axis is None:
        return _entry(value.inner, place)
    index = Index("k", axis)
    return Largest(index, _entry(value.inner, (place[0], index)))


@_entry.register
def _(value: RowShares, place: Place) -> Expression:
    rows, columns = shape(value.inner)
    axis = columns if columns is not None else rows
    if axis is None:
        raise ShapeError("a number has no shares")
    index = Index("k", axis)
    whole = Total(index, _entry(value.inner, (place[0], index) if columns is not None else (index, None)))
    return product(_entry(value.inner, place), Power(whole, Number(-1)))


@_entry.register
def _(value: ItemSum, place: Place) -> Expression:
    return Total(value.index, _entry(value.inner, place))


@_entry.register
def _(value: MatrixProduct, place: Place) -> Expression:
    """One index stands between neighbours and is summed; a diagonal matrix has the same index on both sides."""
    factors: list[tuple[MatrixExpression, Index | None, Index | None]] = []
    bound: list[Index] = []
    here = place[0]
    for at, factor in enumerate(value.args):
        rest = value.args[at + 1 :]
        axis = shape(factor)[1]
        if isinstance(factor, Diagonal | UnitMatrix) and rest:
            there = here
        elif all(isinstance(later, Diagonal | UnitMatrix) for later in rest):
            there = place[1]
        elif axis is None:
            there = None
        else:
            there = Index("k", axis)
            bound.append(there)
        factors.append((factor, here, there))
        here = there
    return total(tuple(bound), _times([_factor(*factor) for factor in factors]))


def _factor(factor: MatrixExpression, here: Index | None, there: Index | None) -> Expression:
    if here is not None and here == there and isinstance(factor, Diagonal | UnitMatrix):
        return _entry(factor.vector, (here, None)) if isinstance(factor, Diagonal) else ONE
    return _entry(factor, (here, there))


@singledispatch
def transposed(value: MatrixExpression) -> MatrixExpression:
    """``value^T`` with the transposition carried inside, down to tensors, ones and reductions."""
    if shape(value) == SCALAR:
        return value

    def change(part: Basic) -> Basic:
        if isinstance(part, MatrixExpression):
            return transposed(part)
        return rebuild(part, change) if isinstance(part, Relation | Case) else part

    return rebuild(value, change)


@transposed.register(Array)
@transposed.register(Ones)
@transposed.register(RowLargest)
@transposed.register(RowShares)
def _(value: MatrixExpression) -> MatrixExpression:
    return value if shape(value) == SCALAR else Transposed(value)


@transposed.register(UnitMatrix)
@transposed.register(Diagonal)
def _(value: MatrixExpression) -> MatrixExpression:
    return value


@transposed.register
def _(value: Transposed) -> MatrixExpression:
    return value.inner


@transposed.register
def _(value: Mask) -> MatrixExpression:
    return Mask(Positions(*reversed(value.positions)), *value.relations) if len(value.positions) > 1 else Transposed(value)


@transposed.register
def _(value: MatrixProduct) -> MatrixExpression:
    return MatrixProduct(*(transposed(factor) for factor in reversed(value.args)))


@transposed.register
def _(value: Scaled) -> MatrixExpression:
    return Scaled(*value.scalars, transposed(value.inner))
