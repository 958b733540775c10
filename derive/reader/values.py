"""What parts of a formula are worth: a number in index form, or an array; both are built once all axes are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from derive.expressions import MINUS_ONE, ONE, Expression, Number, Power, Relation, negative, plus, product
from derive.indices import Affine, Axis, Index
from derive.matrices.matrix import (
    ElementPower,
    Hadamard,
    Mask,
    MatrixExpression,
    MatrixProduct,
    MatrixSum,
    Ones,
    Positions,
    Scalar,
    Scaled,
    Transposed,
)
from derive.reader.slots import Slot, absent, misfit


@dataclass(frozen=True)
class Term:
    """A number, in index form."""

    build: Callable[[], Expression]


@dataclass(frozen=True)
class Matrix:
    """A matrix, a column, a row or, with neither axis, a number."""

    rows: Slot
    columns: Slot
    build: Callable[[], MatrixExpression]

    @property
    def is_scalar(self) -> bool:
        return self.rows.absent and self.columns.absent


Value = Term | Matrix


def as_matrix(value: Value) -> Matrix:
    """A number as an array of one entry."""
    return value if isinstance(value, Matrix) else Matrix(absent(), absent(), lambda: Scalar(value.build()))


def number(value: Term | Matrix, at: int) -> Matrix | Term:
    """``value``, refused where it is an array of several entries."""
    if isinstance(value, Matrix):
        _same(value, as_matrix(Term(lambda: ONE)), at, "expected a number")
    return value


def _same(one: Matrix, two: Matrix, at: int, what: str) -> None:
    one.rows.unify(two.rows, at, f"{what}: rows")
    one.columns.unify(two.columns, at, f"{what}: columns")


def same_shape(values: Sequence[Value], at: int, what: str, *, scalars: bool = False) -> tuple[Slot, Slot]:
    """Rows and columns of values that fit entry by entry; ``scalars`` may stand among arrays where that is allowed."""
    arrays = [as_matrix(value) for value in values]
    full = [array for array in arrays if not (scalars and array.is_scalar)] or arrays
    for other in full[1:]:
        _same(full[0], other, at, what)
    return full[0].rows, full[0].columns


def added(signs: Sequence[str], terms: Sequence[Value], at: int) -> Value:
    """Terms with their signs."""
    if all(isinstance(term, Term) for term in terms):
        return Term(lambda: plus(*(_signed(sign, term) for sign, term in zip(signs, terms, strict=True) if isinstance(term, Term))))
    rows, columns = same_shape(terms, at, "terms")

    def build() -> MatrixExpression:
        built = [as_matrix(term).build() for term in terms]
        parts = [part if sign == "+" else Scaled(Scalar(MINUS_ONE), part) for sign, part in zip(signs, built, strict=True)]
        return parts[0] if len(parts) == 1 else MatrixSum(*parts)

    return Matrix(rows, columns, build)


def spread(numbers: Sequence[bool], terms: Sequence[Value]) -> list[Value]:
    """Numbers beside arrays as arrays that hold them everywhere: ``1 - a``."""
    like = next((term for term in terms if isinstance(term, Matrix) and not term.is_scalar), None)
    if like is None:
        return list(terms)
    return [_everywhere(term, like) if plain and isinstance(term, Term) else term for plain, term in zip(numbers, terms, strict=True)]


def along(patterns: Axis | None, terms: Sequence[Value]) -> list[Value]:
    """Columns beside arrays that hold one row or column for each pattern, as arrays that repeat them for every pattern."""
    shapes = [(term.rows.known, term.columns.known) for term in terms if isinstance(term, Matrix)]
    if patterns is None or not any(patterns in shape and None not in shape for shape in shapes):
        return list(terms)
    in_rows = any(shape[0] == patterns for shape in shapes)
    return [_repeated(term, patterns, in_rows) for term in terms]


def _repeated(term: Value, patterns: Axis, in_rows: bool) -> Value:
    if not isinstance(term, Matrix) or not term.columns.absent or term.rows.known in (None, patterns):
        return term
    slot = Slot(patterns)
    if in_rows:
        return Matrix(slot, term.rows, lambda: MatrixProduct(Ones(patterns), Transposed(term.build())))
    return Matrix(term.rows, slot, lambda: MatrixProduct(term.build(), Transposed(Ones(patterns))))


def _everywhere(number: Term, like: Matrix) -> Matrix:
    def build() -> MatrixExpression:
        parts: list[MatrixExpression] = [] if like.rows.absent else [Ones(like.rows.axis)]
        if not like.columns.absent:
            parts.append(Transposed(Ones(like.columns.axis)))
        return Scaled(Scalar(number.build()), parts[0] if len(parts) == 1 else MatrixProduct(*parts))

    return Matrix(like.rows, like.columns, build)


def _signed(sign: str, term: Term) -> Expression:
    value = term.build()
    return value if sign == "+" else negative(value)


def multiplied(signs: Sequence[str], factors: Sequence[Value], at: int) -> Value:
    """Factors side by side; ``signs`` are ``*`` or ``/`` before each."""
    values = [factor if sign == "*" else reciprocal(factor, at) for sign, factor in zip(signs, factors, strict=True)]
    if len(values) == 1:
        return values[0]
    if all(isinstance(value, Term) for value in values):
        return Term(lambda: product(*(value.build() for value in values if isinstance(value, Term))))
    scalars: list[Matrix] = []
    runs: list[Matrix] = []
    for value in values:
        array = as_matrix(value)
        if array.is_scalar:
            scalars.append(array)
            continue
        if runs:
            array = _chained(runs.pop(), array, at)
        (scalars if array.is_scalar else runs).append(array)
    return _scaled(scalars, runs)


def _chained(left: Matrix, right: Matrix, at: int) -> Matrix:
    left.columns.unify(right.rows, at, "a product: columns against rows")

    def build() -> MatrixExpression:
        parts = [part for value in (left.build(), right.build()) for part in (value.args if isinstance(value, MatrixProduct) else (value,))]
        return MatrixProduct(*parts)

    return Matrix(left.rows, right.columns, build)


def _scaled(scalars: Sequence[Matrix], runs: Sequence[Matrix]) -> Matrix:
    *front, last = (*scalars, *runs)
    return Matrix(last.rows, last.columns, lambda: Scaled(*(scalar.build() for scalar in front), last.build()) if front else last.build())


def reciprocal(value: Value, at: int) -> Value:
    """``1 / value`` of a number."""
    found = number(value, at)
    if isinstance(found, Term):
        return Term(lambda: Power(found.build(), MINUS_ONE))
    return Matrix(absent(), absent(), lambda: ElementPower(found.build(), Scalar(MINUS_ONE)))


def divided(top: Value, bottom: Value, at: int) -> Value:
    """``top`` over ``bottom``; a fraction of whole numbers is one number."""
    if isinstance(top, Matrix) or isinstance(bottom, Matrix):
        return multiplied(("*", "*"), (reciprocal(bottom, at), top), at)

    def build() -> Expression:
        above, below = top.build(), bottom.build()
        if isinstance(above, Number) and isinstance(below, Number) and below.value != 0:
            return Number(above.value / below.value)
        under = Power(below, MINUS_ONE)
        return under if above == ONE else product(above, under)

    return Term(build)


def entrywise(signs: Sequence[str], parts: Sequence[Value], at: int) -> Value:
    """Entry by entry the product, or the quotient where the sign is ``/``."""
    if all(isinstance(part, Term) or part.is_scalar for part in parts):
        return multiplied(("*", *signs), parts, at)
    rows, columns = same_shape(parts, at, "entry by entry")

    def build() -> MatrixExpression:
        built = [as_matrix(part).build() for part in parts]
        rest = [part if sign == "*" else ElementPower(part, Scalar(MINUS_ONE)) for sign, part in zip(signs, built[1:], strict=True)]
        return Hadamard(built[0], *rest)

    return Matrix(rows, columns, build)


def raised(base: Value, exponent: Value, entry_by_entry: bool, at: int) -> Value:
    """``base`` to a power, of an array entry by entry."""
    power = number(exponent, at)
    if isinstance(base, Term) and isinstance(power, Term):
        return Term(lambda: Power(base.build(), power.build()))
    array = as_matrix(base)
    if not entry_by_entry and not array.is_scalar:
        misfit(at, "a power of an array; entry by entry it is written with \\odot")
    return Matrix(array.rows, array.columns, lambda: ElementPower(array.build(), as_matrix(power).build()))


def transposed(value: Value, at: int) -> Value:
    """Rows and columns exchanged."""
    if isinstance(value, Term):
        misfit(at, "a number is transposed")
    return Matrix(value.columns, value.rows, lambda: Transposed(value.build()))


def ones() -> Matrix:
    """The column of ones; its axis follows from its neighbours."""
    slot = Slot()
    return Matrix(slot, absent(), lambda: Ones(slot.axis))


def grid(cells: Sequence[Sequence[Value]], at: int) -> Matrix:
    """A matrix written out: each cell where its row and column are."""
    rows = Slot(size=len(cells), optional=len(cells) == 1)
    columns = Slot(size=len(cells[0]), optional=len(cells[0]) == 1)
    for row in cells:
        for cell in row:
            number(cell, at)

    def build() -> MatrixExpression:
        axes = [slot.axis for slot in (rows, columns)]
        indices = [Index(letter, axis) for letter, axis in zip("jk", axes, strict=True) if axis is not None]
        parts = [_cell(cell, (r, c), axes, indices) for r, row in enumerate(cells) for c, cell in enumerate(row)]
        return parts[0] if len(parts) == 1 else MatrixSum(*parts)

    return Matrix(rows, columns, build)


def _cell(cell: Value, place: tuple[int, int], axes: Sequence[Axis | None], indices: Sequence[Index]) -> MatrixExpression:
    """The array that is the cell at its place and nothing elsewhere."""
    value = as_matrix(cell).build()
    there = [position for position, axis in zip(place, axes, strict=True) if axis is not None]
    relations = [Relation(index, "=", Affine(position)) for index, position in zip(indices, there, strict=True)]
    if not indices:
        return value
    mask = Mask(Positions(*indices), *relations)
    return Scaled(value, mask if axes[0] is not None else Transposed(mask))
