"""Single repairs of one side of a claim, each with the family of the mistake that it undoes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from itertools import product as every

from derive.claims.rewritten import bound_letters, free_letters, layered_symbols, own_limits
from derive.notation.profile import Notation
from derive.reader.names import spelled
from derive.reader.rewriting import bottom_up, placed, places
from derive.reader.scope import letter_text, positions_below
from derive.reader.symbols import is_top
from derive.reader.syntax import (
    Big,
    CasesOf,
    Chain,
    Entrywise,
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

_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_LOOSE = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_MOST_CAPTURED = 6


@dataclass(frozen=True)
class Repair:
    """A side with one thing changed; ``said`` tells what."""

    family: str
    side: Syntax
    said: str


def repairs_of(side: Syntax, left: Syntax, notation: Notation) -> Iterator[Repair]:
    """Every single repair of ``side``, those of frequent mistakes first."""
    yield from _of_captured(side, left)
    yield from _of_signs(side)
    yield from _of_weights(side, notation)
    yield from _of_indices(side, left)
    yield from _of_layers(side, notation)
    yield from _of_conditions(side)
    yield from _of_transposes(side)
    yield from _of_whole_transposed(side)
    yield from _of_derivatives(side, notation)
    yield from _of_sums(side, left)
    yield from _of_exponents(side)
    yield from of_sizes(side, notation)
    yield from _of_factors(side, _speaks_of_bias(left, notation), spelled(notation.symbols["bias"]))
    yield from _of_quantities(side, notation)


def negated(side: Syntax) -> Syntax:
    """The side with the other sign."""
    if isinstance(side, Terms):
        return replace(side, signs=tuple("-" if sign == "+" else "+" for sign in side.signs))
    return Terms(side.at, ("-",), (side,))


def transposed(part: Syntax) -> Syntax:
    """A part with a transpose, or without the one that it has."""
    if isinstance(part, Scripted) and part.above is not None and is_top(part.above):
        inner = replace(part, above=None) if part.below is not None or part.primes else part.base
        return _unwrapped(inner)
    top = Sign(part.at, "top")
    base = part if isinstance(part, Letter | Group) else grouped(part)
    return Scripted(part.at, base, None, Script(part.at, (Chain(part.at, (top,)),)), 0)


def grouped(part: Syntax) -> Group:
    """A part in parentheses."""
    return Group(part.at, "(", (Chain(part.at, (part,)),))


def _unwrapped(part: Syntax) -> Syntax:
    """The symbol in parentheses that hold nothing else."""
    if isinstance(part, Group) and part.fence == "(" and len(part.items) == 1 and not part.items[0].signs:
        inner = part.items[0].sides[0]
        return inner if isinstance(inner, Scripted | Letter) else part
    return part


def _parts(side: Syntax) -> Iterator[tuple[tuple[str | int, ...], Syntax]]:
    """Every part that is no mark or index, with its place."""
    for path, part in places(side):
        if "below" not in path and "above" not in path:
            yield path, part


def _of_signs(side: Syntax) -> Iterator[Repair]:
    yield Repair("sign", negated(side), "the sign")
    for path, part in _parts(side):
        if isinstance(part, Terms):
            for number, sign in enumerate(part.signs):
                signs = (*part.signs[:number], "-" if sign == "+" else "+", *part.signs[number + 1 :])
                yield Repair("sign", placed(side, path, replace(part, signs=signs)), "the sign of a term")
            if len(part.terms) > 1 and path:
                yield Repair("sign", placed(side, path, negated(part)), "the order of a difference")


def _of_layers(side: Syntax, notation: Notation) -> Iterator[Repair]:
    layered = layered_symbols(notation)
    for path, part in places(side):
        if isinstance(part, Scripted) and part.above is not None and text_of(part.base) in layered:
            for above in _shifted(part.above, notation):
                yield Repair("layer", placed(side, path, replace(part, above=above)), f"the layer of {text_of(part.base)}")


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


def _of_transposes(side: Syntax) -> Iterator[Repair]:
    for path, part in _parts(side):
        if isinstance(part, Factors) and _are_arrays(part):
            for number, factor in enumerate(part.factors):
                if isinstance(factor, Scripted | Letter | Group) and not isinstance(factor, Sign):
                    changed = replace(part, factors=(*part.factors[:number], transposed(factor), *part.factors[number + 1 :]))
                    yield Repair("transpose", placed(side, path, changed), f"the transpose of {text_of(_core(factor))}")
            if len(part.factors) == 2:
                yield Repair("transpose", placed(side, path, replace(part, factors=part.factors[::-1])), "the order of a product of arrays")
                both = tuple(transposed(factor) for factor in part.factors)
                yield Repair("transpose", placed(side, path, replace(part, factors=both)), "which factor is transposed")
                turned = tuple(transposed(factor) for factor in part.factors[::-1])
                yield Repair("transpose", placed(side, path, replace(part, factors=turned)), "order and transposes of a product")


def _of_whole_transposed(side: Syntax) -> Iterator[Repair]:
    yield Repair("transpose", transposed(side), "the transpose of the whole")


def _are_arrays(part: Factors) -> bool:
    """Whether a product may be one of arrays: no factor has an index below."""
    return all(not (isinstance(factor, Scripted) and factor.below is not None) for factor in part.factors)


def _core(part: Syntax) -> Syntax:
    """The symbol inside parentheses and marks."""
    while True:
        if isinstance(part, Scripted):
            part = part.base
        elif isinstance(part, Group) and len(part.items) == 1:
            part = part.items[0].sides[0]
        else:
            return part


def _of_weights(side: Syntax, notation: Notation) -> Iterator[Repair]:
    for path, part in _indexed(side):
        below = positions_below(part.below) if part.below is not None else ()
        if len(below) == 2 and text_of(part.base) in (spelled(notation.symbols["weight"]), spelled(notation.matrices["weight"])):
            yield Repair(
                "transpose", placed(side, path, _with_positions(part, below[::-1])), f"the indices of {text_of(part.base)} exchanged"
            )


def _indexed(side: Syntax) -> Iterator[tuple[tuple[str | int, ...], Scripted]]:
    for path, part in places(side):
        if isinstance(part, Scripted) and part.below is not None and not isinstance(part.base, Sign):
            yield path, part


def _with_positions(part: Scripted, positions: Sequence[Syntax]) -> Scripted:
    assert part.below is not None
    if len(part.below.items) > 1 or len(positions) == 1:
        items = tuple(Chain(own.at, (own,)) for own in positions)
    else:
        items = (Chain(part.below.at, (Factors(part.below.at, ("*",) * (len(positions) - 1), tuple(positions)),)),)
    return replace(part, below=Script(part.below.at, items))


def _of_derivatives(side: Syntax, notation: Notation) -> Iterator[Repair]:
    names = {"\\sigma", "f", "\\varphi", "\\phi", notation.activation_letter}
    for path, part in _parts(side):
        name = part.base if isinstance(part, Scripted) else part
        if (isinstance(name, Letter) and name.text in names) or type(name).__name__ == "Word":
            scripted = part if isinstance(part, Scripted) else Scripted(part.at, part, None, None, 0)
            if isinstance(part, Scripted) or not _is_base(side, path):
                primes = 0 if scripted.primes else 1
                yield Repair("derivative", placed(side, path, replace(scripted, primes=primes)), f"the prime of {text_of(name)}")
    yield from _of_values(side, notation)
    for path, part in _parts(side):
        if isinstance(part, Factors) and len(part.factors) > 1:
            for number in range(len(part.factors)):
                if _applied_or_local(part.factors, number):
                    count = 2 if number + 1 < len(part.factors) and isinstance(part.factors[number + 1], Group) else 1
                    rest = (*part.factors[:number], *part.factors[number + count :])
                    if rest:
                        own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                        yield Repair("derivative", placed(side, path, own), "a derivative of an activation that does not belong there")
        if isinstance(part, Entrywise) and len(part.parts) > 1:
            for number in range(1, len(part.parts)):
                parts = (*part.parts[:number], *part.parts[number + 1 :])
                own_part = parts[0] if len(parts) == 1 else Entrywise(part.at, part.signs[: len(parts) - 1], parts)
                yield Repair("derivative", placed(side, path, own_part), "a derivative of an activation that does not belong there")


def _is_base(side: Syntax, path: tuple[str | int, ...]) -> bool:
    return bool(path) and path[-1] == "base"


def _applied_or_local(factors: Sequence[Syntax], number: int) -> bool:
    part = factors[number]
    return isinstance(part, Scripted) and part.primes > 0


def _of_values(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """Pre-activations for outputs and the other way round, everywhere at once or in one place."""
    z, a = spelled(notation.symbols["pre_activation"]), spelled(notation.symbols["output"])
    for one, other in ((z, a), (a, z)):
        if any(isinstance(part, Letter) and part.text == one for _, part in places(side)):
            said = f"{other} in the place of {one}"

            def swapped(part: Syntax, one: str = one, other: str = other) -> Syntax:
                return replace(part, text=other) if isinstance(part, Letter) and part.text == one else part

            yield Repair("derivative", bottom_up(side, swapped), said)
            for path, part in places(side):
                if isinstance(part, Letter) and part.text == one:
                    yield Repair("derivative", placed(side, path, replace(part, text=other)), said)


def _of_indices(side: Syntax, left: Syntax) -> Iterator[Repair]:
    letters = dict.fromkeys((*free_letters(left), *(letter for letter, _ in bound_letters(side)), *free_letters(side)))
    for path, part in _indexed(side):
        below = positions_below(part.below) if part.below is not None else ()
        for number, own in enumerate(below):
            text = letter_text(own)
            others: list[Syntax] = [Letter(own.at, letter) for letter in letters if letter != text and "'" not in letter]
            if isinstance(own, Literal) and own.text.isdigit():
                others += [Literal(own.at, str(int(own.text) + shift)) for shift in (-1, 1) if int(own.text) + shift > 0]
            for other in others:
                changed = _with_positions(part, (*below[:number], other, *below[number + 1 :]))
                yield Repair("index", placed(side, path, changed), f"an index of {text_of(part.base)}")
        if len(below) == 2:
            yield Repair("index", placed(side, path, _with_positions(part, below[::-1])), f"the indices of {text_of(part.base)} exchanged")
    free = [letter for letter in free_letters(left) if "'" not in letter]
    for first, second in combinations(sorted(free), 2):
        yield Repair("index", exchanged(side, first, second), f"the indices {first} and {second} exchanged")


def exchanged(side: Syntax, one: str, other: str) -> Syntax:
    """Two index letters exchanged wherever they stand below a symbol."""
    names = {one: other, other: one}

    def change(part: Syntax) -> Syntax:
        if isinstance(part, Scripted) and part.below is not None:
            positions = positions_below(part.below)
            if any(letter_text(own) in names for own in positions):
                return _with_positions(
                    part, [replace(own, text=names.get(own.text, own.text)) if isinstance(own, Letter) else own for own in positions]
                )
        return part

    return bottom_up(side, change)


def _of_sums(side: Syntax, left: Syntax) -> Iterator[Repair]:
    known = free_letters(left)
    for letter in free_letters(side):
        if letter not in known and "'" not in letter:
            below = Script(side.at, (Chain(side.at, (Letter(side.at, letter),)),))
            for path, part in _parts(side):
                if isinstance(part, Factors) or not path:
                    yield Repair("index", placed(side, path, Big(side.at, "sum", below, None, part)), f"the missing sum over {letter}")
    for path, part in _parts(side):
        if isinstance(part, Big) and part.name == "sum":
            yield Repair("index", placed(side, path, part.body), "a sum that does not belong there")
    fresh = _fresh_letter(side, left)
    for path, part in _parts(side):
        if isinstance(part, Factors):
            for letter in known:
                yield from _with_sum(side, path, part, letter, fresh)


def _fresh_letter(side: Syntax, left: Syntax) -> str:
    """A letter that stands nowhere in a relation."""
    used = {part.text for own in (side, left) for _, part in places(own) if isinstance(part, Letter)}
    return next(letter for letter in "pqrskmn" if letter not in used)


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
            yield Repair("index", placed(side, path, Big(part.at, "sum", below, None, body)), "the missing sum")


def _of_captured(side: Syntax, left: Syntax) -> Iterator[Repair]:
    """A bound letter that is also free around its sum gets a letter of its own, in every way that leaves some places to the free one."""
    free = {*free_letters(left), *free_letters(side)}
    fresh = _fresh_letter(side, left)
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
                    said = f"the bound index {letter}, which is free around its sum"
                    yield Repair("captured_index", placed(side, path, replace(part, below=below, body=body)), said)


def _of_exponents(side: Syntax) -> Iterator[Repair]:
    for path, part in _parts(side):
        if isinstance(part, Scripted) and part.above is not None and (part.below is None or _is_power(part)):
            assert part.above is not None
            for exponent in _exponents(part.above):
                if exponent is None:
                    inner = replace(part, above=None) if part.below is not None or part.primes else part.base
                    yield Repair("exponent", placed(side, path, inner), "an exponent")
                else:
                    yield Repair("exponent", placed(side, path, replace(part, above=exponent)), "an exponent")
        if (isinstance(part, Group) and part.fence == "(") or (isinstance(part, Scripted) and part.above is None and not part.primes):
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            new = replace(part, above=squared) if isinstance(part, Scripted) else Scripted(part.at, part, None, squared, 0)
            yield Repair("exponent", placed(side, path, new), "a missing square")
        if isinstance(part, Scripted) and part.above is not None and part.below is not None:
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            yield Repair("exponent", placed(side, path, Scripted(part.at, grouped(part), None, squared, 0)), "a missing square")
        if isinstance(part, Factors) and "/" in part.signs:
            yield Repair("exponent", placed(side, path, replace(part, signs=("*",) * len(part.signs))), "a division")
        if isinstance(part, Fraction):
            turned = Fraction(part.at, part.bottom, part.top)
            yield Repair("exponent", placed(side, path, turned), "a fraction upside down")
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            yield Repair("exponent", placed(side, path, Scripted(part.at, grouped(part.bottom), None, squared, 0)), "an exponent")


def _is_power(part: Scripted) -> bool:
    return part.above is not None and isinstance(part.above.items[0].sides[0], Literal | Terms) and not part.above.entrywise


def _exponents(script: Script) -> Iterator[Script | None]:
    (power,) = script.items[0].sides[:1]
    if isinstance(power, Sign):
        return
    yield None
    for value in ("2", "1", "3"):
        if text_of(power) != value:
            yield replace(script, items=(Chain(power.at, (Literal(power.at, value),)),))
    minus = Terms(power.at, ("-",), (Literal(power.at, "1"),))
    yield replace(script, items=(Chain(power.at, (minus,)),))


def of_sizes(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """Divisions by a number of units or patterns left out."""
    letters = {notation.layer_size, notation.batch_size, notation.output_size, *own_limits(side)}
    for path, part in _parts(side):
        if isinstance(part, Factors) and len(part.factors) > 1:
            for number, factor in enumerate(part.factors):
                if any(isinstance(own, Letter) and own.text in letters for _, own in places(factor)):
                    rest = (*part.factors[:number], *part.factors[number + 1 :])
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("reduction", placed(side, path, own), "a number of units or patterns that does not belong there")


def _of_factors(side: Syntax, of_bias: bool, bias: str) -> Iterator[Repair]:
    for path, part in _parts(side):
        if isinstance(part, Factors):
            for number, factor in enumerate(part.factors):
                if isinstance(factor, Literal | Fraction) and len(part.factors) > 1:
                    rest = (*part.factors[:number], *part.factors[number + 1 :])
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("factor", placed(side, path, own), "a factor that does not belong there")
            for number in range(len(part.factors)):
                rest = (*part.factors[:number], *part.factors[number + 1 :])
                if rest and isinstance(part.factors[number], Scripted | Letter | Group):
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("bias" if of_bias else "factor", placed(side, path, own), "a factor that does not belong there")
        if isinstance(part, Terms) and len(part.terms) > 1:
            for number in range(len(part.terms)):
                terms = (*part.terms[:number], *part.terms[number + 1 :])
                signs = (*part.signs[:number], *part.signs[number + 1 :])
                family = "bias" if _core(part.terms[number]) == Letter(_core(part.terms[number]).at, bias) else "other"
                yield Repair(family, placed(side, path, Terms(part.at, signs, terms)), "a term that does not belong there")


def _speaks_of_bias(left: Syntax, notation: Notation) -> bool:
    """Whether the left side is a derivative by a bias."""
    names = (spelled(notation.symbols["bias"]), spelled(notation.matrices["bias"]))
    return any(isinstance(part, Letter) and part.text in names for _, part in places(left))


def _of_conditions(side: Syntax) -> Iterator[Repair]:
    for path, part in places(side):
        if isinstance(part, Chain) and len(part.signs) == 1 and part.signs[0] in _FLIPPED:
            yield Repair("condition", placed(side, path, replace(part, signs=(_FLIPPED[part.signs[0]],))), "the condition")
            yield Repair("kink", placed(side, path, replace(part, signs=(_LOOSE[part.signs[0]],))), "the value at the kink")
        if isinstance(part, CasesOf) and len(part.rows) == 2:
            values = [row[0] for row in part.rows]
            rows = tuple((value, row[1]) for value, row in zip(reversed(values), part.rows, strict=True))
            yield Repair("condition", placed(side, path, replace(part, rows=rows)), "the cases exchanged")


def _of_quantities(side: Syntax, notation: Notation) -> Iterator[Repair]:
    """One quantity in the place of another."""
    roles = ("weight", "bias", "pre_activation", "output", "target", "input", "delta")
    own = tuple(dict.fromkeys(spelled(table[role]) for table in (notation.symbols, notation.matrices) for role in roles))
    values = {spelled(notation.symbols["input"]), spelled(notation.symbols["output"])}
    for path, part in places(side):
        if isinstance(part, Letter) and part.text in own:
            for other in own:
                if other != part.text:
                    family = "layer" if {part.text, other} == values else "other"
                    yield Repair(family, placed(side, path, replace(part, text=other)), f"{other} in the place of {part.text}")
