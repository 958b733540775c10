"""The reverse sweep: from the forward equations to every adjoint and gradient, by the chain rule alone.

The adjoint of v is the sum, over the equations that use v, of the user's adjoint times the user's derivative. A value that is a
function of one other value, entry by entry, needs no adjoint of its own unless the loss reads it: it is inlined, so that deltas of
pre-activations follow from deltas of pre-activations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Basic

from derive.contract import contract
from derive.differentiate import carry_out, depends, push_all
from derive.equations import Equation, System
from derive.expressions import (
    Apply,
    Entry,
    Expression,
    Index,
    Largest,
    Partial,
    Tensor,
    Total,
    entries_of,
    plus,
    product,
    rebuild,
    tensors_of,
    terms_of,
    total,
    walk,
)
from derive.pattern import pattern_of
from derive.rules import Surroundings, simplify
from derive.rules.lemmas import summing
from derive.steps import Derivation, Step
from derive.substitute import Renaming, inline, right_side_at
from derive.tidy import tidy


@dataclass(frozen=True)
class Sweep:
    """Every derivation of a system in an order in which they can be computed; ``patterns`` names the local pattern of each."""

    system: System
    derivations: tuple[Derivation, ...]
    patterns: tuple[str, ...]


def reverse_sweep(system: System, wanted: Sequence[Tensor] | None = None) -> Sweep:
    """The derivations of the adjoints of all values between ``wanted`` (default: the parameters) and the loss, and of ``wanted``."""
    sweep = _Sweeper(system, tuple(system.parameters if wanted is None else wanted))
    return sweep.run()


def adjoint(tensor: Tensor) -> Tensor:
    """The tensor that holds dJ/d``tensor``: a delta for a pre-activation, a gradient for a parameter."""
    if tensor.role == "pre_activation" and tensor.layer is not None:
        return Tensor(f"delta{tensor.layer}", tensor.axes, "delta", tensor.layer, tensor)
    role = "gradient" if tensor.role in ("weight", "bias", "parameter") else "adjoint"
    return Tensor(f"d{tensor.name}", tensor.axes, role, tensor.layer, tensor)


class _Sweeper:
    def __init__(self, system: System, wanted: tuple[Tensor, ...]) -> None:
        self.system = system
        self.wanted = wanted
        self.loss = _flat_loss(system)
        self.equations = tuple(e for e in system.equations if e.tensor != system.loss and e.tensor not in self.loss.folded) + (
            self.loss.equation,
        )
        self.consumers = _consumers(self.equations)
        self.inlined = {e.tensor: e for e in self.equations if self._is_inlined(e)}
        self.explicit: dict[Tensor, Equation] = {}
        self.derived: dict[Tensor, Equation] = {}
        self.active = _reached_from(wanted, self.equations)
        self.known: dict[str, tuple[Derivation, tuple[Basic, ...]]] = {}

    def run(self) -> Sweep:
        found: list[tuple[str, Derivation]] = []
        pending = [tensor for tensor in self.wanted if tensor in self.consumers]
        for equation in reversed(self.equations):
            if equation.tensor != self.system.loss and equation.tensor not in self.inlined and equation.tensor in self.active:
                found.append(self.derive(equation.tensor))
            ready = [tensor for tensor in pending if self.consumers[tensor][0] is equation]
            pending = [tensor for tensor in pending if tensor not in ready]
            found.extend(self.derive(tensor) for tensor in ready)
        return Sweep(self.system, tuple(d for _, d in found), tuple(p for p, _ in found))

    def _is_inlined(self, equation: Equation) -> bool:
        """Whether the value is a function of one computed value, entry by entry, that the loss does not read."""
        if equation.tensor in self.wanted or any(isinstance(node, Total | Largest) for node in walk(equation.right)):
            return False
        read = entries_of(equation.right)
        users = self.consumers.get(equation.tensor, ())
        return (
            len({entry.tensor for entry in read}) == 1
            and all(entry.positions == equation.indices for entry in read)
            and read[0].tensor in self.system.definitions
            and all(user.tensor != self.system.loss for user in users)
        )

    def frontier(self, tensor: Tensor) -> tuple[Equation, ...]:
        """The equations through which ``tensor`` acts on the loss, as functions of it: users, with inlined values written out."""
        found: dict[Tensor, Equation] = {}
        for user in self.consumers.get(tensor, ()):
            for reached in self.frontier(user.tensor) if user.tensor in self.inlined else (user,):
                read = (t for t in tensors_of(reached.right) if t in self.inlined and t != tensor)
                between = {t: self.inlined[t] for t in read if tensor in tensors_of(self.inlined[t].right)}
                found[reached.tensor] = Equation(reached.left, inline(reached.right, between))
        return tuple(found.values())

    def derive(self, tensor: Tensor) -> tuple[str, Derivation]:
        frontier = self.frontier(tensor)
        subject = adjoint(tensor)
        outputs = tuple(e for e in self.consumers.get(tensor, ()) if e.tensor in self.inlined)
        around = self._surroundings(subject, tensor, frontier)
        pattern, named = pattern_of(self._parts(subject, tensor, frontier, around))
        if pattern in self.known:
            first, first_named = self.known[pattern]
            derivation = _specialise(first, Renaming(dict(zip(first_named, named, strict=True))))
        else:
            derivation = self._derive(subject, tensor, frontier, around)
            self.known[pattern] = derivation, named
        if all(e.tensor == self.system.loss for e in frontier) and not any(isinstance(node, Total) for node in walk(derivation.result)):
            self.explicit[subject] = derivation.equation
        self.derived[subject] = derivation.equation
        return pattern, derivation

    def _surroundings(self, subject: Tensor, tensor: Tensor, frontier: tuple[Equation, ...]) -> Surroundings:
        """What the rules may look at. An adjoint is only written out where its value has no other reader to compute it for."""
        users = tuple(e for e in frontier if e.tensor != self.system.loss)
        single = tuple(adjoint(e.tensor) for e in users if sum(t in self.active for t in tensors_of(e.right)) == 1)
        explicit = {t: self.explicit[t] for t in single if t in self.explicit}
        summaries = _summaries(tensor, users)
        read = tuple(dict.fromkeys(t for e in (*frontier, *explicit.values()) for t in (tensor, e.tensor, *tensors_of(e.right))))
        inlined = tuple(e for e in self.consumers.get(tensor, ()) if e.tensor in self.inlined)
        sums = tuple(self.system.definitions[t] for t in read if t in self.system.definitions and _is_known_sum(self.system.definitions[t]))
        return Surroundings(
            subject=subject,
            definitions=tuple(dict.fromkeys((*inlined, *(self.system.definitions[e.tensor] for e in users), *sums))),
            explicit=explicit,
            summaries={adjoint(t): self.derived[adjoint(t)] for t in summaries if adjoint(t) in self.derived},
            assumptions=tuple(fact for fact in self.system.assumptions if set(read).issuperset(tensors_of(fact.left))),
        )

    def _parts(self, subject: Tensor, tensor: Tensor, frontier: tuple[Equation, ...], around: Surroundings) -> tuple[Basic, ...]:
        """Everything that a derivation reads, in a fixed order."""
        used = [part for e in frontier for part in (e.left, e.right, adjoint(e.tensor))]
        used += [part for e in around.definitions for part in (e.left, e.right)]
        used += [part for e in (*around.explicit.values(), *around.summaries.values()) for part in (e.left, e.right)]
        used += [part for e in around.assumptions for part in (e.left, e.right)]
        return (tensor, subject, self.system.loss, *used)

    def _derive(self, subject: Tensor, tensor: Tensor, frontier: tuple[Equation, ...], around: Surroundings) -> Derivation:
        by = Entry(tensor, *self._indices(tensor))
        loss = Entry(self.system.loss)
        start = Partial(loss, by)
        users = tuple((e, e.indices and tuple(index.fresh() for index in e.indices)) for e in frontier)
        through_users = [e for e in frontier if e.tensor != self.system.loss]
        steps: list[Step] = []
        line: Expression = start
        if through_users:
            entangled = self._entangled(through_users)
            line = plus(*(self._path(e, indices, by, entangled) for e, indices in users))
            reached = tuple(("through", Entry(e.tensor, *indices)) for e, indices in users if e.tensor != self.system.loss)
            steps.append(Step("chain_rule", start, line, (("by", by), *reached)))
        named = _name_adjoints(line, loss, {e.tensor for e in through_users})
        written = _write_out(named, {e.tensor: Equation(e.left, e.right) for e in frontier})
        because = tuple(("adjoint", Entry(adjoint(e.tensor), *indices)) for e, indices in users if e.tensor != self.system.loss)
        because += tuple(("value", Entry(e.tensor, *indices)) for e, indices in users)
        substeps = (Step("name_adjoint", line, named), Step("insert_definition", named, written)) if named not in (line, written) else ()
        if written != line:
            steps.append(Step("insert_definition", line, written, because, None, substeps))
        steps.append(_derivative(written, by))
        steps.extend(simplify(steps[-1].after, around))
        return Derivation(Entry(subject, *by.positions), start, _merge(tuple(steps)))

    def _path(self, user: Equation, indices: tuple[Index, ...], by: Entry, entangled: bool) -> Expression:
        """What reaches the loss through one user. Where the users read each other, or the loss itself reads the value, only the
        direct dependence counts: the derivative of the right side with everything else held fixed.
        """
        if user.tensor == self.system.loss:
            direct = tuple(term for term in terms_of(user.right) if depends(term, by))
            return Partial(plus(*direct), by)
        there = Entry(user.tensor, *indices)
        slope = Partial(right_side_at(user, indices), by) if entangled else Partial(there, by)
        return total(indices, product(Partial(Entry(self.system.loss), there), slope))

    def _entangled(self, users: list[Equation]) -> bool:
        """Whether one of the users depends on another one (or on itself, in a recurrence)."""
        tensors = tuple(user.tensor for user in users)
        return any(set(tensors_of(e.right)) & _reached_from(tensors, self.equations) for e in users)

    def _indices(self, tensor: Tensor) -> tuple[Index, ...]:
        """Fresh free indices, with the letters that the tensor's own definition or its first user gives them."""
        if tensor in self.system.definitions:
            return tuple(index.fresh() for index in self.system.definitions[tensor].indices)
        read = next(e for e in entries_of(self.consumers[tensor][0].right) if e.tensor == tensor)
        plain = [p if isinstance(p, Index) else None for p in read.positions]
        return tuple(Index(p.letter if p else axis.name[:1], axis) for p, axis in zip(plain, tensor.axes, strict=True))


