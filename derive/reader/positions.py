"""Positions: what stands below a symbol, and what brackets compare. Notes count them from 1, expressions from 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from derive.errors import quoted
from derive.expressions import Relation, Size
from derive.indices import Affine, AffineTerm, Axis, Position
from derive.reader.names import Meaning
from derive.reader.scope import Scope, leaves, letter_text, positions_below
from derive.reader.slots import Letter, Slot, misfit
from derive.reader.syntax import Chain, Factors, Literal, Script, Scripted, Syntax, Terms
from derive.reader.syntax import Letter as LetterSyntax
from derive.reader.tokens import refuse

Deferred = Callable[[], Position]


def positions(below: Script, meaning: Meaning, scope: Scope, at: int) -> tuple[Deferred, ...]:
    """A position for each axis of an entry, in the order of the axes."""
    axes = [meaning.tensor.axes[axis] for axis in meaning.order]
    parts = _split(positions_below(below), axes, at)
    found: dict[int, Deferred] = {}
    for part, axis, place in zip(parts, axes, meaning.order, strict=True):
        found[place] = position(part, axis, scope)
    return tuple(found[place] for place in range(len(axes)))


def _split(parts: Sequence[Syntax], axes: Sequence[Axis], at: int) -> tuple[Syntax, ...]:
    """One part for each axis: digits that stand together are taken apart where only one way keeps within the ranges."""
    if len(parts) == len(axes):
        return tuple(parts)
    fitting = _ways(tuple(parts), tuple(axes))
    if len(fitting) != 1:
        misfit(
            at, "positions outside their ranges" if not fitting else "positions that can be read in several ways; separate them by commas"
        )
    return fitting[0]


def _ways(parts: tuple[Syntax, ...], axes: tuple[Axis, ...]) -> list[tuple[Syntax, ...]]:
    """Every way to read parts as one position for each axis, within the ranges."""
    if not parts or not axes:
        return [] if parts or axes else [()]
    first, rest = parts[0], parts[1:]
    if not isinstance(first, Literal):
        return [(first, *way) for way in _ways(rest, axes[1:])]
    found: list[tuple[Syntax, ...]] = []
    for cut in range(1, min(len(first.text), len(str(axes[0].size))) + 1):
        head, tail = Literal(first.at, first.text[:cut]), first.text[cut:]
        if _in_range(head, axes[0]):
            others = (Literal(first.at + cut, tail), *rest) if tail else rest
            found += [(head, *way) for way in _ways(others, axes[1:])]
    return found


def _in_range(part: Syntax, axis: Axis) -> bool:
    return not isinstance(part, Literal) or (part.text.isdigit() and part.text[0] != "0" and int(part.text) <= axis.size)


def position(part: Syntax, axis: Axis, scope: Scope) -> Deferred:
    """A position along ``axis``. A letter by itself runs along it, a shifted one unless something else says so."""
    text = letter_text(part)
    if text is not None:
        letter = scope.letters.get(text, part.at)
        if not scope.names.may_run_along(letter.slot, axis):
            letter.slot.unify(Slot(axis), part.at, f"the index {quoted(text)}")
        return lambda: letter.index
    constant, terms = affine(part, scope)
    if not terms and not 0 <= constant - 1 < axis.size:
        misfit(part.at, f"position {constant} outside 1 to {axis.size}")
    if len(terms) == 1 and terms[0][0] == 1:
        terms[0][1].slot.suggest(axis)
    _suggest_as_read(terms, axis, scope)
    return lambda: _position(constant, terms)


def _suggest_as_read(terms: Sequence[tuple[int, Letter]], axis: Axis, scope: Scope) -> None:
    """A letter in a sum of several, as in ``2o+v``, runs along what stands there where an equation reads ``2o+u``."""
    own = {letter.usual for _, letter in terms}
    for times, letter in terms:
        if letter.usual is not None:
            continue
        likely = {
            read[1]: None
            for known in scope.names.reads.get(axis, ())
            if sorted(times for times, _ in known) == sorted(times for times, _ in terms)
            for read in known
            if read[0] == times and read[1] not in own
        }
        if len(likely) == 1:
            letter.slot.suggest(next(iter(likely)))


def _position(constant: int, terms: Sequence[tuple[int, Letter]]) -> Position:
    """Counted from 0: every letter is one less, and so is the whole."""
    shift = constant - 1 + sum(times for times, _ in terms)
    return Affine(shift, *(AffineTerm(times, letter.index) for times, letter in terms)).simplest()


def affine(part: Syntax, scope: Scope) -> tuple[int, list[tuple[int, Letter]]]:
    """A whole number and multiples of letters, as written."""
    constant, terms = 0, list[tuple[int, Letter]]()
    signed = zip(part.signs, part.terms, strict=True) if isinstance(part, Terms) else (("+", part),)
    for sign, term in signed:
        factors = term.factors if isinstance(term, Factors) else (term,)
        times, letter = -1 if sign == "-" else 1, None
        for factor in factors:
            text = letter_text(factor)
            if isinstance(factor, Literal) and factor.text.isdigit():
                times *= int(factor.text)
            elif text is not None and letter is None:
                letter = scope.letters.get(text, factor.at)
            else:
                refuse(factor.at, "expected a position: whole numbers and index letters")
        if letter is None:
            constant += times
        else:
            terms.append((times, letter))
    return constant, terms


def between_positions(item: Chain, scope: Scope) -> bool:
    """Whether a relation compares positions: letters of indices, sizes and whole numbers, at least one letter among them."""
    parts = [leaf for side in item.sides for leaf in leaves(side)]
    letters = [leaf for leaf in parts if _is_index(leaf, scope)]
    return bool(letters) and all(leaf in letters or isinstance(leaf, Literal) or _size(leaf, scope) is not None for leaf in parts)


def _is_index(leaf: Syntax, scope: Scope) -> bool:
    text = letter_text(leaf)
    if text is None:
        return False
    notation = scope.names.notation
    known = text.rstrip("'").lstrip("\\") in (*notation.unit_letters, *notation.pattern_letters)
    return scope.letters.find(text) is not None or (known and text not in scope.names.bases)


def _size(leaf: Syntax, scope: Scope) -> Axis | None:
    if isinstance(leaf, LetterSyntax):
        return scope.size(leaf.text, None)
    if isinstance(leaf, Scripted) and isinstance(leaf.base, LetterSyntax) and leaf.above is None and not leaf.primes:
        return scope.size(leaf.base.text, leaf.below)
    return None


def relation(item: Chain, scope: Scope) -> Callable[[], Relation]:
    """``left sign right`` between positions, at most one side of which may be a size and a whole number."""
    (left, right), (sign,) = item.sides, item.signs
    texts = [letter_text(side) for side in (left, right)]
    if sign == "=" and texts[0] is not None and texts[1] is not None:
        scope.letters.get(texts[0], left.at).slot.relate(scope.letters.get(texts[1], right.at).slot)
    first, second = _bound(left, scope), _bound(right, scope)
    if first.size is not None and second.size is not None:
        refuse(item.at, "two sizes compared")
    if first.size is not None:
        first, second, sign = second, first, _MIRRORED[sign]
    if second.size is None:
        return lambda: Relation(first.build(0), sign, second.build(0))
    size, more = second.size, 1 - second.constant
    if not second.constant and sign in _NEXT:
        sign, more = _NEXT[sign], 0
    return lambda: Relation(first.build(more), sign, Size(size))


_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEXT = {"<=": "<", ">": ">="}
"""A position counted from 1 is at most the size where, counted from 0, it is less."""


@dataclass(frozen=True)
class _Bound:
    """One side of a relation: a whole number, multiples of letters, perhaps a size."""

    constant: int
    terms: tuple[tuple[int, Letter], ...]
    size: Axis | None

    def build(self, more: int) -> Position:
        return _position(self.constant + more, self.terms)


def _bound(side: Syntax, scope: Scope) -> _Bound:
    parts = list(zip(side.signs, side.terms, strict=True)) if isinstance(side, Terms) else [("+", side)]
    sizes = [part for sign, part in parts if sign == "+" and _is_size(part, scope)]
    if len(sizes) > 1:
        refuse(side.at, "several sizes in a position")
    rest = [(sign, part) for sign, part in parts if part not in sizes]
    constant, terms = affine(Terms(side.at, tuple(sign for sign, _ in rest), tuple(part for _, part in rest)), scope)
    if sizes and terms:
        refuse(side.at, "an index beside a size")
    return _Bound(constant, tuple(terms), _size(sizes[0], scope) if sizes else None)


def _is_size(part: Syntax, scope: Scope) -> bool:
    text = letter_text(part)
    return (text is None or scope.letters.find(text) is None) and _size(part, scope) is not None
