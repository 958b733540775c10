"""How derivations proceed for an author: the rules, and which derivatives stand for themselves."""

from __future__ import annotations

from derive.expressions import Tensor
from derive.manner import Manner
from derive.notation.profile import Notation
from derive.rules import RULES, explicit_adjoint
from derive.rules.derivatives import known_slope, slope_through_output

PRIME_RULES = (known_slope, slope_through_output)
"""The rules that write the derivative of an activation in another way than with a prime."""


def manner_of(notation: Notation) -> Manner:
    """The manner of a notation."""
    left_out = (
        *(PRIME_RULES if notation.derivative == "prime" else ()),
        *((explicit_adjoint,) if notation.loss_derivative == "kept" else ()),
    )
    rules = tuple(rule for rule in RULES if rule not in left_out)
    return Manner(rules, keeps_outputs if notation.hidden_delta == "outside" else keeps_nothing, single_path=True)


def keeps_outputs(tensor: Tensor) -> bool:
    """The outputs of layers have derivatives of their own."""
    return tensor.role == "output"


def keeps_nothing(tensor: Tensor) -> bool:
    """No value has a derivative of its own that needs none."""
    return False
