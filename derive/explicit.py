"""Every entry by itself: sums written out and indices as numbers, for networks small enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as every

from sympy import Basic

from derive.calculus.ranges import is_positional
from derive.calculus.substitute import inline, move
from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import ZERO, Bracket, Cases, Entry, Expression, Number, Plus, Product, Relation, Size, Tensor, Total, plus, product
from derive.indices import Affine
from derive.results import Results
from derive.traversal import rebuild, walk

GRADIENTS = ("gradient", "step")
"""The roles of derivatives by parameters, the second with the opposite sign."""

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
    """``value`` with every sum as a sum of terms, and without terms and factors that brackets between positions decide."""
    if isinstance(value, Total):
        places = range(value.index.axis.size)
        return _without_zeros(Plus(*(written_out(move(value.body, {value.index: Affine(place)})) for place in places)))
    if isinstance(value, Cases) and (chosen := _chosen(value)) is not None:
        return written_out(chosen)
    if isinstance(value, Product) and any(isinstance(factor, Bracket) for factor in value.args):
        held = {factor: _hold(factor.relations) for factor in value.args if isinstance(factor, Bracket)}
        if False in held.values():
            return ZERO
        return flat(product(*(written_out(factor) for factor in value.args if not held.get(factor))))
    found = flat(rebuild(value, written_out))
    return _without_zeros(found) if isinstance(found, Plus) else found


def _without_zeros(value: Plus) -> Expression:
    return plus(*(term for term in value.args if term != ZERO))


def _chosen(value: Cases) -> Expression | None:
    """The case that holds between numbered positions; None where the cases compare values."""
    for case in value.cases:
        holds = _hold((case.relation,))
        if holds is None:
            return None
        if holds:
            return case.value
    return value.otherwise


def _hold(relations: Sequence[Relation]) -> bool | None:
    """Whether all relations hold; None where some compare values, and none between positions fails."""
    known = [_between(relation) for relation in relations]
    return False if False in known else None if None in known else True


def _between(relation: Relation) -> bool | None:
    """Whether a relation between numbered positions and declared sizes holds; None where it compares values."""
    if not is_positional(relation):
        return None
    left, right = (_whole(side) for side in (relation.left, relation.right))
    if left is None or right is None:
        return None
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[relation.sign]


def _whole(side: Basic) -> int | None:
    if isinstance(side, Affine):
        return None if side.terms else side.constant
    return side.axis.size if isinstance(side, Size) else int(side.value) if isinstance(side, Number) else None


def flat(value: Basic) -> Basic:
    """Terms among terms and factors among factors, without brackets."""
    return plus(*value.args) if isinstance(value, Plus) else product(*value.args) if isinstance(value, Product) else value


def entries(equation: Equation) -> tuple[Explicit, ...]:
    """An equation at every place of its left side."""
    found = []
    for place in positions(equation.tensor):
        at = dict(zip(equation.indices, place, strict=True))
        found.append(Explicit(move(equation.left, at), (_sized(written_out(move(equation.right, at))),)))
    return tuple(found)


def _sized(value: Expression) -> Expression:
    """``value`` with sizes as numbers; only where there are some, the arithmetic is done."""

    def number(part: Basic) -> Basic:
        return Number(part.axis.size) if isinstance(part, Size) else rebuild(part, number)

    return tidy(number(value)) if any(isinstance(node, Size) for node in walk(value)) else value


def explicit_forward(results: Results) -> tuple[Explicit, ...]:
    """Every forward value and the loss."""
    return tuple(entry for equation in results.network.pattern.equations for entry in entries(equation))


def explicit_adjoints(results: Results) -> tuple[Explicit, ...]:
    """Every delta and other adjoint that a gradient needs, from the loss backwards."""
    derivations = results.pattern_sweep.derivations
    return tuple(entry for d in derivations if d.left.tensor.role not in GRADIENTS for entry in entries(d.equation))


def explicit_gradients(results: Results) -> tuple[Explicit, ...]:
    """The derivative of the loss with respect to every single parameter: through the deltas, and with the deltas inserted."""
    derivations = results.pattern_sweep.derivations
    deltas = {d.left.tensor: d.equation for d in derivations if d.left.tensor.role not in GRADIENTS}
    of_parameter = {d.left.tensor.of: d for d in derivations if d.left.tensor.role in GRADIENTS}
    found: list[Explicit] = []
    for parameter in results.network.pattern.parameters:
        if parameter in of_parameter:
            for entry in entries(of_parameter[parameter].equation):
                inserted = _sized(written_out(inline(entry.lines[0], deltas)))
                found.append(Explicit(entry.left, (entry.lines[0], inserted) if inserted != entry.lines[0] else entry.lines))
    return tuple(found)
