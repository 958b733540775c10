"""Losses: rows of ``losses.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from derive.equations import Equation
from derive.errors import InputError, unknown
from derive.expressions import Entry, Expression, Tensor
from derive.functions.scalar import FUNCTIONS
from derive.functions.tables import table
from derive.indices import Axis
from derive.language.grammar import Source, read_formula, read_statement
from derive.language.scope import Reader, Scope

OUTPUT, TARGET, LETTER = "a", "t", "j"


@dataclass(frozen=True)
class Loss:
    """The loss of one pattern; ``output`` is the activation that it needs, if any."""

    name: str
    formula: str
    output: str | None
    statements: tuple[str, ...]
    labels: bool

    def at(self, output: Tensor, target: Tensor) -> Expression:
        """The loss of a vector of outputs against a vector of targets along the same axis."""
        source = Source(self.formula, f"formula of {self.name}")
        return Reader(source).expression(read_formula(source), self._scope(output, target))

    def assumptions(self, output: Tensor, target: Tensor) -> tuple[Equation, ...]:
        """What lemmas may use: equations that hold for every admissible target."""
        found = []
        for statement in self.statements:
            source = Source(statement, f"assumption of {self.name}")
            reader, syntax, scope = Reader(source), read_statement(source), self._scope(output, target)
            left, right = reader.expression(syntax.left, scope), reader.expression(syntax.right, scope)
            found.append(Equation(cast(Entry, left), right))
        return tuple(found)

    def _scope(self, output: Tensor, target: Tensor) -> Scope:
        axis: Axis = output.axes[-1]
        return Scope(tensors={OUTPUT: output, TARGET: target}, axes={LETTER: axis}, functions=FUNCTIONS)

    def check_output(self, activation: str | None) -> None:
        """Raise InputError where the last layer's activation is not the one that this loss needs."""
        if self.output is not None and activation != self.output:
            found = f"activation {activation}" if activation else "no activation"
            raise InputError(f"loss {self.name} needs a {self.output} output, but the last layer has {found}")


def loss(name: str) -> Loss:
    """The loss of that name; raises InputError with the nearest names."""
    rows = table("losses")
    if name not in rows:
        raise unknown("loss", name, rows)
    row = rows[name]
    return Loss(name, row["formula"], row.get("output"), tuple(row.get("assumptions", ())), row.get("labels", False))


def loss_names() -> tuple[str, ...]:
    """Every loss of the table."""
    return tuple(table("losses"))


def default_loss(output: str) -> str:
    """The loss where none is named: the default that needs this very output activation, else the default that needs none."""
    defaults = {row.get("output"): name for name, row in table("losses").items() if row.get("default")}
    return defaults.get(output, defaults[None])
