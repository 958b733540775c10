"""Verification of whole networks: every statement holds, each says what was done, and the whole takes little time."""

from __future__ import annotations

import json

import pytest

from derive.network import network
from derive.results import results_of
from derive.verification.page import page
from derive.verification.statements import CHECKED, PROVED, Report, Statement
from derive.verification.verify import verify
from tests.codegen.test_depth import calls_of

SPECS = [
    "2-2:relu-1:linear",
    "3-4:softmax-3:elu-2:softmax",
    "2-3:hard_tanh-2:relu6-2:sigmoid",
    "3-2:gelu-4:mish-2:silu",
    "2-3:leaky_relu-2:selu-3:softsign-1:softplus",
]


@pytest.mark.parametrize("spec", SPECS)
def test_every_statement_about_a_network_holds(spec: str) -> None:
    report = verify(results_of(network(spec)))
    assert [s for s in report.statements if not s.ok] == []
    assert {s.kind for s in report.statements} == {PROVED, CHECKED}


@pytest.mark.parametrize("loss", ["squared_error", "mean_squared_error", "half_mean_squared_error", "binary_cross_entropy"])
def test_every_statement_holds_for_each_loss(loss: str) -> None:
    assert verify(results_of(network("2-3:tanh-2:sigmoid", loss=loss, batch_reduction="sum"))).ok


def test_a_penalty_and_missing_biases_are_verified_as_well() -> None:
    spec = {"inputs": 2, "l2": 0.3, "layers": [{"units": 3, "activation": "tanh", "bias": False}, {"units": 2, "activation": "softmax"}]}
    assert verify(results_of(network(spec))).ok


def test_every_numbered_result_has_a_statement_with_its_number() -> None:
    results = results_of(network("3-4:relu-3:softmax"))
    numbers = {statement.number for statement in verify(results).statements}
    assert {str(result.number) for result in results.results} <= numbers


def test_a_detail_says_what_was_evaluated() -> None:
    report = verify(results_of(network("2-3:relu-2:linear")))
    detail = next(s.detail for s in report.statements if s.number.endswith("a"))
    for part in ("positions", "40 digits", "seed 0", "n0 = "):
        assert part in detail
    assert any("stated at the kink" in s.detail and "ReLU}'(0) = 0" in s.latex for s in report.statements)
    assert any("dot product" in s.detail for s in report.statements)


def test_a_family_says_how_many_layers_were_evaluated() -> None:
    report = verify(results_of(network("3" + "-3:tanh" * 12)))
    assert any("in 6 of 11 layers, the others alike up to names" in s.detail for s in report.statements)


def test_a_report_is_the_same_each_time() -> None:
    results = results_of(network("2-3:relu-2:linear"))
    assert verify(results).as_json() == verify(results).as_json()


def test_a_report_as_json_has_the_documented_keys() -> None:
    report = Report((Statement("1", "x = x", CHECKED, True, ""), Statement("2", "x = y", CHECKED, False, "no")))
    read = json.loads(report.as_json())
    assert read["ok"] is False
    assert [list(statement) for statement in read["statements"]] == [["number", "latex", "kind", "ok", "detail"]] * 2
    assert not Report(()).ok


def test_a_further_layer_costs_the_same_to_check_in_a_deep_chain() -> None:
    def effort(depth: int) -> int:
        return calls_of(lambda: verify(results_of(network("4" + "-4:tanh" * depth))))

    effort(4)  # what is remembered from the first time on
    shallow, middle, deep = effort(6), effort(12), effort(18)
    assert deep - middle < 1.25 * (middle - shallow)


def test_a_report_says_for_each_statement_how_it_was_checked_and_how_long_that_took() -> None:
    report = verify(results_of(network("2-2-1")))
    rows = json.loads(report.as_measured_json())["statements"]
    assert all(set(row) == {"number", "latex", "kind", "ok", "detail", "error", "seed", "seconds"} for row in rows)
    evaluated = [row for row in rows if row["error"] is not None]
    assert len(evaluated) > len(rows) / 2
    assert all(row["error"] < 1e-20 and row["seed"] is not None for row in evaluated)
    shown = page(report, "<net>")
    assert shown.count("<tr>") == len(rows) + 1
    assert "&lt;net&gt;" in shown
    assert "src=" not in shown


def test_a_notebook_shows_a_report_as_a_terminal_does() -> None:
    report = Report((Statement("1", "x = x", CHECKED, True, "agrees"),))
    assert report._repr_mimebundle_() == {"text/plain": str(report)}
