"""Activations and losses against PyTorch and closed forms: values, limits, derivatives at kinks."""

from __future__ import annotations

import pytest
from mpmath import mp
from sympy import Rational

from derive.calculus.differentiate import differentiate
from derive.errors import InputError
from derive.expressions import Apply, Expression, Tensor, Variable
from derive.functions.activations import activation, activation_names, own_activation
from derive.functions.losses import default_loss, loss, loss_names
from derive.functions.scalar import FUNCTIONS, function, primitive_derivative
from derive.indices import Axis, Index
from derive.traversal import rebuild
from tests.derive.values import PRIMITIVES, value

SCALAR = [name for name in activation_names() if name != "softmax"]
POINTS = (-8.0, -6.0, -2.3, -1.0, -0.4, 0.0, 0.7, 1.0, 3.1, 6.0, 11.0)


def slope_at(name: str, z: float, **parameters: float) -> float:
    """The derivative by our rules, with every function inside written out and every prime carried out."""

    def carried_out(part: Expression) -> Expression:
        if isinstance(part, Apply) and part.function.order:
            return put(carried_out(differentiate(part.function.body, Variable())), carried_out(part.argument))
        return rebuild(part, carried_out)

    def put(part: Expression, argument: Expression) -> Expression:
        return argument if isinstance(part, Variable) else rebuild(part, lambda inner: put(inner, argument))

    whole = function(name, **{key: Rational(str(given)) for key, given in parameters.items()})
    body = whole.body if whole.body is not None else Apply(whole, Variable())
    return float(value(carried_out(differentiate(body, Variable())), z=mp.mpf(z)))


def torch_function(name: str):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    special = {
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
        "linear": lambda x: 1 * x,
        "hard_tanh": functional.hardtanh,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": lambda x: functional.softplus(x, threshold=100.0),
    }
    return special.get(name) or getattr(functional, name)


@pytest.mark.parametrize("name", SCALAR)
def test_values_and_slopes_are_pytorchs_at_kinks_too(name: str) -> None:
    torch = pytest.importorskip("torch")
    for place in POINTS:
        z = torch.tensor(place, dtype=torch.float64, requires_grad=True)
        output = torch_function(name)(z)
        output.backward()
        whole = activation(name).function
        assert float(value(Apply(whole, Variable()), z=mp.mpf(place))) == pytest.approx(output.item(), rel=1e-12, abs=1e-15)
        assert slope_at(name, place) == pytest.approx(z.grad.item(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "kink", "slope"),
    [
        ("relu", 0, 0),
        ("leaky_relu", 0, 0.01),
        ("elu", 0, 1),
        ("relu6", 0, 0),
        ("relu6", 6, 0),
        ("hard_tanh", 1, 0),
        ("hard_tanh", -1, 0),
        ("abs", 0, 0),
        ("softsign", 0, 1),
    ],
)
def test_a_kink_has_the_slope_of_the_branch_it_falls_in(name: str, kink: float, slope: float) -> None:
    assert slope_at(name, kink) == slope


def test_parameters_move_the_slope_at_the_kink() -> None:
    assert slope_at("leaky_relu", 0, alpha=0.1) == pytest.approx(0.1)
    assert slope_at("elu", 0, alpha=1.3) == pytest.approx(1.3)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_derivative_of_a_primitive_is_its_derivative(name: str) -> None:
    with mp.workdps(40):
        for place in ("0.3", "1.7"):
            assert mp.almosteq(value(primitive_derivative(name), z=mp.mpf(place)), mp.diff(PRIMITIVES[name], mp.mpf(place)), 1e-15)


def test_a_primitive_without_a_derivative_is_refused() -> None:
    with pytest.raises(InputError, match="unknown primitive 'relu'"):
        primitive_derivative("relu")


def test_softmax_is_a_formula_over_indices() -> None:
    axis = Axis("n1", 3)
    j = Index("j", axis)
    at_one = value(activation("softmax").at(Tensor("z1", (axis,)), j), {"z1": [mp.mpf(1), mp.mpf(2), mp.mpf(-1)]}, {j: 1})
    assert float(at_one) == pytest.approx(float(mp.e**2 / (mp.e + mp.e**2 + mp.e**-1)))


def test_the_identity_leaves_the_value_as_it_is() -> None:
    axis = Axis("n1", 3)
    j, z = Index("j", axis), Tensor("z1", (axis,))
    assert activation("linear").at(z, j) == z[j]


