"""What a command says, and what it leaves, when it is interrupted or when nobody can hear it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HELD = """
import os, signal, sys
replace = os.replace
def held(*paths):
    os.write(1, b"ready\\n")
    signal.sigtimedwait([], 60)
    replace(*paths)
os.replace = held
from derive import start
sys.argv = ["deltarule", "emit", "2-1", "-o", sys.argv[1]]
start.main()
"""
STREAMS = {
    "closed output": (">&-", 2, "deltarule: cannot write standard output: Bad file descriptor\n"),
    "full output": (">/dev/full", 2, "deltarule: cannot write standard output: No space left on device\n"),
    "closed errors": ("2>&- >/dev/null", 0, ""),
    "full errors": ("2>/dev/full >/dev/null", 0, ""),
    "closed input": ("<&- >/dev/null", 0, ""),
}


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="no signals to wait for here")
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("SIGINT", 130, "deltarule: interrupted\n"), ("SIGTERM", 143, ""), ("SIGHUP", 129, "")],
    ids=lambda part: part,
)
def test_a_command_that_is_ended_says_so_in_one_line_and_leaves_what_was_there(name, status, said, tmp_path):
    (tmp_path / "net.py").write_text("old")
    command = [sys.executable, "-c", HELD, str(tmp_path / "net.py")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    assert process.communicate(timeout=30) == ("", said)
    assert process.returncode == status
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]
    assert (tmp_path / "net.py").read_text() == "old"


def test_an_interrupt_while_modules_are_imported_is_one_line_too():
    code = "from derive import start\ndef stop(name): raise KeyboardInterrupt\nstart.import_module = stop\nstart.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "deltarule: interrupted\n")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_signal_that_is_ignored_stays_ignored(tmp_path):
    done = shell(
        "trap '' HUP; $PYTHON -c 'import os, sys; from derive import terminal\nwith terminal._ended_by_signals(): os.kill(os.getpid(), 1)'",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("case", STREAMS)
def test_streams_that_cannot_be_used_are_no_tracebacks(case, tmp_path):
    redirection, status, said = STREAMS[case]
    done = shell(f"$PYTHON -m deltarule list layers {redirection}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@pytest.mark.parametrize("errors", ["2>&-", "2>/dev/null"])
def test_a_refusal_that_nobody_hears_is_still_status_2(errors, tmp_path):
    assert shell(f"$PYTHON -m deltarule list nothing {errors}", tmp_path).returncode == 2


def test_a_file_never_gets_the_number_of_a_closed_stream(tmp_path):
    done = shell("$PYTHON -m deltarule emit 2-1 -o net.py >&- 2>&-", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "net.py").read_text().startswith('"""')


@pytest.mark.parametrize("command", ["list layers", "--help", "emit 2-1"])
def test_a_reader_that_has_left_is_no_error(command, tmp_path):
    done = shell(f"{{ $PYTHON -m deltarule {command}; echo $? >&2; }} | true", tmp_path)
    assert done.stderr == "0\n"
