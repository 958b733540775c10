"""Formulas as plain text, in the spelling of the grammar, for code comments and messages: ``sum_k W2[k,j]*delta2[b,k] * [a1[b,j] > 0]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import singledispatch
from typing import NamedTuple

from sympy import Basic, Rational

from derive.equations import Equation
from derive.expressions import (
    BINDERS,
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Expression,
    Largest,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
)
from derive.indices import Affine, Index
from derive.traversal import LEAVES, free_indices, walk

SPARE_LETTERS = "kpqrsuvwijlmnoceghd"
Letters = Mapping[Index, str]
OPAQUE = (Entry, *LEAVES)
"""Nodes that bind no index inside."""

# How tightly the outermost operation of a text binds.
SUM, PRODUCT, POWER, ATOM = range(4)


class Text(NamedTuple):
    """A printed part and how tightly it binds."""

    words: str
    binds: int = ATOM

    def inside(self, level: int) -> str:
        """The words, in parentheses where they bind less tightly than ``level``."""
        return self.words if self.binds >= level else f"({self.words})"


def plain(value: Basic) -> str:
    """An expression (or a relation, a position, a tensor) as plain text.

    Letters follow the hints of the indices, free ones first; no two indices of one formula share a letter.
    """
    return _text(value, letters_of(value)).words


def plain_equation(equation: Equation) -> str:
    """``delta1[b,j] = sum_k W2[k,j]*delta2[b,k] * [a1[b,j] > 0]``."""
    letters = letters_of(equation.left, equation.right)
    return f"{_text(equation.left, letters).words} = {_text(equation.right, letters).words}"


def letters_of(*values: Basic) -> dict[Index, str]:
    """A letter for every index: its hint where that is free. Indices that no sum binds choose first.

    Only sums in different terms may share a letter.
    """
    chosen: dict[Index, str] = {}
    taken: set[str] = set()
    for value in values:
        for index in free_indices(value):
            _choose(index, taken, chosen)
            taken.add(chosen[index])
    free = frozenset(taken)
    for value in values:
        _choose_bound(value, free, chosen)
    return chosen


def _choose(index: Index, taken: Set[str], chosen: dict[Index, str]) -> None:
    if index not in chosen:
        chosen[index] = next(letter for letter in _candidates(index.letter) if letter not in taken)


def _choose_bound(value: Basic, taken: Set[str], chosen: dict[Index, str]) -> Set[str]:
    """Choose for the sums inside ``value``, outermost first; returns the letters that are no longer free beside it."""
    if isinstance(value, OPAQUE):
        return taken
    if isinstance(value, BINDERS):
        inside = {chosen[node] for node in walk(value) if isinstance(node, Index) and node in chosen}
        _choose(value.index, taken | inside, chosen)
        taken = taken | {chosen[value.index]}
    if isinstance(value, Plus):
        return frozenset().union(taken, *(_choose_bound(term, taken, chosen) for term in value.args))
    for part in value.args:
        if isinstance(part, Basic):
            taken = _choose_bound(part, taken, chosen)
    return taken


def number_text(number: Rational) -> str:
    """A number exactly: ``3``, ``1/2``, or the decimal that was written, ``0.01``."""
    if number.q % 5:
        return str(number)
    digits = 0
    scaled = number
    while scaled.q != 1:
        scaled, digits = scaled * 10, digits + 1
        if digits > 60:
            return str(number)
    whole = str(abs(int(scaled))).rjust(digits + 1, "0")
    return f"{'-' if number < 0 else ''}{whole[:-digits]}.{whole[-digits:]}"


def _candidates(hint: str) -> Iterator[str]:
    yield hint
    yield from SPARE_LETTERS
    number = 2
    while True:
        yield f"{hint}{number}"
        number += 1


@singledispatch
def _text(value: Basic, letters: Letters) -> Text:
    raise TypeError(f"{type(value).__name__} has no plain text")


@_text.register
def _(value: Number, letters: Letters) -> Text:
    words = number_text(value.value)
    return Text(words, SUM if value.value < 0 else PRODUCT if "/" in words else ATOM)


@_text.register
def _(value: Constant, letters: Letters) -> Text:
    return Text(value.name)


@_text.register
def _(value: Size, letters: Letters) -> Text:
    """The name of the axis, where no index bears it too."""
    name = value.axis.name
    return Text(f"size({name})" if name in letters.values() else name)


@_text.register
def _(value: Variable, letters: Letters) -> Text:
    return Text("z")


@_text.register
def _(value: Tensor, letters: Letters) -> Text:
    return Text(value.name)


@_text.register
def _(value: Index, letters: Letters) -> Text:
    return Text(letters[value])


@_text.register
def _(value: Affine, letters: Letters) -> Text:
    leading = value.constant if value.constant > 0 and all(term.coefficient < 0 for term in value.terms) else 0
    words = str(leading) if leading else ""
    for term in value.terms:
        sign = "-" if term.coefficient < 0 else "+" if words else ""
        scale = "" if abs(term.coefficient) == 1 else f"{abs(term.coefficient)}*"
        words += f"{sign}{scale}{letters[term.index]}"
    if value.constant != leading or not words:
        words += f"{value.constant:+d}" if words else str(value.constant)
    return Text(words, SUM)


@_text.register
def _(value: Entry, letters: Letters) -> Text:
    positions = ",".join(_text(position, letters).words for position in value.positions)
    return Text(f"{value.tensor.name}[{positions}]" if positions else value.tensor.name)


@_text.register
def _(value: Plus, letters: Letters) -> Text:
    words = ""
    for term in value.args:
        shown = _text(term, letters).words if not isinstance(term, Plus) else f"({_text(term, letters).words})"
        if not words:
            words = shown
        else:
            words += f" - {shown[1:]}" if shown.startswith("-") else f" + {shown}"
    return Text(words, SUM)


@_text.register
def _(value: Product, letters: Letters) -> Text:
    """The sign leads, negative powers are divisors, and a sum stands apart: ``-t/(2*a)``, ``1/batch * sum_b loss[b]``."""
    number, *others = value.args if isinstance(value.args[0], Number) else (Number(1), *value.args)
    negative = number.value < 0
    above: list[str] = []
    sums: list[int] = []
    below: list[str] = []
    number = Number(abs(number.value))
    for factor in others:
        if isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value < 0:
            below.append(_text(_inverse(factor), letters).inside(POWER))
        elif isinstance(factor, Number) and factor.value.p == 1 and above:
            below.append(str(factor.value.q))
        elif isinstance(factor, Total):
            sums.append(len(above))
            above.append(_text(factor, letters).words)
        else:
            above.append(_text(factor, letters).inside(PRODUCT))
    for place in sums[:-1]:
        above[place] = f"({above[place]})"
    scale = _quotient(number, below) if sums else ""
    words = (" * " if sums else "*").join([*([scale] if scale else []), *above])
    if not sums:
        words = _scaled(number, words, below)
    return Text(f"-{words}", SUM) if negative else Text(words, PRODUCT)


def _quotient(number: Number, below: list[str]) -> str:
    """``1/(2*n)``: a number over divisors; empty for one over nothing."""
    if number == Number(1) and not below:
        return ""
    return _scaled(number, "", below)


def _scaled(number: Number, words: str, below: list[str]) -> str:
    """``2*x/(3*y)``: a number, what it multiplies, and what divides both."""
    shown = number_text(number.value)
    if below and "/" in shown:
        shown, bottom = shown.split("/")
        below = [bottom, *below]
    top = words if shown == "1" and words else f"{shown}*{words}" if words else shown
    return f"{top}/{below[0]}" if len(below) == 1 else f"{top}/({'*'.join(below)})" if below else top


def _inverse(value: Power) -> Expression:
    """What a negative power divides by."""
    assert isinstance(value.exponent, Number)
    return value.base if value.exponent.value == -1 else Power(value.base, Number(-value.exponent.value))


@_text.register
def _(value: Power, letters: Letters) -> Text:
    if isinstance(value.exponent, Number):
        if value.exponent.value < 0:
            return Text(f"1/{_text(_inverse(value), letters).inside(POWER)}", PRODUCT)
        if value.exponent.value == Rational(1, 2):
            return Text(f"sqrt({_text(value.base, letters).words})")
    return Text(f"{_text(value.base, letters).inside(ATOM)}**{_text(value.exponent, letters).inside(ATOM)}", POWER)


@_text.register
def _(value: Total, letters: Letters) -> Text:
    body = _text(value.body, letters)
    return Text(f"sum_{letters[value.index]} {body.words if isinstance(value.body, Total) else body.inside(PRODUCT)}", SUM)


@_text.register
def _(value: Largest, letters: Letters) -> Text:
    return Text(f"max_{letters[value.index]} {_text(value.body, letters).inside(PRODUCT)}", SUM)


@_text.register
def _(value: Apply, letters: Letters) -> Text:
    return Text(f"{value.function.name}{chr(39) * value.function.order}({_text(value.argument, letters).words})")


@_text.register
def _(value: Partial, letters: Letters) -> Text:
    return Text(f"d({_text(value.of, letters).words})/d({_text(value.by, letters).words})", PRODUCT)


@_text.register
def _(value: Relation, letters: Letters) -> Text:
    return Text(f"{_text(value.left, letters).words} {value.sign} {_text(value.right, letters).words}", SUM)


@_text.register
def _(value: Bracket, letters: Letters) -> Text:
    return Text(f"[{', '.join(_text(relation, letters).words for relation in value.relations)}]")


@_text.register
def _(value: Cases, letters: Letters) -> Text:
    parts = [part for case in value.cases for part in (_text(case.relation, letters).words, _text(case.value, letters).words)]
    return Text(f"cases({', '.join([*parts, _text(value.otherwise, letters).words])})")
