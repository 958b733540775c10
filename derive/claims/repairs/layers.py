"""Repairs of layers, of derivatives of activations, and of one quantity in the place of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from derive.claims.repairs.common import Repair, spots
from derive.claims.rewritten import layered_symbols
from derive.notation.profile import Notation
from derive.reader.names import spelled
from derive.reader.rewriting import bottom_up, placed, places
from derive.reader.syntax import (
    Chain,
    Entrywise,
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


def of_layers(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """One mark of a layer for that of another."""
    layered = layered_symbols(notation)
    for path, part in places(side):
        if isinstance(part, Scripted) and part.above is not None and text_of(part.base) in layered:
            for above in _shifted(part.above, notation):
                said = f"the layer of {text_of(part.base)} is wrong"
                yield Repair("layer", placed(side, path, replace(part, above=above)), said)
                yield Repair("layer", bottom_up(side, partial(_marked, text_of(part), above)), said)


def _marked(text: str, above: Script, part: Syntax) -> Syntax:
    """A symbol with another mark, if it is written so."""
    return replace(part, above=above) if isinstance(part, Scripted) and text_of(part) == text else part


def of_places(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """The value of another layer with its index letter, where letters tell layers; the input for the outputs of the first layer."""
    pairs = _values_by_letter(notation)
    for path, part in places(side):
        if isinstance(part, Scripted) and part.below is not None and part.above is None:
            own = (text_of(part.base), text_of(part.below))
            for base, letter in pairs if own in pairs else ():
                if (base, letter) == own:
                    continue
                below = Script(part.below.at, (Chain(part.below.at, (Letter(part.below.at, letter),)),))
                other = replace(part, base=Letter(part.base.at, base), below=below)
                said = f"{own[0]} stands where {base} should"
                yield Repair("layer", placed(side, path, other), said)

                def changed(inner: Syntax, own: Syntax = part, other: Syntax = other) -> Syntax:
                    return other if inner == replace(own, at=inner.at) or latex_of_same(inner, own) else inner

                yield Repair("layer", bottom_up(side, changed), said)
    if notation.layer_mark in ("superscript", "parenthesised"):
        yield from _of_input(side, notation)


def _values_by_letter(notation: Notation) -> tuple[tuple[str, str], ...]:
    """Symbol and index letter of the values of the layer before, of the layer itself and of the next, where letters tell layers."""
    if not notation.role_letters:
        return ()
    own = spelled(notation.symbols["output"])
    outputs = tuple(spelled(letter) for letter in notation.role_outputs) or (own,) * len(notation.role_letters)
    return (*zip(outputs, notation.role_letters, strict=False), (spelled(notation.symbols["input"]), notation.role_letters[0]))


def latex_of_same(one: Syntax, two: Syntax) -> bool:
    """Whether two symbols are written alike."""
    return isinstance(one, Scripted) and text_of(one) == text_of(two)


def _of_input(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """The input for the outputs of the first layer."""
    tables = (notation.symbols, notation.matrices, notation.batch)
    names = {spelled(table["input"]): spelled(table["output"]) for table in tables}
    mark: Syntax = Literal(side.at, str(notation.first_layer + 1))
    if notation.layer_mark == "parenthesised":
        mark = Group(side.at, "(", (Chain(side.at, (mark,)),))
    above = Script(side.at, (Chain(side.at, (mark,)),))
    for path, part in places(side):
        if isinstance(part, Letter) and part.text in names and "above" not in path and "below" not in path:
            value = Scripted(part.at, replace(part, text=names[part.text]), None, above, 0)
            group = Group(part.at, "(", (Chain(part.at, (value,)),)) if path and path[-1] == "base" else value
            yield Repair("layer", placed(side, path, group), f"{part.text} stands where {names[part.text]} should")


def _shifted(script: Script, notation: Notation) -> Iterator[Script]:
    """Marks of the layers near the one that a superscript names."""
    (mark,) = script.items[0].sides[:1]
    fenced = isinstance(mark, Group)
    while isinstance(mark, Group) and len(mark.items) == 1:
        mark = mark.items[0].sides[0]
    found: list[Syntax] = []
    if isinstance(mark, Literal) and mark.text.isdigit():
        found = [Literal(mark.at, str(int(mark.text) + shift)) for shift in (-1, 1, -2, 2) if int(mark.text) + shift >= 0]
    elif isinstance(mark, Letter):
        found = [_plus(mark, shift) for shift in (-1, 1)]
    elif isinstance(mark, Terms) and len(mark.terms) == 2 and isinstance(mark.terms[1], Literal) and mark.terms[1].text.isdigit():
        shift = int(mark.terms[1].text) * (1 if mark.signs[1] == "+" else -1)
        found = [_plus(mark.terms[0], shift + more) for more in (-1, 1, -2, 2)]
    for own in found:
        inside: Syntax = Group(script.at, "(", (Chain(own.at, (own,)),)) if fenced else own
        yield Script(script.at, (Chain(own.at, (inside,)),))


def _plus(letter: Syntax, shift: int) -> Syntax:
    if not shift:
        return letter
    return Terms(letter.at, ("+", "+" if shift > 0 else "-"), (letter, Literal(letter.at, str(abs(shift)))))


def of_derivatives(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """Primes, values at which derivatives are taken, and derivatives that do not belong there."""
    names = {"\\sigma", "f", "\\varphi", "\\phi", notation.activation_letter}
    for path, part in spots(side):
        name = part.base if isinstance(part, Scripted) else part
        if (isinstance(name, Letter) and name.text in names) or type(name).__name__ == "Word":
            scripted = part if isinstance(part, Scripted) else Scripted(part.at, part, None, None, 0)
            if isinstance(part, Scripted) or not _is_base(side, path):
                primes = 0 if scripted.primes else 1
                yield Repair(
                    "derivative", placed(side, path, replace(scripted, primes=primes)), f"a prime of {text_of(name)} is missing or too much"
                )
    yield from _of_values(side, notation)
    for path, part in spots(side):
        if isinstance(part, Factors) and len(part.factors) > 1:
            for number in range(len(part.factors)):
                if _applied_or_local(part.factors, number):
                    count = 2 if number + 1 < len(part.factors) and isinstance(part.factors[number + 1], Group) else 1
                    rest = (*part.factors[:number], *part.factors[number + count :])
                    if rest:
                        own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                        yield Repair("derivative", placed(side, path, own), "a derivative of an activation does not belong there")
        if isinstance(part, Entrywise) and len(part.parts) > 1:
            for number in range(1, len(part.parts)):
                parts = (*part.parts[:number], *part.parts[number + 1 :])
                own_part = parts[0] if len(parts) == 1 else Entrywise(part.at, part.signs[: len(parts) - 1], parts)
                yield Repair("derivative", placed(side, path, own_part), "a derivative of an activation does not belong there")


def _is_base(side: Syntax, path: tuple[str | int, ...]) -> bool:
    return bool(path) and path[-1] == "base"


def _applied_or_local(factors: Sequence[Syntax], number: int) -> bool:
    part = factors[number]
    return isinstance(part, Scripted) and part.primes > 0


def _of_values(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """Pre-activations for outputs and the other way round, everywhere at once or in one place."""
    z, a = spelled(notation.symbols["pre_activation"]), spelled(notation.symbols["output"])
    outputs = (a, *(spelled(letter) for letter in notation.role_outputs if spelled(letter) != a))
    for one, other in ((z, own) for own in outputs):
        yield from _exchanged_values(side, one, other)
    for one in outputs:
        yield from _exchanged_values(side, one, z)


def _exchanged_values(side: Syntax, one: str, other: str) -> Iterator[Repair]:
    said = f"{one} stands where {other} should"

    def swapped(part: Syntax) -> Syntax:
        return replace(part, text=other) if isinstance(part, Letter) and part.text == one else part

    found = [(path, part) for path, part in places(side) if isinstance(part, Letter) and part.text == one]
    if found:
        yield Repair("derivative", bottom_up(side, swapped), said)
    for path, part in found:
        yield Repair("derivative", placed(side, path, replace(part, text=other)), said)


def of_quantities(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """One quantity in the place of another."""
    roles = ("weight", "bias", "pre_activation", "output", "target", "input", "delta")
    by_place = tuple(spelled(letter) for letter in notation.role_outputs)
    own = tuple(dict.fromkeys((*by_place, *(spelled(table[role]) for table in (notation.symbols, notation.matrices) for role in roles))))
    values = {spelled(notation.symbols["input"]), spelled(notation.symbols["output"]), *by_place}
    for path, part in places(side):
        if isinstance(part, Letter) and part.text in own:
            for other in own:
                if other != part.text:
                    family = "layer" if {part.text, other} <= values else "other"
                    yield Repair(family, placed(side, path, replace(part, text=other)), f"{part.text} stands where {other} should")
