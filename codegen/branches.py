"""Brackets and cases: comparisons make truths, truths choose between branches by multiplication.

A branch is evaluated everywhere, so what it reads is clipped to where the branch holds: ``exp(z)`` for ``z <= 0`` is computed
as ``exp(min(z, 0))`` and cannot overflow.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic

from codegen.operations import Value, Writer
from codegen.program import Call
from derive.calculus.tidy import tidy
from derive.expressions import ONE, ZERO, Apply, Bracket, Case, Cases, Expression, Number, Power, Relation, negative, plus
from derive.traversal import rebuild, walk

Lower = Callable[[Expression], Value]
Clip = tuple[Expression, Basic]
"""What a branch reads, and what it reads instead so that it has a value everywhere."""

COMPARISONS = {">": "greater", ">=": "greater_equal", "<": "less", "<=": "less_equal", "=": "equal"}
CLIPS = {">": "maximum", ">=": "maximum", "<": "minimum", "<=": "minimum"}
OPPOSITE = {"maximum": "minimum", "minimum": "maximum"}


def bracket(value: Bracket, writer: Writer, lower: Lower) -> Value:
    """The truth that all relations hold."""
    made = _truth(value.relations[0], writer, lower)
    for relation in value.relations[1:]:
        made = writer.elementwise("logical_and", made, _truth(relation, writer, lower))
    return made


def _truth(relation: Relation, writer: Writer, lower: Lower) -> Value:
    if not isinstance(relation.left, Expression) or not isinstance(relation.right, Expression):
        raise ValueError("a comparison of positions has no statement yet")
    return writer.elementwise(COMPARISONS[relation.sign], lower(relation.left), lower(relation.right))


def cases(value: Cases, writer: Writer, lower: Lower) -> Value:
    """The branch that holds at each position."""
    simple = as_call(value)
    if simple is not None:
        return lower(simple)
    remaining: Value | None = None
    made: list[Value] = []
    clips: list[Clip] = []
    for case in value.cases:
        truth = _truth(case.relation, writer, lower)
        here = truth if remaining is None else writer.elementwise("logical_and", truth, remaining)
        made += _chosen(clipped(case.value, [clip(case.relation)]), here, writer, lower)
        if case is not value.cases[-1] or value.otherwise != ZERO:
            other = writer.elementwise("logical_not", truth)
            remaining = other if remaining is None else writer.elementwise("logical_and", other, remaining)
        clips.append(clip(case.relation, opposite=True))
    if remaining is not None:
        made += _chosen(clipped(value.otherwise, clips), remaining, writer, lower)
    result = made[0]
    for other in made[1:]:
        result = writer.elementwise("add", result, other)
    return result


def _chosen(value: Expression, truth: Value, writer: Writer, lower: Lower) -> list[Value]:
    if value == ZERO:
        return []
    return [writer.elementwise("multiply", lower(value), truth)]


def clip(relation: Relation, opposite: bool = False) -> Clip:
    """The left side and what stands for it: held to where the relation holds, or to where it does not."""
    left, right = relation.left, relation.right
    assert isinstance(left, Expression)
    if relation.sign == "=":
        return left, plus(left, Bracket(relation)) if opposite else right
    name = CLIPS[relation.sign]
    return left, Call(OPPOSITE[name] if opposite else name, left, right)


def clipped(value: Expression, clips: list[Clip]) -> Expression:
    """``value`` reading clipped arguments wherever a function or a power could overflow or leave its domain."""
    for old, new in clips:
        value = _clip_inside(value, old, new)
    return value


def _clip_inside(value: Basic, old: Expression, new: Basic) -> Basic:
    if isinstance(value, Apply) or (isinstance(value, Power) and not _is_whole(value)):
        return _replace(value, old, new)
    return rebuild(value, lambda part: _clip_inside(part, old, new))


def _is_whole(value: Power) -> bool:
    return isinstance(value.exponent, Number) and value.exponent.value.q == 1 and value.exponent.value > 0


def _replace(value: Basic, old: Expression, new: Basic) -> Basic:
    if value == old:
        return new
    return value if isinstance(value, Call) else rebuild(value, lambda part: _replace(part, old, new))


def as_call(value: Cases) -> Expression | None:
    """Cases that are the largest or smallest of values, an absolute value or a sign."""
    first = value.cases[0]
    left, right, sign = first.relation.left, first.relation.right, first.relation.sign
    if not isinstance(left, Expression) or not isinstance(right, Expression) or sign == "=":
        return None
    if len(value.cases) == 1 and {first.value, value.otherwise} == {left, right} and left != right:
        larger = (first.value == left) == (sign in (">", ">="))
        return Call("maximum" if larger else "minimum", left, right)
    if len(value.cases) == 2 and value.otherwise == ZERO and _is_sign_test(value):
        values = tuple(case.value for case in value.cases)
        if values == (left, tidy(negative(left))):
            return Call("absolute", left)
        if values == (ONE, Number(-1)):
            return Call("sign", left)
    return _held(value)


def _is_sign_test(value: Cases) -> bool:
    first, second = (case.relation for case in value.cases)
    return (first.sign, second.sign) == (">", "<") and first.right == second.right == ZERO and first.left == second.left


def _held(value: Cases) -> Expression | None:
    """A value held between numbers, each case saying ``bound`` where the value is beyond it."""
    result: Expression = value.otherwise
    bounds: dict[str, Number] = {}
    for case in value.cases:
        relation = case.relation
        if relation.left != value.otherwise or case.value != relation.right or not isinstance(case.value, Number):
            return None
        name = "maximum" if relation.sign in ("<", "<=") else "minimum"
        if name in bounds or relation.sign == "=":
            return None
        bounds[name] = case.value
        result = Call(name, result, case.value)
    if len(bounds) == 2 and bounds["maximum"].value > bounds["minimum"].value:
        return None
    return result


__all__ = ["Case", "as_call", "bracket", "cases", "clipped", "walk"]
