r"""Ways to write that mean the same everywhere: ``\mathbb{1}[z > 0]``, ``\delta_{jk}``, ``\max(0, z)``, ``u \otimes v``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.claims.repairs.arrays import transposed
from derive.claims.repairs.common import grouped
from derive.reader.scope import letter_text, positions_below
from derive.reader.syntax import (
    Big,
    CasesOf,
    Chain,
    Entrywise,
    Factors,
    Fence,
    Group,
    Letter,
    Literal,
    Scripted,
    Syntax,
    Word,
    text_of,
)

_INDICATORS = ("\\mathbb{1}", "\\mathbf{1}", "\\boldsymbol{1}", "\\mathbb{I}", "\\mathbf{I}", "\\mathrm{I}", "\\chi", "I", "1")
_STEPS = ("H", "\\Theta", "u", "\\mathrm{H}", "Heaviside", "heaviside", "step", "\\mathcal{H}")
_KRONECKER = ("\\delta", "I", "\\mathbb{1}", "\\mathbf{1}", "\\mathbb{I}", "\\mathbf{I}")
_LARGEST, _SMALLEST = ">", "<"


@dataclass(frozen=True)
class Idioms:
    """``known`` are the symbols of quantities, ``patterns`` the index letters of patterns; ``marked``: layers stand above symbols."""

    known: frozenset[str]
    patterns: frozenset[str]
    marked: bool

    def plain(self, part: Syntax) -> Syntax:
        """One part in the form that the reader knows, its inner parts being in that form already."""
        if isinstance(part, Scripted):
            return self._kronecker(self._below(_norm(part)))
        if isinstance(part, Big):
            return self._largest(part)
        if isinstance(part, Entrywise):
            return _outer(part)
        if isinstance(part, Group):
            return _inner(part)
        return self._applied(part) if isinstance(part, Factors) else part

    def _applied(self, part: Factors) -> Syntax:
        """An indicator, a step or the smaller of two before the parentheses that it acts on."""
        factors, signs = list(part.factors), list(part.signs)
        for number in range(len(factors) - 2, -1, -1):
            found = self._application(factors[number], factors[number + 1]) if signs[number] == "*" else None
            if found is not None:
                factors[number : number + 2] = [found]
                del signs[number]
        return factors[0] if len(factors) == 1 else replace(part, factors=tuple(factors), signs=tuple(signs))

    def _application(self, name: Syntax, argument: Syntax) -> Syntax | None:
        if not isinstance(argument, Group) or not isinstance(name, Letter | Literal | Word):
            return None
        text = text_of(name)
        if text in _INDICATORS and all(item.signs for item in argument.items):
            return replace(argument, fence="[")
        if text in _STEPS and text not in self.known and len(argument.items) == 1 and not argument.items[0].signs:
            inner = argument.items[0].sides[0]
            return Group(name.at, "[", (Chain(name.at, (inner, Literal(name.at, "0")), (">",)),))
        return _chosen(argument, _SMALLEST) if text == "min" and _is_pair(argument) else None

    def _below(self, part: Scripted) -> Scripted | Group:
        """A condition below an indicator."""
        if text_of(part.base) not in _INDICATORS or part.below is None or part.above is not None:
            return part
        items = part.below.items
        if len(items) == 1 and isinstance(items[0].sides[0], Group) and not items[0].signs:
            items = items[0].sides[0].items
        return Group(part.at, "[", items) if all(item.signs for item in items) else part

    def _kronecker(self, part: Scripted | Group) -> Syntax:
        r"""``\delta_{jk}`` is one where its indices are the same, unless it can be a delta of a unit and a pattern."""
        if not isinstance(part, Scripted) or part.below is None or part.above is not None or part.primes:
            return part
        name, below = text_of(part.base), positions_below(part.below)
        if name not in _KRONECKER or (name in self.known and name != "\\delta") or len(below) != 2:
            return part
        letters = [letter_text(own) for own in below]
        if not all(letter is not None or isinstance(own, Literal) for letter, own in zip(letters, below, strict=True)):
            return part
        if name in self.known and not self.marked and any(letter in self.patterns for letter in letters):
            return part
        return Group(part.at, "[", (Chain(part.at, below, ("=",)),))

    def _largest(self, part: Big) -> Syntax:
        """The larger of two, where no index stands below."""
        if part.name != "max" or part.below is not None:
            return part
        first, rest = (part.body.factors[0], part.body.factors[1:]) if isinstance(part.body, Factors) else (part.body, ())
        if not isinstance(first, Group) or not _is_pair(first):
            return part
        found = _chosen(first, _LARGEST)
        return replace(part.body, factors=(found, *rest)) if isinstance(part.body, Factors) else found


def _is_pair(group: Group) -> bool:
    return len(group.items) == 2 and not any(item.signs for item in group.items)


def _chosen(pair: Group, sign: str) -> CasesOf:
    """The larger or smaller of two values; the second where they are equal."""
    one, two = (item.sides[0] for item in pair.items)
    return CasesOf(pair.at, ((one, (Chain(pair.at, (one, two), (sign,)),)), (two, None)), ("", ""))


def _norm(part: Scripted) -> Scripted:
    """The Euclidean norm without its mark below."""
    if isinstance(part.base, Fence) and part.base.name == "norm" and part.below is not None and text_of(part.below) in ("2", "F"):
        return replace(part, below=None)
    return part


def _outer(part: Entrywise) -> Syntax:
    """A column times a row."""
    if "x" not in part.signs:
        return part
    found, *others = part.parts
    for sign, other in zip(part.signs, others, strict=True):
        if sign == "x":
            found = Factors(part.at, ("*",), (_closed(found), transposed(_closed(other))))
        elif isinstance(found, Entrywise):
            found = replace(found, signs=(*found.signs, sign), parts=(*found.parts, other))
        else:
            found = Entrywise(part.at, (sign,), (found, other))
    return found


def _closed(part: Syntax) -> Syntax:
    return part if isinstance(part, Letter | Scripted | Group) else grouped(part)


def _inner(part: Group) -> Syntax:
    """The product of two columns that is a number."""
    if part.fence != "<" or len(part.items) != 2 or any(item.signs for item in part.items):
        return part
    one, two = (_closed(item.sides[0]) for item in part.items)
    return Factors(part.at, ("*",), (transposed(one), two))
