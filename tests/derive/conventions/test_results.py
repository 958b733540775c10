"""Results in every convention: each line true, each formula the one of the code after the stated sign and order."""

from __future__ import annotations

from functools import cache

import pytest

from derive.conventions import in_convention
from derive.network import network
from derive.notation import load, names
from derive.results import Result, Results, results_of
from derive.verification.lines import evaluate_equation
from derive.verification.points import draw
from derive.verification.verify import points_of, verify_result

SKIP = {
    "name": "skip",
    "inputs": 3,
    "l2": 0.01,
    "layers": [
        {"name": "a", "units": 4, "activation": "relu"},
        {"name": "b", "units": 4, "activation": "tanh"},
        {"type": "add", "name": "c", "from": ["a", "b"]},
        {"units": 2, "activation": "softmax"},
    ],
}
SPECS: dict[str, tuple[object, dict[str, str]]] = {
    "two layers": ("2-3:tanh-2:sigmoid", {}),
    "linear output": ("2-2:relu-1:linear", {"batch_reduction": "sum"}),
    "softmax": ("3-4:softmax-2:softmax", {}),
    "its own loss": ("2-2:softplus-2:sigmoid", {"loss": "binary_cross_entropy"}),
    "mean": ("2-3:sigmoid-3:sigmoid-2:sigmoid", {"loss": "half_mean_squared_error"}),
    "skip": (SKIP, {}),
}


@cache
def plain(spec: str) -> Results:
    source, options = SPECS[spec]
    return results_of(network(source, **options))  # type: ignore[arg-type]


QUICK = ("two layers", "softmax")


@pytest.mark.parametrize("notation", names())
@pytest.mark.parametrize("spec", [pytest.param(spec, marks=() if spec in QUICK else pytest.mark.slow) for spec in SPECS])
def test_every_line_of_every_convention_is_true(spec: str, notation: str) -> None:
    told, own = in_convention(plain(spec), load(notation))
    of_batch = ((told.batch_sweep, told.of_batch),) if spec == "linear output" else ()
    for sweep, numbered in ((told.pattern_sweep, told.of_pattern), *of_batch):
        points = points_of(sweep)[:1]
        for result in numbered:
            wrong = [s for s in verify_result(result, sweep, points, own) if not s.ok]
            assert not wrong, (wrong[0].number, wrong[0].latex, wrong[0].detail)


@pytest.mark.parametrize("notation", names())
@pytest.mark.parametrize("spec", SPECS)
def test_numbers_of_formulas_do_not_depend_on_the_convention(spec: str, notation: str) -> None:
    told, _ = in_convention(plain(spec), load(notation))
    assert [(r.number, r.kind, r.layer, _names(r)) for r in told.results] == [
        (r.number, r.kind, r.layer, _names(r)) for r in plain(spec).results
    ]


def _names(result: Result) -> list[str]:
    return [member.tensor.name for member in result.members]


@pytest.mark.parametrize("notation", names())
def test_all_conventions_give_the_numbers_of_the_plain_results_up_to_the_stated_sign(notation: str) -> None:
    """The displayed right sides, evaluated where the plain results are, have the values of the plain left sides."""
    for spec in ("two layers", "mean"):
        told, _ = in_convention(plain(spec), load(notation))
        point = draw(plain(spec).network.pattern, 7)
        sign = -1 if load(notation).delta_sign == "negative" else 1
        for old, new in zip(plain(spec).of_pattern, told.of_pattern, strict=True):
            there = dict(zip(new.equation.indices, [0] * len(new.equation.indices), strict=True))
            here = dict(zip(old.equation.indices, [0] * len(old.equation.indices), strict=True))
            found = point.valuation.evaluate(new.equation.right, there)
            expected = point.valuation.evaluate(old.equation.right, here)
            turned = sign if old.derivation is not None else 1
            assert abs(found - turned * expected) <= 1e-30 * (1 + abs(expected))
            assert evaluate_equation(new.equation, new.equation.right, point).ok


def test_results_in_a_convention_are_made_once_for_notes_figures_and_checks() -> None:
    results = results_of(network("2-3:tanh-2"))
    told = in_convention(results, load("nielsen"))
    assert in_convention(results, load("nielsen")) is told
    assert in_convention(results, load("micheli"))[0] is not told[0]
    assert in_convention(results_of(network("2-3:tanh-2")), load("nielsen"))[0] is not told[0]
