"""From a matrix expression to its layout: juxtaposed products, ``odot`` entry by entry, ``top`` for a transpose."""

from __future__ import annotations

from dataclasses import replace

from sympy import Basic

from derive.expressions import Number, Plus, Product, Total
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
    MatrixProduct,
    MatrixSum,
    Ones,
    RowLargest,
    RowShares,
    Scalar,
    Scaled,
    SquaredNorm,
    Transposed,
    UnitMatrix,
    shape,
)
from derive.matrices.shares import exponent_of, over
from derive.notation.layout import (
    Big,
    Branches,
    Digits,
    Fenced,
    Fraction,
    Layout,
    Named,
    Row,
    Scripts,
    Sign,
    Symbol,
    Words,
    argument,
    fenced,
    joined,
    row,
)
from derive.notation.letters import choose_letters
from derive.notation.symbols import NABLA, activation_name, array_layout, function_name
from derive.notation.typeset import MINUS, THIN, Page, layout, sign_and_size


@layout.register
def _(value: Array, page: Page) -> Layout:
    shown = _array(value, page)
    return _transposed(shown) if is_stored_transposed(value, page) else shown


def _array(value: Array, page: Page) -> Layout:
    fixed = tuple(layout(slot, page) for slot in value.slots if slot not in (ROW, COLUMN))
    return array_layout(value.tensor, page.notation, page.view, fixed)


def is_stored_transposed(value: Basic, page: Page) -> bool:
    """Whether an array of weights, or a derivative by one, has rows and columns the other way round than the notation has them.

    Where indices of weights stand in the order from, to, the rows of W belong to the units that are read.
    """
    if page.notation.weight_order != "from,to" or not isinstance(value, Array):
        return False
    own = value.tensor.of if value.tensor.of is not None else value.tensor
    return own.role == "weight" and len(own.axes) == 2 and value.slots == (ROW, COLUMN)


@layout.register
def _(value: Scalar, page: Page) -> Layout:
    return layout(value.value, page)


@layout.register
def _(value: Ones, page: Page) -> Layout:
    return Symbol("1", "bold")


@layout.register
def _(value: UnitMatrix, page: Page) -> Layout:
    return Symbol("I")


@layout.register
def _(value: Diagonal, page: Page) -> Layout:
    return row(Named("diag"), argument(layout(value.vector, page)))


@layout.register
def _(value: Mask, page: Page) -> Layout:
    worn = [layout(index, page) for index in value.positions]
    if len(set(worn)) < len(worn):  # rows and columns along one axis, from indices of one letter
        page = replace(page, letters=choose_letters((value,), page.notation, view=page.view))
    relations = joined(tuple(layout(relation, page) for relation in value.relations), Sign(","))
    return Scripts(fenced(Fenced(relations, "[")), row(*(layout(index, page) for index in value.positions)))


@layout.register
def _(value: Transposed, page: Page) -> Layout:
    if is_stored_transposed(value.inner, page):
        return _array(value.inner, page)
    return _transposed(layout(value.inner, page))


def _transposed(base: Layout) -> Layout:
    if isinstance(base, Scripts) and base.above is None and not base.primes:
        return Scripts(base.base, base.below, Sign("top"))
    return Scripts(base if isinstance(base, Symbol) else fenced(base), above=Sign("top"))


@layout.register
def _(value: Elementwise, page: Page) -> Layout:
    return row(activation_name(value.function, value.inner, (), page.notation, page.view), argument(layout(value.inner, page)))


@layout.register
def _(value: SquaredNorm, page: Page) -> Layout:
    group = fenced(layout(value.inner, page))
    return Scripts(Fenced(group.body, "norm", group.size), above=Digits("2"))


@layout.register
def _(value: RowLargest, page: Page) -> Layout:
    return row(Named("rowmax"), argument(layout(value.inner, page)))


@layout.register
def _(value: RowShares, page: Page) -> Layout:
    """By rows, over those positions that the mask leaves; other rows than those of exponentials are only said to be shares."""
    name, known = function_name("softmax", page.notation), exponent_of(value.inner)
    if known is None:
        return row(Named("rowshares"), argument(layout(value.inner, page)))
    inner, mask = known
    if mask is not None and (relations := over(mask)) is not None:
        name = Scripts(name, joined(tuple(layout(relation, page) for relation in relations), Sign(",")))
    return row(name, argument(layout(inner, page)))


@layout.register
def _(value: ItemSum, page: Page) -> Layout:
    body = layout(value.inner, page)
    return row(Big("sum", layout(value.index, page)), fenced(body) if isinstance(value.inner, MatrixSum) else body)


