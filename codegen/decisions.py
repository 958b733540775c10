"""What is decided about the form of a program: by its sizes, by measurement (``tuning.py``), or by a file that says so."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.layout import LAYOUTS, ROWS, orders
from codegen.lower import lower_problem
from codegen.passes import PASSES
from codegen.problem import Problem
from codegen.program import Program
from codegen.timing import duration
from derive.errors import InputError, quoted, quoted_path, unknown
from derive.files import read

USUAL_BATCH = 32
"""Decisions are for batches of this size where no other is given."""
MOST_WEIGHED = 150
"""With more equations the first choice is taken: each is lowered to be weighed, and that takes as long as all else."""
KEYS = ("specification", "dtype", "batch", "layout")
HEAD = "# How `deltarule emit --decisions` writes the module of one network, for any machine."


@dataclass(frozen=True)
class Decisions:
    """``layout`` is one of ``LAYOUTS``; ``plain`` leaves out what only saves time, for people who read."""

    layout: str = ROWS
    plain: bool = False


PLAIN = Decisions(ROWS, plain=True)
"""Patterns as rows, every equation by itself."""


@dataclass(frozen=True)
class Asked:
    """For what decisions are made: a network (by the hash of its specification), a precision and a size of batches."""

    specification: str
    dtype: str
    batch: int | None


def decide(problem: Problem, batch: int | None, itemsize: int) -> Decisions:
    """The decisions with the shortest estimated step; the first of equal ones, and of all where there are very many equations."""
    if len(problem.equations) > MOST_WEIGHED:
        return Decisions()

    def estimate(decisions: Decisions) -> float:
        return duration(optimised(problem, decisions), batch or USUAL_BATCH, itemsize)

    return min(choices(), key=estimate)


def choices() -> tuple[Decisions, ...]:
    """Everything that may be decided, the plainest first."""
    return tuple(Decisions(layout) for layout in LAYOUTS)


def optimised(problem: Problem, decisions: Decisions) -> Program:
    """Lowered and through every pass."""
    program = lower_problem(problem, orders(problem, decisions.layout))
    for step in PASSES:
        program = step(program)
    return program


def as_toml(decisions: Decisions, asked: Asked) -> str:
    """The text of a decisions file."""
    fields = (
        ("specification", asked.specification),
        ("dtype", asked.dtype),
        ("batch", asked.batch or USUAL_BATCH),
        ("layout", decisions.layout),
    )
    lines = (f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in fields)
    return "\n".join([HEAD, *lines, ""])


def read_decisions(path: Path, asked: Asked) -> Decisions:
    """The decisions in a file, which must be for what is asked.

    Raises:
        derive.errors.InputError: the file cannot be read, is no decisions file, or is for something else.

    """
    where = quoted_path(path)
    try:
        table = tomllib.loads(read(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not TOML: {error}") from error
    for key in table:
        if key not in KEYS:
            raise unknown("key", key, KEYS, where)
    found = Asked(*(_value(table, key, kind, where) for key, kind in (("specification", str), ("dtype", str), ("batch", int))))
    for key in ("specification", "dtype", "batch"):
        given, wanted = getattr(found, key), getattr(asked, key)
        if given != wanted and not (key == "batch" and wanted is None):
            raise InputError(f"{where}: decisions for {key} {quoted(given)}, expected {quoted(wanted)}")
    layout = _value(table, "layout", str, where)
    if layout not in LAYOUTS:
        raise unknown("layout", layout, LAYOUTS, where)
    return Decisions(layout)


def _value(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if type(value) is not kind:
        raise InputError(f"{where}: {key}: expected {'text' if kind is str else 'a whole number'}, got {quoted(value)}")
    return value


__all__ = ["PLAIN", "Asked", "Decisions", "as_toml", "choices", "decide", "optimised", "read_decisions"]
