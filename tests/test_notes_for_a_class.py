"""Notes with numbers and exercises from the command line: what is printed, and the key beside the page."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.conftest import ROOT, Run

MAZUR = str(ROOT / "derive" / "worked" / "mazur.toml")


def test_mazurs_wrong_digit_is_named_with_its_cause(call: Run) -> None:
    done = call("notes", "2-2-2", "--numbers", MAZUR, "--format", "md")
    assert done.returncode == 0
    (row,) = [line for line in done.stdout.splitlines() if ".291027924" in line]
    assert "$0.291027774$" in row
    assert "wrong from digit 7 on" in row
    assert "before the deltas of the layer below read them" in row


def test_a_bare_option_brings_simple_numbers_and_a_variant_others(call: Run) -> None:
    one, other = (call("notes", "2-1", "--format", "md", "--variant", number, "--numbers") for number in "12")
    assert one.returncode == other.returncode == 0
    assert "numbers chosen to be simple" in one.stdout
    assert one.stdout != other.stdout


def test_exercises_leave_a_key_beside_the_page(call: Run, tmp_path: Path) -> None:
    assert call("notes", "2-1", "--exercises", "medium", "-o", "class/sheet.md").returncode == 0
    key = tomllib.loads((tmp_path / "class" / "sheet.answers.toml").read_text())
    page = (tmp_path / "class" / "sheet.md").read_text()
    assert key["exercises"] == "medium"
    assert f"worth {key['points']} points" in page
    assert sorted(path.name for path in (tmp_path / "class").iterdir()) == ["sheet.answers.toml", "sheet.md"]


def test_printed_exercises_leave_no_file(call: Run, tmp_path: Path) -> None:
    done = call("notes", "2-1", "--exercises", "easy", "--format", "md")
    assert "## Solutions" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_faulty_file_of_numbers_writes_nothing(call: Run, tmp_path: Path) -> None:
    (tmp_path / "n.toml").write_text("inputs = [1, 2]\ntargets = [0]\n[parameters]\nW1 = [[1, 2, 3]]\nb1 = [0]\n")
    done = call("notes", "2-1", "--numbers", "n.toml", "-o", "page.md")
    assert done.returncode == 2
    assert done.stderr == "deltarule: n.toml, line 4: parameters.W1 must have shape (1, 2); there are 3 where 2 are expected\n"
    assert [path.name for path in tmp_path.iterdir()] == ["n.toml"]
