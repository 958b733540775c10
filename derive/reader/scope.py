"""Where a part of a formula stands: the names of its system, the layer that the general letter stands for, the letters in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from derive.errors import quoted
from derive.expressions import Function
from derive.indices import Axis
from derive.notation.layout import Symbol
from derive.reader.choices import Choices
from derive.reader.names import ENTRY, SINGLE, THIN, Meaning, Names, spelled
from derive.reader.slots import Letter, Letters, misfit
from derive.reader.syntax import Factors, Literal, Script, Scripted, Syntax, Terms, text_of
from derive.reader.syntax import Letter as LetterSyntax


@dataclass(frozen=True)
class Scope:
    """``variable`` is the letter of a function's argument, where a formula is about a function.

    ``fixed_last`` says which positions of an array stand below it where nothing else tells: the last, else the first.
    ``choices``, where there are some, decide what a symbol without a layer means; ``activations`` are names that any layer's
    activation goes by; ``limits`` are an author's own names for how many there are, each with a letter that runs so far.
    ``function`` is the activation that a formula of one variable is about.
    """

    names: Names
    marks: Mapping[str, str]
    letters: Letters = field(default_factory=Letters)
    variable: str | None = None
    fixed_last: bool = False
    choices: Choices | None = None
    activations: frozenset[str] = frozenset()
    limits: Mapping[str, Letter] = field(default_factory=dict)
    function: Function | None = None

    def inside(self, *bound: Letter) -> Scope:
        """The scope inside a sum."""
        return replace(self, letters=self.letters.inside(*bound))

    def mark(self, script: Script | None) -> str | None:
        """The layer that a superscript names, as a number in its spelling; None where it names none."""
        return self.marks.get(text_of(script)) if script is not None else None

    def meanings(self, base: str, above: Script | None) -> tuple[tuple[Meaning, ...], bool]:
        """What a symbol may mean, and whether its superscript is spent on that."""
        mark = self.mark(above)
        marked = self.names.tensors.get((base, mark), ()) if mark is not None else ()
        if marked:
            return marked, True
        if above is not None and (own := self.names.tensors.get((base, text_of(above)))):
            return own, True
        plain = self.names.tensors.get((base, ""), ())
        if self.choices is not None and self._is_layer(mark) and any(own == base and other for own, other in self.names.tensors):
            return (), False  # a layer that there is not
        if plain or self.choices is None or mark is not None:
            return plain, False
        if above is not None and text_of(above).strip("()").isdigit():
            return (), False  # a layer that there is not
        return tuple(meaning for (own_base, _), known in self.names.tensors.items() if own_base == base for meaning in known), False

    def _is_layer(self, mark: str | None) -> bool:
        """Whether a superscript can only be a layer: where the notation marks none, a bare number is an exponent."""
        if mark is None:
            return False
        return mark.startswith("(") or self.names.notation.layer_mark in ("superscript", "parenthesised")

    def chosen(self, meanings: tuple[Meaning, ...], below: Script | None, base: str, at: int, mark: str = "") -> Meaning:
        """The meaning that fits the subscripts; where several do, what has been decided for this symbol with this mark."""
        if self.choices is None:
            return chosen(meanings, below, base, at)
        first = chosen(meanings, below, base, at)
        count = 0 if below is None else parts_below(below)
        options = [own for own in meanings if own.kind == first.kind and (own.kind != ENTRY or self._fits(own, below, len(first.order)))]
        if first.kind == ENTRY and not count:
            options += [own for own in meanings if own.kind not in (ENTRY, SINGLE, THIN)]
        if first.kind != ENTRY:
            single = [own for own in meanings if own.kind in (SINGLE, THIN) and not count]
            options = [*(own for own in options if count < len(own.tensor.axes)), *single]
        options = [own for own in options if self._consistent(base, own)]
        key = f"{base} {'' if below is None else text_of(below)} {mark} {first.kind}"
        return self.choices.choose(key, tuple(dict.fromkeys(options)), at)

    def _consistent(self, base: str, meaning: Meaning) -> bool:
        """Whether letters that tell layers by their place (before, itself, after) speak of the same place as those decided already."""
        places = self._places
        own = places.get(base)
        if own is None or self.choices is None or meaning.tensor.layer is None:
            return True
        middle = meaning.tensor.layer - own
        if middle < 1:  # the layer itself is one that computes something
            return False
        others = ((key.split(" ")[0], made.tensor.layer) for key, made in self.choices.made.items())
        middles = {layer - places[name] for name, layer in others if name in places and layer is not None}
        return not middles or middles == {middle}

    @property
    def _places(self) -> Mapping[str, int]:
        """How far the layer of each letter for outputs is from the layer itself; under a hat, or bold, the same."""
        found: dict[str, int] = {}
        for number, letter in enumerate(self.names.notation.role_outputs):
            text = spelled(letter)
            found |= dict.fromkeys((text, f"\\hat{{{text}}}", f"\\mathbf{{{text}}}"), number - 1)
        return found

    def _fits(self, meaning: Meaning, below: Script | None, count: int) -> bool:
        """Whether the letters below, as far as it is known along which axes they run, may stand at an entry."""
        if len(meaning.order) != count:
            return False
        parts = positions_below(below) if below is not None else ()
        if len(parts) != len(meaning.order):
            return True
        for part, axis in zip(parts, (meaning.tensor.axes[number] for number in meaning.order), strict=True):
            text = letter_text(part)
            letter = self.letters.find(text) if text is not None else None
            known = letter.slot.known if letter is not None else None
            if known is not None and letter is not None and known != axis and not self.names.may_run_along(letter.slot, axis):
                return False
        return True

    def size(self, base: str, below: Script | None) -> Axis | None:
        """The axis of which a symbol is the size."""
        under = "" if below is None else text_of(below)
        return self.names.sizes.get((base, self.marks.get(under, under)))


def scope_of(names: Names, layer: int | None = None, *, variable: bool = False) -> Scope:
    """The scope of a whole formula; ``layer`` (the input layer being 0) is the one that the general letter stands for."""
    letter = spelled(Symbol(names.notation.argument)) if variable else None
    return Scope(names, names.marks(layer), Letters(), letter)


def chosen(meanings: tuple[Meaning, ...], below: Script | None, base: str, at: int) -> Meaning:
    """The meaning that fits the subscripts: an entry needs one for each axis, an array none."""
    count = 0 if below is None else parts_below(below)
    for meaning in meanings:
        if meaning.kind == ENTRY and (len(meaning.order) == count or (count and _may_split(below, len(meaning.order)))):
            return meaning
    for meaning in meanings:
        if meaning.kind not in (ENTRY, SINGLE, THIN) and count < len(meaning.tensor.axes):
            return meaning
    needed = sorted({len(meaning.order) for meaning in meanings if meaning.kind == ENTRY})
    misfit(at, f"{quoted(base)} with {count or 'no'} indices; it has {' or '.join(map(str, needed)) or 'none'}")


def parts_below(script: Script) -> int:
    """How many positions stand below, a run of digits counting once."""
    return len(positions_below(script))


def positions_below(script: Script) -> tuple[Syntax, ...]:
    """The positions below: separated by commas, or letters and digits side by side."""
    if len(script.items) > 1:
        return tuple(side for item in script.items for side in item.sides[:1])
    (side,) = script.items[0].sides[:1]
    return side.factors if isinstance(side, Factors) else (side,)


def _may_split(script: Script | None, needed: int) -> bool:
    """Whether digits written together may be several positions."""
    if script is None or len(script.items) > 1:
        return False
    parts = positions_below(script)
    digits = sum(len(part.text) for part in parts if isinstance(part, Literal))
    others = sum(not isinstance(part, Literal) for part in parts)
    return bool(digits) and len(parts) < needed <= digits + others


def letter_text(value: Syntax) -> str | None:
    """The text of an index letter with its primes; None for anything else."""
    if isinstance(value, LetterSyntax):
        return value.text
    if isinstance(value, Scripted) and isinstance(value.base, LetterSyntax) and value.below is None and value.above is None:
        return value.base.text + "'" * value.primes
    return None


def leaves(value: Syntax) -> tuple[Syntax, ...]:
    """The letters and numbers that a position consists of."""
    if isinstance(value, Terms):
        return tuple(leaf for term in value.terms for leaf in leaves(term))
    if isinstance(value, Factors):
        return tuple(leaf for factor in value.factors for leaf in leaves(factor))
    return (value,)
