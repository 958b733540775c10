"""Expressions as Python source over indexed arrays: ``sum(W1[j, p] * x[b, p] for p in range(3)) + b1[j]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch

from sympy import Basic

from codegen.branches import as_call
from codegen.constants import evaluate, python_number
from codegen.program import Call
from codegen.unfold import is_constant, is_number
from derive.calculus.ranges import is_positional
from derive.calculus.tidy import leading_sign, tidy
from derive.expressions import (
    MINUS_ONE,
    ZERO,
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    negative,
    product,
)
from derive.indices import Affine, Axis, Index
from derive.specifications.reads import bounds, not_negative, not_negative_otherwise

CHOICE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
BUILT_IN = {"abs": "abs", "erf": "math.erf"}
CALLS = {"maximum": "max", "minimum": "min", "absolute": "abs"}
COMPARISON = {"=": "=="}


@dataclass(frozen=True)
class Source:
    """How names are written: letters of indices, names of parts that stand in a variable, and whether numbers may be complex.

    ``outside`` is what tensors give outside their ranges (0 for those that it does not name: they are read there under a guard only), and
    ``known`` are the positions that are not negative where the text stands. ``scalar_arrays`` says that a tensor without axes is an array,
    ``taken`` names variables that are being summed up.
    """

    batch: Axis
    letters: Mapping[Index, str]
    complex: bool = False
    key: Mapping[Basic, str] = field(default_factory=dict)
    outside: Mapping[Tensor, Expression] = field(default_factory=dict)
    known: tuple[Affine, ...] = ()
    scalar_arrays: bool = False
    taken: frozenset[str] = frozenset()

    def where(self, *relations: Relation, otherwise: bool = False) -> Source:
        """The same where the relations hold, or where they do not."""
        meant = not_negative_otherwise if otherwise else not_negative
        return replace(self, known=(*self.known, *(position for relation in relations for position in meant(relation))))


def text(value: Basic, source: Source, level: int = CHOICE) -> str:
    """``value`` as source that binds at least as tightly as ``level``."""
    name = source.key.get(value)
    if name is not None:
        return name
    if isinstance(value, Expression) and is_constant(value):
        words = python_number(value, source.batch)
        binds = ATOM if words.replace(".", "").isalnum() else SIGN if words[1:].replace(".", "").isalnum() else SUM
        return words if binds >= level else f"({words})"
    words, binds = _text(value, source)
    return words if binds >= level else f"({words})"


def length(axis: Axis, source: Source) -> str:
    """The size of an axis: a number, or the variable that holds the number of patterns."""
    return "batch" if axis == source.batch else str(axis.size)


@singledispatch
def _text(value: Basic, source: Source) -> tuple[str, int]:
    raise TypeError(f"no Python for {type(value).__name__}")


@_text.register
def _(value: Index, source: Source) -> tuple[str, int]:
    return source.letters[value], ATOM


@_text.register
def _(value: Affine, source: Source) -> tuple[str, int]:
    words = ""
    for term in value.terms:
        scale = "" if abs(term.coefficient) == 1 else f"{abs(term.coefficient)} * "
        words += (" - " if words else "-") if term.coefficient < 0 else " + " if words else ""
        words += scale + source.letters[term.index]
    if value.constant or not words:
        words += f" {'-' if value.constant < 0 else '+'} {abs(value.constant)}" if words else str(value.constant)
    return words, SUM


@_text.register
def _(value: Entry, source: Source) -> tuple[str, int]:
    positions = ", ".join(text(position, source) for position in value.positions)
    if not positions:
        return value.tensor.name, ATOM
    words = f"{value.tensor.name}[{positions}]"
    tests = inside(value, source)
    if not tests:
        return words, ATOM
    return f"{words} if {tests} else {python_number(source.outside.get(value.tensor, ZERO), source.batch)}", CHOICE


def inside(value: Entry, source: Source) -> str:
    """What must hold for an entry to lie inside the ranges of its tensor, empty where it always does."""
    tests = []
    for position, axis in zip(value.positions, value.tensor.axes, strict=True):
        if axis == source.batch or (isinstance(position, Index) and position.axis == axis):
            continue
        least, greatest = bounds(Affine.of(position), source.known)
        words = text(position, source, SUM)
        if least < 0:
            tests.append(f"0 <= {words} < {axis.size}" if greatest >= axis.size else f"{words} >= 0")
        elif greatest >= axis.size:
            tests.append(f"{words} < {axis.size}")
    return " and ".join(tests)


@_text.register
def _(value: Plus, source: Source) -> tuple[str, int]:
    words = ""
    for term in value.args:
        minus = leading_sign(term) < 0 and term not in source.key
        shown = text(tidy(negative(term)) if minus and words else term, source, PRODUCT if words else SUM)
        words += f" {'-' if minus else '+'} {shown}" if words else shown
    return words, SUM


@_text.register
def _(value: Product, source: Source) -> tuple[str, int]:
    if is_guarded(value):
        relations, factors = guards_and_rest(value)
        rest = text(factors, source.where(*relations), SUM)
        return f"{rest} if {' and '.join(text(relation, source) for relation in relations)} else 0.0", CHOICE
    below = [factor for factor in value.args if _is_divisor(factor)]
    above = [factor for factor in value.args if not _is_divisor(factor)]
    numbers = [factor for factor in value.args if is_number(factor)]
    if len(numbers) > 1:
        number = Number(str(evaluate(tidy(product(*numbers)))))
        return _text(product(number, *(factor for factor in value.args if factor not in numbers)), source)
    if above and above[0] == MINUS_ONE and len(above) > 1:
        rest = product(*above[1:], *below)
        return f"-{text(rest, source, SIGN) if _is_atom(rest) else text(rest, source, PRODUCT)}", PRODUCT
    words = " * ".join(text(factor, source, PRODUCT) for factor in above) or "1.0"
    for factor in below:
        assert isinstance(factor, Power)
        words += f" / {text(_inverse(factor), source, SIGN)}"
    return words, PRODUCT


def is_guarded(value: Basic) -> bool:
    """Whether a value is a product of guards, brackets between positions, and of something else."""
    return isinstance(value, Product) and 0 < sum(map(is_guard, value.args)) < len(value.args)


def is_guard(value: Basic) -> bool:
    """Whether a bracket compares positions only."""
    return isinstance(value, Bracket) and all(map(is_positional, value.relations))


def guards_and_rest(value: Product) -> tuple[list[Relation], Expression]:
    """The relations of a product's guards, and the product of its other factors."""
    relations = [relation for factor in value.args if is_guard(factor) for relation in factor.args]
    return relations, product(*(factor for factor in value.args if not is_guard(factor)))


