r"""A LaTeX document's own commands: ``\newcommand``, ``\def`` and ``\DeclareMathOperator``, expanded in its formulas within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from derive.claims.source import Text, joined

MOST_EXPANSIONS, LONGEST = 250, 20_000
MOST_DEFINITIONS, LONGEST_DEFINITION = 1_000, 2_000
_NEW = re.compile(
    r"\\(?:re|provide)?(?:newcommand|command)\*?\s{0,9}\{?\s{0,9}\\([A-Za-z]+)\s{0,9}\}?\s{0,9}(?:\[(\d)\])?\s{0,9}(?:\[([^\]]{0,200})\])?\s{0,9}(?=\{)"
    r"|\\(?:g|x|e)?def\s{0,9}\\([A-Za-z]+)\s{0,9}((?:#\d){0,9})\s{0,9}(?=\{)"
    r"|\\DeclareMathOperator\*?\s{0,9}\{?\s{0,9}\\([A-Za-z]+)\s{0,9}\}?\s{0,9}(?=\{)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_ARGUMENT = re.compile(r"#([1-9])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True)
class Macro:
    """A command with so many arguments, the first of which may have a ``default``; ``body`` has #1, #2, ..."""

    arguments: int
    default: str | None
    body: str


def macros_in(text: str) -> list[tuple[int, str, Macro]]:
    """Every command that a text defines: where, its name, and what it stands for."""
    found: list[tuple[int, str, Macro]] = []
    for match in islice(_NEW.finditer(text), MOST_DEFINITIONS):
        end = closing(text, match.end(), LONGEST_DEFINITION)
        body = text[match.end() + 1 : end]
        if match[1]:
            found.append((match.start(), match[1], Macro(int(match[2] or 0), match[3], body)))
        elif match[4]:
            found.append((match.start(), match[4], Macro(len(match[5]) // 2, None, body)))
        else:
            found.append((match.start(), match[6], Macro(0, None, f"\\operatorname{{{body}}}")))
    return found


def closing(text: str, opening: int, most: int = LONGEST) -> int:
    """The place of the brace that closes the one at ``opening``; the end where there is none, or none near enough."""
    depth = 0
    for match in _BRACE.finditer(text, opening, opening + most):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return min(len(text), opening + most)


def expanded(text: Text, macros: dict[str, Macro]) -> Text | None:
    """A formula with the commands that a document defines written out; None where that does not end."""
    for _ in range(MOST_EXPANSIONS):
        match = next((found for found in _COMMAND.finditer(text.chars) if found[1] in macros), None)
        if match is None:
            return text
        macro = macros[match[1]]
        values, end = _arguments(text.chars, match.end(), macro)
        body = macro.body
        if len(body) + sum(body.count(f"#{number}") * len(value) for number, value in enumerate(values, 1)) > LONGEST:
            return None
        body = _filled(body, values)
        if body[-1:].isalpha() and "\\" in body and text.chars[end : end + 1].isalpha():
            body += " "
        text = joined([text.cut(0, match.start()), text.inserted(body, match.start()), text.cut(end, len(text.chars))])
        if len(text.chars) > LONGEST:
            return None
    return None


def _filled(body: str, values: list[str]) -> str:
    """A body with its arguments put in, each once: what stands in an argument is no place for another."""

    def value(place: re.Match[str]) -> str:
        number = int(place[1])
        return values[number - 1] if number <= len(values) else place[0]

    return _ARGUMENT.sub(value, body)


def _arguments(text: str, at: int, macro: Macro) -> tuple[list[str], int]:
    values: list[str] = []
    while text[at : at + 1] == " " and macro.arguments:
        at += 1
    if macro.default is not None:
        optional = re.match(r"\s*\[([^\]]*)\]", text[at:])
        values.append(optional[1] if optional else macro.default)
        at += optional.end() if optional else 0
    while len(values) < macro.arguments and at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] == "{":
            end = closing(text, at)
            values.append(text[at + 1 : end])
            at = end + 1
        else:
            single = re.match(r"\\[A-Za-z]+|.", text[at:], re.DOTALL)
            assert single is not None
            values.append(single[0])
            at += single.end()
    return values, at
