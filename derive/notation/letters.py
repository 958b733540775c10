"""Which letter each index wears: chosen when printing, never captured, the same along a chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from sympy import Basic

from derive.expressions import BINDERS, Plus, Tensor
from derive.indices import Axis, Index
from derive.notation.layout import Layout, Scripts, Symbol
from derive.notation.profile import Notation
from derive.notation.roles import unit_candidates
from derive.notation.view import NUMBERED, View, is_pattern_axis, unit_layer
from derive.traversal import LEAVES, free_indices, walk

Letters = dict[Index, Layout]

_ALPHABET = "abcfghijkmnpqrstuvwxyz"
"""Without letters that have a meaning of their own (a differential, the base of exponentials) or look like digits."""


def choose_letters(
    formulas: Sequence[Basic],
    notation: Notation,
    given: Letters | None = None,
    view: View = NUMBERED,
    apart: Sequence[tuple[Index, Index]] = (),
) -> Letters:
    """A letter for every index in a chain of formulas, the left side first.

    Free indices of the chain keep one letter throughout, which no bound index wears. Along one axis the terms of a sum may bind the
    same letter; what stands inside a sum or beside it in a product binds another one, and so do any two axes in one formula. An
    index that occurs in several formulas keeps its letter. ``given`` are letters already chosen; in a ``view`` where letters tell
    the layer, each layer has its own. Indices that are named ``apart`` from each other have different letters.
    """
    letters: Letters = dict(given or {})
    free = tuple(dict.fromkeys(index for formula in formulas for index in free_indices(formula)))
    names = _names(formulas)
    for index in free:
        if index not in letters:
            taken = set(letters.values())
            letters[index] = next(letter for letter in _candidates(index, notation, view, names) if letter not in taken)
    reserved = {letters[index] for index in (*free, *(given or {}))}
    bound = _Bound(formulas, apart)
    worn: dict[Layout, dict[Axis, int]] = {}
    for index in bound.indices:
        if index not in letters:
            others = {letters[other] for other in bound.clashes[index] if other in letters} | reserved
            possible = (letter for letter in _candidates(index, notation, view, names) if letter not in others)
            letters[index] = next(letter for letter in possible if not bound.on_another_axis(index, worn.get(letter, {})))
        along = worn.setdefault(letters[index], {})
        along[index.axis] = along.get(index.axis, 0) | bound.places[index]
    return letters


class _Bound:
    """The bound indices of a chain in order of appearance, which of them need different letters, and in which formulas they stand."""

    def __init__(self, formulas: Sequence[Basic], apart: Sequence[tuple[Index, Index]]) -> None:
        self.places: dict[Index, int] = {}
        self.clashes: dict[Index, set[Index]] = {}
        for number, formula in enumerate(formulas):
            self._visit(formula, 1 << number)
        for first, second in apart:
            self._clash((first,), (second,))

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(self.places)

    def on_another_axis(self, index: Index, worn: Mapping[Axis, int]) -> bool:
        """Whether a letter already stands for another axis in a formula that ``index`` occurs in."""
        return any(axis != index.axis and places & self.places[index] for axis, places in worn.items())

    def _visit(self, value: Basic, place: int) -> tuple[Index, ...]:
        """The indices bound in ``value``, once everything is known about what clashes there."""
        if isinstance(value, LEAVES):
            return ()
        if isinstance(value, BINDERS):
            self.places[value.index] = self.places.get(value.index, 0) | place
            self.clashes.setdefault(value.index, set())
            inside = self._visit(value.body, place)
            self._clash((value.index,), inside)
            return (value.index, *inside)
        found: tuple[Index, ...] = ()
        for part in value.args:
            if isinstance(part, Basic) and (more := self._visit(part, place)):
                if not isinstance(value, Plus):
                    self._clash(found, more)
                found = (*found, *more)
        return found

    def _clash(self, some: Sequence[Index], others: Sequence[Index]) -> None:
        for first in some:
            for second in others:
                if first != second and first.axis == second.axis:
                    self.clashes.setdefault(first, set()).add(second)
                    self.clashes.setdefault(second, set()).add(first)


def _names(formulas: Sequence[Basic]) -> frozenset[str]:
    """What tensors and axes in formulas are called: no letters for further indices."""
    nodes = (node for formula in formulas for node in walk(formula))
    return frozenset(
        node.name if isinstance(node, Tensor | Axis) else node.letter for node in nodes if isinstance(node, Tensor | Axis | Index)
    )


def _candidates(index: Index, notation: Notation, view: View, names: frozenset[str]) -> Iterator[Layout]:
    """Letters in order of preference: units and patterns have their own; any other axis has the letter it was written with, then primes.

    Letters that nothing in the formulas is called come next, so that no letter wears two primes as long as there are others.
    """
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
    turned = plain[-1:] + plain[:-1]
    once = [Scripts(letter, primes=1) for letter in turned]
    further = (Symbol(letter) for letter in _following(preferred[0]) if letter not in names)
    return chain(plain, once, further, (Scripts(letter, primes=number) for number in count(2) for letter in turned))


def _following(letter: str) -> str:
    """The letters of the alphabet from the one after ``letter`` on, and then from its beginning."""
    place = _ALPHABET.find(letter) + 1
    return _ALPHABET[place:] + _ALPHABET[:place]


def _letter_of(index: Index) -> str:
    return index.letter.rstrip("0123456789_") or index.letter
