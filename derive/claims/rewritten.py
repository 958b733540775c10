"""Questions about the syntax of a claim, and the same claim with other letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.claims.marks import DIFFERENTIAL
from derive.claims.source import role_in
from derive.notation.layout import Symbol
from derive.notation.profile import Notation
from derive.reader.derivatives import is_operator, variable_of
from derive.reader.names import spelled
from derive.reader.printing import latex_of
from derive.reader.rewriting import bottom_up, placed, places, rebuilt
from derive.reader.scope import letter_text, positions_below
from derive.reader.syntax import (
    Big,
    CasesOf,
    Chain,
    Factors,
    Fraction,
    GridOf,
    Group,
    Letter,
    Literal,
    Script,
    Scripted,
    Sign,
    Syntax,
    Terms,
    text_of,
)

OUTPUT, HIDDEN = "output", "hidden"
_LAYERED = ("weight", "bias", "pre_activation", "output")


def general_letter(chain: Chain, notation: Notation) -> Chain:
    """The letter that a claim uses for any layer, as that of the notation."""
    if notation.layer_mark not in ("superscript", "parenthesised"):
        return chain
    general, last = notation.general_layer, notation.last_layer
    layered = layered_symbols(notation)
    used: dict[str, None] = {}
    for _, part in places(chain):
        if isinstance(part, Scripted) and part.above is not None and text_of(part.base) in layered:
            used.update(dict.fromkeys(_letters_of_mark(part.above)))
    others = [letter for letter in used if letter not in (spelled(Symbol(general)), spelled(Symbol(last)), "T")]
    if spelled(Symbol(general)) in used or len(others) != 1:
        return chain
    (own,) = others

    def renamed(part: Syntax) -> Syntax:
        if isinstance(part, Scripted) and part.above is not None and own in _letters_of_mark(part.above) and text_of(part.base) in layered:
            return replace(part, above=_with_letter(part.above, own, spelled(Symbol(general))))
        return part

    return bottom_up(chain, renamed)  # type: ignore[return-value]


def layered_symbols(notation: Notation) -> frozenset[str]:
    """Symbols that wear the mark of a layer."""
    tables = (notation.symbols, notation.matrices)
    return frozenset((*(spelled(table[role]) for table in tables for role in (*_LAYERED, "delta")), "\\sigma", "f"))


def _letters_of_mark(script: Script) -> tuple[str, ...]:
    """The letter of ``l``, ``(l)``, ``l+1`` or ``(l-1)``; nothing for what is no mark."""
    (side, *rest) = script.items[0].sides
    while isinstance(side, Group) and len(side.items) == 1:
        side = side.items[0].sides[0]
    if isinstance(side, Letter) and not rest and side.text != "T":
        return (side.text,)
    if isinstance(side, Terms) and len(side.terms) == 2 and isinstance(side.terms[0], Letter) and isinstance(side.terms[1], Literal):
        return (side.terms[0].text,)
    return ()


def step_from(mark: Syntax) -> tuple[str, int] | None:
    """Letter and shift of ``l+1``; None for anything else."""
    if not isinstance(mark, Terms) or len(mark.terms) != 2 or mark.signs[0] != "+":
        return None
    letter, by = mark.terms
    if not isinstance(letter, Letter) or not isinstance(by, Literal) or not by.text.isdigit():
        return None
    return letter.text, int(by.text) * (1 if mark.signs[1] == "+" else -1)


def _with_letter(script: Script, old: str, new: str) -> Script:
    def swapped(part: Syntax) -> Syntax:
        return replace(part, text=new) if isinstance(part, Letter) and part.text == old else part

    return bottom_up(script, swapped)  # type: ignore[return-value]


def roles_of(chain: Chain, role: str, notation: Notation) -> list[tuple[Chain, str]]:
    """The chain with the units that it is about; cases by the kind of unit, or by the layer, are taken apart, one claim each."""
    for path, part in places(chain):
        if isinstance(part, CasesOf):
            roles = [_role_of_case(items, words, notation) for (_, items), words in zip(part.rows, part.words, strict=True)]
            if roles and not roles[-1] and roles[:-1] == [OUTPUT]:
                roles[-1] = HIDDEN
            if all(roles):
                return [(placed(chain, path, value), own) for (value, _), own in zip(part.rows, roles, strict=True)]
    return [(chain, role)]


def _role_of_case(items: tuple[Chain, ...] | None, words: str, notation: Notation) -> str:
    """Which units the condition of a case names, in words or by comparing the general layer with the last."""
    if (said := role_in(words)) or items is None or len(items) != 1 or len(items[0].signs) != 1:
        return said
    sides = {text_of(side) for side in items[0].sides}
    if sides != {spelled(Symbol(notation.general_layer)), spelled(Symbol(notation.last_layer))}:
        return ""
    return OUTPUT if items[0].signs[0] == "=" else HIDDEN


def bound_letters(value: Syntax) -> Iterator[tuple[str, Big]]:
    """The letters that sums bind, with the sums."""
    for _, part in places(value):
        if isinstance(part, Big) and part.below is not None:
            items = part.below.items
            sides = [item.sides[0] for item in items] if len(items) > 1 or items[0].signs else list(positions_below(part.below))
            for side in sides:
                text = letter_text(side)
                if text is not None:
                    yield text, part


def own_limits(value: Syntax, notation: Notation) -> Iterator[str]:
    """An author's names for how many there are: single letters above a sum, and sizes that wear an index letter."""
    for _, part in places(value):
        if isinstance(part, Big) and part.above is not None and isinstance(part.above.items[0].sides[0], Letter):
            yield part.above.items[0].sides[0].text
        if isinstance(part, Scripted) and part.below is not None and part.above is None:
            (below,) = part.below.items[0].sides[:1]
            if text_of(part.base) == notation.layer_size and isinstance(below, Letter):
                yield text_of(part)


