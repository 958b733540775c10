"""Steps are the computation: the result of a derivation is the ``after`` of its last step, and there is no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from sympy import Basic

from derive.equations import Equation
from derive.expressions import Entry, Expression, Tensor
from derive.traversal import tensors_of


@dataclass(frozen=True)
class Step:
    """One line of a chain: ``before = after`` by ``rule``.

    ``rule`` is the key of its sentence in the catalogue of words; ``because`` names the expressions, tensors and
    indices that the sentence speaks of; ``lemma`` is the declared fact it cites; ``substeps`` are finer lines that
    lead from ``before`` to ``after``.
    """

    rule: str
    before: Expression
    after: Expression
    because: tuple[tuple[str, Basic], ...] = ()
    lemma: str | None = None
    substeps: tuple[Step, ...] = field(default=())


@dataclass(frozen=True)
class Derivation:
    """``left = start = ... = result``: how one adjoint or gradient follows from the equations.

    ``start`` is the definition of ``left``, an inert derivative of the loss, or minus one.
    """

    left: Entry
    start: Expression
    steps: tuple[Step, ...]

    @property
    def result(self) -> Expression:
        return self.steps[-1].after if self.steps else self.start

    @property
    def equation(self) -> Equation:
        return Equation(self.left, self.result)

    @cached_property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor that its lines speak of, in order of appearance."""
        lines = (self.left, self.start, *(step.after for step in self.steps))
        return tuple(dict.fromkeys(tensor for line in lines for tensor in tensors_of(line)))
