"""The reverse sweep: from the forward equations to every adjoint and gradient, by the chain rule alone.

The adjoint of v is the sum, over the equations that use v, of the user's adjoint times the user's derivative. The equations are
walked backwards, so that a user's adjoint stands before it is needed; fan-in gives skip connections, shared weights and recurrences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Basic

from derive.calculus.pattern import pattern_of
from derive.calculus.substitute import Renaming
from derive.chain import Specialised, derive
from derive.equations import Equation, System
from derive.expressions import Entry, Tensor, Total
from derive.influence import Influence
from derive.manner import TEXTBOOK, Manner
from derive.rules import Surroundings
from derive.rules.lemmas import summing
from derive.steps import Derivation
from derive.traversal import tensors_of, walk


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every derivation of a system in an order in which they can be computed; ``patterns`` names the local pattern of each.

    A sweep is equal to itself only, so that what is made of it can be remembered.
    """

    system: System
    derivations: tuple[Derivation, ...]
    patterns: tuple[str, ...]


def reverse_sweep(system: System, wanted: Sequence[Tensor] | None = None, manner: Manner = TEXTBOOK) -> Sweep:
    """The derivations of the adjoints of all values between ``wanted`` (default: the parameters) and the loss, and of ``wanted``."""
    influence = Influence(system, system.parameters if wanted is None else wanted, manner)
    known = _Known(influence, manner)
    found = [known.derivation(tensor) for tensor in _backwards(influence)]
    return Sweep(system, tuple(d for _, d in found), tuple(p for p, _ in found))


def sweep_at_loss(system: System, wanted: Sequence[Tensor], manner: Manner = TEXTBOOK) -> Sweep:
    """Those derivations of a reverse sweep that speak of the loss: they follow from it at once, or may insert one that does."""
    influence = Influence(system, wanted, manner)
    known = _Known(influence, manner)
    found = [known.derivation(tensor) for tensor in _backwards(influence) if known.is_at_loss(tensor)]
    return Sweep(system, tuple(d for _, d in found), tuple(p for p, _ in found))


def _backwards(influence: Influence) -> Iterator[Tensor]:
    """What a sweep derives, in order: everything through which a tensor acts stands before it."""
    ready: dict[Tensor, list[Tensor]] = {}  # by the first value that reads them: above it, everything through which they act is known
    for tensor in influence.wanted:
        if tensor in influence.readers:
            ready.setdefault(influence.readers[tensor][0].tensor, []).append(tensor)
    for equation in reversed(influence.equations):
        if influence.has_adjoint(equation):
            yield equation.tensor
        yield from ready.get(equation.tensor, ())


def adjoint(tensor: Tensor) -> Tensor:
    """The tensor that holds dJ/d``tensor``: a delta for a pre-activation, a gradient for a parameter."""
    if tensor.role == "pre_activation" and tensor.layer is not None:
        return Tensor(f"delta{tensor.layer}", tensor.axes, "delta", tensor.layer, tensor)
    role = "gradient" if tensor.role in ("weight", "bias", "parameter") else "adjoint"
    return Tensor(f"d{tensor.name}", tensor.axes, role, tensor.layer, tensor)


class _Known:
    """What a sweep has derived so far; each local pattern is derived once and specialised elsewhere."""

    def __init__(self, influence: Influence, manner: Manner) -> None:
        self.influence, self.manner = influence, manner
        self.system = influence.system
        self.formulas: dict[Tensor, Equation] = {}
        self.explicit: dict[Tensor, Equation] = {}
        self.patterns: dict[str, tuple[Derivation, tuple[Basic, ...]]] = {}

    def derivation(self, tensor: Tensor) -> tuple[str, Derivation]:
        """The derivation of ``tensor``'s adjoint, and the name of its pattern."""
        users = self.influence.users(tensor)
        around = self._surroundings(tensor, users)
        through = [user for user in users if user.tensor != self.system.loss]
        entangled = self.influence.entangled(through)
        text, named = pattern_of((tensor, around.subject, self.system.loss, *_parts(users, around)))
        pattern = f"entangled: {text}" if entangled else text
        if pattern in self.patterns:
            first, first_named = self.patterns[pattern]
            found: Derivation = Specialised(first, Renaming(dict(zip(first_named, named, strict=True))))
        else:
            by = Entry(tensor, *self.influence.indices(tensor))
            found = derive(Entry(self.system.loss), by, users, entangled, adjoint, around, self.manner)
            self.patterns[pattern] = found, named
        self.formulas[around.subject] = found.equation
        if all(user.tensor == self.system.loss for user in users) and not any(isinstance(node, Total) for node in walk(found.result)):
            self.explicit[around.subject] = found.equation
        return pattern, found

    def is_at_loss(self, tensor: Tensor) -> bool:
        """Whether the loss reads ``tensor``, or a value whose adjoint can be written out."""
        ends = self.influence.ends(tensor)
        return any(end.tensor == self.system.loss or adjoint(end.tensor) in self.explicit for end in ends)

    def _surroundings(self, tensor: Tensor, users: tuple[Equation, ...]) -> Surroundings:
        """What the rules may look at. An adjoint is only written out where its value has no other reader to compute it for."""
        definitions = self.system.definitions
        through = tuple(user for user in users if user.tensor != self.system.loss)  # each a definition too, inlined values written out
        single = (adjoint(user.tensor) for user in through if sum(t in self.influence.active for t in tensors_of(user.right)) == 1)
        explicit = {t: self.explicit[t] for t in single if t in self.explicit}
        read = tuple(dict.fromkeys(t for e in (*users, *explicit.values()) for t in (tensor, e.tensor, *tensors_of(e.right))))
        known = (
            *self.influence.written_out(tensor),
            *(definitions[user.tensor] for user in through),
            *through,
            *(definitions[t] for t in read if t in definitions and summing(definitions[t]) is not None),
        )
        return Surroundings(
            subject=adjoint(tensor),
            definitions=tuple(dict.fromkeys(known)),
            explicit=explicit,
            summaries={t: self.formulas[t] for t in map(adjoint, _summaries(tensor, through)) if t in self.formulas},
            assumptions=tuple(fact for fact in self.system.assumptions if set(read).issuperset(tensors_of(fact.left))),
        )


def _summaries(tensor: Tensor, users: tuple[Equation, ...]) -> tuple[Tensor, ...]:
    """The users that only sum up ``tensor`` (a mean, a variance), with fewer axes than it has."""
    found: list[Tensor] = []
    for user in sorted(users, key=lambda user: len(tensors_of(user.right))):
        if set(user.tensor.axes) < set(tensor.axes) and set(tensors_of(user.right)) <= {tensor, *found}:
            found.append(user.tensor)
    return tuple(found)


def _parts(users: tuple[Equation, ...], around: Surroundings) -> tuple[Basic, ...]:
    """Everything that a derivation reads, in a fixed order."""
    equations = (*around.definitions, *around.explicit.values(), *around.summaries.values(), *around.assumptions)
    return (
        *(part for user in users for part in (user.left, user.right, adjoint(user.tensor))),
        *(part for equation in equations for part in (equation.left, equation.right)),
    )
