"""The benchmark of derivations on its smallest networks: what it counts, and that all engines derive the same."""

from __future__ import annotations

import random

import pytest

from benchmarks.derivation.measure import Measurement
from benchmarks.derivation.methods import METHODS, Formulas, by_deltarule, by_diff, by_diff_and_cse, by_forward_jacobian, expanded
from benchmarks.derivation.operations import of_equations
from benchmarks.derivation.report import table


def values(formulas: Formulas, point: dict[object, float]) -> list[float]:
    """The results at a point; a replacement may use others in any order."""
    replacements = dict(formulas.replacements)
    found = list(formulas.results)
    while any(result.free_symbols & replacements.keys() for result in found):
        found = [result.xreplace(replacements) for result in found]
    return [float(result.evalf(30, subs=point)) for result in found]


def test_operations_of_one_unit_are_those_counted_by_hand() -> None:
    # z = W*x + b: 2; a = 1/(1 + exp(-z)): 3; loss = 1/2*(a - t)**2: 3; delta = (a - t)*a*(1 - a): 4; dW = delta*x: 1; db = delta: 0
    assert of_equations(by_deltarule((1, 1))) == 13


def test_operations_grow_linearly_with_depth() -> None:
    counts = [of_equations(by_deltarule((2,) * layers)) for layers in (3, 4, 5)]
    assert counts[2] - counts[1] == counts[1] - counts[0]


@pytest.mark.parametrize("method", [by_diff_and_cse, by_forward_jacobian])
def test_shared_formulas_have_the_values_of_the_plain_ones(method: object) -> None:
    draw, plain = random.Random(1), by_diff((2, 2, 1))
    symbols = sorted(plain.results[0].free_symbols, key=str)
    point = {symbol: draw.uniform(-1, 1) for symbol in symbols}
    assert values(method((2, 2, 1)), point) == pytest.approx(values(plain, point), abs=1e-14)


def test_symengine_derives_the_same_values() -> None:
    symengine = pytest.importorskip("symengine")
    draw, plain = random.Random(1), by_diff((1, 2, 1))
    point = {symbol: draw.uniform(-1, 1) for symbol in sorted(plain.results[0].free_symbols, key=str)}
    net = expanded((1, 2, 1), symengine)
    at = {symengine.Symbol(str(symbol)): value for symbol, value in point.items()}
    found = [float(result.subs(at)) for result in (net.loss, *(net.loss.diff(parameter) for parameter in net.parameters))]
    assert found == pytest.approx(values(plain, point), abs=1e-14)


def test_table_says_what_failed_and_what_was_not_tried() -> None:
    found = {name: {} for name in METHODS} | {
        "deltarule": {(1, 1): Measurement(0.5, 13)},
        "SymPy diff": {(1, 1): Measurement(failure="> 1 s")},
    }
    assert "| 1-1 | 2 | 0.50 s / 13 | > 1 s | not tried |" in table([(1, 1)], found)
