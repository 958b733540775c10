"""Repairs of signs, exponents, factors and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.claims.repairs.common import Repair, core, grouped, spots
from derive.claims.rewritten import own_limits
from derive.notation.profile import Notation
from derive.reader.names import spelled
from derive.reader.rewriting import placed, places
from derive.reader.scope import positions_below
from derive.reader.syntax import (
    CasesOf,
    Chain,
    Factors,
    Fence,
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


def negated(side: Syntax) -> Syntax:
    """The side with the other sign."""
    if isinstance(side, Terms):
        return replace(side, signs=tuple("-" if sign == "+" else "+" for sign in side.signs))
    return Terms(side.at, ("-",), (side,))


def of_signs(side: Syntax) -> Iterator[Repair]:
    """Signs of the whole and of terms, and differences the wrong way round."""
    yield Repair("sign", negated(side), "the sign is wrong")
    for path, part in spots(side):
        if isinstance(part, Terms):
            for number, sign in enumerate(part.signs):
                signs = (*part.signs[:number], "-" if sign == "+" else "+", *part.signs[number + 1 :])
                yield Repair("sign", placed(side, path, replace(part, signs=signs)), "the sign of a term is wrong")
            if len(part.terms) > 1 and path:
                yield Repair("sign", placed(side, path, negated(part)), "a difference stands the wrong way round")


def of_exponents(side: Syntax) -> Iterator[Repair]:
    """Exponents, and fractions upside down."""
    for path, part in spots(side):
        if isinstance(part, Scripted) and part.above is not None and (part.below is None or _is_power(part)):
            assert part.above is not None
            for exponent in _exponents(part.above):
                if exponent is None:
                    inner = replace(part, above=None) if part.below is not None or part.primes else part.base
                    yield Repair("exponent", placed(side, path, inner), "an exponent is wrong")
                else:
                    yield Repair("exponent", placed(side, path, replace(part, above=exponent)), "an exponent is wrong")
        if (isinstance(part, Group) and part.fence == "(") or (isinstance(part, Scripted) and part.above is None and not part.primes):
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            new = replace(part, above=squared) if isinstance(part, Scripted) else Scripted(part.at, part, None, squared, 0)
            yield Repair("exponent", placed(side, path, new), "a square is missing")
        if isinstance(part, Scripted) and part.above is not None and part.below is not None:
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            yield Repair("exponent", placed(side, path, Scripted(part.at, grouped(part), None, squared, 0)), "a square is missing")
        if isinstance(part, Fence) and part.name == "norm":
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            yield Repair("exponent", placed(side, path, Scripted(part.at, part, None, squared, 0)), "a square is missing")
        if isinstance(part, Factors) and "/" in part.signs:
            yield Repair("exponent", placed(side, path, replace(part, signs=("*",) * len(part.signs))), "a division should be a product")
        if isinstance(part, Fraction):
            turned = Fraction(part.at, part.bottom, part.top)
            yield Repair("exponent", placed(side, path, turned), "a fraction stands upside down")
            squared = Script(part.at, (Chain(part.at, (Literal(part.at, "2"),)),))
            yield Repair("exponent", placed(side, path, Scripted(part.at, grouped(part.bottom), None, squared, 0)), "an exponent is wrong")


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
    letters = {notation.layer_size, notation.batch_size, notation.output_size, *own_limits(side, notation)}
    for path, part in spots(side):
        if isinstance(part, Factors) and len(part.factors) > 1:
            for number, factor in enumerate(part.factors):
                indexed = isinstance(factor, Scripted) and factor.below is not None and len(positions_below(factor.below)) > 1
                if not indexed and any(isinstance(own, Letter) and own.text in letters for _, own in places(factor)):
                    rest = (*part.factors[:number], *part.factors[number + 1 :])
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("reduction", placed(side, path, own), "a number of units or patterns does not belong there")


def of_factors(side: Syntax, of_bias: bool, bias: str) -> Iterator[Repair]:
    """Factors and terms that do not belong there; of the gradient of a ``bias`` a factor is a mistake of its own."""
    for path, part in spots(side):
        if isinstance(part, Factors):
            for number, factor in enumerate(part.factors):
                if isinstance(factor, Literal | Fraction) and len(part.factors) > 1:
                    rest = (*part.factors[:number], *part.factors[number + 1 :])
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("factor", placed(side, path, own), "a factor does not belong there")
            for number in range(len(part.factors)):
                rest = (*part.factors[:number], *part.factors[number + 1 :])
                if rest and isinstance(part.factors[number], Scripted | Letter | Group):
                    own = rest[0] if len(rest) == 1 else Factors(part.at, ("*",) * (len(rest) - 1), rest)
                    yield Repair("bias" if of_bias else "factor", placed(side, path, own), "a factor does not belong there")
        if isinstance(part, Terms) and len(part.terms) > 1:
            for number in range(len(part.terms)):
                terms = (*part.terms[:number], *part.terms[number + 1 :])
                signs = (*part.signs[:number], *part.signs[number + 1 :])
                of_term = core(part.terms[number]) if not of_bias else part.terms[number]
                named = any(isinstance(own, Letter) and own.text == bias for _, own in places(of_term))
                family = "bias" if named else "other"
                yield Repair(family, placed(side, path, Terms(part.at, signs, terms)), "a term does not belong there")


def speaks_of_bias(left: Syntax, notation: Notation) -> bool:
    """Whether the left side is a derivative by a bias."""
    names = (spelled(notation.symbols["bias"]), spelled(notation.matrices["bias"]))
    return any(isinstance(part, Letter) and part.text in names for _, part in places(left))


def of_conditions(side: Syntax) -> Iterator[Repair]:
    """Conditions and cases the wrong way round, and other values at a kink."""
    for path, part in places(side):
        if isinstance(part, Chain) and len(part.signs) == 1 and part.signs[0] in _FLIPPED:
            yield Repair(
                "condition", placed(side, path, replace(part, signs=(_FLIPPED[part.signs[0]],))), "the condition is the wrong way round"
            )
            yield Repair("kink", placed(side, path, replace(part, signs=(_LOOSE[part.signs[0]],))), "the value at the kink is another")
        if isinstance(part, CasesOf) and len(part.rows) == 2:
            values = [row[0] for row in part.rows]
            rows = tuple((value, row[1]) for value, row in zip(reversed(values), part.rows, strict=True))
            yield Repair("condition", placed(side, path, replace(part, rows=rows)), "the cases are exchanged")
