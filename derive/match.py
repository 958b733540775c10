"""One-way matching: is an expression an instance of another one whose indices may take any position?"""

from __future__ import annotations

from sympy import Basic

from derive.expressions import BINDERS, Axis, Function, Index, Tensor

Binding = dict[Index, Basic]


def match(pattern: Basic, subject: Basic, free: tuple[Index, ...], binding: Binding | None = None) -> Binding | None:
    """The positions for the ``free`` indices that make ``pattern`` equal to ``subject`` up to bound names; None if there are none."""
    found = dict(binding or {})
    return found if _match(pattern, subject, free, found, {}) else None


def _match(pattern: Basic, subject: Basic, free: tuple[Index, ...], found: Binding, bound: Binding) -> bool:
    if isinstance(pattern, Index):
        if pattern in bound:
            return bound[pattern] == subject
        if pattern not in free:
            return pattern == subject
        return found.setdefault(pattern, subject) == subject and (not isinstance(subject, Index) or subject.axis == pattern.axis)
    if type(pattern) is not type(subject) or len(pattern.args) != len(subject.args):
        return False
    if isinstance(pattern, Tensor | Function | Axis) or not pattern.args:
        return pattern == subject
    if isinstance(pattern, BINDERS):
        assert isinstance(subject, BINDERS)
        inner = {**bound, pattern.index: subject.index}
        return pattern.index.axis == subject.index.axis and _match(pattern.body, subject.body, free, found, inner)
    return all(_match(own, other, free, found, bound) for own, other in zip(pattern.args, subject.args, strict=True))
