"""Axes, and positions along them."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any

from sympy import Basic, Integer
from sympy.core.symbol import Str

_serial = count(1)


def whole(number: int | Integer) -> Integer:
    """A whole number as a part of a node."""
    return number if isinstance(number, Integer) else Integer(number)


def label(text: str | Str) -> Str:
    """A name as a part of a node; equal names are one object, which is compared at once."""
    return text if isinstance(text, Str) else _label(text)


@lru_cache(maxsize=1 << 14)
def _label(text: str) -> Str:
    return Str(text)


class Node(Basic):
    """What all nodes share: a plain text for people who debug; SymPy's printers would take our names for its own."""

    args = Basic._args  # the slot itself: SymPy's property of this name costs a call, and parts are read all the time

    def __eq__(self, other: object) -> bool:
        """Equal parts; SymPy's own comparison asks more questions, and nodes are compared all the time."""
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        return (self._mhash or hash(self)) == (other._mhash or hash(other)) and bool(self.args == other.args)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        """SymPy's own, without the calls on the way to it."""
        known: int | None = self._mhash
        if known is None:
            known = hash((type(self).__name__, self._args))
            self._mhash: int | None = known
        return known

    def _sympystr(self, printer: Any) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.args))})"

    __str__ = __repr__


class Axis(Node):
    """A named dimension with a symbolic size; ``size`` is the size the specification gives it.

    Two axes of one size are still different axes.
    """

    def __new__(cls, name: str | Str, size: int | Integer) -> Axis:
        return Basic.__new__(cls, label(name), whole(size))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def size(self) -> int:
        return self.args[1].p


class Index(Node):
    """A position along an axis, free or bound by a ``Total``; two indices are the same only if made by one call."""

    def __new__(cls, letter: str | Str, axis: Axis, serial: int | Integer | None = None) -> Index:
        number = next(_serial) if serial is None else serial
        return Basic.__new__(cls, label(letter), axis, whole(number))

    @property
    def letter(self) -> str:
        return self.args[0].name

    @property
    def axis(self) -> Axis:
        return self.args[1]

    def __repr__(self) -> str:
        return f"{self.letter}{self.args[2]}"

    __str__ = __repr__

    def fresh(self) -> Index:
        """Another index along the same axis."""
        return Index(self.letter, self.axis)


class Affine(Node):
    """``constant + sum(coefficient * index)`` with whole coefficients: a shifted, strided or fixed position."""

    def __new__(cls, constant: int | Integer, *terms: Basic) -> Affine:
        return Basic.__new__(cls, whole(constant), *terms)

    @staticmethod
    def of(position: Position | int) -> Affine:
        """``position`` as an affine combination."""
        if isinstance(position, Affine):
            return position
        if isinstance(position, Index):
            return Affine(0, AffineTerm(1, position))
        return Affine(position)

    @property
    def constant(self) -> int:
        return self.args[0].p

    @property
    def terms(self) -> tuple[AffineTerm, ...]:
        return self.args[1:]

    def coefficient(self, index: Index) -> int:
        return sum(term.coefficient for term in self.terms if term.index == index)

    def scaled(self, factor: int) -> Affine:
        return Affine(factor * self.constant, *(AffineTerm(factor * t.coefficient, t.index) for t in self.terms))

    def plus(self, other: Affine) -> Affine:
        total: dict[Index, int] = {}
        for term in self.terms + other.terms:
            total[term.index] = total.get(term.index, 0) + term.coefficient
        return Affine(self.constant + other.constant, *(AffineTerm(c, i) for i, c in total.items() if c))

    def simplest(self) -> Position:
        """The bare index where this is just one, so that equal positions compare equal."""
        merged = self.plus(Affine(0))
        if merged.constant == 0 and len(merged.terms) == 1 and merged.terms[0].coefficient == 1:
            return merged.terms[0].index
        return merged


class AffineTerm(Node):
    """One ``coefficient * index``."""

    def __new__(cls, coefficient: int | Integer, index: Index) -> AffineTerm:
        return Basic.__new__(cls, whole(coefficient), index)

    @property
    def coefficient(self) -> int:
        return self.args[0].p

    @property
    def index(self) -> Index:
        return self.args[1]


Position = Index | Affine
