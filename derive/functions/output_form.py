"""The derivative of an activation through its own output, f'(z) = g(f(z)): found by an ansatz and proved, not tabulated.

The ansatz is a polynomial of degree two in the output on each piece between kinks. Its coefficients are solved for at exact points;
what is returned has been proved by :func:`proves`, which knows nothing of the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from sympy import Basic, Rational

from derive.expressions import (
    ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Expression,
    Function,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Variable,
    negative,
    plus,
    product,
)
from derive.functions.branches import NotAlgebraic, Piece, compare, inlined, linear, pieces
from derive.functions.exponentials import Element, Jet, at, constant, jet, rate_of, rational, sign_on
from derive.functions.scalar import FUNCTIONS
from derive.traversal import rebuild

POINTS = tuple((Rational(z), Rational(u)) for z, u in (("1/3", 2), ("-2/5", 3), ("5/7", 7), ("3/11", 11)))
"""Where the ansatz is solved, as values of z and u, which an identity may treat as independent; the last is for rejecting."""

Coefficients = tuple[Rational, Rational, Rational]


@dataclass(frozen=True)
class OutputForm:
    """A proved short form of a derivative.

    ``expression`` is g in ``Variable()``, which stands for the output; ``function`` is another function of the table that
    the derivative is (of the argument). Either may be None.
    """

    expression: Expression | None
    function: Function | None

    def at(self, output: Expression) -> Expression:
        """G at an output."""
        if self.expression is None:
            raise ValueError("this derivative has no form through its output")

        def put(part: Basic) -> Basic:
            return output if isinstance(part, Variable) else rebuild(part, put)

        return cast(Expression, put(self.expression))


@cache
def output_form(function: Function) -> OutputForm | None:
    """The proved short forms of the derivative of ``function``; None where it has none.

    A form holds for the parameters that are written into the function's formula: leaky_relu has one for alpha > 0 only.
    """
    try:
        body = _body(function)
        expression, other = _through_output(body), _as_other(function, body)
    except NotAlgebraic:
        return None
    if expression is not None and not proves(function, expression):
        expression = None
    return OutputForm(expression, other) if expression is not None or other is not None else None


def proves(function: Function, expression: Expression) -> bool:
    """Whether f'(z) = g(f(z)) for every z, kinks included, is proved; ``expression`` is g in ``Variable()``.

    On each piece every comparison in g is decided from the range of f there, and the identity that remains is cancelled to zero. At a kink
    f' is the derivative of the branch that the kink falls in.
    """
    try:
        body, form = _body(function), inlined(expression)
        rate = rate_of(body)
        return all(_holds_on(piece, form, rate) for piece in pieces(body))
    except NotAlgebraic:
        return False


def _body(function: Function) -> Expression:
    if function.order:
        raise NotAlgebraic
    return inlined(Apply(function, Variable()))


def _holds_on(piece: Piece, form: Expression, rate: Rational) -> bool:
    found = _jet_on(piece, rate)
    decided = _decided(form, _range(piece, found, rate))
    return bool(_substituted(decided, found.element) == found.slope)


def _jet_on(piece: Piece, rate: Rational) -> Jet:
    """Value and slope on a piece; at a kink those of the branch that the kink falls in."""
    found = jet(piece.formula, rate)
    return Jet(at(found.element, piece.low), at(found.slope, piece.low)) if piece.low is not None and piece.is_kink else found


def _substituted(form: Expression, value: Element) -> Element:
    """A polynomial in ``Variable()`` at ``value``."""
    match form:
        case Variable():
            return value
        case Number():
            return constant(form.value)
        case Plus():
            return sum(_substituted(term, value) for term in form.args)
        case Product():
            result = constant(Rational(1))
            for part in form.args:
                result = result * _substituted(part, value)
            return result
        case Power() if form.exponent == Number(2):
            return _substituted(form.base, value) ** 2
    raise NotAlgebraic


Range = tuple[Rational | None, Rational | None, bool]


def _range(piece: Piece, found: Jet, rate: Rational) -> Range:
    """The values on a piece: bounds (None: unknown) and whether they are reached; an interval's bounds come from the sign of the slope."""
    if piece.is_kink or found.slope == 0:
        number = rational(found.element)
        return (number, number, True)
    sign = sign_on(found.slope, piece)
    if sign is None:
        return (None, None, False)
    low, high = (None if end is None else rational(at(found.element, end)) for end in (piece.low, piece.high))
    return (low, high, False) if sign > 0 else (high, low, False)


def _decided(form: Expression, found: Range) -> Expression:
    """``form`` with every comparison of the output with a number decided from the range of outputs."""

    def change(part: Basic) -> Basic:
        if isinstance(part, Cases):
            for case in part.cases:
                if _truth(case.relation, found):
                    return change(case.value)
            return change(part.otherwise)
        if isinstance(part, Bracket):
            return Number(int(all(_truth(relation, found) for relation in part.relations)))
        return rebuild(part, change)

    return cast(Expression, change(form))


def _truth(relation: Relation, found: Range) -> bool:
    """Whether a comparison of the output with a number holds for all outputs of a range; raises NotAlgebraic where only for some."""
    slope, constant = linear(relation.left)
    if slope != 1 or constant or not isinstance(relation.right, Number):
        raise NotAlgebraic
    low, high, reached = found
    bound = relation.right.value
    if reached and low is not None:
        return compare(low, relation.sign, bound)
    above = low is not None and low >= bound
    below = high is not None and high <= bound
    if not above and not below:
        raise NotAlgebraic
    return compare(bound + 1 if above else bound - 1, relation.sign, bound)


