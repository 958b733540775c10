"""One-way matching: whether an expression is an instance of another one whose indices may take any position."""

from __future__ import annotations

from sympy import Basic

from derive.expressions import BINDERS
from derive.indices import Affine, AffineTerm, Index, Position
from derive.traversal import LEAVES

Binding = dict[Index, Position]


def match(pattern: Basic, subject: Basic, free: tuple[Index, ...], binding: Binding | None = None) -> Binding | None:
    """The positions for the ``free`` indices that make ``pattern`` equal to ``subject`` up to bound names; None if there are none."""
    found = dict(binding or {})
    return found if _match(pattern, subject, free, found, {}) else None


def _match(pattern: Basic, subject: Basic, free: tuple[Index, ...], found: Binding, bound: dict[Index, Basic]) -> bool:
    if isinstance(pattern, Index):
        if pattern in bound:
            return bound[pattern] == subject
        if pattern not in free:
            return pattern == subject
        if not isinstance(subject, Index | Affine) or (isinstance(subject, Index) and subject.axis != pattern.axis):
            return False
        return found.setdefault(pattern, subject) == subject
    if isinstance(pattern, Affine) and isinstance(subject, Index | Affine):
        return _match_position(pattern, Affine.of(subject), free, found, bound)
    if type(pattern) is not type(subject) or len(pattern.args) != len(subject.args):
        return False
    if not pattern.args or isinstance(pattern, LEAVES):
        return pattern == subject
    if isinstance(pattern, BINDERS):
        assert isinstance(subject, BINDERS)
        inner = {**bound, pattern.index: subject.index}
        return pattern.index.axis == subject.index.axis and _match(pattern.body, subject.body, free, found, inner)
    return all(_match(own, other, free, found, bound) for own, other in zip(pattern.args, subject.args, strict=True))


def _match_position(pattern: Affine, subject: Affine, free: tuple[Index, ...], found: Binding, bound: dict[Index, Basic]) -> bool:
    """A shifted position fits where the one index that is still open can take up the difference: ``2*o`` is ``2*q`` at o = q."""
    rest = subject.plus(Affine(-pattern.constant))
    still_open: list[AffineTerm] = []
    for term in pattern.terms:
        known = bound.get(term.index) or found.get(term.index) or (None if term.index in free else term.index)
        if known is None:
            still_open.append(term)
        elif isinstance(known, Index | Affine):
            rest = rest.plus(Affine.of(known).scaled(-term.coefficient))
    if not still_open:
        return rest == Affine(0)
    (first, *others) = still_open
    share = _divided(rest, first.coefficient)
    if others or share is None:
        return False
    found[first.index] = share
    return True


def _divided(position: Affine, by: int) -> Position | None:
    if position.constant % by or any(term.coefficient % by for term in position.terms):
        return None
    return Affine(position.constant // by, *(AffineTerm(term.coefficient // by, term.index) for term in position.terms)).simplest()
