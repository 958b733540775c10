"""One step of gradient descent by hand: forward, backward, update, and the loss after the step, one line for each entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from sympy import Basic

from derive.calculus.substitute import move
from derive.equations import Equation, System
from derive.errors import InputError
from derive.explicit import GRADIENTS, written_out
from derive.expressions import Entry, Expression, Size, Tensor
from derive.indices import Affine, Index
from derive.network import BATCH
from derive.notation.written import Written
from derive.results import Results
from derive.specifications.specification import Specification
from derive.traversal import entries_of, free_indices, rebuild, tensors_of
from derive.worked.digits import rounded, written
from derive.worked.ledger import NEGATIVE, Ledger, Place, places_of
from derive.worked.numbers_file import Numbers
from derive.worked.passes import Passes, passes_of

MOST_ENTRIES = 300
"""Systems with more entries are not computed by hand."""


@dataclass(frozen=True)
class Line:
    """``left = formula = numbers = value``; ``numbers`` is None where the formula is a single entry or cannot be shown with numbers.

    ``value`` is what came out, before it was rounded to be written down.
    """

    left: Entry
    formula: Expression
    numbers: Expression | None
    value: Fraction


@dataclass(frozen=True)
class Update:
    """``parameter <- parameter - rate * gradient``, or ``+ rate * step`` where the gradient is written with the other sign.

    ``slope`` and ``after`` are what came out, before they were rounded.
    """

    parameter: Entry
    gradient: Entry
    before: str
    slope: Fraction
    after: Fraction


@dataclass(frozen=True)
class Example:
    """Every line of one step. ``before`` and ``later`` hold the values before and after it, as computed."""

    passes: Passes
    numbers: Numbers
    forward: tuple[Line, ...]
    loss: tuple[Line, ...]
    backward: tuple[Line, ...]
    gradients: tuple[Line, ...]
    updates: tuple[Update, ...]
    before: Ledger
    later: Ledger

    @property
    def system(self) -> System:
        return self.passes.system

    @property
    def digits(self) -> int:
        return self.numbers.digits

    def shown(self, value: Fraction) -> str:
        """A value as it is written down."""
        return written(value, self.digits)

    def is_exact(self, value: Fraction) -> bool:
        """Whether the digits shown are all digits there are."""
        return rounded(value, self.digits) == value

    def reads_exactly(self, line: Line) -> bool:
        """Whether the numbers in a line are the values themselves, not only their first digits."""
        if self.numbers.carry == "rounded":
            return True
        places = [(entry.tensor.name, _position(entry)) for entry in entries_of(line.formula) if _inside(entry)]
        values = (self.before.at(entry.tensor, _position(entry)) for entry in entries_of(line.formula) if _inside(entry))
        return all(place in self.numbers.given or self.is_exact(value) for place, value in zip(places, values, strict=True))


def passes_for(results: Results, patterns: int | None) -> Passes:
    """The equations that are computed: those of one pattern, or of a batch where there are several or a penalty counts."""
    network = results.network
    penalty = isinstance(network.specification, Specification) and network.specification.l2
    passes = passes_of(results.pattern_sweep)
    if network.batch is not network.pattern and (patterns is not None or penalty):
        passes = passes_of(results.batch_sweep).resized({BATCH: patterns or 1}).passes
    if passes.entries > MOST_ENTRIES:
        raise InputError(f"worked numbers are for small networks: {network.name} has {passes.entries} entries, the limit is {MOST_ENTRIES}")
    return passes


def example(passes: Passes, numbers: Numbers) -> Example:
    """The step with these numbers. Raises ``InputError`` where a value does not exist."""
    keep: Callable[[Fraction], Fraction] | None = partial(_kept, numbers.digits) if numbers.carry == "rounded" else None
    given = {place: Fraction(text) for place, text in numbers.given.items()}
    system = passes.system
    before = Ledger(passes, given, keep)
    write = partial(_lines, before, numbers)
    losses = [equation for equation in system.equations if equation.tensor.role in ("loss", "total_loss") or equation.tensor == system.loss]
    forward = [equation for equation in system.equations if equation not in losses]
    read = {tensor.name for equation in passes.backward for tensor in tensors_of(equation.right)}
    adjoints = [e for e in passes.backward if e.tensor.role not in GRADIENTS and e.tensor.name in read]
    gradients = [e for e in passes.backward if _moves(e.tensor, numbers)]
    updates = [update for equation in gradients for update in _updates(equation.tensor, before, numbers)]
    changed = {(u.parameter.tensor.name, _position(u.parameter)): keep(u.after) if keep else u.after for u in updates}
    later = Ledger(passes, given | changed, keep)
    parts = (write(forward), write(losses), write(adjoints), write(gradients))
    return Example(passes, numbers, *parts, tuple(updates), before, later)


def _moves(tensor: Tensor, numbers: Numbers) -> bool:
    """Whether a derivative is by a parameter that the step changes."""
    return tensor.role in GRADIENTS and tensor.of is not None and tensor.of.name not in numbers.frozen


def hasty(own: Example) -> Ledger:
    """What comes out after the step if every parameter changes as soon as its gradient is known, before the layers below read it."""
    system, numbers = own.system, own.numbers
    given = {place: Fraction(text) for place, text in numbers.given.items()}
    known = {(t.name, at): own.before.at(t, at) for t in system.definitions for at in places_of(t)}
    for equation in own.passes.backward:
        ledger = Ledger(own.passes, {**known, **given})
        parameter = equation.tensor.of
        for position in places_of(equation.tensor):
            place = (equation.tensor.name, position)
            known[place] = ledger.at(equation.tensor, position)
            if parameter is not None and _moves(equation.tensor, numbers):
                given[parameter.name, position] += _direction(equation.tensor) * numbers.rate * known[place]
    return Ledger(own.passes, given)


def _direction(gradient: Tensor) -> int:
    """The sign of a gradient in the step."""
    return 1 if gradient.role in NEGATIVE else -1


def _kept(digits: int, value: Fraction) -> Fraction:
    return rounded(value, digits)


def _lines(ledger: Ledger, numbers: Numbers, equations: Sequence[Equation]) -> tuple[Line, ...]:
    found: list[Line] = []
    for equation in equations:
        for position in places_of(equation.tensor):
            at = {index: Affine(place) for index, place in zip(equation.indices, position, strict=True)}
            formula = written_out(move(equation.right, at))
            inserted = None if isinstance(formula, Entry) else _inserted(formula, ledger, numbers)
            found.append(Line(move(equation.left, at), formula, inserted, ledger.before_rounding(equation.tensor, position)))
    return tuple(found)


def _inserted(formula: Expression, ledger: Ledger, numbers: Numbers) -> Expression | None:
    """The formula with numbers for entries and sizes; None where a bound index is left, as below a maximum."""
    if free_indices(formula) or any(isinstance(node, Index) for node in formula.atoms(Index)):
        return None

    def number(part: Basic) -> Basic:
        if isinstance(part, Entry):
            given = numbers.given.get((part.tensor.name, _position(part))) if _inside(part) else None
            return Written(given if given is not None else written(_value(part, ledger), numbers.digits))
        if isinstance(part, Size):
            return Written(str(part.axis.size))
        return rebuild(part, number)

    return number(formula)


def _value(entry: Entry, ledger: Ledger) -> Fraction:
    return ledger.before_rounding(entry.tensor, _position(entry)) if _inside(entry) else ledger.of(entry)


def _position(entry: Entry) -> tuple[int, ...]:
    return tuple(Affine.of(position).constant for position in entry.positions)


def _inside(entry: Entry) -> bool:
    return all(0 <= place < axis.size for place, axis in zip(_position(entry), entry.tensor.axes, strict=True))


def _updates(gradient: Tensor, ledger: Ledger, numbers: Numbers) -> list[Update]:
    parameter = gradient.of
    assert parameter is not None
    found = []
    for position in places_of(parameter):
        text, slope = numbers.given[parameter.name, position], ledger.before_rounding(gradient, position)
        after = Fraction(text) + _direction(gradient) * numbers.rate * ledger.at(gradient, position)
        found.append(Update(_at(parameter, position), _at(gradient, position), text, slope, after))
    return found


def _at(tensor: Tensor, position: tuple[int, ...]) -> Entry:
    return Entry(tensor, *(Affine(place) for place in position))


def broken_assumption(system: System, given: Mapping[Place, str]) -> Equation | None:
    """The first assumption that the numbers given do not meet; None where all hold."""
    ledger = Ledger(Passes(system, ()), {place: Fraction(text) for place, text in given.items()})
    for assumption in system.assumptions:
        indices = free_indices(assumption.left) + free_indices(assumption.right)
        for position in places_of(Tensor("assumption", tuple(dict.fromkeys(index.axis for index in indices)))):
            at = {index: Affine(place) for index, place in zip(dict.fromkeys(indices), position, strict=False)}
            if ledger.of(move(assumption.left, at)) != ledger.of(move(assumption.right, at)):
                return assumption
    return None
