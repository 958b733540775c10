"""Exact numbers as layouts."""

from __future__ import annotations

from sympy import Rational

from derive.notation.layout import Digits, Fraction, Layout, Sign, row

_MOST_PLACES, _SHOWN_PLACES = 8, 5


def number_layout(number: Rational) -> Layout:
    """An exact number: whole, a decimal where that is shorter, else a small fraction."""
    size = _positive_number(abs(number))
    return row(Sign("-"), size) if number < 0 else size


def _positive_number(number: Rational) -> Layout:
    if number.q == 1:
        return Digits(str(number.p))
    if _is_decimal(number):
        digits = _decimal(number)
        whole, _, places = digits.partition(".")
        if is_cut(number):
            return row(Digits(f"{whole}.{places[:_SHOWN_PLACES]}"), Sign("dots"))
        return Digits(digits)
    return Fraction(Digits(str(number.p)), Digits(str(number.q)), small=True)


def is_cut(number: Rational) -> bool:
    """Whether a number is shown with its first decimals only, dots for the others."""
    return _is_decimal(number) and len(_decimal(abs(number)).partition(".")[2]) > _MOST_PLACES


def _is_decimal(number: Rational) -> bool:
    """Whether a rational is shorter as a decimal, such as 0.044715 or 0.2; halves and the like stay fractions."""
    rest = number.q
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return bool(rest == 1 and number.q > 4)


def _decimal(number: Rational) -> str:
    places = 0
    while (number * 10**places).q != 1:
        places += 1
    digits = str((number * 10**places).p).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"
