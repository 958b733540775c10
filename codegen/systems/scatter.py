"""Sums over windows the other way round: what a gather reads under guards is computed per window and added where it belongs.

``sum_o F[o] * [0 <= s+a-k*o < U] * G[s+a-k*o]`` looks at every pair (s, o), though for each o only U positions s count. With
u = s+a-k*o it is F[o]*G[u], added at s = u-a+k*o: one strided addition for each of the few u.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product as positions_in
from math import prod

from codegen.systems.arrays import Array, Value, View, contiguous
from codegen.systems.guards import is_guard
from codegen.systems.writer import Statement, Writer
from derive.calculus.substitute import move
from derive.expressions import ZERO, Bracket, Expression, Relation, Size
from derive.indices import Affine, Axis, Index
from derive.specifications.reads import bounds, not_negative, reads_outside
from derive.traversal import entries_of

MOST_ADDITIONS = 64


@dataclass(frozen=True)
class Window:
    """``u = position`` runs along a short axis where the guards of ``position`` hold; ``over`` is summed, ``place`` is where to add."""

    over: Index
    place: Index
    position: Affine
    u: Index

    @property
    def target(self) -> Affine:
        """Where a pair of ``u`` and ``over`` is added: the place as an affine position."""
        return Affine.of(self.u).plus(self.position.plus(Affine.of(self.place).scaled(-1)).scaled(-1))


def scattered(factors: Sequence[Expression], bound: Sequence[Index], writer: Writer, summed: Callable[..., Value]) -> Value | None:
    """The sum of a product over ``bound`` as additions to strided parts of fresh memory; None where it is no sum over windows."""
    if writer.looping:
        return None
    relations = [relation for factor in factors if is_guard(factor) for relation in factor.args]
    windows = _windows(relations, bound)
    if not windows or prod(window.u.axis.size for window in windows) > MOST_ADDITIONS:
        return None
    said = [limit for window in windows for limit in _limits(window)]
    kept = [relation for relation in relations if not all(limit in said for limit in not_negative(relation))]
    rest = [*(factor for factor in factors if not is_guard(factor)), *([Bracket(*kept)] if kept else [])]
    moved = [move(factor, {window.place: window.target for window in windows}) for factor in rest]
    if any(not _is_readable(factor, writer) for factor in moved):
        return None
    for window in windows:
        at = writer.order.index(window.place) if window.place in writer.order else 0
        writer.order = (*writer.order[:at], window.u, *writer.order[at:])
    values = summed(moved, [index for index in bound if index not in {window.over for window in windows}])
    if any(index not in values.labels for window in windows for index in (window.u, window.over)):
        return None
    return _added(values, windows, writer)


def _windows(relations: Sequence[Relation], bound: Sequence[Index]) -> list[Window]:
    said = [limit for relation in relations for limit in not_negative(relation)]
    found: list[Window] = []
    for relation in relations:
        if relation.sign != "<" or not isinstance(relation.left, Affine) or not isinstance(relation.right, Size):
            continue
        window = _window(relation.left, relation.right.axis, bound)
        used = {index for other in found for index in (other.over, other.place)}
        if window is not None and not used & {window.over, window.place} and all(limit in said for limit in _limits(window)):
            found.append(window)
    return found


def _window(position: Affine, axis: Axis, bound: Sequence[Index]) -> Window | None:
    over = [term.index for term in position.terms if term.index in bound]
    place = [term.index for term in position.terms if term.index not in bound and term.coefficient == 1]
    if len(position.terms) != 2 or len(over) != 1 or len(place) != 1 or axis.size > over[0].axis.size:
        return None
    return Window(over[0], place[0], position, Index("u", axis))


def _limits(window: Window) -> tuple[Affine, Affine]:
    """The positions that are not negative where a window's position lies on its axis."""
    size = Affine(window.u.axis.size - 1)
    return Affine.of(window.position.plus(Affine(0))), size.plus(window.position.scaled(-1))


def _is_readable(factor: Expression, writer: Writer) -> bool:
    """Whether everything that a factor reads lies within the margins that there are."""
    for entry in entries_of(factor):
        array = writer.tensors[entry.tensor]
        for _, place, (least, greatest) in reads_outside(entry):
            low, high = array.margins[place]
            if -least > low or greatest >= array.shape[place] + high:
                return False
    return True


def _added(value: Value, windows: Sequence[Window], writer: Writer) -> Value:
    """The windows of ``value`` added at their places."""
    places = {window.over: window.place for window in windows}
    inner = {window.u for window in windows}
    seen = [label for label in value.labels if label not in inner]
    labels = [places.get(label, label) for label in seen]
    targets = {window.place: window.target for window in windows}
    ends = [bounds(targets[label]) if label in targets else (0, label.axis.size - 1) for label in labels]
    margins = tuple((max(0, -least), max(0, greatest - label.axis.size + 1)) for label, (least, greatest) in zip(labels, ends, strict=True))
    array = writer.add(Array(f"{writer.title}_places", tuple(label.axis.size for label in labels), margins))
    zero = writer.constant(ZERO)
    everywhere = View(array, 0, tuple(zip(array.storage, array.steps, strict=True)))
    writer.lines.append(Statement("copyto", everywhere, (zero.view(()),)))
    steps = dict(zip(labels, array.steps, strict=True))
    for at in positions_in(*(range(window.u.axis.size) for window in windows)):
        start, read = array.start, value.start
        dims = {label: steps[label] for label in labels}
        for u, window in zip(at, windows, strict=True):
            start += (window.target.constant + u) * steps[window.place]
            read += u * value.steps[window.u]
            dims[window.place] = window.target.coefficient(window.over) * steps[window.place]
        target = View(array, start, tuple((own.axis.size, dims[label]) for own, label in zip(seen, labels, strict=True)))
        part = View(value.array, read, tuple((own.axis.size, value.steps[own]) for own in seen))
        writer.lines.append(Statement("add", target, (target, part)))
    return contiguous(array, labels)
