"""Sentences by key: a catalogue is a TOML file, one for each language, with places for formulas in braces."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from derive.errors import InputError, quoted, unknown
from derive.files import parsed_toml, read
from derive.notation.layout import Layout
from derive.words.inline import Inline, Math, Sentence, Text

Value = Inline | Layout | str | int | Sequence["Inline | Layout | str | int"]
_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Words:
    """The sentences of one language."""

    language: str
    sentences: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """The bare text under ``key``. Raises ``InputError`` where there is none."""
        if key not in self.sentences:
            raise InputError(f"words of {self.language}: missing key {key}")
        return self.sentences[key]

    def __contains__(self, key: str) -> bool:
        return key in self.sentences

    def say(self, key: str, **places: Value) -> Sentence:
        """The sentence under ``key`` with its places filled; several values are listed as ``a, b and c``.

        Raises ``InputError`` where the key or the value of a place is missing.
        """
        pieces: list[Inline] = []
        for number, piece in enumerate(_PLACE.split(self[key])):
            if number % 2 == 0:
                pieces += [Text(piece)] if piece else []
            elif piece not in places:
                raise InputError(f"words of {self.language}: {key} speaks of {{{piece}}}, which is not known there")
            else:
                pieces += self._filled(places[piece])
        return merged(pieces)

    def _filled(self, value: Value) -> list[Inline]:
        if isinstance(value, Sequence) and not isinstance(value, str):
            filled: list[Inline] = []
            for number, item in enumerate(value):
                if number:
                    filled.append(Text(self["list.and"] if number == len(value) - 1 else self["list.comma"]))
                filled += self._filled(item)
            return filled
        return [value if isinstance(value, Inline) else Math(value) if isinstance(value, Layout) else Text(str(value))]


def merged(pieces: Sequence[Inline]) -> Sentence:
    """The same text with neighbouring words in one piece."""
    found: list[Inline] = []
    for piece in pieces:
        if found and isinstance(piece, Text) and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].text + piece.text)
        else:
            found.append(piece)
    return tuple(found)


def languages() -> tuple[str, ...]:
    """The languages that ship."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


@cache
def load(language: str = "en") -> Words:
    """The catalogue of a language, or of the TOML file at that path.

    Raises ``InputError``: unknown language, unreadable file, a key that is missing, unknown or speaks of other places.
    """
    if language in languages():
        return _read(Path(__file__).parent / f"{language}.toml", language)
    if not language.endswith(".toml"):
        raise unknown("language", language, languages())
    own, shipped = _read(Path(language), language), load()
    for key in own.sentences:
        if key not in shipped.sentences:
            raise unknown("key", key, shipped.sentences, f"words {quoted(language)}")
    for key, sentence in shipped.sentences.items():
        if key not in own.sentences:
            raise InputError(f"words {quoted(language)}: missing key {key}")
        extra = set(_PLACE.findall(own.sentences[key])) - set(_PLACE.findall(sentence))
        if extra:
            raise InputError(f"words {quoted(language)}: {key} speaks of {{{sorted(extra)[0]}}}, which is not known there")
    return own


def _read(path: Path, language: str) -> Words:
    try:
        data = parsed_toml(read(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"words {quoted(path)}: cannot be read: {' '.join(str(error).split())[:100]}") from None
    return Words(language, dict(_flat(data, "", language)))


def _flat(table: Mapping[str, Any], prefix: str, language: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.", language)
        elif isinstance(value, str):
            found.append((f"{prefix}{key}", value))
        else:
            raise InputError(f"words {quoted(language)}: {quoted(prefix + key)} must be a text, got {quoted(value)}")
    return found
