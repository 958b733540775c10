"""The sweep on random graphs of equations: every line, and every gradient, from the forward equations alone."""

from __future__ import annotations

import pytest

from derive.chain_rule import reverse_sweep
from derive.verification.lines import LOST_DIGITS, evaluate_derivation, lines_of, relative_error
from derive.verification.points import Point, draw
from derive.verification.primitives import EvaluationError
from derive.verification.valuation import Valuation
from tests.derive.random_systems import SIZES, random_system


def point_of(seed: int, equations: int) -> Point:
    system = random_system(seed, equations)
    try:
        return draw(system, sizes=SIZES)
    except EvaluationError as reason:
        pytest.skip(f"no point away from kinks: {reason}")


@pytest.mark.parametrize("seed", range(30))
def test_every_line_and_every_gradient_of_a_random_system_is_right(seed: int) -> None:
    point = point_of(seed, 5 + seed % 5)
    system, old = point.system, point.valuation
    sweep = reverse_sweep(system, (*system.parameters, *system.inputs))
    for derivation in sweep.derivations:
        for line, outcome in zip(lines_of(derivation), evaluate_derivation(derivation, point, 3), strict=True):
            assert outcome.ok, f"{derivation.left} line {line.label}: {outcome.fault}"
    backward = Valuation(system, old.sizes, old.digits, backward=tuple(found.equation for found in sweep.derivations))
    for given in (*system.inputs, *system.parameters):
        backward.give(given, list(old.array(given).values()))
    backward.run()
    derived = {found.left.tensor.of: found.left.tensor for found in sweep.derivations}
    for tensor in (*system.inputs, *system.parameters):
        for position in old.array(tensor):
            expected = old.adjoint(tensor, position)
            found = backward.array(derived[tensor])[position] if tensor in derived else old.context.zero
            assert relative_error(found, expected, old) < 10.0 ** (LOST_DIGITS - old.digits), (tensor.name, position)
