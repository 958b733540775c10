"""A notation is data: which letter each role wears, how layers are marked, which index letters there are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import InputError, quoted, unknown
from derive.notation.layout import ACCENTS, GREEK, STYLES, Accented, Layout, Symbol

ROLES = ("input", "target", "weight", "bias", "pre_activation", "output", "loss", "total_loss", "delta")
TABLES = {
    "symbols": (*ROLES, "rate"),
    "matrices": ROLES,
    "batch": ROLES,
    "layers": ("mark", "first", "general", "last"),
    "indices": ("units", "pattern", "weight", "separator"),
    "sizes": ("layer", "batch"),
    "style": ("delta_sign", "derivative", "gradient", "sum_limits"),
}
CHOICES = {
    "layers.mark": ("superscript", "parenthesised", "none"),
    "indices.weight": ("to,from", "from,to"),
    "indices.separator": ("", ","),
    "style.delta_sign": ("positive",),
    "style.derivative": ("prime",),
    "style.gradient": ("partial", "nabla"),
    "style.sum_limits": ("none", "always"),
}
_LONGEST = 40


@dataclass(frozen=True)
class Notation:
    """One author's convention. ``symbols`` are for entries, ``matrices`` for whole arrays, ``batch`` for arrays of patterns."""

    name: str
    title: str
    symbols: Mapping[str, Layout]
    matrices: Mapping[str, Layout]
    batch: Mapping[str, Layout]
    functions: Mapping[str, str]
    layer_mark: str
    first_layer: int
    general_layer: str
    last_layer: str
    unit_letters: tuple[str, ...]
    pattern_letters: tuple[str, ...]
    weight_order: str
    separator: str
    layer_size: str
    batch_size: str
    gradient: str
    sum_limits: str


