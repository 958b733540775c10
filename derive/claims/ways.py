r"""Other ways to read a claim, tried where it is not right as it stands: ``*`` entry by entry, layers below, bare derivatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.claims.repairs.common import grouped
from derive.claims.rewritten import layered_symbols, step_from
from derive.claims.source import Text
from derive.notation.profile import Notation
from derive.reader.derivatives import after_sign, variable_of
from derive.reader.names import spelled
from derive.reader.rewriting import bottom_up, places
from derive.reader.scope import letter_text, positions_below
from derive.reader.symbols import is_top
from derive.reader.syntax import Big, Chain, Factors, Fraction, Letter, Literal, Script, Scripted, Sign, Syntax, Terms, text_of

_STARS = re.compile(r"\*|\\(?:ast|otimes)(?![A-Za-z])")
_DOTS = re.compile(r"\*|\\(?:ast|otimes|times|cdot)(?![A-Za-z])")
_FRESH = "ghmnuvpqrs"


def entry_by_entry(text: Text) -> Iterator[Text]:
    """The claim with stars, then also with dots and crosses, as products entry by entry."""
    for sign in (_STARS, _DOTS):
        if sign.search(text.chars):
            yield text.replaced(sign, r"\\odot ")


def layers_above(chain: Chain, notation: Notation, of_units: bool) -> Chain | None:
    """The claim with the layers, which stand below every symbol, where the notation has them; None where they do not.

    ``of_units`` says that a letter below is a unit of the layer as well: ``w_i^T h_{i-1}``.
    """
    if notation.layer_mark not in ("superscript", "parenthesised"):
        return None
    layered = layered_symbols(notation)
    parts = (part for _, part in places(chain) if isinstance(part, Scripted) and text_of(part.base) in layered)
    found = [part for part in parts if part.below is not None or part.above is not None]
    marks = [_mark_below(part) for part in found]
    if not found or None in marks or not any(isinstance(mark, Terms | Literal) for mark in marks):
        return None

    def change(part: Syntax) -> Syntax:
        if not isinstance(part, Scripted) or text_of(part.base) not in layered or part.below is None:
            return part
        mark = part.below if notation.layer_mark == "superscript" else _in_parentheses(part.below)
        below = part.below if of_units and letter_text(positions_below(part.below)[0]) is not None else None
        if part.above is None:
            return replace(part, below=below, above=mark)
        return Scripted(part.at, grouped(replace(part, below=below, above=mark)), None, part.above, 0)

    return bottom_up(chain, change)  # type: ignore[return-value]


def _mark_below(part: Scripted) -> Syntax | None:
    """The layer that stands alone below a symbol which has none above."""
    if part.below is None or (part.above is not None and not is_top(part.above)):
        return None
    (mark, *rest) = positions_below(part.below)
    return mark if not rest and (letter_text(mark) is not None or isinstance(mark, Literal) or step_from(mark) is not None) else None


def _in_parentheses(mark: Script) -> Script:
    inner = mark.items[0].sides[0]
    return Script(mark.at, (Chain(mark.at, (grouped(inner),)),))


def indexed_chain_rule(chain: Chain, notation: Notation) -> Chain | None:
    """Derivatives of arrays by arrays in a product, as sums over their entries; None for anything but a chain rule without indices."""
    lines = [_quotients(side) for side in chain.sides]
    if len(lines) < 2 or any(line is None for line in lines):
        return None
    (left, *more), *rights = [line for line in lines if line is not None]
    if more:
        return None
    ordered = [_in_order(left, right) for right in rights]
    symbols = {text_of(own): own for line in lines if line is not None for pair in line for own in pair}
    if any(line is None for line in ordered) or any(_axes(own, notation) is None for own in symbols.values()):
        return None
    letters = _letters(symbols, notation)
    sides: list[Syntax] = [_quotient(left, letters)]
    for line in ordered:
        assert line is not None
        sides.append(_summed(line, letters, chain.at))
    return replace(chain, sides=tuple(sides))


def breaks_chain_rule(chain: Chain) -> bool:
    """Whether a derivative is said to be a product of derivatives that do not lead from its one end to the other."""
    lines = [_quotients(side) for side in chain.sides]
    if len(lines) < 2 or any(line is None for line in lines):
        return False
    (left, *more), *rights = [line for line in lines if line is not None]
    return not more and any(_in_order(left, right) is None for right in rights)


Pair = tuple[Syntax, Syntax]


def _quotients(side: Syntax) -> list[Pair] | None:
    """What is differentiated and by what, of each derivative in a product of them; None for anything else."""
    found: list[Pair] = []
    if isinstance(side, Factors) and "/" in side.signs:
        return None
    for part in side.factors if isinstance(side, Factors) else (side,):
        by = variable_of(part) if isinstance(part, Fraction) else None
        of = after_sign(part.top) if isinstance(part, Fraction) else None
        if by is None or of is None or any(isinstance(own, Scripted) and own.below is not None for own in (of, by)):
            return None
        found.append((of, by))
    return found


def _in_order(whole: Pair, line: Sequence[Pair]) -> list[Pair] | None:
    """Derivatives so that each begins with what the one before it ends with, from one end of the whole to the other."""
    found: list[Pair] = []
    here, left = text_of(whole[0]), list(line)
    while left:
        step = next((pair for pair in left if text_of(pair[0]) == here), None)
        if step is None:
            return None
        found.append(step)
        left.remove(step)
        here = text_of(step[1])
    return found if here == text_of(whole[1]) else None


def _axes(symbol: Syntax, notation: Notation) -> int | None:
    """How many indices a symbol has by its role."""
    base = text_of(symbol.base if isinstance(symbol, Scripted) else symbol)
    for role in ("loss", "total_loss", "weight", "bias", "pre_activation", "output", "input"):
        if base in (spelled(notation.symbols[role]), spelled(notation.matrices[role])):
            return {"loss": 0, "total_loss": 0, "weight": 2}.get(role, 1)
    return 1 if base == "y" else None


def _letters(symbols: dict[str, Syntax], notation: Notation) -> dict[str, tuple[str, ...]]:
    """Index letters for every symbol, none of them used otherwise."""
    taken = {*notation.role_letters, *notation.pattern_letters, notation.general_layer}
    taken |= {part.text for own in symbols.values() for _, part in places(own) if isinstance(part, Letter)}
    free = (letter for letter in (*_FRESH, *(f"{letter}'" for letter in _FRESH)) if letter not in taken)
    return {text: tuple(next(free) for _ in range(_axes(own, notation) or 0)) for text, own in symbols.items()}


def _quotient(pair: Pair, letters: dict[str, tuple[str, ...]]) -> Fraction:
    of, by = (_indexed(own, letters[text_of(own)]) for own in pair)
    return Fraction(of.at, _partial(of), _partial(by))


def _indexed(symbol: Syntax, letters: tuple[str, ...]) -> Syntax:
    if not letters:
        return symbol
    below = Script(symbol.at, tuple(Chain(symbol.at, (_index(letter, symbol.at),)) for letter in letters))
    return replace(symbol, below=below) if isinstance(symbol, Scripted) else Scripted(symbol.at, symbol, below, None, 0)


def _index(letter: str, at: int) -> Syntax:
    return Scripted(at, Letter(at, letter[0]), None, None, 1) if letter.endswith("'") else Letter(at, letter)


def _partial(symbol: Syntax) -> Factors:
    return Factors(symbol.at, ("*",), (Sign(symbol.at, "partial"), symbol))


def _summed(line: Sequence[Pair], letters: dict[str, tuple[str, ...]], at: int) -> Syntax:
    quotients = tuple(_quotient(pair, letters) for pair in line)
    bound = [letter for _, by in line[:-1] for letter in letters[text_of(by)]]
    body: Syntax = quotients[0] if len(quotients) == 1 else Factors(at, ("*",) * (len(quotients) - 1), quotients)
    if not bound:
        return body
    return Big(at, "sum", Script(at, tuple(Chain(at, (_index(letter, at),)) for letter in bound)), None, body)
