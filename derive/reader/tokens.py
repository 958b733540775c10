"""From LaTeX text to tokens: what only changes the look (sizes, spaces, boxes) is dropped, names come in one spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from lark import Token
from lark.lexer import Lexer

from derive.errors import InputError, quoted
from derive.notation.layout import GREEK

LONGEST_TEXT = 20_000
DEEPEST = 60
"""Formulas may be so long, and nested so deep."""

LONGEST_NUMBER = 100
_NESTED = dict.fromkeys(("LBRACE", "LPAR", "LBRACKET", "LANGLE"), 1) | dict.fromkeys(("RBRACE", "RPAR", "RBRACKET", "RANGLE"), -1)
UNEQUAL = "!="
"""The relation of a formula that says what is not so."""

_COMMANDS = {
    **dict.fromkeys(("frac", "tfrac", "dfrac"), "FRAC"),
    **dict.fromkeys(("cdot", "times", "ast"), "TIMES"),
    **dict.fromkeys(("odot", "circ", "otimes"), "HADAMARD"),
    **dict.fromkeys(("top", "intercal"), "TOP"),
    **{"sqrt": "SQRT", "sum": "SUM", "max": "MAX", "partial": "PARTIAL", "nabla": "NABLA", "oslash": "OSLASH", "prime": "PRIME"},
    **{"lVert": "LNORM", "rVert": "RNORM", "lvert": "LABS", "rvert": "RABS", "{": "LBRACKET", "}": "RBRACKET"},
    **{"lbrack": "LBRACKET", "rbrack": "RBRACKET", "langle": "LANGLE", "rangle": "RANGLE"},
}
_RELATIONS = {"le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "leftarrow": "=", "gets": "=", "lt": "<", "gt": ">"}
_RELATIONS |= {"coloneqq": "=", "ne": UNEQUAL, "neq": UNEQUAL}
_PLAIN = {
    **dict.fromkeys("+-", "SIGN"),
    **dict.fromkeys("=<>", "RELATION"),
    **{"(": "LPAR", ")": "RPAR", "[": "LBRACKET", "]": "RBRACKET", "{": "LBRACE", "}": "RBRACE", "_": "SUB", "^": "SUP"},
    **{"'": "PRIME", ",": "COMMA", "&": "AMPERSAND", "/": "SLASH", "*": "TIMES"},
}
_SIZING = ("big", "Big", "bigg", "Bigg", "left", "right", "middle", "boxed", "fbox", "displaystyle", "textstyle", "limits", "nolimits")
_IGNORED = {
    *(f"{size}{side}" for size in _SIZING[:4] for side in ("", "l", "r", "m")),
    *(*_SIZING[4:], ",", ";", ":", "!", " ", "quad", "qquad", "thinspace", "mathstrut", "strut"),
}
_STYLES = ("mathit", "mathrm", "mathbf", "mathcal", "mathbb", "mathsf", "boldsymbol", "bm")
_ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde", "vec": "vec"}
_WORDS = ("log", "ln", "exp", "tanh", "sin", "cos", "tan", "cosh", "sinh", "min", "operatorname", "mathop")
_MATRICES = ("bmatrix", "pmatrix", "matrix", "smallmatrix")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(\\(?:dots|ldots)(?![A-Za-z]))?|\.[0-9]+")
_NAME = re.compile(r"\s*\{\s*((?:[A-Za-z0-9]|\\_|\s)*)\}|\s*([A-Za-z0-9])")
_INSIDE = re.compile(r"\s*\{\s*(\\[A-Za-z]+(?:\{[A-Za-z]\})?|[A-Za-z0-9]+)\s*\}|\s*(\\[A-Za-z]+|[A-Za-z0-9])")
_ENVIRONMENT = re.compile(r"\{([A-Za-z]+\*?)\}")
_ROW_GAP = re.compile(r"\s*\[-?[0-9.]+ *(?:pt|em|ex|mm|cm)\]")


def refuse(at: int, message: str) -> NoReturn:
    """Raise ``InputError`` for what stands at a character, counted from 0."""
    raise InputError(f"at character {at + 1}: {message}")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a formula. Raises ``InputError`` where a character or a command is not known."""
    if len(text) > LONGEST_TEXT:
        refuse(LONGEST_TEXT, f"a formula of {len(text)} characters; the limit is {LONGEST_TEXT}")
    at, depth, open_bars = 0, 0, 0
    argument = 0
    while at < len(text):
        character = text[at]
        if character.isspace() or character == "~":
            at += 1
            continue
        found, at = _next(text, at, argument > 0)
        if found is None:
            continue
        if found.type in ("BAR", "NORM"):
            side = "R" if open_bars else "L"
            open_bars = 0 if open_bars else 1
            found = _token(side + ("ABS" if found.type == "BAR" else "NORM"), found.value, found.start_pos or 0)
        argument = {"FRAC": 2, "SUB": 1, "SUP": 1, "SQRT": 1}.get(found.type, 0 if found.type == "LBRACE" else max(argument - 1, 0))
        depth += _NESTED.get(found.type, 0)
        if depth > DEEPEST:
            refuse(at, f"nested deeper than {DEEPEST}")
        yield found


