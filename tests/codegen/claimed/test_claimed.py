"""Functions that others wrote: right ones in many styles are accepted, classic bugs rejected with their family, the rest survived."""

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import deltarule
from codegen.claimed import Limits, check_code, is_code_claim
from codegen.claimed.diagnosis import cause_of
from codegen.claimed.evidence import Evidence
from codegen.claimed.places import declared_sizes, place
from codegen.claimed.values import Formulas
from derive.claims.verdict import FAMILIES
from derive.errors import InputError
from derive.network import network
from derive.notation import load
from derive.results import Results, results_of
from derive.slips.spoil import slips_of

HERE = Path(__file__).parent
EQUATIONS = HERE.parents[1] / "derive" / "equations"
QUICK = Limits(cpu_seconds=2, wall_seconds=20)
BUSY = Limits(cpu_seconds=1, wall_seconds=60)
IDLE = Limits(cpu_seconds=20, wall_seconds=2)

THREE_LAYERS = "2-3:tanh-4:tanh-2:tanh"
RIGHT = {
    **dict.fromkeys(("rows", "columns", "loops", "named", "pattern", "grouped", "pairs", "prints", "numeric"), THREE_LAYERS),
    **dict.fromkeys(("objects", "in_place", "column_vectors", "single_precision"), THREE_LAYERS),
    "labels": "2-3:relu-4:softmax",
    "residual": str(HERE / "skip.toml"),
    "recurrent": str(EQUATIONS / "rnn.toml"),
}
SPECS = {
    "Two layers": "2-3:tanh-2",
    "Three layers": "3-3:tanh-3:tanh-3",
    "A skip": str(HERE / "skip.toml"),
    "Softmax": "2-3:relu-4:softmax",
}
UP_TO = {"mean_over_outputs", "all_gradients_transposed", "relu_kink"}


def bugs():
    """The functions of wrong.py with the specification above them and the family behind them."""
    spec = None
    for line in (HERE / "wrong.py").read_text().splitlines():
        spec = next((own for words, own in SPECS.items() if line.startswith(f"# {words}")), spec)
        found = re.match(r"def (\w+)\(.*\):  # (\w+)", line)
        if found:
            yield found[1], found[2], spec


@cache
def results(spec: str) -> Results:
    return results_of(network(spec))


def verdict(file: str, name: str, spec: str, limits: Limits = QUICK):
    return check_code(f"{HERE / file}:{name}", results(spec), load("nielsen"), limits)


@pytest.mark.parametrize("name", RIGHT)
def test_right_implementations_are_accepted(name):
    found = verdict("right.py", name, RIGHT[name])
    assert (found.verdict, found.family, found.counterexample) == ("right", None, None), str(found)


def test_weights_of_the_other_orientation_are_right_up_to_it():
    found = verdict("right.py", "transposed", THREE_LAYERS)
    assert (found.verdict, found.family) == ("right_up_to", "transpose")


@pytest.mark.parametrize(("name", "family", "spec"), list(bugs()), ids=lambda value: str(value).rpartition("/")[2])
def test_classic_bugs_are_rejected_with_their_family(name, family, spec):
    found = verdict("wrong.py", name, spec)
    assert found.verdict == ("right_up_to" if name in UP_TO else "wrong"), str(found)
    assert found.family == family, str(found)
    assert family in FAMILIES
    assert found.counterexample is not None
    assert found.counterexample["expected"] != found.counterexample["got"]


def test_there_are_thirty_bugs_and_ten_styles():
    assert len(list(bugs())) >= 30
    assert len(RIGHT) >= 10


def test_the_counter_example_is_the_smallest_and_can_be_worked_through_by_hand():
    example = verdict("wrong.py", "no_slope_hidden", "2-3:tanh-2").counterexample
    assert example["sizes"] == {"n0": 1, "n1": 1, "n2": 1, "batch": 1}
    given = {name: np.asarray(value, float) for name, value in example["values"].items()}
    a = np.tanh(given["W1"] @ given["x"][0] + given["b1"])
    y = 1 / (1 + np.exp(-(given["W2"] @ a + given["b2"])))
    upstream = given["W2"].T @ ((y - given["t"][0]) * y * (1 - y))
    assert example["at"] == "dW1[0, 0]"
    assert example["got"] == pytest.approx(float(upstream[0] * given["x"][0, 0]), rel=1e-5)
    assert example["expected"] == pytest.approx(float(upstream[0] * (1 - a[0] ** 2) * given["x"][0, 0]), rel=1e-5)