def _is_atom(value: Expression) -> bool:
    return not isinstance(value, Product | Plus)


def _is_divisor(value: Expression) -> bool:
    return isinstance(value, Power) and isinstance(value.exponent, Number) and value.exponent.value.p < 0


def _inverse(value: Power) -> Expression:
    assert isinstance(value.exponent, Number)
    return tidy(Power(value.base, Number(-value.exponent.value)))


@_text.register
def _(value: Power, source: Source) -> tuple[str, int]:
    if _is_divisor(value):
        return f"1.0 / {text(_inverse(value), source, SIGN)}", PRODUCT
    exponent = str(value.exponent.value) if isinstance(value.exponent, Number) and value.exponent.value.q == 1 else None
    base, raised = text(value.base, source, ATOM), exponent or text(value.exponent, source, ATOM)
    simple = base.isidentifier() and (raised.isidentifier() or raised.replace(".", "").isdigit())
    return f"{base}{'**' if simple else ' ** '}{raised}", POWER


@_text.register(Constant)
@_text.register(Size)
def _constant(value: Expression, source: Source) -> tuple[str, int]:
    return python_number(value, source.batch), ATOM


@_text.register
def _(value: Total, source: Source) -> tuple[str, int]:
    return f"sum({_over(value, source)})", ATOM


@_text.register
def _(value: Largest, source: Source) -> tuple[str, int]:
    if source.complex:
        return f"max(({_over(value, source)}), key=np.real)", ATOM
    return f"max({_over(value, source)})", ATOM


def _over(value: Total | Largest, source: Source) -> str:
    """``body for k in range(3) for j in range(2)``: nested sums are one."""
    loops, body = [value.index], value.body
    while isinstance(body, type(value)) and body not in source.key:
        loops.append(body.index)
        body = body.body
    ranges = " ".join(f"for {source.letters[index]} in range({length(index.axis, source)})" for index in loops)
    return f"{text(body, source, SUM)} {ranges}"


@_text.register
def _(value: Apply, source: Source) -> tuple[str, int]:
    name = value.function.name
    if source.complex and name == "abs":
        raise TypeError("an absolute value is written as cases where numbers may be complex")
    if source.complex and name == "erf":
        return f"_erf_series({text(value.argument, source)})", ATOM
    return f"{BUILT_IN.get(name, f'np.{name}')}({text(value.argument, source)})", ATOM


@_text.register
def _(value: Relation, source: Source) -> tuple[str, int]:
    positional = is_positional(value)
    left, right = (_compared(side, source, positional) for side in (value.left, value.right))
    return f"{left} {COMPARISON.get(value.sign, value.sign)} {right}", CHOICE


def _compared(side: Basic, source: Source, positional: bool = False) -> str:
    if positional and isinstance(side, Size | Number):
        return str(side.axis.size if isinstance(side, Size) else side.value)
    real = source.complex and isinstance(side, Expression) and not is_constant(side)
    return f"{text(side, source, ATOM)}.real" if real else text(side, source, SUM)


@_text.register
def _(value: Bracket, source: Source) -> tuple[str, int]:
    return f"1.0 if {' and '.join(text(relation, source) for relation in value.relations)} else 0.0", CHOICE


@_text.register
def _(value: Call, source: Source) -> tuple[str, int]:
    return f"{CALLS[value.name]}({', '.join(text(argument, source, SUM) for argument in value.arguments)})", ATOM


@_text.register
def _(value: Cases, source: Source) -> tuple[str, int]:
    call = None if source.complex else as_call(value)
    if isinstance(call, Call) and call.name in CALLS:
        return _text(call, source)
    words = ""
    for case in value.cases:
        words += f"{text(case.value, source.where(case.relation), SUM)} if {text(case.relation, source)} else "
        source = source.where(case.relation, otherwise=True)
    return words + text(value.otherwise, source, SUM), CHOICE
