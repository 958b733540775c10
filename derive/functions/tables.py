"""Tables of named rows in TOML beside the code: functions, activations, losses."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sympy import Rational


def exact(text: str) -> Rational:
    """A decimal as the exact number that was written."""
    return Rational(text)


@cache
def table(name: str) -> Mapping[str, Mapping[str, Any]]:
    """The rows of ``derive/<name>.toml``, in file order; decimals are exact."""
    text = (Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text, parse_float=exact)
    return MappingProxyType({key: MappingProxyType(row) for key, row in rows.items()})
