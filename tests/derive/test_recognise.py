"""Index form to matrix form: the textbook's forms, their values, and what has none."""

from __future__ import annotations

import pytest

from derive.calculus.canonical import canonical
from derive.equations import Equation
from derive.expressions import Apply, Case, Cases, Number, Relation, Tensor, product, total
from derive.indices import Affine, Axis, Index
from derive.matrices.index_form import entry_of
from derive.matrices.matrix import ElementCases, matrix_nodes
from derive.matrices.recognise import agrees, recognise
from tests.derive.matrix_forms import FORMS, W2, a1, channels, delta2, exp, i, j, k, loss, n0, n1, n2, relu, t, time, z1
from tests.derive.matrix_numbers import as_text, check_values


@pytest.mark.parametrize("name", FORMS)
def test_the_textbook_form_is_found(name: str) -> None:
    equation, expected = FORMS[name]
    form = recognise(equation)
    assert form is not None
    assert f"{as_text(form.left)} = {as_text(form.right)}" == expected
    assert agrees(equation, form)


@pytest.mark.parametrize("name", FORMS)
def test_the_matrix_form_has_the_values_of_the_index_form(name: str) -> None:
    check_values(FORMS[name][0], positive=name == "cross-entropy")


def test_cases_are_taken_entry_by_entry() -> None:
    leaky = Cases(Case(z1[j], Relation(z1[j], ">", Number(0))), Number("1/10") * z1[j])
    equation = Equation(a1[j], leaky)
    form = recognise(equation)
    assert form is not None
    assert any(isinstance(node, ElementCases) for node in matrix_nodes(form.right))
    check_values(equation)


def test_a_convolution_over_channels_is_a_sum_of_matrix_products() -> None:
    steps, taps, filters = Axis("t", 3), Axis("k", 2), Axis("o", 2)
    signal, kernel = Tensor("x", (channels, Axis("s", 5))), Tensor("w", (filters, channels, taps))
    o, at, tap, channel = Index("o", filters), Index("t", steps), Index("u", taps), Index("c", channels)
    body = kernel[o, channel, tap] * signal[channel, Affine.of(at).plus(Affine.of(tap))]
    equation = Equation(Tensor("y", (filters, steps))[o, at], total((channel, tap), body))
    form = recognise(equation)
    assert form is not None
    assert form.items == (at,)
    check_values(equation)


def test_what_has_no_matrix_form_gets_none() -> None:
    three, square = Tensor("T", (n0, n1, n2)), Tensor("D", (n1, n1))
    full = Tensor("G", (n0, n1, n2))
    sequence, lag = Tensor("q", (time,)), Index("u", time)
    assert recognise(Equation(loss[()], Tensor("alpha")[()] * 2)) is None
    assert recognise(Equation(loss[()], total(j, square[j, j]))) is None
    assert recognise(Equation(loss[()], total((i, j, k), three[i, j, k] * Apply(exp, full[i, j, k])))) is not None
    assert recognise(Equation(loss[()], total((t, lag), Apply(exp, sequence[t] + sequence[Affine.of(t).plus(Affine.of(lag))])))) is None


def test_reasons_name_the_sum_and_its_form() -> None:
    form = recognise(FORMS["hidden delta"][0])
    assert form is not None
    assert [reason.rule for reason in form.reasons] == ["elementwise", "matrix_vector", "same_position"]
    about = dict(form.reasons[1].about)
    assert about["index"] == k
    assert about["row"] == j
    assert as_text(about["form"]) == "W2^T delta2"


def test_recognition_does_not_depend_on_what_tensors_mean() -> None:
    equation, expected = FORMS["hidden delta"]
    renamed = Equation(
        Tensor("delta1", (n1,), "anything", 7)[j], total(k, Tensor("delta2", (n2,), "odd")[k] * W2[k, j] * Apply(relu.prime, z1[j]))
    )
    form = recognise(renamed)
    assert form is not None
    assert f"{as_text(form.left)} = {as_text(form.right)}" == expected
    assert equation.tensor.role != renamed.tensor.role


@pytest.mark.parametrize("name", FORMS)
def test_the_entry_of_a_matrix_form_is_the_index_form(name: str) -> None:
    equation, _ = FORMS[name]
    form = recognise(equation)
    assert form is not None
    assert canonical(entry_of(form.right, (form.rows, form.columns))) == canonical(equation.right)


def test_one_sum_written_twice_is_two_sums() -> None:
    """A repeated factor must not share its bound index when sums are merged."""
    once, other = total(k, delta2[k]), k.fresh()
    assert canonical(total(j, product(z1[j], once, once))) != canonical(total(j, z1[j] * total(k, delta2[k] * delta2[k])))
    again = total(other, delta2[other])
    assert canonical(total(j, product(z1[j], once, once))) == canonical(total(j, product(z1[j], once, again)))


def test_a_number_inside_a_sum_of_terms_is_the_number_in_front_of_it() -> None:
    inside = total(j, Number(-2) * (z1[j] - a1[j]))
    assert canonical(inside) == canonical(Number(-2) * total(j, z1[j] - a1[j]))
    assert canonical(inside) != canonical(Number(-2) * total(j, z1[j] + a1[j]))
    assert canonical(total((j, k), product(delta2[k], z1[j] - a1[j]))) == canonical(total(j, z1[j] - a1[j]) * total(k, delta2[k]))


def test_a_slice_that_could_be_a_row_or_a_column_has_no_form() -> None:
    """``D_q`` would be row q and column q alike where both axes of D are one."""
    axis = Axis("b", 3)
    distances, values = Tensor("D", (axis, axis)), Tensor("v", (axis,))
    own, other = Index("b", axis), Index("q", axis)
    assert recognise(Equation(values[own], distances[own, Affine(0)])) is None
    assert recognise(Equation(values[own], distances[Affine(0), own])) is None
    assert recognise(Equation(values[own], total(other, distances[own, other]))) is not None
