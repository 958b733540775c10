"""Every formula of a network of layers has a form without indices, of one pattern and of a batch."""

from __future__ import annotations

from typing import Any

import pytest

from derive.language.plain import plain_equation
from derive.network import network
from derive.results import results_of

GRAPH = {
    "inputs": 3,
    "loss": "squared_error",
    "layers": [
        {"name": "a", "units": 4, "activation": "tanh"},
        {"name": "b", "units": 4, "activation": "relu"},
        {"name": "c", "type": "add", "from": ["a", "b"]},
        {"name": "d", "type": "multiply", "from": ["c", "a"]},
        {"name": "e", "units": 4, "share": "b", "activation": "sigmoid"},
        {"name": "f", "units": 2},
    ],
}
SPECS: tuple[tuple[str | dict[str, Any], str | None], ...] = (
    ("2-2-1", None),
    ("3-4:tanh-2:softmax", "cross_entropy"),
    ("3-4:relu-3:leaky_relu-2:sigmoid", "binary_cross_entropy"),
    ("3-4:gelu-2:softmax", "squared_error"),
    ("4-4-4-4-4", "half_mean_squared_error"),
    (GRAPH, None),
)


@pytest.mark.parametrize(("spec", "loss"), SPECS, ids=lambda part: part if isinstance(part, str) else "graph" if part else "default")
def test_every_formula_has_a_matrix_form(spec: str | dict[str, Any], loss: str | None) -> None:
    results = results_of(network(spec, loss=loss), input_gradient=True)
    assert [plain_equation(result.equation) for result in results.results if result.matrix is None] == []
