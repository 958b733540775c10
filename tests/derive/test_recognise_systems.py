"""Whole systems, derived and without indices: networks, attention, layer normalisation."""

from __future__ import annotations

import pytest

from derive.chain_rule import reverse_sweep
from derive.equations import Equation, System
from derive.expressions import Expression, Function, Number, Power, Size, Tensor, total
from derive.indices import Axis, Index
from derive.matrices.recognise import recognise
from derive.network import network
from tests.derive.matrix_numbers import as_text, has_the_values

EXP = Function("exp")


def equations_of(system: System) -> tuple[Equation, ...]:
    return (*system.equations, *(derivation.equation for derivation in reverse_sweep(system).derivations))


def forms_of(system: System) -> dict[str, str]:
    found = {}
    for equation in equations_of(system):
        form = recognise(equation)
        assert form is not None, equation.tensor.name
        found[as_text(form.left)] = as_text(form.right)
    return found


def attention(lead: tuple[Axis, ...]) -> System:
    """Scaled dot-product self-attention, with a leading axis of items if there is one."""
    time, state, width = Axis("T", 3), Axis("d", 2), Axis("e", 4)
    x, y = Tensor("x", (*lead, time, width), "input"), Tensor("y", (*lead, time, state), "input")
    weights = tuple(Tensor(name, (state, width), "weight") for name in ("WQ", "WK", "WV"))
    queries, keys, values, outputs = (Tensor(name, (*lead, time, state)) for name in "QKVO")
    scores, shares = (Tensor(name, (*lead, time, time)) for name in "SP")
    c = tuple(Index("c", axis) for axis in lead)
    t, s, u, j, k, p = (Index(letter, axis) for letter, axis in zip("tsujkp", (time, time, time, state, state, width), strict=True))

    def at(tensor: Tensor, *indices: Index) -> Expression:
        return tensor[(*c, *indices)]

    equations = (
        *(Equation(at(made, t, j), total(p, at(x, t, p) * w[j, p])) for made, w in zip((queries, keys, values), weights, strict=True)),
        Equation(at(scores, t, s), total(k, at(queries, t, k) * at(keys, s, k)) * Power(Size(state), Number("-1/2"))),
        Equation(at(shares, t, s), EXP(at(scores, t, s)) / total(u, EXP(at(scores, t, u)))),
        Equation(at(outputs, t, j), total(s, at(shares, t, s) * at(values, s, j))),
        Equation(Tensor("loss", (), "loss")[()], total((*c, t, j), (at(outputs, t, j) - at(y, t, j)) ** 2)),
    )
    return System("attention", (x, y), weights, equations)


def layer_norm() -> System:
    batch, width = Axis("B", 3), Axis("n", 4)
    x, y, z, h, out = (Tensor(name, (batch, width), role) for name, role in zip("xyzho", ("input", "input", *["value"] * 3), strict=True))
    mu, v, r = (Tensor(name, (batch,)) for name in ("mu", "v", "r"))
    g, w = Tensor("g", (width,), "weight"), Tensor("W", (width, width), "weight")
    b, i, j, k = Index("b", batch), *(Index(letter, width) for letter in "ijk")
    equations = (
        Equation(z[b, j], total(k, w[j, k] * x[b, k])),
        Equation(mu[b], total(i, z[b, i]) / Size(width)),
        Equation(v[b], total(i, (z[b, i] - mu[b]) ** 2) / Size(width)),
        Equation(r[b], Power(v[b] + Number("1/1000"), Number("-1/2"))),
        Equation(h[b, j], (z[b, j] - mu[b]) * r[b]),
        Equation(out[b, j], g[j] * h[b, j]),
        Equation(Tensor("loss", (), "loss")[()], total((b, j), (out[b, j] - y[b, j]) ** 2)),
    )
    return System("layer_norm", (x, y), (w, g), equations)


def test_the_backward_pass_of_one_pattern_reads_as_in_a_textbook() -> None:
    forms = forms_of(network("3-4:tanh-2:sigmoid").pattern)
    assert forms["z1"] == "W1 x + b1"
    assert forms["loss"] == "1/2 |a2 + -1 t|^2"
    assert forms["delta1"].startswith("(W2^T delta2) o ")
    assert (forms["dW2"], forms["dW1"], forms["db1"]) == ("delta2 a1^T", "delta1 x^T", "delta1")


def test_the_backward_pass_of_a_batch_reads_as_in_a_textbook() -> None:
    table = {"inputs": 3, "l2": 0.1, "layers": [{"units": 4, "activation": "relu"}, {"units": 2, "activation": "softmax"}]}
    forms = forms_of(network(table).batch)
    assert forms["z1"] == "x W1^T + 1 b1^T"
    assert forms["cost"] == "1/|batch| 1^T loss + 1/20 |W1|^2 + 1/20 |W2|^2"
    assert forms["delta2"] == "1/|batch| (a2 + -1 t)"
    assert forms["delta1"].startswith("(delta2 W2) o ")
    assert (forms["dW2"], forms["dW1"]) == ("delta2^T a1 + 1/10 W2", "delta1^T x + 1/10 W1")
    assert forms["db1"] == "delta1^T 1"


@pytest.mark.parametrize(
    "activation", ["sigmoid", "relu6", "leaky_relu", "elu", "softplus", "softsign", "gelu", "silu", "hard_tanh", "softmax"]
)
def test_every_equation_of_a_network_has_a_matrix_form(activation: str) -> None:
    net = network(f"3-4:{activation}-2:sigmoid", loss="binary_cross_entropy")
    assert forms_of(net.pattern)
    assert forms_of(net.batch)


def test_attention_and_its_gradients() -> None:
    system = attention(())
    forms = forms_of(system)
    assert forms["S"] == "|d|^-1/2 Q K^T"
    assert forms["P"] == "shares(exp(S))"
    assert forms["dS"] == "P o (dP + -1 (dP o P) 1 1^T)"
    assert (forms["dQ"], forms["dK"], forms["dP"]) == ("|d|^-1/2 dS K", "|d|^-1/2 dS^T Q", "dO V^T")
    assert forms["dWQ"] == "dQ^T x"


def test_attention_of_many_items_is_the_attention_of_each() -> None:
    forms = forms_of(attention((Axis("I", 2),)))
    assert forms["S_c"] == "|d|^-1/2 Q_c K_c^T"
    assert forms["dS_c"] == "P_c o (dP_c + -1 (dP_c o P_c) 1 1^T)"
    assert forms["dWQ"] == "sum_c dQ_c^T x_c"


def test_layer_normalisation_and_its_gradients() -> None:
    forms = forms_of(layer_norm())
    assert forms["h"] == "diag(r) (z + -1 mu 1^T)"
    assert forms["o"] == "h diag(g)"
    assert forms["dg"] == "(do o h)^T 1"


@pytest.mark.parametrize("system", [attention(()), attention((Axis("I", 2),)), layer_norm()], ids=["attention", "items", "layer_norm"])
def test_the_forms_of_whole_systems_have_the_values_of_their_index_forms(system: System) -> None:
    for equation in equations_of(system):
        form = recognise(equation)
        assert form is not None
        assert has_the_values(equation, form, positive=True), equation.tensor.name
