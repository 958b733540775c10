"""Syntax as LaTeX again: formulas as their author wrote them, with other parts."""

from __future__ import annotations

import re
from functools import singledispatch

from derive.reader.syntax import (
    Big,
    CasesOf,
    Chain,
    Entrywise,
    Factors,
    Fence,
    Fraction,
    GridOf,
    Group,
    Letter,
    Literal,
    Root,
    Script,
    Scripted,
    Sign,
    Syntax,
    Terms,
    Word,
)

_CLOSING = {"(": ")", "[": "]", "{": "}", "\\langle ": " \\rangle"}
_RELATIONS = {"<=": "\\le", ">=": "\\ge"}
_COMMANDS = ("log", "exp", "tanh", "sin", "cos", "tan", "cosh", "sinh", "min", "max")


@singledispatch
def latex_of(value: Syntax) -> str:
    """The LaTeX of a part of a formula."""
    raise TypeError(type(value).__name__)


@latex_of.register(Literal)
@latex_of.register(Letter)
def _(value: Literal | Letter) -> str:
    return value.text


@latex_of.register
def _(value: Word) -> str:
    return f"\\{value.text}" if value.text in _COMMANDS else f"\\operatorname{{{value.text}}}"


@latex_of.register
def _(value: Sign) -> str:
    return f"\\{value.name}"


@latex_of.register
def _(value: Chain) -> str:
    text = latex_of(value.sides[0])
    for sign, side in zip(value.signs, value.sides[1:], strict=True):
        text += f" {_RELATIONS.get(sign, sign)} {latex_of(side)}"
    return text


@latex_of.register
def _(value: Script) -> str:
    inside = ",".join(_tight(item) for item in value.items)
    return f"\\odot {inside}" if value.entrywise else inside


def _tight(item: Chain) -> str:
    """A mark or an index without spaces: ``l+1``, ``kj``."""
    if all(isinstance(side, Factors) and all(len(latex_of(own)) == 1 for own in side.factors) for side in item.sides):
        return latex_of(item).replace(" ", "")
    return re.sub(r" ([-+=]) ", r"\1", latex_of(item))


@latex_of.register
def _(value: Scripted) -> str:
    text = latex_of(value.base)
    if isinstance(value.base, Scripted | Fraction | Fence | Root):
        text = f"({text})"
    text += "'" * value.primes
    return text + _script("_", value.below) + _script("^", value.above)


def _script(sign: str, script: Script | None) -> str:
    if script is None:
        return ""
    inside = latex_of(script)
    return sign + (inside if len(inside) == 1 or inside in ("\\top",) else f"{{{inside}}}")


@latex_of.register
def _(value: Group) -> str:
    inside = ", ".join(latex_of(item) for item in value.items)
    if value.fence == "{":
        return f"{{{inside}}}"
    tall = any(mark in inside for mark in ("\\frac", "\\sum", "\\begin"))
    left, right = ("\\left", "\\right") if tall else ("", "")
    fence = "\\langle " if value.fence == "<" else value.fence
    return f"{left}{fence}{inside}{right}{_CLOSING[fence]}"


@latex_of.register
def _(value: Fence) -> str:
    bar = "\\lVert", "\\rVert"
    left, right = bar if value.name == "norm" else ("\\lvert", "\\rvert")
    return f"{left} {latex_of(value.body)} {right}"


@latex_of.register
def _(value: Fraction) -> str:
    return f"\\frac{{{latex_of(value.top)}}}{{{latex_of(value.bottom)}}}"


@latex_of.register
def _(value: Root) -> str:
    return f"\\sqrt{{{latex_of(value.body)}}}"


@latex_of.register
def _(value: Terms) -> str:
    text = ""
    for number, (sign, term) in enumerate(zip(value.signs, value.terms, strict=True)):
        shown = latex_of(term)
        if number and isinstance(term, Terms):
            shown = f"({shown})"
        text += f" {sign} {shown}" if number else (f"-{shown}" if sign == "-" else shown)
    return text


@latex_of.register
def _(value: Entrywise) -> str:
    first, *rest = (_factor(part) for part in value.parts)
    signs = {"*": "\\odot", "/": "\\oslash", "x": "\\otimes"}
    return first + "".join(f" {signs[sign]} {part}" for sign, part in zip(value.signs, rest, strict=True))


@latex_of.register
def _(value: Factors) -> str:
    text = ""
    for number, factor in enumerate(value.factors):
        shown = _factor(factor)
        sign = value.signs[number - 1] if number else "*"
        if not text:
            text = shown
        elif sign == "/":
            text += f" / {shown}"
        elif isinstance(value.factors[number - 1], Literal) and isinstance(factor, Literal):
            text += f" \\cdot {shown}"
        else:
            text += shown if isinstance(factor, Group) and factor.fence != "{" else f" {shown}"
    return text


def _factor(value: Syntax) -> str:
    shown = latex_of(value)
    return f"({shown})" if isinstance(value, Terms | Entrywise) else shown


@latex_of.register
def _(value: Big) -> str:
    return f"\\{value.name}{_script('_', value.below)}{_script('^', value.above)} {_factor(value.body)}"


@latex_of.register
def _(value: CasesOf) -> str:
    rows = []
    for own, conditions in value.rows:
        said = "\\text{otherwise}" if conditions is None else "\\text{if } " + ", ".join(latex_of(item) for item in conditions)
        rows.append(f"{latex_of(own)} & {said}")
    return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}"


@latex_of.register
def _(value: GridOf) -> str:
    rows = (" & ".join(latex_of(cell) for cell in row) for row in value.rows)
    return "\\begin{bmatrix} " + " \\\\ ".join(rows) + " \\end{bmatrix}"
