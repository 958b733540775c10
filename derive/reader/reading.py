"""LaTeX to expressions: a chain ``a = b = c`` read in a notation about a system."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import derive.reader.products  # noqa: F401 - registers the meaning of products
from derive.errors import InputError, quoted
from derive.expressions import Expression
from derive.indices import Axis, Index
from derive.matrices.index_form import entry_of
from derive.matrices.matrix import MatrixExpression, ShapeError
from derive.reader.grammar import read_formula
from derive.reader.meaning import meaning
from derive.reader.scope import Scope
from derive.reader.slots import Letters, Misfit, misfit
from derive.reader.syntax import Chain, Syntax
from derive.reader.tokens import refuse
from derive.reader.values import Term, Value, as_matrix, same_shape
from derive.traversal import free_indices


@dataclass(frozen=True)
class Reading:
    """The sides of a chain, all in index form over one set of free indices.

    ``sides`` are what was written: expressions, or matrix expressions; ``entries`` are the same in index form, at the row and column
    ``free`` where they are arrays. ``free`` are the indices that the first side leaves free.
    """

    sides: tuple[Expression | MatrixExpression, ...]
    entries: tuple[Expression, ...]
    free: tuple[Index, ...]


def read(text: str, scope: Scope) -> Reading:
    """A formula or a chain. Raises ``InputError`` with the place and what was expected, ``Misfit`` where its parts do not fit."""
    return read_sides(chain_of(text).sides, scope)


def chain_of(text: str) -> Chain:
    """The syntax of a chain whose relations are all equations."""
    chain = read_formula(text)
    for sign, side in zip(chain.signs, chain.sides[1:], strict=True):
        if sign != "=":
            refuse(side.at, f"expected =, got {quoted(sign)}")
    return chain


def read_sides(sides: Sequence[Syntax], scope: Scope) -> Reading:
    """Sides of one chain: their letters agree, every letter that is free stands on the first side, and their shapes fit."""
    try:
        return _read_sides(sides, scope)
    except Misfit:
        if any(len(meaning.tensor.axes) > 1 for meanings in scope.names.tensors.values() for meaning in meanings):
            with suppress(InputError):
                return _read_sides(sides, replace(scope, fixed_last=True))
        raise


def _read_sides(sides: Sequence[Syntax], scope: Scope) -> Reading:
    own = replace(scope, letters=Letters(usual=scope.names.usual_axes))
    first = meaning(sides[0], own)
    known = {letter.text for letter in own.letters.own}
    values = [first, *(meaning(side, own) for side in sides[1:])]
    for letter in own.letters.own:
        if len(sides) > 1 and letter.text not in known:
            misfit(letter.at, f"the index {quoted(letter.text)} is neither summed over nor on the left side")
    rows, columns = same_shape(values, sides[0].at, "the sides of the equation")
    try:
        return _built(values, rows.axis, columns.axis)
    except LookupError:
        misfit(sides[0].at, "nothing says along which axis the ones run")
    except ShapeError as error:
        misfit(sides[0].at, str(error))


def _built(values: Sequence[Value], rows: Axis | None, columns: Axis | None) -> Reading:
    built = tuple(value.build() for value in values)
    if all(isinstance(value, Term) for value in values):
        entries = tuple(side for side in built if isinstance(side, Expression))
        return Reading(built, entries, tuple(dict.fromkeys(index for entry in entries for index in free_indices(entry))))
    arrays = [as_matrix(value) for value in values]
    place = tuple(None if axis is None else Index(letter, axis) for letter, axis in zip("jk", (rows, columns), strict=True))
    sides = tuple(array.build() for array in arrays)
    entries = tuple(entry_of(side, place) for side in sides)  # type: ignore[arg-type]
    outer = tuple(index for index in place if index is not None)
    fixed = (index for entry in entries for index in free_indices(entry))
    return Reading(built, entries, tuple(dict.fromkeys((*outer, *fixed))))
