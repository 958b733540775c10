"""Networks: their equations, evaluated literally, are the networks that NumPy computes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from mpmath import mp

from derive.chain_rule import reverse_sweep
from derive.equations import Equation, System
from derive.expressions import Tensor, Total
from derive.indices import Axis, Index
from derive.language.plain import plain_equation
from derive.network import BATCH, batched, network
from derive.results import results_of
from derive.traversal import free_indices, tensors_of
from derive.verification.verify import verify
from tests.derive.values import value


def run(system: System, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every equation in order, entry by entry."""
    known = {name: np.asarray(array) for name, array in arrays.items()}
    for equation in system.equations:
        shape = tuple(known["x"].shape[0] if axis.name == BATCH else axis.size for axis in equation.tensor.axes)
        result = np.empty(shape)
        for place in np.ndindex(*shape):
            where = dict(zip(equation.indices, place, strict=True))
            result[place] = float(value(equation.right, {name: array.tolist() for name, array in known.items()}, where))
        known[equation.tensor.name] = result
    return known


def arrays(system: System, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.RandomState(seed)
    return {tensor.name: random.uniform(-1, 1, [axis.size for axis in tensor.axes]) for tensor in (*system.inputs, *system.parameters)}


def test_a_dense_chain_computes_what_numpy_computes() -> None:
    system = network("3-4:tanh-2:linear").pattern
    v = arrays(system)
    a1 = np.tanh(v["W1"] @ v["x"] + v["b1"])
    a2 = v["W2"] @ a1 + v["b2"]
    found = run(system, v)
    np.testing.assert_allclose(found["a1"], a1, rtol=1e-14)
    np.testing.assert_allclose(found["a2"], a2, rtol=1e-14)
    np.testing.assert_allclose(found["loss"], ((a2 - v["t"]) ** 2).sum() / 2, rtol=1e-14)


def test_softmax_anywhere_is_softmax() -> None:
    system = network("3-4:softmax-2:softmax").pattern
    v = arrays(system)
    v["t"] = np.array([0.25, 0.75])
    found = run(system, v)
    for layer in ("1", "2"):
        e = np.exp(found[f"z{layer}"])
        np.testing.assert_allclose(found[f"a{layer}"], e / e.sum(), rtol=1e-14)
    np.testing.assert_allclose(found["loss"], -(v["t"] * np.log(found["a2"])).sum(), rtol=1e-14)


@pytest.mark.parametrize(("reduction", "l2"), [("mean", 0), ("sum", 0), ("mean", 0.5), ("sum", 0.25)])
def test_a_batch_is_its_patterns_one_by_one(reduction: str, l2: float) -> None:
    built = network({"inputs": 2, "l2": l2, "batch_reduction": reduction, "layers": [{"units": 3, "activation": "elu"}, {"units": 2}]})
    v = arrays(built.pattern)
    random = np.random.RandomState(5)
    x, t = random.randn(4, 2), random.rand(4, 2)
    together = batched(built.pattern, reduction, built.specification.l2, patterns=4)
    losses = [run(built.pattern, {**v, "x": x[b], "t": t[b]})["loss"] for b in range(4)]
    found = run(together, {**v, "x": x, "t": t})
    np.testing.assert_allclose(found["loss"], losses, rtol=1e-14)
    penalty = l2 / 2 * ((v["W1"] ** 2).sum() + (v["W2"] ** 2).sum())
    expected = (np.mean(losses) if reduction == "mean" else np.sum(losses)) + penalty
    np.testing.assert_allclose(found["cost"], expected, rtol=1e-14)


def test_tensors_have_the_contract_s_shapes_and_names() -> None:
    built = network("5-4:relu-3:softmax")
    assert [(tensor.name, tuple(axis.size for axis in tensor.axes), tensor.role, tensor.layer) for tensor in built.pattern.parameters] == [
        ("W1", (4, 5), "weight", 1),
        ("b1", (4,), "bias", 1),
        ("W2", (3, 4), "weight", 2),
        ("b2", (3,), "bias", 2),
    ]
    assert [(tensor.name, tensor.role, tensor.layer) for tensor in built.pattern.inputs] == [("x", "input", 0), ("t", "target", 2)]
    assert [(tensor.name, tensor.role) for tensor in built.batch.definitions] == [
        ("z1", "pre_activation"), ("a1", "output"), ("z2", "pre_activation"), ("a2", "output"), ("loss", "loss"), ("cost", "total_loss"),
    ]  # fmt: skip
    assert all(tensor.axes[0].name == BATCH for tensor in built.batch.inputs)
    assert built.batch.loss == Tensor("cost", (), "total_loss")


def test_axes_of_one_size_stay_different_axes() -> None:
    system = network("3-3-3").pattern
    assert system.axes == (Axis("n0", 3), Axis("n2", 3), Axis("n1", 3))


def test_every_right_side_reads_only_what_stands_above_it() -> None:
    for system in (network("3-4-2:softmax").pattern, network("3-4-2:softmax").batch):
        known = {*system.inputs, *system.parameters}
        for equation in system.equations:
            assert set(tensors_of(equation.right)) <= known
            assert set(free_indices(equation.right)) <= set(equation.indices)
            known.add(equation.tensor)


def test_without_bias_there_is_no_bias() -> None:
    built = network({"inputs": 2, "layers": [{"units": 2, "bias": False}, {"units": 1}]})
    assert [tensor.name for tensor in built.pattern.parameters] == ["W1", "W2", "b2"]
    assert plain_equation(built.pattern.equations[0]) == "z1[j] = sum_p W1[j,p]*x[p]"


def test_what_no_input_reaches_has_no_pattern_axis() -> None:
    axis = Axis("n", 2)
    v, r, q = Tensor("v", (axis,)), Tensor("r", (axis,)), Tensor("q", ())
    x = Tensor("x", (axis,), "input")
    j, i = Index("j", axis), Index("j", axis)
    system = System("s", (x,), (v,), (Equation(r[j], v[j] * 2), Equation(q[()], Total(i, r[i] * x[i]))))
    first, second, cost = batched(system).equations
    assert plain_equation(first) == "r[j] = v[j]*2"
    assert plain_equation(second) == "q[b] = sum_j r[j]*x[b,j]"
    assert plain_equation(cost) == "cost = 1/batch * sum_b q[b]"


GATED = {
    "inputs": 3,
    "layers": [
        {"name": "h", "units": 3, "activation": "tanh"},
        {"name": "g", "units": 3, "from": ["input"]},
        {"type": "multiply", "from": ["h", "g"], "name": "gated"},
        {"type": "add", "from": ["gated", "input"], "name": "skip"},
        {"share": "h", "activation": "linear"},
        {"type": "activation", "activation": "softmax"},
    ],
}


def test_skips_gates_and_shared_parameters() -> None:
    built = network(GATED)
    v = arrays(built.pattern)
    assert list(v) == ["x", "t", "W1", "b1", "W2", "b2"]
    h = np.tanh(v["W1"] @ v["x"] + v["b1"])
    g = 1 / (1 + np.exp(-(v["W2"] @ v["x"] + v["b2"])))
    skip = h * g + v["x"]
    e = np.exp(v["W1"] @ skip + v["b1"])
    np.testing.assert_allclose(run(built.pattern, v)["a6"], e / e.sum(), rtol=1e-13)


def test_the_sweep_through_skips_gates_and_shared_parameters_is_the_slope_of_the_loss() -> None:
    system = network(GATED).pattern
    v = arrays(system)
    v["t"] = np.array([0.5, 0.2, 0.3])
    swept = [derivation.equation for derivation in reverse_sweep(system, system.parameters).derivations]
    found = run(System("backward", system.inputs, system.parameters, (*system.equations, *swept)), v)
    for name in ("W1", "b1", "W2", "b2"):
        place, h = (0,) * v[name].ndim, 1e-6
        ahead, behind = ({**v, name: v[name].copy()} for _ in range(2))
        ahead[name][place] += h
        behind[name][place] -= h
        slope = (run(system, ahead)["loss"] - run(system, behind)["loss"]) / (2 * h)
        np.testing.assert_allclose(found[f"d{name}"][place], slope, rtol=1e-7, atol=1e-9)


JOINED = {
    "inputs": 3,
    "layers": [
        {"name": "h", "units": 2, "activation": "tanh"},
        {"name": "g", "units": 4, "from": ["input"], "activation": "relu"},
        {"type": "concatenate", "from": ["h", "input", "g"]},
        {"units": 2, "activation": "linear"},
    ],
}


def test_concatenation_puts_layers_side_by_side_in_the_order_of_from() -> None:
    built = network(JOINED)
    v = arrays(built.pattern)
    h = np.tanh(v["W1"] @ v["x"] + v["b1"])
    g = np.maximum(v["W2"] @ v["x"] + v["b2"], 0)
    assert built.specification.layers[2].units == 9
    np.testing.assert_allclose(run(built.pattern, v)["a3"], np.concatenate([h, v["x"], g]), rtol=1e-13)


def test_every_line_about_a_concatenation_is_right() -> None:
    report = verify(results_of(network(JOINED)))
    assert report.ok, report.wrong


def test_shared_parameters_run_along_shared_axes_and_count_once() -> None:
    built = network({"inputs": 2, "l2": 1, "layers": [{"units": 2}, {"share": "dense1"}, {"units": 3}]})
    assert [tensor.name for tensor in built.pattern.parameters] == ["W1", "b1", "W2", "b2"]
    assert {axis.name for axis in built.pattern.parameters[0].axes} == {"n0"}
    assert plain_equation(built.batch.equations[-1]).count("W1") == 1


def test_a_network_of_two_hundred_layers_is_built_in_well_under_a_second() -> None:
    network("2-2-1")
    start = time.perf_counter()
    built = network("-".join(["64"] * 200) + "-10:softmax")
    assert time.perf_counter() - start < 1
    assert len(built.batch.equations) == 402


def test_the_mean_is_exact_at_forty_digits() -> None:
    with mp.workdps(40):
        cost = network("1-1:linear").batch.equations[-1].right
        assert value(cost, {"loss": [mp.mpf(3)]}) == 3
