"""Everything that is known about a network, numbered: what notes print, code cites and checks are made of.

Numbers belong to named results in a canonical order: forward values, loss, adjoints from the loss backwards and gradients
of one pattern, then the same for a batch. They do not depend on notation or level of detail. Layers with the same local
pattern share one result and one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from sympy import Basic

from derive.calculus.pattern import pattern_of
from derive.chain_rule import Sweep, reverse_sweep
from derive.display import result_latex, results_html
from derive.equations import Equation, System
from derive.expressions import Tensor
from derive.influence import Influence
from derive.language.plain import plain_equation
from derive.network import Network
from derive.steps import Derivation
from derive.traversal import tensors_of

if TYPE_CHECKING:
    from derive.matrices.recognise import MatrixForm


@dataclass(frozen=True)
class Result:
    """One numbered formula.

    ``kind`` is ``forward``, ``loss``, ``adjoint``, ``delta`` or ``gradient``. ``equation`` stands for all ``members``, the equations of the
    same pattern in other layers; where there are several, ``layer`` is the layer of ``equation``, to be read as the general layer l.
    ``before`` are derivations without a number that this one inserts.
    """

    number: int
    kind: str
    system: System
    equation: Equation
    derivation: Derivation | None
    members: tuple[Equation, ...]
    layer: int | None
    before: tuple[Derivation, ...] = ()

    @cached_property
    def matrix(self) -> MatrixForm | None:
        """The formula without indices, where there is such a form."""
        from derive.matrices.recognise import recognise  # which emission does without

        return recognise(self.equation)

    @cached_property
    def whole(self) -> tuple[Equation, MatrixForm] | None:
        """What is computed in steps as one formula with its form, where it is known as one thing; None for what is derived."""
        if self.derivation is not None or self.matrix is None:
            return None
        from derive.matrices.whole import in_one_formula  # which emission does without

        known = {tensor: own for tensor, own in self.system.definitions.items() if tensor not in self.system.outside}
        return in_one_formula(self.equation, known)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What is defined under its number: the members of the family, and what is derived on the way."""
        return (*(member.tensor for member in self.members), *(derivation.left.tensor for derivation in self.before))

    def _repr_latex_(self) -> str:
        return result_latex(self)


@dataclass(frozen=True)
class Results:
    """All results of a network, those of one pattern before those of a batch."""

    network: Network
    pattern_sweep: Sweep
    batch_sweep: Sweep
    results: tuple[Result, ...]

    @cached_property
    def of_pattern(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.system is self.network.pattern)

    @cached_property
    def of_batch(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.system is self.network.batch)

    @cached_property
    def inserted(self) -> frozenset[Tensor]:
        """The derivatives that stand on the way to a result and have no number."""
        return frozenset(derivation.left.tensor for result in self.results for derivation in result.before)

    def number(self, tensor: Tensor) -> int:
        """The number of the formula that defines ``tensor``."""
        return self._numbers[tensor]

    @cached_property
    def fingerprint(self) -> str:
        """What notes and code of the same formulas have in common: a hash of every number, what it is and its formula."""
        lines = (f"({result.number}) {result.kind} {plain_equation(result.equation)} {len(result.members)}\n" for result in self.results)
        return sha256("".join(lines).encode()).hexdigest()[:16]

    def _repr_html_(self) -> str:
        return results_html(self.results)

    @cached_property
    def _numbers(self) -> dict[Tensor, int]:
        return {member.tensor: result.number for result in self.results for member in result.members}


def results_of(network: Network, *, input_gradient: bool = False) -> Results:
    """Derive and number everything, with the gradient of the inputs only if asked for.

    Equations that speak of no patterns are their own batch: one sweep.
    """
    systems = dict.fromkeys((network.pattern, network.batch))
    sweeps = {system: _sweep(system, input_gradient) for system in systems}
    inserted = {system: on_the_way(sweep) for system, sweep in sweeps.items()}
    families = [family for system, sweep in sweeps.items() for family in _families(sweep, inserted[system])]
    ordered = sorted(families, key=lambda family: family.is_extra)
    results = tuple(_result(number, family, inserted[family.system]) for number, family in enumerate(ordered, 1))
    return Results(network, sweeps[network.pattern], sweeps[network.batch], results)


