"""Derivatives with the opposite sign: delta = - dE/dnet, and with it every other derivative that a line speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic

from derive.expressions import MINUS_ONE, ONE, Entry, Expression, Number, Plus, Product, Tensor, Total, factors_of, plus, product
from derive.steps import Derivation, Step

OPPOSITE = {"delta": "negative_delta", "adjoint": "negative_adjoint", "gradient": "step"}
"""The role of minus a derivative, by the role of the derivative."""
NAMED = ("delta", "gradient")
"""Derivatives with a symbol of their own, which means minus the derivative wherever it stands."""


def opposite(tensor: Tensor, roles: Sequence[str] = tuple(OPPOSITE)) -> Tensor:
    """The tensor of minus the derivative that ``tensor`` holds, if its role is among ``roles``; any other tensor as it is."""
    if tensor.role not in OPPOSITE or tensor.role not in roles or tensor.of is None:
        return tensor
    return Tensor(tensor.name, tensor.axes, OPPOSITE[tensor.role], tensor.layer, tensor.of)


def turned(derivation: Derivation) -> Derivation:
    """The derivation of minus the derivative: every line with the opposite sign, in terms of other derivatives with the opposite sign."""
    left = Entry(opposite(derivation.left.tensor), *derivation.left.positions)
    return Derivation(left, negated(derivation.start), tuple(_step(step) for step in derivation.steps))


def _step(step: Step) -> Step:
    because = tuple((name, _renamed(node)) for name, node in step.because)
    return Step(step.rule, negated(step.before), negated(step.after), because, step.lemma, tuple(_step(sub) for sub in step.substeps))


def _renamed(node: Basic) -> Basic:
    return Entry(opposite(node.tensor), *node.positions) if isinstance(node, Entry) else node


def negated(value: Expression) -> Expression:
    """Minus ``value``, in terms of derivatives with the opposite sign. Only as a first factor ``-dE/do`` is one of these."""
    first, *others = factors_of(value)
    if isinstance(first, Entry) and first.tensor.role == "adjoint":
        sign, rest = signed(product(*others))
        return with_sign(sign, product(Entry(opposite(first.tensor), *first.positions), *(factors_of(rest) if others else ())))
    sign, body = signed(value)
    return with_sign(-sign, body)


def signed(value: Expression) -> tuple[int, Expression]:
    """``value`` as a sign and an expression in which deltas and gradients are those with the opposite sign."""
    if isinstance(value, Entry):
        other = opposite(value.tensor, NAMED)
        return (1, value) if other is value.tensor else (-1, Entry(other, *value.positions))
    if isinstance(value, Number) and value.value < 0:
        return -1, Number(-value.value)
    if isinstance(value, Product):
        sign, factors = 1, []
        for factor in value.args:
            own, body = signed(factor)
            sign *= own
            factors += [body] if body != ONE else []
        return sign, product(*factors)
    if isinstance(value, Total):
        sign, body = signed(value.body)
        return sign, Total(value.index, body)
    if isinstance(value, Plus):
        terms = [signed(term) for term in value.args]
        if all(sign < 0 for sign, _ in terms):
            return -1, plus(*(body for _, body in terms))
        return 1, plus(*(with_sign(sign, body) for sign, body in terms))
    return 1, value


def with_sign(sign: int, value: Expression) -> Expression:
    """``value`` or minus ``value``; the sign of a sum over an index stands inside."""
    if sign > 0:
        return value
    if isinstance(value, Total):
        return Total(value.index, with_sign(sign, value.body))
    first, *others = factors_of(value)
    if isinstance(first, Number):
        return product(Number(-first.value), *others)
    return product(MINUS_ONE, value)
