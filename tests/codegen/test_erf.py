"""The emitted error function against mpmath, over the whole range and in both precisions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from codegen.special.erf import erf_record
from codegen.targets.templates import render

BOUND = 2.0
"""Units in the last place."""


def emitted(dtype: str):
    scope: dict = {"np": np, "DTYPE": getattr(np, dtype)}

    class Module:
        erf = erf_record(dtype)

    exec(render("module/erf.py.j2", module=Module), scope)

    def erf(u: np.ndarray) -> np.ndarray:
        out, *scratch = (np.full_like(u, np.nan) for _ in range(4))
        with np.errstate(all="raise", under="ignore"):
            scope["_erf"](u, out, *scratch)
        return out

    return erf


def worst(dtype: str, points: np.ndarray) -> float:
    points = points.astype(dtype)
    found = emitted(dtype)(points)
    assert found.dtype == dtype
    errors = []
    for point, value in zip(points.tolist(), found.tolist(), strict=True):
        exact = mpmath.erf(point)
        unit = float(np.spacing(np.abs(np.array(float(exact), dtype))))
        errors.append(abs(float((mpmath.mpf(value) - exact) / mpmath.mpf(unit))))
    return max(errors)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "points",
    [
        np.linspace(0, 1.1, 4001),
        np.linspace(0.95, 1.05, 2001),
        np.linspace(1, 6.5, 4001),
        -np.linspace(0, 7, 2001),
        10.0 ** np.linspace(-36, 0, 400),
    ],
    ids=["small", "seam", "large", "negative", "tiny"],
)
def test_error_function_is_within_two_ulp(dtype: str, points: np.ndarray) -> None:
    assert worst(dtype, points) <= BOUND


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_error_function_at_its_ends(dtype: str) -> None:
    found = emitted(dtype)(np.array([0.0, -0.0, 1e4, -1e4, np.inf, -np.inf, np.nan], dtype))
    assert found[:6].tolist() == [0, 0, 1, -1, 1, -1]
    assert np.signbit(found[1])
    assert np.isnan(found[6])
