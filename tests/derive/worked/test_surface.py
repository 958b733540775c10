"""The map of a loss: level lines lie at their level, descent goes down, both from the forward equations alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from derive.expressions import Entry
from derive.indices import Affine
from derive.network import network
from derive.results import results_of
from derive.worked.passes import Passes, passes_of
from derive.worked.simple import numbers_for
from derive.worked.surface import Surface, surface


def square(a: str, b: str) -> tuple[Passes, dict[tuple[str, tuple[int, ...]], str]]:
    table = {"axes": {"i": 1}, "inputs": ["x[i]"], "parameters": ["u", "v"], "loss": f"{a}*(u - 1)**2 + {b}*(v + 2)**2 + 0*sum(i, x[i])"}
    return passes_of(results_of(network(table)).pattern_sweep), {("x", (0,)): "1", ("u", ()): "2", ("v", ()): "1"}


def drawn(a: str, b: str) -> Surface:
    passes, given = square(a, b)
    first, second = (Entry(tensor) for tensor in passes.system.parameters)
    return surface(passes, given, first, second)


@pytest.mark.parametrize(("a", "b"), [("1", "1"), ("1", "5")])
def test_level_lines_of_a_parabola_are_ellipses(a: str, b: str) -> None:
    found = drawn(a, b)
    assert len({level for level, _ in found.contours}) == 10
    for level, line in found.contours:
        for u, v in line:
            assert float(a) * (u - 1) ** 2 + float(b) * (v + 2) ** 2 == pytest.approx(level, rel=0.03, abs=0.02)


def test_descent_goes_down_to_the_lowest_point() -> None:
    found = drawn("1", "3")
    assert all(one >= other for one, other in pairwise(found.values))
    assert found.path[0] == (2.0, 1.0)
    assert found.path[-1] == pytest.approx((1.0, -2.0), abs=0.2)


def test_the_start_of_a_path_goes_against_the_slope() -> None:
    found = drawn("1", "3")
    (x, y), (u, v) = found.path[:2]
    assert (u - x) / (v - y) == pytest.approx((2 * 1) / (6 * 3), rel=1e-4)


def test_level_lines_are_whole_lines() -> None:
    found = drawn("1", "1")
    closed = [line for _, line in found.contours if line[0] == line[-1]]
    assert closed
    assert len(found.contours) < 45


def test_the_map_of_a_network_has_its_own_loss() -> None:
    passes = passes_of(results_of(network("2-2:tanh-1")).batch_sweep).resized({"batch": 3}).passes
    given = numbers_for(passes)
    weights = next(tensor for tensor in passes.system.parameters if tensor.name == "W2")
    first, second = (Entry(weights, Affine(0), Affine(k)) for k in (0, 1))
    found = surface(passes, given, first, second)
    assert found.values[-1] < found.values[0]
    assert found.path[0] == (float(given["W2", (0, 0)]), float(given["W2", (0, 1)]))
