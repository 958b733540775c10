"""Reads the numbers of a worked example: a TOML file such as ``mazur.toml`` beside this one, which has every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from derive.equations import System
from derive.errors import InputError, quoted, unknown
from derive.expressions import Tensor
from derive.files import parsed_toml, read
from derive.network import BATCH
from derive.worked.digits import printed
from derive.worked.ledger import Place, places_of
from derive.worked.passes import Passes

KEYS = ("digits", "carry", "learning_rate", "frozen", "inputs", "targets", "parameters", "published")
CARRIES = ("exact", "rounded")
MOST_DIGITS, MOST_PATTERNS = 15, 8
DEFAULT_DIGITS, DEFAULT_RATE = 4, "0.5"
_LARGEST_FILE = 100_000
_LARGEST = Decimal(10) ** 6


@dataclass(frozen=True)
class Numbers:
    """Given values as texts in their own digits, by tensor and position, and how to compute with them.

    ``published`` and ``published_after`` are digits of a text to compare with, before and after the step.
    """

    given: Mapping[Place, str]
    digits: int = DEFAULT_DIGITS
    carry: str = "exact"
    rate_text: str = DEFAULT_RATE
    frozen: tuple[str, ...] = ()
    published: Mapping[Place, str] = field(default_factory=dict)
    published_after: Mapping[Place, str] = field(default_factory=dict)

    @property
    def rate(self) -> Fraction:
        """The learning rate."""
        return Fraction(self.rate_text)


@dataclass(frozen=True)
class NumbersFile:
    """The tables of a file, and where its keys stand, for messages."""

    path: str
    text: str
    rows: Mapping[str, Any]

    def fault(self, key: str, message: str) -> InputError:
        """The refusal of what stands under a key."""
        line = _line_of(key, self.text)
        return InputError(f"{self.path}{f', line {line}' if line else ''}: {key} {message}")

    @property
    def patterns(self) -> int | None:
        """How many patterns the inputs hold; None for one that stands by itself, or for a system of equations."""
        rows = self.rows.get("inputs")
        return len(rows) if isinstance(rows, list) and rows and isinstance(rows[0], list) else None


def load_numbers(path: str) -> NumbersFile:
    """The tables of a TOML file. Raises ``InputError``: unreadable, no TOML, unknown key."""
    if not path.endswith(".toml"):
        raise InputError(f"numbers: expected a TOML file, such as numbers.toml, got {quoted(path)}")
    text = read(Path(path))
    if len(text) > _LARGEST_FILE:
        raise InputError(f"{path}: {len(text)} characters are too many for numbers; the limit is {_LARGEST_FILE}")
    try:
        rows = parsed_toml(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())[:100]}") from None
    for key in rows:
        if key not in KEYS:
            raise unknown("key", key, KEYS, path)
    return NumbersFile(path, text, rows)


def numbers_of(file: NumbersFile, passes: Passes) -> Numbers:
    """The numbers of a file for a forward and a backward pass.

    Raises ``InputError``, one line with file, line and key: missing, unknown, of another shape, not a number, too large.
    """
    rows, system = file.rows, passes.system
    given: dict[Place, str] = {}
    for key, tensor, value in (*_inputs(file, system), *_parameters(file, system)):
        given |= _flat(file, key, tensor, value)
    frozen = rows.get("frozen", [])
    names = [tensor.name for tensor in system.parameters]
    if not isinstance(frozen, list) or not all(isinstance(name, str) for name in frozen):
        raise file.fault("frozen", f"must be a list of names, such as ['b1'], got {quoted(frozen)}")
    for name in frozen:
        if name not in names:
            raise unknown("parameter", name, names, f"{file.path}: frozen")
    digits, carry = rows.get("digits", DEFAULT_DIGITS), rows.get("carry", CARRIES[0])
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_DIGITS:
        raise file.fault("digits", f"must be a whole number from 1 to {MOST_DIGITS}, got {quoted(digits)}")
    if carry not in CARRIES:
        raise file.fault("carry", f"must be 'exact' or 'rounded', got {quoted(carry)}")
    rate = _number(file, "learning_rate", rows.get("learning_rate", Decimal(DEFAULT_RATE)))
    published, after = _published(file, passes.tensors)
    return Numbers(given, digits, carry, rate, tuple(dict.fromkeys(frozen)), published, after)


def _inputs(file: NumbersFile, system: System) -> list[tuple[str, Tensor, Any]]:
    """Inputs and targets with their keys: two lists for a network of layers, a table by name for equations."""
    inputs = file.rows.get("inputs")
    if inputs is None:
        raise InputError(f"{file.path}: missing key inputs")
    names = [tensor.name for tensor in system.inputs]
    if isinstance(inputs, dict):
        _exact(file, "inputs", inputs, names)
        return [(f"inputs.{tensor.name}", tensor, inputs[tensor.name]) for tensor in system.inputs]
    if [tensor.role for tensor in system.inputs] != ["input", "target"]:
        raise file.fault("inputs", f"must be a table with a value for each of {', '.join(names)}")
    if "targets" not in file.rows:
        raise InputError(f"{file.path}: missing key targets")
    return [(key, tensor, file.rows[key]) for key, tensor in zip(("inputs", "targets"), system.inputs, strict=True)]


def _parameters(file: NumbersFile, system: System) -> list[tuple[str, Tensor, Any]]:
    values = file.rows.get("parameters", {})
    if not isinstance(values, dict):
        raise file.fault("parameters", "must be a table such as [parameters] with a line for each parameter")
    _exact(file, "parameters", values, [tensor.name for tensor in system.parameters])
    return [(f"parameters.{tensor.name}", tensor, values[tensor.name]) for tensor in system.parameters]


def _exact(file: NumbersFile, table: str, values: Mapping[str, Any], names: Sequence[str]) -> None:
    for key in values:
        if key not in names:
            raise unknown("name", f"{table}.{key}", [f"{table}.{name}" for name in names], file.path)
    for name in names:
        if name not in values:
            raise InputError(f"{file.path}: missing key {table}.{name}")


def _flat(file: NumbersFile, key: str, tensor: Tensor, value: Any) -> dict[Place, str]:
    """The numbers of an array by position, as texts."""
    return {(tensor.name, place): _number(file, key, item) for place, item in _placed(file, key, tensor, value)}


def _placed(file: NumbersFile, key: str, tensor: Tensor, value: Any) -> list[tuple[tuple[int, ...], Any]]:
    """What an array holds, by position; a file has a row for each pattern, also where a notation has patterns as columns."""
    columns = len(tensor.axes) > 1 and tensor.axes[-1].name == BATCH
    shape = [axis.size for axis in tensor.axes]
    items = _items(file, key, value, [shape[-1], *shape[:-1]] if columns else shape)
    if not columns:
        return list(zip(places_of(tensor), items, strict=True))
    turned = Tensor(tensor.name, (tensor.axes[-1], *tensor.axes[:-1]))
    return [((*rest, pattern), item) for (pattern, *rest), item in zip(places_of(turned), items, strict=True)]


def _items(file: NumbersFile, key: str, value: Any, shape: Sequence[int]) -> list[Any]:
    """What an array of this shape holds, row by row."""
    wanted = f"must have shape ({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else "must be one number"
    rows = [value]
    for depth, size in enumerate(shape):
        for row in rows:
            if not isinstance(row, list):
                raise file.fault(key, f"{wanted}; it is {'a number' if not depth else 'not nested so deep'}")
            if len(row) != size:
                raise file.fault(key, f"{wanted}; there are {len(row)} where {size} are expected")
        rows = [item for row in rows for item in row]
    if any(isinstance(item, list | dict) for item in rows):
        raise file.fault(key, f"{wanted}; it is nested deeper")
    return rows


def _number(file: NumbersFile, key: str, value: Any) -> str:
    """One number in its own digits."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise file.fault(key, f"must hold numbers, got {quoted(value)}")
    number = Decimal(value)
    if not number.is_finite() or abs(number) > _LARGEST or (number and number.adjusted() < -MOST_DIGITS):
        raise file.fault(key, f"holds {quoted(value)}: too large or too small to compute by hand")
    text = format(number, "f")
    if len(text) > 2 * MOST_DIGITS:
        raise file.fault(key, f"holds {quoted(value)}: more digits than are computed by hand")
    return text


