"""Optimisers: rows of ``optimisers.toml``, each a few assignments for one parameter and its derivative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tomllib import loads
from typing import Any

from sympy import Rational

from derive.equations import Equation
from derive.errors import unknown
from derive.expressions import Entry, Expression, Tensor
from derive.functions.scalar import FUNCTIONS
from derive.functions.tables import exact
from derive.language.grammar import Source, read_formula, read_statement
from derive.language.scope import Reader, Scope

PARAMETER, GRADIENT = Tensor("w"), Tensor("g")
STEP, LEARNING_RATE = Tensor("n"), Tensor("learning_rate")


@dataclass(frozen=True)
class Optimiser:
    """An update rule.

    ``updates`` are assignments in order: ``PARAMETER`` and what ``state`` names become their right sides, which read the values that stand
    there at that moment, ``GRADIENT``, the numbers ``LEARNING_RATE`` and ``STEP`` (counted from 1) and the ``constants``, whose defaults
    are given.
    ``state`` gives what each value is before the first step.
    """

    name: str
    source: str
    constants: Mapping[str, Rational]
    state: Mapping[str, Expression]
    updates: tuple[Equation, ...]


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    rows = loads(Path(__file__).with_name("optimisers.toml").read_text(encoding="utf-8"), parse_float=exact)
    return dict(rows)


def optimiser_names() -> tuple[str, ...]:
    """Every optimiser of the table."""
    return tuple(_rows())


@cache
def optimiser(name: str) -> Optimiser:
    """The optimiser of that name; raises InputError with the nearest names."""
    if name not in _rows():
        raise unknown("optimiser", name, _rows())
    row = _rows()[name]
    constants = {key: Rational(value) for key, value in row.get("constants", {}).items()}
    names = (PARAMETER, GRADIENT, STEP, LEARNING_RATE, *map(Tensor, constants), *map(Tensor, row.get("state", {})))
    scope = Scope(tensors={tensor.name: tensor for tensor in names}, functions=FUNCTIONS)
    state = {key: _formula(text, name, scope) for key, text in row.get("state", {}).items()}
    return Optimiser(name, row["source"], constants, state, tuple(_assignment(text, name, scope) for text in row["update"]))


def _formula(text: str, name: str, scope: Scope) -> Expression:
    source = Source(text, f"state of {name}")
    return Reader(source).expression(read_formula(source), scope)


def _assignment(text: str, name: str, scope: Scope) -> Equation:
    source = Source(text, f"update of {name}")
    read = read_statement(source)
    reader = Reader(source)
    left = reader.expression(read.left, scope)
    assert isinstance(left, Entry)
    return Equation(left, reader.expression(read.right, scope))
