"""Repairs of transposes and of the order of arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.claims.repairs.common import Repair, core, grouped, spots
from derive.reader.rewriting import placed
from derive.reader.symbols import is_top
from derive.reader.syntax import (
    Chain,
    Entrywise,
    Factors,
    Group,
    Letter,
    Script,
    Scripted,
    Sign,
    Syntax,
    Terms,
    text_of,
)


def transposed(part: Syntax) -> Syntax:
    """A part with a transpose, or without the one that it has."""
    if isinstance(part, Scripted) and part.above is not None and is_top(part.above):
        inner = replace(part, above=None) if part.below is not None or part.primes else part.base
        return _unwrapped(inner)
    top = Sign(part.at, "top")
    base = part if isinstance(part, Letter | Group) else grouped(part)
    return Scripted(part.at, base, None, Script(part.at, (Chain(part.at, (top,)),)), 0)


def _unwrapped(part: Syntax) -> Syntax:
    """The symbol in parentheses that hold nothing else."""
    if isinstance(part, Group) and part.fence == "(" and len(part.items) == 1 and not part.items[0].signs:
        inner = part.items[0].sides[0]
        return inner if isinstance(inner, Scripted | Letter) else part
    return part


def of_transposes(side: Syntax) -> Iterator[Repair]:
    """Transposes, and the order of factors, in products of arrays."""
    for path, part in spots(side):
        if isinstance(part, Factors) and _are_arrays(part):
            for number, factor in enumerate(part.factors):
                if isinstance(factor, Scripted | Letter | Group) and not isinstance(factor, Sign):
                    changed = replace(part, factors=(*part.factors[:number], transposed(factor), *part.factors[number + 1 :]))
                    yield Repair(
                        "transpose",
                        placed(side, path, changed),
                        f"{text_of(core(factor))} is transposed where it should not be, or not where it should",
                    )
            if len(part.factors) == 2:
                yield Repair(
                    "transpose",
                    placed(side, path, replace(part, factors=part.factors[::-1])),
                    "a product of arrays stands in the wrong order",
                )
                both = tuple(transposed(factor) for factor in part.factors)
                yield Repair("transpose", placed(side, path, replace(part, factors=both)), "the wrong factor is transposed")
                turned = tuple(transposed(factor) for factor in part.factors[::-1])
                yield Repair(
                    "transpose",
                    placed(side, path, replace(part, factors=turned)),
                    "a product of arrays stands in the wrong order, and the wrong factor is transposed",
                )


def of_whole_transposed(side: Syntax) -> Iterator[Repair]:
    """The whole side transposed."""
    yield Repair("transpose", transposed(side), "the whole is transposed")


def of_products(side: Syntax) -> Iterator[Repair]:
    """A product entry by entry for one of arrays, and the other way round."""
    for path, part in spots(side):
        if isinstance(part, Factors) and len(part.factors) > 1 and _are_arrays(part):
            for cut in range(1, len(part.factors)):
                halves = (_product(part, 0, cut), _product(part, cut, len(part.factors)))
                changed = placed(side, path, Entrywise(part.at, ("*",), halves))
                yield Repair("other", changed, "a product entry by entry is written as one of arrays")
        if isinstance(part, Entrywise) and set(part.signs) == {"*"}:
            changed = placed(side, path, Factors(part.at, part.signs, part.parts))
            yield Repair("other", changed, "a product of arrays is written as one entry by entry")


def of_parentheses(side: Syntax) -> Iterator[Repair]:
    """Parentheses that are missing around a sum of terms, or stand around other factors than they should."""
    for path, part in spots(side):
        if isinstance(part, Terms) and len(part.terms) > 1:
            yield from _around_terms(side, path, part)
        if isinstance(part, Factors) and isinstance(part.factors[-1], Group):
            (inner,) = (item.sides[0] for item in part.factors[-1].items[:1])
            if isinstance(inner, Entrywise):
                head = Factors(part.at, part.signs, (*part.factors[:-1], inner.parts[0]))
                changed = replace(inner, parts=(head, *inner.parts[1:]))
                yield Repair("other", placed(side, path, changed), "the parentheses stand around the wrong factors")
        if isinstance(part, Entrywise) and isinstance(part.parts[0], Factors):
            first = part.parts[0]
            group = grouped(replace(part, parts=(first.factors[-1], *part.parts[1:])))
            changed_product = replace(first, factors=(*first.factors[:-1], group))
            yield Repair("other", placed(side, path, changed_product), "the parentheses stand around the wrong factors")


def _around_terms(side: Syntax, path: tuple[str | int, ...], part: Terms) -> Iterator[Repair]:
    """The last term's first factor with all terms before it in parentheses, and the other way round."""
    said = "parentheses are missing"
    *before, last = part.terms
    if isinstance(last, Factors):
        group = grouped(replace(part, terms=(*before, last.factors[0])))
        yield Repair("other", placed(side, path, replace(last, factors=(group, *last.factors[1:]))), said)
    if isinstance(last, Entrywise):
        group = grouped(replace(part, terms=(*before, last.parts[0])))
        yield Repair("other", placed(side, path, replace(last, parts=(group, *last.parts[1:]))), said)
    first, rest = part.terms[0], part.terms[1:]
    if isinstance(first, Factors) and part.signs[0] == "+":
        group = grouped(replace(part, terms=(first.factors[-1], *rest)))
        yield Repair("other", placed(side, path, replace(first, factors=(*first.factors[:-1], group))), said)


def _product(part: Factors, start: int, end: int) -> Syntax:
    if end - start == 1:
        return part.factors[start]
    return Factors(part.factors[start].at, part.signs[start : end - 1], part.factors[start:end])


def _are_arrays(part: Factors) -> bool:
    """Whether a product may be one of arrays: no factor has an index below."""
    return all(not (isinstance(factor, Scripted) and factor.below is not None) for factor in part.factors)
