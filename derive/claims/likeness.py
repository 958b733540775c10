"""Which classic mistake gives the numbers of a wrong formula: every slip of the derived formula is evaluated beside it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from derive.chain_rule import Sweep
from derive.claims.judging import Layers, chosen_places, readings
from derive.claims.networks import Grounds
from derive.equations import Equation
from derive.errors import InputError
from derive.expressions import MINUS_ONE, Entry, Expression, Partial, Product
from derive.indices import Index
from derive.reader.reading import Reading
from derive.reader.syntax import Syntax
from derive.results import results_of
from derive.slips.slip import Slip
from derive.slips.spoil import slips_of
from derive.verification.lines import compare
from derive.verification.primitives import EvaluationError

_TRIED = 200
"""So many slips of one formula are looked at."""


def slip_like(sides: tuple[Syntax, Syntax], grounds: Grounds, layers: Layers) -> Slip | None:
    """The slip of what the network derives for the left side that has the value of the right side; None where there is none."""
    stage = grounds.pattern
    sweep = results_of(grounds.network).pattern_sweep
    for layer in layers:
        try:
            reading = next(iter(readings(sides, stage, layer)))
            equation = _equation_for(reading.entries[0], sweep)
            if equation is None:
                continue
            found = _matching(reading, equation, sweep, grounds)
        except (InputError, EvaluationError):
            continue
        if found is not None:
            return found
    return None


def _equation_for(left: Expression, sweep: Sweep) -> Equation | None:
    """The derived equation of a derivative by one quantity, or the forward equation of a value."""
    entry = _bare(left)
    by = entry.by if isinstance(entry, Partial) else entry
    if not isinstance(by, Entry):
        return None
    for derivation in sweep.derivations:
        tensor = derivation.left.tensor
        if tensor.of is not None and tensor.of in (by.tensor, by.tensor.of):
            return derivation.equation if isinstance(entry, Partial) or by.tensor.of is not None else None
    return sweep.system.definitions.get(by.tensor)


def _bare(left: Expression) -> Expression:
    return left.args[1] if isinstance(left, Product) and len(left.args) == 2 and left.args[0] == MINUS_ONE else left


def _matching(reading: Reading, equation: Equation, sweep: Sweep, grounds: Grounds) -> Slip | None:
    entry = _bare(reading.entries[0])
    by = entry.by if isinstance(entry, Partial) else entry
    assert isinstance(by, Entry)
    sign = 1 if entry is reading.entries[0] else -1
    point = grounds.pattern.point(0)
    valuation = point.valuation
    places = chosen_places(reading, point)
    rights = [sign * valuation.evaluate(reading.entries[1], place) for place in places]
    there = [_positions(by, equation.indices, place) for place in places]
    for slip in islice(slips_of(equation, sweep), _TRIED):
        try:
            if all(compare(slip.wrong, right, place, valuation).ok for right, place in zip(rights, there, strict=True)):
                return slip
        except (EvaluationError, ValueError):
            continue
    return None


def _positions(by: Entry, indices: Sequence[Index], place: dict[Index, int]) -> dict[Index, int]:
    """Where the indices of the derived formula stand when the left side is at a place."""
    found = {}
    for index, position in zip(indices, by.positions, strict=True):
        if isinstance(position, Index):
            found[index] = place[position]
        else:
            found[index] = position.constant + sum(term.coefficient * place[term.index] for term in position.terms)
    return found
