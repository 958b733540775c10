"""Random product-sums through recognition and back, and wrong matrix forms that the check must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from sympy import Basic

from derive.equations import Equation
from derive.expressions import Apply, Expression, Function, Number, Power, Tensor, product, total
from derive.indices import Axis, Index
from derive.matrices.index_form import transposed
from derive.matrices.matrix import (
    COLUMN,
    ROW,
    Array,
    Diagonal,
    Elementwise,
    Hadamard,
    MatrixExpression,
    MatrixProduct,
    MatrixSum,
    Scaled,
    ShapeError,
    SquaredNorm,
    Transposed,
    shape,
)
from derive.matrices.recognise import MatrixForm, agrees, recognise
from tests.derive.matrix_forms import FORMS, W1, W2, A, Delta1, X, a1, delta2, j, n0, n1, p, x
from tests.derive.matrix_numbers import has_the_values

AXES = tuple(Axis(name, size) for name, size in (("m", 2), ("n", 3), ("o", 2), ("q", 4)))


def random_factor(random: Random, indices: list[Index], number: int) -> Expression:
    """A tensor at one or two of the indices, sometimes inside a function, a square or a sum."""
    chosen = tuple(random.sample(indices, min(len(indices), random.choice((1, 2, 2)))))

    def entry(name: str) -> Expression:
        order = tuple(random.sample(chosen, len(chosen)))
        return Tensor(name, tuple(index.axis for index in order))[order]

    plain = entry(f"T{number}")
    match random.randrange(6):
        case 0:
            return Apply(Function("tanh"), plain)
        case 1:
            return Power(plain, Number(2))
        case 2:
            return plain + Number(random.randint(1, 3)) * entry(f"R{number}")
        case 3:
            return 1 - plain
    return plain


def random_equation(seed: int) -> Equation:
    """A product-sum with up to two free and up to three summed indices; some share an axis, some occur nowhere."""
    random = Random(seed)
    indices = [Index(letter, random.choice(AXES)) for letter in "abcde"]
    free, bound = indices[: random.randint(0, 2)], indices[2 : 2 + random.randint(0, 3)]
    live = free + bound
    factors = [random_factor(random, live, n) for n in range(random.randint(1, 4))] if live else [Number(3)]
    if random.random() < 0.3:
        factors.insert(random.randrange(len(factors) + 1), Number("-1/2"))
    left = Tensor("Y", tuple(index.axis for index in free))[tuple(free)]
    return Equation(left, total(tuple(bound), product(*factors)))


@pytest.mark.parametrize("seed", range(150))
def test_a_random_product_sum_keeps_its_values(seed: int) -> None:
    equation = random_equation(seed)
    form = recognise(equation)
    if form is not None:
        assert agrees(equation, form)
        assert has_the_values(equation, form, seed)


def test_most_random_product_sums_have_a_form() -> None:
    found = sum(recognise(random_equation(seed)) is not None for seed in range(150))
    assert found >= 110


def mutants(value: Basic) -> Iterator[Basic]:
    """The expression with one slip: a transpose too few or too many, factors swapped, a factor missing, another function."""
    match value:
        case Transposed():
            yield value.inner
        case MatrixProduct():
            yield from (value.func(*swapped(value.args, n)) for n in range(len(value.args) - 1))
            yield from (without(value, n) for n in range(len(value.args)) if len(value.args) > 2)
        case Hadamard() | MatrixSum():
            yield from (without(value, n) for n in range(len(value.args)))
        case Scaled():
            yield value.inner
        case Elementwise():
            yield value.inner
            yield Elementwise(Function("sigma"), value.inner)
        case SquaredNorm():
            yield value.inner
        case Diagonal():
            yield value.vector
    if isinstance(value, MatrixExpression) and transposed(value) != value:
        yield transposed(value)
    if not isinstance(value, Array):
        for n, part in enumerate(value.args):
            if isinstance(part, MatrixExpression):
                for changed in mutants(part):
                    yield value.func(*value.args[:n], changed, *value.args[n + 1 :])


def swapped(factors: tuple[Basic, ...], n: int) -> tuple[Basic, ...]:
    return (*factors[:n], factors[n + 1], factors[n], *factors[n + 2 :])


def without(value: Basic, n: int) -> Basic:
    rest = (*value.args[:n], *value.args[n + 1 :])
    return rest[0] if len(rest) == 1 else value.func(*rest)


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_matrix_form_is_refused(name: str) -> None:
    """Which mutants are wrong is for NumPy to say: a norm keeps its value under transposition."""
    equation, _ = FORMS[name]
    form = recognise(equation)
    assert form is not None
    changed = [replace(form, right=right) for right in mutants(form.right)]
    wrong = [other for other in changed if not has_the_values(equation, other, positive=True)]
    assert wrong
    for other in wrong:
        assert not agrees(equation, other), other.right.args


def test_a_missing_transpose_of_a_square_matrix_is_noticed() -> None:
    """Slip 002-a: the shape fits, the values do not."""
    square, y = Tensor("U", (n1, n1)), Tensor("y", (n1,))
    q = Index("q", n1)
    equation = Equation(y[j], total(q, square[q, j] * a1[q]))
    form = recognise(equation)
    assert form == MatrixForm(form.left, MatrixProduct(Transposed(whole(square)), whole(a1)), j, None, (), form.reasons)
    assert not agrees(equation, replace(form, right=MatrixProduct(whole(square), whole(a1))))


def test_the_wrong_tensor_of_the_right_shape_is_noticed() -> None:
    equation = Equation(Tensor("dW", (n1, n0))[j, p], a1[j] * x[p])
    form = recognise(equation)
    assert form is not None
    assert not agrees(equation, replace(form, right=MatrixProduct(whole(a1), Transposed(whole(Tensor("h", (n0,)))))))


def whole(tensor: Tensor) -> Array:
    return Array(tensor, *(ROW, COLUMN)[: len(tensor.axes)])


@pytest.mark.parametrize(
    "value",
    [
        MatrixProduct(whole(W2), whole(W2)),
        MatrixProduct(whole(W2), whole(delta2)),
        Hadamard(whole(W1), Transposed(whole(W1))),
        MatrixSum(whole(a1), whole(x)),
        MatrixProduct(whole(A), whole(Delta1)),
        Diagonal(whole(X)),
        Scaled(whole(a1), whole(a1)),
        MatrixProduct(Transposed(whole(a1)), whole(x)),
    ],
)
def test_parts_that_do_not_fit_are_refused(value: MatrixExpression) -> None:
    with pytest.raises(ShapeError):
        shape(value)


def test_equal_sizes_are_not_equal_axes() -> None:
    first, second = Tensor("F", (Axis("u", 3), Axis("v", 3))), Tensor("v", (Axis("w", 3),))
    with pytest.raises(ShapeError):
        shape(MatrixProduct(whole(first), whole(second)))
