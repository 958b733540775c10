"""The engine on systems of equations that nobody prepared it for: every line, every gradient, and the textbook forms."""

from __future__ import annotations

from functools import cache

import autograd
import numpy as np
import pytest

from derive.chain_rule import Sweep, reverse_sweep
from derive.equations import System
from derive.expressions import Tensor
from derive.lines import evaluate_derivation, lines_of
from derive.points import Point, draw
from derive.valuation import Valuation
from tests.derive import forwards, systems

EVERY = pytest.mark.parametrize("system", systems.EVERY, ids=lambda system: system.name)


@cache
def swept(system: System) -> tuple[Sweep, Point]:
    return reverse_sweep(system), draw(system)


def array(tensor: Tensor, valuation: Valuation) -> np.ndarray:
    values = valuation.array(tensor)
    shape = [valuation.size(axis) for axis in tensor.axes]
    return np.array([float(number) for number in values.values()]).reshape(shape)


def gradients(sweep: Sweep, point: Point) -> dict[str, np.ndarray]:
    """The derived gradients by the name of what they belong to, computed one from the other as code would."""
    system, old = sweep.system, point.valuation
    backward = Valuation(system, old.sizes, old.digits, backward=tuple(found.equation for found in sweep.derivations))
    for given in (*system.inputs, *system.parameters):
        backward.give(given, list(old.array(given).values()))
    backward.run()
    return {found.left.tensor.of.name: array(found.left.tensor, backward) for found in sweep.derivations if found.left.tensor.of}


@EVERY
def test_every_line_has_the_value_of_the_derivative_that_it_stands_for(system: System) -> None:
    sweep, point = swept(system)
    for derivation in sweep.derivations:
        for line, outcome in zip(lines_of(derivation), evaluate_derivation(derivation, point, 6), strict=True):
            assert outcome.ok, f"{derivation.left} line {line.label}: {outcome.fault}"


@EVERY
def test_gradients_agree_with_autograd(system: System) -> None:
    sweep, point = swept(system)
    forward = getattr(forwards, system.name)
    given = {tensor.name: array(tensor, point.valuation) for tensor in (*system.inputs, *system.parameters)}
    assert forward(**given) == pytest.approx(float(point.valuation.array(system.loss)[()]), rel=1e-12)
    found = gradients(sweep, point)
    for parameter in system.parameters:
        others = {name: values for name, values in given.items() if name != parameter.name}
        expected = autograd.grad(lambda values, p=parameter.name, rest=others: forward(**{p: values}, **rest))(given[parameter.name])
        np.testing.assert_allclose(found[parameter.name], expected, rtol=1e-10, atol=1e-12, err_msg=parameter.name)
