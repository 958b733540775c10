"""What several tests share: the command line as its users run it, and emitted modules as Python modules."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent

collect_ignore = ["fuzz/guided.py"]
"""It is no test, and imports atheris, which only those who fuzz install."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``deltarule ARGUMENTS`` in a process of its own, in the test's own folder."""

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        return subprocess.run(
            [sys.executable, "-m", "deltarule", *arguments],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The same within this process, which saves the start of Python: for commands that end before they do anything."""
    import deltarule

    monkeypatch.setattr(signal, "signal", lambda *ignored: None)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as ended:
            deltarule.main(arguments)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), said.out, said.err)

    return command


@pytest.fixture
def module(tmp_path: Path) -> Callable[..., ModuleType]:
    """The module emitted for a spec, imported."""
    import deltarule

    def load(spec: object, **options: object) -> ModuleType:
        network = deltarule.network(spec)
        path = tmp_path / f"{network.name}.py"
        path.write_text(network.emit(**options), encoding="utf-8")
        specification = importlib.util.spec_from_file_location(network.name, path)
        assert specification is not None
        assert specification.loader is not None
        loaded = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(loaded)
        return loaded

    return load
