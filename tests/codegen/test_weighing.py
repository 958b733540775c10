"""Deep networks are weighed like shallow ones, at a cost that does not grow with depth."""

from __future__ import annotations

import pytest

from codegen.decisions import ABOUT, ALWAYS, Decisions, begun, decide, passes
from codegen.emit import problem_for
from codegen.layout import ALL_COLUMNS, COLUMNS, LAYOUTS, ROWS
from codegen.passes import PASSES
from codegen.problem import Problem
from codegen.quick import prepared
from codegen.weighing import Sample, sample_of
from derive.network import network
from derive.results import results_of


def problem(spec: str, loss: str | None = None) -> Problem:
    model = network(spec, loss=loss)
    return prepared(problem_for(model, results_of(model).batch_sweep))


def whole(of: Problem) -> Sample:
    return Sample(of, (), (1.0,) * len(of.equations))


CHAINS = {
    "one run": "-".join(["5", *["8:tanh"] * 20, "3"]),
    "two runs": "-".join(["5", *["8:relu"] * 12, *["4:sigmoid"] * 12, "3:softmax"]),
    "no run": "-".join(["5", *(f"{units}:tanh" for units in range(4, 14)), "3"]),
}


@pytest.mark.parametrize("spec", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_sample_takes_as_long_as_the_whole(spec: str, layout: str) -> None:
    every = problem(spec)
    sample = sample_of(every)
    seen, wanted = (s.duration(begun(s.problem, layout, s.given), 32, 4) for s in (sample, whole(every)))
    assert seen == pytest.approx(wanted, rel=0.01)
    assert sum(sample.weights) == len(every.equations)


def test_a_sample_does_not_grow_with_depth() -> None:
    counts = [len(sample_of(problem("-".join(["4:tanh"] * depth).replace(":tanh", "", 1))).problem.equations) for depth in (10, 20, 40)]
    assert counts[0] == counts[1] == counts[2] < 50


def test_every_depth_is_weighed() -> None:
    assert decide(problem("-".join(["10"] * 40)), 20, 4).layout in (COLUMNS, ALL_COLUMNS)


def test_very_many_different_layers_are_not_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    every = problem("-".join(str(20 + units % 7) for units in range(20)))
    monkeypatch.setattr("codegen.decisions.MOST_WEIGHED", len(every.equations))
    assert decide(every, 20, 4).layout != ROWS
    monkeypatch.setattr("codegen.decisions.MOST_WEIGHED", len(every.equations) - 1)
    monkeypatch.setattr(Sample, "duration", None)  # which weighing would call
    decided = decide(every, 20, 4)
    assert (decided.layout, decided.together) == (ROWS, False)


def test_of_layouts_that_take_about_as_long_the_plainest_is_taken() -> None:
    every = problem("128-256-32", "binary_cross_entropy")
    times = [whole(every).duration(begun(every, layout), 500, 4) for layout in LAYOUTS]
    assert 1 < times[0] / min(times) <= ABOUT
    assert decide(every, 500, 4).layout == ROWS


def test_a_product_that_reads_a_large_operand_across_memory_takes_longer() -> None:
    every = problem("1000-10:softmax")
    assert decide(every, 256, 4).layout == ROWS


def test_what_is_decided_comes_after_what_is_always_done() -> None:
    named = Decisions(together=True, logarithms=("z",), sums=("z",), signs=("z",))
    assert PASSES[: len(ALWAYS)] == passes(named)[: len(ALWAYS)] == ALWAYS