HOSTILE = {
    "segfault": r"crashes the interpreter \(SIGSEGV\)",
    "aborts": r"crashes the interpreter \(SIGABRT\)",
    "leaves": r"ends the process \(exit status 0\)",
    "exits": r"SystemExit in line \d+: enough",
    "system": r"refused: os\.system",
    "starts": r"refused: subprocess\.Popen",
    "forks": r"refused: os\.fork",
    "connects": r"refused: socket\.",
    "writes": r"refused: writing to",
    "foreign": r"refused: ctypes\.",
    "swallowed": r"RuntimeError in line \d+: nothing worked",
    "hundred_gigabytes": r"MemoryError in line \d+: Unable to allocate",
    "nans": r"not finite",
    "infinities": r"not finite",
    "shapes": r"has shape \(7, 7, 7\) where \(2, 3\) was expected",
    "too_few": r"returns 3 arrays where gradients of W1, b1, W2, b2 were expected",
    "nothing": r"returns a NoneType",
    "text": r"returns a str",
    "objects": r"real numbers were expected",
    "complex_numbers": r"complex numbers where real numbers",
    "raises": r"ValueError in line \d+: a message of two lines with \\x1b\[31mcolour",
    "recursion": r"RecursionError",
    "huge_answer": r"too many numbers",
    "nested": r"nested too deeply",
    "forges": r"expected",
    "random": r"called again with the same arguments",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_function_does_there_is_a_clear_answer(name, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    found = verdict("hostile.py", name, "2-3:tanh-2")
    assert (found.verdict, found.family) == ("wrong", "other")
    assert re.search(HOSTILE[name], found.detail), found.detail
    assert "\n" not in found.detail
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "limits", "words"), [("forever", BUSY, "1 s of processor time"), ("asleep", IDLE, "within 2 s"), ("grows", BUSY, "")]
)
def test_a_function_that_does_not_end_is_ended(name, limits, words):
    found = verdict("hostile.py", name, "2-3:tanh-2", limits)
    assert found.verdict == "wrong"
    assert words in found.detail


@pytest.mark.parametrize(
    ("text", "function", "message"),
    [
        ("def f(:\n", "f", r"line 1: no Python"),
        ("x = '\x00'", "f", r"no Python"),
        ("def g(p, x, t): return 1", "f", r"has no function f; it has g"),
        ("f = 3", "f", r"f is a int, not a function"),
        ("import no_such_module", "f", r"cannot be loaded: ModuleNotFoundError in line 1"),
        ("raise ValueError('early')", "f", r"cannot be loaded: ValueError in line 1: early"),
        ("(" * 5000, "f", r"no Python"),
    ],
)
def test_what_is_no_function_is_a_wrong_question(text, function, message, tmp_path):
    (tmp_path / "student.py").write_text(text)
    with pytest.raises(InputError, match=message) as refusal:
        check_code(f"{tmp_path / 'student.py'}:{function}", results("2-3:tanh-2"), load("nielsen"), QUICK)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_or_name_is_a_wrong_question(tmp_path):
    for claim in (f"{tmp_path}/none.py:f", f"{HERE}/right.py"):
        with pytest.raises(InputError):
            check_code(claim, results("2-3:tanh-2"), load("nielsen"))


def test_a_crash_or_an_endless_loop_while_loading_is_an_answer(tmp_path):
    for text, words in (
        ("import os\nos._exit(3)", "exit status 3"),
        ("while True: pass", "processor time"),
        ("import os; os.system('true')", "os.system"),
    ):
        (tmp_path / "student.py").write_text(text)
        found = check_code(f"{tmp_path / 'student.py'}:f", results("2-3:tanh-2"), load("nielsen"), BUSY)
        assert found.verdict == "wrong"
        assert words in found.detail