def _published(file: NumbersFile, known: Sequence[Tensor]) -> tuple[dict[Place, str], dict[Place, str]]:
    table = file.rows.get("published", {})
    if not isinstance(table, dict):
        raise file.fault("published", "must be a table such as [published] with printed numbers by name")
    after = table.get("after", {})
    if not isinstance(after, dict):
        raise file.fault("published.after", "must be a table such as [published.after] with printed numbers by name")
    now = {key: value for key, value in table.items() if key != "after"}
    return _prints(file, "published", now, known), _prints(file, "published.after", after, known)


def _prints(file: NumbersFile, table: str, values: Mapping[str, Any], known: Sequence[Tensor]) -> dict[Place, str]:
    found: dict[Place, str] = {}
    tensors = {tensor.name: tensor for tensor in known}
    for name, value in values.items():
        key = f"{table}.{name}"
        if name not in tensors:
            raise unknown("name", key, [f"{table}.{other}" for other in tensors], file.path)
        for position, item in _placed(file, key, tensors[name], value):
            if not isinstance(item, str):
                raise file.fault(key, f"must hold numbers in quotes, so that their digits count, got {quoted(item)}")
            if item:
                try:
                    printed(item)
                except ValueError:
                    raise file.fault(key, f"holds {quoted(item)}, which is not a decimal number") from None
                found[name, position] = item
    return found


def _line_of(key: str, text: str) -> int | None:
    """The line on which a key stands, looked for below the heading of its table."""
    table, _, name = key.rpartition(".")
    inside = not table
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\s*\[\s*([A-Za-z0-9_.]+)\s*\]", line)
        if heading:
            inside = heading.group(1) == table
            if heading.group(1) == key:
                return number
        elif (inside and re.match(rf"\s*{re.escape(name)}\s*=", line)) or re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return None
