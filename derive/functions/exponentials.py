"""Exact algebra of formulas in z and exponentials of z: numbers of the field Q(z, u) with u = exp(rate*z).

z and u are algebraically independent over the rationals, so two such formulas are the same function exactly when they are the same
element of the field. Nothing here is approximate, and nothing needs simplifying: the field keeps its elements in lowest terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Any

from sympy import QQ, Rational
from sympy.polys.fields import field

from derive.expressions import Apply, Expression, Number, Plus, Power, Product, Variable
from derive.functions.branches import NotAlgebraic, Piece, linear
from derive.traversal import walk

FIELD, Z, U = field("z, u", QQ)
HIGHEST_POWER = 50
"""Of u or of a factor; beyond it the algebra would cost more than a short form is worth."""

Element = Any
"""An element of the field; SymPy gives its classes no types."""


@dataclass(frozen=True)
class Jet:
    """A formula's value and its derivative by z; the value of a logarithm is None, for it is not in the field."""

    value: Element | None
    slope: Element

    @property
    def element(self) -> Element:
        """The value; raises NotAlgebraic where it is not in the field."""
        if self.value is None:
            raise NotAlgebraic
        return self.value


def rate_of(formula: Expression) -> Rational:
    """The rate r for which every exponential in the formula is a whole power of ``exp(r*z)``."""
    slopes = [linear(node.argument) for node in walk(formula) if isinstance(node, Apply) and node.function.name in ("exp", "tanh")]
    if any(constant for _, constant in slopes):
        raise NotAlgebraic
    rates = [abs(slope) for slope, _ in slopes if slope]
    if not rates:
        return Rational(1)
    bottom = 1
    for rate in rates:
        bottom = bottom * int(rate.q) // gcd(bottom, int(rate.q))
    return Rational(gcd(*(int(rate * bottom) for rate in rates)), bottom)


def jet(formula: Expression, rate: Rational) -> Jet:
    """The value and the derivative of a formula in ``Variable()`` without cases; raises NotAlgebraic outside the field."""
    match formula:
        case Variable():
            return Jet(Z, FIELD.one)
        case Number():
            return Jet(constant(formula.value), FIELD.zero)
        case Plus():
            return _sum([jet(term, rate) for term in formula.args])
        case Product():
            result = Jet(FIELD.one, FIELD.zero)
            for factor in formula.args:
                result = _product(result, jet(factor, rate))
            return result
        case Power() if isinstance(formula.exponent, Number) and formula.exponent.value.is_Integer:
            base, exponent = jet(formula.base, rate), int(formula.exponent.value)
            if abs(exponent) > HIGHEST_POWER or base.element == 0:
                raise NotAlgebraic
            return Jet(base.element**exponent, constant(Rational(exponent)) * base.element ** (exponent - 1) * base.slope)
        case Apply() if formula.function.name == "exp":
            slope = linear(formula.argument)[0]
            value = _power_of_u(slope / rate)
            return Jet(value, constant(slope) * value)
        case Apply() if formula.function.name == "tanh":
            slope = linear(formula.argument)[0]
            squared = _power_of_u(2 * slope / rate)
            value = (squared - 1) / (squared + 1)
            return Jet(value, constant(slope) * (1 - value**2))
        case Apply() if formula.function.name == "log":
            argument = jet(formula.argument, rate)
            return Jet(None, argument.slope / argument.element)
    raise NotAlgebraic


def _power_of_u(exponent: Rational) -> Element:
    if abs(exponent) > HIGHEST_POWER:
        raise NotAlgebraic
    return U ** int(exponent)


def _sum(terms: list[Jet]) -> Jet:
    values: list[Element] = [term.value for term in terms]
    value = None if any(known is None for known in values) else sum(values, FIELD.zero)
    return Jet(value, sum((term.slope for term in terms), FIELD.zero))


def _product(left: Jet, right: Jet) -> Jet:
    return Jet(left.element * right.element, left.slope * right.element + left.element * right.slope)


def constant(number: Rational) -> Element:
    """A rational number as an element."""
    return FIELD(QQ(int(number.p), int(number.q)))


def rational(element: Element) -> Rational | None:
    """An element as a rational number; None where it depends on z or u."""
    if not (element.numer.is_ground and element.denom.is_ground):
        return None
    quotient = QQ.quo(element.numer.LC, element.denom.LC) if element else QQ(0)
    return Rational(int(quotient.numerator), int(quotient.denominator))


def at(element: Element, z: Rational, u: Rational | None = None) -> Element:
    """The value at z, with u following z; u stays a letter where it would be irrational, unless it is given."""
    if u is None and z == 0:
        u = Rational(1)
    top, bottom = (part.compose(_ring(z, u)) for part in (element.numer, element.denom))
    if bottom == 0:
        raise NotAlgebraic
    return FIELD(top) / FIELD(bottom)


def _ring(z: Rational, u: Rational | None) -> list[tuple[Any, Any]]:
    ring = FIELD.ring
    letters = [(ring.gens[0], ring(QQ(int(z.p), int(z.q))))]
    return letters if u is None else [*letters, (ring.gens[1], ring(QQ(int(u.p), int(u.q))))]


def sign_on(element: Element, piece: Piece) -> int | None:
    """The sign on a whole interval where it shows: beyond the interval's end all coefficients have one sign. None where it does not."""
    ring = FIELD.ring
    z = ring.gens[0]
    beyond = z
    if piece.low is not None and piece.high is None:
        beyond = z + QQ(int(piece.low.p), int(piece.low.q))
    elif piece.high is not None and piece.low is None:
        beyond = -z + QQ(int(piece.high.p), int(piece.high.q))
    elif element.numer.degree(z) > 0 or element.denom.degree(z) > 0:
        return None
    signs = {1 if c > 0 else -1 for c in element.numer.compose(z, beyond).coeffs()}
    below = {1 if c > 0 else -1 for c in element.denom.compose(z, beyond).coeffs()}
    return signs.pop() * below.pop() if len(signs) == len(below) == 1 else None
