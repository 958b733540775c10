"""SymPy does the algebra of scalars at the leaves: entries, sums and functions are opaque symbols to it."""

from __future__ import annotations

from sympy import Add, Basic, Integer, Mul, Pow, Rational, Symbol, cancel, factor

from derive.calculus.canonical import canonical
from derive.calculus.tidy import base_and_exponent, leading_sign, tidy
from derive.expressions import MINUS_ONE, Constant, Entry, Expression, Number, Plus, Power, Product, Size, negative, plus, product
from derive.traversal import walk

Symbols = dict[str, tuple[Symbol, Expression]]

MOST_SYMBOLS = 8
"""Factors of a rational expression in more symbols are not looked for: a reader would not see them, and the search takes seconds."""


def as_sympy(value: Expression, symbols: Symbols) -> Basic:
    """``value`` as a SymPy expression; everything but numbers, sums, products and powers becomes a symbol, noted in ``symbols``."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Plus):
        return Add(*(as_sympy(term, symbols) for term in value.args))
    if isinstance(value, Product):
        return Mul(*(as_sympy(term, symbols) for term in value.args))
    if isinstance(value, Power) and isinstance(value.exponent, Number):
        return Pow(as_sympy(value.base, symbols), value.exponent.value)
    key = canonical(value)
    if key not in symbols:
        symbols[key] = (Symbol(f"s{len(symbols)}", positive=isinstance(value, Size | Constant) or None), value)
    return symbols[key][0]


def from_sympy(value: Basic, symbols: Symbols) -> Expression:
    """The way back. Factors and terms stand in the order in which their symbols were first met; a positive term leads a sum."""
    back = dict(symbols.values())
    rank = {symbol: place for place, symbol in enumerate(back)}

    def place(part: Basic) -> tuple[int, int, str]:
        met = [rank[symbol] for symbol in part.free_symbols]
        return (len(met) > 0, min(met, default=-1), str(part))

    def convert(part: Basic) -> Expression:
        if isinstance(part, Symbol):
            return back[part]
        if isinstance(part, Integer | Rational):
            return Number(part)
        if isinstance(part, Add):
            terms = [convert(term) for term in sorted(part.args, key=place)]
            return plus(*sorted(terms, key=lambda term: leading_sign(term) < 0))
        if isinstance(part, Mul):
            return _signs_sorted([convert(term) for term in sorted(part.args, key=place)])
        if isinstance(part, Pow):
            return Power(convert(part.base), convert(part.exp))
        raise TypeError(f"no way back from {type(part).__name__}")

    return tidy(convert(value))


def _signs_sorted(factors: list[Expression]) -> Expression:
    """A product whose factors read ``1 - u`` rather than ``u - 1``, and whose own sign is taken into a difference if it has one."""
    sign, sorted_factors = 1, list[Expression]()
    for part in factors:
        base, exponent = base_and_exponent(part)
        odd = exponent is not None and exponent.is_Integer and exponent % 2 == 1
        if odd and isinstance(base, Plus) and any(isinstance(t, Number) and t.value < 0 for t in base.args):
            part, sign = tidy(Power(_opposite(base), Number(exponent))), -sign
        elif isinstance(part, Number) and part.value < 0:
            part, sign = negative(part), -sign
        sorted_factors.append(part)
    for place, part in enumerate(sorted_factors):
        if sign < 0 and isinstance(part, Plus) and not any(isinstance(t, Number) for t in part.args):
            sorted_factors[place], sign = _opposite(part), 1
    return product(*((MINUS_ONE,) if sign < 0 else ()), *sorted_factors)


def _opposite(value: Plus) -> Expression:
    terms = [tidy(negative(term)) for term in value.args]
    return plus(*sorted(terms, key=lambda term: leading_sign(term) < 0))


def weight(value: Basic) -> int:
    """How long an expression is to read: the number of nodes in it."""
    return sum(1 for node in walk(value) if isinstance(node, Expression))


def cancelled(value: Expression) -> Expression | None:
    """A shorter form with fewer fractions by cancelling common factors of a rational expression, if there is one."""
    fractions = _fractions(value)
    if not fractions:
        return None
    symbols: Symbols = {}
    rational = as_sympy(value, symbols)
    if len(symbols) > MOST_SYMBOLS:
        return None
    short = factor(cancel(rational))
    if not short.as_numer_denom()[0].free_symbols <= _multiplied(rational):
        return None
    shorter = from_sympy(short, symbols)
    return shorter if weight(shorter) < weight(value) and _fractions(shorter) < fractions else None


def _multiplied(rational: Basic) -> set[Basic]:
    """The symbols that do more than divide: terms are not brought to a common denominator by multiplying with the others."""
    divided = {node: Integer(1) for node in rational.atoms(Pow) if node.base.is_Symbol and node.exp.is_negative}
    return rational.xreplace(divided).free_symbols


def _fractions(value: Expression) -> int:
    """How many products divide by something that is computed."""
    if isinstance(value, Product):
        return int(any(map(_divides, value.args))) + sum(_fractions(f) for f in value.args if not _divides(f))
    if isinstance(value, Plus):
        return sum(map(_fractions, value.args))
    return int(_divides(value))


def _divides(node: Expression) -> bool:
    negative = isinstance(node, Power) and isinstance(node.exponent, Number) and bool(node.exponent.value < 0)
    return negative and any(isinstance(part, Entry) for part in walk(node.base))
