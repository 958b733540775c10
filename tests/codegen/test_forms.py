"""Which form a module has: decided by sizes, measured, read from a file, or plain."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import deltarule
from codegen.blocks import Sizes, splits
from codegen.certificate import loaded
from codegen.decisions import PLAIN, Asked, Decisions, as_toml, choices, decide, optimised, read_decisions
from codegen.emit import Facts, _small_sizes, problem_for
from codegen.layout import ALL_COLUMNS, COLUMNS, LAYOUTS, OUTPUT_COLUMNS, ROWS
from codegen.problem import Problem, resized
from codegen.quick import prepared
from codegen.tuning import FEWEST, fastest, measured, tuned
from derive.errors import InputError
from derive.network import Network, network
from derive.results import results_of

SPEC = "3-5:relu-4:tanh-2:softmax"
SPLIT = tuple(Decisions(layout, blocks=(("z1", (2, 5)), ("z2", (2, 1)), ("delta1", (1, 3)), ("dW1", (3, 1)))) for layout in LAYOUTS)
ASKED = Asked("ab", "float32", 16)


@cache
def derived(spec: str) -> tuple[Network, Problem]:
    model = network(spec)
    return model, problem_for(model, results_of(model).batch_sweep)


@cache
def form(spec: str, decisions: Decisions) -> str:
    model, problem = derived(spec)
    return Facts(model, "vectorised", "float64", "", None, decisions).module(problem)


@pytest.mark.parametrize("decisions", [PLAIN, *choices(), *SPLIT], ids=str)
def test_every_form_computes_the_same(decisions: Decisions) -> None:
    plain, other = loaded(form(SPEC, PLAIN)), loaded(form(SPEC, decisions))
    parameters, x, t = plain._random_point(7)
    wanted, found = (module.loss_and_gradients(parameters, x, t) for module in (plain, other))
    assert found[0] == pytest.approx(wanted[0], rel=1e-14)
    assert all(np.allclose(left, right, rtol=1e-12, atol=1e-15) for left, right in zip(found[1], wanted[1], strict=True))
    assert np.allclose(other.forward(parameters, x), plain.forward(parameters, x), rtol=1e-13)
    assert other.selftest()


@pytest.mark.parametrize("decisions", [*choices(), *SPLIT], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_step_takes_arguments_of_any_strides(decisions: Decisions, order: str) -> None:
    module = loaded(form(SPEC, decisions))
    parameters, x, t = module._random_point(6)
    workspace = module.Workspace(6)
    workspace.set_parameters(parameters)
    wide = np.repeat(np.asarray(x, order=order), 2, axis=1)[:, ::2]
    assert workspace.step(wide, np.asarray(t, order=order)) == pytest.approx(module.loss(parameters, x, t), rel=1e-14)


@pytest.mark.parametrize(("spec", "loss"), [("3-4:tanh-5:softmax", None), ("3-4:tanh-5:sigmoid", "binary_cross_entropy")])
@pytest.mark.parametrize("decisions", [PLAIN, choices()[0], choices()[-1]], ids=str)
def test_targets_that_lie_apart_are_not_copied(spec: str, loss: str | None, decisions: Decisions) -> None:
    model = network(spec, loss=loss)
    module = loaded(Facts(model, "vectorised", "float64", "", None, decisions).module(problem_for(model, results_of(model).batch_sweep)))
    parameters, x, t = module._random_point(20_000)
    apart = np.repeat(t, 2, axis=1)[:, ::2]
    workspace = module.Workspace(20_000)
    workspace.set_parameters(parameters)
    workspace.step(x, apart)
    tracemalloc.start()
    workspace.step(x, apart)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < t.nbytes / 4  # NumPy copies piece by piece what it turns


@pytest.mark.parametrize(
    ("spec", "batch", "layout"),
    [("4-10:tanh-3:softmax", 32, ALL_COLUMNS), ("784-128:relu-10:softmax", 64, OUTPUT_COLUMNS), ("500-400:relu-300:tanh", 128, ROWS)],
)
def test_small_networks_have_patterns_as_columns_and_large_ones_as_rows(spec: str, batch: int, layout: str) -> None:
    assert decide(prepared(derived(spec)[1]), batch, 4).layout == layout


def test_a_decisions_file_gives_back_what_was_decided(tmp_path: Path) -> None:
    for decisions in (*choices(), *SPLIT):
        path = tmp_path / "a.decisions.toml"
        path.write_text(as_toml(decisions, ASKED))
        assert read_decisions(path, ASKED) == decisions
        assert read_decisions(path, Asked("ab", "float32", None)) == decisions


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ab"', '"cd"', "decisions for specification 'cd', expected 'ab'"),
        ("float32", "float64", "decisions for dtype 'float64', expected 'float32'"),
        ("= 16", "= 8", "decisions for batch '8', expected '16'"),
        ("[2, 5]", "[2]", r"blocks.z1: expected \[rows, columns\], got '\[2\]'"),
        ("= 16", '= "x"', "batch: expected a whole number, got 'x'"),
        ("layout =", "lay =", "unknown key 'lay'; nearest: layout"),
        (COLUMNS, "columnes", "unknown layout 'columnes'; nearest: columns"),
        ("dtype =", "dtype", "not TOML"),
    ],
)
def test_a_decisions_file_for_something_else_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.decisions.toml"
    path.write_text(as_toml(SPLIT[LAYOUTS.index(COLUMNS)], ASKED).replace(old, new))
    with pytest.raises(InputError, match=said):
        read_decisions(path, ASKED)


def test_tuning_chooses_the_fastest() -> None:
    text = form("2-2:relu-2:softmax", PLAIN)
    slow = text.replace("    def run_forward(x):\n", "    def run_forward(x):\n        sum(range(20000))\n")
    first, second, third = (Decisions(layout) for layout in LAYOUTS[:3])
    assert tuned({first: slow, second: text, third: slow}, 4) == second


def test_a_form_that_is_hardly_faster_or_only_at_times_is_not_chosen() -> None:
    first, second, third = (Decisions(layout) for layout in LAYOUTS[:3])
    assert fastest({first: [1.0] * 8, second: [0.99] * 8, third: [0.5, 0.5, 0.5, 1.1, 1.1, 1.1, 1.1, 1.1]}) == first
    assert fastest({first: [1.0, 2.0] * 4, second: [0.9, 1.8] * 4}) == second


def test_steps_that_take_long_are_measured_in_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegen.tuning.LONGEST", 0.0)
    (times,) = measured({Decisions(): lambda: None}).values()
    assert len(times) == FEWEST


def test_a_form_that_is_faster_only_once_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, *_ = choices()
    times = iter([{first: [1.0] * 8, second: [0.8] * 8}, {first: [1.0] * 8, second: [0.99] * 8}])
    monkeypatch.setattr("codegen.tuning.measured", lambda steps: next(times))
    monkeypatch.setattr("codegen.tuning._step", lambda text, batch: None)
    assert tuned({first: "", second: ""}, 4) == first


def test_tuned_decisions_reproduce_the_bytes_of_the_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deltarule", "emit", "2-2:tanh-2:softmax"]
    subprocess.run([*command, "--tune", "-o", str(tmp_path / "a.py")], check=True)
    again = subprocess.run([*command, "--decisions", str(tmp_path / "net_2_2_2.decisions.toml")], check=True, capture_output=True)
    assert again.stdout == (tmp_path / "a.py").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--plain", "--tune"], "--tune: expected alone, got --plain beside it"),
        (["--tune", "--style", "loops"], "--tune: expected style vectorised, got 'loops'"),
        (["--report", "--style", "scalar"], "--report: expected style vectorised, got 'scalar'"),
        (["--decisions", "missing.toml"], "missing.toml: cannot be read: No such file or directory"),
    ],
)
def test_misuse_is_refused_in_one_line(options: list[str], said: str, tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-m", "deltarule", "emit", "2-2", *options], cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"deltarule: {said}\n")
    assert not list(tmp_path.iterdir())


def test_the_report_shows_every_pass_and_marks_large_products() -> None:
    told = str(deltarule.network("300-200:relu-10:softmax").report(dtype="float32", batch=64))
    rows = [line.split("  ")[0] for line in told.splitlines()]
    assert [row for row in rows if row in ("lowering", "common subexpressions", "in place", "bias rows", "shared memory")]
    marked = [line for line in told.splitlines() if line.endswith(" BLAS")]
    assert len(marked) == 5
    assert all("dot(" in line for line in marked)


def test_a_large_network_is_certified_in_its_own_form() -> None:
    _, problem = derived("90-90:tanh-90:tanh-90:tanh-90:tanh-70:tanh")
    small = resized(problem, _small_sizes(problem))
    whole, checked = (optimised(prepared(each), Decisions(COLUMNS, together=True)) for each in (problem, small))
    assert [(s.operation, s.target) for s in whole.statements] == [(s.operation, s.target) for s in checked.statements]
    assert [stack.members for stack in whole.stacks] == [stack.members for stack in checked.stacks] != []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("z1 =", "z9 =", "unknown product 'z9'; known: z1, z2, z3"),
        ("z2 = [2, 1]", "z2 = [2, 3]", "blocks.z2: expected divisors of 16 x 4, got 2 x 3"),
    ],
)
def test_blocks_that_do_not_fit_the_network_are_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    forms = deltarule.network(SPEC)._forms("float32", 16, False)
    path = tmp_path / "a.decisions.toml"
    path.write_text(forms.text(SPLIT[0]).replace(old, new))
    with pytest.raises(InputError, match=said):
        forms.read(path)


def test_only_large_products_are_split_and_only_into_small_ones() -> None:
    assert not list(splits(Sizes(100, 100, 100, (False, False))))
    found = list(splits(Sizes(64, 784, 128, (False, False))))
    assert (8, 128) in found
    assert all(64 % rows == 0 == 128 % columns and rows * columns * 784 <= 1_000_000 for rows, columns in found)
