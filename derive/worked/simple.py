"""Simple numbers with one decimal, for readers who bring none of their own; each variant has others."""

from __future__ import annotations

from fractions import Fraction

from derive.equations import Equation, System
from derive.errors import InputError
from derive.explicit import GRADIENTS
from derive.expressions import Entry, Tensor, Total
from derive.traversal import walk
from derive.verification.stream import Stream
from derive.worked.ledger import Ledger, Place, places_of
from derive.worked.numbers_file import Numbers
from derive.worked.passes import Passes

_TRIES, _FEWEST, _NODES, _MARGIN = 80, 4, 20_000, 0.01
"""Numbers are drawn so often at most, less often where formulas are so long that the nodes read in all tries would be more than these."""


def simple_numbers(passes: Passes, variant: int = 1) -> Numbers:
    """Simple numbers for one step by hand. Raises ``InputError`` where none are found."""
    return Numbers(numbers_for(passes, variant))


def numbers_for(passes: Passes, variant: int = 1) -> dict[Place, str]:
    """Numbers at which every array of parameters has a derivative that is not 0, and no comparison is close to a tie.

    Where a function has branches, more than one is taken if that can be had. Raises ``InputError`` where no numbers are found.
    """
    system, stream = passes.system, Stream(variant)
    gradients = [equation for equation in passes.backward if equation.tensor.role in GRADIENTS]
    reason: InputError | None = None
    fallback: dict[Place, str] | None = None
    tries = _tries(passes)
    for attempt in range(tries):
        given = _drawn(system, stream)
        ledger = Ledger(passes, {place: Fraction(text) for place, text in given.items()})
        try:
            ledger.of(Entry(system.loss))
            clear = ledger.closest > _MARGIN
            varied = attempt >= tries // 2 or all(len(taken) > 1 for taken in ledger.branches.values())
            if clear and varied and all(_answers(equation, ledger) for equation in gradients):
                return given
        except InputError as error:
            reason = error
            continue
        fallback = fallback or given
    if fallback is None:
        raise reason or InputError(f"{system.name}: no simple numbers found")
    return fallback


def _tries(passes: Passes) -> int:
    nodes = sum(1 for equation in (*passes.system.equations, *passes.backward) for _ in walk(equation.right))
    return max(_FEWEST, min(_TRIES, _NODES // nodes))


def _answers(equation: Equation, ledger: Ledger) -> bool:
    """Whether some entry of a gradient is not 0."""
    return any(ledger.at(equation.tensor, position) != 0 for position in places_of(equation.tensor))


def _drawn(system: System, stream: Stream) -> dict[Place, str]:
    given: dict[Place, str] = {}
    for tensor in (*system.inputs, *system.parameters):
        for position in places_of(tensor):
            given[tensor.name, position] = _tenths(_tenth(tensor, system, stream))
    for assumption in system.assumptions:
        _assume(assumption, given, stream)
    return given


def _tenth(tensor: Tensor, system: System, stream: Stream) -> int:
    """Inputs and targets between 0 and 1, biases small, weights of either sign; never 0."""
    if tensor.role == "target":
        return 10 * stream.below(2) if _has_logarithm(system) else stream.between(1, 9)
    if tensor in system.inputs:
        return stream.between(1, 9)
    size = stream.between(1, 9 if len(tensor.axes) > 1 else 5)
    return -size if stream.below(3) == 0 else size


def _has_logarithm(system: System) -> bool:
    """Whether the loss is one of those that compare with yes or no."""
    applied = (getattr(node, "function", None) for node in walk(system.equations[-1].right))
    return any(function is not None and function.name == "log" for function in applied)


def _tenths(number: int) -> str:
    if number % 10 == 0:
        return str(number // 10)
    return f"{'-' if number < 0 else ''}{abs(number) // 10}.{abs(number) % 10}"


def _assume(assumption: Equation, given: dict[Place, str], stream: Stream) -> None:
    """What must sum to one has a single 1, at one position of the sum."""
    for side in (assumption.left, assumption.right):
        entry = side.body if isinstance(side, Total) else None
        if isinstance(side, Total) and isinstance(entry, Entry) and side.index in entry.positions:
            place = entry.positions.index(side.index)
            chosen: dict[tuple[int, ...], int] = {}
            for position in places_of(entry.tensor):
                rest = position[:place] + position[place + 1 :]
                hot = chosen.setdefault(rest, stream.below(side.index.axis.size))
                given[entry.tensor.name, position] = str(int(position[place] == hot))
