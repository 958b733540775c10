"""How derivations proceed for an author: the rules, and which derivatives stand for themselves."""

from __future__ import annotations

from derive.expressions import Expression, Tensor
from derive.manner import Manner
from derive.notation.profile import Notation
from derive.rules import RULES, Surroundings, explicit_adjoint, simplify, summarised_adjoints
from derive.rules.adjoints import insert_adjoint, insert_summaries
from derive.rules.derivatives import known_slope, slope_through_output
from derive.rules.surroundings import Rule
from derive.steps import Step

PRIME_RULES = (known_slope, slope_through_output)
"""The rules that write the derivative of an activation in another way than with a prime."""


def manner_of(notation: Notation) -> Manner:
    """The manner of a notation."""
    left_out: tuple[Rule, ...] = PRIME_RULES if notation.derivative == "prime" else ()
    rules = tuple(
        rule for rule in RULES if rule not in left_out and (rule is not explicit_adjoint or notation.loss_derivative == "inserted")
    )
    return Manner(_among_themselves(rules), keeps_outputs if notation.hidden_delta == "outside" else keeps_nothing, single_path=True)


def _among_themselves(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules, where those that try out what a line would come to try these rules only."""

    def explicit(value: Expression, around: Surroundings) -> Step | None:
        return insert_adjoint(value, around, simplified)

    def summarised(value: Expression, around: Surroundings) -> Step | None:
        return insert_summaries(value, around, simplified)

    def simplified(value: Expression, around: Surroundings) -> tuple[Step, ...]:
        return simplify(value, around, own)

    trying: dict[Rule, Rule] = {explicit_adjoint: explicit, summarised_adjoints: summarised}
    own: tuple[Rule, ...] = tuple(trying.get(rule, rule) for rule in rules)
    return own


def keeps_outputs(tensor: Tensor) -> bool:
    """The outputs of layers have derivatives of their own."""
    return tensor.role == "output"


def keeps_nothing(tensor: Tensor) -> bool:
    """No value has a derivative of its own that needs none."""
    return False
