"""Decimal digits: correct rounding, and what a printed number is worth."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from derive.worked.digits import judged, rounded, written, wrong_digit

# Mazur 2015: the exact values were computed to 40 digits by two other programs.
OUTPUT = Fraction("0.59326999210718720827")
AFTER = Fraction("0.29102777369359933")


@pytest.mark.parametrize(
    ("text", "exact", "verdict"),
    [
        (".593269992", OUTPUT, "rounded"),
        (".5932", OUTPUT, "truncated"),
        ("0.5933", OUTPUT, "rounded"),
        (".593269993", OUTPUT, "wrong"),
        (".291027924", AFTER, "wrong"),
        ("-.0381", Fraction("-0.0380982365"), "rounded"),
        ("-.0380", Fraction("-0.0380982365"), "truncated"),
        (".0381", Fraction("-0.0380982365"), "wrong"),
        ("0", Fraction("-0.3"), "rounded"),
        ("-0.0", Fraction("0.06"), "truncated"),
        ("3", 3, "rounded"),
        ("3.510e-05", Fraction("0.0000351018778"), "rounded"),
        ("1.0", Fraction(2), "wrong"),
    ],
)
def test_a_printed_number_is_rounded_cut_off_or_wrong(text, exact, verdict):
    assert judged(text, exact) == verdict


def test_mazurs_error_after_one_step_is_wrong_in_its_seventh_digit():
    assert wrong_digit(".291027924", AFTER) == 7
    assert wrong_digit(".291027774", AFTER) is None
    assert wrong_digit("2.91027774", AFTER) == 1
    assert wrong_digit("-.291027774", AFTER) == 1


def test_a_tie_may_be_rounded_either_way_and_is_written_away_from_zero():
    assert judged("0.12", Fraction("0.125")) == judged("0.13", Fraction("0.125")) == "rounded"
    assert written(Fraction("0.125"), 2) == "0.13"
    assert written(Fraction("-0.125"), 2) == "-0.13"


def test_an_mpmath_float_is_read_through_its_binary_noise():
    with mp.workdps(60):
        tie = mpf("0.3775") / 10
        assert written(tie, 4) == "0.0378"
        assert written(tie, 6) == "0.03775"
        assert judged("0.0377", tie) == "rounded"


def test_trailing_zeros_stand_where_digits_were_rounded_away():
    assert written(Fraction("0.51130127024"), 9) == "0.511301270"
    assert written(Fraction("0.5"), 9) == "0.5"
    assert written(Fraction(7), 3) == "7"
    assert written(Fraction("0.9996"), 3) == "1.000"
    assert written(Fraction("-0.0001"), 3) == "0.000"
    assert written(Fraction(5, 2), 0) == "3"


@pytest.mark.parametrize("text", ["", ".", "-", "1,5", "0x10", "1e5000", "nan", "inf", "1.2.3", "٣", "1" * 99, "1_000"])
def test_what_is_no_decimal_number_is_refused(text):
    with pytest.raises(ValueError, match="not a decimal number"):
        judged(text, 1)


@settings(max_examples=150, deadline=None)
@given(st.decimals(-10000, 10000, allow_nan=False, places=9), st.integers(0, 8))
def test_rounding_agrees_with_decimal_and_is_judged_right(number, places):
    expected = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert rounded(number, places) == Fraction(expected)
    assert judged(written(number, places), number) == "rounded"
    assert judged(str(expected), number) == "rounded"
    if expected != number:
        off = expected + Decimal(2).scaleb(-places)
        assert judged(str(off), number) == "wrong"
