"""A normal form up to the names of bound indices and the order of factors and terms.

Numbers and powers of one base are collected, factors that a sum does not bind are taken out of it, independent sums are
taken apart, and a sum of terms is summed term by term; products are never multiplied out.
"""

from __future__ import annotations

from functools import lru_cache, singledispatch
from itertools import permutations
from math import factorial

from sympy import Basic, Rational

from derive.calculus.substitute import freshen
from derive.expressions import (
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
    product,
    total,
)
from derive.indices import Affine, Axis, Index
from derive.traversal import free_indices

Names = dict[Index, str]

_MOST_ORDERS = factorial(4)


def canonical(value: Basic, names: Names | None = None) -> str:
    """A text that two expressions share only if they are equal by renaming bound indices and reordering.

    ``names`` gives labels to free indices; without it a free index is only equal to itself.
    """
    return _text(value, names or {})


def _label(index: Index, names: Names) -> str:
    return names.get(index) or f"{index.letter}#{index.args[2]}"


@singledispatch
def _text(value: Basic, names: Names) -> str:
    raise TypeError(f"no normal form for {type(value).__name__}")


@_text.register
def _(value: Index, names: Names) -> str:
    return _label(value, names)


@_text.register
def _(value: Affine, names: Names) -> str:
    parts = sorted(f"{term.coefficient}*{_label(term.index, names)}" for term in value.plus(Affine(0)).terms)
    return "+".join([str(value.constant), *parts])


@_text.register
def _(value: Tensor, names: Names) -> str:
    return value.name


@_text.register
def _(value: Axis, names: Names) -> str:
    return value.name


@_text.register
def _(value: Function, names: Names) -> str:
    return _function(value)


@lru_cache(maxsize=256)
def _function(value: Function) -> str:
    """A network reads few functions, each of them often."""
    body = "" if value.body is None else "{" + _text(value.body, {}) + "}"
    return value.name + body + "'" * value.order


@_text.register
def _(value: Number, names: Names) -> str:
    return str(value.value)


@_text.register(Constant)
@_text.register(Variable)
def _named(value: Constant | Variable, names: Names) -> str:
    return value.name if isinstance(value, Constant) else "variable"


@_text.register
def _(value: Size, names: Names) -> str:
    return f"|{value.axis.name}|"


@_text.register
def _(value: Entry, names: Names) -> str:
    return f"{value.tensor.name}[{','.join(_text(p, names) for p in value.positions)}]"


@_text.register
def _(value: Apply, names: Names) -> str:
    return f"{_text(value.function, names)}({_text(value.argument, names)})"


@_text.register
def _(value: Partial, names: Names) -> str:
    return f"d({_text(value.of, names)})/d({_text(value.by, names)})"


@_text.register
def _(value: Relation, names: Names) -> str:
    left, sign, right = _text(value.left, names), value.sign, _text(value.right, names)
    if sign in (">", ">="):
        left, sign, right = right, {">": "<", ">=": "<="}[sign], left
    if sign == "=" and isinstance(value.left, Index | Affine) and isinstance(value.right, Index | Affine):
        difference = Affine.of(value.left).plus(Affine.of(value.right).scaled(-1))
        return min(_text(difference, names), _text(difference.scaled(-1), names)) + "=0"
    return sign.join(sorted((left, right))) if sign == "=" else left + sign + right


@_text.register
def _(value: Bracket, names: Names) -> str:
    return "[" + "&".join(sorted(_text(relation, names) for relation in value.relations)) + "]"


@_text.register
def _(value: Cases, names: Names) -> str:
    cases = (f"{_text(case.value, names)} if {_text(case.relation, names)}" for case in value.cases)
    return "{" + "; ".join([*cases, _text(value.otherwise, names)]) + "}"


@_text.register
def _(value: Largest, names: Names) -> str:
    label = f"${len(names)}"
    return f"max({label}:{value.index.axis.name}, {_text(value.body, {**names, value.index: label})})"


@_text.register(Plus)
@_text.register(Product)
@_text.register(Power)
@_text.register(Total)
def _sum(value: Expression, names: Names) -> str:
    coefficient, powers = _single(_monomials(value, names))
    return _sum_text({_product_text(powers): coefficient})


Monomials = dict[str, Rational]


def _sum_text(terms: Monomials) -> str:
    parts = sorted(f"{coefficient}*{text}" if text else str(coefficient) for text, coefficient in terms.items() if coefficient)
    return "(" + "+".join(parts) + ")" if len(parts) > 1 else parts[0].removeprefix("1*") if parts else "0"


def _monomials(value: Expression, names: Names) -> Monomials:
    """The terms of a sum: the text of each without its number, and the number."""
    if isinstance(value, Plus):
        merged: Monomials = {}
        for term in value.args:
            for text, coefficient in _monomials(term, names).items():
                merged[text] = merged.get(text, Rational(0)) + coefficient
        return {text: coefficient for text, coefficient in merged.items() if coefficient}
    if isinstance(value, Total):
        return _total(value, names)
    if isinstance(value, Product):
        number, rest = _numbers_apart(value)
        if len(rest) == 1:
            return {text: number * coefficient for text, coefficient in _monomials(rest[0], names).items() if number}
    coefficient, powers = _powers(value, names)
    return {_product_text(powers): coefficient} if coefficient else {}


