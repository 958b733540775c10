"""Silent arithmetic: equal terms are one term, however their factors are ordered."""

from __future__ import annotations

from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import Tensor, Total
from derive.indices import Axis, Index
from derive.language.plain import plain_equation

N = Axis("n", 3)
A, B = Tensor("a", (N,)), Tensor("b", (N,))
J, K = Index("j", N), Index("k", N)


def shown(value: object) -> str:
    return plain_equation(Equation(A[J], tidy(value))).removeprefix("a[j] = ")  # type: ignore[type-var]


def test_terms_with_other_orders_of_factors_are_collected() -> None:
    assert shown((1 - A[J]) * B[J] + 1 + B[J] * (1 - A[J])) == "2*(1 - a[j])*b[j] + 1"
    assert shown(A[J] * B[J] - B[J] * A[J]) == "0"


def test_terms_with_other_powers_are_not() -> None:
    assert shown(A[J] * B[J] * B[J] + B[J] * A[J] * A[J]) == "a[j]*b[j]**2 + b[j]*a[j]**2"


def test_sums_are_collected_up_to_the_names_of_their_indices() -> None:
    k = Index("k", N)
    assert shown(Total(K, A[K]) + Total(k, A[k])) == "2 * sum_k a[k]"
