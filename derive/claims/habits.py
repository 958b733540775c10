"""The syntax of a claim, with an author's habits put into the forms that the reader knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derive.claims.idioms import Idioms
from derive.claims.marks import PatternMarks, differentials
from derive.claims.names import NEW
from derive.claims.rewritten import bound_letters, names_batch
from derive.claims.source import Text
from derive.errors import InputError
from derive.notation.profile import Notation
from derive.reader.grammar import read_formula
from derive.reader.names import spelled
from derive.reader.rewriting import bottom_up, places
from derive.reader.scope import positions_below
from derive.reader.syntax import (
    Chain,
    Factors,
    Fraction,
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

STYLED = re.compile(r"\\(?:mathbf|boldsymbol|vec|mathrm|mathit|mathsf)\{(.*)\}")
_AT = re.compile(r"at character (\d+): ")
_PARAMETERS = ("\\theta", "w", "W", "\\mathbf{w}")
_NEW_MARKS, _OLD_MARKS = ("new", "t+1", "n+1", "(t+1)", "\\mathrm{new}"), ("t", "n", "old", "(t)", "\\mathrm{old}")
SOME_RATE = "0.37"
_ONES = ("\\mathbf{1}", "\\mathbb{1}")
_LOSS_LETTERS = ("L", "\\mathcal{L}", "\\ell", "E", "J", "C", "R", "\\mathrm{loss}", "\\mathcal{J}", "\\mathcal{C}")


def claim_syntax(text: Text, notation: Notation, words: Sequence[str] = ()) -> Chain:
    """The syntax of a statement; ``words`` are symbols of several letters, as they are spelled.

    Raises ``InputError`` with the place in the claim and what was expected there.
    """
    joined = text
    for word in words:
        name = word.partition("{")[2].removesuffix("}")
        styled = re.compile(rf"\\(?:mathit|mathrm|mathsf|text|textit|textrm|operatorname)\s*\{{\s*{name}\s*\}}")
        plain = re.compile(rf"(?<![A-Za-z\\])(?<!\\mathbf\{{)(?<!\\boldsymbol\{{){name}(?![A-Za-z])")
        joined = joined.replaced(styled, f" {name}").replaced(plain, word.replace("\\", "\\\\"))
    try:
        chain = read_formula(joined.chars)
    except InputError as error:
        raise InputError(_AT.sub(lambda found: f"at character {joined.place(int(found[1]) - 1) + 1}: ", str(error))) from None
    summed = frozenset(letter for side in chain.sides for letter, _ in bound_letters(side))
    habits = Habits(
        notation, summed | _pattern_indices(chain, summed, notation), notation.gradient != "step" and _names_rate(chain, notation)
    )
    tidied = bottom_up(bottom_up(_without_times(chain, notation), habits.idioms.plain), habits.tidied)
    tidied = differentials(tidied, habits.known)
    return _moved(habits.update(habits.named(tidied)), joined)  # type: ignore[arg-type]


def _moved(chain: Chain, text: Text) -> Chain:
    """Every part at its place in the claim."""

    def move(part: Syntax) -> Syntax:
        return replace(part, at=text.place(part.at))

    return bottom_up(chain, move)  # type: ignore[return-value]


@dataclass(frozen=True)
class Habits:
    """How an author writes in a notation; ``summed`` are the letters that sums of the claim bind, and patterns that stand beside units.

    ``rated`` says that a change of a parameter has the learning rate in it.
    """

    notation: Notation
    summed: frozenset[str]
    rated: bool = False

    @cached_property
    def known(self) -> frozenset[str]:
        """Every symbol of a quantity."""
        own = self.notation
        tables = (own.symbols, own.matrices, own.batch)
        return frozenset(spelled(symbol) for table in tables for symbol in table.values()) | {spelled(own) for own in own.role_outputs}

    @cached_property
    def idioms(self) -> Idioms:
        """Ways to write that are no matter of a notation."""
        marked = self.notation.layer_mark in ("superscript", "parenthesised")
        return Idioms(self.known, frozenset(self.notation.pattern_letters), marked)

    def tidied(self, part: Syntax) -> Syntax:
        """One part, its inner parts being tidied already."""
        if isinstance(part, Letter):
            return self._plain(part)
        if isinstance(part, Scripted):
            for step in (_marks, PatternMarks(self.notation, self.known, self.summed).apart, self._loss, self._bias_column, _gradient_mark):
                part = step(part)
                if not isinstance(part, Scripted):
                    return part
            return part
        if isinstance(part, Factors):
            part = self._named_loss(self._loss_of_arguments(part))
        if isinstance(part, Factors):
            part = self._step(_quotient(part))
        return part

    def _plain(self, part: Letter) -> Syntax:
        """A letter in a style that the notation does not use is the letter itself; the learning rate is some number."""
        if part.text == spelled(self.notation.symbols["rate"]) or (part.text == "\\eta" and "\\eta" not in self.known):
            return Literal(part.at, SOME_RATE)
        inner = STYLED.fullmatch(part.text)
        if inner is not None and part.text not in self.known and part.text not in _ONES and inner[1] in self.known:
            return replace(part, text=inner[1])
        if part.text == "\\theta" and part.text not in self.known:
            return replace(part, text=spelled(self.notation.matrices["weight"]))
        return part

    def _loss(self, part: Scripted) -> Syntax:
        """A total loss that wears an index is one symbol; a loss with the mark of its pattern is the loss of that pattern."""
        total, loss = self.notation.symbols["total_loss"], spelled(self.notation.symbols["loss"])
        if text_of(part.base) != loss or part.primes:
            return part
        if _bare(text_of(part)) == _bare(spelled(total)):
            return Letter(part.at, spelled(total))
        marks = [script for script in (part.below, part.above) if script is not None]
        if len(marks) == 1 and text_of(marks[0]) in self.notation.pattern_letters and text_of(marks[0]) not in self.summed:
            return part.base
        return part

    def _bias_column(self, part: Scripted) -> Syntax:
        """A weight from unit 0 is a bias, where the notation says so."""
        if self.notation.bias != "column" or part.below is None or text_of(part.base) != spelled(self.notation.symbols["weight"]):
            return part
        below = positions_below(part.below)
        if len(below) == 2 and below[1] == Literal(below[1].at, "0"):
            base = Letter(part.base.at, spelled(self.notation.symbols["bias"]))
            return replace(part, base=base, below=Script(part.below.at, (Chain(below[0].at, (below[0],)),)))
        return part

    def _loss_of_arguments(self, part: Factors) -> Syntax:
        r"""``L(t, y)`` and ``J(\theta)`` are the loss."""
        loss = spelled(self.notation.symbols["loss"])
        factors, signs = list(part.factors), list(part.signs)
        for number in range(len(factors) - 2, -1, -1):
            name, argument = factors[number], factors[number + 1]
            if (
                isinstance(name, Letter)
                and name.text in (loss, *_LOSS_LETTERS)
                and isinstance(argument, Group)
                and _are_arguments(argument)
            ):
                factors[number : number + 2] = [Letter(name.at, loss)]
                del signs[number]
        return factors[0] if len(factors) == 1 else replace(part, factors=tuple(factors), signs=tuple(signs))

    def named(self, chain: Chain) -> Chain:
        """A left side that is nothing but another author's letter for the loss, or a new value of the one gradient."""
        left = chain.sides[0]
        gradient = spelled(self.notation.symbols["delta"])
        if self.notation.derivation == "replayed" and left == Letter(left.at, gradient) and len(chain.sides) > 1:
            rest = [part for side in chain.sides[1:] for _, part in places(side)]
            if any(isinstance(part, Letter) and part.text == gradient for part in rest):
                return replace(chain, sides=(Letter(left.at, f"{NEW}{gradient}"), *chain.sides[1:]))
        if len(chain.sides) > 1 and isinstance(left, Letter) and left.text in _LOSS_LETTERS and left.text not in self.known:
            return replace(chain, sides=(Letter(left.at, spelled(self.notation.symbols["loss"])), *chain.sides[1:]))
        return chain

    def update(self, chain: Chain) -> Chain:
        """An update of a parameter says that its new value is the old one less the rate times the derivative."""
        if len(chain.sides) < 2:
            return chain
        left, right = chain.sides[:2]
        base = left.base if isinstance(left, Scripted) else left
        if isinstance(base, Letter) and base.text.startswith(NEW):
            plain = replace(base, text=base.text.removeprefix(NEW))
            left = replace(left, base=plain) if isinstance(left, Scripted) else plain
        elif not (isinstance(right, Terms) and any(text_of(term) == text_of(left) for term in right.terms) and _has_rate(right)):
            return chain
        if text_of(left.base if isinstance(left, Scripted) else left) not in self._parameters:
            return chain
        at = left.at
        slope = self._slope(at, left)
        new = Terms(at, ("+", "-"), (left, Factors(at, ("*",), (Literal(at, SOME_RATE), slope))))
        return replace(chain, sides=(new, *chain.sides[1:]))

    def _slope(self, at: int, by: Syntax, pattern: Script | None = None) -> Fraction:
        """The derivative of the loss by a parameter; of the loss of one pattern where a sum runs over them."""
        loss: Syntax = Letter(at, spelled(self.notation.symbols["loss"]))
        if pattern is not None and text_of(pattern) in self.summed:
            loss = Scripted(at, loss, pattern, None, 0)
        return Fraction(at, Factors(at, ("*",), (Sign(at, "partial"), loss)), Factors(at, ("*",), (Sign(at, "partial"), by)))

    def _named_loss(self, part: Syntax) -> Syntax:
        """Another author's letter for the loss, where the notation uses it for nothing else: after a sign of differentiation."""
        if not isinstance(part, Factors) or len(part.factors) != 2:
            return part
        sign, name = part.factors
        is_sign = sign == Sign(sign.at, "partial") or (isinstance(sign, Scripted) and sign.base == Sign(sign.base.at, "nabla"))
        if is_sign and isinstance(name, Letter) and name.text in _LOSS_LETTERS and name.text not in self.known:
            return replace(part, factors=(sign, Letter(name.at, spelled(self.notation.symbols["loss"]))))
        return part

    def _step(self, part: Syntax) -> Syntax:
        r"""``\Delta w`` is minus the derivative of the loss by the weight, times the rate where the claim speaks of one."""
        if not isinstance(part, Factors):
            return part
        factors, signs = list(part.factors), list(part.signs)
        for number in range(len(factors) - 2, -1, -1):
            first, second = factors[number : number + 2]
            mark = first.base if isinstance(first, Scripted) else first
            what = second.base if isinstance(second, Scripted) else second
            marked = isinstance(first, Scripted) and (first.below is None or text_of(first.below) not in self.notation.pattern_letters)
            if not marked and text_of(mark) == spelled(self.notation.symbols["step"]) and text_of(what) in self._parameters:
                slope: Syntax = self._slope(first.at, second, first.below if isinstance(first, Scripted) else None)
                if self.rated:
                    slope = Factors(first.at, ("*",), (Literal(first.at, SOME_RATE), slope))
                body = Terms(first.at, ("-",), (slope,))
                factors[number : number + 2] = [body if len(factors) == 2 else Group(first.at, "(", (Chain(first.at, (body,)),))]
                del signs[number]
        return factors[0] if len(factors) == 1 else replace(part, factors=tuple(factors), signs=tuple(signs))

    @cached_property
    def _parameters(self) -> frozenset[str]:
        own = self.notation
        return frozenset(spelled(table[role]) for table in (own.symbols, own.matrices) for role in ("weight", "bias"))


