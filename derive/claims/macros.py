r"""A LaTeX document's own commands: ``\newcommand``, ``\def`` and ``\DeclareMathOperator``, expanded in its formulas within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.claims.source import Text, joined

MOST_EXPANSIONS, LONGEST = 2_000, 20_000
_NEW = re.compile(
    r"\\(?:re|provide)?(?:newcommand|command)\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(?:\[(\d)\])?\s*(?:\[([^\]]*)\])?\s*(?=\{)"
    r"|\\(?:g|x|e)?def\s*\\([A-Za-z]+)\s*((?:#\d)*)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(?=\{)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True)
class Macro:
    """A command with so many arguments, the first of which may have a ``default``; ``body`` has #1, #2, ..."""

    arguments: int
    default: str | None
    body: str


def macros_in(text: str) -> list[tuple[int, str, Macro]]:
    """Every command that a text defines: where, its name, and what it stands for."""
    found: list[tuple[int, str, Macro]] = []
    for match in _NEW.finditer(text):
        end = closing(text, match.end())
        body = text[match.end() + 1 : end]
        if match[1]:
            found.append((match.start(), match[1], Macro(int(match[2] or 0), match[3], body)))
        elif match[4]:
            found.append((match.start(), match[4], Macro(len(match[5]) // 2, None, body)))
        else:
            found.append((match.start(), match[6], Macro(0, None, f"\\operatorname{{{body}}}")))
    return found


def closing(text: str, opening: int) -> int:
    """The place of the brace that closes the one at ``opening``; the end where there is none."""
    depth, at = 0, opening
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return at
        at += 1
    return len(text)


def expanded(text: Text, macros: dict[str, Macro]) -> Text | None:
    """A formula with the commands that a document defines written out; None where that does not end."""
    for _ in range(MOST_EXPANSIONS):
        match = next((found for found in _COMMAND.finditer(text.chars) if found[1] in macros), None)
        if match is None:
            return text
        macro = macros[match[1]]
        values, end = _arguments(text.chars, match.end(), macro)
        body = macro.body
        for number, value in enumerate(values, 1):
            body = body.replace(f"#{number}", value)
        if body[-1:].isalpha() and "\\" in body and text.chars[end : end + 1].isalpha():
            body += " "
        text = joined([text.cut(0, match.start()), text.inserted(body, match.start()), text.cut(end, len(text.chars))])
        if len(text.chars) > LONGEST:
            return None
    return None


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
