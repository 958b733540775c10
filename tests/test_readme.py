"""What the README shows is what appears."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import deltarule
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMULAS = re.findall(r"<!-- notes (\S+) -->\n(\$\$.*?\$\$)", README, flags=re.DOTALL)
CODE = re.findall(r"<!-- emit (\S+) -->\n```python\n(.*?)```", README, flags=re.DOTALL)
SESSIONS = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)


def commands(session: str) -> list[tuple[str, str]]:
    """Each ``$ command`` of a session with the output shown below it."""
    found = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)[1:]
    return list(zip(found[::2], found[1::2], strict=True))


def as_pattern(shown: str) -> str:
    """``shown`` as a regular expression in which a line of ``...`` stands for any lines and ``...`` in a line for any text."""
    lines = (r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in shown.splitlines())
    return "".join(lines)


@pytest.mark.parametrize("number", range(len(SESSIONS)))
def test_the_sessions_in_the_readme_are_real(number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command, shown in commands(SESSIONS[number]):
        words = shlex.split(command)
        folder = tmp_path
        if words[0] == "deltarule":
            real = f"{shlex.quote(sys.executable)} -m {command}"
        elif words[0] == "python":
            real, folder = f"{shlex.quote(sys.executable)}{command.removeprefix('python')}", ROOT if "benchmarks" in command else tmp_path
        else:
            real = command
        result = subprocess.run(["bash", "-c", real], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
        printed = result.stdout + result.stderr
        assert re.fullmatch(as_pattern(shown), printed), f"$ {command}\n{printed}"


def test_the_readme_shows_the_two_commands_first() -> None:
    first = re.search(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    assert first is not None
    assert first[1].splitlines() == [
        "pip install . && deltarule build 2-2:relu-1:linear -o out",
        "pip install '.[test]' && python -m pytest",
    ]


def test_the_formulas_in_the_readme_stand_in_the_notes() -> None:
    assert FORMULAS
    for spec, shown in FORMULAS:
        assert shown in deltarule.network(spec).notes(format="md")


def test_the_code_in_the_readme_is_emitted() -> None:
    assert CODE
    for spec, shown in CODE:
        emitted = [line.strip() for line in deltarule.network(spec).emit().splitlines()]
        assert "\n".join(line.strip() for line in shown.splitlines()) in "\n".join(emitted)