def test_a_formula_of_the_users_own() -> None:
    own = own_activation("z*sigmoid(beta*z)", {"beta": Rational("1.702")})
    z = mp.mpf("0.6")
    assert mp.almosteq(value(Apply(own.function, Variable()), z=z), z / (1 + mp.exp(-z * mp.mpf("1.702"))), 1e-14)


def test_a_formula_of_several_lines_stands_on_one() -> None:
    assert own_activation("z\n  + 1\r\n\t- 2").formula == "z + 1 - 2"


@pytest.mark.parametrize(
    ("formula", "parameters", "words"),
    [
        ("z*sigmod(z)", {}, "column 3: unknown function 'sigmod'; nearest: sigmoid"),
        ("y*2", {}, "column 1: unknown name 'y'"),
        ("z[j]*2", {}, "write it in z alone"),
        ("z**", {}, "column 4"),
        ("pi*z", {"pi": 3}, "has the name of"),
        ("__import__('os').system('x')", {}, "column 1"),
    ],
)
def test_a_formula_that_cannot_be_used_is_refused(formula: str, parameters: dict[str, int], words: str) -> None:
    with pytest.raises(InputError) as refusal:
        own_activation(formula, parameters)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: activation("rleu"), "nearest: relu"),
        (lambda: activation("leaky_relu", {"alpa": 1}), "nearest: alpha"),
        (lambda: activation("relu", {"alpha": 1}), "relu has no parameters"),
        (lambda: function("softmax"), "function of vectors"),
        (lambda: function("expp"), "nearest: exp"),
        (lambda: loss("cross_entrop"), "nearest: cross_entropy"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(call, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        call()
    assert words in str(refusal.value)


def test_every_function_of_the_table_can_be_made() -> None:
    assert set(SCALAR) <= set(FUNCTIONS)
    assert all(FUNCTIONS[name].name == name for name in FUNCTIONS)
    assert "softmax" not in FUNCTIONS


LOSSES = {  # the contract's words, in NumPy terms
    "squared_error": lambda a, t: sum((p - q) ** 2 for p, q in zip(a, t, strict=True)),
    "half_squared_error": lambda a, t: sum((p - q) ** 2 for p, q in zip(a, t, strict=True)) / 2,
    "mean_squared_error": lambda a, t: sum((p - q) ** 2 for p, q in zip(a, t, strict=True)) / len(a),
    "half_mean_squared_error": lambda a, t: sum((p - q) ** 2 for p, q in zip(a, t, strict=True)) / (2 * len(a)),
    "cross_entropy": lambda a, t: -sum(q * mp.log(p) for p, q in zip(a, t, strict=True)),
    "binary_cross_entropy": lambda a, t: -sum(q * mp.log(p) + (1 - q) * mp.log(1 - p) for p, q in zip(a, t, strict=True)),
}


@pytest.mark.parametrize("name", loss_names())
def test_losses_are_the_contracts(name: str) -> None:
    axis = Axis("n1", 3)
    outputs, targets = [mp.mpf(s) for s in ("0.2", "0.5", "0.3")], [mp.mpf(s) for s in ("0.1", "0.7", "0.2")]
    formula = loss(name).at(Tensor("a1", (axis,)), Tensor("t", (axis,)))
    assert mp.almosteq(value(formula, {"a1": outputs, "t": targets}), LOSSES[name](outputs, targets), 1e-14)


def test_cross_entropy_assumes_that_targets_sum_to_one() -> None:
    axis = Axis("n1", 3)
    (assumption,) = loss("cross_entropy").assumptions(Tensor("a1", (axis,)), Tensor("t", (axis,)))
    assert value(assumption.left, {"t": [mp.mpf(s) for s in (0.25, 0.25, 0.5)]}) == value(assumption.right) == 1
    assert loss("binary_cross_entropy").assumptions(Tensor("a1", (axis,)), Tensor("t", (axis,))) == ()


def test_the_default_loss_follows_the_output() -> None:
    assert default_loss("softmax") == "cross_entropy"
    assert default_loss("sigmoid") == default_loss("") == "half_squared_error"


@pytest.mark.parametrize("formula", ["0*z", "cases(z > 0, 0*z, 0)", "cases(z > 0, z*0, z > 1, z, 0)", "z - z + 2"])
def test_an_activation_of_one_value_is_refused(formula: str) -> None:
    with pytest.raises(InputError, match="does not depend on z"):
        own_activation(formula)


def test_an_activation_that_is_level_near_zero_is_none_of_one_value() -> None:
    assert own_activation("cases(z > 3, z - 3, z < -3, z + 3, 0)").name
