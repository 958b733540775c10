"""The form of an equation once the values that it divides by are written out: what is computed in steps, as one formula."""

from __future__ import annotations

from collections.abc import Mapping

from derive.calculus.substitute import inline
from derive.equations import Equation
from derive.expressions import Entry, Number, Power, Tensor
from derive.matrices.matrix import RowShares
from derive.matrices.recognise import MatrixForm, recognise
from derive.traversal import tensors_of, walk

_ROUNDS = 2


def in_one_formula(equation: Equation, definitions: Mapping[Tensor, Equation]) -> tuple[Equation, MatrixForm] | None:
    """The equation with definitions written out, and its form, where that is the shares of exponentials; None where it is not."""
    if not any(_divides(node) for node in walk(equation.right)):
        return None
    value = equation.right
    for _ in range(_ROUNDS):
        read = {tensor: definitions[tensor] for tensor in tensors_of(value) if tensor in definitions and tensor != equation.tensor}
        if not read:
            return None
        value = inline(value, read)
        written = Equation(equation.left, value)
        form = recognise(written)
        if form is not None and isinstance(form.right, RowShares):
            return written, form
    return None


def _divides(node: object) -> bool:
    """Whether this divides by a value."""
    below = isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value < 0
    return below and isinstance(node, Power) and isinstance(node.base, Entry)
