"""The certificate refuses what it says it refuses: each check catches a module that was edited to fail it."""

from __future__ import annotations

import ast
import re

import pytest
from modules import text_of

from codegen.certificate import (
    CertificateError,
    check_agreement,
    check_allocation,
    check_arrays,
    check_selftest,
    check_text,
    loaded,
)

TEXT = text_of("3-4:tanh-2:softmax", "cross_entropy")


def edited(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def test_emitted_text_passes() -> None:
    check_text(TEXT)
    module = loaded(TEXT)
    check_arrays(module)
    check_allocation(ast.parse(TEXT), module)
    check_selftest(module)
    check_agreement(module, loaded(text_of("3-4:tanh-2:softmax", "cross_entropy", style="loops")))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("import os", "import of os"),
        ("from os import system", "import of system from os"),
        ("from math import factorial", "import of factorial"),
        ("eval('1')", "use of eval"),
        ("exec('1')", "use of exec"),
        ("__import__('os')", "use of __import__"),
        ("getattr(np, 'lib')", "use of getattr"),
        ("np.ctypeslib", "use of np.ctypeslib"),
        ("().__class__", "use of __class__"),
        ("open('owned', 'w')", "use of open"),
        ("e = eval", "use of eval"),
        ("eval = eval", "use of eval"),
        ("sys.modules['os'].system('touch owned')", "use of system"),
        ("m = sys.modules", "use of sys.modules"),
        ("s = sys", "use of sys as a value"),
        ("import sys as s", "import of sys"),
        ("import numpy", "import of numpy"),
        ("np.zeros(3).tofile('owned')", "use of tofile"),
        ("np.savez('owned')", "use of np.savez"),
        ("save('owned', ())", "use of save as a value"),
        ("sorted([()], key=load)", "use of load as a value"),
        ("(0 for _ in ()).gi_frame", "use of gi_frame"),
        ("class Fields(NamedTuple):\n    gi_frame: int\n\n\n(0 for _ in ()).gi_frame", "use of gi_frame"),
        ("class Files:\n    def save(self):\n        open('owned', 'w')", "use of open"),
        ("'{0.__class__}'.format(0)", "use of format"),
        ("while True:\n    pass", "use of While"),
        ("def f():\n    global np", "use of Global"),
        ("x = (", "does not parse"),
        ("match 1:\n    case _:\n        pass", "does not parse"),
    ],
)
def test_text_that_is_not_allowed_is_refused(line: str, fault: str) -> None:
    with pytest.raises(CertificateError, match=re.escape(fault)):
        check_text(edited("import numpy as np\n", f"import numpy as np\n{line}\n"))


def test_a_buffer_of_another_precision_is_caught() -> None:
    with pytest.raises(CertificateError, match="float32, not float64"):
        check_arrays(loaded(edited("a1_one = np.ones((5, batch), DTYPE)", "a1_one = np.ones((5, batch), np.float32)")))


@pytest.mark.parametrize(
    "new",
    [
        "a1[...] = tanh(z1)",
        "a1 = tanh(z1)",
        "tanh(z1)",
        "tanh(z1 + 0, a1)[0]",
        "zeros = np.zeros(3)",
        "z1 += b1",
    ],
)
def test_a_step_that_allocates_is_caught(new: str) -> None:
    text = edited("tanh(z1, a1)", new)
    with pytest.raises(CertificateError, match="allocates"):
        check_allocation(ast.parse(text), loaded(TEXT))


def test_a_step_that_keeps_memory_is_caught() -> None:
    text = edited("tanh(z1, a1)", "kept.append(np.zeros(500)); tanh(z1, a1)").replace("DTYPE = np", "kept = []\nDTYPE = np")
    with pytest.raises(CertificateError, match="a step allocates 4"):
        check_allocation(ast.parse(TEXT), loaded(text))


MUTATIONS = [
    ("subtract(a2, t_columns, delta2)", "subtract(t_columns, a2, delta2)"),
    ("a1_one_dot(delta2_T, dW2_db2)", "a1_one_dot(delta2_T + delta2_T, dW2_db2)"),
    ("W2_T_dot(delta2, ", "W2_T_dot(-delta2, "),
    ("x_columns_one_dot(delta1_T, dW1_db1)", "x_columns_one_dot(abs(delta1_T), dW1_db1)"),
    ("W2_b2_T_dot(a1_one, z2)", "W2_b2_T_dot(a1_one - 1, z2)"),
    ("a1_one = np.ones(", "a1_one = np.zeros("),
    ("subtract(one, ", "np.add(one, "),
]


@pytest.mark.parametrize(("old", "new"), MUTATIONS)
def test_a_wrong_statement_is_caught_by_both_checks(old: str, new: str) -> None:
    module = loaded(edited(old, new))
    with pytest.raises(CertificateError):
        check_selftest(module)
    with pytest.raises(CertificateError):
        check_agreement(module, loaded(text_of("3-4:tanh-2:softmax", "cross_entropy", style="loops")))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_sign_far_below_the_output_is_caught_though_gradients_are_tiny_there(dtype: str) -> None:
    text = text_of("3-" + "4-" * 15 + "2", dtype=dtype)
    line = next(line for line in text.splitlines() if "dot(delta1_T, dW1" in line)
    module = loaded(text.replace(line, f"{line}\n        np.negative(workspace.gradients.W1, workspace.gradients.W1)"))
    assert abs(module.loss_and_gradients(*module._random_point(3))[1].W1).max() < 1e-9
    with pytest.raises(CertificateError, match="W1"):
        check_selftest(module)


def test_a_statement_that_stops_is_a_failed_check_and_no_traceback() -> None:
    module = loaded(text_of("2-3-1") + "\n\ndef _reference_loss(parameters, x, t):\n    return x @ x\n")
    with pytest.raises(CertificateError, match="selftest: stops with ValueError"):
        check_selftest(module)


def test_header_states_bounds_and_no_measurement() -> None:
    head = TEXT.split('"""')[1]
    assert "< 1e-12" in head
    assert "< 1 KiB" in head
    assert not re.search(r"\d\.\d+e-\d\d", head)
