"""Scalar values: each is made once, and what may fail bears another name."""

from __future__ import annotations

import math

import pytest

from codegen.scalar.helpers import HELPERS
from codegen.scalar.ranges import Range
from codegen.scalar.values import Values
from derive.errors import InputError


@pytest.fixture
def values() -> Values:
    return Values()


def test_the_same_operation_is_the_same_value(values: Values) -> None:
    x, y = values.name("x"), values.name("y")
    assert values.product([x, y]) is values.product([x, y])
    assert values.sum([x, values.negative(y)]) is values.sum([x, values.product([values.number(-1.0), y])])


def test_numbers_are_gathered(values: Values) -> None:
    x = values.name("x")
    assert values.product([values.number(2.0), x, values.number(0.5)]) is x
    assert values.product([values.number(0.0), x]).number == 0.0
    assert values.sum([x, values.number(1.0), values.number(-1.0)]) is x
    assert values.negative(values.negative(x)) is x


def test_the_range_of_a_shifted_exponent_makes_exp_and_its_sum_safe(values: Values) -> None:
    logits = [values.name(name) for name in "abc"]
    largest = values.largest(logits)
    exponentials = [values.call("exp", values.sum([logit, values.negative(largest)]), {}) for logit in logits]
    assert [value.detail for value in exponentials] == ["exp"] * 3
    total = values.sum(exponentials)
    assert values.range(total).lower == 1.0
    assert values.over(exponentials[0], total, {}).operation == "over"
    assert values.call("log", total, {}).detail == "log"


def test_what_may_fail_bears_another_name(values: Values) -> None:
    x = values.name("x")
    square = values.product([x, x])
    assert values.call("exp", x, {}).detail == "_exp"
    assert values.call("exp", values.negative(square), {}).detail == "exp"
    assert values.call("exp", x, {x: Range(upper=0.0)}).detail == "exp"
    assert values.call("log1p", values.call("exp", values.negative(values.call("abs", x, {})), {}), {}).detail == "log1p"
    assert values.call("sqrt", square, {}).detail == "sqrt"
    assert values.call("sqrt", x, {}).detail == "_sqrt"
    assert values.over(x, values.sum([square, values.number(1.0)]), {}).detail is None
    assert values.over(x, square, {}).detail == "_over"


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("_exp(1000.0)", math.inf),
        ("_exp(0.0)", 1.0),
        ("_expm1(1e9)", math.inf),
        ("_log(0.0)", -math.inf),
        ("_log(-1.0)", math.nan),
        ("_log1p(-1.0)", -math.inf),
        ("_sqrt(-1.0)", math.nan),
        ("_sin(math.inf)", math.nan),
        ("_over(1.0, 0.0)", math.inf),
        ("_over(-1.0, 0.0)", -math.inf),
        ("_over(0.0, 0.0)", math.nan),
        ("_over(1.0, 4.0)", 0.25),
        ("_power(-2.0, 0.5)", math.nan),
        ("_power(10.0, 400)", math.inf),
        ("_power(-10.0, 401)", -math.inf),
        ("_power(0.0, -1)", math.inf),
        ("_power(2.0, 3)", 8.0),
    ],
)
def test_helpers_give_what_numpy_gives(call: str, wanted: float) -> None:
    names: dict[str, object] = {"math": math}
    exec("\n".join(line for lines in HELPERS.values() for line in lines), names)
    found = eval(call, names)
    assert found == wanted or (math.isnan(found) and math.isnan(wanted))


def test_a_program_that_grows_too_long_is_refused() -> None:
    values = Values(most=10)
    for number in range(10):
        values.name(f"x{number}")
    assert values.name("x3").detail == "x3"
    with pytest.raises(InputError, match="more than 10 scalar operations"):
        values.name("x10")
