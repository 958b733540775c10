"""Adjoints found all at once are those of a perturbation of the whole system, entry by entry, and nothing wrong is confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from derive.network import network
from derive.verification import valuation as module
from derive.verification.adjoints import Graph, accumulated, confirmed_adjoints
from derive.verification.lines import relative_error
from derive.verification.points import Point, draw, kinks_in, on_kink

EQUATIONS = Path(__file__).parents[1] / "equations"
SPECS = [
    "2-3:relu-3:gelu-2:softmax",
    "2-2:hard_tanh-2:sigmoid",
    *(str(EQUATIONS / f"{name}.toml") for name in ("rnn", "layer_norm", "max_pooling")),
]


def _seen(point: Point, monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """The graphs of which adjoints are asked for while ``point`` answers."""
    seen: list[Graph] = []

    def watched(graph: Graph) -> Any:
        seen.append(graph)
        return confirmed_adjoints(graph)

    monkeypatch.setattr(module, "confirmed_adjoints", watched)
    point.valuation.run()
    point.valuation.adjoint(point.system.parameters[0], next(iter(point.valuation.array(point.system.parameters[0]))))
    return seen


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_adjoints_found_at_once_are_those_of_a_perturbation_of_the_whole(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system = network(spec).batch
    point = draw(system, 1)
    _compare(point, monkeypatch)
    for kink in kinks_in(system):
        with on_kink(point, kink) as there:
            _compare(there, monkeypatch)


def _compare(point: Point, monkeypatch: pytest.MonkeyPatch) -> None:
    system, at = point.system, point.valuation
    tensors = (*system.inputs, *system.parameters, *system.definitions)
    places = [(tensor, position) for tensor in tensors for position in at.array(tensor)][::3]
    found = [at.adjoint(*place) for place in places]
    with monkeypatch.context() as patch:
        patch.setattr(module, "confirmed_adjoints", lambda graph: None)
        at.run()
        for place, value in zip(places, found, strict=True):
            assert relative_error(at.adjoint(*place), value, at) < 1e-38


def test_adjoints_of_one_wrong_answer_are_not_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    (graph,) = _seen(draw(network("2-3:tanh-2:softmax").batch, 0), monkeypatch)
    assert confirmed_adjoints(graph) is not None
    for wrong in graph.order:
        parts = graph.summands(wrong)
        for place in range(len(parts)):
            missing = (*parts[:place], *parts[place + 1 :])
            changed = replace(graph, summands=lambda entry, w=wrong, m=missing: m if entry == w else graph.summands(entry))  # type: ignore[misc]
            assert confirmed_adjoints(changed) is None


def test_what_is_not_confirmed_is_found_entry_by_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    point = draw(network("2-2:tanh-1").pattern, 0)
    expected = point.valuation.adjoint(point.system.parameters[0], (1, 1))
    monkeypatch.setattr(module, "confirmed_adjoints", lambda graph: None)
    point.valuation.run()
    assert relative_error(point.valuation.adjoint(point.system.parameters[0], (1, 1)), expected, point.valuation) < 1e-38


def test_values_are_as_before_after_all_adjoints_were_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (graph,) = _seen(draw(network("2-3:tanh-2:softmax").pattern, 0), monkeypatch)
    before = list(graph.values)
    assert accumulated(graph) == confirmed_adjoints(graph)
    assert graph.values == before
