"""Scalar values as Python expressions: ``W1_0_0 * x_0 + b1_0``."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.constants import decimal
from codegen.scalar.values import Value

CHOICE, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(6)
COMPARE = {"=": "=="}


def text(value: Value, names: Mapping[Value, str], level: int = CHOICE) -> str:
    """``value`` as source that binds at least as tightly as ``level``; what ``names`` has is written by its name."""
    if value in names:
        return names[value]
    words, binds = _text(value, names)
    return words if binds >= level else f"({words})"


def _text(value: Value, names: Mapping[Value, str]) -> tuple[str, int]:
    match value.operation:
        case "number":
            assert value.number is not None
            words = decimal(value.number)
            return words.replace("inf", "math.inf"), SIGN if words.startswith("-") else ATOM
        case "name":
            return str(value.detail), ATOM
        case "sum":
            return _sum(value, names), SUM
        case "product":
            return _product(value, names), PRODUCT
        case "over":
            above, below = value.arguments
            return f"{text(above, names, PRODUCT)} / {text(below, names, SIGN)}", PRODUCT
        case "call":
            return f"{value.detail}({', '.join(text(argument, names) for argument in value.arguments)})", ATOM
        case "largest" | "smallest":
            return _extreme(value, names)
        case "relation":
            left, right = (text(argument, names, SUM) for argument in value.arguments)
            return f"{left} {COMPARE.get(str(value.detail), value.detail)} {right}", COMPARISON
        case "both":
            return " and ".join(text(argument, names, COMPARISON) for argument in value.arguments), CHOICE
        case "choice":
            condition, chosen, otherwise = value.arguments
            words = f"{text(chosen, names, COMPARISON)} if {text(condition, names, COMPARISON)} else {text(otherwise, names)}"
            return words, CHOICE
    raise TypeError(f"no Python for {value.operation}")


def signed_terms(value: Value, names: Mapping[Value, str]) -> list[tuple[str, str]]:
    """The terms of a sum, each with its sign."""
    assert isinstance(value.detail, tuple)
    return [("+" if sign > 0 else "-", text(term, names, PRODUCT)) for sign, term in zip(value.detail, value.arguments, strict=True)]


def _sum(value: Value, names: Mapping[Value, str]) -> str:
    (_, first), *others = signed_terms(value, names)
    return " ".join([first, *(f"{sign} {words}" for sign, words in others)])


def _product(value: Value, names: Mapping[Value, str]) -> str:
    """Factors from the left; only the first may be a product or a quotient without brackets."""
    factors = value.arguments
    if factors[0].number == -1.0:
        rest = [text(factor, names, SIGN if place else PRODUCT) for place, factor in enumerate(factors[1:])]
        if len(rest) == 1:
            rest = [text(factors[1], names, SIGN)]
        return f"-{' * '.join(rest)}"
    return " * ".join(text(factor, names, SIGN if place else PRODUCT) for place, factor in enumerate(factors))


def _extreme(value: Value, names: Mapping[Value, str]) -> tuple[str, int]:
    """Of two simple values a comparison is faster than a call; NaN on the left stays."""
    words = [text(argument, names) for argument in value.arguments]
    function, sign = ("max", "<") if value.operation == "largest" else ("min", ">")
    if len(words) == 2 and all(argument.is_leaf or argument in names for argument in value.arguments):
        one, other = words
        return f"{other} if {one} {sign} {other} else {one}", CHOICE
    return f"{function}({', '.join(words)})", ATOM