def names() -> tuple[str, ...]:
    """The notations that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


def load(name: str | Path) -> Notation:
    """The notation that ships under ``name``, or the one in the TOML file at that path.

    Raises ``InputError``: unknown name, unreadable file, unknown, missing or clashing key.
    """
    text = str(name)
    shipped = Path(__file__).parent / f"{text}.toml"
    if text in names():
        return _read(shipped)
    if not text.endswith(".toml"):
        raise unknown("notation", text, names())
    return _read(Path(text))


def _read(path: Path) -> Notation:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"notation {quoted(path)}: cannot be read: {reason[:100]}") from None
    return notation(data, path.stem, str(path))


def notation(data: Mapping[str, Any], name: str, source: str) -> Notation:
    """The notation that the tables of a TOML file describe; ``source`` names the file in messages."""
    _check_keys(data, source)
    symbols = {
        table: {role: _symbol(data[table][role], f"{source}: {table}.{role}") for role in TABLES[table]}
        for table in TABLES
        if table in _FORMS
    }
    for table, letters in symbols.items():
        _check_different(letters, f"{source}: {table}")
    layers, indices = data["layers"], data["indices"]
    if isinstance(layers["first"], bool) or layers["first"] not in (0, 1):
        raise InputError(f"{source}: layers.first must be 0 or 1, got {quoted(layers['first'])}")
    units = _letters(indices["units"], f"{source}: indices.units")
    pattern = _letters(indices["pattern"], f"{source}: indices.pattern")
    texts = {key: _text(data, key, source) for key in ("layers.general", "layers.last", "sizes.layer", "sizes.batch")}
    _check_letters(units, pattern, symbols["symbols"], source)
    return Notation(
        name=name,
        title=_text(data, "title", source),
        symbols=symbols["symbols"],
        matrices=symbols["matrices"],
        batch=symbols["batch"],
        functions={key: _name(value, f"{source}: functions.{key}") for key, value in data["functions"].items()},
        layer_mark=layers["mark"],
        first_layer=layers["first"],
        general_layer=texts["layers.general"],
        last_layer=texts["layers.last"],
        unit_letters=units,
        pattern_letters=pattern,
        weight_order=indices["weight"],
        separator=indices["separator"],
        layer_size=texts["sizes.layer"],
        batch_size=texts["sizes.batch"],
        gradient=data["style"]["gradient"],
        sum_limits=data["style"]["sum_limits"],
    )


_FORMS = ("symbols", "matrices", "batch")


def _check_keys(data: Mapping[str, Any], source: str) -> None:
    _exact(data, ("title", *TABLES, "functions"), source, "")
    for table, keys in TABLES.items():
        if not isinstance(data[table], dict):
            raise InputError(f"{source}: {table} must be a table, got {quoted(data[table])}")
        _exact(data[table], keys, source, f"{table}.")
    if not isinstance(data["functions"], dict):
        raise InputError(f"{source}: functions must be a table, got {quoted(data['functions'])}")
    for key, choices in CHOICES.items():
        table, _, field = key.partition(".")
        if data[table][field] not in choices:
            raise InputError(f"{source}: {key} must be one of {', '.join(map(repr, choices))}, got {quoted(data[table][field])}")


def _exact(data: Mapping[str, Any], keys: tuple[str, ...], source: str, prefix: str) -> None:
    for key in data:
        if key not in keys:
            raise unknown("key", f"{prefix}{key}", [f"{prefix}{known}" for known in keys], source)
    for key in keys:
        if key not in data:
            raise InputError(f"{source}: missing key {prefix}{key}")


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST or not (value.isascii() and value.isalnum() and value[0].isalpha()):
        raise InputError(f"{where}: expected letters, such as 'w' or 'delta', got {quoted(value)}")
    return value


def _text(data: Mapping[str, Any], key: str, source: str) -> str:
    value: Any = data
    for part in key.split("."):
        value = value[part]
    if key == "title":
        if not isinstance(value, str) or not value.strip() or len(value) > 2 * _LONGEST:
            raise InputError(f"{source}: title must be a short text, got {quoted(value)}")
        return value
    return _name(value, f"{source}: {key}")


def _symbol(value: Any, where: str) -> Layout:
    if not isinstance(value, dict):
        return Symbol(_name(value, where))
    for key in value:
        if key not in ("letter", "accent", "style"):
            raise InputError(f"{where}: unknown key {key!r}; known: letter, accent, style")
    style, accent = value.get("style", "italic"), value.get("accent")
    if style not in STYLES:
        raise InputError(f"{where}: style must be one of {', '.join(STYLES)}, got {quoted(style)}")
    if accent is not None and accent not in ACCENTS:
        raise InputError(f"{where}: accent must be one of {', '.join(ACCENTS)}, got {quoted(accent)}")
    symbol = Symbol(_name(value.get("letter"), where), style)
    return Accented(symbol, accent) if accent else symbol


def _letters(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{where}: expected a list of letters, got {quoted(value)}")
    for letter in value:
        if not isinstance(letter, str) or not (letter in GREEK or (len(letter) == 1 and letter.isascii() and letter.isalpha())):
            raise InputError(f"{where}: expected single letters or names of Greek letters, got {quoted(letter)}")
    if len(set(value)) != len(value):
        raise InputError(f"{where}: a letter stands twice")
    return tuple(value)


def _check_different(letters: Mapping[str, Layout], where: str) -> None:
    seen: dict[Layout, str] = {}
    for role, letter in letters.items():
        if letter in seen:
            raise InputError(f"{where}: {seen[letter]} and {role} have the same symbol")
        seen[letter] = role


def _check_letters(units: tuple[str, ...], pattern: tuple[str, ...], symbols: Mapping[str, Layout], source: str) -> None:
    """An index letter that is also a quantity, or marks both units and patterns, would be read wrongly."""
    for letter in pattern:
        if letter in units:
            raise InputError(f"{source}: indices.pattern and indices.units share the letter {letter!r}")
    for role, symbol in symbols.items():
        if isinstance(symbol, Symbol) and symbol.name in (*units, *pattern):
            raise InputError(f"{source}: symbols.{role} is also an index letter: {symbol.name!r}")
