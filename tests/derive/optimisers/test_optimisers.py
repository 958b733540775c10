"""The table of optimisers reads, and refuses what it does not have."""

from __future__ import annotations

import pytest

from derive.errors import InputError
from derive.language.plain import plain_equation
from derive.optimisers import GRADIENT, LEARNING_RATE, PARAMETER, STEP, optimiser, optimiser_names
from derive.traversal import tensors_of


def test_the_optimisers_of_the_contract_are_there():
    assert optimiser_names() == ("sgd", "momentum", "adam", "rprop", "quickprop")


@pytest.mark.parametrize("name", optimiser_names())
def test_a_rule_reads_only_what_it_declares_and_changes_every_state(name):
    rule = optimiser(name)
    assert rule.source
    known = {PARAMETER.name, GRADIENT.name, LEARNING_RATE.name, STEP.name, *rule.constants, *rule.state}
    assert {tensor.name for update in rule.updates for tensor in tensors_of(update.right)} <= known
    assert {update.tensor.name for update in rule.updates} == {PARAMETER.name, *rule.state}
    assert rule.updates[-1].tensor == PARAMETER


def test_a_rule_is_written_as_in_the_literature():
    assert [plain_equation(update) for update in optimiser("momentum").updates] == [
        "velocity = momentum*velocity + g",
        "w = w - learning_rate*velocity",
    ]


def test_an_unknown_optimiser_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="unknown optimiser 'adem'; nearest: adam"):
        optimiser("adem")
