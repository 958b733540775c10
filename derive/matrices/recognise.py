"""From index form to matrix form.

Every index of a product-sum is classified by where it stands: in the result or summed, and in which factors. A summed
index between two factors is a matrix product, with a single factor a product with a column of ones; factors that share
their indices are multiplied entry by entry. Nothing here knows what a tensor means. A form is only returned when its
expansion back into index form is the equation again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from itertools import combinations

from sympy import Basic

from derive.calculus.canonical import canonical
from derive.calculus.substitute import move
from derive.equations import Equation
from derive.expressions import ONE, Apply, Bracket, Case, Cases, Entry, Expression, Largest, Plus, Power, Product, Relation, Total, product
from derive.indices import Index
from derive.matrices.build import Piece, eliminate, in_shape, partners_of, squared_norm, tidied
from derive.matrices.index_form import entry_of
from derive.matrices.matrix import (
    COLUMN,
    ROW,
    Array,
    ElementBracket,
    ElementCases,
    ElementPower,
    Elementwise,
    ItemSum,
    Mask,
    MatrixExpression,
    MatrixSum,
    Positions,
    RowLargest,
    Scalar,
    ShapeError,
    Transposed,
    UnitMatrix,
    matrix_nodes,
    shape,
)
from derive.matrices.shares import row_shares
from derive.traversal import free_indices, walk

Indices = tuple[Index, ...]


class NoForm(Exception):
    """An expression has no matrix form in the layout tried."""


@dataclass(frozen=True)
class Reason:
    """Why a line of matrices is the line of entries: ``rule`` is the key of its sentence, ``about`` what it names.

    ``about`` holds the matrix expression it speaks of under ``form``; where the rule speaks of a sum, the summed ``index``
    and the ``row`` and ``column`` whose entry the sum is (``second`` for the other index of a double sum); a ``function``.
    """

    rule: str
    about: tuple[tuple[str, Basic], ...]


@dataclass(frozen=True)
class MatrixForm:
    """``left = right`` without indices, except for ``items``: the indices that count separate equations of this form.

    ``rows`` and ``columns`` are the indices of the equation that the matrix layout takes up, None where there is none.
    """

    left: MatrixExpression
    right: MatrixExpression
    rows: Index | None
    columns: Index | None
    items: Indices
    reasons: tuple[Reason, ...]


def recognise(equation: Equation, fixed: Index | None = None) -> MatrixForm | None:
    """The equation between matrices, columns or scalars; None where there is none.

    A column or a whole matrix is preferred; otherwise leading indices are fixed (one equation per item or time step), and the
    index ``fixed`` always is.
    """
    for rows, columns, items in _layouts(equation.indices):
        if fixed is not None and fixed in (rows, columns):
            continue
        reasons: list[Reason] = []
        try:
            left = _matrix(equation.left, rows, columns, [])
            right = tidied(_matrix(equation.right, rows, columns, reasons))
        except NoForm:
            continue
        if (shares := row_shares(right, (rows, columns))) is not None:
            right, reasons = shares, [Reason("row_shares" if columns is not None else "shares", (("form", shares),))]
        form = MatrixForm(left, right, rows, columns, items, tuple(dict.fromkeys(reasons)))
        if _says_something(form) and agrees(equation, form):
            return form
    return None


def agrees(equation: Equation, form: MatrixForm) -> bool:
    """Whether the form, expanded back into index form, is the equation up to bound names and the order of factors."""
    place = (form.rows, form.columns)
    try:
        if shape(form.left) != shape(form.right):
            return False
        left, right = entry_of(form.left, place), entry_of(form.right, place)
    except ShapeError:
        return False
    return canonical(left) == canonical(equation.left) and canonical(right) == canonical(equation.right)


def _layouts(indices: Indices) -> Iterator[tuple[Index | None, Index | None, Indices]]:
    """Which index counts rows, which columns, which are fixed: the fullest layout first."""
    if len(indices) >= 2:
        yield indices[-2], indices[-1], indices[:-2]
    for index in reversed(indices):
        yield index, None, tuple(i for i in indices if i != index)
    yield None, None, indices


def _says_something(form: MatrixForm) -> bool:
    """A line of mere numbers reads the same in index form."""
    return form.rows is not None or any(isinstance(node, Array) for node in matrix_nodes(form.right))


def _matrix(value: Expression, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    """``value`` as a matrix expression of the shape given by its row and column index; raises ``NoForm``."""
    if isinstance(value, Plus):
        return MatrixSum(*(_matrix(term, rows, columns, reasons) for term in value.args))
    bound, factors = _peeled(value)
    last: NoForm | None = None
    for count in range(len(bound) + 1):
        for items in combinations(bound, count):
            tried: list[Reason] = []
            try:
                summed = tuple(index for index in bound if index not in items)
                found = _product_sum(factors, summed, rows, columns, tried)
            except NoForm as failure:
                last = failure
                continue
            reasons.extend(tried)
            for index in reversed(items):
                found = ItemSum(index, found)
                reasons.append(Reason("item_sum", (("index", index), ("form", found))))
            return found
    raise last if last is not None else NoForm()


def _peeled(value: Expression) -> tuple[Indices, tuple[Expression, ...]]:
    """The summed indices and the factors of a product-sum."""
    bound: list[Index] = []
    while isinstance(value, Total) and value.index not in bound:
        bound.append(value.index)
        value = value.body
    return tuple(bound), tuple(_flat(value))


def _flat(value: Expression) -> Iterator[Expression]:
    if isinstance(value, Product):
        for factor in value.args:
            yield from _flat(factor)
    else:
        yield value


def _product_sum(
    factors: tuple[Expression, ...], bound: Indices, rows: Index | None, columns: Index | None, reasons: list[Reason]
) -> MatrixExpression:
    """Factors become pieces over at most two indices each, then one summed index after the other is eliminated."""
    live = tuple(index for index in (rows, columns, *bound) if index is not None)
    pieces: list[Piece] = []
    numbers = tuple(factor for factor in factors if not _uses(factor, live) and _is_plain(factor))
    if numbers and numbers != (ONE,):
        pieces.append(Piece(Scalar(product(*numbers)), (), -1))
    for at, factor in enumerate(factors):
        used = _uses(factor, live)
        if len(used) > 2:
            raise NoForm
        if used or not _is_plain(factor):
            first, second = (*used, None, None)[:2]
            pieces.append(Piece(_node(factor, first, second, reasons), used, at))
    found, why = in_shape(_summed(tuple(pieces), bound, columns, reasons), rows, columns)
    reasons.extend(Reason(*reason) for reason in why)
    return found


def _summed(pieces: tuple[Piece, ...], bound: Indices, columns: Index | None, reasons: list[Reason]) -> tuple[Piece, ...]:
    """The pieces after every sum is carried out, always the one with the fewest partners first."""
    live = dict.fromkeys(index for piece in pieces for index in piece.indices)
    order = (*(i for i in live if i not in bound and i != columns), *bound, *([columns] if columns is not None else []))
    while bound:
        norm = squared_norm(pieces, bound)
        if norm is not None:
            pieces, bound, why = norm
        else:
            index = min(reversed(bound), key=lambda i: len(partners_of(i, pieces)))
            if len(partners_of(index, pieces)) > 2:
                raise NoForm
            pieces, why = eliminate(index, pieces, order)
            bound = tuple(i for i in bound if i != index)
        reasons.append(Reason(*why))
    return pieces


def _uses(value: Basic, live: Indices) -> Indices:
    free = free_indices(value)
    return tuple(index for index in live if index in free)


def _is_plain(value: Expression) -> bool:
    """Whether a factor without live indices can stay in index form: nothing in it is summed."""
    return not any(isinstance(node, Total | Largest) for node in walk(value))


def _part(value: Expression, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    """A part of an elementwise node: a scalar stays one."""
    live = tuple(index for index in (rows, columns) if index is not None)
    return _matrix(value, rows, columns, reasons) if _uses(value, live) else _matrix(value, None, None, reasons)


@singledispatch
def _node(value: Expression, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    """One factor that uses exactly the indices ``rows`` and ``columns``."""
    raise NoForm


@_node.register(Plus)
@_node.register(Total)
def _(value: Expression, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    return _matrix(value, rows, columns, reasons)


@_node.register
def _(value: Entry, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    slots = tuple(ROW if position == rows else COLUMN if position == columns else position for position in value.positions)
    live = tuple(index for index in (rows, columns) if index is not None)
    if any(p in live and p.axis != axis for p, axis in zip(value.positions, value.tensor.axes, strict=True)):
        raise NoForm  # a part of a longer row
    if len(live) != sum(slot in (ROW, COLUMN) for slot in slots) or any(_uses(slot, live) for slot in slots):
        raise NoForm
    if rows is not None and rows == columns:
        raise NoForm  # a diagonal
    taken = {axis for slot, axis in zip(slots, value.tensor.axes, strict=True) if slot in (ROW, COLUMN)}
    if any(axis in taken for slot, axis in zip(slots, value.tensor.axes, strict=True) if slot not in (ROW, COLUMN)):
        raise NoForm  # a slice that does not say which of two positions along one axis is fixed
    if columns is not None and slots.index(COLUMN) < slots.index(ROW):
        swapped = tuple(ROW if slot == COLUMN else COLUMN if slot == ROW else slot for slot in slots)
        return Transposed(Array(value.tensor, *swapped))
    return Array(value.tensor, *slots)


@_node.register
def _(value: Apply, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    node = Elementwise(value.function, _matrix(value.argument, rows, columns, reasons))
    reasons.append(Reason("elementwise", (("function", value.function), ("form", node))))
    return node


@_node.register
def _(value: Power, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    return ElementPower(_part(value.base, rows, columns, reasons), _part(value.exponent, rows, columns, reasons))


@_node.register
def _(value: Largest, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    if columns is not None:
        raise NoForm
    node = RowLargest(_matrix(value.body, rows, value.index, reasons))
    reasons.append(Reason("row_largest", (("index", value.index), ("form", node))))
    return node


@_node.register
def _(value: Bracket, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    compared = tuple(relation for relation in value.relations if isinstance(relation.left, Expression))
    placed = tuple(relation for relation in value.relations if relation not in compared)
    if compared and placed:
        return _matrix(Product(Bracket(*compared), Bracket(*placed)), rows, columns, reasons)
    if compared:
        return ElementBracket(*(_relation(relation, rows, columns, reasons) for relation in compared))
    indices = tuple(index for index in (rows, columns) if index is not None)
    if len(indices) == 2 and indices[0].axis == indices[1].axis and set(placed) <= {Relation(*pair) for pair in _equal(*indices)}:
        return UnitMatrix(indices[0].axis)
    own = {index: index.fresh() for index in indices}
    return Mask(Positions(*own.values()), *(move(relation, own) for relation in placed))


def _equal(first: Index, second: Index) -> tuple[tuple[Index, str, Index], tuple[Index, str, Index]]:
    return (first, "=", second), (second, "=", first)


def _relation(relation: Relation, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> Relation:
    return Relation(_part(relation.left, rows, columns, reasons), relation.sign, _part(relation.right, rows, columns, reasons))


@_node.register
def _(value: Cases, rows: Index | None, columns: Index | None, reasons: list[Reason]) -> MatrixExpression:
    if any(not isinstance(case.relation.left, Expression) for case in value.cases):
        raise NoForm
    cases = (Case(_part(case.value, rows, columns, reasons), _relation(case.relation, rows, columns, reasons)) for case in value.cases)
    return ElementCases(*cases, _part(value.otherwise, rows, columns, reasons))
