"""Repairs of indices and of the sums that bind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from itertools import product as every

from derive.claims.repairs.common import Repair, fresh_letter, indexed, spots, with_positions
from derive.claims.rewritten import bound_letters, free_letters
from derive.reader.rewriting import bottom_up, placed, places
from derive.reader.scope import letter_text, positions_below
from derive.reader.syntax import (
    Big,
    Chain,
    Factors,
    Group,
    Letter,
    Literal,
    Script,
    Scripted,
    Syntax,
    Terms,
    text_of,
)

_MOST_CAPTURED = 6


def of_weights(side: Syntax, weights: frozenset[str]) -> Iterator[Repair]:
    """The two indices of a weight the other way round."""
    for path, part in indexed(side):
        below = positions_below(part.below) if part.below is not None else ()
        if len(below) == 2 and text_of(part.base) in weights:
            yield Repair(
                "transpose", placed(side, path, with_positions(part, below[::-1])), f"the indices of {text_of(part.base)} are exchanged"
            )


def of_indices(side: Syntax, left: Syntax) -> Iterator[Repair]:
    """One index for another."""
    letters = dict.fromkeys((*free_letters(left), *(letter for letter, _ in bound_letters(side)), *free_letters(side)))
    for path, part in indexed(side):
        below = positions_below(part.below) if part.below is not None else ()
        for number, own in enumerate(below):
            text = letter_text(own)
            others: list[Syntax] = [Letter(own.at, letter) for letter in letters if letter != text and "'" not in letter]
            if isinstance(own, Literal) and own.text.isdigit():
                others += [Literal(own.at, str(int(own.text) + shift)) for shift in (-1, 1) if int(own.text) + shift > 0]
            for other in others:
                changed = with_positions(part, (*below[:number], other, *below[number + 1 :]))
                yield Repair("index", placed(side, path, changed), f"an index of {text_of(part.base)} is wrong")
        if len(below) == 2:
            yield Repair(
                "index", placed(side, path, with_positions(part, below[::-1])), f"the indices of {text_of(part.base)} are exchanged"
            )
    free = [letter for letter in free_letters(left) if "'" not in letter]
    yield from _brackets(side, tuple(combinations(sorted(free), 2)))
    for first, second in combinations(sorted(free), 2):
        yield Repair("index", exchanged(side, first, second), f"the indices {first} and {second} are exchanged")


def _brackets(side: Syntax, pairs: Sequence[tuple[str, str]]) -> Iterator[Repair]:
    """One only where two indices are the same."""
    for path, part in spots(side):
        for number, term in enumerate(part.terms) if isinstance(part, Terms) else ():
            for first, second in pairs if isinstance(term, Literal) and term.text == "1" else ():
                same = Chain(term.at, (Letter(term.at, first), Letter(term.at, second)), ("=",))
                changed = placed(part, ("terms", number), Group(term.at, "[", (same,)))
                yield Repair("index", placed(side, path, changed), f"1 stands where [{first} = {second}] should")


def of_steps(side: Syntax) -> Iterator[Repair]:
    """An index one step further, or one step back."""
    for path, part in indexed(side):
        below = positions_below(part.below) if part.below is not None else ()
        for number, own in enumerate(below):
            others: list[Syntax] = []
            if letter_text(own) is not None:
                others = [Terms(own.at, ("+", sign), (own, Literal(own.at, "1"))) for sign in "-+"]
            elif isinstance(own, Terms) and len(own.terms) == 2 and own.signs[0] == "+" and isinstance(own.terms[1], Literal):
                others = [own.terms[0], replace(own, signs=("+", "-" if own.signs[1] == "+" else "+"))]
            for other in others:
                positions = tuple(Chain(own.at, (one,)) for one in (*below[:number], other, *below[number + 1 :]))
                changed = replace(part, below=Script(part.at, positions))
                yield Repair("index", placed(side, path, changed), f"an index of {text_of(part.base)} is a step off")


def exchanged(side: Syntax, one: str, other: str) -> Syntax:
    """Two index letters exchanged wherever they stand below a symbol."""
    names = {one: other, other: one}

    def change(part: Syntax) -> Syntax:
        if isinstance(part, Scripted) and part.below is not None:
            positions = positions_below(part.below)
            if any(letter_text(own) in names for own in positions):
                return with_positions(
                    part, [replace(own, text=names.get(own.text, own.text)) if isinstance(own, Letter) else own for own in positions]
                )
        return part

    return bottom_up(side, change)


def of_sums(side: Syntax, left: Syntax) -> Iterator[Repair]:
    """Sums that are missing, or do not belong there."""
    known, bound = free_letters(left), [letter for letter, _ in bound_letters(side)]
    for letter in free_letters(side):
        if letter not in known and letter not in bound and "'" not in letter:
            below = Script(side.at, (Chain(side.at, (Letter(side.at, letter),)),))
            for path, part in spots(side):
                if isinstance(part, Factors) or not path:
                    yield Repair("index", placed(side, path, Big(side.at, "sum", below, None, part)), f"the sum over {letter} is missing")
    for path, part in spots(side):
        if isinstance(part, Big) and part.name == "sum":
            yield Repair("index", placed(side, path, part.body), "a sum does not belong there")
    fresh = fresh_letter(side, left)
    yield from _single_paths(side, fresh)
    for path, part in spots(side):
        if isinstance(part, Factors):
            for letter in known:
                yield from _with_sum(side, path, part, letter, fresh)


def _single_paths(side: Syntax, fresh: str) -> Iterator[Repair]:
    """One unit where all of a layer should be summed over."""
    for path, part in spots(side):
        if isinstance(part, Factors) or not path:
            units = [own_path for own_path, own in places(part) if isinstance(own, Literal) and "below" in own_path]
            if 0 < len(units) <= _MOST_CAPTURED:
                body: Syntax = part
                for own_path in units:
                    body = placed(body, own_path, Letter(part.at, fresh))
                below = Script(part.at, (Chain(part.at, (Letter(part.at, fresh),)),))
                yield Repair("path", placed(side, path, Big(part.at, "sum", below, None, body)), "only one of several paths is taken")


def _with_sum(side: Syntax, path: tuple[str | int, ...], part: Factors, letter: str, fresh: str) -> Iterator[Repair]:
    """A product of which some places of a free letter should have been summed over."""
    spots = [own_path for own_path, own in places(part) if isinstance(own, Letter) and own.text == letter and "below" in own_path]
    if not 1 < len(spots) <= _MOST_CAPTURED:
        return
    below = Script(part.at, (Chain(part.at, (Letter(part.at, fresh),)),))
    for chosen in every((True, False), repeat=len(spots)):
        if any(chosen):
            body: Syntax = part
            for own_path, change in zip(spots, chosen, strict=True):
                if change:
                    body = placed(body, own_path, Letter(part.at, fresh))
            yield Repair("index", placed(side, path, Big(part.at, "sum", below, None, body)), "a sum is missing")


def of_captured(side: Syntax, left: Syntax) -> Iterator[Repair]:
    """A bound letter that is also free around its sum gets a letter of its own, in every way that leaves some places to the free one."""
    free = {*free_letters(left), *free_letters(side)}
    fresh = fresh_letter(side, left)
    for path, part in places(side):
        if not isinstance(part, Big) or part.below is None or part.name != "sum":
            continue
        for letter in [own for own, big in bound_letters(part) if big == part and own in free]:
            spots = [
                own_path for own_path, own in places(part.body) if isinstance(own, Letter) and own.text == letter and "below" in own_path
            ]
            if not 0 < len(spots) <= _MOST_CAPTURED:
                continue
            below = Script(part.below.at, (Chain(part.below.at, (Letter(part.below.at, fresh),)),))
            for chosen in every((True, False), repeat=len(spots)):
                if any(chosen):
                    body = part.body
                    for own_path, change in zip(spots, chosen, strict=True):
                        if change:
                            body = placed(body, own_path, Letter(part.at, fresh))
                    said = f"the sum binds {letter}, which is free around it"
                    yield Repair("captured_index", placed(side, path, replace(part, below=below, body=body)), said)
