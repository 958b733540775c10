"""The error function of emitted code: its polynomials for each precision."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

SCRATCH = 3
"""Buffers that the emitted function overwrites."""


@cache
def erf_record(dtype: str) -> dict[str, Any]:
    """What the template of the emitted error function reads."""
    row = tomllib.loads((Path(__file__).parent / "erf.toml").read_text(encoding="utf-8"))[dtype]
    top = float(row["top"])
    limits = (-1.0, 0.0, 1.0, top, (1 + top) / 2, 2 / (top - 1), row["first"])
    return {**row, "limits": limits}
