"""Reads the text of formulas and equations into syntax, with positions; ``scope.py`` gives the syntax its meaning.

The grammar (``grammar.lark``) is our own and small. The text is never evaluated as Python, and what it may cost is
bounded: its length, the depth of its nesting and the length of its numbers are limited.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NoReturn

from lark import Lark, Token, Transformer, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from derive.errors import InputError, quoted

LONGEST_TEXT = 10_000
DEEPEST = 60
LONGEST_WORD = 60
LARGEST_EXPONENT = 400
LARGEST_MAGNITUDE = 300
"""Numbers lie between 10**-300 and 10**300, so that a double holds them."""


@dataclass(frozen=True)
class Literal:
    """A number as it was written."""

    text: str
    at: int
    depth: int = 1


@dataclass(frozen=True)
class Name:
    """A name standing alone: a scalar, a constant, the variable or, inside positions, an index."""

    name: str
    at: int
    depth: int = 1


@dataclass(frozen=True)
class Place:
    """``name[positions]``."""

    name: str
    positions: tuple[Syntax, ...]
    at: int
    depth: int


@dataclass(frozen=True)
class Call:
    """``name(arguments)``."""

    name: str
    arguments: tuple[Syntax, ...]
    at: int
    depth: int


@dataclass(frozen=True)
class Chain:
    """Operands joined by ``+ -`` or by ``* /``; the first sign belongs to the first operand."""

    signs: tuple[str, ...]
    operands: tuple[Syntax, ...]
    at: int
    depth: int


@dataclass(frozen=True)
class Minus:
    """``-operand``."""

    operand: Syntax
    at: int
    depth: int


@dataclass(frozen=True)
class Raised:
    """``base ** exponent``."""

    base: Syntax
    exponent: Syntax
    at: int
    depth: int


@dataclass(frozen=True)
class Comparison:
    """``left sign right``."""

    left: Syntax
    sign: str
    right: Syntax
    at: int
    depth: int


@dataclass(frozen=True)
class Truth:
    """``[comparison, ...]``: 1 where all hold, else 0."""

    comparisons: tuple[Comparison, ...]
    at: int
    depth: int


Syntax = Literal | Name | Place | Call | Chain | Minus | Raised | Comparison | Truth


@dataclass(frozen=True)
class EquationSyntax:
    """``left = right``."""

    left: Name | Place
    right: Syntax


@dataclass(frozen=True)
class Source:
    """A text and what it is, for messages: ``formula of silu, column 4: ...``."""

    text: str
    what: str = "formula"

    def refuse(self, at: int, message: str) -> NoReturn:
        """Raise the refusal of what stands at offset ``at``."""
        before = self.text[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        place = f"column {column}" if "\n" not in self.text.strip() else f"line {line}, column {column}"
        raise InputError(f"{self.what}, {place}: {message}")


def parts_of(syntax: Syntax) -> tuple[Syntax, ...]:
    """What a piece of syntax is made of, in the order written."""
    match syntax:
        case Place():
            return syntax.positions
        case Call():
            return syntax.arguments
        case Chain():
            return syntax.operands
        case Minus():
            return (syntax.operand,)
        case Raised():
            return (syntax.base, syntax.exponent)
        case Comparison():
            return (syntax.left, syntax.right)
        case Truth():
            return syntax.comparisons
        case _:
            return ()


def read_formula(source: Source) -> Syntax:
    """The syntax of a formula; raises InputError with the position of the first fault."""
    tree: Syntax = _read(source, "formula")  # type: ignore[assignment]
    return tree


def read_statement(source: Source) -> Comparison:
    """The syntax of ``left = right`` between formulas, as in an assumption."""
    tree: Comparison = _read(source, "statement")  # type: ignore[assignment]
    return tree


def read_equation(source: Source) -> EquationSyntax:
    """The syntax of ``tensor[indices] = formula``."""
    tree: EquationSyntax = _read(source, "equation")  # type: ignore[assignment]
    return tree


def read_declaration(source: Source) -> Name | Place:
    """The syntax of a declared tensor, ``W[j,i]``."""
    tree: Name | Place = _read(source, "place")  # type: ignore[assignment]
    return tree


def _read(source: Source, start: str) -> object:
    if len(source.text) > LONGEST_TEXT:
        raise InputError(f"{source.what}: {len(source.text)} characters are too many; the limit is {LONGEST_TEXT}")
    try:
        return _parser().parse(source.text, start=start)
    except _Fault as fault:
        source.refuse(fault.at, fault.message)
    except UnexpectedInput as error:
        source.refuse(*_explained(error, source.text))


class _Fault(Exception):
    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


class _Builder(Transformer[Token, Syntax]):
    """Each method makes the syntax of one rule; LALR calls them bottom up, so deep text never recurses here."""

    def number(self, parts: list[Token]) -> Literal:
        (token,) = parts
        at, text = _word(token)
        power = text.lower().partition("e")[2]
        if abs(int(power or 0)) > LARGEST_EXPONENT or abs(Decimal(text).adjusted()) > LARGEST_MAGNITUDE:
            raise _Fault(at, f"the number {quoted(text)} is out of range; the largest exponent is {LARGEST_MAGNITUDE}")
        return Literal(text, at)

    def name(self, parts: list[Token]) -> Name:
        at, text = _word(parts[0])
        return Name(text, at)

    def entry(self, parts: list[Token | Syntax | None]) -> Place:
        at, text = _word(parts[0])
        positions = _syntax(parts[1:])
        return Place(text, positions, at, _deeper(at, positions))

    def call(self, parts: list[Token | Syntax | None]) -> Call:
        at, text = _word(parts[0])
        arguments = _syntax(parts[1:])
        return Call(text, arguments, at, _deeper(at, arguments))

    def group(self, parts: list[Syntax]) -> Syntax:
        return parts[0]

    def sum(self, parts: list[Token | Syntax]) -> Chain:
        return _chain("+", parts)

    def product(self, parts: list[Token | Syntax]) -> Chain:
        return _chain("*", parts)

    def minus(self, parts: list[Token | Syntax]) -> Syntax:
        (operand,) = _syntax(parts)
        at = _offset(parts[0])
        return Minus(operand, at, _deeper(at, (operand,))) if parts[0] == "-" else operand

    def raised(self, parts: list[Syntax]) -> Raised:
        base, exponent = parts
        return Raised(base, exponent, base.at, _deeper(base.at, (base, exponent)))

    def comparison(self, parts: list[Token | Syntax]) -> Comparison:
        left, right = _syntax(parts)
        return Comparison(left, str(parts[1]), right, left.at, _deeper(left.at, (left, right)))

    def bracket(self, parts: list[Comparison]) -> Truth:
        return Truth(tuple(parts), parts[0].at, _deeper(parts[0].at, tuple(parts)))

    def equation(self, parts: list[Syntax]) -> EquationSyntax:
        return EquationSyntax(parts[0], parts[-1])  # type: ignore[arg-type]


def _offset(token: object) -> int:
    return (token.start_pos or 0) if isinstance(token, Token) else 0


def _word(token: object) -> tuple[int, str]:
    text, at = str(token), _offset(token)
    if len(text) > LONGEST_WORD:
        raise _Fault(at, f"{quoted(text)} has {len(text)} characters; the limit is {LONGEST_WORD}")
    return at, text


def _syntax(parts: object) -> tuple[Syntax, ...]:
    return tuple(part for part in parts if part is not None and not isinstance(part, Token))  # type: ignore[attr-defined]


def _deeper(at: int, parts: tuple[Syntax, ...]) -> int:
    depth = 1 + max((part.depth for part in parts), default=0)
    if depth > DEEPEST:
        raise _Fault(at, f"nested too deeply; the limit is {DEEPEST} levels")
    return depth


def _chain(first: str, parts: list[Token | Syntax]) -> Chain:
    operands = _syntax(parts)
    signs = (first, *(str(part) for part in parts if isinstance(part, Token)))
    return Chain(signs, operands, operands[0].at, _deeper(operands[0].at, operands))


_SPOKEN = {
    "NAME": "a name",
    "NUMBER": "a number",
    "SIGN": "'+' or '-'",
    "TIMES": "'*' or '/'",
    "COMPARE": "a comparison",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "EQUAL": "'='",
    "__ANON_0": "'**'",
    "$END": "the end",
}
_SIGNS = "+ - * / ** ( ) [ ] , < > ="


def _explained(error: UnexpectedInput, text: str) -> tuple[int, str]:
    """Where the text stops making sense, and what was expected there."""
    if isinstance(error, UnexpectedToken | UnexpectedEOF):
        token = getattr(error, "token", None)
        ended = token is None or token.type == "$END"
        expected = error.accepts or error.expected if isinstance(error, UnexpectedToken) else error.expected
        at = len(text.rstrip()) if ended else _offset(token)
        return at, f"expected {_listed(expected)}, got {'the end' if ended else quoted(token)}"
    at = error.pos_in_stream or 0
    return at, f"expected letters, digits or one of {_SIGNS}, got {quoted(text[at : at + 1])}"


def _listed(terminals: object) -> str:
    names = set(terminals)  # type: ignore[call-overload]
    if {"NAME", "NUMBER"} <= names:
        return "a number, a name, '-' or an opening bracket"
    spoken = [words for terminal, words in _SPOKEN.items() if terminal in names]
    return " or ".join([", ".join(spoken[:-1]), spoken[-1]]) if len(spoken) > 1 else spoken[0] if spoken else "something else"


@cache
def _parser() -> Lark:
    rules = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    starts = ["formula", "statement", "equation", "place"]
    return Lark(rules, start=starts, parser="lalr", transformer=_Builder(), maybe_placeholders=False)
