"""The benchmark of steps: what it times agrees, and what it says of the times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.speed.cases import CASES
from benchmarks.speed.measure import OURS, PRODUCTS, check_agreement, ratios
from benchmarks.speed.ours import by_deltarule
from benchmarks.speed.report import duration, table
from benchmarks.speed.rivals.with_autograd import by_autograd
from benchmarks.speed.rivals.with_numpy import by_numpy
from benchmarks.speed.system import System

ROOT = Path(__file__).resolve().parents[2]
SMALL = {case.name: replace(case, sizes=tuple(min(size, 7) for size in case.sizes)) for case in CASES}


@pytest.mark.parametrize("name", ["B", "C", "X", "Y", "Z"])
def test_systems_agree_on_loss_and_gradients(name: str) -> None:
    case = SMALL[name]
    check_agreement({OURS: by_deltarule(case), "naive": by_numpy(case), "autograd": by_autograd(case)})


def test_a_system_that_differs_is_not_timed() -> None:
    case = SMALL["C"]
    right = by_numpy(case)

    def wrong() -> tuple[float, list[np.ndarray]]:
        loss, gradients = right.result()
        return loss, [*gradients[:-1], gradients[-1] * 1.001]

    with pytest.raises(ValueError, match="other does not agree with deltarule"):
        check_agreement({OURS: right, "other": System(wrong, wrong)})


def test_a_ratio_is_the_median_of_the_ratios_of_rounds() -> None:
    assert ratios({OURS: [1.0, 10.0, 1.0], "other": [2.0, 30.0, 5.0]}) == {"other": 3.0}


def test_the_table_has_a_row_for_each_case_and_says_what_is_not_installed() -> None:
    found = table({CASES[2]: {OURS: [2e-6], "naive NumPy": [5e-6], PRODUCTS: [1e-6]}}).splitlines()
    assert found[2] == "| C: 4-10-3 tanh, batch 32 | 2 µs | 2.5 | not installed | not installed | not installed | 0.5 |"
    assert duration(0.0123) == "12.3 ms"


def test_the_readme_shows_the_table_that_was_measured() -> None:
    measured = (ROOT / "benchmarks" / "speed.md").read_text(encoding="utf-8").split("\n\n")[0]
    assert measured in (ROOT / "README.md").read_text(encoding="utf-8")
