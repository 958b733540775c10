"""Reads the LaTeX of a formula into syntax, with positions. Nothing is evaluated, and length and depth are bounded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken

from derive.errors import quoted
from derive.reader.limits import check_size
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
from derive.reader.tokens import LatexLexer, refuse

_SPOKEN = {
    **{"NUMBER": "a number", "LETTER": "a letter", "WORD": "a function", "FRAC": "a fraction", "SUM": "a sum", "SIGN": "+ or -"},
    **{"RELATION": "= or another relation", "LPAR": "(", "RPAR": ")", "LBRACKET": "[", "RBRACKET": "]", "LBRACE": "{", "RBRACE": "}"},
    **{"SUB": "_", "SUP": "^", "COMMA": "a comma", "AMPERSAND": "&", "NEWROW": "a new row", "PRIME": "a prime", "RNORM": "a closing bar"},
    **{"RABS": "a closing bar", "ENDCASES": "the end of cases", "ENDMATRIX": "the end of the matrix", "$END": "the end"},
}
_FEW = 6
_ENTRYWISE = {"\\oslash": "/", "\\otimes": "x"}
_FENCES = {"LPAR": "(", "LBRACKET": "[", "LANGLE": "<"}


def read_formula(text: str) -> Chain:
    """The syntax of ``a``, ``a = b`` or a longer chain. Raises ``InputError``: the place, what stands there, what was expected."""
    try:
        return check_size(_parser().parse(text))  # type: ignore[arg-type]
    except UnexpectedInput as error:
        _explain(error, text)
    except RecursionError:
        refuse(0, "nested too deeply")


def _explain(error: UnexpectedInput, text: str) -> NoReturn:
    expected = sorted({_SPOKEN[name] for name in getattr(error, "expected", ()) if name in _SPOKEN})
    hint = f"; expected {', '.join(expected[:_FEW])}" if expected else ""
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is None or token.type == "$END":
        refuse(len(text), f"the formula ends{hint}")
    refuse(token.start_pos or 0, f"unexpected {quoted(token)}{hint}")


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("latex.lark").read_text(encoding="utf-8")
    return Lark(grammar, start="chain", parser="lalr", lexer=LatexLexer, transformer=_ToSyntax())


def _at(part: Syntax | Token) -> int:
    return (part.start_pos or 0) if isinstance(part, Token) else part.at


def _kept(parts: list[Any]) -> list[Any]:
    """The parts that are no punctuation."""
    return [part for part in parts if not isinstance(part, Token)]


class _ToSyntax(Transformer[Token, Syntax]):
    """One method for each rule of the grammar."""

    def number(self, parts: list[Any]) -> Syntax:
        return Literal(_at(parts[0]), str(parts[0]))

    def letter(self, parts: list[Any]) -> Syntax:
        return Letter(_at(parts[0]), str(parts[0]))

    def word(self, parts: list[Any]) -> Syntax:
        return Word(_at(parts[0]), str(parts[0]))

    def partial(self, parts: list[Any]) -> Syntax:
        return Sign(_at(parts[0]), "partial")

    def nabla(self, parts: list[Any]) -> Syntax:
        return Sign(_at(parts[0]), "nabla")

    def chain(self, parts: list[Any]) -> Syntax:
        return Chain(_at(parts[0]), tuple(parts[::2]), tuple(str(sign) for sign in parts[1::2]))

    def items(self, parts: list[Any]) -> list[Any]:
        return _kept(parts)

    def terms(self, parts: list[Any]) -> Syntax:
        signed = parts if isinstance(parts[0], Token) else ["+", *parts]
        return Terms(_at(parts[0]), tuple(str(sign) for sign in signed[::2]), tuple(signed[1::2]))

    def entrywise(self, parts: list[Any]) -> Syntax:
        signs = tuple(_ENTRYWISE.get(str(part), "*") for part in parts if isinstance(part, Token))
        return Entrywise(_at(parts[0]), signs, tuple(_kept(parts)))

    def product(self, parts: list[Any]) -> Syntax:
        """A factor by itself is no product."""
        signs: list[str] = []
        factors: list[Syntax] = []
        sign = "*"
        for part in parts:
            if isinstance(part, Token):
                sign = "/" if part.type == "SLASH" else "*"
                continue
            if factors:
                signs.append(sign)
            factors.append(part)
            sign = "*"
        return factors[0] if len(factors) == 1 else Factors(factors[0].at, tuple(signs), tuple(factors))

    def script(self, parts: list[Any]) -> tuple[str, Script | int]:
        """Which kind of script, and what it says; of primes, how many."""
        kind = parts[0].type
        primes = sum(isinstance(part, Token) and part.type == "PRIME" for part in parts)
        if primes:
            return "PRIME", primes
        tokens = [part.type for part in parts if isinstance(part, Token)]
        kept = _kept(parts)
        if "TOP" in tokens and not kept:
            top = Sign(_at(parts[1]), "top")
            return kind, Script(_at(parts[0]), (Chain(top.at, (top,)),))
        (inside,) = kept
        items = tuple(inside) if isinstance(inside, list) else (Chain(inside.at, (inside,)),)
        if "TOP" in tokens:
            items = (*items, *_transposed(_at(parts[0])))
        return kind, Script(_at(parts[0]), items, "HADAMARD" in tokens)

    def scripted(self, parts: list[Any]) -> Syntax:
        return Scripted(_at(parts[0]), parts[0], *_scripts(parts[1:]))

    def big(self, parts: list[Any]) -> Syntax:
        sign = parts[-2] if isinstance(parts[-2], Token) and parts[-2].type == "SIGN" else None
        below, above, primes = _scripts(parts[1 : -1 if sign is None else -2])
        if primes:
            refuse(_at(parts[0]), "a sum has no primes")
        body = parts[-1] if sign is None else Terms(_at(sign), (str(sign),), (parts[-1],))
        return Big(_at(parts[0]), "sum" if parts[0].type == "SUM" else "max", below, above, body)

    def group(self, parts: list[Any]) -> Syntax:
        return Group(_at(parts[0]), _FENCES[parts[0].type], tuple(parts[1]))

    def braces(self, parts: list[Any]) -> Syntax:
        return Group(_at(parts[0]), "{", (Chain(parts[1].at, (parts[1],)),))

    def norm(self, parts: list[Any]) -> Syntax:
        return Fence(_at(parts[0]), "norm", parts[1])

    def absolute(self, parts: list[Any]) -> Syntax:
        return Fence(_at(parts[0]), "absolute", parts[1])

    def fraction(self, parts: list[Any]) -> Syntax:
        top, bottom = _kept(parts)
        return Fraction(_at(parts[0]), top, bottom)

    def root(self, parts: list[Any]) -> Syntax:
        return Root(_at(parts[0]), _kept(parts)[0])

    def case(self, parts: list[Any]) -> tuple[Syntax, tuple[Chain, ...] | None, str]:
        kept = _kept(parts)
        words = " ".join(str(part) for part in parts if isinstance(part, Token) and part.type == "TEXT")
        return kept[0], tuple(kept[1]) if len(kept) > 1 else None, words

    def cases(self, parts: list[Any]) -> Syntax:
        rows = _kept(parts)
        return CasesOf(_at(parts[0]), tuple((value, items) for value, items, _ in rows), tuple(words for *_, words in rows))

    def row(self, parts: list[Any]) -> tuple[Syntax, ...]:
        return tuple(_kept(parts))

    def matrix(self, parts: list[Any]) -> Syntax:
        rows = tuple(_kept(parts))
        if len({len(row) for row in rows}) > 1:
            refuse(_at(parts[0]), "a matrix whose rows differ in length")
        return GridOf(_at(parts[0]), rows)


def _transposed(at: int) -> tuple[Chain, ...]:
    """What stands beside a layer in a superscript that also says transposed."""
    top = Sign(at, "top")
    return (Chain(at, (top,)),)


def _scripts(parts: list[Any]) -> tuple[Script | None, Script | None, int]:
    """Below, above and the number of primes; each may stand once."""
    found: dict[str, Any] = {"SUB": None, "SUP": None}
    primes = 0
    for kind, script in parts:
        if kind == "PRIME":
            primes += script
        elif found[kind] is not None:
            refuse(script.at, f"a second {'sub' if kind == 'SUB' else 'super'}script")
        else:
            found[kind] = script
    return found["SUB"], found["SUP"], primes
