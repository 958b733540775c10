"""Scalar functions by name: the primitives, with their derivatives, and everything that is a formula in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from sympy import Rational

from derive.errors import InputError, unknown
from derive.expressions import Expression, Function, Number, Variable
from derive.functions.tables import table
from derive.language.grammar import Place, Source, Syntax, parts_of, read_formula
from derive.language.scope import VARIABLE, Reader, Scope


def function(name: str, **parameters: int | str | Rational) -> Function:
    """The scalar function of that name; a parameter that is not given has its default.

    Raises InputError for an unknown name (with the nearest), an unknown parameter or an activation of vectors.
    """
    return _function(name, tuple((key, Rational(value)) for key, value in parameters.items()))


@cache
def _function(name: str, parameters: tuple[tuple[str, Rational], ...]) -> Function:
    if name in table("functions"):
        if parameters:
            raise InputError(f"{name} has no parameters")
        row = table("functions")[name]
        return Function(name, scalar_body(row["formula"], name) if "formula" in row else None)
    if name not in table("activations"):
        raise unknown("function", name, FUNCTIONS)
    row = table("activations")[name]
    if is_vector(row["formula"], name):
        raise InputError(f"{name} is a function of vectors, not of numbers")
    values = {**row.get("parameters", {}), **with_known_names(name, row, dict(parameters))}
    return Function(name, scalar_body(row["formula"], name, values))


def with_known_names(name: str, row: Mapping[str, Mapping[str, Rational]], given: dict[str, Rational]) -> dict[str, Rational]:
    """``given`` unchanged; raises InputError where a parameter is not one of ``name``'s."""
    known = row.get("parameters", {})
    for key in given:
        if key not in known:
            raise unknown("parameter", key, known, name) if known else InputError(f"{name} has no parameters, got {key[:40]}")
    return given


def scalar_body(formula: str, what: str, parameters: Mapping[str, Rational] | None = None) -> Expression:
    """A formula in ``z`` as an expression in ``Variable()``."""
    values = {VARIABLE: Variable(), **{key: Number(value) for key, value in (parameters or {}).items()}}
    source = Source(formula, f"formula of {what}")
    return Reader(source).expression(read_formula(source), Scope(values=values, functions=FUNCTIONS))


@cache
def is_vector(formula: str, what: str) -> bool:
    """Whether a formula is written in ``z[j]``: one output depends on all inputs."""

    def speaks_of_entries(syntax: Syntax) -> bool:
        return isinstance(syntax, Place) or any(speaks_of_entries(part) for part in parts_of(syntax))

    return speaks_of_entries(read_formula(Source(formula, f"formula of {what}")))


@cache
def primitive_derivative(name: str) -> Expression:
    """The derivative of a primitive, in ``Variable()``; raises InputError where the table has none."""
    row = table("functions").get(name, {})
    if "derivative" not in row:
        raise unknown("primitive", name, [key for key, row in table("functions").items() if "derivative" in row])
    return scalar_body(row["derivative"], f"the derivative of {name}")


@cache
def scalar_names() -> tuple[str, ...]:
    """Every function of one number."""
    scalar = [name for name, row in table("activations").items() if not is_vector(row["formula"], name)]
    return tuple(dict.fromkeys((*table("functions"), *scalar)))


@cache
def vector_formulas() -> Mapping[str, str]:
    """The formulas of the functions of vectors, in ``z[j]``, by name; they have no parameters."""
    return {name: row["formula"] for name, row in table("activations").items() if is_vector(row["formula"], name)}


class _Functions(Mapping[str, Function]):
    """Every scalar function by name, with its default parameters, made when asked for."""

    def __getitem__(self, name: str) -> Function:
        if name not in scalar_names():
            raise KeyError(name)
        return _function(name, ())

    def __contains__(self, name: object) -> bool:
        return name in scalar_names()

    def __iter__(self) -> Iterator[str]:
        return iter(scalar_names())

    def __len__(self) -> int:
        return len(scalar_names())


FUNCTIONS: Mapping[str, Function] = _Functions()
