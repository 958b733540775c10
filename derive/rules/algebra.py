"""Rules that hold in any algebra: brackets contracted, numbers multiplied, factors folded, shared and cancelled."""

from __future__ import annotations

from sympy import Basic, Rational

from derive.calculus.contract import contract
from derive.calculus.fold import fold
from derive.calculus.scalar_algebra import cancelled
from derive.calculus.split import split
from derive.calculus.tidy import base_and_exponent, is_divisor, leading_sign, tidy
from derive.expressions import Apply, Entry, Expression, Number, Plus, Power, Product, Total, factors_of, plus, product, terms_of
from derive.rules.surroundings import Surroundings
from derive.steps import Step
from derive.traversal import free_indices, rebuild


def contraction(value: Expression, around: Surroundings) -> Step | None:
    """sum_p u_p [p = j] = u_j."""
    after, eliminated = contract(value)
    if after == value:
        return None
    named = (((f"index{place}", index), (f"position{place}", position)) for place, (index, position) in enumerate(eliminated))
    parted = split(value)
    finer = (Step("split", value, parted), Step("no_terms", parted, after)) if parted != value else ()
    return Step("contraction", value, after, tuple(part for pair in named for part in pair), None, finer)


def arithmetic(value: Expression, around: Surroundings) -> Step | None:
    """Numbers multiplied, units dropped, equal factors cancelled."""
    after = positive_first(tidy(value))
    return Step("arithmetic", value, after) if after != value else None


def fold_definition(value: Expression, around: Surroundings) -> Step | None:
    """A definition's right side is the value that it defines."""
    after, folded = fold(value, around.definitions)
    if folded:
        return Step("fold_definition", value, after, _values(folded))
    loose = plus(*(_loosened(term, around) for term in terms_of(value)))
    after, folded = fold(loose, around.definitions) if loose != value else (value, ())
    if not folded:
        return None
    finer = (Step("take_out", value, loose), Step("fold_definition", loose, after, _values(folded)))
    return Step("fold_definition", value, after, _values(folded), None, finer)


def fold_function(value: Expression, around: Surroundings) -> Step | None:
    """f(u) is the value that it defines, at once where u is a formula, so that it is not carried along."""
    known = tuple(own for own in around.definitions if isinstance(own.right, Apply) and not isinstance(own.right.argument, Entry))
    after, folded = fold(value, known)
    return Step("fold_definition", value, after, _values(folded)) if folded else None


def _values(folded: tuple[Entry, ...]) -> tuple[tuple[str, Basic], ...]:
    return tuple(("value", entry) for entry in folded)


def _loosened(term: Expression, around: Surroundings) -> Expression:
    """``term`` with the factors that its sums do not bind taken out, where a definition can be folded only then."""
    loose = take_out(term)
    return loose if loose != term and fold(loose, around.definitions)[1] else term


def common_factor(value: Expression, around: Surroundings) -> Step | None:
    """A common factor stands once: u v + u w = u (v + w), also out of sums that do not bind u; of two powers of u the lower one."""
    if not isinstance(value, Plus):
        return None
    terms = [_powers(take_out(term)) for term in value.args]
    number = abs(terms[0][0]) if len({abs(number) for number, _ in terms}) == 1 else Rational(1)
    (_, first), *others = terms
    common = {base: _shared([power, *(own.get(base, Rational(0)) for _, own in others)]) for base, power in first.items()}
    outside = [_factor(base, power) for base, power in common.items() if power]
    if not outside and number == 1:
        return None
    rests = (product(Number(own / number), *_without(powers, common)) for own, powers in terms)
    inside = positive_first(tidy(plus(*rests)))
    return Step("common_factor", value, product(*((Number(number),) if number != 1 else ()), *outside, inside))


def _powers(term: Expression) -> tuple[Rational, dict[Expression, Rational]]:
    """A product as its number and the exponent of each base, in the order written."""
    number, powers = Rational(1), dict[Expression, Rational]()
    for factor in factors_of(term):
        base, exponent = base_and_exponent(factor)
        if isinstance(factor, Number):
            number *= factor.value
        elif exponent is None:
            powers[factor] = powers.get(factor, Rational(0)) + 1
        else:
            powers[base] = powers.get(base, Rational(0)) + exponent
    return number, powers


def _without(powers: dict[Expression, Rational], common: dict[Expression, Rational]) -> tuple[Expression, ...]:
    left = {base: power - common.get(base, Rational(0)) for base, power in powers.items()}
    return tuple(_factor(base, power) for base, power in left.items() if power)


def _shared(powers: list[Rational]) -> Rational:
    """The power that all of these have in common."""
    if all(power > 0 for power in powers):
        return min(powers)
    return max(powers) if all(power < 0 for power in powers) else Rational(0)


def _factor(base: Expression, power: Rational) -> Expression:
    return base if power == 1 else Power(base, Number(power))


def constant_factor(value: Expression, around: Surroundings) -> Step | None:
    """sum_k c u_k = c sum_k u_k for a constant or a divisor c, or where a single entry is left to sum up."""
    after = _without_constants(value)
    return Step("constant_factor", value, after) if after != value else None


def _without_constants(value: Basic) -> Expression:
    value = rebuild(value, _without_constants)
    if isinstance(value, Total):
        factors = factors_of(value.body)
        loose = tuple(f for f in factors if value.index not in free_indices(f))
        single = len(loose) == len(factors) - 1
        outside = tuple(f for f in loose if single or not free_indices(f) or is_divisor(f))
        inside = tuple(f for f in factors if f not in outside)
        return product(*outside, Total(value.index, product(*inside))) if outside and inside else value
    return product(*value.args) if isinstance(value, Product) else value


def cancellation(value: Expression, around: Surroundings) -> Step | None:
    """Common factors of numerator and denominator are cancelled; SymPy does this algebra of scalars."""
    after = cancelled(value)
    return Step("cancellation", value, after) if after is not None else None


def take_out(value: Expression) -> Expression:
    """A sum with the factors that it does not bind in front of it; of a product, the sums stand last."""
    if isinstance(value, Product):
        parts = [part for factor in value.args for part in factors_of(take_out(factor))]
        return product(*sorted(parts, key=lambda part: isinstance(part, Total)))
    if not isinstance(value, Total):
        return value
    inner = factors_of(take_out(value.body))
    outside = tuple(f for f in inner if value.index not in free_indices(f))
    inside = tuple(f for f in inner if f not in outside)
    if not inside:
        return value
    return product(*outside, Total(value.index, product(*inside))) if outside else value


def positive_first(value: Expression) -> Expression:
    """Every sum that begins with a minus sign begins with a positive term instead, if it has one."""
    if isinstance(value, Plus) and leading_sign(value.args[0]) < 0:
        leading = next((term for term in value.args if leading_sign(term) > 0), None)
        if leading is not None:
            return plus(leading, *(term for term in value.args if term is not leading))
    return rebuild(value, lambda part: positive_first(part) if isinstance(part, Expression) else part)
