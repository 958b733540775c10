"""What the certificate asks of the scalar form: it agrees with the loop form, and no number stops it."""

from __future__ import annotations

from collections.abc import Iterable
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
            own = _straight(module, parameters, _rows(inputs), _rows(t))
            check_values(own, reference, BOUNDS[np.dtype(module.DTYPE).name])
        for scale in BEYOND:
            _straight(module, parameters, _rows(scale * np.sign(x, dtype=float)), _rows(t))
            _straight(module, [scale * np.sign(value, dtype=float) for value in parameters], _rows(x), _rows(t))


def check_straight_line_of_system(module: ModuleType, loops: ModuleType, largest: float = SCALES[-1]) -> None:
    """Raise CertificateError unless ``straight_line`` of equations gives what the loop form gives, and stops nowhere.

    Where all is moderate the numbers agree; at larger inputs ``straight_line`` is finite wherever the loop form is.
    """
    bound = BOUNDS[np.dtype(module.DTYPE).name]
    for seed in (3, 4):
        parameters, inputs = module._random_point(seed)
        for scale in dict.fromkeys(min(scale, largest) for scale in SCALES):
            given = [(scale * value).astype(module.DTYPE) for value in inputs]
            with np.errstate(all="ignore"):
                cost, gradients = loops.loss_and_gradients(parameters, loops.Inputs(*given))
            reference = {"loss": np.asarray(cost), **gradients._asdict()}
            own = _straight(module, parameters, _lists(given))
            if scale == 1.0:
                check_values(own, reference, bound)
            for name, value in own.items():
                if np.isfinite(reference[name]).all() and not np.isfinite(value).all():
                    raise CertificateError(f"straight_line: {name} is not finite at inputs of {scale:.0e}")
        for scale in BEYOND:
            _straight(module, parameters, _lists(scale * np.sign(value, dtype=float) for value in inputs))
            _straight(module, [scale * np.sign(value, dtype=float) for value in parameters], _lists(inputs))


def check_workspace(module: ModuleType, patterns: int) -> None:
    """Raise CertificateError if a step of a workspace leaves memory behind."""
    workspace = module.Workspace(patterns)
    parameters, x, t = module._random_point(patterns)
    workspace.set_parameters(parameters)
    check_left_behind(lambda: workspace.step(x, t))


def _straight(module: ModuleType, parameters: Any, *given: Any) -> dict[str, Any]:
    """Loss and gradients by name; ``given`` is what ``straight_line`` takes beside parameters."""
    flat = tuple(float(number) for value in parameters for number in np.asarray(value).reshape(-1))
    try:
        cost, gradients = module.straight_line(flat, *given)
    except (ArithmeticError, ValueError) as error:
        raise CertificateError(f"straight_line stops: {error}") from error
    with np.errstate(all="ignore"):
        return {"loss": np.asarray(cost), **module.unflatten(gradients)._asdict()}


def _lists(arrays: Iterable[Any]) -> list[Any]:
    return [np.asarray(array, float).tolist() for array in arrays]


def _rows(array: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, np.asarray(array, float).tolist()))