def _token(kind: str, value: str, at: int) -> Token:
    return Token(kind, value, start_pos=at)


def _next(text: str, at: int, single: bool) -> tuple[Token | None, int]:
    """The token at ``at`` and where the next one begins; a ``single`` digit is taken where TeX takes one as an argument."""
    character = text[at]
    if character == "\\":
        return _command(text, at)
    if number := _NUMBER.match(text, at):
        value = number.group()[0] if single else number.group()
        if len(value) > LONGEST_NUMBER:
            refuse(at, f"a number of {len(value)} digits; the limit is {LONGEST_NUMBER}")
        return _token("NUMBER", value.replace("\\ldots", "\\dots"), at), at + len(value)
    if character.isascii() and character.isalpha():
        return _token("LETTER", character, at), at + 1
    if character == "|":
        return _token("BAR", character, at), at + 1
    if character == ":" and text[at + 1 : at + 2] == "=":
        return _token("RELATION", "=", at), at + 2
    if character in "’′":
        refuse(at, "a typographic prime; write ' instead")
    if character not in _PLAIN:
        refuse(at, f"unexpected {quoted(character)}")
    return _token(_PLAIN[character], character, at), at + 1


def _command(text: str, at: int) -> tuple[Token | None, int]:
    match = _COMMAND.match(text, at)
    if match is None:
        refuse(at, "a backslash at the end")
    name, end = match.group(1), match.end()
    if name in _IGNORED:
        delimiter = end < len(text) and text[end] == "." and name in ("left", "right")
        return None, end + 1 if delimiter else end
    if name == "\\":
        gap = _ROW_GAP.match(text, end)
        return _token("NEWROW", "\\\\", at), gap.end() if gap else end
    if name in _COMMANDS:
        return _token(_COMMANDS[name], f"\\{name}", at), end
    if name in _RELATIONS:
        return _token("RELATION", _RELATIONS[name], at), end
    if name == "|":
        return _token("NORM", name, at), end
    if name in GREEK or name in ("varepsilon", "vartheta", "varphi", "ell"):
        return _token("LETTER", f"\\{name}", at), end
    if name in ("text", "mbox", "textrm", "mathrm", "textit") and name != "mathrm":
        return _words(text, at, end)
    if name in ("begin", "end"):
        return _environment(text, at, end, name)
    return _named(text, at, end, name)


def _named(text: str, at: int, end: int, name: str) -> tuple[Token, int]:
    """A letter in a style or under an accent, or the name of a function."""
    if name in _ACCENTS:
        inside = _INSIDE.match(text, end)
        if inside is None:
            refuse(end, f"expected one letter under \\{name}")
        return _token("LETTER", f"\\{_ACCENTS[name]}{{{inside.group(1) or inside.group(2)}}}", at), inside.end()
    if name in _STYLES:
        inside = _INSIDE.match(text, end) if name in ("boldsymbol", "bm") else None
        inside = inside or _NAME.match(text, end)
        if inside is None:
            refuse(end, f"expected letters after \\{name}")
        word = (inside.group(1) or inside.group(2) or "").replace("\\_", "_").replace(" ", "")
        style = {"bm": "boldsymbol"}.get(name, name)
        return _token("LETTER", f"\\{style}{{{word}}}", at), inside.end()
    if name in ("operatorname", "mathop"):
        inside = _NAME.match(text, end + (text[end : end + 1] == "*"))
        if inside is None:
            refuse(end, f"expected a name after \\{name}")
        return _token("WORD", (inside.group(1) or inside.group(2)).replace("\\_", "_").strip(), at), inside.end()
    if name in _WORDS:
        return _token("WORD", {"ln": "log"}.get(name, name), at), end
    refuse(at, f"unknown command {quoted(chr(92) + name)}")


def _words(text: str, at: int, end: int) -> tuple[Token, int]:
    r"""The words of ``\text{...}``, braces inside included."""
    depth = 0
    for place in range(end, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return _token("TEXT", text[end + 1 : place], at), place + 1
    refuse(at, "a text that does not end")


def _environment(text: str, at: int, end: int, side: str) -> tuple[Token, int]:
    match = _ENVIRONMENT.match(text, end)
    name = match.group(1) if match else ""
    kind = "CASES" if name in ("cases", "dcases") else "MATRIX" if name in _MATRICES else ""
    if match is None or not kind:
        refuse(at, f"expected cases or a matrix after \\{side}, got {quoted(name)}")
    return _token(f"{side.upper()}{kind}", match.group(), at), match.end()


class LatexLexer(Lexer):
    """The tokens for lark."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]  # lark gives a lexer of this form the text itself
        """The tokens of a text."""
        return tokens(text)
