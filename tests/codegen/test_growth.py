"""Networks whose values grow with a high power of the inputs are judged where their values are numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.certificate import check_selftest, loaded
from codegen.emit import emit
from codegen.growth import largest_inputs
from derive.errors import InputError
from derive.network import network
from derive.results import results_of


def squared(times: int) -> dict[str, Any]:
    """A layer whose outputs are squared again and again."""
    layers: list[dict[str, Any]] = [{"units": 2, "activation": "linear", "name": "m0"}]
    layers += [{"type": "multiply", "from": [f"m{n}"] * 2, "name": f"m{n + 1}"} for n in range(times)]
    return {"inputs": 3, "loss": "squared_error", "layers": layers}


@pytest.mark.parametrize(("times", "largest"), [(0, 10_000), (3, 10_000), (5, 1000), (6, 10), (7, 1), (9, 1)])
def test_inputs_are_as_large_as_values_allow(times: int, largest: int) -> None:
    assert largest_inputs(network(squared(times)).batch, "float64") == largest


def test_bounded_activations_bound_nothing_they_do_not_have_to() -> None:
    assert largest_inputs(network("3-4:tanh-2:softmax", loss="cross_entropy").batch, "float32") == 10_000


@pytest.mark.parametrize("style", ["vectorised", "loops", "scalar"])
def test_a_tower_of_squares_is_emitted_and_judges_itself(style: str) -> None:
    results = results_of(network(squared(7)))
    module = loaded(emit(results.network, results.batch_sweep, style=style, number=results.number))
    check_selftest(module)
    parameters, x, t = module._random_point(2)
    assert np.isfinite(module.loss(parameters, x, t))


def test_a_network_without_parameters_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^no layer has parameters: there is nothing to differentiate by$"):
        network({"inputs": 3, "loss": "squared_error", "layers": [{"type": "activation", "activation": "tanh"}]})
