"""Checked fields of tables: known keys, names out of a list, sizes, exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from sympy import Rational

from derive.errors import InputError, quoted, unknown
from derive.language.grammar import LARGEST_MAGNITUDE
from derive.specifications.specification import LARGEST_SIZE


def check_keys(rows: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Raise InputError for a key that is not known."""
    for key in rows:
        if key not in known:
            raise unknown("key", key, known, where.removesuffix(": "))


def choice(given: Any, known: tuple[str, ...], kind: str, where: str) -> str:
    """``given`` if it is one of ``known``; raises InputError with the nearest otherwise."""
    if not isinstance(given, str):
        raise InputError(f"{where} must be a name, got {quoted(given)}")
    if given not in known:
        raise unknown(kind, given, known, where.partition(f": {kind}")[0] if ": " in where else "")
    return given


def size(given: Any, where: str) -> int:
    """A whole number from 1 to the limit; raises InputError otherwise."""
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise InputError(f"{where} must be a whole number, got {quoted(given)}")
    whole = int(given)
    if whole < 1:
        raise InputError(f"{where} must be at least 1, got {quoted(whole) if whole < -(10**6) else whole}")
    if whole > LARGEST_SIZE:
        raise InputError(f"{where} is too large; the limit is {LARGEST_SIZE}")
    return whole


def number(given: Any, where: str) -> Rational:
    """An exact number: a decimal is what was written, a float its shortest decimal."""
    if isinstance(given, Rational):
        return given
    if isinstance(given, bool) or not isinstance(given, Decimal | Real):
        raise InputError(f"{where} must be a number, got {quoted(given)}")
    try:
        decimal = given if isinstance(given, Decimal) else Decimal(repr(float(given)) if not isinstance(given, Integral) else int(given))
    except (OverflowError, ValueError):
        raise InputError(f"{where} is out of range") from None
    if not decimal.is_finite() or (decimal and abs(decimal.adjusted()) > LARGEST_MAGNITUDE):
        raise InputError(f"{where} must be a finite number of moderate size, got {quoted(given)}")
    return Rational(str(decimal))