@dataclass(frozen=True)
class _FlatLoss:
    """The loss with the values that it reads linearly written out: their adjoints are constants and need no names."""

    equation: Equation
    folded: tuple[Tensor, ...]


def _flat_loss(system: System) -> _FlatLoss:
    equation = system.equations[-1]
    folded: list[Tensor] = []
    for tensor in tensors_of(equation.right):
        definition = system.definitions.get(tensor)
        if definition is not None and system.consumers[tensor] == (system.equations[-1],) and _is_linear(equation.right, tensor):
            equation = Equation(equation.left, inline(equation.right, {tensor: definition}))
            folded.append(tensor)
    return _FlatLoss(equation, tuple(folded))


def _is_linear(right: Expression, tensor: Tensor) -> bool:
    slope, _ = contract(carry_out(Partial(right, _any(tensor))))
    return not any(isinstance(node, Entry | Apply) for node in walk(tidy(slope)))


def _is_known_sum(equation: Equation) -> bool:
    return summing(equation) is not None


def _summaries(tensor: Tensor, users: tuple[Equation, ...]) -> tuple[Tensor, ...]:
    """The users that only sum up ``tensor`` (a mean, a variance), with fewer axes than it has."""
    found: list[Tensor] = []
    for user in sorted(users, key=lambda e: len(tensors_of(e.right))):
        if set(user.tensor.axes) < set(tensor.axes) and set(tensors_of(user.right)) <= {tensor, *found}:
            found.append(user.tensor)
    return tuple(found)