def _bare(text: str) -> str:
    """A spelling without styles."""
    return re.sub(r"\\(?:mathrm|mathit|text)\{([^{}]*)\}|[{}]", r"\1", text)


def _without_times(chain: Chain, notation: Notation) -> Chain:
    """A new value is marked as such; the mark of the old one is dropped."""
    weights = frozenset(spelled(table[role]) for table in (notation.symbols, notation.matrices) for role in ("weight", "bias")) | {
        "\\theta"
    }

    def change(part: Syntax) -> Syntax:
        if isinstance(part, Scripted) and part.above is not None and isinstance(part.base, Letter) and text_of(part.base) in weights:
            mark = text_of(part.above)
            if mark in _NEW_MARKS:
                base = replace(part.base, text=f"{NEW}{part.base.text}")
                return replace(part, base=base, above=None) if part.below is not None else base
            if mark in _OLD_MARKS:
                return replace(part, above=None) if part.below is not None else part.base
        return part

    return bottom_up(chain, change) if _is_update(chain) else chain  # type: ignore[return-value]


def _is_update(chain: Chain) -> bool:
    left = chain.sides[0]
    return isinstance(left, Scripted) and left.above is not None and text_of(left.above) in _NEW_MARKS


def _pattern_indices(chain: Chain, summed: frozenset[str], notation: Notation) -> frozenset[str]:
    """Letters of patterns that are indices: those that stand below a symbol beside another index.

    Where the claim sums over patterns, or names what only a batch has, all are.
    """
    if summed & frozenset(notation.pattern_letters) or names_batch(chain.sides, notation):
        return frozenset(notation.pattern_letters)
    found = (positions_below(part.below) for _, part in places(chain) if isinstance(part, Scripted) and part.below is not None)
    return frozenset(text_of(own) for below in found if len(below) > 1 for own in below if text_of(own) in notation.pattern_letters)


