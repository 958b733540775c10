"""An edited module is judged by what it computes and by what its comments say."""

from __future__ import annotations

import re

import pytest

import deltarule
from codegen.verify_module import verify_module
from derive.verification.statements import Report

EQUAL = "3-4:tanh-4:tanh-4:tanh-4:tanh-2:softmax"
SPECS = ("2-3:relu-2:linear", "3-4:tanh-2:softmax")


def judged(text: str, spec: str) -> Report:
    return verify_module(text, deltarule.network(spec).results)


def source(spec: str, **options: object) -> str:
    return str(deltarule.network(spec).emit(**options))


def passes(text: str) -> list[int]:
    """The places of the lines that compute, from the start of the forward pass to the end of the step."""
    lines = text.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("    def run_forward"))
    last = max(place for place, line in enumerate(lines) if line in ("        return cost", "        return loss"))
    return [place for place in range(first, last) if re.match(r" {8}(?!for )\w.*\(|        cost = \(", lines[place])]


@pytest.mark.parametrize("style", ["vectorised", "loops"])
@pytest.mark.parametrize("spec", SPECS)
def test_what_is_emitted_is_right(spec: str, style: str) -> None:
    report = judged(source(spec, style=style), spec)
    assert report.ok, report
    assert {statement.detail.split(":")[0] for statement in report.statements} >= {"cost", "dW1", "db1", "dW2", "db2"}


def test_layers_computed_together_are_judged_by_the_formula_of_the_first() -> None:
    text = source(EQUAL)
    assert "# at once what delta4, delta3, delta2, delta1 do not wait for:" in text
    assert judged(text, EQUAL).ok
    assert not judged(text.replace("multiply(a_layers, a_layers,", "multiply(a_layers, one,"), EQUAL).ok


def test_what_is_emitted_in_float32_is_right() -> None:
    assert judged(source(SPECS[1], dtype="float32"), SPECS[1]).ok


def test_the_gradient_of_the_inputs_is_judged() -> None:
    network = deltarule.Network(deltarule.network(SPECS[1]).model, input_gradient=True)
    text = str(network.emit(input_gradient=True))
    assert "dx" in {statement.detail.split(":")[0] for statement in verify_module(text, network.results).statements}
    assert verify_module(text, network.results).ok
    assert not verify_module(text.replace("_dot(W1, dx)", "_dot(-W1, dx)"), network.results).ok


@pytest.mark.parametrize("spec", SPECS)
def test_no_line_of_the_passes_may_be_missing(spec: str) -> None:
    text = source(spec)
    lines = text.splitlines()
    places = passes(text)
    assert len(places) > 15
    for place in places:
        kept = [*lines[:place], *lines[place + 1 :]]
        assert not judged("\n".join(kept), spec).ok, lines[place]


def test_a_wrong_sign_far_below_the_output_is_caught_though_gradients_are_tiny_there() -> None:
    spec = "3-" + "4-" * 29 + "2"
    text = source(spec)
    line = next(line for line in text.splitlines() if re.search(r"dot\(.*\bdW1_db1\)", line))
    report = judged(text.replace(line, f"{line}\n        np.negative(dW1_db1, dW1_db1)"), spec)
    assert [statement.detail.split(":")[0] for statement in report.statements if not statement.ok] == ["dW1", "db1"]


def test_another_start_is_caught() -> None:
    report = judged(source(SPECS[0]).replace("(6 / 2) ** 0.5", "(5 / 2) ** 0.5"), SPECS[0])
    assert [statement.detail.split(":")[0] for statement in report.statements if not statement.ok] == ["initialise"]


EDITS = [
    ("wrong sign", r"subtract\((z2|a2), (t\w*), (\w+)\)", r"subtract(\2, \1, \3)"),
    ("wrong factor", r"1\.0 / batch", "2.0 / batch"),
    ("wrong operation", r"multiply\((\w+), (\w+), (delta1)\)", r"subtract(\1, \2, \3)"),
    ("wrong index", r"(x_columns_one_dot\()delta1", r"\1delta2"),
    ("wrong transpose", r"W2_T_dot = W2\.T", "W2_T_dot = W2"),
    ("wrong bias", r"x_columns_one = np\.ones", "x_columns_one = np.zeros"),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit[0])
def test_an_edited_line_is_wrong(spec: str, edit: tuple[str, str, str]) -> None:
    text = source(spec)
    edited = re.sub(edit[1], edit[2], text)
    assert edited != text
    assert not judged(edited, spec).ok


