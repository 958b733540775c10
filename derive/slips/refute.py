"""Numbers that refute a slip: an entry at which the wrong formula has another value than the right one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sympy import Basic

from derive.calculus.ranges import speaks_of_sizes
from derive.calculus.substitute import Renaming, move
from derive.chain_rule import Sweep
from derive.equations import Equation, System
from derive.errors import InputError
from derive.expressions import Entry, Expression, Relation, Tensor
from derive.indices import Affine, Axis, Index
from derive.slips.slip import Slip
from derive.traversal import walk
from derive.worked.digits import rounded
from derive.worked.ledger import Ledger, Place, places_of
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
        self.sweep, self.variant = sweep, variant
        self._own = _Stage.of(sweep.system, tuple(d.equation for d in sweep.derivations), variant)
        self._equal: _Stage | None = None

    @property
    def equal(self) -> _Stage | None:
        """The network with as many units in every layer, where positions do not speak of sizes."""
        system = self.sweep.system
        if any(speaks_of_sizes(node) for equation in system.equations for node in walk(equation.right)):
            return None
        if self._equal is None:
            self._equal = _Stage.resized(system, tuple(d.equation for d in self.sweep.derivations), self.variant)
        return self._equal

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
    """A system with numbers, and how axes are called in it."""

    system: System
    backward: tuple[Equation, ...]
    given: Mapping[Place, Fraction]
    rename: Renaming
    ledger: Ledger

    @staticmethod
    def of(system: System, backward: tuple[Equation, ...], variant: int) -> _Stage | None:
        """The system itself; None where it is too large for numbers by hand."""
        entries = sum(len(places_of(tensor)) for tensor in (*system.parameters, *system.definitions) if _size(tensor) <= MOST_ENTRIES)
        if entries > MOST_ENTRIES or any(_size(tensor) > MOST_ENTRIES for tensor in (*system.parameters, *system.definitions)):
            return None
        return _Stage._with_numbers(system, backward, variant, Renaming({}))

    @staticmethod
    def resized(system: System, backward: tuple[Equation, ...], variant: int) -> _Stage | None:
        """The system with two positions along every axis."""
        rename = Renaming({axis: Axis(axis.name, _SMALL) for axis in _axes(system, backward)})
        renamed = System(
            system.name,
            tuple(rename(tensor) for tensor in system.inputs),
            tuple(rename(tensor) for tensor in system.parameters),
            tuple(_renamed(equation, rename) for equation in system.equations),
            tuple(_renamed(equation, rename) for equation in system.assumptions),
            {rename(tensor): rename(value) for tensor, value in system.outside.items()},
        )
        if sum(_size(tensor) for tensor in (*renamed.parameters, *renamed.definitions)) > MOST_ENTRIES:
            return None
        return _Stage._with_numbers(renamed, tuple(_renamed(equation, rename) for equation in backward), variant, rename)

    @staticmethod
    def _with_numbers(system: System, backward: tuple[Equation, ...], variant: int, rename: Renaming) -> _Stage | None:
        try:
            given = {place: Fraction(text) for place, text in numbers_for(system, backward, variant).items()}
        except InputError:
            return None
        return _Stage(system, backward, given, rename, Ledger(system, backward, given))

    def difference(self, slip: Slip) -> tuple[Entry, Fraction, Fraction, tuple[Entry, Fraction] | None] | None:
        """The entry where the formulas differ most, with both values, among those that show it in four decimal places."""
        equation, wrong = _renamed(slip.equation, self.rename), self.rename(slip.wrong)
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
            pinned = Ledger(self.system, self.backward, {**self.given, place: value})
            yield pinned, (Entry(entry.tensor, *(Affine(0) for _ in entry.positions)), value)


def _compared(value: Expression) -> Iterable[tuple[Entry, Fraction]]:
    for node in walk(value):
        if isinstance(node, Relation) and isinstance(node.left, Entry) and hasattr(node.right, "value"):
            yield node.left, Fraction(int(node.right.value.p), int(node.right.value.q))


def _renamed(equation: Equation, rename: Renaming) -> Equation:
    return Equation(rename(equation.left), rename(equation.right))


def _axes(system: System, backward: tuple[Equation, ...]) -> tuple[Axis, ...]:
    found: dict[Basic, None] = dict.fromkeys(system.axes)
    for equation in backward:
        found |= dict.fromkeys(equation.tensor.axes)
    return tuple(found)


def _size(tensor: Tensor) -> int:
    size = 1
    for axis in tensor.axes:
        size *= axis.size
    return size
