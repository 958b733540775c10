"""LaTeX of every kind compiles without overfull boxes, twice to the same bytes; a missing pdfLaTeX is refused in one line."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.errors import InputError
from derive.notation.layout import Grid, Symbol
from derive.notes import Options, compiled, notes
from derive.notes.document import Chain, Line
from derive.notes.writers.slides import dealt_out
from tests.derive.notes.test_documents import IDS, SPECS, results

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

PAPERS = ("tex", "slides", "handout", "fragment")
MOST = 5.0
"""Boxes may be too wide or too high by so many points."""
CHEAP = (("tex", 2), ("slides", 6), ("fragment", 5))
READER = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{tikz}
\begin{document}
\input{notes}
\end{document}
"""
"""All that a document needs to read a fragment."""


def faults(text: str, folder: Path) -> list[str]:
    """What pdfLaTeX says against a text: errors, overfull boxes, labels that are missing or stand twice."""
    (folder / "notes.tex").write_text(text, encoding="ascii")
    main = "notes.tex"
    if "\\documentclass" not in text:
        main = "reader.tex"
        (folder / main).write_text(READER, encoding="ascii")
    beamer = "{beamer}" in text
    for _ in range(1 if beamer else 2):
        command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", main]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    log = done.stdout.decode("utf-8", "replace")
    boxes = [found[0] for found in re.finditer(r"Overfull \\[hv]box \(([\d.]+)pt too (wide|high)\).*", log) if float(found[1]) > MOST]
    labels = [] if beamer else re.findall(r"LaTeX Warning: .*(?:undefined|multiply defined).*", log)
    return boxes + labels + re.findall(r"^! .*", log, re.MULTILINE)


def written(form: str, number: int, **options: str) -> str:
    text = notes(results(number), Options(format=form, **options))
    assert isinstance(text, str)
    return text


@needs_pdflatex
def test_a_line_that_fills_a_slide_is_followed_by_the_next() -> None:
    tall = Grid(tuple((Symbol("z"),) for _ in range(40)))
    lines = (Line(Symbol("a"), tall), *(Line(None, tall) for _ in range(3)))
    assert [[len(block.lines) for block in page if isinstance(block, Chain)] for page in dealt_out([Chain(lines)])] == [[1]] * 4


@pytest.mark.parametrize(("form", "number"), CHEAP, ids=[f"{form} {IDS[number]}" for form, number in CHEAP])
def test_latex_compiles_without_overfull_boxes(form: str, number: int, tmp_path: Path) -> None:
    assert faults(written(form, number), tmp_path) == []


@needs_pdflatex
@pytest.mark.slow
@pytest.mark.parametrize("form", PAPERS)
@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_every_network_compiles_on_every_paper(form: str, number: int, tmp_path: Path) -> None:
    for level in ("lecture", "every-step") if form == "tex" else ("lecture",):
        assert faults(written(form, number, level=level), tmp_path) == []


@needs_pdflatex
def test_french_compiles_with_its_accents(tmp_path: Path) -> None:
    text = written("tex", 6, language="fr", title="Réseau d'Élodie à Besançon", author="Zoë Łukasz")
    assert text.isascii()
    assert faults(text, tmp_path) == []


@needs_pdflatex
@pytest.mark.parametrize("form", ["pdf", pytest.param("handout", marks=pytest.mark.slow)])
def test_a_pdf_has_the_same_bytes_again(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (bytes_of(notes(results(6), Options(format=form))) for _ in range(2))
    assert first.startswith(b"%PDF")
    assert first == second


def bytes_of(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else compiled(content)


def test_a_derivation_is_revealed_in_place() -> None:
    """Every cell of a line keeps its place from the first overlay on; the handout shows the same lines at once."""
    slides, handout = written("slides", 0), written("handout", 0)
    assert slides.replace("aspectratio=169", "aspectratio=169,handout") == handout
    frame = slides[slides.index("Delta of a hidden layer") :].split("\\end{frame}")[0]
    overlays = [int(number) for number in re.findall(r"\\uncover<(\d+)->", frame)]
    assert overlays == sorted(overlays)
    assert set(overlays) == set(range(1, max(overlays) + 1))
    assert not re.search(r"\\(only|pause|visible)\b", slides)


def test_a_fragment_brings_no_preamble_and_names_its_labels() -> None:
    text = written("fragment", 0)
    assert "\\documentclass" not in text
    assert "\\usepackage" not in text
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(labels) == len(set(labels)) > 20
    assert all(label.startswith("net_2_2_1:") for label in labels)
    assert set(re.findall(r"\\eqref\{([^}]*)\}", text)) <= set(labels)


def test_a_missing_pdflatex_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="pdflatex"):
        notes(results(6), Options(format="pdf"))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="unknown format"):
        notes(results(6), Options(format="docx"))
