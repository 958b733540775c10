"""All results of a network in an author's convention, under the numbers that they have in any convention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from derive.calculus.scalar_algebra import weight
from derive.calculus.substitute import right_side_at
from derive.chain import origin
from derive.chain_rule import Sweep, reverse_sweep, sweep_at_loss
from derive.conventions.forward import rewritten
from derive.conventions.letters import with_free_letters
from derive.conventions.manner import manner_of
from derive.conventions.order import delta_first, local_first, outputs_first, value_first
from derive.conventions.signs import turned
from derive.equations import Equation, System
from derive.expressions import Entry, Expression, Tensor
from derive.manner import Manner
from derive.notation.profile import Notation
from derive.results import Result, Results
from derive.rules.replacement import replace_parts
from derive.specifications.specification import Specification
from derive.steps import Derivation, Step
from derive.traversal import entries_of


def in_convention(results: Results, notation: Notation) -> tuple[Results, Notation]:
    """The results as the author of the notation writes them, and the notation for this network.

    What was asked last is remembered: notes in several formats, figures and checks all begin with it.
    """
    return _in_convention(_Asked(results, notation))


@dataclass(frozen=True, eq=False)
class _Asked:
    """These results, not equal ones, in an equal notation."""

    results: Results
    notation: Notation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.results is other.results and self.notation == other.notation

    def __hash__(self) -> int:
        return hash(id(self.results))


@lru_cache(maxsize=4)
def _in_convention(asked: _Asked) -> tuple[Results, Notation]:
    results, notation = asked.results, asked.notation
    own = replace(notation, depth=max((t.layer for t in results.network.pattern.definitions if t.layer is not None), default=0))
    if not isinstance(results.network.specification, Specification):
        return results, with_free_letters(own, results.network.pattern)
    network = rewritten(results.network, notation)
    found: list[Result] = []
    sweeps: list[Sweep] = []
    for system, old, numbered in (
        (network.pattern, results.pattern_sweep, results.of_pattern),
        (network.batch, results.batch_sweep, results.of_batch),
    ):
        told = _Told(system, old, notation)
        sweeps.append(told.sweep)
        found += [told.result(result) for result in numbered]
    return Results(network, sweeps[0], sweeps[1], tuple(found)), own


class _Told:
    """The derivations of one system in the manner of an author."""

    def __init__(self, system: System, old: Sweep, notation: Notation) -> None:
        self.system, self.notation = system, notation
        known = {own.name: own for own in (*system.inputs, *system.parameters, *system.definitions)}
        subjects = [d.left.tensor.of for d in old.derivations if d.left.tensor.of is not None]
        wanted = [known[tensor.name] for tensor in subjects if tensor not in old.system.definitions]
        manner = manner_of(notation)
        self.found = _chosen(system, wanted, manner)
        numbered = {tensor.name for tensor in subjects}
        self.extra = {
            name: own for name, own in self.found.items() if own.left.tensor.of is None or own.left.tensor.of.name not in numbered
        }
        self.derivations = {name: self._finished(own) for name, own in self.found.items() if name not in self.extra}
        order = [d.left.tensor.name for d in old.derivations]
        self.sweep = Sweep(system, tuple(self.derivations[name] for name in order), old.patterns)

    def _finished(self, derivation: Derivation) -> Derivation:
        """A derivation with the formulas of derivatives that have no number written out, in the author's order and sign."""
        inserted = [entry for entry in entries_of(derivation.result) if entry.tensor.name in self.extra]
        if inserted:
            formulas = {entry.tensor.name: self.extra[entry.tensor.name].equation for entry in inserted}
            after = _written_out(derivation.result, formulas)
            step = Step("insert_adjoint", derivation.result, after, tuple(("adjoint", entry) for entry in inserted))
            derivation = Derivation(derivation.left, derivation.start, (*derivation.steps, step))
        return self._shown(derivation)

    def _shown(self, derivation: Derivation) -> Derivation:
        derivation = outputs_first(turned(derivation) if self.notation.delta_sign == "negative" else derivation)
        return local_first(derivation) if self.notation.chain_order == "local,loss" else derivation

    def result(self, old: Result) -> Result:
        """A result in the author's convention."""
        members = tuple(self._equation(member.tensor) for member in old.members)
        equation = self._equation(old.equation.tensor)
        if old.derivation is None:
            return replace(old, system=self.system, equation=equation, members=members)
        own = self.found[old.equation.tensor.name]
        before = tuple(self._shown(self.extra[e.tensor.name]) for e in entries_of(own.result) if e.tensor.name in self.extra)
        derivation = self.derivations[old.equation.tensor.name]
        return replace(old, system=self.system, equation=equation, members=members, derivation=derivation, before=before)

    def _equation(self, tensor: Tensor) -> Equation:
        if tensor.of is None:
            return next(e for e in self.system.equations if e.tensor.name == tensor.name)
        equation = self.derivations[tensor.name].equation
        if tensor.role != "gradient":
            return equation
        order = value_first if self.notation.gradient_order == "value,delta" else delta_first
        return Equation(equation.left, order(equation.right))


def _subject(derivation: Derivation) -> Tensor:
    of = derivation.left.tensor.of
    assert of is not None
    return of


def _chosen(system: System, wanted: Sequence[Tensor], manner: Manner) -> dict[str, Derivation]:
    """The derivations in a manner; those of the textbook where their result is simpler, as for softmax with cross-entropy."""
    textbook = replace(manner, rules=Manner().rules)
    own = reverse_sweep(system, wanted, manner)
    others = {d.left.tensor.name: d for d in sweep_at_loss(system, wanted, textbook).derivations}
    return {d.left.tensor.name: _simpler(d, others.get(d.left.tensor.name)) for d in own.derivations}


def _simpler(own: Derivation, textbook: Derivation | None) -> Derivation:
    """The textbook's derivation where it inserts a derivative and comes out shorter for it, as for a sigmoid with its own cross-entropy."""
    if textbook is None:
        return own
    inserts = any(step.rule == "insert_adjoint" for step in origin(textbook).steps)
    return textbook if inserts and weight(textbook.result) <= weight(own.result) + 1 else own


def _written_out(value: Expression, formulas: Mapping[str, Equation]) -> Expression:
    def formula(part: object) -> Expression | None:
        if isinstance(part, Entry) and part.tensor.name in formulas:
            return right_side_at(formulas[part.tensor.name], part.positions)
        return None

    return replace_parts(value, formula)
