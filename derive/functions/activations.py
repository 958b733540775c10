"""Activations: rows of ``activations.toml``, or a user's own formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Basic, Rational

from derive.calculus.canonical import canonical
from derive.errors import InputError, unknown
from derive.expressions import Expression, Function, Number, Tensor, Variable
from derive.functions.scalar import FUNCTIONS, function, is_vector, scalar_body, with_known_names
from derive.functions.tables import table
from derive.indices import Index
from derive.language.grammar import Name, Source, Syntax, parts_of, read_formula
from derive.language.scope import VARIABLE, Reader, Scope, apply
from derive.traversal import rebuild
from derive.verification.single_values import value_at

OWN = "f"
SOME_PLACES = (-2, -0.5, 0.5, 2)
FAR_PLACES = (*SOME_PLACES, *(sign * 10.0**power * 1.3 for power in (-2, -1, 0, 1, 2, 3) for sign in (-1, 1)))
GLOROT = "glorot"


@dataclass(frozen=True)
class Activation:
    """An activation with the values of its parameters; ``initialisation`` is what the weights before it start from."""

    name: str
    formula: str
    parameters: tuple[tuple[str, Rational], ...] = ()
    initialisation: str = GLOROT

    @property
    def of_vectors(self) -> bool:
        """Whether one output depends on all inputs, as in softmax."""
        return is_vector(self.formula, self.name)

    @property
    def is_own(self) -> bool:
        """Whether the formula is the user's."""
        return self.name not in table("activations")

    @property
    def function(self) -> Function:
        """The scalar function; raises InputError for an activation of vectors."""
        if self.is_own:
            return Function(self.name, scalar_body(self.formula, self.name, dict(self.parameters)))
        return function(self.name, **dict(self.parameters))

    def at(self, z: Tensor, index: Index) -> Expression:
        """The output at ``index`` for the vector of pre-activations ``z``."""
        if not self.of_vectors:
            return apply(self.function, z[index])
        source = Source(self.formula, f"formula of {self.name}")
        values = {key: Number(value) for key, value in self.parameters}
        scope = Scope({VARIABLE: z}, {index.letter: index}, {index.letter: index.axis}, values, FUNCTIONS)
        return Reader(source).expression(read_formula(source), scope)


def activation(name: str, parameters: Mapping[str, Rational] | None = None) -> Activation:
    """The activation of that name; raises InputError with the nearest names for an unknown name or parameter."""
    rows = table("activations")
    if name not in rows:
        raise unknown("activation", name, rows)
    row = rows[name]
    values = {**row.get("parameters", {}), **with_known_names(name, row, dict(parameters or {}))}
    return Activation(
        name, row["formula"], tuple((key, Rational(value)) for key, value in values.items()), row.get("initialisation", GLOROT)
    )


def own_activation(formula: str, parameters: Mapping[str, Rational] | None = None, name: str = OWN) -> Activation:
    """A user's activation: a formula in ``z`` with its parameters; raises InputError where it cannot be read.

    Line breaks become spaces, so that the formula can stand in a comment.
    """
    own = Activation(name, " ".join(formula.split()), tuple((key, Rational(value)) for key, value in (parameters or {}).items()))
    if any(key in (VARIABLE, "pi") or key in FUNCTIONS for key, _ in own.parameters):
        raise InputError(f"formula of {name}: a parameter has the name of the variable, a constant or a function")
    if own.of_vectors:
        raise InputError(f"formula of {name}: write it in {VARIABLE} alone; a formula of vectors belongs to an equation file")
    written = set(_names(read_formula(Source(own.formula))))
    for key, _ in own.parameters:
        if key not in written:
            raise InputError(f"formula of {name}: there is no {key} in it")
    if own.function.body is not None and (not _depends(own.function.body) or _is_level(own.function)):
        raise InputError(f"formula of {name}: it does not depend on {VARIABLE}")
    if all(value_at(own.function, place) is None for place in SOME_PLACES):
        raise InputError(f"formula of {name}: it has no real value at {VARIABLE} = {', '.join(map(str, SOME_PLACES))}")
    return own


def _is_level(function: Function) -> bool:
    """Whether a function has one value wherever it is looked at, near and far."""
    found = {value_at(function, place) for place in FAR_PLACES}
    return len(found) == 1 and None not in found


def _depends(body: Expression) -> bool:
    """Whether the value of a formula changes with its variable."""

    def at_a_place(node: Basic) -> Basic:
        return Number(Rational(7, 3)) if isinstance(node, Variable) else rebuild(node, at_a_place)

    return canonical(body) != canonical(at_a_place(body))


def _names(syntax: Syntax) -> Iterator[str]:
    if isinstance(syntax, Name):
        yield syntax.name
    for part in parts_of(syntax):
        yield from _names(part)


def activation_names() -> tuple[str, ...]:
    """Every activation of the table."""
    return tuple(table("activations"))
