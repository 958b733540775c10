"""How modules of equation files are written: formatted, linted, every statement under its formula, memory used again."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.certificate import loaded
from codegen.emit import emit
from derive.network import network
from derive.results import results_of

FOLDER = Path(__file__).parents[2] / "derive" / "equations"
SHOWN = ("attention_in_one_line", "convolution_1d", "layer_norm", "lstm", "max_pooling")
STYLES = ("vectorised", "loops", "scalar")


@pytest.fixture(scope="module")
def texts() -> dict[tuple[str, str], str]:
    found = {}
    for name in SHOWN:
        results = results_of(network(FOLDER / f"{name}.toml"))
        for style in STYLES:
            found[name, style] = emit(results.network, results.batch_sweep, style=style, number=results.number)
    return found


def test_ruff_finds_nothing_in_lines_of_a_hundred(texts: dict[tuple[str, str], str], tmp_path: Path) -> None:
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    for (name, style), text in texts.items():
        (tmp_path / f"{name}_{style}.py").write_text(text)
    subprocess.run([ruff, "check", "--isolated", tmp_path], check=True, capture_output=True)
    subprocess.run([ruff, "format", "--isolated", "--line-length", "100", "--check", tmp_path], check=True, capture_output=True)


def test_passes_begin_with_a_numbered_formula_also_before_their_loops(texts: dict[tuple[str, str], str]) -> None:
    for text in (text for (_, style), text in texts.items() if style != "scalar"):
        lines = text.splitlines()
        passes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name.startswith("run_")]
        for function in passes:
            body = lines[function.lineno : function.end_lineno]
            own = [
                line
                for line in body
                if not re.match(r" +(copyto\(\w+, (inputs|given_)|\w+\[\.\.\.\] = inputs|\w+ = inputs|return|run_)", line)
            ]
            assert not own or re.match(r" +# \(\d+\)|        for ", own[0]), own[0]


def test_intermediate_values_share_memory(texts: dict[tuple[str, str], str]) -> None:
    text = texts["lstm", "vectorised"]
    block = text[text.index("# intermediate values") : text.index("# views")]
    names = re.findall(r"^    (\w+) = (.*)$", block, re.MULTILINE)
    made = [name for name, value in names if value.startswith("np.")]
    assert len(made) < len(names) / 4


def test_memory_that_is_shared_too_early_is_caught(texts: dict[tuple[str, str], str]) -> None:
    text = texts["layer_norm", "vectorised"]
    assert loaded(text).selftest()
    block = re.findall(r"^    (\w+) = np\.zeros\(\((\d+), (\d+)\), DTYPE\)$", text[text.index("# intermediate values") :], re.MULTILINE)
    first, second = next((a, b) for a in block for b in block if a[0] < b[0] and a[1:] == b[1:])
    wrong = text.replace(f"    {second[0]} = np.zeros(({second[1]}, {second[2]}), DTYPE)", f"    {second[0]} = {first[0]}")
    assert not loaded(wrong).selftest()


def test_selftest_sees_a_wrong_sign_of_a_tiny_gradient() -> None:
    table = {
        "axes": {"j": 3},
        "inputs": ["x[j]"],
        "parameters": ["w[j]", "v[j]"],
        "equations": ["a[j] = w[j]*x[j]/10**9"],
        "loss": "sum(j, a[j]**2) + sum(j, v[j]*x[j])",
    }
    results = results_of(network(table))
    text = emit(results.network, results.batch_sweep, style="loops", number=results.number)
    module = loaded(text)
    assert float(np.abs(module.loss_and_gradients(*module._random_point(1))[1].w).max()) < 1e-15
    assert module.selftest()
    (line,) = [line for line in text.splitlines() if re.match(r" +dw\[j\] = ", line)]
    assert not loaded(text.replace(line, line.replace("= ", "= -", 1))).selftest()
