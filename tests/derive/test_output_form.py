"""Derivatives through the output: f'(z) = g(f(z)), found and proved; the prover refuses what is wrong."""

from __future__ import annotations

import pytest
from mpmath import mp
from sympy import Rational

from derive.expressions import Apply, Variable
from derive.functions.activations import own_activation
from derive.functions.output_form import output_form, proves
from derive.functions.scalar import FUNCTIONS, function, scalar_body
from derive.language.plain import plain
from tests.derive.values import value

FORMS = {
    "sigmoid": "z*(1 - z)",
    "tanh": "1 - z**2",
    "exp": "z",
    "relu": "[z > 0]",
    "relu6": "[z > 0, z < 6]",
    "hard_tanh": "[z > -1, z < 1]",
    "leaky_relu": "cases(z > 0, 1, 0.01)",
    "elu": "cases(z > 0, 1, z + 1)",
    "softsign": "(1 - abs(z))**2",
    "linear": "1",
}


@pytest.mark.parametrize("name", FORMS)
def test_the_textbook_form_is_found(name: str) -> None:
    form = output_form(FUNCTIONS[name])
    assert form is not None
    assert form.expression is not None
    assert plain(form.expression) == FORMS[name]


@pytest.mark.parametrize("name", [*FORMS, "selu"])
def test_the_form_is_the_derivative_at_forty_digits(name: str) -> None:
    """An oracle that does not know the proof: central differences at 80 digits."""
    form = output_form(FUNCTIONS[name])
    assert form is not None
    with mp.workdps(80):
        for place in ("-7.3", "-0.7", "0.2", "2.9", "8.5"):
            z = mp.mpf(place)
            output = value(Apply(FUNCTIONS[name], Variable()), z=z)
            h = mp.mpf(10) ** -30
            ahead, behind = (value(Apply(FUNCTIONS[name], Variable()), z=z + step) for step in (h, -h))
            assert abs(value(form.expression, z=output) - (ahead - behind) / (2 * h)) < mp.mpf(10) ** -40


def test_the_derivative_of_softplus_is_sigmoid() -> None:
    form = output_form(FUNCTIONS["softplus"])
    assert form is not None
    assert form.function == FUNCTIONS["sigmoid"]


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "mish", "log", "sin", "erf", "abs"])
def test_a_function_that_loses_its_argument_has_no_form(name: str) -> None:
    assert output_form(FUNCTIONS[name]) is None


@pytest.mark.parametrize(
    ("name", "alpha", "has_form"), [("leaky_relu", "-1", False), ("leaky_relu", "1/5", True), ("elu", "1.3", True), ("elu", "-2", False)]
)
def test_a_form_holds_only_for_the_parameters_that_the_proof_covers(name: str, alpha: str, has_form: bool) -> None:
    assert (output_form(function(name, alpha=Rational(alpha))) is not None) == has_form


def test_a_user_s_formula_gets_its_form() -> None:
    form = output_form(own_activation("sigmoid(2*z)").function)
    assert form is not None
    assert plain(form.expression) == "2*z*(1 - z)"
    assert output_form(own_activation("z*sigmoid(1.702*z)").function) is None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sigmoid", "z*(1 + z)"),
        ("sigmoid", "1 - z**2"),
        ("sigmoid", "2*z*(1 - z)"),
        ("tanh", "1 - z"),
        ("relu", "[z >= 0]"),
        ("relu", "[z < 0]"),
        ("relu", "1"),
        ("relu6", "[z > 0]"),
        ("relu6", "[z >= 0, z < 6]"),
        ("relu6", "[z > 0, z <= 6]"),
        ("hard_tanh", "[z > 0, z < 1]"),
        ("leaky_relu", "cases(z > 0, 0.01, 1)"),
        ("leaky_relu", "cases(z >= 0, 1, 0.01)"),
        ("elu", "cases(z > 0, 1, z - 1)"),
        ("softsign", "(1 - z)**2"),
        ("softsign", "(1 - abs(z))"),
        ("sin", "cos(z)"),
    ],
)
def test_the_prover_refuses_a_wrong_form(name: str, wrong: str) -> None:
    assert not proves(FUNCTIONS[name], scalar_body(wrong, "a mutation"))


@pytest.mark.parametrize("name", FORMS)
def test_the_prover_accepts_the_right_form(name: str) -> None:
    assert proves(FUNCTIONS[name], scalar_body(FORMS[name], "a form"))


def test_elu_at_the_kink_needs_the_branch_of_the_kink() -> None:
    """With alpha = 1.3 the slope jumps at 0, where the kink belongs to the left branch (PyTorch: 1.3)."""
    elu = function("elu", alpha=Rational("1.3"))
    assert proves(elu, scalar_body("cases(z > 0, 1, z + 1.3)", "a form"))
    assert not proves(elu, scalar_body("cases(z >= 0, 1, z + 1.3)", "a mutation"))
