"""The one-line specification, ``784-128:relu-10:softmax``, with the position of the first fault."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from derive.errors import InputError, quoted, unknown
from derive.functions.activations import activation_names
from derive.specifications.specification import LARGEST_SIZE, MOST_LAYERS

SHAPE = "sizes joined by '-', each after the first with an optional ':activation', such as 2-2:relu-1:linear"
SIZE = re.compile(r"[0-9]+")
ACTIVATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def read_one_line(text: str) -> dict[str, Any]:
    """The specification as a table, as a TOML file would give it; raises InputError with the position of the first fault."""
    if text.count("-") > MOST_LAYERS:
        raise InputError(f"one-line specification: {text.count('-')} layers are too many; the limit is {MOST_LAYERS}")
    inputs, at = _size(text, 0)
    if text[at : at + 1] == ":":
        _refuse(text, at, "'-' and the next size; the inputs have no activation")
    layers: list[dict[str, Any]] = []
    while at < len(text):
        if text[at] != "-":
            _refuse(text, at, "'-'" if layers and "activation" in layers[-1] else "'-' or ':'" if layers else "'-'")
        units, at = _size(text, at + 1)
        layers.append({"units": units})
        if text[at : at + 1] == ":":
            layers[-1]["activation"], at = _activation(text, at + 1)
    if not layers:
        _refuse(text, at, "'-' and the size of at least one layer")
    return {"inputs": inputs, "layers": layers}


def _size(text: str, at: int) -> tuple[int, int]:
    found = SIZE.match(text, at)
    if found is None:
        _refuse(text, at, "a size")
    digits = found.group().lstrip("0")
    if not digits:
        raise InputError(f"one-line specification, position {at + 1}: a size is at least 1, got {found.group()[:20]}")
    if len(digits) > len(str(LARGEST_SIZE)) or int(digits) > LARGEST_SIZE:
        raise InputError(f"one-line specification, position {at + 1}: size {quoted(digits)} is too large; the limit is {LARGEST_SIZE}")
    return int(digits), found.end()


def _activation(text: str, at: int) -> tuple[str, int]:
    found = ACTIVATION.match(text, at)
    if found is None:
        _refuse(text, at, "an activation")
    if found.group() not in activation_names():
        raise unknown("activation", found.group(), activation_names(), f"one-line specification, position {at + 1}")
    return found.group(), found.end()


def _refuse(text: str, at: int, expected: str) -> NoReturn:
    got = quoted(text[at]) if at < len(text) else "the end"
    hint = f" (it is {SHAPE})" if at == 0 else ""
    raise InputError(f"one-line specification, position {at + 1}: expected {expected}, got {got}{hint}")
