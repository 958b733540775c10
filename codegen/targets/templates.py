"""The templates of all targets. They only loop over records; no text of a user is ever a template."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def environment() -> Environment:
    """Templates by folder and name; an undefined name is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(name: str, **records: Any) -> str:
    """One template filled in."""
    return environment().get_template(name).render(**records)
