"""Formulas as plain text."""

from __future__ import annotations

import pytest
from mpmath import mp
from sympy import Rational

from derive.equations import Equation
from derive.expressions import Apply, Bracket, Function, Number, Partial, Power, Relation, Size, Tensor, Total
from derive.functions.scalar import FUNCTIONS, primitive_derivative, scalar_body
from derive.functions.tables import table
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.language.plain import number_text, plain, plain_equation
from derive.network import network
from tests.derive.values import value

B, J, K = Axis("batch", 4), Axis("n1", 3), Axis("n2", 2)
W2, delta1, delta2, a1 = Tensor("W2", (K, J)), Tensor("delta1", (B, J)), Tensor("delta2", (B, K)), Tensor("a1", (B, J))
b, j, k = Index("b", B), Index("j", J), Index("k", K)


def test_the_recursion_of_delta_reads_as_in_the_design() -> None:
    right = Total(k, W2[k, j] * delta2[b, k]) * Bracket(Relation(a1[b, j], ">", Number(0)))
    assert plain_equation(Equation(delta1[b, j], right)) == "delta1[b,j] = sum_k W2[k,j]*delta2[b,k] * [a1[b,j] > 0]"


def test_indices_with_one_hint_get_different_letters_and_the_free_one_keeps_its_own() -> None:
    other = Index("j", J)
    assert plain(Total(other, a1[b, other]) * a1[b, j]) == "sum_k a1[b,k] * a1[b,j]"


def test_sums_in_different_terms_share_a_letter_but_factors_do_not() -> None:
    one, two = Index("p", J), Index("p", J)
    first, second = Total(one, a1[b, one]), Total(two, a1[b, two])
    assert plain(first + second) == "sum_p a1[b,p] + sum_p a1[b,p]"
    assert plain(first * second) == "(sum_p a1[b,p]) * sum_k a1[b,k]"


def test_a_letter_bound_in_one_term_is_not_taken_around_it_in_another() -> None:
    one, two = Index("p", J), Index("p", J)
    inner = Total(one, a1[b, one])
    outer = Total(two, a1[b, two] * inner)
    assert plain(inner + outer) == "sum_p a1[b,p] + sum_k a1[b,k] * sum_p a1[b,p]"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (a1[b, j] - delta1[b, j], "a1[b,j] - delta1[b,j]"),
        (a1[b, j] - (a1[b, j] - delta1[b, j]), "a1[b,j] - (a1[b,j] - delta1[b,j])"),
        (-(a1[b, j] - delta1[b, j]), "-(a1[b,j] - delta1[b,j])"),
        ((a1[b, j] - 1) ** 2, "(a1[b,j] - 1)**2"),
        ((-a1[b, j]) ** 2, "(-a1[b,j])**2"),
        (Number(-2) ** 2, "(-2)**2"),
        (a1[b, j] / (2 * a1[b, j]), "a1[b,j]/(2*a1[b,j])"),
        (-a1[b, j] / Size(B) / delta1[b, j], "-a1[b,j]/(batch*delta1[b,j])"),
        (1 / Size(B) * Total(b, a1[b, j]), "1/batch * sum_b a1[b,j]"),
        (Number("1/2") * Power(Size(J), Number(-1)) * Total(j, a1[b, j] ** 2), "1/(2*n1) * sum_j a1[b,j]**2"),
        (Power(a1[b, j], Number("-1/2")), "1/sqrt(a1[b,j])"),
        (Apply(Function("tanh").prime, a1[b, j]), "tanh'(a1[b,j])"),
        (Partial(a1[b, j], delta1[b, j]), "d(a1[b,j])/d(delta1[b,j])"),
        (a1[b, Affine(-1, AffineTerm(2, j))], "a1[b,2*j-1]"),
        (a1[0, Affine(3, AffineTerm(-1, j))], "a1[0,3-j]"),
    ],
)
def test_signs_divisions_and_positions(expression: object, text: str) -> None:
    assert plain(expression) == text


@pytest.mark.parametrize(
    ("number", "text"), [("3", "3"), ("1/2", "1/2"), ("-1/3", "-1/3"), ("0.01", "0.01"), ("-1.702", "-1.702"), ("0.2", "0.2")]
)
def test_numbers_are_exact(number: str, text: str) -> None:
    assert number_text(Rational(number)) == text
    assert Rational(text) == Rational(number)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_printed_can_be_read_again(name: str) -> None:
    body = FUNCTIONS[name].body or primitive_derivative(name)
    again = scalar_body(plain(body), name)
    for z in (-1.75, -0.3, 0.4, 2.5):
        if name == "log":
            z = abs(z)
        assert mp.almosteq(value(body, z=mp.mpf(z)), value(again, z=mp.mpf(z)), 1e-14)


def test_the_tables_are_written_in_the_spelling_of_the_printer() -> None:
    for name in ("silu", "mish", "relu", "softsign", "sigmoid", "hard_tanh"):
        assert plain(FUNCTIONS[name].body) == table("activations")[name]["formula"]


def test_the_equations_of_a_batch() -> None:
    lines = [plain_equation(equation) for equation in network("3-2:tanh-2:softmax").batch.equations]
    assert lines == [
        "z1[b,j] = sum_p W1[j,p]*x[b,p] + b1[j]",
        "a1[b,j] = tanh(z1[b,j])",
        "z2[b,j] = sum_p W2[j,p]*a1[b,p] + b2[j]",
        "a2[b,j] = exp(z2[b,j])/(sum_k exp(z2[b,k]))",
        "loss[b] = -sum_k t[b,k]*log(a2[b,k])",
        "cost = 1/batch * sum_b loss[b]",
    ]