def _numbers_apart(value: Product) -> tuple[Rational, list[Expression]]:
    """The product of the numbers among the factors, and the other factors."""
    number, rest = Rational(1), list[Expression]()
    for factor in _flat(value):
        if isinstance(factor, Number):
            number *= factor.value
        else:
            rest.append(factor)
    return number, rest


def _powers(value: Expression, names: Names) -> tuple[Rational, dict[str, Rational]]:
    """A product as its number and the exponent of each base."""
    if isinstance(value, Number):
        return value.value, {}
    if isinstance(value, Product):
        coefficient, powers = Rational(1), dict[str, Rational]()
        for factor in value.args:
            number, more = _powers(factor, names)
            coefficient *= number
            for base, exponent in more.items():
                powers[base] = powers.get(base, Rational(0)) + exponent
        return coefficient, {base: exponent for base, exponent in powers.items() if exponent}
    if isinstance(value, Power) and isinstance(value.exponent, Number):
        exponent = value.exponent.value
        number, powers = _powers(value.base, names)
        if exponent.is_Integer or number == 1:
            return number**exponent, {base: own * exponent for base, own in powers.items()}
        return Rational(1), {_sum_text({_product_text(powers): number}): exponent}
    if isinstance(value, Power):
        return Rational(1), {f"({_text(value.base, names)})^({_text(value.exponent, names)})": Rational(1)}
    if isinstance(value, Bracket):
        return Rational(1), {_text(Bracket(relation), names): Rational(1) for relation in value.relations}
    if isinstance(value, Plus | Total):
        return _single(_monomials(value, names))
    return Rational(1), {_text(value, names): Rational(1)}


def _single(terms: Monomials) -> tuple[Rational, dict[str, Rational]]:
    """A sum as one factor; a sum of one term gives its number to the product, a longer one its leading number."""
    if not terms:
        return Rational(0), {}
    leading = terms[min(terms)]
    scaled = {text: coefficient / leading for text, coefficient in terms.items()}
    if len(scaled) == 1:
        (text,) = scaled
        return leading, {part: Rational(1) for part in [text] if part}
    return leading, {_sum_text(scaled): Rational(1)}


def _product_text(powers: dict[str, Rational]) -> str:
    return "*".join(sorted(base if exponent == 1 else f"{base}^{exponent}" for base, exponent in powers.items()))


def _total(value: Total, names: Names) -> Monomials:
    bound, body = [value.index], value.body
    while isinstance(body, Total):
        bound.append(body.index)
        body = body.body
    return _total_over(tuple(bound), body, names)


def _total_over(bound: tuple[Index, ...], body: Expression, names: Names) -> Monomials:
    if isinstance(body, Plus):
        merged: Monomials = {}
        for term in body.args:
            for text, coefficient in _total_over(bound, term, names).items():
                merged[text] = merged.get(text, Rational(0)) + coefficient
        return merged
    if isinstance(body, Total):
        return _total_over((*bound, body.index), body.body, names)
    factors = [part for factor in (body.args if isinstance(body, Product) else (body,)) for part in _flat(factor)]
    for place, factor in enumerate(factors):
        if isinstance(factor, Total):
            factor = freshen(factor) if factor.index in bound else factor
            rest = Product(*factors[:place], factor.body, *factors[place + 1 :])
            return _total_over((*bound, factor.index), rest, names)
    inside = [factor for factor in factors if any(index in bound for index in free_indices(factor))]
    outside = [factor for factor in factors if factor not in inside]
    used = [index for index in bound if any(index in free_indices(factor) for factor in inside)]
    outside += [Size(index.axis) for index in bound if index not in used]
    sums = _independent_sums(used, inside)
    if outside or len(sums) != 1:
        number, powers = _powers(Product(*outside, *sums), names)
        return {_product_text(powers): number} if number else {}
    if len(inside) == 1 and isinstance(inside[0], Plus):
        return _total_over(bound, inside[0], names)
    coefficient, text = _best_names(tuple(used), Product(*inside), names)
    return {text: coefficient}


def _independent_sums(bound: list[Index], factors: list[Expression]) -> list[Expression]:
    """The sums whose product is a sum over several indices: factors that share no bound index are summed apart."""
    groups: list[list[Expression]] = []
    for factor in factors:
        mine = [i for i in bound if i in free_indices(factor)]
        linked = [group for group in groups if any(i in free_indices(other) for other in group for i in mine)]
        groups = [group for group in groups if group not in linked] + [[*(f for group in linked for f in group), factor]]
    return [total(tuple(i for i in bound if any(i in free_indices(f) for f in group)), product(*group)) for group in groups]


def _flat(factor: Expression) -> tuple[Expression, ...]:
    return tuple(part for inner in factor.args for part in _flat(inner)) if isinstance(factor, Product) else (factor,)


def _best_names(bound: tuple[Index, ...], body: Expression, names: Names) -> tuple[Rational, str]:
    """The number and text of a sum whose bound indices are labelled in the order that gives the smallest text."""
    orders = list(permutations(bound)) if factorial(len(bound)) <= _MOST_ORDERS else [bound]
    best: tuple[str, Rational] | None = None
    for order in orders:
        labels = {index: f"${len(names) + place}" for place, index in enumerate(order)}
        number, powers = _powers(body, {**names, **labels})
        axes = ",".join(f"{label}:{index.axis.name}" for index, label in labels.items())
        text = f"sum({axes}, {_product_text(powers)})"
        if best is None or text < best[0]:
            best = (text, number)
    assert best is not None
    return best[1], best[0]
