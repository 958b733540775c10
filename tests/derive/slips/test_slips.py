"""Slips: each classic mistake is made where it can be made, none equals the truth, and numbers refute it."""

from __future__ import annotations

import pytest

from derive.chain_rule import Sweep
from derive.equations import Equation
from derive.language.plain import plain
from derive.network import network
from derive.results import results_of
from derive.slips.mistakes import MISTAKES
from derive.slips.refute import Ground, Refutation, fits
from derive.slips.slip import FAMILIES, Slip
from derive.slips.spoil import slips_of
from derive.verification.points import draw, positions_of
from derive.verification.primitives import EvaluationError

RELU = "2-2:relu-1:linear"
SKIP = {
    "inputs": 2,
    "layers": [
        {"name": "h", "units": 2, "activation": "tanh"},
        {"name": "g", "units": 2, "activation": "gelu"},
        {"type": "add", "from": ["h", "g"]},
        {"units": 2, "activation": "softmax"},
    ],
}
RNN = {
    "name": "rnn",
    "axes": {"t": 3, "j": 2, "i": 2},
    "inputs": ["x[t,i]", "y[t,j]"],
    "parameters": ["U[j,j]", "W[j,i]", "b[j]"],
    "equations": ["h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}


def sweep_of(spec: object, batch: bool = False) -> Sweep:
    results = results_of(network(spec))  # type: ignore[arg-type]
    return results.batch_sweep if batch else results.pattern_sweep


def equation_of(name: str, sweep: Sweep) -> Equation:
    return next(d.equation for d in sweep.derivations if d.left.tensor.name == name)


def texts(name: str, kind: str, sweep: Sweep) -> list[str]:
    return [plain(slip.wrong) for slip in slips_of(equation_of(name, sweep), sweep) if slip.kind == kind]


def test_every_kind_belongs_to_a_family_of_the_contract() -> None:
    assert {family for family, _ in MISTAKES.values()} == set(FAMILIES) - {"other"}


def test_the_output_of_the_own_layer_in_a_weight_gradient_has_the_right_shape() -> None:
    # seed 002, error a: the slides print g l^(1)T where h^(0)T must stand; both are 2 x 2
    sweep = sweep_of(RELU)
    slips = [slip for slip in slips_of(equation_of("dW1", sweep), sweep) if slip.kind == "wrong_layer"]
    (slip,) = [slip for slip in slips if plain(slip.wrong) == "delta1[j]*a1[p]"]
    found = Ground(sweep).refuted(slip)
    assert found is not None
    assert found.fits
    assert found.right != found.wrong


@pytest.mark.parametrize(
    ("spec", "name", "kind", "wrong"),
    [
        ("2-3-2", "delta2", "missing_derivative", "a2[j] - t[j]"),
        ("2-3-2", "delta2", "residual", "(t[j] - a2[j])*a2[j]*(1 - a2[j])"),
        ("2-3-2", "delta1", "transposed_weight", "sum_k delta2[k]*W2[j,k]*a1[j]*(1 - a1[j])"),
        ("2-3-2", "delta1", "missing_derivative", "sum_k delta2[k]*W2[k,j]"),
        ("2-3-2", "delta1", "wrong_layer", "sum_k delta2[k]*W1[k,j]*a1[j]*(1 - a1[j])"),
        ("2-3-2", "dW2", "exchanged_indices", "delta2[p]*a1[j]"),
        ("2-3-2", "db1", "bias_with_input", "delta1[j]*x[j]"),
        ("2-3:tanh-2", "delta1", "exponent", "sum_k delta2[k]*W2[k,j]*(1 - a1[j])"),
        ("2-3:gelu-2", "delta1", "function_for_derivative", "sum_k delta2[k]*W2[k,j]*gelu(z1[j])"),
        ("2-3:gelu-2", "delta1", "derivative_through_wrong_value", "sum_k delta2[k]*W2[k,j]*gelu'(a1[j])"),
        (RELU, "delta1", "condition", "sum_k delta2[k]*W2[k,j]*[a1[j] < 0]"),
        (RELU, "delta1", "kink", "sum_k delta2[k]*W2[k,j]*[a1[j] >= 0]"),
    ],
)
def test_mistakes_give_the_formulas_that_readers_write(spec: str, name: str, kind: str, wrong: str) -> None:
    assert wrong in texts(name, kind, sweep_of(spec))


def test_a_bound_index_named_like_the_free_one_sums_the_diagonal() -> None:
    sweep = sweep_of("2-2-2")
    (slip,) = [slip for slip in slips_of(equation_of("delta1", sweep), sweep) if slip.kind == "captured_index"]
    found = Ground(sweep).refuted(slip)
    assert found is not None
    assert found.fits


def test_a_batch_without_its_mean_is_a_slip_of_reduction() -> None:
    sweep = sweep_of("2-3-2", batch=True)
    kinds = {slip.kind for slip in slips_of(equation_of("delta2", sweep), sweep) if slip.family == "reduction"}
    assert "missing_mean" in kinds


def test_a_skip_connection_and_a_recurrence_can_lose_a_path() -> None:
    for spec, name in ((SKIP, "delta1"), (RNN, "dh")):
        sweep = sweep_of(spec)
        assert texts(name, "missing_path", sweep)


@pytest.mark.parametrize("spec", [RELU, "2-3-2", "3-2:tanh-2:softmax", SKIP, RNN, "2-2:gelu-2:gelu-1"])
def test_most_slips_are_refuted_by_numbers_and_the_numbers_are_true(spec: object) -> None:
    sweep = sweep_of(spec)
    ground = Ground(sweep)
    slips = [slip for d in sweep.derivations for slip in slips_of(d.equation, sweep)]
    found = [(slip, ground.refuted(slip)) for slip in slips]
    assert sum(refutation is not None for _, refutation in found) > 0.85 * len(found)
    for _, refutation in found:
        if refutation is not None:
            assert f"{float(refutation.right):.3f}" != f"{float(refutation.wrong):.3f}" or abs(refutation.right - refutation.wrong) > 4e-5


@pytest.mark.parametrize("spec", ["2-3-2", RNN])
def test_what_numbers_refute_is_wrong_at_a_random_point_as_well(spec: object) -> None:
    """The forward equations alone, with derivatives by differences at 40 digits, know nothing of how slips are tried."""
    sweep = sweep_of(spec)
    ground, point = Ground(sweep), draw(sweep.system, seed=3, sizes={axis.name: 2 for axis in sweep.system.axes})
    for derivation in sweep.derivations:
        for slip in slips_of(derivation.equation, sweep):
            if ground.refuted(slip) is not None and slip.family not in ("kink", "condition"):
                assert differs(slip, point), (slip.kind, slip.wrong)


def differs(slip: Slip, point: object) -> bool:
    valuation = point.valuation  # type: ignore[attr-defined]
    for place in positions_of(slip.equation.tensor.axes, valuation):
        bindings = dict(zip(slip.equation.indices, place, strict=True))
        try:
            wrong = valuation.evaluate(slip.wrong, bindings)
        except EvaluationError:
            return True
        if abs(wrong - valuation.evaluate(slip.equation.left, bindings)) > 1e-9:
            return True
    return False


def test_the_right_formula_is_never_among_its_slips() -> None:
    sweep = sweep_of("2-2-2")
    for derivation in sweep.derivations:
        right = plain(derivation.equation.right)
        wrong = [plain(slip.wrong) for slip in slips_of(derivation.equation, sweep) if slip.kind != "captured_index"]
        assert right not in wrong
        assert len(set(wrong)) == len(wrong)


def test_a_large_network_is_refuted_in_one_of_the_same_kind_with_two_units_a_layer() -> None:
    sweep = sweep_of("40-30:tanh-10:softmax")
    ground = Ground(sweep)
    slips = list(slips_of(equation_of("delta1", sweep), sweep))
    found: list[Refutation] = [refutation for slip in slips if (refutation := ground.refuted(slip)) is not None]
    assert len(found) > 0.8 * len(slips)
    assert all(refutation.small for refutation in found)
    assert any(refutation.fits for refutation in found)
    assert any(not fits(slip.mistaken) for slip in slips)
