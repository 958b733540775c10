"""From an expression to its layout: brackets where precedence asks for them, factors and terms in the order written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch

from sympy import Basic

from derive.calculus.ranges import is_positional
from derive.expressions import (
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Largest,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Total,
    Variable,
    factors_of,
    product,
)
from derive.indices import Affine, Index
from derive.notation.layout import (
    Big,
    Branches,
    Digits,
    Fenced,
    Fraction,
    Gap,
    Layout,
    Root,
    Row,
    Scripts,
    Sign,
    Symbol,
    Words,
    argument,
    fenced,
    height,
    joined,
    row,
)
from derive.notation.letters import Letters
from derive.notation.numerals import is_cut as is_cut
from derive.notation.numerals import number_layout
from derive.notation.profile import Notation
from derive.notation.symbols import activation_name, entry_layout, has_limits, loss_layout, size_layout
from derive.notation.view import NUMBERED, View, is_pattern_axis
from derive.notation.written import Written

THIN = Gap("thin")
MINUS = Sign("-")


@dataclass(frozen=True)
class Page:
    """What an expression needs besides itself to be set: the notation, the view and the letters of the indices."""

    notation: Notation
    view: View = NUMBERED
    letters: Letters = field(default_factory=dict)


@singledispatch
def layout(value: Basic, page: Page) -> Layout:
    """The layout of an expression, a position, a relation or an index.

    Raises ``TypeError``: no rule for this kind of node.
    """
    raise TypeError(f"no layout for {type(value).__name__}")


@layout.register
def _(value: Index, page: Page) -> Layout:
    return page.letters.get(value, Symbol(value.letter))


@layout.register
def _(value: Affine, page: Page) -> Layout:
    """Positions are counted from 1 in notes, so a fixed position is one more than in code; a shift stays as it is."""
    if not value.terms:
        return Digits(str(value.constant + 1))
    terms = [(term.coefficient, _scaled(abs(term.coefficient), layout(term.index, page))) for term in value.terms]
    offset = value.constant + 1 - sum(term.coefficient for term in value.terms)
    if offset:
        terms.append((offset, Digits(str(abs(offset)))))
    return _signed(terms)


def _scaled(size: int, item: Layout) -> Layout:
    return item if size == 1 else row(Digits(str(size)), item)


def _signed(terms: list[tuple[int, Layout]]) -> Layout:
    """Terms with their signs, the first positive one leading where there is one."""
    ordered = sorted(terms, key=lambda term: term[0] < 0)
    parts: list[Layout] = []
    for number, (sign, item) in enumerate(ordered):
        if sign < 0:
            parts.append(MINUS)
        elif number:
            parts.append(Sign("+"))
        parts.append(item)
    return row(*parts)


@layout.register
def _(value: Number, page: Page) -> Layout:
    return number_layout(value.value)


@layout.register
def _(value: Written, page: Page) -> Layout:
    return row(MINUS, Digits(value.size.text)) if value.is_below_zero else Digits(value.text)


@layout.register
def _(value: Constant, page: Page) -> Layout:
    return Symbol(value.name)


@layout.register
def _(value: Size, page: Page) -> Layout:
    return size_layout(value.axis, page.notation, page.view)


@layout.register
def _(value: Variable, page: Page) -> Layout:
    return Symbol(page.notation.argument)


@layout.register
def _(value: Entry, page: Page) -> Layout:
    return entry_layout(value.tensor, tuple(layout(p, page) for p in value.positions), page.notation, page.view)


@layout.register
def _(value: Plus, page: Page) -> Layout:
    parts: list[Layout] = []
    for number, term in enumerate(value.args):
        negative, size = sign_and_size(term)
        if negative or number:
            parts.append(MINUS if negative else Sign("+"))
        body = layout(size, page)
        parts.append(fenced(body) if isinstance(size, Plus) or _is_negative(size) else body)
    return row(*parts)


def _is_negative(term: Basic) -> bool:
    return sign_and_size(term)[0]


def sign_and_size(term: Basic) -> tuple[bool, Basic]:
    """Whether a term begins with a minus sign, and the term without it."""
    if isinstance(term, Number) and term.value < 0:
        return True, Number(-term.value)
    if isinstance(term, Written) and term.is_below_zero:
        return True, term.size
    if isinstance(term, Product) and term.args and isinstance(term.args[0], Number) and term.args[0].value < 0:
        first = Number(-term.args[0].value)
        rest = term.args[1:] if first == Number(1) and len(term.args) > 1 else (first, *term.args[1:])
        return True, rest[0] if len(rest) == 1 else Product(*rest)
    return False, term


@layout.register
def _(value: Product, page: Page) -> Layout:
    negative, size = sign_and_size(value)
    if negative:
        body = layout(size, page)
        return row(MINUS, fenced(body) if isinstance(size, Plus) or _is_negative(size) else body)
    return _factors(value.args, page)


def _factors(factors: tuple[Basic, ...], page: Page) -> Layout:
    """Factors side by side; a factor with a negative exponent goes below those that stand before it."""
    groups = _groups(factors, page)
    parts: list[tuple[Layout, bool]] = []
    for number, (above, under) in enumerate(groups):
        last = number == len(groups) - 1
        if under:
            above, under = _whole(above, under)
            top = _side_by_side(above, True, True, page) if above else Digits("1")
            small = all(isinstance(factor, Number) and factor.value.q == 1 for factor in (*above, *under))
            parts.append((Fraction(top, _side_by_side(under, True, True, page), small), small and not number))
        else:
            parts.append((_side_by_side(above, len(groups) == 1, last, page), bool(number) and isinstance(above[0], Number | Written)))
    laid: list[Layout] = []
    for number, (item, dotted) in enumerate(parts):
        if number:
            laid += [Sign("cdot")] if dotted else [] if _leads_with_big(item) else [THIN]
        laid.append(item)
    return row(*laid)


def _groups(factors: tuple[Basic, ...], page: Page) -> list[tuple[list[Basic], list[Basic]]]:
    """Runs of factors with what divides them. Sums and derivatives are too tall for a numerator and stay in front of the fraction."""
    groups: list[tuple[list[Basic], list[Basic]]] = []
    for factor in factors:
        below = _reciprocal(factor)
        if below is None:
            if not groups or groups[-1][1]:
                groups.append(([], []))
            groups[-1][0].append(factor)
        else:
            if not groups:
                groups.append(([], []))
            if not groups[-1][1]:
                above = groups.pop()[0]
                tall = max((n + 1 for n, f in enumerate(above) if isinstance(f, Total | Largest) or height(layout(f, page)) > 1), default=0)
                groups += [(above[:tall], [])] if tall else []
                groups.append((above[tall:], []))
            groups[-1][1].append(below)
    return groups


def _whole(above: list[Basic], under: list[Basic]) -> tuple[list[Basic], list[Basic]]:
    """A rational above the line gives its denominator to what stands below: ``1/(2n)``, not a half over n."""
    if len(above) == 1 and isinstance(above[0], Number) and above[0].value.q != 1:
        return [Number(above[0].value.p)], [Number(above[0].value.q), *under]
    return above, under


def _reciprocal(factor: Basic) -> Basic | None:
    """What a factor divides by: ``base`` for ``base**-1``, ``base**2`` for ``base**-2``."""
    if isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value < 0:
        size = -factor.exponent.value
        return factor.base if size == 1 else Power(factor.base, Number(size))
    return None


def _side_by_side(factors: list[Basic], alone: bool, last: bool, page: Page) -> Layout:
    """Factors with brackets where needed; ``alone`` where no other factors stand beside them, ``last`` where none follow."""
    parts: list[Layout] = []
    for number, factor in enumerate(factors):
        body = layout(factor, page)
        if len(factors) > 1 or not alone:
            body = _as_factor(factor, body, last and number == len(factors) - 1)
        if number:
            digits = isinstance(factor, Number | Written) or (isinstance(factor, Power) and isinstance(factor.base, Number | Written))
            dotted = (digits or _is_negative(factor) or _is_dotted(factors[number - 1], factor, page)) and bool(parts)
            parts += [Sign("cdot")] if dotted else [] if _leads_with_big(body) else [THIN]
        parts.append(body)
    return row(*parts)


def _is_dotted(before: Basic, factor: Basic, page: Page) -> bool:
    """Whether a dot stands between two factors: beside a derivative, where the notation has one."""
    return page.notation.product == "dot" and any(isinstance(own, Partial) or _is_adjoint(own) for own in (before, factor))


def _is_adjoint(value: Basic) -> bool:
    return isinstance(value, Entry) and value.tensor.role in ("adjoint", "negative_adjoint")


def _as_factor(factor: Basic, body: Layout, final: bool) -> Layout:
    """Brackets round a sum, round anything negative, and round an open-ended sum that more factors follow."""
    if isinstance(factor, Plus | Product) or _is_negative(factor):
        return fenced(body)
    open_ended = isinstance(factor, Total | Largest) and not final
    return fenced(body) if open_ended else body


def _leads_with_big(body: Layout) -> bool:
    return isinstance(body, Big) or (isinstance(body, Row) and bool(body.parts) and isinstance(body.parts[0], Big))


@layout.register
def _(value: Power, page: Page) -> Layout:
    below = _reciprocal(value)
    if below is not None:
        return Fraction(Digits("1"), layout(below, page), isinstance(below, Number))
    if value.exponent == Number("1/2"):
        return Root(layout(value.base, page))
    exponent = layout(value.exponent, page)
    base = layout(value.base, page)
    if isinstance(base, Scripts) and base.above is None and not base.primes:
        return Scripts(base.base, base.below, exponent)
    if (isinstance(value.base, Apply) and value.base.function.name not in ("exp", "abs", "sqrt")) or not _needs_brackets(value.base, base):
        return Scripts(base, above=exponent)
    return Scripts(fenced(base), above=exponent)


def _needs_brackets(value: Basic, base: Layout) -> bool:
    """Whether an exponent on ``base`` would be misread: on anything but a single symbol without a superscript."""
    if isinstance(base, Scripts):
        return base.above is not None or bool(base.primes)
    return not isinstance(base, Symbol | Digits | Fenced) or _is_negative(value)


@layout.register
def _(value: Total, page: Page) -> Layout:
    apart, body = _without_one(value)
    below = (layout(apart, page), None) if apart is not None else _limits(value.index, page)
    return _summed(Big("sum", *below), body, page)


def _without_one(value: Total) -> tuple[Relation | None, Basic]:
    """What a sum leaves out, to stand below its sign: ``p != j`` where the first factor says so; and what is summed up."""
    first, *others = factors_of(value.body)
    if isinstance(first, Bracket) and others and len(first.relations) == 1:
        relation = first.relations[0]
        if relation.sign == "!=" and relation.left == value.index:
            return relation, product(*others)
    return None, value.body


@layout.register
def _(value: Largest, page: Page) -> Layout:
    return _summed(Big("max", layout(value.index, page)), value.body, page)


def _limits(index: Index, page: Page) -> tuple[Layout, Layout | None]:
    letter = layout(index, page)
    if not has_limits(index, page.notation, page.view):
        return letter, None
    return row(letter, Sign("="), Digits("1")), size_layout(index.axis, page.notation, page.view, letter)


def _summed(sign: Big, value: Basic, page: Page) -> Layout:
    body = layout(value, page)
    wrap = isinstance(value, Plus) or _is_negative(value) or (sign.name == "max" and isinstance(value, Product))
    parts = (sign, fenced(body)) if wrap else (sign, body)
    return row(*parts) if sign.name == "sum" else row(parts[0], *(() if wrap else (THIN,)), parts[1])


@layout.register
def _(value: Apply, page: Page) -> Layout:
    name, body = value.function.name, layout(value.argument, page)
    if value.function.order == 0:
        if name == "exp" and page.notation.exponential == "power":
            return Scripts(Symbol("e"), above=body)
        if name == "sqrt":
            return Root(body)
        if name == "abs":
            group = fenced(body)
            return Fenced(group.body, "|", group.size)
    positions = unit_positions(value.argument, page) if isinstance(value.argument, Entry) else ()
    return row(activation_name(value.function, value.argument, positions, page.notation, page.view), argument(body))


def unit_positions(entry: Entry, page: Page) -> tuple[Layout, ...]:
    """The positions of an entry that count units, not patterns."""
    pairs = zip(entry.positions, entry.tensor.axes, strict=True)
    return tuple(layout(position, page) for position, axis in pairs if not is_pattern_axis(axis))


@layout.register
def _(value: Partial, page: Page) -> Layout:
    sign = Symbol("d", "upright") if isinstance(value.by, Variable) else Symbol("partial", "upright")
    below = row(sign, layout(value.by, page))
    body = loss_layout(value.of, page.notation, page.view) if isinstance(value.of, Entry) else None
    inside = body or layout(value.of, page)
    if isinstance(value.of, Entry | Number | Size) or (isinstance(value.of, Apply) and not isinstance(value.of.argument, Plus)):
        return Fraction(row(sign, inside), below)
    if isinstance(value.of, Apply) and value.of.function.name not in ("exp", "abs", "sqrt"):
        return row(Fraction(sign, below), THIN, inside)
    return row(Fraction(sign, below), fenced(inside))


@layout.register
def _(value: Bracket, page: Page) -> Layout:
    return Fenced(joined(tuple(layout(relation, page) for relation in value.relations), row(Sign(","), THIN)), "[")


@layout.register
def _(value: Relation, page: Page) -> Layout:
    if not is_positional(value):
        return row(layout(value.left, page), Sign(value.sign), layout(value.right, page))
    sign = {("<", True): "<=", (">=", True): ">"}.get((value.sign, isinstance(value.right, Size)), value.sign)
    sign = {(">", True): ">=", ("<=", True): "<"}.get((value.sign, isinstance(value.left, Size)), sign)
    left, right = (_bound(side, page, sign != value.sign) for side in (value.left, value.right))
    return row(left, Sign(sign), right)


def _bound(side: Basic, page: Page, absorbed: bool) -> Layout:
    """One side of a relation between positions, counted from 1; ``absorbed`` where the sign already says so for a size."""
    if isinstance(side, Number):
        return layout(Number(side.value + 1), page)
    if isinstance(side, Index | Affine) or absorbed:
        return layout(side, page)
    return row(layout(side, page), Sign("+"), Digits("1"))


@layout.register
def _(value: Cases, page: Page) -> Layout:
    rows = [(layout(case.value, page), row(Words(page.view.if_words + " "), layout(case.relation, page))) for case in value.cases]
    rows.append((layout(value.otherwise, page), Words(page.view.otherwise_words)))
    return Branches(tuple(rows))
