"""What the certificate asks of the scalar form: it agrees with the loop form, and no number stops it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from codegen.certificate import BOUNDS, CertificateError, check_left_behind, check_values

SCALES = (1.0, 50.0, 1e4)
BEYOND = (1e18, 1e150, 1e308, float("inf"), float("nan"))


def check_straight_line(module: ModuleType, loops: ModuleType, patterns: int, largest: float = SCALES[-1]) -> None:
    """Raise CertificateError unless ``straight_line`` gives what the loop form gives, is finite at the largest inputs and stops nowhere.

    Checked for as many patterns as are written out, for one more, and for one.
    """
    for batch in sorted({1, patterns, patterns + 1}):
        parameters, x, t = module._random_point(batch)
        for scale in dict.fromkeys(min(scale, largest) for scale in SCALES):
            inputs = (scale * x).astype(module.DTYPE)
            with np.errstate(all="ignore"):
                cost, gradients = loops.loss_and_gradients(parameters, inputs, t)
            reference = {"loss": cost, **gradients._asdict()}
            own = _straight(module, parameters, inputs, t)
            check_values(own, reference, BOUNDS[np.dtype(module.DTYPE).name])
        for scale in BEYOND:
            _straight(module, parameters, scale * np.sign(x, dtype=float), t)
            _straight(module, [scale * np.sign(value, dtype=float) for value in parameters], x, t)


def check_workspace(module: ModuleType, patterns: int) -> None:
    """Raise CertificateError if a step of a workspace leaves memory behind."""
    workspace = module.Workspace(patterns)
    parameters, x, t = module._random_point(patterns)
    workspace.set_parameters(parameters)
    check_left_behind(lambda: workspace.step(x, t))


def _straight(module: ModuleType, parameters: Any, x: Any, t: Any) -> dict[str, Any]:
    """Loss and gradients by name."""
    flat = tuple(float(number) for value in parameters for number in np.asarray(value).reshape(-1))
    try:
        cost, gradients = module.straight_line(flat, _rows(x), _rows(t))
    except (ArithmeticError, ValueError) as error:
        raise CertificateError(f"straight_line stops at inputs of {np.max(np.abs(x)):.0e}: {error}") from error
    with np.errstate(all="ignore"):
        return {"loss": np.asarray(cost), **module.unflatten(gradients)._asdict()}


def _rows(array: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, np.asarray(array, float).tolist()))
