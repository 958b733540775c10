"""Multiplications counted by hand, and by a program that counts while it computes."""

from __future__ import annotations

import pytest

from derive.effort import backward_effort, forward_effort, reread
from derive.network import network
from derive.results import results_of


def test_a_small_network_counted_by_hand() -> None:
    """2-3-2, sigmoid, half the squared error.

    Forward: 6 + 6 products with weights, 2 squares and the half in front of their sum. Backward: 2 outputs (a-y) a (1-a) take 2 each;
    3 hidden deltas take 2 products with weights and 2 factors each, 2 of them inside each term of the sum or in front of it; gradients 6 + 6.
    """
    results = results_of(network("2-3:sigmoid-2:sigmoid"))
    assert forward_effort(results) == 6 + 6 + 2 + 1
    deltas = [d.equation for d in results.pattern_sweep.derivations if d.left.tensor.role == "delta"]
    assert len(deltas) == 2
    assert backward_effort(results) >= 4 + 3 * 2 + 12


@pytest.mark.parametrize(("spec", "weights"), [("5-7:relu-3:linear", 56), ("784-128:relu-10:softmax", 101_632)])
def test_the_backward_pass_costs_a_few_forward_passes(spec: str, weights: int) -> None:
    """Each weight is used once forwards and at most a few times backwards, however many there are."""
    results = results_of(network(spec))
    assert weights <= forward_effort(results) <= 1.2 * weights
    assert weights <= backward_effort(results) <= 4 * weights


def test_the_backward_pass_reads_outputs_and_what_slopes_need() -> None:
    assert [tensor.name for tensor in reread(results_of(network("2-3:tanh-2:softmax")))] == ["a1", "a2"]
