"""Recurrences: the base case and the induction step of the derivatives, over the steps and over the layers."""

from __future__ import annotations

import re

import pytest

from derive.equations import Equation
from derive.expressions import Cases
from derive.induction import Induction, inductions
from derive.language.plain import plain_equation
from derive.network import network
from derive.notes.build import notes
from derive.notes.options import Options
from derive.results import Results, results_of
from derive.verification.lines import evaluate_equation
from derive.verification.points import draw

TABLE = {
    "axes": {"t": 4, "j": 2},
    "inputs": ["x[t,j]", "y[t,j]"],
    "parameters": ["u[j]"],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}


def recurrent(equation: str) -> tuple[Results, dict[str, tuple[Equation, Induction]]]:
    results = results_of(network({**TABLE, "equations": [equation]}))
    equations = {d.left.tensor: d.equation for d in results.pattern_sweep.derivations}
    return results, {tensor.name: (equations[tensor], found) for tensor, found in inductions(list(equations.values())).items()}


def by_cases(equation: Equation, induction: Induction) -> str:
    return plain_equation(Equation(equation.left, induction.cases))


def test_a_recurrence_has_its_base_case_at_the_last_step() -> None:
    _, found = recurrent("h[t,j] = u[j]*h[t-1,j] + x[t,j]")
    equation, induction = found["dh"]
    assert by_cases(equation, induction) == "dh[t,j] = cases(t+1 < size(t), dh[t+1,j]*u[j] + h[t,j] - y[t,j], h[t,j] - y[t,j])"
    assert induction.backwards


def test_a_recurrence_that_runs_backwards_has_its_base_case_at_the_first_step() -> None:
    _, found = recurrent("h[t,j] = u[j]*h[t+1,j] + x[t,j]")
    equation, induction = found["dh"]
    assert by_cases(equation, induction) == "dh[t,j] = cases(0 <= t-1, dh[t-1,j]*u[j] + h[t,j] - y[t,j], h[t,j] - y[t,j])"
    assert not induction.backwards


def test_a_recurrence_of_two_steps_has_a_case_for_each() -> None:
    _, found = recurrent("h[t,j] = u[j]*h[t-1,j] + h[t-2,j] + x[t,j]")
    _, induction = found["dh"]
    assert len(induction.cases.cases) == 2


def test_a_shift_without_a_recurrence_is_no_induction() -> None:
    table = {key: value for key, value in TABLE.items() if key != "initial"}
    table |= {"equations": ["a[t,j] = u[j]*x[t,j]", "h[t,j] = a[t,j] - a[t-1,j]"], "pad": {"a": 0}}
    results = results_of(network(table))
    assert not inductions([d.equation for d in results.pattern_sweep.derivations])


@pytest.mark.parametrize("equation", ["h[t,j] = tanh(u[j]*h[t-1,j] + x[t,j])", "h[t,j] = u[j]*h[t-1,j]*h[t-2,j] + x[t,j]"])
def test_both_cases_have_the_value_of_the_derivative_and_a_wrong_one_has_not(equation: str) -> None:
    results, found = recurrent(equation)
    whole, induction = found["dh"]
    point = draw(results.network.pattern, 1)
    assert evaluate_equation(whole, induction.cases, point, 8).ok
    *cases, base = induction.cases.args
    assert not evaluate_equation(whole, Cases(*cases, 2 * base), point, 8).ok


def markdown(spec: str) -> str:
    return str(notes(results_of(network(spec)), Options(format="md")))


def test_notes_show_the_induction_over_the_steps() -> None:
    text = markdown("tests/derive/equations/rnn.toml")
    assert "the base case is $t = n_t$" in text
    assert re.search(r"\\begin\{cases\} .* & \\text\{if \}t \+ 1 \\le n_t \\\\ h_\{tj\} - y_\{tj\} & \\text\{otherwise\}", text)


def test_notes_show_the_induction_over_the_layers() -> None:
    text = markdown("4-4-4-4-4")
    assert r"(5) is the base case; (6) is the induction step, which finds $\delta^l$ from $\delta^{l+1}$." in text
    assert "induction" not in markdown("2-2-1").lower()


def test_what_holds_at_a_fixed_step_is_no_end_of_the_axis() -> None:
    results = results_of(network({**TABLE, "equations": ["h[t,j] = u[j]*h[t-1,j] + x[t,j]"], "loss": "sum(j, (h[3,j] - y[3,j])**2)"}))
    equations = [d.equation for d in results.pattern_sweep.derivations]
    (induction,) = inductions(equations).values()
    whole = next(equation for equation in equations if equation.tensor.name == "dh")
    assert len(induction.cases.cases) == 1
    assert evaluate_equation(whole, induction.cases, draw(results.network.pattern, 1), 8).ok
