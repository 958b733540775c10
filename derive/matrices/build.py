"""Putting matrix expressions together: factors over at most two indices, joined and summed.

A piece is a matrix expression whose rows and columns are counted by indices of the product-sum it comes from. The
choices of form (scalars in front, few transpositions, products where a sum allows one) are all made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Basic

from derive.expressions import ONE, Number, Size, factors_of, product
from derive.indices import Index
from derive.matrices.index_form import transposed
from derive.matrices.matrix import (
    Array,
    Diagonal,
    ElementBracket,
    ElementPower,
    Hadamard,
    Mask,
    MatrixExpression,
    MatrixProduct,
    Ones,
    Scalar,
    Scaled,
    SquaredNorm,
    Transposed,
    matrix_nodes,
)

Why = tuple[str, tuple[tuple[str, Basic], ...]]
Pieces = tuple["Piece", ...]


@dataclass(frozen=True)
class Piece:
    """A matrix expression over its indices (rows, columns), none for a scalar; ``at`` is where its first factor was written."""

    node: MatrixExpression
    indices: tuple[Index, ...]
    at: int


def scaled(scalars: Iterable[MatrixExpression], inner: MatrixExpression) -> MatrixExpression:
    """Scalars in front of ``inner``, its own among them, numbers first."""
    known = [*scalars]
    while isinstance(inner, Scaled):
        known, inner = [*known, *inner.scalars], inner.inner
    if isinstance(inner, Scalar):
        known, inner = [*known, inner], Scalar(ONE)
    plain = product(*(factor for s in known if isinstance(s, Scalar) for factor in factors_of(s.value) if factor != ONE))
    others = [scalar for scalar in known if not isinstance(scalar, Scalar)]
    if inner == Scalar(ONE) and others:
        inner = others.pop()
    if inner == Scalar(ONE):
        return Scalar(plain)
    front = ([] if plain == ONE else [Scalar(plain)]) + others
    return Scaled(*front, inner) if front else inner


def _joined(kind: type[MatrixExpression], factors: Sequence[MatrixExpression]) -> MatrixExpression:
    """Factors side by side, nested ones flattened, their scalars in front."""
    scalars: list[MatrixExpression] = []
    flat: list[MatrixExpression] = []
    for factor in factors:
        if isinstance(factor, Scaled):
            scalars.extend(factor.scalars)
            factor = factor.inner
        flat.extend(factor.args if isinstance(factor, kind) else (factor,))
    return scaled(scalars, flat[0] if len(flat) == 1 else kind(*flat))


def matrix_product(*factors: MatrixExpression) -> MatrixExpression:
    """The factors' matrix product."""
    return _joined(MatrixProduct, factors)


def hadamard(factors: Sequence[MatrixExpression]) -> MatrixExpression:
    """The factors' product entry by entry, brackets last; columns of ones are left out."""
    kept = [factor for factor in factors if not isinstance(factor, Ones)]
    return _joined(Hadamard, sorted(kept, key=lambda factor: isinstance(factor, ElementBracket | Mask)) or factors[:1])


def _transposes(value: MatrixExpression) -> int:
    return sum(isinstance(node, Transposed) for node in matrix_nodes(value))


def tidied(value: MatrixExpression) -> MatrixExpression:
    """``value``, or the transpose of ``value^T`` if that has fewer transpositions (or as many, outside the brackets)."""
    inner = value.inner if isinstance(value, Scaled) else value
    if isinstance(inner, Array | Ones | Transposed | Mask) or not _transposes(value):
        return value
    turned = transposed(inner)
    gain = _transposes(inner) - _transposes(turned) - 1
    if gain < 0 or (gain == 0 and isinstance(inner, MatrixProduct)):
        return value
    return scaled(value.scalars, Transposed(turned)) if isinstance(value, Scaled) else Transposed(turned)


def as_row(column: MatrixExpression) -> MatrixExpression:
    """A column lying down."""
    return tidied(transposed(column))


def partners_of(index: Index, pieces: Iterable[Piece]) -> tuple[Index, ...]:
    """The indices that share a piece with ``index``, in order of appearance."""
    return tuple(dict.fromkeys(other for piece in pieces if index in piece.indices for other in piece.indices if other != index))


def _oriented(pieces: Iterable[Piece], rows: Index, columns: Index) -> tuple[MatrixExpression, ...]:
    """The pieces over exactly these two indices, as matrices with these rows and columns."""
    found = (piece for piece in pieces if set(piece.indices) == {rows, columns})
    return tuple(tidied(piece.node if piece.indices[0] == rows else transposed(piece.node)) for piece in found)


