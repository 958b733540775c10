"""Matrix expressions: what an equation looks like without its indices.

A matrix expression has a row axis and a column axis, either of which may be missing: ``(axis, None)`` is a column,
``(None, axis)`` a row, ``(None, None)`` a scalar. A tensor with more axes enters by fixing the others (``Q[b]``,
``h[t-1]``), so that a batch of matrices is one matrix expression with a free index. Like the nodes of ``expressions``,
these never evaluate themselves. ``shape`` says what fits; ``matrix_rules`` turns a matrix expression back into index form.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from itertools import pairwise
from typing import Any

from sympy import Basic

from derive.expressions import Case, Expression, Function, Relation, Tensor
from derive.indices import Axis, Index

Shape = tuple[Axis | None, Axis | None]
SCALAR: Shape = (None, None)


class ShapeError(ValueError):
    """Parts of a matrix expression that do not fit."""


class MatrixExpression(Basic):
    """A matrix, a column, a row or a scalar."""


class RowSlot(Basic):
    """The position of a tensor that counts the rows."""


class ColumnSlot(Basic):
    """The position of a tensor that counts the columns."""


ROW, COLUMN = RowSlot(), ColumnSlot()


class Array(MatrixExpression):
    """A tensor as a matrix: one position is ``ROW``, one may be ``COLUMN``, the others are fixed: ``Array(Q, b, ROW, COLUMN)``."""

    def __new__(cls, tensor: Tensor, *slots: Basic) -> Array:
        if len(slots) != len(tensor.axes) or slots.count(ROW) != 1 or slots.count(COLUMN) > 1:
            raise ShapeError(f"{tensor.name} has {len(tensor.axes)} axes and cannot be read with the slots {slots}")
        return Basic.__new__(cls, tensor, *slots)

    @property
    def tensor(self) -> Tensor:
        return self.args[0]

    @property
    def slots(self) -> tuple[Any, ...]:
        return self.args[1:]


class Scalar(MatrixExpression):
    """An expression in index form that is one number here."""

    @property
    def value(self) -> Expression:
        return self.args[0]


class Ones(MatrixExpression):
    """The column of ones along an axis. ``1 b^T`` repeats b in every row, ``1^T v`` sums v."""

    @property
    def axis(self) -> Axis:
        return self.args[0]


class UnitMatrix(MatrixExpression):
    """The unit matrix of an axis."""

    @property
    def axis(self) -> Axis:
        return self.args[0]


class Diagonal(MatrixExpression):
    """The square matrix with a column on its diagonal: ``diag(v) A`` multiplies row i of A by ``v[i]``."""

    @property
    def vector(self) -> MatrixExpression:
        return self.args[0]


class Mask(MatrixExpression):
    """The matrix (or column) of zeros and ones with 1 where relations between its own one or two positions hold."""

    def __new__(cls, positions: Basic, *relations: Relation) -> Mask:
        return Basic.__new__(cls, positions, *relations)

    @property
    def positions(self) -> tuple[Index, ...]:
        return self.args[0].args

    @property
    def relations(self) -> tuple[Relation, ...]:
        return self.args[1:]


class Positions(Basic):
    """The indices that a mask binds: row, then column."""


class _Wrapper(MatrixExpression):
    """A node around one matrix expression, its last part."""

    @property
    def inner(self) -> MatrixExpression:
        return self.args[-1]


class Transposed(_Wrapper):
    """Rows and columns exchanged."""


class Elementwise(_Wrapper):
    """A function of every entry: ``sigma(z)``."""

    @property
    def function(self) -> Function:
        return self.args[0]


class SquaredNorm(_Wrapper):
    """The sum of the squares of all entries."""


class RowLargest(_Wrapper):
    """The largest entry of each row, as a column."""


class RowShares(_Wrapper):
    """Every entry divided by the sum of its row; in a column, by the sum of all."""


class ItemSum(_Wrapper):
    """The sum of a matrix expression over the positions of an index it binds: ``sum_t delta_t h_{t-1}^T``."""

    @property
    def index(self) -> Index:
        return self.args[0]


class MatrixProduct(MatrixExpression):
    """Row times column, from left to right. A column times a row is their outer product, a row times a column their inner product."""


class Hadamard(MatrixExpression):
    """Entry by entry, the product."""


class MatrixSum(MatrixExpression):
    """Entry by entry, the sum."""


class Scaled(MatrixExpression):
    """Scalars in front of a last factor of any shape."""

    @property
    def scalars(self) -> tuple[MatrixExpression, ...]:
        return self.args[:-1]

    @property
    def inner(self) -> MatrixExpression:
        return self.args[-1]


class ElementPower(MatrixExpression):
    """Entry by entry, ``base ** exponent``; either may be a scalar."""

    @property
    def base(self) -> MatrixExpression:
        return self.args[0]

    @property
    def exponent(self) -> MatrixExpression:
        return self.args[1]


class ElementBracket(MatrixExpression):
    """Entry by entry, 1 where every relation between matrix expressions holds, else 0: ``[z > 0]``."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        return self.args