def free_letters(side: Syntax) -> tuple[str, ...]:
    """Index letters that stand below a symbol outside every sum that binds them."""
    found: dict[str, None] = {}
    _collect_free(side, frozenset(), found)
    return tuple(found)


def _collect_free(value: Syntax, bound: frozenset[str], found: dict[str, None]) -> None:
    if isinstance(value, Big):
        own = frozenset(letter for letter, big in bound_letters(value) if big is value)
        _collect_free(value.body, bound | own, found)
        return
    if isinstance(value, Scripted) and value.below is not None:
        for part in positions_below(value.below):
            text = letter_text(part)
            if text is not None and text not in bound:
                found[text] = None

    def visit(part: Syntax) -> Syntax:
        _collect_free(part, bound, found)
        return part

    rebuilt(value, visit)


def captured_letters(sides: Sequence[Syntax], notation: Notation) -> tuple[str, ...]:
    """Letters that a sum binds although they are free around it; below a size a letter says only whose size it is."""
    sizes = (notation.layer_size, notation.batch_size)

    def plain(part: Syntax) -> Syntax:
        return part.base if isinstance(part, Scripted) and text_of(part.base) in sizes and part.below is not None else part

    free = dict.fromkeys(letter for side in sides for letter in free_letters(bottom_up(side, plain)))
    return tuple(dict.fromkeys(letter for side in sides for letter, _ in bound_letters(side) if letter in free))


def speaks_of_units(sides: Sequence[Syntax]) -> bool:
    """Whether single units are named by number, or matrices written out."""
    for side in sides:
        for _, part in places(side):
            if isinstance(part, GridOf):
                return True
            if (
                isinstance(part, Scripted)
                and part.below is not None
                and any(isinstance(own, Literal) for own in positions_below(part.below))
            ):
                return True
    return False


def speaks_of_patterns(sides: Sequence[Syntax], notation: Notation) -> bool:
    """Whether an index may be a pattern, or a symbol is named that only a batch has."""
    letters = {letter for side in sides for letter in (*(own for own, _ in bound_letters(side)), *free_letters(side))}
    return any(letter in notation.pattern_letters for letter in letters) or names_batch(sides, notation)