def _columns(pieces: Iterable[Piece], index: Index) -> tuple[MatrixExpression, ...]:
    return tuple(piece.node for piece in pieces if piece.indices == (index,))


def squared_norm(pieces: Pieces, bound: tuple[Index, ...]) -> tuple[Pieces, tuple[Index, ...], Why] | None:
    """A squared piece that is summed over all its indices, and nothing else over them, becomes a squared norm."""
    for piece in pieces:
        node, own = piece.node, piece.indices
        squared = isinstance(node, ElementPower) and node.exponent == Scalar(Number(2))
        if squared and own and set(own) <= set(bound) and not any(set(own) & set(p.indices) for p in pieces if p is not piece):
            norm = SquaredNorm(node.base)
            rest = tuple(Piece(norm, (), p.at) if p is piece else p for p in pieces)
            return (
                rest,
                tuple(i for i in bound if i not in own),
                ("squared_norm", (*zip(("index", "second"), own, strict=False), ("form", norm))),
            )
    return None


def eliminate(index: Index, pieces: Pieces, order: tuple[Index, ...]) -> tuple[Pieces, Why]:
    """Carry out the sum over ``index``, which has at most two partners; ``order`` says which of two partners counts rows."""
    touching = tuple(piece for piece in pieces if index in piece.indices)
    rest = tuple(piece for piece in pieces if index not in piece.indices)
    partners = tuple(sorted(partners_of(index, pieces), key=order.index))
    columns = _columns(touching, index)
    if not touching:
        rule, node = "count", scaled([Scalar(Size(index.axis))], Scalar(ONE))
    elif not partners and len(columns) == 1:
        rule, node = "sum_of_entries", matrix_product(Transposed(Ones(index.axis)), columns[0])
    elif not partners:
        rule, node = "inner_product", matrix_product(as_row(columns[0]), hadamard(columns[1:]))
    elif len(partners) == 1:
        matrix = tidied(hadamard(_oriented(touching, partners[0], index)))
        rule = "matrix_vector" if columns else "row_sums"
        node = matrix_product(matrix, hadamard(columns) if columns else Ones(index.axis))
    else:
        left = tidied(hadamard(_oriented(touching, partners[0], index)))
        right = tidied(hadamard(_oriented(touching, index, partners[1])))
        between = (Diagonal(hadamard(columns)),) if columns else ()
        rule, node = "matrix_matrix", matrix_product(left, *between, right)
    at = min((piece.at for piece in touching), default=-1)
    joined = tuple(sorted((*rest, Piece(node, partners, at)), key=lambda piece: piece.at))
    about = (("index", index), *zip(("row", "column"), partners, strict=False), ("form", node))
    return joined, (rule, about)


def in_shape(pieces: Pieces, rows: Index | None, columns: Index | None) -> tuple[MatrixExpression, tuple[Why, ...]]:
    """The product of pieces over ``rows`` and ``columns`` as one matrix expression of that shape, and why."""
    scalars = [piece.node for piece in pieces if not piece.indices]
    if rows is None and columns is not None:
        found, why = in_shape(pieces, columns, None)
        return as_row(found), why
    if rows is None:
        return scaled(scalars, Scalar(ONE)), ()
    down, why = _column(_columns(pieces, rows), rows)
    if columns is None:
        return scaled(scalars, down), why
    across, more = _column(_columns(pieces, columns), columns)
    matrices = _oriented(pieces, rows, columns)
    if not matrices:
        found = matrix_product(down, as_row(across))
        rule = "outer_product"
        if isinstance(down, Ones) or isinstance(across, Ones):
            rule = "equal_rows" if isinstance(down, Ones) else "equal_columns"
        return scaled(scalars, found), (*why, *more, (rule, (("form", found),)))
    core = hadamard(matrices)
    reasons = [*why, *more]
    if len(matrices) > 1:
        reasons.append(("same_position", (("form", core),)))
    if not isinstance(down, Ones):
        core = matrix_product(Diagonal(down), core)
        reasons.append(("scaled_rows", (("form", core),)))
    if not isinstance(across, Ones):
        core = matrix_product(core, Diagonal(across))
        reasons.append(("scaled_columns", (("form", core),)))
    return scaled(scalars, core), tuple(reasons)


def _column(factors: tuple[MatrixExpression, ...], index: Index) -> tuple[MatrixExpression, tuple[Why, ...]]:
    """Columns multiplied entry by entry; the column of ones if there are none."""
    if not factors:
        return Ones(index.axis), ()
    column = hadamard(factors)
    return column, (("same_position", (("form", column),)),) if len(factors) > 1 else ()