GRAPH = """inputs = 3
l2 = 0.05
[[layers]]
name = "a"
units = 2
activation = "relu6"
[[layers]]
name = "b"
units = 2
from = ["input"]
bias = false
[[layers]]
type = "concatenate"
from = ["a", "b"]
[[layers]]
units = 2
activation = "softmax"
"""


@pytest.mark.parametrize("name", ["graph", "batch_norm"])
def test_what_is_emitted_is_a_right_claim(name, tmp_path):
    spec = tmp_path / "graph.toml" if name == "graph" else EQUATIONS / f"{name}.toml"
    if name == "graph":
        spec.write_text(GRAPH)
    (tmp_path / "emitted.py").write_text(str(deltarule.network(spec).emit(style="vectorised")))
    found = check_code(f"{tmp_path / 'emitted.py'}:loss_and_gradients", results(str(spec)), load("nielsen"), QUICK)
    assert found.verdict == "right", str(found)
    assert "loss and gradients agree" in found.detail


def test_slips_in_derived_formulas_are_told_by_their_numbers():
    formulas = Formulas(results("3-3:tanh-3:sigmoid-3").batch_sweep)
    system, told = formulas.sweep.system, []
    places = [place(formulas, declared_sizes(system, patterns), seed) for seed, patterns in ((2, 7), (3, 7), (4, 1))]
    slips = [slip for derivation in formulas.sweep.derivations for slip in slips_of(derivation.equation, formulas.sweep)]
    for slip in slips[::9]:
        evidence = [Evidence(at, at.work.with_other({slip.equation.tensor: slip.wrong})) for at in places]
        if not all(own.ok for own in evidence):
            told.append((slip.family, cause_of(evidence, formulas).family))
    assert len(told) >= 10
    same = [family == own or (family, own) == ("index", "transpose") for family, own in told]  # of a product both are one mistake
    assert sum(same) >= 0.9 * len(told), told


def test_only_a_file_and_a_name_are_a_claim_about_code():
    assert is_code_claim("a/b.py:gradients")
    assert is_code_claim("a/b.py")
    assert not is_code_claim(r"\delta = f.py:x + 1")
    assert not is_code_claim(r"\delta_j = \sigma'(z_j)")


def test_a_right_function_of_equal_widths_only_is_said_to_be_so(tmp_path):
    (tmp_path / "square.py").write_text(
        "import numpy as np\n"
        "def f(p, x, t):\n"
        "    a = np.tanh(x @ p.W1.T + p.b1)\n"
        "    d2 = (a @ p.W2.T + p.b2 - t) / len(x)\n"
        "    d1 = (d2 @ p.W2) * (1 - a**2)\n"
        "    return np.reshape(d1.T @ x, (2, 2)), d1.sum(0), np.reshape(d2.T @ a, (2, 2)), d2.sum(0)\n"
    )
    found = check_code(f"{tmp_path / 'square.py'}:f", results("2-2:tanh-2:linear"), load("nielsen"), QUICK)
    assert found.verdict == "right"
    assert "at the widths of this network only" in found.detail


def test_a_function_sees_no_expected_values_and_cannot_reach_the_judge(tmp_path):
    (tmp_path / "spy.py").write_text(
        "import sys, inspect\n"
        "def f(p, x, t):\n"
        "    names = [name for name in sys.modules if name.startswith(('derive', 'codegen', 'sympy'))]\n"
        "    raise RuntimeError(f'{len(names)} modules')\n"
    )
    found = check_code(f"{tmp_path / 'spy.py'}:f", results("2-3:tanh-2"), load("nielsen"), QUICK)
    assert "0 modules" in found.detail


def test_nothing_is_left_behind():
    before = set(os.listdir("/proc")) if os.path.isdir("/proc") else set()
    verdict("right.py", "rows", THREE_LAYERS)
    children = [pid for pid in set(os.listdir("/proc")) - before if pid.isdigit() and _is_child(pid)] if before else []
    assert not children


def _is_child(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().find(b"claimed/child.py") >= 0
    except OSError:
        return False
