"""Decimal digits: numbers written correctly rounded, and printed numbers judged by the digits that they show.

Everything is exact: values are fractions, and no binary float is ever formatted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

ROUNDED, TRUNCATED, WRONG = "rounded", "truncated", "wrong"
"""What a printed number is: correctly rounded (an exact tie either way), cut off, or neither."""

_CERTAIN = 40
"""Computed values are certain to this many decimal places; what differs beyond them is noise of the arithmetic."""

_PRINTED = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?")
_LONGEST = 60


@dataclass(frozen=True)
class Printed:
    """A printed number: its value and the unit of its last digit."""

    value: Fraction
    unit: Fraction


def printed(text: str) -> Printed:
    """The number that a text prints: ``.298371109``, ``-0.0065``, ``1.2e-3``.

    Raises ``ValueError``: not a decimal number, or longer than 60 characters.
    """
    found = _PRINTED.fullmatch(text.strip()) if len(text) <= _LONGEST and text.isascii() else None
    if found is None or not (found.group(2) or found.group(3)):
        raise ValueError(f"not a decimal number: {text[:_LONGEST]!r}")
    sign, whole, places, exponent = found.groups(default="")
    unit = Fraction(10) ** (int(exponent or 0) - len(places))
    return Printed(int(f"{sign}{whole}{places}") * unit, unit)


def judged(text: str, exact: Any) -> str:
    """Whether the digits of a printed number are right: ``rounded``, ``truncated`` or ``wrong``.

    ``exact`` is the true value: an int, ``Fraction``, ``Decimal``, SymPy rational or mpmath float. An exact tie may be
    rounded either way. Raises ``ValueError`` where ``text`` is not a decimal number.
    """
    shown, value = printed(text), fraction(exact)
    if 2 * abs(shown.value - value) <= shown.unit:
        return ROUNDED
    same_side = shown.value * value >= 0
    if same_side and abs(shown.value) <= abs(value) < abs(shown.value) + shown.unit:
        return TRUNCATED
    return WRONG


def wrong_digit(text: str, exact: Any) -> int | None:
    """Which digit of a printed number is the first wrong one, counted from the first digit of the true value that is not 0.

    None where the digits are right or cut off; 1 where already the size or the sign is wrong.
    """
    if judged(text, exact) != WRONG:
        return None
    shown, value = printed(text), fraction(exact)
    right = nearest(value, shown.unit)
    if shown.value * value <= 0:
        return 1
    ours, theirs = (str(abs(number) // shown.unit) for number in (right, shown.value))
    if len(ours) != len(theirs):
        return 1
    return next((place for place, (a, b) in enumerate(zip(ours, theirs, strict=True), 1) if a != b), 1)


def fraction(value: Any) -> Fraction:
    """An exact number as a fraction; an mpmath float is read to 40 decimal places, those that are certain."""
    if isinstance(value, int | Fraction | Decimal):
        return Fraction(value)
    if hasattr(value, "_mpf_"):
        sign, mantissa, exponent, _ = value._mpf_
        if not mantissa and exponent:
            raise ValueError(f"not a finite number: {value}")
        return nearest((-1) ** sign * int(mantissa) * Fraction(2) ** int(exponent), Fraction(1, 10**_CERTAIN))
    return Fraction(int(value.p), int(value.q))


def nearest(value: Fraction, unit: Fraction) -> Fraction:
    """The multiple of ``unit`` nearest to ``value``; an exact tie goes away from zero, as in school."""
    steps = (2 * abs(value) + unit) // (2 * unit)
    return steps * unit if value >= 0 else -steps * unit


def rounded(value: Any, places: int) -> Fraction:
    """``value`` rounded to ``places`` decimal places."""
    return nearest(fraction(value), Fraction(1, 10**places))


def written(value: Any, places: int) -> str:
    """``value`` with at most ``places`` decimal places, correctly rounded; trailing zeros stand only where digits were rounded away."""
    exact = fraction(value)
    shown = rounded(exact, places)
    digits = str(int(abs(shown) * 10**places)).rjust(places + 1, "0")
    text = f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else digits
    if shown == exact and places:
        text = text.rstrip("0").rstrip(".")
    return f"-{text}" if shown < 0 else text
