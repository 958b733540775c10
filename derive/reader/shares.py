"""``softmax(S)`` of every row of an array, and ``softmax`` with a relation below it: over the positions that the relation leaves."""

from __future__ import annotations

from derive.functions.scalar import FUNCTIONS
from derive.matrices.matrix import Elementwise, Hadamard, Mask, MatrixExpression, Positions, RowShares
from derive.reader.positions import between_positions, relation
from derive.reader.scope import Scope, leaves, letter_text
from derive.reader.slots import Letter
from derive.reader.syntax import Script, Syntax, Word
from derive.reader.tokens import refuse
from derive.reader.values import Matrix, Value


def is_shares(base: Syntax, argument: Value, scope: Scope) -> bool:
    """Whether a name before an array means the shares of exponentials in their rows."""
    name = scope.names.notation.functions.get("softmax", "softmax")
    return isinstance(base, Word) and base.text == name and isinstance(argument, Matrix)


def shares(below: Script | None, argument: Matrix, scope: Scope) -> Matrix:
    """The rows of an array as shares of their sums; of the letters below, the first counts what is summed and the second one rows."""
    if below is None:
        return Matrix(argument.rows, argument.columns, lambda: RowShares(_exponentials(argument)))
    found: dict[str, Letter] = {}
    for leaf in (leaf for item in below.items for side in item.sides for leaf in leaves(side)):
        if (text := letter_text(leaf)) is not None and text not in found:
            found[text] = scope.letters.letter(text, leaf.at)
    letters = tuple(found.values())
    inside = scope.inside(*letters)
    if len(letters) != 2 or not all(item.signs and between_positions(item, inside) for item in below.items):
        refuse(below.at, "expected relations between two positions")
    column, row = letters
    column.slot.unify(argument.columns, below.at, "the columns")
    row.slot.unify(argument.rows, below.at, "the rows")
    relations = [relation(item, inside) for item in below.items]

    def build() -> MatrixExpression:
        mask = Mask(Positions(row.index, column.index), *(own() for own in relations))
        return RowShares(Hadamard(_exponentials(argument), mask))

    return Matrix(argument.rows, argument.columns, build)


def _exponentials(argument: Matrix) -> MatrixExpression:
    return Elementwise(FUNCTIONS["exp"], argument.build())
