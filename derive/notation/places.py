"""Where in a TOML file a key stands, so that a refusal can name the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.errors import InputError, unknown

_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")


@dataclass(frozen=True)
class Source:
    """A file by its name, with the line of every table and key in it (``symbols``, ``symbols.delta``)."""

    name: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def at(self, key: str) -> str:
        """The file and, where it is known, the line of a key, of its table if the key is missing."""
        line = self.lines.get(key) or self.lines.get(key.rpartition(".")[0])
        return f"{self.name}, line {line}" if line else self.name

    def refuse(self, key: str, message: str) -> InputError:
        """The refusal of what stands at a key."""
        return InputError(f"{self.at(key)}: {message}")

    def unknown(self, key: str, known: tuple[str, ...]) -> InputError:
        """The refusal of a key that does not exist."""
        return unknown("key", key, known, self.at(key))


def source_of(name: str, text: str) -> Source:
    """The places of the keys of a TOML text."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = header.group(1)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{table}.{key.group(1)}" if table else key.group(1), number)
    return Source(name, lines)