@layout.register
def _(value: MatrixProduct, page: Page) -> Layout:
    last = len(value.args) - 1
    parts = []
    for number, factor in enumerate(value.args):
        open_ended = isinstance(factor, ItemSum) and number < last
        wrap = isinstance(factor, MatrixSum | Hadamard | Scaled) or open_ended or _is_open(factor)
        body = _wrapped(factor, wrap, page)
        parts.append(fenced(body) if number < last and _begins_with_nabla(body) else body)
    return joined(tuple(parts), THIN)


@layout.register
def _(value: Hadamard, page: Page) -> Layout:
    laid: list[Layout] = []
    for number, part in enumerate(value.args):
        divides = number > 0 and is_reciprocal(part)
        shown = part.base if divides else part
        if number:
            laid.append(Sign("oslash" if divides else "odot"))
        laid.append(_wrapped(shown, isinstance(shown, MatrixSum | MatrixProduct | Scaled | ItemSum | Hadamard) or _is_open(shown), page))
    return row(*laid)


@layout.register
def _(value: MatrixSum, page: Page) -> Layout:
    parts: list[Layout] = []
    for number, term in enumerate(value.args):
        negative, size = _sign_and_size(term)
        if negative or number:
            parts.append(MINUS if negative else Sign("+"))
        parts.append(_wrapped(size, isinstance(size, MatrixSum), page))
    return row(*parts)


@layout.register
def _(value: Scaled, page: Page) -> Layout:
    negative, size = _sign_and_size(value)
    if negative:
        return row(MINUS, _wrapped(size, isinstance(size, MatrixSum), page))
    plain = [scalar.value for scalar in value.scalars if isinstance(scalar, Scalar)]
    if len(plain) == len(value.scalars):
        front = layout(plain[0] if len(plain) == 1 else Product(*plain), page)
    else:
        front = joined(tuple(_wrapped(scalar, isinstance(scalar, MatrixSum), page) for scalar in value.scalars), THIN)
    wrap = isinstance(value.inner, MatrixSum | Hadamard | Scaled) or _is_open(value.inner)
    needs_fence = isinstance(front, Row) and any(isinstance(part, Sign) and part.name in ("+", "-") for part in front.parts)
    return row(fenced(front) if needs_fence else front, THIN, _wrapped(value.inner, wrap, page))


@layout.register
def _(value: ElementPower, page: Page) -> Layout:
    base, exponent = layout(value.base, page), layout(value.exponent, page)
    if shape(value) == SCALAR:
        negative = isinstance(value.exponent, Scalar) and value.exponent.value == Number(-1)
        return Fraction(Digits("1"), base) if negative else Scripts(fenced(base), above=exponent)
    simple = isinstance(base, Symbol)
    return Scripts(base if simple else fenced(base), above=row(Sign("odot"), exponent))


@layout.register
def _(value: ElementBracket, page: Page) -> Layout:
    return Fenced(joined(tuple(layout(relation, page) for relation in value.relations), Sign(",")), "[")


@layout.register
def _(value: ElementCases, page: Page) -> Layout:
    rows = [(layout(case.value, page), row(Words(page.view.if_words + " "), layout(case.relation, page))) for case in value.cases]
    rows.append((layout(value.otherwise, page), Words(page.view.otherwise_words)))
    return Branches(tuple(rows))


def is_reciprocal(part: Basic) -> bool:
    """Whether a factor entry by entry is what is divided by."""
    return isinstance(part, ElementPower) and part.exponent == Scalar(Number(-1))


def _wrapped(value: Basic, wrap: bool, page: Page) -> Layout:
    body = layout(value, page)
    return fenced(body) if wrap else body


def _begins_with_nabla(body: Layout) -> bool:
    """Whether what follows would be read as what the derivative is of."""
    first = body.parts[0] if isinstance(body, Row) else body
    return isinstance(first, Scripts) and first.base == NABLA


def _is_open(value: Basic) -> bool:
    """Whether a scalar in index form would run into its neighbours."""
    return isinstance(value, Scalar) and isinstance(value.value, Plus | Product | Total)


def _sign_and_size(term: Basic) -> tuple[bool, Basic]:
    """Whether a matrix term begins with a minus sign, and the term without it."""
    if isinstance(term, Scaled) and isinstance(term.scalars[0], Scalar):
        negative, size = sign_and_size(term.scalars[0].value)
        if negative:
            scalars = term.scalars[1:] if size == Number(1) else (Scalar(size), *term.scalars[1:])
            return True, Scaled(*scalars, term.inner) if scalars else term.inner
    return False, term
