"""Refusals: one clear line saying what came, what was expected and where."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_QUOTE = 40
LONGEST_PATH = 120


class InputError(Exception):
    """What the user gave cannot be used; the message is one printable line, whatever it quotes, and names the place."""

    def __init__(self, message: str = "") -> None:
        line = " ".join(message.split()) if "\n" in message or "\r" in message else message
        super().__init__(line if line.isprintable() else "".join(_printable(character) for character in line))


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()


def quoted(text: object) -> str:
    """``text`` in quotes: on one line, in printable ASCII and not too long, whatever it holds."""
    words = str(text)
    short = words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 3] + "..."
    return ascii(short)


def quoted_path(path: object) -> str:
    """A path in quotes; of a long one, its end."""
    words = str(path)
    return ascii(words if len(words) <= LONGEST_PATH else "..." + words[3 - LONGEST_PATH :])


def unknown(kind: str, name: object, known: Iterable[str], where: str = "") -> InputError:
    """The refusal of a name that does not exist, with the nearest ones that do, or all of them when few."""
    names = list(known)
    place = f"{where}: " if where else ""
    near = get_close_matches(str(name)[:100], names, n=3, cutoff=0.6)
    if near:
        hint = f"; nearest: {', '.join(near)}"
    elif names:
        hint = f"; known: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
    else:
        hint = ""
    return InputError(f"{place}unknown {kind} {quoted(name)}{hint}")
