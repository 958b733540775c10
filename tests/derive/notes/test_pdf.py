"""The article compiles without overfull lines, twice to the same bytes; a missing pdfLaTeX is refused in one line."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.errors import InputError
from derive.notes import Options, notes
from tests.derive.notes.test_documents import IDS, SPECS, results

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@needs_pdflatex
@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_the_article_compiles_without_overfull_boxes(number: int, tmp_path: Path) -> None:
    text = notes(results(number), Options(format="tex"))
    assert isinstance(text, str)
    (tmp_path / "notes.tex").write_text(text, encoding="ascii")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "notes.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    too_wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert max(too_wide, default=0.0) <= 5.0


@needs_pdflatex
def test_a_pdf_has_the_same_bytes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (notes(results(6), Options(format="pdf")) for _ in range(2))
    assert isinstance(first, bytes)
    assert first.startswith(b"%PDF")
    assert first == second


def test_a_missing_pdflatex_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="pdflatex"):
        notes(results(6), Options(format="pdf"))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="unknown format"):
        notes(results(6), Options(format="docx"))
