"""Scalar modules: finite and right for any numbers, every line needed, and the style that is chosen by itself."""

from __future__ import annotations

import math
import re
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from modules import module_of, text_of

from codegen.certificate import CertificateError, check_selftest, loaded
from codegen.emit import Facts, problem_for
from codegen.scalar.check import check_straight_line
from codegen.style import automatic
from derive.errors import InputError
from derive.functions.activations import activation_names
from derive.network import network
from derive.results import results_of

VECTORS = ("softmax",)


def spec_of(activation: str) -> tuple[str, str]:
    """A network with this activation inside, or at the end where it has a loss of its own."""
    losses = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
    return f"2-2:{activation}-2:{activation if activation in losses else 'linear'}", losses.get(activation, "squared_error")


def rows(array: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, np.asarray(array, float).tolist()))


def straight(module: ModuleType, parameters: Any, x: Any, t: Any) -> tuple[float, tuple[float, ...]]:
    return module.straight_line(tuple(float(v) for p in parameters for v in np.ravel(p)), rows(x), rows(t))


@pytest.mark.parametrize("activation", activation_names())
def test_a_straight_line_is_finite_and_right_for_any_input(activation: str) -> None:
    spec, loss = spec_of(activation)
    model = network(spec, loss=loss)
    results = results_of(model)
    problem = problem_for(model, results.batch_sweep, results.number)
    module, loops = (loaded(Facts(model, style, "float64", "").module(problem)) for style in ("scalar", "loops"))
    for patterns in (1, 3):
        parameters, x, t = module._random_point(patterns)
        for scale in (0.0, 1.0, 1e2, 1e4, -1e4):
            with np.errstate(all="ignore"):
                wanted, slopes = loops.loss_and_gradients(parameters, scale * np.sign(x), t)
            cost, flat = straight(module, parameters, scale * np.sign(x), t)
            assert all(map(math.isfinite, (cost, *flat)))
            assert cost == pytest.approx(wanted, rel=1e-12, abs=1e-12)
            expected = np.concatenate([np.ravel(slope) for slope in slopes])
            assert np.allclose(flat, expected, rtol=1e-11, atol=1e-11 * max(1.0, abs(scale)))
        for huge in (1e16, 1e155, -1e308, math.inf, math.nan):
            straight(module, parameters, np.full_like(x, huge), t)  # stops nowhere
            straight(module, [np.full_like(p, huge) for p in parameters], x, t)


@pytest.mark.parametrize("style", ["vectorised", "scalar", "loops"])
@pytest.mark.parametrize("activation", ["relu", "softmax", "hard_tanh", "elu", "gelu", "sigmoid"])
def test_a_number_that_is_none_makes_the_loss_none(activation: str, style: str) -> None:
    spec, loss = spec_of(activation)
    module = module_of(spec, loss, style=style)
    for place in range(3):
        parameters, x, t = module._random_point(3)
        (parameters.W1, x, t)[place][0, 0] = math.nan
        with np.errstate(all="ignore"):
            assert math.isnan(module.loss(parameters, x, t))


def test_every_line_of_the_arithmetic_is_needed_and_judged() -> None:
    """Each operation that is written out, changed: the certificate must see it."""
    text, loops = text_of("2-2:tanh-1", style="scalar"), module_of("2-2:tanh-1", style="loops")
    start, end = text.index("    z1_0 = "), text.index("    return loss, (")
    lines = text[start:end].splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if re.match(r"    \w+ = ", line)]
    assert len(places) > 12
    for place in places:
        wrong = [*lines[:place], lines[place].replace(" = ", " = 1.01 * (", 1).rstrip("\n") + ")\n", *lines[place + 1 :]]
        module = loaded(text[:start] + "".join(wrong) + text[end:])
        with pytest.raises(CertificateError):
            check_straight_line(module, loops, 1)


def test_no_number_is_computed_twice() -> None:
    for batch in (1, 4):
        text = text_of("3-4:sigmoid-3:softmax", "cross_entropy", style="scalar", batch=batch)
        body = text[text.index("def straight_line") : text.index("def _loop_over_patterns")]
        right = re.findall(r"^    \w+ = (\w+ [*+/-] .+|\w+\(.+)$", body, re.MULTILINE)
        assert len(right) > 30
        assert len(set(right)) == len(right)