def names_batch(sides: Sequence[Syntax], notation: Notation) -> bool:
    """Whether a symbol is named that only a batch has."""
    of_one = {spelled(symbol) for table in (notation.symbols, notation.matrices) for symbol in table.values()}
    of_batch = {spelled(symbol) for symbol in notation.batch.values()} - of_one
    return _names(sides, of_batch | {f"{DIFFERENTIAL}{symbol}" for symbol in of_batch})


def names_total(sides: Sequence[Syntax], notation: Notation) -> bool:
    """Whether the loss of a whole batch is named, by a letter of its own."""
    return _names(sides, {spelled(notation.symbols["total_loss"])})


def _names(sides: Sequence[Syntax], symbols: set[str]) -> bool:
    """Whether one of some symbols stands anywhere but in a superscript."""
    return any(
        text_of(part) in symbols
        for side in sides
        for path, part in places(side)
        if isinstance(part, Letter | Scripted) and "above" not in path
    )


def names_layers(sides: Sequence[Syntax], notation: Notation) -> bool:
    """Whether some layer is named by its number, as a mark in parentheses or on a quantity of layers."""
    layered = layered_symbols(notation)
    for side in sides:
        for _, part in places(side):
            if isinstance(part, Scripted) and part.above is not None and text_of(part.base) in layered:
                (mark, *_) = part.above.items[0].sides
                while isinstance(mark, Group) and len(mark.items) == 1:
                    mark = mark.items[0].sides[0]
                if isinstance(mark, Literal):
                    return True
    return False


def is_derivative(side: Syntax) -> bool:
    """Whether a side is a derivative by one quantity."""
    if isinstance(side, Fraction):
        return variable_of(side) is not None
    return isinstance(side, Factors) and isinstance(side.factors[0], Scripted) and side.factors[0].base == Sign(side.at, "nabla")


def speaks_of_delta(side: Syntax, notation: Notation) -> bool:
    """Whether a side is a delta."""
    base = side.base if isinstance(side, Scripted) else side
    return text_of(base) == spelled(notation.symbols["delta"])


def with_own_letter(sides: Sequence[Syntax], captured: str) -> str | None:
    """The chain with a letter of its own for the bound index that is free around its sum."""
    used = {part.text for side in sides for _, part in places(side) if isinstance(part, Letter)}
    fresh = next((letter for letter in "pqrsmn" if letter not in used), None)
    if fresh is None:
        return None

    def renamed(part: Syntax) -> Syntax:
        if isinstance(part, Big) and captured in (letter for letter, big in bound_letters(part) if big is part):
            return bottom_up(part, lambda own: replace(own, text=fresh) if isinstance(own, Letter) and own.text == captured else own)
        return part

    return " = ".join(latex_of(bottom_up(side, renamed)) for side in sides)


def widened(side: Syntax) -> Syntax:
    """A sign of differentiation before a sum over an index takes all terms that follow it, too."""
    if not isinstance(side, Terms) or len(side.terms) < 2:
        return side
    first, rest = side.terms[0], side.terms[1:]
    factors = first.factors if isinstance(first, Factors) else (first,)
    for number, factor in enumerate(factors[:-1]):
        if is_operator(factor) and not isinstance(factors[number + 1], Group):
            signs = first.signs if isinstance(first, Factors) else ()
            tail = factors[number + 1 :]
            head = tail[0] if len(tail) == 1 else Factors(tail[0].at, signs[number + 1 :], tail)
            body = Terms(side.at, ("+", *side.signs[1:]), (head, *rest))
            group = Group(body.at, "(", (Chain(body.at, (body,)),))
            whole = Factors(first.at, signs[: number + 1], (*factors[: number + 1], group))
            return whole if side.signs[0] == "+" else Terms(side.at, side.signs[:1], (whole,))
    return side
