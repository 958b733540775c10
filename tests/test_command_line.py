"""The command line as its users meet it: a process, its output, its exit status and the files it leaves."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run

XOR = 'name = "xor"\ninputs = 2\n[[layers]]\nunits = 2\nactivation = "tanh"\n[[layers]]\nunits = 1\n'
FIVE = {"notes.html", "notes.tex", "figure.svg", "report.json"}


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_refused(result: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert result.returncode == 2, result
    assert result.stdout == ""
    assert result.stderr.startswith("deltarule: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.strip().isprintable()
    for text in expected:
        assert text in result.stderr, result.stderr


# Arguments, and what the one line must name.
USAGE = {
    "no command": ([], ["command"]),
    "unknown command": (["verfy", "2-1"], ["'verfy'", "nearest: verify"]),
    "no spec": (["emit"], ["SPEC"]),
    "no output folder": (["build", "2-1"], ["-o"]),
    "unknown option": (["emit", "2-1", "--styel", "loops"], ["--styel", "--style"]),
    "unknown choice": (["emit", "2-1", "--style", "lops"], ["'lops'", "nearest: loops"]),
    "unknown dtype": (["emit", "2-1", "--dtype", "float16"], ["'float16'", "float32"]),
    "unknown reduction": (["emit", "2-1", "--batch-reduction", "men"], ["'men'", "nearest: mean"]),
    "unknown format": (["notes", "2-1", "--format", "htm"], ["'htm'", "nearest: html"]),
    "unknown notation": (["notes", "2-1", "--notation", "nielson"], ["nielson", "nielsen"]),
    "unknown loss": (["emit", "2-1", "--loss", "squared_eror"], ["squared_eror", "squared_error"]),
    "unknown kind": (["list", "activation"], ["'activation'", "nearest: activations"]),
    "two specs": (["emit", "2-1", "3-1"], ["3-1"]),
    "unknown level of exercises": (["notes", "2-1", "--exercises", "esy"], ["'esy'", "nearest: easy"]),
    "numbers that are no file": (["notes", "2-1", "--numbers", "3-1"], ["expected a TOML file", "'3-1'"]),
    "a variant that is no number": (["notes", "2-1", "--variant", "two"], ["--variant", "two"]),
    "an unknown optimiser": (["emit", "2-1", "--optimiser", "adan"], ["'adan'", "nearest: adam"]),
    "an option without its value": (["emit", "2-1", "--loss"], ["--loss"]),
    "a missing module to verify": (["verify", "2-1", "--code", "nowhere.py"], ["nowhere.py"]),
    "missing notes to verify": (["verify", "2-1", "--notes", "nowhere.md"], ["nowhere.md"]),
    "a missing notation file": (["notes", "2-1", "--notation", "nowhere.toml"], ["nowhere.toml"]),
}

# One-line specs, and what the one line must name.
ONE_LINERS = {
    "zero": ("2-0-1", "0"),
    "negative": ("2--3-1", "position"),
    "not whole": ("2-2.5-1", "position"),
    "absurd": ("2-99999999999999999999-1", "9999"),
    "one size": ("2", "2"),
    "empty": ("", ""),
    "nothing after the dash": ("2-3-", "position"),
    "no activation after the colon": ("2-3:-1", "position"),
    "unknown activation": ("2-3:rellu-1", "nearest: relu"),
    "an activation on the inputs": ("2:relu-1", "position"),
    "other digits": ("2-٣-1", "position"),
    "spaces": ("2 - 3 - 1", "position"),
    "python": ("2-__import__('os').system('touch owned')-1", "position"),
    "tex": ("2-3:\\write18{touch owned}-1", "position"),
    "html": ("2-3:<b>-1", "position"),
    "line break": ("2-3\n-1", "position"),
    "a million layers": ("-".join(["1"] * 60_000), "limit"),
    "cross-entropy on sigmoid": ("2-3", "softmax"),
}

# TOML files, and what the one line must name.
FILES = {
    "not TOML": ("inputs = = 2", "spec.toml"),
    "unknown key": (XOR + 'activaton = "tanh"\n', "activaton"),
    "unknown key at the top": ("input = 2\n" + XOR, "input"),
    "no layers": ("inputs = 2\n", "layers"),
    "no inputs": ("[[layers]]\nunits = 2\n", "inputs"),
    "units as text": (XOR.replace("units = 1", 'units = "1"'), "units"),
    "units as truth": (XOR.replace("units = 1", "units = true"), "units"),
    "zero units": (XOR.replace("units = 1", "units = 0"), "units"),
    "negative units": (XOR.replace("units = 1", "units = -1"), "units"),
    "fractional units": (XOR.replace("units = 1", "units = 1.5"), "units"),
    "absurd units": (XOR.replace("units = 1", "units = 1000000000000"), "units"),
    "unknown layer type": (XOR.replace("units = 1", 'units = 1\ntype = "dens"'), "dense"),
    "unknown activation": (XOR.replace("tanh", "tahn"), "tanh"),
    "unknown activation parameter": (XOR.replace('"tanh"', '{ type = "leaky_relu", alfa = 0.1 }'), "alpha"),
    "infinite l2": ("l2 = inf\n" + XOR, "l2"),
    "negative l2": ("l2 = -1.0\n" + XOR, "l2"),
    "cross-entropy without softmax": ('loss = "cross_entropy"\n' + XOR, "softmax"),
    "binary cross-entropy without sigmoid": ('loss = "binary_cross_entropy"\n' + XOR + 'activation = "tanh"\n', "sigmoid"),
    "name is a keyword": (XOR.replace("xor", "lambda"), "lambda"),
    "name is a builtin": (XOR.replace("xor", "print"), "print"),
    "name is a dunder": (XOR.replace("xor", "__init__"), "__init__"),
    "name is not ASCII": (XOR.replace("xor", "réseau"), "name"),
    "name is python": (XOR.replace('"xor"', "\"x'); import os; os.system('touch owned')\""), "name"),
    "name is TeX": (XOR.replace('"xor"', "'\\write18{touch owned}'"), "name"),
    "name is HTML": (XOR.replace('"xor"', "'<script>alert(1)</script>'"), "name"),
    "name is a path": (XOR.replace('"xor"', "'../../owned'"), "name"),
    "name is used by the module": (XOR.replace("xor", "forward"), "forward"),
    "layer name is a keyword": (XOR.replace("units = 1", 'units = 1\nname = "class"'), "class"),
    "layer name is HTML": (XOR.replace("units = 1", 'units = 1\nname = "<b>"'), "name"),
    "two layers of one name": (XOR.replace("units = ", 'name = "twin"\nunits = '), "twin"),
    "a million layers": ("inputs = 1\n" + "[[layers]]\nunits = 1\n" * 1_000_000, "limit"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_usage_error_is_one_line_and_status_2(run: Run, tmp_path: Path, case: str) -> None:
    arguments, expected = USAGE[case]
    assert_refused(run(*arguments), *expected)
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("case", ONE_LINERS)
def test_a_bad_one_line_spec_is_refused(call: Run, tmp_path: Path, case: str) -> None:
    spec, expected = ONE_LINERS[case]
    options = ["--loss", "cross_entropy"] if case.startswith("cross") else []
    assert_refused(call("build", "-o", "out", *options, "--", spec), expected)
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("case", FILES)
def test_a_bad_spec_file_is_refused(call: Run, tmp_path: Path, case: str) -> None:
    text, expected = FILES[case]
    (tmp_path / "spec.toml").write_text(text, encoding="utf-8")
    assert_refused(call("build", "spec.toml", "-o", "out"), expected)
    assert everything_below(tmp_path) == ["spec.toml"]


def test_a_spec_file_that_is_missing_binary_or_a_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "folder.toml").mkdir()
    for name in ("missing.toml", "binary.toml", "folder.toml"):
        assert_refused(run("emit", name), name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_spec_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text(XOR)
    (tmp_path / "spec.toml").chmod(0)
    assert_refused(run("emit", "spec.toml"), "spec.toml")


@pytest.mark.parametrize(
    "target",
    ["folder", "file/below", "x" * 300, "/proc/nowhere/out", "a/" * 2500 + "out", "/dev/full", "nul\0byte"[:3] + "\n/" + "y" * 300],
    ids=["a folder", "below a file", "name too long", "unwritable", "path too long", "full device", "line break"],
)
def test_an_output_that_cannot_be_written_is_refused(run: Run, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    assert_refused(run("emit", "2-1", "-o", target), "write")
    assert (tmp_path / "file").read_text() == "old"
    assert not [name for name in everything_below(tmp_path) if ".deltarule-" in name]


def test_a_build_folder_that_is_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    assert_refused(run("build", "2-1", "-o", "file"), "file")
    assert (tmp_path / "file").read_text() == "old"


def test_build_writes_exactly_the_five_files_and_leaves_others_alone(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    (tmp_path / "xor.toml").write_text(XOR)
    assert run("build", "xor.toml", "-o", "deep/out").returncode == 0
    assert set(everything_below(folder)) == FIVE | {"xor.py", "mine.txt"}
    report = json.loads((folder / "report.json").read_text())
    assert report["ok"] is True
    assert {"number", "latex", "kind", "ok", "detail"} <= set(report["statements"][0])


def test_a_dash_is_standard_output(run: Run, tmp_path: Path) -> None:
    assert run("emit", "2-1", "-o", "-").stdout == run("emit", "2-1").stdout
    assert not list(tmp_path.iterdir())


def test_parents_of_an_output_file_are_made(run: Run, tmp_path: Path) -> None:
    assert run("emit", "2-1", "-o", "a/b/net.py").returncode == 0
    assert (tmp_path / "a/b/net.py").read_text() == run("emit", "2-1").stdout


def test_options_of_the_command_line_override_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "xor.toml").write_text(XOR)
    plain = run("emit", "xor.toml").stdout
    assert run("emit", "xor.toml", "--batch-reduction", "sum").stdout not in ("", plain)
    assert run("emit", "xor.toml", "--loss", "squared_error").stdout not in ("", plain)


def test_american_spellings_are_accepted(run: Run) -> None:
    assert run("list", "optimizers").returncode == 0
    assert run("emit", "2-1", "--style", "vectorized").stdout == run("emit", "2-1", "--style", "vectorised").stdout


def test_lists_print_one_name_a_line(run: Run) -> None:
    assert run("list", "notations").stdout.splitlines() == ["benslimane", "goodfellow", "micheli", "nielsen", "soletskyi"]
    assert {"sigmoid", "tanh", "relu", "gelu", "softmax", "linear", "mish"} <= set(run("list", "activations").stdout.splitlines())
    assert {"half_squared_error", "cross_entropy", "half_mean_squared_error"} <= set(run("list", "losses").stdout.splitlines())
    assert "dense" in run("list", "layers").stdout.splitlines()
    assert run("list", "styles").stdout.splitlines() == ["auto", "vectorised", "scalar", "loops"]


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for command in ("build", "notes", "emit", "verify", "list"):
        result = run(command, "--help")
        assert result.returncode == 0
        assert "Example" in result.stdout
        assert f"deltarule {command} " in result.stdout


def test_help_comes_at_once(run: Run) -> None:
    started = time.perf_counter()
    run("--help")
    assert time.perf_counter() - started < 1.0  # about 0.15 s on a quiet machine; importing SymPy alone would be more than twice that


def test_help_does_not_import_sympy() -> None:
    code = (
        "import sys, deltarule\n"
        "try: deltarule.main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'sympy', 'numpy', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_emission_imports_no_other_style_and_no_notes() -> None:
    code = (
        "import sys, deltarule\n"
        "deltarule.network('2-2-1').emit()\n"
        "needless = {'codegen.scalar.build', 'codegen.systems.emit', 'codegen.updates.record'}\n"
        "needless |= {'derive.matrices.recognise', 'derive.notes'}\n"
        "assert not needless & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_output_that_is_no_terminal_has_no_colour_and_no_progress(run: Run) -> None:
    result = run("verify", "2-1")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What ``deltarule ARGUMENTS`` says on standard output and standard error when both are a terminal."""
    reader, writer = os.openpty()
    variables = {**{key: value for key, value in os.environ.items() if key != "NO_COLOR"}, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "deltarule", *arguments]
    with subprocess.Popen(command, cwd=folder, env=variables, stdin=writer, stdout=writer, stderr=writer) as process:
        os.close(writer)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while part := os.read(reader, 65536):
                said += part
        process.wait(timeout=60)
    os.close(reader)
    return said.decode()


