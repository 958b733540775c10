"""Every entry by itself: sums written out and indices as numbers, for networks small enough."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as every

from sympy import Basic

from derive.calculus.ranges import decided
from derive.calculus.substitute import inline, move
from derive.equations import Equation
from derive.expressions import Cases, Entry, Expression, Plus, Product, Tensor, Total, plus, product
from derive.indices import Affine
from derive.results import Results
from derive.traversal import rebuild

FEW = 30
"""Networks with at most so many parameters are written out entry by entry."""


@dataclass(frozen=True)
class Explicit:
    """``left = lines[0] = lines[1] = ...``, all indices being numbers."""

    left: Entry
    lines: tuple[Expression, ...]


def parameter_count(results: Results) -> int:
    """The number of weights and biases."""
    return sum(len(positions(tensor)) for tensor in results.network.pattern.parameters)


def positions(tensor: Tensor) -> tuple[tuple[Affine, ...], ...]:
    """Every place of a tensor, row by row."""
    return tuple(every(*([Affine(place) for place in range(axis.size)] for axis in tensor.axes)))


def written_out(value: Basic) -> Expression:
    """``value`` with every sum as a sum of terms."""
    if isinstance(value, Total):
        places = range(value.index.axis.size)
        return plus(*(written_out(move(value.body, {value.index: Affine(place)})) for place in places))
    if isinstance(value, Cases) and (chosen := _chosen(value)) is not None:
        return written_out(chosen)
    return flat(rebuild(value, written_out))


def _chosen(value: Cases) -> Expression | None:
    """The case that holds between numbered positions; None where the cases compare values."""
    for case in value.cases:
        holds = decided(case.relation)
        if holds is None:
            return None
        if holds:
            return case.value
    return value.otherwise


def flat(value: Basic) -> Basic:
    """Terms among terms and factors among factors, without brackets."""
    return plus(*value.args) if isinstance(value, Plus) else product(*value.args) if isinstance(value, Product) else value


def entries(equation: Equation) -> tuple[Explicit, ...]:
    """An equation at every place of its left side."""
    found = []
    for place in positions(equation.tensor):
        at = dict(zip(equation.indices, place, strict=True))
        found.append(Explicit(move(equation.left, at), (written_out(move(equation.right, at)),)))
    return tuple(found)


def explicit_forward(results: Results) -> tuple[Explicit, ...]:
    """Every forward value and the loss."""
    return tuple(entry for equation in results.network.pattern.equations for entry in entries(equation))


def explicit_adjoints(results: Results) -> tuple[Explicit, ...]:
    """Every delta and other adjoint that a gradient needs, from the loss backwards."""
    derivations = results.pattern_sweep.derivations
    return tuple(entry for d in derivations if d.left.tensor.role != "gradient" for entry in entries(d.equation))


def explicit_gradients(results: Results) -> tuple[Explicit, ...]:
    """The derivative of the loss with respect to every single parameter: through the deltas, and with the deltas inserted."""
    derivations = results.pattern_sweep.derivations
    deltas = {d.left.tensor: d.equation for d in derivations if d.left.tensor.role != "gradient"}
    of_parameter = {d.left.tensor.of: d for d in derivations if d.left.tensor.role == "gradient"}
    found: list[Explicit] = []
    for parameter in results.network.pattern.parameters:
        if parameter in of_parameter:
            for entry in entries(of_parameter[parameter].equation):
                inserted = written_out(inline(entry.lines[0], deltas))
                found.append(Explicit(entry.left, (entry.lines[0], inserted) if inserted != entry.lines[0] else entry.lines))
    return tuple(found)