def _names_rate(chain: Chain, notation: Notation) -> bool:
    """Whether the learning rate stands anywhere but on the left."""
    rates = (spelled(notation.symbols["rate"]), "\\eta")
    return any(isinstance(part, Letter) and part.text in rates for side in chain.sides[1:] for _, part in places(side))


def _has_rate(side: Syntax) -> bool:
    return any(isinstance(part, Literal) and part.text == SOME_RATE for _, part in places(side))


def _gradient_mark(part: Scripted) -> Syntax:
    r"""``\nabla_b^{(2)}`` for ``\nabla_{b^{(2)}}``."""
    if part.base != Sign(part.base.at, "nabla") or part.below is None or part.above is None or len(part.below.items) != 1:
        return part
    (inner,) = part.below.items[0].sides[:1]
    if not isinstance(inner, Letter):
        return part
    marked = Scripted(inner.at, inner, None, part.above, 0)
    return replace(part, below=Script(part.below.at, (Chain(inner.at, (marked,)),)), above=None)


def _quotient(part: Factors) -> Syntax:
    r"""``\partial a / \partial z`` and ``da/dz`` are derivatives."""
    if "/" not in part.signs:
        return part
    cut = part.signs.index("/") + 1
    top, bottom = part.factors[:cut], part.factors[cut:]
    if len(bottom) != 2 or len(top) < 2 or text_of(bottom[0]) not in ("partial", "d") or text_of(bottom[0]) != text_of(top[0]):
        return part
    return Fraction(part.at, Factors(part.at, part.signs[: cut - 1], top), Factors(bottom[0].at, ("*",), bottom))


