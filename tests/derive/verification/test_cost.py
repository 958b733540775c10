"""Nothing is computed twice: how often points are drawn, systems swept and entries perturbed is counted, whatever the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from codegen import emit
from codegen.interface import network as public
from derive.conventions import results as conventions
from derive.network import network
from derive.results import results_of
from derive.verification import adjoints, valuation, verify
from derive.verification.points import draw
from derive.verification.valuation import Valuation


def _counted(owner: Any, name: str, calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    function: Callable[..., Any] = getattr(owner, name)

    def counting(*given: Any, **named: Any) -> Any:
        calls[name] += 1
        return function(*given, **named)

    monkeypatch.setattr(owner, name, counting)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    found: Counter[str] = Counter()
    for owner, name in (
        (Valuation, "__init__"),
        (Valuation, "_differences"),
        (valuation, "confirmed_adjoints"),
        (adjoints, "slope_along"),
        (conventions, "reverse_sweep"),
        (verify, "verify_equations"),
    ):
        _counted(owner, name, found, monkeypatch)
    return found


@pytest.mark.parametrize(("spec", "points", "kinks"), [("3-2:tanh-3:tanh-2", 1, 0), ("3-2:relu-3:relu-2", 4, 1)])
def test_each_system_is_swept_once_and_its_points_are_drawn_once(spec: str, points: int, kinks: int, calls: Counter[str]) -> None:
    results = results_of(network(spec))
    assert verify.verify(results).ok
    assert calls["reverse_sweep"] == 2  # as the author has it: one pattern, and a batch
    assert calls["__init__"] == 2 * (points + 1)  # the points, and the derived gradients for the dot product
    assert calls["confirmed_adjoints"] == calls["slope_along"] == 2 * (points + kinks)


def test_adjoints_of_a_deep_chain_cost_one_walk_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each further layer costs the same, and none is perturbed from its place to the loss."""

    def asked(depth: int) -> int:
        point = draw(network("3" + "-3:tanh" * depth).pattern)
        point.valuation.run()
        seen: Counter[str] = Counter()
        with monkeypatch.context() as patch:
            _counted(Valuation, "_differences", seen, patch)
            _counted(Valuation, "_summands_of", seen, patch)
            for tensor in point.system.parameters:
                point.valuation.adjoint(tensor, next(iter(point.valuation.array(tensor))))
        assert not seen["_differences"]
        return seen["_summands_of"]

    shallow, middle, deep = asked(20), asked(30), asked(40)
    assert deep - middle == middle - shallow > 0


def test_what_notes_and_code_share_is_stated_once(calls: Counter[str]) -> None:
    results = results_of(network("2-3:relu-2:linear"))
    report = verify.verify(results)
    assert len(results.results) < calls["verify_equations"] < 2 * len(results.results)
    said = Counter((statement.number, statement.latex) for statement in report.statements)
    assert calls["verify_equations"] <= len(said)


def test_a_module_and_its_judge_share_problem_and_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Counter[str] = Counter()
    _counted(emit, "problem_of", made, monkeypatch)
    _counted(emit.numpy_loops, "passes_record", made, monkeypatch)
    assert public("3-2:tanh-3:softmax").verify().ok
    assert made == {"problem_of": 1, "passes_record": 1}
