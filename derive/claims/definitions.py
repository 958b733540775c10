"""Names that a document gives to quantities of its own: ``e_k = y_k - t_k``; later formulas are read with them written out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from derive.claims.repairs import grouped
from derive.claims.repairs.common import unused_letter
from derive.claims.rewritten import bound_letters
from derive.notation.profile import Notation
from derive.reader.rewriting import bottom_up, rebuilt
from derive.reader.scope import letter_text, positions_below
from derive.reader.syntax import Chain, Letter, Literal, Script, Scripted, Syntax, Terms, text_of


@dataclass(frozen=True)
class Definition:
    """``name`` with these index letters below and this mark above stands for ``value``."""

    name: str
    letters: tuple[str, ...]
    mark: str
    value: Syntax


def definition_of(chain: Chain, known: frozenset[str], notation: Notation) -> Definition | None:
    """The name that an equation defines, if its left side is one symbol that nothing is known about."""
    if len(chain.sides) != 2:
        return None
    left, right = chain.sides
    base = left.base if isinstance(left, Scripted) else left
    if not isinstance(base, Letter) or base.text in known or (isinstance(left, Scripted) and left.primes):
        return None
    below = positions_below(left.below) if isinstance(left, Scripted) and left.below is not None else ()
    letters = tuple(text for part in below if (text := letter_text(part)) is not None)
    if len(letters) != len(below) or any(part.text == base.text for part in _letters(right)):
        return None
    mark = text_of(left.above) if isinstance(left, Scripted) and left.above is not None else ""
    return Definition(base.text, letters, mark, right)


def _letters(value: Syntax) -> Iterator[Letter]:
    found: list[Letter] = []

    def visit(part: Syntax) -> Syntax:
        if isinstance(part, Letter):
            found.append(part)
        return part

    bottom_up(value, visit)
    yield from found


def written_out(chain: Chain, definitions: dict[str, Definition]) -> Chain:
    """The chain with every defined name replaced by what it stands for."""
    if not definitions:
        return chain

    def change(part: Syntax) -> Syntax:
        base = part.base if isinstance(part, Scripted) else part
        if isinstance(base, Letter) and base.text in definitions and not (isinstance(part, Scripted) and part.primes):
            return _used(definitions[base.text], part) or part
        return part

    return _top_down(chain, change)  # type: ignore[return-value]


def _top_down(value: Syntax, change: Callable[[Syntax], Syntax]) -> Syntax:
    changed = change(value)
    if changed is not value:
        return changed
    return rebuilt(value, lambda part: _top_down(part, change))


def _used(own: Definition, part: Syntax) -> Syntax | None:
    """What a name stands for where it is used: with the letters and the layer that it has there."""
    below = positions_below(part.below) if isinstance(part, Scripted) and part.below is not None else ()
    if len(below) != len(own.letters):
        return None
    above = part.above if isinstance(part, Scripted) else None
    value = own.value
    exponent: Script | None = None
    if own.mark and above is not None:
        shift = _shift(own.mark, text_of(above))
        if shift is None:
            return None
        value = bottom_up(value, lambda inner: _shifted(inner, own.mark, shift))
    elif above is not None:
        exponent = above
    names = dict(zip(own.letters, below, strict=True))
    value = _fresh(value, {text for text in map(letter_text, below) if text is not None})

    def renamed(inner: Syntax) -> Syntax:
        return names[inner.text] if isinstance(inner, Letter) and inner.text in names else inner

    group = grouped(bottom_up(value, renamed))
    return Scripted(part.at, group, None, exponent, 0) if exponent is not None else group


def _shift(mark: str, used: str) -> tuple[str, int] | None:
    """How far the layer of a use is from the one of the definition: ``l`` and ``l+1`` give 1."""
    letter = mark.strip("()")
    inside = used.strip("()")
    if inside.isdigit() or inside.isalpha():
        return (inside, 0)
    if inside.startswith(letter) and inside[len(letter) :].lstrip("+-").isdigit():
        return (letter, int(inside[len(letter) :]))
    return None


def _shifted(part: Syntax, mark: str, shift: tuple[str, int]) -> Syntax:
    if not isinstance(part, Scripted) or part.above is None or not text_of(part.above).strip("()").startswith(mark.strip("()")):
        return part
    own = text_of(part.above).strip("()")[len(mark.strip("()")) :]
    if own and not own.lstrip("+-").isdigit():
        return part
    letter, by = shift
    total = int(own or 0) + by
    base: Syntax = Literal(part.at, str(int(letter) + total)) if letter.isdigit() else Letter(part.at, letter)
    if not letter.isdigit() and total:
        base = Terms(part.at, ("+", "+" if total > 0 else "-"), (base, Literal(part.at, str(abs(total)))))
    inside: Syntax = grouped(base) if text_of(part.above).startswith("(") else base
    return replace(part, above=Script(part.at, (Chain(part.at, (inside,)),)))


def _fresh(value: Syntax, taken: set[str]) -> Syntax:
    """Bound letters that would capture an index of the use get primes."""
    for letter in dict.fromkeys(letter for letter, _ in bound_letters(value)):
        if letter in taken:
            new = unused_letter(taken)
            taken = taken | {new}
            value = _with_letter(value, letter, new)
    return value


def _with_letter(value: Syntax, old: str, new: str) -> Syntax:
    return bottom_up(value, lambda part: replace(part, text=new) if isinstance(part, Letter) and part.text == old else part)
