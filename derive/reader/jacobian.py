"""Derivatives of arrays, and of one number by an array, as matrix expressions: only what is read speaks of them."""

from __future__ import annotations

from derive.expressions import Entry, Expression, Partial
from derive.matrices.index_form import Place, entry_of
from derive.matrices.index_form import _entry as entry_at
from derive.matrices.matrix import SCALAR, MatrixExpression, Shape, ShapeError, shape


class Jacobian(MatrixExpression):
    """``d of / d by``: one row for each entry of a column ``of``, one column for each of ``by``; of a number, the shape of ``by``."""

    @property
    def of(self) -> MatrixExpression:
        return self.args[0]

    @property
    def by(self) -> MatrixExpression:
        return self.args[1]


@shape.register
def _(value: Jacobian) -> Shape:
    of, by = shape(value.of), shape(value.by)
    if of == SCALAR:
        return by
    if of[1] is not None or by[1] is not None:
        raise ShapeError("the derivative of an array by a matrix has more than two axes")
    return of[0], by[0]


@entry_at.register
def _(value: Jacobian, place: Place) -> Expression:
    if shape(value.of) == SCALAR:
        return _partial(entry_of(value.of, (None, None)), entry_of(value.by, place))
    column = place[1] if shape(value.by) != SCALAR else None
    return _partial(entry_of(value.of, (place[0], None)), entry_of(value.by, (column, None)))


def _partial(of: Expression, by: Expression) -> Expression:
    if not isinstance(by, Entry):
        raise ShapeError("a derivative by what is no single quantity")
    return Partial(of, by)
