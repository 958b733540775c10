"""Formulas as LaTeX: brackets, order, letters. Expected strings are those of the sketch in design.md and of seed 003."""

from __future__ import annotations

import pytest

from derive.equations import Equation
from derive.expressions import (
    ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Constant,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Partial,
    Power,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
    product,
)
from derive.indices import Affine, Axis, Index
from derive.notation import View, latex, latex_chain, latex_equation, load

NIELSEN = load("nielsen")
N0, N1, N2 = Axis("n0", 2), Axis("n1", 3), Axis("n2", 2)
X, T = Tensor("x", (N0,), "input", 0), Tensor("t", (N2,), "target", 2)
W1, W2 = Tensor("W1", (N1, N0), "weight", 1), Tensor("W2", (N2, N1), "weight", 2)
B2 = Tensor("b2", (N2,), "bias", 2)
Z1, Z2 = Tensor("z1", (N1,), "pre_activation", 1), Tensor("z2", (N2,), "pre_activation", 2)
A1, A2 = Tensor("a1", (N1,), "output", 1), Tensor("a2", (N2,), "output", 2)
LOSS = Entry(Tensor("loss", (), "loss"))
DELTA1, DELTA2 = Tensor("delta1", (N1,), "delta", 1, Z1), Tensor("delta2", (N2,), "delta", 2, Z2)
SIGMA, EXP, LOG = Function("sigmoid"), Function("exp"), Function("log")
J, K = Index("j", N1), Index("k", N2)
HALF = Number("1/2")


def hidden_delta() -> list[Expression]:
    """The chain of the sketch in design.md, with fresh bound indices in every line."""

    def k() -> Index:
        return Index("k", N2)

    k1, k2, k3, k4, p1, p2 = k(), k(), k(), k(), Index("p", N1), Index("p", N1)
    pre_activation = Total(p1, W2[k2, p1] * SIGMA(Z1[p1])) + B2[k2]
    bracket = Bracket(Relation(p2, "=", J))
    return [
        DELTA1[J],
        Partial(LOSS, Z1[J]),
        Total(k1, Partial(LOSS, Z2[k1]) * Partial(Z2[k1], Z1[J])),
        Total(k2, DELTA2[k2] * Partial(pre_activation, Z1[J])),
        Total(k3, DELTA2[k3] * Total(p2, W2[k3, p2] * SIGMA.prime(Z1[p2]) * bracket)),
        Total(k4, DELTA2[k4] * W2[k4, J] * SIGMA.prime(Z1[J])),
    ]


def test_hidden_delta_reads_as_in_the_design() -> None:
    assert latex_chain(hidden_delta(), NIELSEN, View(general=1)) == (
        r"\delta_j^l",
        r"\frac{\partial J}{\partial z_j^l}",
        r"\sum_{k}\frac{\partial J}{\partial z_k^{l+1}}\,\frac{\partial z_k^{l+1}}{\partial z_j^l}",
        r"\sum_{k}\delta_k^{l+1}\,\frac{\partial}{\partial z_j^l}\Bigl(\sum_{p}w_{kp}^{l+1}\,\sigma(z_p^l) + b_k^{l+1}\Bigr)",
        r"\sum_{k}\delta_k^{l+1}\sum_{p}w_{kp}^{l+1}\,\sigma'(z_p^l)\,[p=j]",
        r"\sum_{k}\delta_k^{l+1}\,w_{kj}^{l+1}\,\sigma'(z_j^l)",
    )


