"""Axes that a formula does not name: they follow from where letters and arrays stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from derive.errors import InputError, quoted
from derive.indices import Axis, Index


class Misfit(InputError):
    """A formula that can be read but says something impossible: sizes, layers, ranges or kinds that do not fit."""


class Absent(Misfit):
    """A formula speaks of a quantity in a layer where there is none."""


def misfit(at: int, message: str) -> NoReturn:
    """Raise ``Misfit`` for what stands at a character, counted from 0."""
    raise Misfit(f"at character {at + 1}: {message}")


class Slot:
    """The axis of rows, of columns or of a letter, known or still to be found; ``axis`` None and known: there is only one."""

    def __init__(self, axis: Axis | None = None, *, known: bool = False, size: int | None = None, optional: bool = False) -> None:
        self._axis, self._known = axis, known or axis is not None
        self._size, self._optional = size, optional
        self._same: Slot | None = None
        self._likely: Axis | None = None
        self._near: list[Slot] = []

    def _root(self) -> Slot:
        slot = self
        while slot._same is not None:
            slot = slot._same
        return slot

    @property
    def absent(self) -> bool:
        """Whether it is known that there is no axis here."""
        root = self._root()
        return root._known and root._axis is None

    @property
    def axis(self) -> Axis | None:
        """The axis that was found; None where there is none, or none was needed. Raises ``LookupError`` where it is open."""
        root = self._root()
        if root._known:
            return root._axis
        likely = [root._likely, *(near._root()._axis for near in root._near)]
        if found := next((axis for axis in likely if axis is not None), None):
            return found
        if root._optional:
            return None
        raise LookupError

    @property
    def known(self) -> Axis | None:
        """The axis, where it is certain already."""
        return self._root()._axis

    def suggest(self, axis: Axis) -> None:
        """What it is unless something else says otherwise."""
        root = self._root()
        root._likely = root._likely or axis

    def relate(self, other: Slot) -> None:
        """What either is unless something else says otherwise: the same as the other."""
        self._root()._near.append(other)
        other._root()._near.append(self)

    def unify(self, other: Slot, at: int, what: str) -> None:
        """Make both the same. Raises ``Misfit`` where they are not."""
        one, two = self._root(), other._root()
        if one is two:
            return
        if one._known and not two._known:
            one, two = two, one
        if one._known and one._axis != two._axis:
            misfit(at, f"{what}: {_shown(one)} against {_shown(two)}")
        if two._known:
            one._check(two, at, what)
        else:
            two._size = two._size if two._size is not None else one._size
            two._optional = two._optional and one._optional
            two._likely = two._likely or one._likely
            two._near += one._near
        one._same = two

    def _check(self, found: Slot, at: int, what: str) -> None:
        if self._known:
            return
        if found._axis is None and not self._optional:
            misfit(at, f"{what}: a single one against several")
        if found._axis is not None and self._size is not None and found._axis.size != self._size:
            misfit(at, f"{what}: {self._size} against {_shown(found)}")


def _shown(slot: Slot) -> str:
    return "one" if slot._axis is None else f"axis {slot._axis.name} ({slot._axis.size})"


def absent() -> Slot:
    """No axis: one row, or one column."""
    return Slot(known=True)


class Letter:
    """An index letter with the index that it stands for, once its axis is known; ``usual`` is the axis where nothing else tells."""

    def __init__(self, text: str, at: int, usual: Axis | None = None) -> None:
        self.text, self.at, self.usual = text, at, usual
        self.slot = Slot()
        self._index: Index | None = None

    @property
    def index(self) -> Index:
        """Raises ``Misfit`` where nothing says which axis the letter runs along."""
        if self._index is None:
            try:
                axis = self.slot.axis
            except LookupError:
                axis = self.usual
            if axis is None:
                misfit(self.at, f"nothing says what the index {quoted(self.text)} runs along")
            self._index = Index(self.text.rstrip("'").lstrip("\\"), axis)
        return self._index


class Letters:
    """The letters in force at one place: those that sums around it bind, and the free ones of the whole chain."""

    def __init__(self, around: Letters | None = None, bound: tuple[Letter, ...] = (), usual: Mapping[str, Axis] | None = None) -> None:
        self._around = around
        self.usual: Mapping[str, Axis] = usual or (around.usual if around else {})
        self._own: dict[str, Letter] = {letter.text: letter for letter in bound}

    def find(self, text: str) -> Letter | None:
        """The letter, if it is in force."""
        return self._own.get(text) or (self._around.find(text) if self._around else None)

    def get(self, text: str, at: int) -> Letter:
        """The letter; one that nothing binds is free."""
        found = self.find(text)
        if found is None:
            outermost = self
            while outermost._around is not None:
                outermost = outermost._around
            found = outermost._own[text] = self.letter(text, at)
        return found

    def letter(self, text: str, at: int) -> Letter:
        """A new letter."""
        return Letter(text, at, self.usual.get(text.rstrip("'")))

    @property
    def own(self) -> tuple[Letter, ...]:
        """The letters of this place itself, in order of appearance."""
        return tuple(self._own.values())

    def inside(self, *bound: Letter) -> Letters:
        """The letters inside a sum."""
        return Letters(self, bound)
