"""Which letter each index wears: chosen when printing, never captured, the same along a chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count

from sympy import Basic

from derive.expressions import BINDERS, Function, Tensor
from derive.indices import Axis, Index
from derive.notation.layout import Layout, Scripts, Symbol
from derive.notation.profile import Notation
from derive.notation.roles import unit_candidates
from derive.notation.view import NUMBERED, View, is_pattern_axis, unit_layer
from derive.traversal import free_indices

Letters = dict[Index, Layout]


def choose_letters(formulas: Sequence[Basic], notation: Notation, given: Letters | None = None, view: View = NUMBERED) -> Letters:
    """A letter for every index in a chain of formulas, the left side first.

    Free indices of the chain keep one letter throughout. A bound index never wears a letter that is free anywhere in the
    chain or bound elsewhere in the same formula; formulas may share bound letters, and an index that occurs in several
    keeps its own. ``given`` are letters already chosen; in a ``view`` where letters tell the layer, each layer has its own.
    """
    letters: Letters = dict(given or {})
    free = tuple(dict.fromkeys(index for formula in formulas for index in free_indices(formula)))
    for index in free:
        if index not in letters:
            letters[index] = _first_unused(index, {letters[i] for i in letters}, notation, view)
    reserved = {letters[index] for index in (*free, *(given or {}))}
    for formula in formulas:
        _choose_bound(formula, reserved, letters, notation, view)
    return letters


def _choose_bound(formula: Basic, reserved: set[Layout], letters: Letters, notation: Notation, view: View) -> None:
    bound = tuple(dict.fromkeys(_bound_indices(formula)))
    taken = reserved | {letters[index] for index in bound if index in letters}
    for index in bound:
        if index not in letters:
            letters[index] = _first_unused(index, taken, notation, view)
            taken.add(letters[index])


def _bound_indices(value: Basic) -> Iterator[Index]:
    """The indices that sums in ``value`` bind, outermost first."""
    if isinstance(value, BINDERS):
        yield value.index
        yield from _bound_indices(value.body)
    elif not isinstance(value, Tensor | Function | Index | Axis):
        for part in value.args:
            if isinstance(part, Basic):
                yield from _bound_indices(part)


def _first_unused(index: Index, taken: set[Layout], notation: Notation, view: View) -> Layout:
    return next(letter for letter in _candidates(index, notation, view) if letter not in taken)


def _candidates(index: Index, notation: Notation, view: View) -> Iterator[Layout]:
    """Letters in order of preference: units and patterns have their own; any other axis has the letter it was written with, then primes."""
    axis = index.axis
    layer = unit_layer(axis)
    if layer is not None and (told := unit_candidates(layer, notation, view)):
        first = told[0]
        return chain(told, (Scripts(first, primes=number) for number in count(1)))
    if is_pattern_axis(axis):
        preferred = notation.pattern_letters
    elif layer is not None:
        preferred = notation.unit_letters
    else:
        preferred = tuple(dict.fromkeys((_letter_of(index), axis.name)))
    plain = [Symbol(letter) for letter in preferred]
    primed = (Scripts(letter, primes=number) for number in count(1) for letter in plain[-1:] + plain[:-1])
    return chain(plain, primed)


def _letter_of(index: Index) -> str:
    return index.letter.rstrip("0123456789_") or index.letter