def test_layers_are_counted_from_one_or_named_from_the_last() -> None:
    assert latex(Z1[J], NIELSEN) == "z_j^2"
    assert latex(Z1[J], NIELSEN, View(last=2)) == "z_j^{L-1}"
    assert latex(Z2[K], NIELSEN, View(last=2)) == "z_j^L"
    assert latex(A1[J], NIELSEN, View(general=2)) == "a_j^{l-1}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (product(HALF, Number(2), T[K] - A2[K], Number(-1)), r"\tfrac{1}{2} \cdot 2\,(y_j - a_j^3) \cdot (-1)"),
        (-(T[K] - A2[K]), "-(y_j - a_j^3)"),
        (A2[K] * (ONE - A2[K]), r"a_j^3\,(1 - a_j^3)"),
        (HALF * Power(Size(N2), Number(-1)) * LOSS, r"\frac{1}{2\,n_3}\,J"),
        (ONE / (ONE + Apply(EXP, -Variable())), r"\frac{1}{1 + e^{-z}}"),
        (Power(Z1[J] ** 2, Number(2)), r"\bigl((z_j^2)^2\bigr)^2"),
        (X[Affine(0)] ** 2, "x_1^2"),
        (SIGMA(Z1[J]) ** 2, r"\sigma(z_j^2)^2"),
        (Apply(EXP, Z1[J]) ** 2, r"(e^{z_j^2})^2"),
        (Power(Z1[J], HALF), r"\sqrt{z_j^2}"),
        (Power(Z1[J], Number("-1/2")), r"\frac{1}{\sqrt{z_j^2}}"),
        (Z1[J] - (A1[J] - Z1[J]), "z_j^2 - (a_j^2 - z_j^2)"),
        (Number("-1/3") + Z1[J] - Number(2), r"-\tfrac{1}{3} + z_j^2 - 2"),
        (Number("0.044715") * Z1[J] ** 3, r"0.044715\,(z_j^2)^3"),
        (Constant("pi") * Z1[J], r"\pi\,z_j^2"),
        (Apply(Function("abs"), Z1[J]), r"\lvert z_j^2\rvert"),
        (
            Cases(Case(Z1[J], Relation(Z1[J], ">", ZERO)), ZERO),
            r"\begin{cases} z_j^2 & \text{if }z_j^2 > 0 \\ 0 & \text{otherwise} \end{cases}",
        ),
        (Largest(K, Z2[K]), r"\max_{j}\,z_j^3"),
        (Total(K, Z2[K]) * A1[J], r"\Bigl(\sum_{k}z_k^3\Bigr)\,a_j^2"),
        (Total(K, Z2[K] - T[K]), r"\sum_{j}(z_j^3 - y_j)"),
    ],
)
def test_brackets_and_order_follow_the_expression(expression: Expression, expected: str) -> None:
    assert latex(expression, NIELSEN) == expected


def test_a_gradient_is_a_derivative_of_the_loss() -> None:
    gradient = Tensor("dW1", (N1, N0), "gradient", 1, W1)
    k = Index("k", N0)
    assert latex_equation(Equation(gradient[J, k], DELTA1[J] * X[k]), NIELSEN) == r"\frac{\partial J}{\partial w_{jk}^2} = \delta_j^2\,x_k"
    assert latex(gradient[J, k], NIELSEN, View(batch=True)) == r"\frac{\partial C}{\partial w_{jk}^2}"


def test_softmax_never_captures_its_free_index() -> None:
    k, m = K, Index("k", N2)
    softmax = Apply(EXP, Z2[k]) / Total(m, Apply(EXP, Z2[m]))
    assert latex(softmax, NIELSEN) == r"\frac{e^{z_j^3}}{\sum_{k}e^{z_k^3}}"


def test_nested_sums_over_one_letter_hint_get_different_letters() -> None:
    indices = [Index("k", N2) for _ in range(14)]
    nested: Expression = ONE
    for index in indices:
        nested = Total(index, Z2[index] * nested)
    letters = [part[1] for part in latex(nested, NIELSEN).split(r"\sum_")[1:]]
    text = latex(nested, NIELSEN)
    assert len(letters) == 14
    assert r"\sum_{j'}" in text
    assert len({line.split("}")[0] for line in text.split(r"\sum_{")[1:]}) == 14


def test_names_of_an_equation_file_are_kept_and_greek_ones_are_greek() -> None:
    axis = Axis("t", 5)
    t = Index("t", axis)
    state, gain = Tensor("h_state", (axis,)), Tensor("gamma", (axis,))
    assert latex(gain[t] * state[Affine.of(t).plus(Affine(-1))], NIELSEN) == r"\gamma_t\,\mathit{h\_state}_{t-1}"


def test_positions_count_from_one_in_notes() -> None:
    axis = Axis("s", 5)
    s = Index("s", axis)
    x = Tensor("x", (axis,))
    assert latex(x[Affine(0)], NIELSEN) == "x_1"
    assert latex(x[Affine.of(s).scaled(2)], NIELSEN) == "x_{2s-1}"  # 2 (s - 1) + 1