def _as_other(function: Function, body: Expression) -> Function | None:
    """Another function of the table that the derivative of a smooth function is."""
    smooth = _smooth(body)
    if smooth is None:
        return None
    for name in FUNCTIONS:
        other = FUNCTIONS[name]
        if other not in (function, FUNCTIONS["linear"]) and smooth == _smooth_function(other):
            return other
    return None


@cache
def _smooth_function(function: Function) -> tuple[Rational, Element] | None:
    """The rate and the value of a function without kinks; None where the field does not hold it."""
    try:
        (piece,) = pieces(body := _body(function))
        return rate_of(body), jet(piece.formula, rate_of(body)).element
    except (NotAlgebraic, ValueError):
        return None


def _smooth(body: Expression) -> tuple[Rational, Element] | None:
    """The rate and the slope of a formula without kinks."""
    (first, *more) = pieces(body)
    rate = rate_of(body)
    return None if more else (rate, jet(first.formula, rate).slope)


def _through_output(body: Expression) -> Expression | None:
    """A candidate for g, unproved."""
    rate = rate_of(body)
    parts = pieces(body)
    solved = [_solved(jet(piece.formula, rate)) for piece in parts if not piece.is_kink]
    polynomials = [coefficients for coefficients in solved if coefficients is not None]
    if len(polynomials) < len(solved):
        return None
    kinks = [_jet_on(piece, rate) for piece in parts if piece.is_kink]
    if not kinks:
        return _written(polynomials[0])
    bounds, belongs_left = [], []
    for kink, left in zip(kinks, polynomials, strict=False):
        output = rational(kink.element)
        if output is None:
            return None
        bounds.append(Number(output))
        belongs_left.append(bool(_polynomial(left, output) == rational(kink.slope)))
    return _assembled(polynomials, bounds, belongs_left)


def _solved(found: Jet) -> Coefficients | None:
    """The polynomial of least degree in the output that is the slope at the points."""
    if found.value is None:
        return None
    values = [(rational(at(found.value, z, u)), rational(at(found.slope, z, u))) for z, u in POINTS]
    points = [(output, slope) for output, slope in values if output is not None and slope is not None]
    for degree in range(3):
        coefficients = _interpolated(points[: degree + 1])
        if coefficients is None:
            return None
        if all(_polynomial(coefficients, output) == slope for output, slope in points):
            return coefficients
    return None


def _interpolated(points: list[tuple[Rational, Rational]]) -> Coefficients | None:
    """Newton's divided differences, multiplied out; None where two outputs agree."""
    (a0, s0), *rest = points
    if not rest:
        return s0, Rational(0), Rational(0)
    (a1, s1), *rest = rest
    if a1 == a0:
        return None
    d1 = (s1 - s0) / (a1 - a0)
    if not rest:
        return s0 - d1 * a0, d1, Rational(0)
    ((a2, s2),) = rest
    if a2 in (a0, a1):
        return None
    d2 = ((s2 - s1) / (a2 - a1) - d1) / (a2 - a0)
    return s0 - d1 * a0 + d2 * a0 * a1, d1 - d2 * (a0 + a1), d2


def _polynomial(coefficients: Coefficients, output: Rational) -> Rational:
    c0, c1, c2 = coefficients
    return c0 + c1 * output + c2 * output**2


def _assembled(parts: list[Coefficients], bounds: list[Number], belongs_left: list[bool]) -> Expression:
    """One formula from the polynomials between the bounds; a bound belongs to the piece on its left or on its right."""
    a = Variable()
    above = [Relation(a, ">" if left else ">=", bound) for bound, left in zip(bounds, belongs_left, strict=True)]
    below = [Relation(a, "<=" if left else "<", bound) for bound, left in zip(bounds, belongs_left, strict=True)]
    written = [_written(part) for part in parts]
    if written == [ZERO, ONE]:
        return Bracket(above[0])
    if written == [ZERO, ONE, ZERO]:
        return Bracket(above[0], Relation(a, "<=" if belongs_left[1] else "<", bounds[1]))
    if len(parts) == 2:
        (l0, l1, l2), (r0, r1, r2) = parts
        if bounds[0] == ZERO and (l0, -l1, l2) == (r0, r1, r2):
            return _written(parts[1], Apply(FUNCTIONS["abs"], a))
        return Cases(Case(written[1], above[0]), written[0])
    return Cases(*(Case(value, relation) for value, relation in zip(written, below, strict=False)), written[-1])


def _written(coefficients: Coefficients, a: Expression | None = None) -> Expression:
    """``c0 + c1*a + c2*a**2`` as a textbook writes it: ``a*(1 - a)``, ``1 - a**2``, ``(1 - |a|)**2``."""
    a = Variable() if a is None else a
    c0, c1, c2 = coefficients
    if c2 == 0:
        linear_term = [_scaled(c1, a)] if c1 else []
        return plus(*linear_term, *([Number(c0)] if c0 or not c1 else []))
    if c0 == 0 and c1:
        return _scaled(c1, product(a, _difference(ONE, -c2 / c1, a)))
    if c1**2 == 4 * c0 * c2 and c0:
        return _scaled(c0, Power(_difference(ONE, -c1 / (2 * c0), a), Number(2)))
    terms: list[Expression] = [Number(c0)] if c0 else []
    if c1:
        terms.append(_scaled(c1, a))
    return plus(*terms, _scaled(c2, Power(a, Number(2))))


def _difference(one: Expression, coefficient: Rational, a: Expression) -> Expression:
    return plus(one, _scaled(-coefficient, a))


def _scaled(coefficient: Rational, value: Expression) -> Expression:
    if coefficient == 1:
        return value
    return negative(value) if coefficient == -1 else product(Number(coefficient), value)
