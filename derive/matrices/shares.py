"""Exponentials divided by the sum of their row or column, recognised as one thing, also where some of them are left out."""

from __future__ import annotations

from derive.calculus.canonical import canonical
from derive.expressions import Number, Relation
from derive.matrices.index_form import Place, entry_of
from derive.matrices.matrix import (
    Diagonal,
    ElementPower,
    Elementwise,
    Hadamard,
    Mask,
    MatrixExpression,
    MatrixProduct,
    Ones,
    RowShares,
    Scalar,
    Scaled,
    Transposed,
)
from derive.traversal import free_indices


def row_shares(value: MatrixExpression, place: Place) -> RowShares | None:
    """``diag((X 1)^-1) X``, or ``(1^T x)^-1 x`` of a column, as the shares of the entries in their row or column; else None.

    X must be of exponentials.
    """
    found = _divided(value, place[1] is None)
    if found is None or exponent_of(found[1]) is None:
        return None
    summed, inner = found
    return RowShares(inner) if canonical(entry_of(summed, place)) == canonical(entry_of(inner, place)) else None


def _divided(value: MatrixExpression, is_column: bool) -> tuple[MatrixExpression, MatrixExpression] | None:
    """What is summed up in the divisor, and what is divided by the sums."""
    if is_column:
        if not isinstance(value, Scaled) or len(value.scalars) != 1:
            return None
        divisor, inner = value.scalars[0], value.inner
    else:
        if not isinstance(value, MatrixProduct) or len(value.args) != 2 or not isinstance(value.args[0], Diagonal):
            return None
        divisor, inner = value.args[0].vector, value.args[1]
    if not isinstance(divisor, ElementPower) or divisor.exponent != Scalar(Number(-1)):
        return None
    sums = divisor.base
    if not isinstance(sums, MatrixProduct) or len(sums.args) != 2:
        return None
    first, second = sums.args
    if is_column:
        return (second, inner) if isinstance(first, Transposed) and isinstance(first.inner, Ones) else None
    return (first, inner) if isinstance(second, Ones) else None


_MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def over(mask: Mask) -> tuple[Relation, ...] | None:
    """The relations of a mask with the position in the row on the left and that of the row on the right; None where there are others."""
    if len(mask.positions) != 2:
        return None
    line, place = mask.positions
    found: list[Relation] = []
    for relation in mask.relations:
        sides = (free_indices(relation.left), free_indices(relation.right))
        if sides not in (((place,), (line,)), ((line,), (place,))):
            return None
        turned = Relation(relation.right, _MIRRORED[relation.sign], relation.left)
        found.append(relation if sides[0] == (place,) else turned)
    return tuple(found)


def exponent_of(value: MatrixExpression) -> tuple[MatrixExpression, Mask | None] | None:
    """X of ``exp(X)``, perhaps with zeros put by a mask, and the mask; None for anything else."""
    parts = value.args if isinstance(value, Hadamard) else (value,)
    first, *masks = parts
    if not isinstance(first, Elementwise) or first.function.name != "exp" or first.function.order or len(masks) > 1:
        return None
    if masks and (not isinstance(masks[0], Mask) or over(masks[0]) is None):
        return None
    return first.inner, masks[0] if masks else None
