"""Points at which lines are evaluated: small sizes, short decimals, away from kinks or exactly on one.

Everything is drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product as positions_in
from typing import Any

from derive.calculus.ranges import speaks_of_sizes
from derive.equations import Equation, System
from derive.expressions import Apply, Cases, Entry, Expression, Function, Number, Tensor, Total
from derive.indices import Axis, Index
from derive.traversal import tensors_of, walk
from derive.verification.primitives import EvaluationError
from derive.verification.stream import Stream
from derive.verification.valuation import Valuation

MARGIN_DIGITS = 3
"""Points stay 10**-3 away from every kink and tie."""

_TRIES = 60
_FEW_AXES, _SOME_AXES = 4, 12


@dataclass(frozen=True)
class Kink:
    """The first entry of ``tensor`` stands at ``place``, where ``function`` changes its branch."""

    tensor: Tensor
    function: Function
    place: Number

    def __str__(self) -> str:
        return f"{self.tensor.name}[{','.join('0' for _ in self.tensor.axes)}] = {self.place.value}"


@dataclass(frozen=True)
class Point:
    """A system with a value for every entry; ``kink`` where one stands exactly on a kink."""

    system: System
    seed: int
    valuation: Valuation
    kink: Kink | None = None

    @cached_property
    def sizes(self) -> dict[str, int]:
        return self.valuation.sizes

    def describe(self) -> str:
        few = len(self.sizes) <= _SOME_AXES
        sizes = (
            ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
            if few
            else f"{min(self.sizes.values())} to {max(self.sizes.values())}"
        )
        return f"seed {self.seed}, sizes {sizes}" + (f", {self.kink}" if self.kink else "")


def draw(system: System, seed: int = 0, digits: int = 40, sizes: Mapping[str, int] | None = None) -> Point:
    """A point of ``system``: each comparison at least 10**-3 from a tie, several branches taken where there are some.

    ``sizes`` overrides those that are drawn. Raises ``EvaluationError`` where no value can be found.
    """
    chosen = dict(sizes) if sizes is not None else small_sizes(system, seed)
    valuation = Valuation(system, chosen, digits)
    stream = Stream(seed)
    last: EvaluationError | None = None
    for attempt in range(_TRIES):
        try:
            _fill(system, valuation, stream)
        except EvaluationError as error:
            last = error
            continue
        if _answers(valuation, deeply=attempt < _TRIES // 4):
            return Point(system, seed, valuation)
    raise last or EvaluationError(f"no point of {system.name} found at which its loss depends on its inputs")


def small_sizes(system: System, seed: int = 0) -> dict[str, int]:
    """A size for each axis: pairwise different where the axes are few, else different from the next one.

    Where positions are shifted or fixed, the sizes are those that the system declares, because ranges must fit.
    """
    axes = system.axes
    if any(speaks_of_sizes(node) for equation in system.equations for node in walk(equation.right)):
        return {axis.name: axis.size for axis in axes}
    owned = [axis for axis in axes if any(axis in tensor.axes for tensor in system.parameters)]
    rest = [axis for axis in axes if axis not in owned]
    sizes = {axis.name: 2 + place for place, axis in enumerate(rest)}
    if len(axes) > _FEW_AXES:
        cycle = 3 if len(axes) <= _SOME_AXES else 2
        return sizes | {axis.name: 2 + (place + seed) % cycle for place, axis in enumerate(owned)}
    pool, stream = list(range(2 + len(rest), 2 + len(axes))), Stream(seed + 1)
    return sizes | {axis.name: pool.pop(stream.below(len(pool))) for axis in owned}


def kinks_in(system: System) -> tuple[Kink, ...]:
    """Each kink of each function that is applied to an entry, at the last tensor where that happens."""
    found: dict[tuple[Function, Number], Kink] = {}
    for equation in system.equations:
        for node in walk(equation.right):
            if isinstance(node, Apply) and isinstance(node.argument, Entry) and node.argument.tensor in system.definitions:
                for place in kinks_of(node.function.body):
                    found[node.function, place] = Kink(node.argument.tensor, node.function, place)
    return tuple(found.values())


def kinks_of(body: Expression | None) -> tuple[Number, ...]:
    """The values of the variable at which a formula changes its branch, as written in its comparisons."""
    if body is None:
        return ()
    relations = (case.relation for node in walk(body) if isinstance(node, Cases) for case in node.cases)
    sides = (side for relation in relations for side in (relation.left, relation.right))
    own = tuple(side for side in sides if isinstance(side, Number))
    inner = tuple(k for node in walk(body) if isinstance(node, Apply) for k in kinks_of(node.function.body))
    return tuple(dict.fromkeys((*own, *inner)))


@contextmanager
def on_kink(point: Point, kink: Kink) -> Iterator[Point]:
    """The point with one entry standing exactly on a kink, until the block ends.

    Its equation is shifted by a constant, which no derivative notices.
    """
    valuation = point.valuation
    number = valuation.evaluate(kink.place, {})
    with valuation.pinned(kink.tensor, tuple(0 for _ in kink.tensor.axes), number):
        yield Point(point.system, point.seed, valuation, kink)


def _fill(system: System, valuation: Valuation, stream: Stream) -> None:
    """Inputs, then equation by equation its parameters, drawn again while a comparison there is too close to a tie."""
    for tensor in system.inputs:
        valuation.give(tensor, _numbers(tensor, valuation, stream))
    for assumption in system.assumptions:
        _assume(assumption, valuation)
    for drawn, equations in _stages(system):
        for attempt in range(_TRIES):
            for tensor in drawn:
                valuation.give(tensor, _numbers(tensor, valuation, stream))
            valuation.run(equations)
            if _is_open(valuation, varied=attempt < _TRIES // 2):
                break
        else:
            raise EvaluationError(f"every point of {system.name} tried was too close to a kink")


def _stages(system: System) -> list[tuple[tuple[Tensor, ...], tuple[Equation, ...]]]:
    """The equations in groups, each with the parameters that it is the first to read."""
    left = {tensor.name: tensor for tensor in system.parameters}
    whole = _is_recurrent(system)
    stages: list[tuple[list[Tensor], list[Equation]]] = [([], [])]
    for equation in system.equations:
        fresh = [left.pop(tensor.name) for tensor in tensors_of(equation.right) if tensor.name in left]
        if fresh and not whole:
            stages.append((fresh, []))
        else:
            stages[-1][0].extend(fresh)
        stages[-1][1].append(equation)
    stages[-1][0].extend(left.values())
    return [(tuple(drawn), tuple(equations)) for drawn, equations in stages]


def _is_recurrent(system: System) -> bool:
    place = {equation.tensor.name: number for number, equation in enumerate(system.equations)}
    return any(place.get(t.name, -1) >= place[e.tensor.name] for e in system.equations for t in tensors_of(e.right))


def _is_open(valuation: Valuation, varied: bool) -> bool:
    """Whether comparisons are clear of ties and, if ``varied``, each choice was taken in more than one way."""
    clear = valuation.closest > valuation.context.mpf(10) ** -MARGIN_DIGITS
    return clear and not (varied and any(len(taken) < 2 for taken in valuation.branches.values()))


def _numbers(tensor: Tensor, valuation: Valuation, stream: Stream) -> list[Any]:
    """Hundredths: inputs of either sign, targets and biases positive, weights mostly positive.

    Weights are shrunk by the fan-in, so that values neither grow nor die out with depth.
    """
    sizes = [valuation.size(axis) for axis in tensor.axes]
    low, high = {"input": (-90, 120), "target": (10, 90)}.get(tensor.role, (-60, 140) if len(sizes) > 1 else (5, 60))
    shrink = sizes[-1] if len(sizes) > 1 and tensor.role not in ("input", "target") else 1
    found: list[Any] = []
    for _ in positions_in(*map(range, sizes)):
        number = stream.between(low, high)
        fraction = Fraction(number or 1, 50 if shrink > 1 else 100)
        found.append(valuation.context.mpf(fraction.numerator) / (fraction.denominator * shrink))
    return found


def _assume(assumption: Equation, valuation: Valuation) -> None:
    """Scale the tensor of a stated sum so that the sum holds, row by row of its other axes."""
    stated = next((side for side in (assumption.left, assumption.right) if isinstance(side, Total)), None)
    other = assumption.right if stated is assumption.left else assumption.left
    if stated is None or not isinstance(stated.body, Entry):
        raise EvaluationError("an assumption must be a sum over entries of one input")
    tensor, positions = stated.body.tensor, stated.body.positions
    array = valuation.array(tensor)
    kept = [place for place, position in enumerate(positions) if position != stated.index]
    for row in dict.fromkeys(tuple(at[place] for place in kept) for at in array):
        members = [at for at in array if tuple(at[place] for place in kept) == row]
        bindings = {position: row[n] for n, place in enumerate(kept) if isinstance(position := positions[place], Index)}
        factor = valuation.evaluate(other, bindings) / sum(array[at] for at in members)
        array.update({at: array[at] * factor for at in members})
    valuation.give(tensor, list(array.values()))


def _answers(valuation: Valuation, deeply: bool) -> bool:
    """Whether the loss depends on a parameter, ``deeply`` on the first one, so that checks compare more than zeros.

    Parameters come before inputs, since an input that only decides between cases has no derivative anywhere.
    """
    tensors = (*valuation.system.parameters, *valuation.system.inputs)
    for tensor in tensors[:1] if deeply else tensors:
        if any(valuation.adjoint(tensor, position) != 0 for position in valuation.array(tensor)):
            return True
    return False


def positions_of(axes: tuple[Axis, ...], valuation: Valuation) -> list[tuple[int, ...]]:
    """Every position of an entry over ``axes``, in row-major order."""
    return list(positions_in(*(range(valuation.size(axis)) for axis in axes)))