def on_the_way(sweep: Sweep) -> dict[Tensor, tuple[Derivation, ...]]:
    """By the derivative whose lines insert them, those of values outside layers that no formula reads in the end.

    Such as the derivatives by the mean and the variance, which are gone from the derivative by what is normalised. They are
    steps on the way to it and no results. Authors name the derivatives in every layer, so those are results.
    """
    waiting = _unread(sweep)
    found: dict[Tensor, list[Derivation]] = {}
    hosts: dict[Tensor, Tensor] = {}
    for own in reversed(waiting):
        tensor = own.left.tensor
        readers = [other.left.tensor for other in sweep.derivations if other is not own and tensor in other.tensors]
        kept = [reader for reader in readers if all(reader != step.left.tensor for step in waiting)]
        host = next(iter((*kept, *(hosts[reader] for reader in readers if reader in hosts))), None)
        if host is not None:
            hosts[tensor] = host
            found.setdefault(host, []).insert(0, own)
    return {host: tuple(own) for host, own in found.items()}


def _unread(sweep: Sweep) -> list[Derivation]:
    """The derivatives of values outside layers that no wanted derivative depends on, in order."""
    definitions = sweep.system.definitions
    inner = {d.left.tensor: d for d in sweep.derivations if d.left.tensor.layer is None and d.left.tensor.of in definitions}
    if not inner:
        return []
    waiting = [derivation for derivation in sweep.derivations if derivation.left.tensor not in inner]
    needed: set[Tensor] = set()
    while waiting:
        read = dict.fromkeys(tensor for own in waiting for tensor in tensors_of(own.result) if tensor not in needed)
        needed.update(read)
        waiting = [inner[tensor] for tensor in read if tensor in inner]
    return [own for tensor, own in inner.items() if tensor not in needed]


def _sweep(system: System, input_gradient: bool) -> Sweep:
    inputs = tuple(tensor for tensor in system.inputs if tensor.role == "input")
    return reverse_sweep(system, (*system.parameters, *(inputs if input_gradient else ())))


@dataclass
class _Family:
    """The equations that one number stands for; ``is_extra`` where they are there for the gradient of the inputs only."""

    system: System
    is_extra: bool
    members: list[tuple[Equation, Derivation | None]] = field(default_factory=list)


def _families(sweep: Sweep, inserted: Mapping[Tensor, Sequence[Derivation]]) -> list[_Family]:
    """The families of a sweep in canonical order; what only the inputs need is marked and has the last numbers of all."""
    steps = {derivation.left.tensor for group in inserted.values() for derivation in group}
    families: dict[tuple[bool, str, tuple[int | None, ...]], _Family] = {}
    for equation in sweep.system.equations:
        pattern, named = pattern_of((equation.left, equation.right))
        key = (False, *_family(pattern, equation.tensor, named))
        families.setdefault(key, _Family(sweep.system, False)).members.append((equation, None))
    of_parameters = Influence(sweep.system, sweep.system.parameters).active
    derived = zip(sweep.derivations, sweep.patterns, strict=True)
    for derivation, pattern in sorted(derived, key=lambda pair: pair[0].left.tensor.role == "gradient"):
        if derivation.left.tensor in steps:
            continue
        # All members are shown for the general layer, so they must agree in every line.
        is_extra = derivation.left.tensor.of not in of_parameters
        key = (is_extra, *_family(pattern, derivation.left.tensor, derivation.tensors))
        families.setdefault(key, _Family(sweep.system, is_extra)).members.append((derivation.equation, derivation))
    return list(families.values())


def _family(pattern: str, tensor: Tensor, named: Sequence[Basic]) -> tuple[str, tuple[int | None, ...]]:
    """Members of one family differ by one shift of all layer numbers; a tensor without a layer is a family of its own."""
    if tensor.layer is None:
        return f"{tensor.name}: {pattern}", ()
    layers = (other.layer for other in named if isinstance(other, Tensor))
    return pattern, tuple(None if layer is None else layer - tensor.layer for layer in layers)


def _result(number: int, family: _Family, inserted: Mapping[Tensor, tuple[Derivation, ...]]) -> Result:
    equation, derivation = max(family.members, key=lambda member: member[0].tensor.layer or 0)
    layer = equation.tensor.layer if len(family.members) > 1 else None
    kind, members = _kind(family.system, equation.tensor), tuple(own for own, _ in family.members)
    return Result(number, kind, family.system, equation, derivation, members, layer, inserted.get(equation.tensor, ()))


def _kind(system: System, tensor: Tensor) -> str:
    if tensor in system.definitions:
        return "loss" if tensor.role in ("loss", "total_loss") or tensor == system.loss else "forward"
    return tensor.role