def test_a_terminal_shows_progress_and_colours_what_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(run("emit", "2-1:tanh").stdout.replace("/ batch", "* batch"))
    said = on_a_terminal(tmp_path, "verify", "2-1:tanh", "--code", "bad.py")
    assert "verification ..." in said
    assert "\x1b[31mWRONG" in said
    assert "\x1b[" not in on_a_terminal(tmp_path, "verify", "2-1:tanh", "--code", "bad.py", NO_COLOR="1")


def test_a_wrong_answer_is_status_1(run: Run, tmp_path: Path) -> None:
    code = run("emit", "2-1:tanh").stdout
    (tmp_path / "good.py").write_text(code)
    assert run("verify", "2-1:tanh", "--code", "good.py").returncode == 0
    (tmp_path / "bad.py").write_text(code.replace("/ batch", "* batch"))
    result = run("verify", "2-1:tanh", "--code", "bad.py", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["ok"] is False


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m deltarule notes 4-10:tanh-3:softmax | head -c 10"
    result = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stderr == ""


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "net.py"
    target.write_text("old")
    code = (
        "import os, sys, time, deltarule\n"
        "replace = os.replace\n"
        "def late(*paths):\n    print('ready', flush=True)\n    time.sleep(60)\n    replace(*paths)\n"
        "os.replace = late\n"
        f"deltarule.main(['emit', '2-1', '-o', {str(target)!r}])\n"
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode != 0
        assert "Traceback" not in errors
        assert target.read_text() == "old"
        assert everything_below(tmp_path) == ["net.py"]


@pytest.mark.parametrize("formula", ["log(z)", "sqrt(z)", "z**z", "exp(exp(z))"])
def test_a_module_that_would_not_be_finite_is_not_emitted_and_status_1(call: Run, tmp_path: Path, formula: str) -> None:
    (tmp_path / "spec.toml").write_text(XOR.replace('"tanh"', f'{{ formula = "{formula}" }}'))
    result = call("emit", "spec.toml", "-o", "out.py")
    assert result.returncode == 1
    assert result.stderr.startswith("deltarule: xor is not emitted: ")
    assert result.stderr.count("\n") == 1
    assert everything_below(tmp_path) == ["spec.toml"]
