"""Branches that are computed everywhere and chosen afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from modules import module_of


@pytest.mark.parametrize("style", ["vectorised", "scalar", "loops"])
def test_an_activation_with_a_gap_closed_by_a_case_has_a_value_everywhere(style):
    """sin(z)/z with 1 at zero: the other branch must not be computed at zero, nor at numbers held to one side of it."""
    formula = {"formula": "cases(z = 0, 1, sin(z)/z)"}
    module = module_of({"inputs": 1, "layers": [{"units": 1, "activation": formula, "bias": False}]}, style=style)
    parameters = module.Parameters(np.array([[1.0]]))
    with np.errstate(all="raise"):
        y = module.forward(parameters, np.array([[-2.0], [0.0], [2.0]]))
    assert np.allclose(y.ravel(), [np.sin(2) / 2, 1.0, np.sin(2) / 2], rtol=1e-14)
