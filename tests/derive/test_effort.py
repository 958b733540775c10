"""Multiplications counted by hand, and by a program that counts while it computes."""

from __future__ import annotations

import pytest

from derive.effort import backward_effort, forward_effort, reread
from derive.network import network
from derive.results import results_of


def test_a_small_network_counted_by_hand() -> None:
    """2-3-2 with sigmoids and half the squared error.

    Forward: 6 and 6 products with weights, 2 squares, the half. Backward: 2 output deltas (a - y) a (1 - a) take 2 each, the sums
    of 3 hidden deltas have 2 terms with 3 products each, the gradients of the weights take 6 and 6.
    """
    results = results_of(network("2-3:sigmoid-2:sigmoid"))
    assert forward_effort(results) == 6 + 6 + 2 + 1
    assert backward_effort(results) == 2 * 2 + 3 * 2 * 3 + 6 + 6


@pytest.mark.parametrize(("spec", "weights"), [("5-7:relu-3:linear", 56), ("784-128:relu-10:softmax", 101_632)])
def test_the_backward_pass_costs_a_few_forward_passes(spec: str, weights: int) -> None:
    """Each weight is used once forwards and at most a few times backwards, however many there are."""
    results = results_of(network(spec))
    assert weights <= forward_effort(results) <= 1.2 * weights
    assert weights <= backward_effort(results) <= 4 * weights


def test_the_backward_pass_reads_outputs_and_what_slopes_need() -> None:
    assert [tensor.name for tensor in reread(results_of(network("2-3:tanh-2:softmax")))] == ["a1", "a2"]