class ElementCases(MatrixExpression):
    """Entry by entry, the value of the first case that holds, else the last argument."""

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.args[:-1]

    @property
    def otherwise(self) -> MatrixExpression:
        return self.args[-1]


def parts_of(value: Basic) -> Iterator[MatrixExpression]:
    """The matrix expressions directly inside a node, also inside its relations and cases."""
    for part in value.args:
        if isinstance(part, MatrixExpression):
            yield part
        elif isinstance(part, Relation | Case) and not isinstance(value, Mask):
            yield from parts_of(part)


def matrix_nodes(value: MatrixExpression) -> Iterator[MatrixExpression]:
    """Every matrix expression inside ``value``, parents first."""
    yield value
    for part in parts_of(value):
        yield from matrix_nodes(part)


@singledispatch
def shape(value: MatrixExpression) -> Shape:
    """Row and column axis of a matrix expression; None where there is only one row or column. Raises ``ShapeError``.

    Entry by entry all parts must have one shape; the elementwise functions of several parts also accept scalars.
    """
    shapes = tuple(shape(part) for part in parts_of(value))
    scalars_fit = isinstance(value, ElementPower | ElementBracket | ElementCases)
    full = tuple(dict.fromkeys(s for s in shapes if not (scalars_fit and s == SCALAR)))
    if len(full) > 1:
        raise ShapeError(f"entry by entry, {' and '.join(_shown(s) for s in full)} do not fit")
    return full[0] if full else SCALAR


@shape.register
def _(value: Array) -> Shape:
    axes = dict(zip(value.slots, value.tensor.axes, strict=True))
    return axes[ROW], axes.get(COLUMN)


@shape.register
def _(value: Scalar) -> Shape:
    return SCALAR


@shape.register
def _(value: Ones) -> Shape:
    return value.axis, None


@shape.register
def _(value: UnitMatrix) -> Shape:
    return value.axis, value.axis


@shape.register
def _(value: Diagonal) -> Shape:
    axis, columns = shape(value.vector)
    if axis is None or columns is not None:
        raise ShapeError(f"only a column can be a diagonal, not {_shown((axis, columns))}")
    return axis, axis


@shape.register
def _(value: Mask) -> Shape:
    return value.positions[0].axis, value.positions[1].axis if len(value.positions) > 1 else None


@shape.register
def _(value: Transposed) -> Shape:
    rows, columns = shape(value.inner)
    return columns, rows


@shape.register
def _(value: SquaredNorm) -> Shape:
    shape(value.inner)
    return SCALAR


@shape.register
def _(value: RowLargest) -> Shape:
    return shape(value.inner)[0], None


@shape.register
def _(value: MatrixProduct) -> Shape:
    shapes = tuple(shape(factor) for factor in value.args)
    for left, right in pairwise(shapes):
        if left[1] != right[0] or SCALAR in (left, right):
            raise ShapeError(f"{_shown(left)} times {_shown(right)} is no matrix product")
    return shapes[0][0], shapes[-1][1]


@shape.register
def _(value: Scaled) -> Shape:
    for scalar in value.scalars:
        if shape(scalar) != SCALAR:
            raise ShapeError(f"{_shown(shape(scalar))} is no scalar")
    return shape(value.inner)


def _shown(value: Shape) -> str:
    return " x ".join("1" if axis is None else axis.name for axis in value)