def _any(tensor: Tensor) -> Entry:
    return Entry(tensor, *(Index("q", axis) for axis in tensor.axes))


def _consumers(equations: tuple[Equation, ...]) -> dict[Tensor, tuple[Equation, ...]]:
    found: dict[Tensor, tuple[Equation, ...]] = {}
    for equation in equations:
        for tensor in tensors_of(equation.right):
            found[tensor] = (*found.get(tensor, ()), equation)
    return found


def _reached_from(wanted: tuple[Tensor, ...], equations: tuple[Equation, ...]) -> frozenset[Tensor]:
    reached = set(wanted)
    for equation in equations:
        if any(tensor in reached for tensor in tensors_of(equation.right)):
            reached.add(equation.tensor)
    return frozenset(reached)


def _name_adjoints(value: Basic, loss: Entry, users: set[Tensor]) -> Expression:
    if isinstance(value, Partial) and value.of == loss and value.by.tensor in users:
        return Entry(adjoint(value.by.tensor), *value.by.positions)
    return rebuild(value, lambda part: _name_adjoints(part, loss, users))  # type: ignore[return-value]


def _write_out(value: Basic, definitions: dict[Tensor, Equation]) -> Expression:
    """Inert derivatives of a value become derivatives of its definition."""
    if isinstance(value, Partial) and isinstance(value.of, Entry) and value.of.tensor in definitions:
        return Partial(right_side_at(definitions[value.of.tensor], value.of.positions), value.by)
    return rebuild(value, lambda part: _write_out(part, definitions))  # type: ignore[return-value]


def _derivative(value: Expression, by: Entry) -> Step:
    """The derivative carried out; the finer lines push it one level at a time."""
    substeps: list[Step] = []
    line = value
    while any(isinstance(node, Partial) for node in walk(line)):
        pushed = push_all(line)
        substeps.append(Step("push", line, pushed))
        line = pushed
    return Step("derivative", value, line, (("by", by),), None, tuple(substeps))


def _merge(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Steps that change nothing are left out."""
    return tuple(step for step in steps if step.before != step.after)


def _specialise(derivation: Derivation, rename: Renaming) -> Derivation:
    steps = tuple(_specialise_step(step, rename) for step in derivation.steps)
    return Derivation(rename(derivation.left), rename(derivation.start), steps)


def _specialise_step(step: Step, rename: Renaming) -> Step:
    because = tuple((name, rename(node)) for name, node in step.because)
    substeps = tuple(_specialise_step(sub, rename) for sub in step.substeps)
    return Step(step.rule, rename(step.before), rename(step.after), because, step.lemma, substeps)