def _marks(part: Scripted) -> Syntax:
    """Primes beside a mark belong to the function; a transpose beside a mark acts on the whole."""
    above = part.above
    if above is None:
        return part
    if len(above.items) == 2 and above.items[1].sides[0] == Sign(above.items[1].sides[0].at, "top"):
        return _transposed(part, Script(above.at, above.items[:1]), above.items[1].sides[0])
    (side, *_) = above.items[0].sides
    if isinstance(side, Scripted) and side.primes and side.below is None and side.above is None and isinstance(part.base, Letter):
        return replace(part, above=Script(above.at, (Chain(side.at, (side.base,)),)), primes=part.primes + side.primes)
    if isinstance(side, Factors) and len(side.factors) > 1 and side.factors[-1] == Letter(side.factors[-1].at, "T"):
        rest = side.factors[:-1]
        mark = rest[0] if len(rest) == 1 else Factors(rest[0].at, side.signs[: len(rest) - 1], rest)
        return _transposed(part, Script(above.at, (Chain(mark.at, (mark,)),)), side.factors[-1])
    return part


def _transposed(part: Scripted, mark: Script, top: Syntax) -> Syntax:
    inner = replace(part, above=mark)
    group = Group(part.at, "(", (Chain(part.at, (inner,)),))
    return Scripted(part.at, group, None, Script(top.at, (Chain(top.at, (top,)),)), 0)


def _are_arguments(group: Group) -> bool:
    return group.fence == "(" and (len(group.items) > 1 or text_of(group.items[0]) in _PARAMETERS)
