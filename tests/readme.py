"""What the README shows, made again: ``python tests/readme.py`` writes it where something has changed.

- A ``console`` block is a session: each ``$ command`` is run, in one folder for the block, and its output stands below it. A first line
  ``...`` leaves out all but the last lines, and ``...`` within a line stands for any text.
- ``<!-- notes SPEC | HEADING -->`` stands above the first display below that heading of the notes of SPEC.
- ``<!-- emit SPEC | FUNCTION -->`` stands above the code of that function in the module of SPEC.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
sys.path.insert(0, str(ROOT))

import deltarule  # noqa: E402


def refreshed(text: str) -> str:
    """The README with everything that it shows made again."""
    text = re.sub(r"(?<=```console\n)(.*?)(?=```)", lambda found: _session(found[1]), text, flags=re.DOTALL)
    text = re.sub(r"(?<=<!-- notes )(\S+) \| (.*?) -->\n\$\$.*?\$\$", _formula, text, flags=re.DOTALL)
    return re.sub(r"(?<=<!-- emit )(\S+) \| (.*?) -->\n```python\n.*?```", _code, text, flags=re.DOTALL)


def _session(session: str) -> str:
    parts = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)[1:]
    with tempfile.TemporaryDirectory() as folder:
        return "".join(
            f"$ {command}\n{_shown(shown, _printed(command, folder))}" for command, shown in zip(parts[::2], parts[1::2], strict=True)
        )


def _printed(command: str, folder: str) -> str:
    """The output of a command of the session, with this Python and this copy of the tool."""
    python = shlex.quote(sys.executable)
    program = re.sub(r"^python (?=benchmarks/)", f"{python} {shlex.quote(str(ROOT))}/", command)
    program = re.sub(r"^python ", f"{python} ", re.sub(r"^deltarule ", f"{python} -m deltarule ", program))
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", program], cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr


def _shown(old: str, printed: str) -> str:
    if old.startswith("...\n"):
        return "...\n" + "".join(printed.splitlines(keepends=True)[1 - len(old.splitlines()) :])
    pattern = re.escape(old).replace(r"\.\.\.", ".*")
    return old if re.fullmatch(pattern, printed) else printed


def _formula(found: re.Match[str]) -> str:
    notes = str(deltarule.network(found[1]).notes(format="md"))
    below = notes[notes.index(f"# {found[2]}\n") :]
    display = re.search(r"\$\$.*?\$\$", below, flags=re.DOTALL)
    assert display is not None
    return f"{found[1]} | {found[2]} -->\n{display[0]}"


def _code(found: re.Match[str]) -> str:
    lines = deltarule.network(found[1]).emit().splitlines()
    start = next(place for place, line in enumerate(lines) if f"def {found[2]}(" in line)
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = next(place for place in range(start + 1, len(lines)) if lines[place].strip() and not lines[place].startswith(" " * (indent + 1)))
    body = textwrap.dedent("\n".join(lines[start:end])).rstrip()
    return f"{found[1]} | {found[2]} -->\n```python\n{body}\n```"


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
