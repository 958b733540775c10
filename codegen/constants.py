"""Numbers in emitted code: exact until they are written down."""

from __future__ import annotations

from functools import lru_cache, singledispatch

from mpmath import mp, mpf
from sympy import Basic

from codegen.unfold import is_number
from derive.expressions import Apply, Constant, Expression, Number, Plus, Power, Product, Size
from derive.indices import Axis

WORDS = {"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "6": "six", "-1": "minus_one", "1/2": "half"}


@lru_cache(maxsize=1 << 10)
def python_number(value: Expression, batch: Axis) -> str:
    """A constant as Python source: the nearest double, or an expression in ``batch`` where it depends on its size."""
    return _text(value, batch, 0)


def float_text(value: Expression) -> str:
    """A number without sizes of the batch as the shortest decimal of the nearest double."""
    return decimal(float(evaluate(value)))


def decimal(number: float) -> str:
    """The shortest decimal, as formatters write it."""
    return repr(number).replace("e+", "e")


def _text(value: Expression, batch: Axis, level: int) -> str:
    if not _depends(value, batch):
        number = evaluate(value)
        text = decimal(float(number))
        return f"({text})" if level and text.startswith("-") else text
    if isinstance(value, Size):
        return "batch"
    if isinstance(value, Plus):
        text = " + ".join(_text(term, batch, 1) for term in value.args)
        return f"({text})" if level > 0 else text
    if isinstance(value, Product):
        above = [f for f in value.args if not _is_inverse(f)]
        below = [Power(f.base, Number(-f.exponent.value)) if f.exponent != Number(-1) else f.base for f in value.args if _is_inverse(f)]
        known = [f for f in above if not _depends(f, batch)]
        open_factors = [f for f in above if _depends(f, batch)]
        head = [_text(Product(*known), batch, 2)] if known or not open_factors else []
        text = " * ".join([*head, *(_text(f, batch, 2) for f in open_factors)])
        text = " / ".join([text, *(_text(f, batch, 3) for f in below)])
        return f"({text})" if level > 1 else text
    if isinstance(value, Power):
        if _is_inverse(value) and value.exponent == Number(-1):
            text = f"1.0 / {_text(value.base, batch, 3)}"
            return f"({text})" if level > 1 else text
        return f"{_text(value.base, batch, 4)} ** {_text(value.exponent, batch, 4)}"
    raise TypeError(f"no constant form for {type(value).__name__}")


def _is_inverse(value: Basic) -> bool:
    return isinstance(value, Power) and isinstance(value.exponent, Number) and value.exponent.value.p < 0


def _depends(value: Basic, batch: Axis) -> bool:
    if isinstance(value, Size):
        return value.axis == batch
    return any(_depends(part, batch) for part in value.args if isinstance(part, Expression))


def name_of(value: Expression, batch: Axis) -> str:
    """A name for a constant: its word, or its digits."""
    if is_number(value) or not _depends(value, batch):
        if isinstance(value, Number) and str(value.value) in WORDS:
            return WORDS[str(value.value)]
        digits = f"{float(evaluate(value)):.6g}"
        return "number_" + digits.replace("-", "minus_").replace(".", "_").replace("+", "")
    if isinstance(value, Power) and value.exponent == Number(-1) and isinstance(value.base, Size):
        return "one_over_batch"
    rest = [f for f in value.args if not (_is_inverse(f) and isinstance(f, Power) and f.base == Size(batch))]
    if isinstance(value, Product) and len(rest) == len(value.args) - 1 and not any(_depends(f, batch) for f in rest):
        return name_of(Product(*rest) if len(rest) > 1 else rest[0], batch) + "_over_batch"
    return "of_batch"


@singledispatch
def evaluate(value: Basic) -> mpf:
    """A constant to thirty digits; sizes are those of the specification."""
    raise TypeError(f"no number for {type(value).__name__}")


@evaluate.register
def _(value: Number) -> mpf:
    with mp.workdps(30):
        return mpf(int(value.value.p)) / int(value.value.q)


@evaluate.register
def _(value: Constant) -> mpf:
    with mp.workdps(30):
        return +mp.pi


@evaluate.register
def _(value: Size) -> mpf:
    return mpf(value.axis.size)


@evaluate.register
def _(value: Plus) -> mpf:
    with mp.workdps(30):
        return sum((evaluate(term) for term in value.args), mpf(0))


@evaluate.register
def _(value: Product) -> mpf:
    with mp.workdps(30):
        result = mpf(1)
        for factor in value.args:
            result *= evaluate(factor)
        return result


@evaluate.register
def _(value: Power) -> mpf:
    with mp.workdps(30):
        return evaluate(value.base) ** evaluate(value.exponent)


@evaluate.register
def _(value: Apply) -> mpf:
    with mp.workdps(30):
        return getattr(mp, value.function.name)(evaluate(value.argument))
