"""What is decided about the form of a program: by its sizes, by measurement (``tuning.py``), or by a file that says so."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial, reduce
from pathlib import Path
from typing import Any

from codegen.blocks import Blocks, blocked
from codegen.layout import ALL_COLUMNS, COLUMNS, LAYOUTS, OUTPUT_COLUMNS, ROWS, orders
from codegen.lower import lower_problem
from codegen.passes import (
    PASSES,
    equal_layers,
    few_signs,
    full_bounds,
    many_logarithms,
    quick_logarithms,
    shared_memory,
    short_maxima,
    short_sums,
    signs_of,
    spread_sums,
)
from codegen.problem import Problem
from codegen.program import Program
from codegen.weighing import sample_of
from derive.errors import InputError, quoted, quoted_path, unknown
from derive.expressions import Tensor
from derive.files import parsed_toml, read

USUAL_BATCH = 32
"""Decisions are for batches of this size where no other is given."""
ABOUT = 1.005
"""A layout that is estimated to take up to so many times as long as the best one is as good."""
MOST_WEIGHED = 500
"""A sample with more equations, of about a hundred layers that all differ, is not weighed: that would take as long as all else."""
PATTERNS = {
    ROWS: "patterns as rows",
    OUTPUT_COLUMNS: "patterns as rows, as columns in the last layer",
    COLUMNS: "patterns as columns",
    ALL_COLUMNS: "patterns as columns, x copied into them",
}
ALWAYS = tuple(step for step in PASSES if step not in (equal_layers, full_bounds, shared_memory))
"""What a program goes through whatever is decided, before its time is estimated."""
NAMES = {"logarithms": quick_logarithms, "sums": spread_sums, "signs": signs_of}
"""What decides about single buffers, and the pass that brings their statements into another form."""
AFTER = {"logarithms": equal_layers, "sums": short_maxima, "signs": short_maxima}
"""The pass that each of them follows."""
KEYS = ("specification", "dtype", "batch", "layout", "together", *NAMES, "blocks")
SINGLE = 4
"""Bytes of a number in single precision."""
KINDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}
HEAD = "# How `deltarule emit --decisions` writes the module of one network, for any machine."


@dataclass(frozen=True)
class Decisions:
    """``layout`` is one of ``LAYOUTS``; ``together`` computes equal layers at once where they do not wait for one another.

    ``logarithms`` are buffers that ``log1p`` fills, computed in single precision from the logarithm of a rounded sum; ``sums`` those of
    sums that are kept at the place of every term, ``signs`` those of truths that are kept as numbers. ``blocks`` are products that are
    split, each by the buffer that it makes, with rows and columns of a block; ``plain`` leaves out what only saves time, for people who
    read.
    """

    layout: str = ROWS
    together: bool = False
    logarithms: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    blocks: tuple[tuple[str, Blocks], ...] = ()
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
    """The decisions with the shortest estimated step; the first of those that take about as long."""
    sample = sample_of(problem)
    if len(sample.problem.equations) > MOST_WEIGHED:
        return decided_names(Decisions(), begun(problem, ROWS), batch, itemsize)

    def estimate(program: Program) -> float:
        return sample.duration(program, batch or USUAL_BATCH, itemsize)

    apart = {layout: begun(sample.problem, layout, sample.given) for layout in LAYOUTS}
    times = {layout: estimate(program) for layout, program in apart.items()}
    layout = next(layout for layout in LAYOUTS if times[layout] <= ABOUT * min(times.values()))
    together = estimate(equal_layers(apart[layout])) < estimate(apart[layout])
    return decided_names(Decisions(layout, together), begun(problem, layout), batch, itemsize)


@lru_cache(maxsize=len(LAYOUTS))
def begun(problem: Problem, layout: str, given: tuple[Tensor, ...] = ()) -> Program:
    """A problem lowered and through the passes that are always taken."""
    return through(lower_problem(problem, orders(problem, layout, given), given), ALWAYS)


def decided_names(decisions: Decisions, program: Program, batch: int | None, itemsize: int) -> Decisions:
    """The decisions with those about single buffers of a program."""
    patterns = batch or USUAL_BATCH
    logarithms = many_logarithms(program, patterns) if itemsize == SINGLE else ()
    return replace(decisions, logarithms=logarithms, sums=short_sums(program, patterns), signs=few_signs(program, patterns))


def choices() -> tuple[Decisions, ...]:
    """Everything that may be decided, the plainest first."""
    return tuple(Decisions(layout, together) for layout in LAYOUTS for together in (False, True))


def in_words(decisions: Decisions) -> str:
    """The form of a program, for its readers."""
    parts = [PATTERNS[decisions.layout]]
    if decisions.together:
        parts.append("equal layers side by side where they need not wait for one another")
    if decisions.blocks:
        parts.append(f"in blocks: {', '.join(name for name, _ in decisions.blocks)}")
    return "; ".join(parts)


def passes(decisions: Decisions) -> tuple[Callable[[Program], Program], ...]:
    """The passes that are taken."""
    left_out = {equal_layers: not decisions.together, full_bounds: decisions.plain}
    named = {key: getattr(decisions, key) for key in NAMES}
    taken: list[Callable[[Program], Program]] = []
    for step in PASSES:
        taken += [] if left_out.get(step) else [step]
        taken += [partial(NAMES[key], names=names) for key, names in named.items() if names and AFTER[key] is step]
    return tuple(taken)


def optimised(problem: Problem, decisions: Decisions) -> Program:
    """Lowered and through every pass that is taken."""
    program = through(begun(problem, decisions.layout), passes(decisions)[len(ALWAYS) :])
    return blocked(program, dict(decisions.blocks)) if decisions.blocks else program


def through(program: Program, steps: Sequence[Callable[[Program], Program]]) -> Program:
    """A program after several passes."""
    return reduce(lambda made, step: step(made), steps, program)


def as_toml(decisions: Decisions, asked: Asked) -> str:
    """The text of a decisions file."""
    fields = (
        ("specification", asked.specification),
        ("dtype", asked.dtype),
        ("batch", asked.batch or USUAL_BATCH),
        ("layout", decisions.layout),
        ("together", decisions.together),
        *((key, list(getattr(decisions, key))) for key in NAMES),
    )
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields]
    blocks = [f"{name} = {list(block)}" for name, block in decisions.blocks]
    return "\n".join([HEAD, *lines, *(["[blocks]", *blocks] if blocks else []), ""])


def read_decisions(path: Path, asked: Asked) -> Decisions:
    """The decisions in a file, which must be for what is asked.

    Raises:
        derive.errors.InputError: the file cannot be read, is no decisions file, or is for something else.

    """
    where = quoted_path(path)
    try:
        table = parsed_toml(read(path))
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
    together = _value(table, "together", bool, where)
    logarithms, sums, signs = (_names(table, key, where) for key in NAMES)
    return Decisions(layout, together, logarithms, sums, signs, tuple(_blocks(table, where)))


def _names(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = _value(table, key, list, where)
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}: {key}: expected names, got {quoted(names)}")
    return tuple(names)


def _blocks(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Blocks]]:
    blocks = table.get("blocks", {})
    if not isinstance(blocks, dict):
        raise InputError(f"{where}: blocks: expected a table, got {quoted(blocks)}")
    for name, block in blocks.items():
        if not isinstance(block, list) or len(block) != 2 or any(type(size) is not int or size < 1 for size in block):
            raise InputError(f"{where}: blocks.{name}: expected [rows, columns], got {quoted(block)}")
        yield name, (block[0], block[1])


def _value(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if type(value) is not kind:
        raise InputError(f"{where}: {key}: expected {KINDS[kind]}, got {quoted(value)}")
    return value


__all__ = ["PLAIN", "Asked", "Decisions", "as_toml", "choices", "decide", "optimised", "read_decisions"]
