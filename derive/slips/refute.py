"""Numbers that refute a slip: an entry at which the wrong formula has another value than the right one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from derive.calculus.ranges import speaks_of_sizes
from derive.calculus.substitute import move
from derive.chain_rule import Sweep
from derive.equations import Equation
from derive.errors import InputError
from derive.expressions import Entry, Expression, Relation
from derive.indices import Affine, Index
from derive.slips.slip import Slip
from derive.traversal import walk
from derive.worked.digits import rounded
from derive.worked.ledger import Ledger, Place, places_of
from derive.worked.passes import Resized, passes_of
from derive.worked.simple import numbers_for

MOST_ENTRIES = 300
_SMALL, _SEEN = 2, 4
"""Units in every layer of a network that stands for a large one; the digits in which values must differ to be shown."""


@dataclass(frozen=True)
class Refutation:
    """The wrong formula at one entry: ``right`` and ``wrong`` are the values there, which differ.

    ``fits`` says whether the wrong formula has the right shape in the network itself, so that no check of shapes finds it;
    ``small`` whether the numbers are those of a network of the same kind with two units in each layer. ``pinned`` is an entry
    that was put on a kink, with its value.
    """

    slip: Slip
    entry: Entry
    right: Fraction
    wrong: Fraction
    fits: bool
    small: bool
    pinned: tuple[Entry, Fraction] | None = None


class Ground:
    """The numbers at which slips of one network are tried: its simple numbers, and those of the network with equal layers."""

    def __init__(self, sweep: Sweep, variant: int = 1) -> None:
        self.passes, self.variant = passes_of(sweep), variant
        self._own = _Stage.of(self.passes.resized({}), variant)

    @cached_property
    def equal(self) -> _Stage | None:
        """The network with as many units in every layer, where positions do not speak of sizes."""
        system = self.passes.system
        if any(speaks_of_sizes(node) for equation in system.equations for node in walk(equation.right)):
            return None
        return _Stage.of(self.passes.resized({axis.name: _SMALL for axis in self.passes.axes}), self.variant)

    @property
    def is_empty(self) -> bool:
        """Whether there are no numbers to try, because the network is too deep for them."""
        return self._own is None and self.equal is None

    def refuted(self, slip: Slip) -> Refutation | None:
        """The entry at which a slip differs most from the truth; None where no numbers tried tell them apart."""
        shape = fits(slip.mistaken)
        own = self._own if shape else None
        for stage in (own, self.equal):
            if stage is not None:
                found = stage.difference(slip)
                if found is not None:
                    entry, right, wrong, pinned = found
                    return Refutation(slip, entry, right, wrong, shape, stage is not self._own, pinned)
        return None


def fits(equation: Equation) -> bool:
    """Whether every index runs along an axis as long as the one that it stands at, so that shapes do not tell."""
    for node in walk(equation.right):
        if isinstance(node, Entry):
            for position, axis in zip(node.positions, node.tensor.axes, strict=True):
                indices = [position] if isinstance(position, Index) else [term.index for term in position.terms]
                if any(index.axis.size != axis.size for index in indices):
                    return False
    return True


@dataclass(frozen=True)
class _Stage:
    """A system with numbers, and how formulas are written in it."""

    resized: Resized
    given: Mapping[Place, Fraction]
    ledger: Ledger

    @staticmethod
    def of(resized: Resized, variant: int) -> _Stage | None:
        """The system with simple numbers; None where it is too large, or none are found."""
        if resized.passes.entries > MOST_ENTRIES:
            return None
        try:
            given = {place: Fraction(text) for place, text in numbers_for(resized.passes, variant).items()}
        except InputError:
            return None
        return _Stage(resized, given, Ledger(resized.passes, given))

    def difference(self, slip: Slip) -> tuple[Entry, Fraction, Fraction, tuple[Entry, Fraction] | None] | None:
        """The entry where the formulas differ most, with both values, among those that show it in four decimal places."""
        equation, wrong = self.resized.equation(slip.equation), self.resized.value(slip.wrong)
        found: list[tuple[Fraction, Entry, Fraction, Fraction, tuple[Entry, Fraction] | None]] = []
        for ledger, pinned in self._ledgers(slip, wrong):
            for position in places_of(equation.tensor):
                at = {index: Affine(place) for index, place in zip(equation.indices, position, strict=True)}
                try:
                    right, other = (ledger.of(move(value, at)) for value in (equation.right, wrong))
                except InputError:
                    return None
                if rounded(right, _SEEN) != rounded(other, _SEEN):
                    found.append((abs(right - other), move(equation.left, at), right, other, pinned))
        return max(found, key=lambda item: item[0])[1:] if found else None

    def _ledgers(self, slip: Slip, wrong: Expression) -> Iterator[tuple[Ledger, tuple[Entry, Fraction] | None]]:
        """The ledger of this stage; for a slip about a kink one in which the first entry that is compared stands on it."""
        if slip.family != "kink":
            yield self.ledger, None
            return
        for entry, value in _compared(wrong):
            place = (entry.tensor.name, tuple(0 for _ in entry.positions))
            pinned = Ledger(self.resized.passes, {**self.given, place: value})
            yield pinned, (Entry(entry.tensor, *(Affine(0) for _ in entry.positions)), value)


def _compared(value: Expression) -> Iterable[tuple[Entry, Fraction]]:
    for node in walk(value):
        if isinstance(node, Relation) and isinstance(node.left, Entry) and hasattr(node.right, "value"):
            yield node.left, Fraction(int(node.right.value.p), int(node.right.value.q))
