"""Letters with what stands below and above them: entries, arrays, sizes, constants, powers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.errors import quoted
from derive.expressions import MINUS_ONE, Apply, Constant, Entry, Size, Tensor, Variable, negative
from derive.functions.scalar import FUNCTIONS
from derive.indices import Affine, Axis
from derive.matrices.matrix import (
    COLUMN,
    ROW,
    Array,
    Elementwise,
    Mask,
    MatrixExpression,
    Positions,
    Scalar,
    Scaled,
    Transposed,
    UnitMatrix,
)
from derive.reader.meaning import meaning, squared_norm
from derive.reader.names import ENTRY, SINGLE, THIN, Meaning, spelled
from derive.reader.positions import Deferred, between_positions, position, positions, relation
from derive.reader.scope import Scope, leaves, letter_text, positions_below
from derive.reader.slots import Absent, Letter, Slot, absent, misfit
from derive.reader.syntax import Chain, Fence, Group, Script, Scripted, Sign, Syntax, text_of
from derive.reader.syntax import Letter as LetterSyntax
from derive.reader.tokens import refuse
from derive.reader.values import Matrix, Term, Value, multiplied, ones, raised, transposed

_ONES = ("\\mathbf{1}", "\\mathbb{1}")


@meaning.register
def _(value: LetterSyntax, scope: Scope) -> Value:
    return _symbol(value, None, None, scope)


@meaning.register
def _(value: Scripted, scope: Scope) -> Value:
    if value.primes:
        refuse(value.at, "a prime on what is no function")
    if isinstance(value.base, LetterSyntax):
        return _symbol(value.base, value.below, value.above, scope)
    if isinstance(value.base, Fence) and value.base.name == "norm" and value.below is None and _is_two(value.above):
        return squared_norm(value.base, scope)
    if value.below is not None:
        return with_scripts(_below(value.base, value.below, scope), value.above, scope)
    return with_scripts(meaning(value.base, scope), value.above, scope)


def _is_two(script: Script | None) -> bool:
    return script is not None and not script.entrywise and [getattr(item.sides[0], "text", "") for item in script.items] == ["2"]


def with_scripts(value: Value, above: Script | None, scope: Scope) -> Value:
    """A transpose or a power of a value; itself where nothing stands above."""
    if above is None:
        return value
    if is_top(above) and (isinstance(value, Matrix) or scope.choices is not None):
        return transposed(value, above.at) if isinstance(value, Matrix) else value  # a claim may transpose a number
    if len(above.items) != 1 or (isinstance(above.items[0].sides[0], Sign)):
        refuse(above.at, "expected an exponent")
    return raised(value, meaning(above.items[0], scope), above.entrywise or scope.choices is not None, above.at)


def is_top(script: Script) -> bool:
    """Whether a superscript says transposed: the sign, or the letter T."""
    (side,) = script.items[0].sides[:1]
    return len(script.items) == 1 and (
        side == Sign(side.at, "top") or side in (LetterSyntax(side.at, "T"), LetterSyntax(side.at, "\\mathrm{T}"))
    )


def _symbol(base: LetterSyntax, below: Script | None, above: Script | None, scope: Scope) -> Value:
    text, at = base.text, base.at
    if text == scope.variable and below is None:
        return with_scripts(Term(Variable), above, scope)
    axis = scope.size(text, below)
    if axis is not None and below is not None and not _is_entry(text, below, above, scope):
        return with_scripts(Term(lambda: Size(axis)), above, scope)
    meanings, spent = scope.meanings(text, above)
    if meanings:
        value = _tensor(scope.chosen(meanings, below, text, at, text_of(above) if spent and above is not None else ""), below, scope, at)
        return value if spent else with_scripts(value, above, scope)
    if axis is not None:
        return with_scripts(Term(lambda: Size(axis)), above, scope)
    if (name := text if below is None else f"{text}_{text_of(below)}") in scope.limits:
        limit = scope.limits[name]
        return with_scripts(Term(lambda: Size(limit.index.axis)), above, scope)
    if text in scope.names.bases:
        _no_such_tensor(text, above, at, scope)
    role = _role(text, scope)
    if role is not None:
        misfit(at, f"this network has no {role.replace('_', ' ')}, which {quoted(text)} stands for")
    if below is not None:
        refuse(at, f"unknown symbol {quoted(text)}")
    return _constant(text, above, scope, at)


def _role(text: str, scope: Scope) -> str | None:
    """What a symbol stands for in the notation, where claims are read."""
    notation = scope.names.notation
    tables = (notation.symbols, notation.matrices) if scope.choices is not None else ()
    return next((role for table in tables for role in ("bias", "weight", "pre_activation", "output") if spelled(table[role]) == text), None)


def _is_entry(text: str, below: Script, above: Script | None, scope: Scope) -> bool:
    """Whether a symbol with these indices is an entry, where it could be a size as well."""
    meanings, _ = scope.meanings(text, above)
    return any(meaning.kind == ENTRY and len(meaning.order) == len(positions_below(below)) for meaning in meanings)


def _constant(text: str, above: Script | None, scope: Scope, at: int) -> Value:
    if text == "e" and above is not None:
        return exponential(meaning(above.items[0], scope))
    if text == "\\pi":
        return with_scripts(Term(lambda: Constant("pi")), above, scope)
    if text in _ONES:
        return with_scripts(ones(), above, scope)
    if text == "I":
        slot = Slot()
        return Matrix(slot, slot, lambda: UnitMatrix(slot.axis))
    if scope.letters.find(text) is not None:
        refuse(at, f"the index {quoted(text)} stands where a quantity is expected")
    refuse(at, f"unknown symbol {quoted(text)}")


def _no_such_tensor(text: str, above: Script | None, at: int, scope: Scope) -> None:
    layers = sorted({mark for base, mark in scope.names.tensors if base == text}, key=lambda mark: (len(mark), mark))
    kind = "with this superscript" if above else "without a layer"
    raise Absent(f"at character {at + 1}: {quoted(text)} {kind}; it exists for the layers {', '.join(layers[:8])}")


def exponential(exponent: Value) -> Value:
    """``e`` to a power."""
    function = FUNCTIONS["exp"]
    if isinstance(exponent, Term):
        return Term(lambda: Apply(function, exponent.build()))
    return Matrix(exponent.rows, exponent.columns, lambda: Elementwise(function, exponent.build()))


def _tensor(found: Meaning, below: Script | None, scope: Scope, at: int) -> Value:
    """An entry, or an array with its first positions fixed."""
    if found.of_pattern is not None:
        patterns = Size(found.of_pattern)
        return multiplied(("*", "*"), (Term(lambda: patterns), _tensor(replace(found, of_pattern=None), below, scope, at)), at)
    tensor = found.tensor
    opposite = tensor.role == "delta" and scope.names.notation.delta_sign == "negative"
    if found.kind == ENTRY:
        places = positions(below, found, scope, at) if below is not None else ()
        if opposite:
            return Term(lambda: negative(Entry(tensor, *(place() for place in places))))
        return Term(lambda: Entry(tensor, *(place() for place in places)))
    if found.kind == SINGLE:
        return Term(lambda: Entry(tensor, *(0 for _ in tensor.axes)))
    if found.kind == THIN:
        return _thin(tensor, found.order[0])
    fixed = _fixed(tensor, positions_below(below) if below is not None else (), scope)
    free = [number for number in range(len(tensor.axes)) if number not in fixed]
    if len(free) > 2:
        misfit(at, f"an array with {len(free)} axes; all but two need an index")
    found_array = array(tensor, fixed, free)
    if len(free) == len(tensor.axes) == 2 and tensor.role == "weight" and scope.names.notation.weight_order == "from,to":
        return transposed(found_array, at)
    if opposite:
        return Matrix(found_array.rows, found_array.columns, lambda: Scaled(Scalar(MINUS_ONE), found_array.build()))
    return found_array


def _thin(tensor: Tensor, single: int) -> Matrix:
    """A matrix of one row as a row, or of one column as a column."""
    column = array(tensor, {single: lambda: Affine(0)}, [1 - single])
    return column if single else Matrix(column.columns, column.rows, lambda: Transposed(column.build()))


def array(tensor: Tensor, fixed: dict[int, Deferred], free: Sequence[int]) -> Matrix:
    """A tensor as a matrix or a column: positions of some axes are fixed, the others are rows and columns."""

    def build() -> MatrixExpression:
        slots = (fixed[n]() if n in fixed else ROW if n == free[0] else COLUMN for n in range(len(tensor.axes)))
        return Array(tensor, *slots)

    return Matrix(Slot(tensor.axes[free[0]]), Slot(tensor.axes[free[1]]) if len(free) > 1 else absent(), build)


def _fixed(tensor: Tensor, parts: Sequence[Syntax], scope: Scope) -> dict[int, Deferred]:
    """The axes at which an array is fixed: those that the letters run along, else the first ones."""
    open_axes = list(range(len(tensor.axes)))
    found: dict[int, Deferred] = {}
    for part in parts:
        number = _own_axis(part, tensor, open_axes, scope)
        open_axes.remove(number)
        found[number] = position(part, tensor.axes[number], scope)
    return found


def _own_axis(part: Syntax, tensor: Tensor, open_axes: Sequence[int], scope: Scope) -> int:
    """The axis that the letters of a position run along, or may run along."""
    texts = [text for leaf in leaves(part) if (text := letter_text(leaf)) is not None]
    letters = [scope.letters.find(text) or scope.letters.letter(text, part.at) for text in texts]
    axes = [axis for letter in letters if (axis := likely_axis(letter)) is not None]
    same = [n for n in open_axes if axes and all(axis == tensor.axes[n] for axis in axes)]
    near = [n for n in open_axes if axes and all((axis.name, tensor.axes[n].name) in scope.names.linked for axis in axes)]
    own = same or near
    return own[0] if own else open_axes[-1 if scope.fixed_last else 0]


def likely_axis(letter: Letter) -> Axis | None:
    """The axis that a letter runs along, as far as that is known."""
    try:
        return letter.slot.axis
    except LookupError:
        return letter.usual


def _below(base: Syntax, below: Script, scope: Scope) -> Value:
    """Letters below a bracket make it an array of zeros and ones; below a group in braces they fix positions of an array."""
    letters = [scope.letters.letter(text, part.at) for part in positions_below(below) if (text := letter_text(part)) is not None]
    items = _masked(base)
    if items is None or len(letters) not in (1, 2):
        refuse(below.at, "an index on what has none")
    inside = scope.inside(*letters)
    if not all(between_positions(item, inside) for item in items):
        refuse(base.at, "expected relations between positions")
    relations = [relation(item, inside) for item in items]

    def build() -> MatrixExpression:
        return Mask(Positions(*(letter.index for letter in letters)), *(one() for one in relations))

    return Matrix(letters[0].slot, letters[1].slot if len(letters) > 1 else absent(), build)


def _masked(base: Syntax) -> tuple[Chain, ...] | None:
    """The relations of a bracket in parentheses, or of a bracket."""
    if isinstance(base, Group) and base.fence == "(" and len(base.items) == 1 and not base.items[0].signs:
        return _masked(base.items[0].sides[0])
    return base.items if isinstance(base, Group) and base.fence == "[" and all(item.signs for item in base.items) else None
