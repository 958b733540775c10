"""Published numbers, reached by systems of equations: derived gradients evaluated where the publication evaluated them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derive.chain_rule import reverse_sweep
from derive.network import network
from derive.verification.valuation import Valuation

Array = np.ndarray


def spread(low: float, high: float, *shape: int) -> Array:
    """Equally spaced numbers from ``low`` to ``high``."""
    return np.linspace(low, high, int(np.prod(shape))).reshape(shape)


def evaluated(table: dict[str, Any], **given: Any) -> dict[str, Array]:
    """Every value and every derived gradient (``dW``), each computed from the ones before as code would."""
    system = network({"name": "published", **table}).pattern
    derivations = reverse_sweep(system).derivations
    valuation = Valuation(system, {a.name: a.size for a in system.axes}, 20, backward=tuple(d.equation for d in derivations))
    for tensor in (*system.inputs, *system.parameters):
        values = np.asarray(given[tensor.name], dtype=float)
        assert values.shape == tuple(axis.size for axis in tensor.axes), tensor.name
        valuation.give(tensor, list(values.ravel()))
    valuation.run()
    tensors = (*system.definitions, *(derivation.left.tensor for derivation in derivations))
    found = {}
    for tensor in tensors:
        numbers = [float(number) for number in valuation.array(tensor).values()]
        found[tensor.name] = np.array(numbers).reshape([axis.size for axis in tensor.axes])
    return found


# CS231n, optimization-2: the circuits
def test_cs231n_product_of_a_sum() -> None:
    found = evaluated({"parameters": ["x", "y", "z"], "loss": "(x + y)*z"}, x=-2, y=5, z=-4)
    assert [found[name] for name in ("loss", "dx", "dy", "dz")] == [-12, -4, -4, 3]


def test_cs231n_sigmoid_neuron() -> None:
    table = {
        "axes": {"i": 2},
        "parameters": ["w[i]", "x[i]", "b"],
        "equations": ["f = sigmoid(sum(i, w[i]*x[i]) + b)"],
        "loss": "f",
    }
    found = evaluated(table, w=[2, -3], x=[-1, -2], b=-3)
    np.testing.assert_allclose(found["dw"], [-0.1966119332, -0.3932238665], atol=1e-10)  # printed -.20, -.39
    np.testing.assert_allclose(found["dx"], [0.3932238665, -0.5898357997], atol=1e-10)  # printed .39, -.59
    np.testing.assert_allclose(found["db"], 0.1966119332, atol=1e-10)


def test_cs231n_staged_function() -> None:
    table = {
        "parameters": ["x", "y"],
        "equations": ["numerator = x + sigmoid(y)", "denominator = sigmoid(x) + (x + y)**2"],
        "loss": "numerator/denominator",
    }
    found = evaluated(table, x=3, y=-4)
    np.testing.assert_allclose([found["loss"], found["dx"], found["dy"]], [1.5456448841066441, 2.0595697956, 1.5922327515], rtol=1e-10)


# karpathy/micrograd, README
def test_micrograd_expression() -> None:
    table = {
        "parameters": ["a", "b"],
        "equations": [
            "c1 = a + b",
            "d1 = a*b + b**3",
            "c2 = 2*c1 + 1",
            "c3 = 2*c2 + 1 - a",
            "d2 = 3*d1 + relu(b + a)",
            "d3 = 4*d2 + relu(b - a)",
            "e = c3 - d3",
            "f = e**2",
        ],
        "loss": "f/2 + 10/f",
    }
    found = evaluated(table, a=-4, b=2)
    np.testing.assert_allclose(
        [found["loss"], found["da"], found["db"]], [24.70408163265306, 138.83381924198252, 645.5772594752186], rtol=1e-14
    )


# CS231n, linear-classify: the softmax figure; our reference for dz
def test_cs231n_softmax_with_cross_entropy() -> None:
    table = {
        "axes": {"k": 3, "i": 4},
        "inputs": ["x[i]", "y[k]"],
        "parameters": ["W[k,i]", "b[k]"],
        "equations": ["z[k] = sum(i, W[k,i]*x[i]) + b[k]", "p[k] = softmax(k, z[k])"],
        "loss": "-sum(k, y[k]*log(p[k]))",
        "assumptions": ["sum(k, y[k]) = 1"],
    }
    W = [[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0, -0.45, -0.2, 0.03]]
    found = evaluated(table, x=[-15, 22, -44, 56], W=W, b=[0, 0.2, -0.3], y=[0, 0, 1])
    np.testing.assert_allclose(found["z"], [-2.85, 0.86, 0.28], rtol=1e-12)
    np.testing.assert_allclose(found["p"], [0.0154493157, 0.6311633536, 0.3533873307], atol=1e-10)  # printed .016, .631, .353
    np.testing.assert_allclose(found["loss"], 1.0401905694, atol=1e-10)  # printed 1.04
    np.testing.assert_allclose(found["db"], [0.015449315676, 0.631163353605, -0.646612669281], atol=1e-12)


# Keras, attention_test.py: inputs and forward values; gradients are our reference
ATTENTION: dict[str, Any] = {
    "axes": {"t": 2, "s": 2, "d": 2, "e": 2},
    "inputs": ["R[t,e]", "scale"],
    "parameters": ["Q[t,d]", "K[s,d]", "V[s,e]"],
    "equations": [
        "S[t,s] = scale*sum(d, Q[t,d]*K[s,d])",
        "P[t,s] = softmax(s, S[t,s])",
        "O[t,e] = sum(s, P[t,s]*V[s,e])",
    ],
    "loss": "sum(t, sum(e, R[t,e]*O[t,e]))",
}


def attention(scale: float) -> dict[str, Array]:
    return evaluated(ATTENTION, Q=np.eye(2), K=[[0, 1], [1, 0]], V=[[1, 2], [3, 4]], R=[[1, -1], [0.5, 2]], scale=scale)


def test_keras_attention() -> None:
    found = attention(1)
    np.testing.assert_allclose(found["P"], [[0.2689414214, 0.7310585786], [0.7310585786, 0.2689414214]], atol=1e-10)
    np.testing.assert_allclose(found["O"], [[2.4621171573, 3.4621171573], [1.5378828427, 2.5378828427]], atol=1e-10)
    np.testing.assert_allclose(found["dQ"], [[0, 0], [0.983059666207, -0.983059666207]], atol=1e-12)
    np.testing.assert_allclose(found["dK"], [[0, -0.983059666207], [0, 0.983059666207]], atol=1e-12)
    np.testing.assert_allclose(found["dV"], [[0.634470710685, 1.19317573589], [0.865529289315, -0.19317573589]], atol=1e-11)


def test_keras_attention_scaled() -> None:
    np.testing.assert_allclose(attention(0.5**0.5)["dQ"][1], [0.781992982726, -0.781992982726], atol=1e-12)


NORMED = np.array([[5.1, 3.5, 1.4], [4.9, 3, 1.4], [4.7, 3.2, 1.3], [6.4, 3.2, 4.5]])


def normalised(over: str) -> dict[str, Array]:
    """Batch norm over b, layer norm over j, with the biased variance."""
    kept = "j" if over == "b" else "b"
    table = {
        "axes": {"b": 4, "j": 3},
        "inputs": ["R[b,j]"],
        "parameters": ["x[b,j]", "gamma[j]", "beta[j]"],
        "equations": [
            f"mu[{kept}] = sum({over}, x[b,j])/size({over})",
            f"v[{kept}] = sum({over}, (x[b,j] - mu[{kept}])**2)/size({over})",
            f"u[b,j] = (x[b,j] - mu[{kept}])/sqrt(v[{kept}] + 0.00001)",
            "o[b,j] = gamma[j]*u[b,j] + beta[j]",
        ],
        "loss": "sum(b, sum(j, R[b,j]*o[b,j]))",
    }
    return evaluated(table, x=NORMED, gamma=[1, 0.5, -2], beta=[0.1, 0, 0.3], R=spread(-1, 1, 4, 3))


def test_batch_norm_with_the_statistics_of_the_batch() -> None:
    found = normalised("b")
    np.testing.assert_allclose(found["dgamma"], [1.518013605019, -1.069137096811, 1.848466014332], atol=1e-12)
    np.testing.assert_allclose(found["dbeta"], [-0.727272727273, 0, 0.727272727273], atol=1e-12)
    np.testing.assert_allclose(found["dx"][0], [-1.080526866473, -1.138378687055, 0.829309105688], atol=1e-11)


def test_layer_norm() -> None:
    found = normalised("j")
    np.testing.assert_allclose(found["dgamma"], [-0.807926602919, -0.978776999446, 0.190642130066], atol=1e-12)
    np.testing.assert_allclose(found["dx"][3], [0.509594313469, 0.744788745506, -1.254383058976], atol=1e-11)


def test_valid_convolution_in_two_dimensions() -> None:
    table = {
        "axes": {"p": 2, "q": 2, "u": 3, "v": 3, "m": 4, "n": 4},
        "inputs": ["R[p,q]"],
        "parameters": ["x[m,n]", "w[u,v]"],
        "equations": ["z[p,q] = sum(u, sum(v, w[u,v]*x[p+u,q+v]))"],
        "loss": "sum(p, sum(q, R[p,q]*z[p,q]))",
    }
    sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4
    found = evaluated(table, x=np.arange(16).reshape(4, 4) / 10, w=sobel, R=[[1, 2], [3, 4]])
    np.testing.assert_allclose(found["dw"], [[3.4, 4.4, 5.4], [7.4, 8.4, 9.4], [11.4, 12.4, 13.4]], rtol=1e-13)
    dx = [[0.25, 0.5, -0.25, -0.5], [1.25, 2, -1.25, -2], [1.75, 2.5, -1.75, -2.5], [0.75, 1, -0.75, -1]]
    np.testing.assert_allclose(found["dx"], dx, rtol=1e-13)


# CS231n 2023, notebooks on convolutional and recurrent networks (inputs are np.linspace)
def test_cs231n_convolution_with_stride_and_padding() -> None:
    table = {
        "axes": {"b": 2, "c": 3, "m": 4, "n": 4, "f": 3, "u": 4, "v": 4, "p": 2, "q": 2},
        "inputs": ["x[b,c,m,n]"],
        "parameters": ["w[f,c,u,v]", "d[f]"],
        "equations": ["z[b,f,p,q] = sum(c, sum(u, sum(v, w[f,c,u,v]*x[b,c,2*p+u-1,2*q+v-1]))) + d[f]"],
        "pad": {"x": 0},
        "loss": "sum(b, sum(f, sum(p, sum(q, z[b,f,p,q]))))",
    }
    found = evaluated(table, x=spread(-0.1, 0.5, 2, 3, 4, 4), w=spread(-0.2, 0.3, 3, 3, 4, 4), d=spread(-0.1, 0.2, 3))
    np.testing.assert_allclose(found["z"][0, 0], [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]], atol=5e-9)
    np.testing.assert_allclose(found["z"][1, 2], [[2.36270298, 2.36904306], [2.38090835, 2.38247847]], atol=5e-9)


def test_cs231n_max_pooling() -> None:
    table = {
        "axes": {"b": 2, "c": 3, "m": 4, "n": 4, "p": 2, "q": 2, "u": 2, "v": 2},
        "parameters": ["x[b,c,m,n]"],
        "equations": ["o[b,c,p,q] = max(u, v, x[b,c,2*p+u,2*q+v])"],
        "loss": "sum(b, sum(c, sum(p, sum(q, o[b,c,p,q]))))",
    }
    found = evaluated(table, x=spread(-0.3, 0.4, 2, 3, 4, 4))
    np.testing.assert_allclose(found["o"][0, 0], [[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]], atol=5e-9)
    np.testing.assert_allclose(found["o"][1, 2], [[0.32631579, 0.34105263], [0.38526316, 0.4]], atol=5e-9)
    assert found["dx"].sum() == 24
    assert set(found["dx"].ravel()) == {0, 1}


def test_cs231n_recurrent_network_with_a_given_first_state() -> None:
    table = {
        "axes": {"b": 2, "t": 3, "d": 4, "h": 5},
        "inputs": ["x[b,t,d]"],
        "parameters": ["s[b,h]", "Wx[d,h]", "Wh[h,h]", "c[h]"],
        "equations": [
            "a[b,t,h] = tanh(sum(d, x[b,t,d]*Wx[d,h]) + sum(p, cases(t < 1, s[b,p], a[b,t-1,p])*Wh[p,h]) + c[h])",
        ],
        "loss": "sum(b, sum(t, sum(h, a[b,t,h])))",
    }
    given = {"x": spread(-0.1, 0.3, 2, 3, 4), "s": spread(-0.3, 0.1, 2, 5), "Wx": spread(-0.2, 0.4, 4, 5)}
    found = evaluated(table, **given, Wh=spread(-0.4, 0.1, 5, 5), c=spread(-0.7, 0.1, 5))
    np.testing.assert_allclose(found["a"][0, 0], [-0.42070749, -0.27279261, -0.11074945, 0.05740409, 0.22236251], atol=5e-9)


def test_the_assumption_of_soft_targets_is_cited() -> None:
    table = {
        "axes": {"b": 2, "k": 3},
        "inputs": ["y[b,k]"],
        "parameters": ["z[b,k]"],
        "equations": ["p[b,k] = softmax(k, z[b,k])"],
        "loss": "-sum(b, sum(k, y[b,k]*log(p[b,k])))",
        "assumptions": ["sum(k, y[b,k]) = 1"],
    }
    system = network(table).pattern
    derivation = reverse_sweep(system).derivations[-1]
    assert any(step.rule == "assumption" for step in derivation.steps)
    z = np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 0.25]])
    y = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(evaluated(table, z=z, y=y)["dz"], p - y, atol=1e-14)


@pytest.mark.parametrize("name", ["dW", "sum"])
def test_names_of_results_are_not_taken_by_values(name: str) -> None:
    with pytest.raises(Exception, match=r"dW is the name|is a builtin"):
        network({"axes": {"i": 2}, "parameters": ["W[i]"], "equations": [f"{name} = sum(i, W[i])"], "loss": name})
