"""What stands in ``generated`` is what the tool emits, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generated.regenerate import HERE, emitted

SPECS = sorted((HERE / "specs").glob("*.toml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_committed_files_are_what_the_tool_emits(spec: Path) -> None:
    for path, content in emitted(spec):
        assert path.read_bytes() == content.encode(), f"{path.name} is stale: python generated/regenerate.py"


def test_nothing_else_stands_in_the_folder() -> None:
    names = {f"{spec.stem}{ending}" for spec in SPECS for ending in (".py", ".md")} | {"README.md", "pages.py", "regenerate.py"}
    assert {path.name for path in HERE.iterdir() if path.is_file()} == names


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_committed_modules_prove_themselves_with_numpy_alone(spec: Path, tmp_path: Path) -> None:
    module = HERE / f"{spec.stem}.py"
    subprocess.run([sys.executable, "-W", "error", str(module), "--selftest"], cwd=tmp_path, check=True, capture_output=True)


def test_committed_modules_pass_a_plain_linter() -> None:
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    modules = [str(HERE / f"{spec.stem}.py") for spec in SPECS]
    subprocess.run([ruff, "check", "--isolated", *modules], check=True, capture_output=True)
    subprocess.run([ruff, "format", "--isolated", "--check", *modules], check=True, capture_output=True)