def test_another_value_at_the_kink_is_wrong() -> None:
    spec = "2-3:leaky_relu-2:linear"
    text = source(spec)
    edited = text.replace("np.greater\n", "np.greater_equal\n")
    assert edited != text
    assert not judged(edited, spec).ok


def test_an_edited_comment_is_wrong_and_named_by_its_line() -> None:
    text = source(SPECS[0])
    edited = text.replace("= sum_b delta1[b,j]\n", "= -sum_b delta1[b,j]\n")
    (wrong,) = judged(edited, SPECS[0]).wrong
    line = next(place for place, line in enumerate(edited.splitlines(), 1) if "-sum_b delta1" in line)
    assert f"line {line}:" in wrong.detail


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("import os\n", "import of os"),
        ("def broken(:\n", "does not parse"),
        ("raise ValueError('no')\n", "stopped with ValueError: no"),
        ("raise SystemExit(0)\n", "use of SystemExit"),
    ],
)
def test_what_cannot_be_run_is_wrong_and_says_why(edit: str, said: str) -> None:
    (wrong,) = judged(source(SPECS[0]) + edit, SPECS[0]).statements
    assert not wrong.ok
    assert said in wrong.detail


def test_a_module_of_another_network_is_wrong() -> None:
    assert not judged(source("2-4:relu-2:linear"), SPECS[0]).ok
    assert not judged(source("2-3:tanh-2:linear"), SPECS[0]).ok


RNN = {
    "name": "rnn",
    "axes": {"t": 4, "j": 3, "i": 2},
    "inputs": ["x[t,i]", "y[t,j]"],
    "parameters": ["U[j,j]", "W[j,i]", "b[j]"],
    "equations": ["h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}


@pytest.mark.parametrize("style", ["vectorised", "loops"])
def test_modules_of_equation_files_are_judged_as_well(style: str) -> None:
    network = deltarule.network(RNN)
    text = str(network.emit(style=style))
    assert verify_module(text, network.results).ok
    lines = text.splitlines()
    for place in passes(text):
        kept = [*lines[:place], *lines[place + 1 :]]
        assert not verify_module("\n".join(kept), network.results).ok, lines[place]
    comment = text.replace("= sum_t dh[t,j]*(1 - h[t,j]**2)\n", "= -sum_t dh[t,j]*(1 - h[t,j]**2)\n")
    assert comment != text
    assert not verify_module(comment, network.results).ok


@pytest.mark.parametrize(
    ("style", "right", "wrong"),
    [
        ("vectorised", "subtract(parameters, gradients, parameters)", "np.add(parameters, gradients, parameters)"),
        ("scalar", "next_mean_W1_0_0 = beta1 * mean", "next_mean_W1_0_0 = beta2 * mean"),
        ("scalar", "beta1: float = 0.9,", "beta1: float = 0.8,"),
        ("scalar", 'OPTIMISER = "adam"', 'OPTIMISER = "adem"'),
    ],
)
def test_a_wrong_update_is_found(style: str, right: str, wrong: str) -> None:
    text = source("2-3:relu-1", style=style, optimiser="adam")
    assert judged(text, "2-3:relu-1").ok
    assert right in text
    report = judged(text.replace(right, wrong), "2-3:relu-1")
    assert any(statement.detail.startswith("train") for statement in report.statements if not statement.ok)


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("delta1_3_1 = a1_3_1", "delta1_3_1 = -a1_3_1", "dW1"),  # in the last of four patterns
        ("        dW2_0_1 += ", "        dW2_0_1 -= ", "dW2"),  # in the loop over any number of patterns
        ("array.reshape(-1).tolist()", "array.T.reshape(-1).tolist()", "flatten"),
    ],
)
def test_every_way_through_a_scalar_module_is_judged(right: str, wrong: str, what: str) -> None:
    text = source("2-2-1", style="scalar", batch=4)
    assert judged(text, "2-2-1").ok
    assert right in text
    report = judged(text.replace(right, wrong, 1), "2-2-1")
    assert any(what in statement.detail for statement in report.statements if not statement.ok)


def test_a_module_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegen.verify_module.SECONDS", 0.3)
    text = source(SPECS[0])
    endless = re.sub(r"(def loss_and_gradients\(parameters, x, t\)[^\n]*\n)", r"\1    while 1 < 2:\n        pass\n", text, count=1)
    endless = endless if endless != text else text + "\nwhile 1 < 2:\n    pass\n"
    report = judged(endless, SPECS[0])
    assert not report.ok
    assert any("longer than" in own.detail or "not run" in own.detail for own in report.statements), str(report)
