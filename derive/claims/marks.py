r"""Marks above symbols: of a pattern, ``x^{(i)}`` or ``a^{[2](i)}``; and names for derivatives of the loss, ``dW`` and ``dz``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from derive.notation.profile import Notation
from derive.reader.derivatives import variable_of
from derive.reader.names import spelled
from derive.reader.rewriting import rebuilt
from derive.reader.scope import positions_below
from derive.reader.syntax import Chain, Factors, Fraction, Group, Letter, Script, Scripted, Syntax, text_of

DIFFERENTIAL = "d"
_UPRIGHT = (DIFFERENTIAL, "\\mathrm{d}")


@dataclass(frozen=True)
class PatternMarks:
    """Marks of patterns in a notation; ``known`` are the symbols of quantities, ``summed`` the letters that sums of the claim bind."""

    notation: Notation
    known: frozenset[str]
    summed: frozenset[str]

    def apart(self, part: Scripted) -> Syntax:
        """The mark is dropped where the claim speaks of one pattern; where it sums over patterns it is an index."""
        found = self._mark(part)
        if found is None or text_of(part.base) not in self.known:
            return part
        letter, above = found
        if letter.text not in self.summed:
            return replace(part, above=above) if part.below is not None or part.primes or above is not None else part.base
        below = positions_below(part.below) if part.below is not None else ()
        items = tuple(Chain(own.at, (own,)) for own in (letter, *below))
        return replace(part, above=above, below=Script(letter.at, items))

    def _mark(self, part: Scripted) -> tuple[Letter, Script | None] | None:
        """The letter of the pattern, and what stands above beside it."""
        if part.above is None or any(item.signs for item in part.above.items):
            return None
        (side, *others) = (item.sides[0] for item in part.above.items)
        if others:  # the layer, then the pattern
            last = others[0]
            of_pattern = len(others) == 1 and isinstance(last, Letter) and last.text in self.notation.pattern_letters
            return (last, replace(part.above, items=part.above.items[:1])) if of_pattern and isinstance(last, Letter) else None
        own = self.notation
        if isinstance(side, Letter) and side.text in own.pattern_letters and side.text not in own.layer_letters:
            return (side, None) if own.pattern_mark == "superscript" or own.layer_mark in ("none", "letters") else None
        if isinstance(side, Factors) and len(side.factors) == 2 and (letter := _inside(side.factors[1])) is not None:
            return letter, Script(part.above.at, (Chain(side.at, side.factors[:1]),))
        letter = _inside(side)
        if letter is None or letter.text in (spelled_letter(own.general_layer), spelled_letter(own.last_layer), "t"):
            return None
        unmarked = {spelled(table[role]) for table in (own.symbols, own.matrices) for role in ("input", "target", "loss")}
        return (letter, None) if text_of(part.base) in unmarked or own.layer_mark in ("none", "letters") else None


def spelled_letter(letter: str) -> str:
    """A letter of a notation as it is spelled in a claim."""
    return f"\\{letter}" if len(letter) > 1 else letter


def _inside(side: Syntax) -> Letter | None:
    """The letter that stands alone in parentheses."""
    if isinstance(side, Group) and side.fence == "(" and len(side.items) == 1 and not side.items[0].signs:
        inner = side.items[0].sides[0]
        return inner if isinstance(inner, Letter) else None
    return None


def differentials(part: Syntax, known: frozenset[str]) -> Syntax:
    """``dW`` as the name of a derivative of the loss, unless it stands in a fraction that is a derivative itself."""

    def inside(own: Syntax) -> Syntax:
        return differentials(own, known)

    if isinstance(part, Fraction) and variable_of(part) is not None:
        return replace(part, top=_rest(part.top, inside), bottom=_rest(part.bottom, inside))
    own: Syntax = rebuilt(part, inside)
    return _merged(own, known) if isinstance(own, Factors) else own


def _rest(line: Syntax, inside: Callable[[Syntax], Syntax]) -> Syntax:
    """The line of a derivative: what stands after its sign."""
    return replace(line, factors=(line.factors[0], *map(inside, line.factors[1:]))) if isinstance(line, Factors) else line


def _merged(part: Factors, known: frozenset[str]) -> Syntax:
    factors, signs = list(part.factors), list(part.signs)
    for number in range(len(factors) - 2, -1, -1):
        first, second = factors[number : number + 2]
        name = second.base if isinstance(second, Scripted) else second
        if (
            isinstance(first, Letter)
            and first.text in _UPRIGHT
            and DIFFERENTIAL not in known
            and isinstance(name, Letter)
            and name.text in known
        ):
            letter = Letter(first.at, f"{DIFFERENTIAL}{name.text}")
            factors[number : number + 2] = [replace(second, base=letter) if isinstance(second, Scripted) else letter]
            del signs[number]
    return factors[0] if len(factors) == 1 else replace(part, factors=tuple(factors), signs=tuple(signs))
