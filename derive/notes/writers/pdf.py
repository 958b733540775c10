"""LaTeX as PDF, by pdfLaTeX in a folder of its own and without access to a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from derive.errors import InputError
from derive.notes.document import Document
from derive.notes.writers.tex import tex

_SECONDS = 120
_LONGEST = 200


def pdf(document: Document) -> bytes:
    """The article as PDF.

    Raises ``InputError``: see ``compiled``.
    """
    return compiled(tex(document))


def compiled(source: str) -> bytes:
    """A whole LaTeX document, written by this tool, as PDF; the same bytes again where ``SOURCE_DATE_EPOCH`` is set.

    Raises ``InputError`` where pdfLaTeX is missing, takes too long or refuses the text.
    """
    program = shutil.which("pdflatex")
    if program is None:
        raise InputError(
            "pdf needs pdflatex, which is not installed (TeX Live: texlive-latex-extra and texlive-pictures); tex, html and md do not"
        )
    with tempfile.TemporaryDirectory(prefix="deltarule-") as folder:
        Path(folder, "notes.tex").write_text(source, encoding="ascii")
        for _ in range(3):
            log = _run(program, folder)
            if "Rerun to get" not in log and "undefined references" not in log and "Table widths have changed" not in log:
                break
        return Path(folder, "notes.pdf").read_bytes()


def _run(program: str, folder: str) -> str:
    command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "notes.tex"]
    variables = {
        **os.environ,
        "TEXMFOUTPUT": folder,
        "openout_any": "p",
        "openin_any": "p",
        "FORCE_SOURCE_DATE": "1",
        "max_print_line": "1000",
    }
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"pdflatex did not finish within {_SECONDS} seconds") from None
    log = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        reason = next((line for line in log.splitlines() if line.startswith("!")), "no reason given")
        raise InputError(f"pdflatex failed: {reason[:_LONGEST]}")
    return log