def test_the_selftest_looks_at_as_many_patterns_as_are_written_out() -> None:
    text = text_of("2-2-1", style="scalar", batch=5)
    wrong = text.replace("dW2_0_1 = delta2_0_0", "dW2_0_1 = -delta2_0_0")
    assert wrong != text
    with pytest.raises(CertificateError, match="batch 5"):
        check_selftest(loaded(wrong))


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_any_number_of_patterns_is_computed(batch: int) -> None:
    module = module_of("2-2-1", style="scalar", batch=2)
    plain = module_of("2-2-1", style="vectorised")
    parameters, x, t = module._random_point(batch)
    cost, gradients = module.loss_and_gradients(parameters, x, t)
    wanted, expected = plain.loss_and_gradients(parameters, x, t)
    assert cost == pytest.approx(wanted, rel=1e-14)
    assert all(np.allclose(one, other, rtol=1e-13, atol=1e-16) for one, other in zip(gradients, expected, strict=True))
    with pytest.raises(ValueError, match=r"x and t: got \d+ and \d+ patterns"):
        module.straight_line(module.flatten(parameters), rows(x) * 2, rows(t))


def test_flat_parameters_are_row_by_row_in_order() -> None:
    module = module_of("2-2-1", style="scalar")
    parameters = module.Parameters(np.array([[1.0, 2], [3, 4]]), np.array([5.0, 6]), np.array([[7.0, 8]]), np.array([9.0]))
    assert module.flatten(parameters) == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    assert all(np.array_equal(one, other) for one, other in zip(module.unflatten(range(1, 10)), parameters, strict=True))
    with pytest.raises(ValueError, match="flat: expected 9 numbers"):
        module.unflatten((1.0, 2.0))


def test_a_single_precision_module_computes_in_double_and_keeps_single() -> None:
    single, double = (module_of("2-2-1", style="scalar", dtype=dtype) for dtype in ("float32", "float64"))
    parameters, x, t = single._random_point(3)
    cost, gradients = single.loss_and_gradients(parameters, x, t)
    wide = double.Parameters(*(value.astype(float) for value in parameters))
    wanted, expected = double.loss_and_gradients(wide, x.astype(float), t.astype(float))
    assert cost == wanted
    for one, other in zip(gradients, expected, strict=True):
        assert one.dtype == np.float32
        assert np.array_equal(one, other.astype(np.float32))


def test_a_formula_that_overflows_gives_what_numpy_gives() -> None:
    layer = {"units": 1, "activation": {"formula": "exp(z) + 1/z + log(z)"}, "bias": False}
    model = network({"inputs": 1, "loss": "squared_error", "layers": [layer]})
    results = results_of(model)
    problem = problem_for(model, results.batch_sweep, results.number)
    scalar, loops = (loaded(Facts(model, style, "float64", "").decided(problem).module(problem)) for style in ("scalar", "loops"))
    parameters = scalar.Parameters(np.array([[1.0]]))
    for number in (1.0, 1000.0, -1000.0, 0.0):
        x = np.array([[number]])
        with np.errstate(all="ignore"):
            assert np.array_equal(scalar.forward(parameters, x), loops.forward(parameters, x), equal_nan=True)


def test_networks_that_are_too_large_are_refused_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^style scalar: more than \d+ scalar operations; use style vectorised, or a smaller --batch$"):
        text_of("100-100-10", style="scalar")


@pytest.mark.parametrize(
    ("spec", "batch", "style"),
    [
        ("2-2-1", None, "vectorised"),
        ("2-2-1", 1, "scalar"),
        ("2-2-1", 4, "scalar"),
        ("2-2-1", 15, "scalar"),
        ("2-2-1", 17, "vectorised"),
        ("2-2-2-1", 10, "scalar"),  # three layers: 150
        ("4-10:tanh-3:softmax", 32, "vectorised"),
        ("784-128-10", 1, "vectorised"),
    ],
)
def test_the_style_is_chosen_by_parameters_times_patterns(spec: str, batch: int | None, style: str) -> None:
    model = network(spec)
    results = results_of(model)
    assert automatic(problem_for(model, results.batch_sweep), batch) == style


def test_the_default_style_is_the_one_chosen() -> None:
    assert "derived by deltarule (scalar, float64)" in text_of("2-2-1", batch=4)
    assert "derived by deltarule (vectorised, float64)" in text_of("2-2-1")
