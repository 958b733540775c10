"""Documents that are made to take long, or all memory, are refused or read in seconds."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from derive.claims.displays import displays_of
from derive.errors import InputError

MANY = 200_000
DOCUMENTS = {
    "itself.tex": r"\input{itself}" * 20,
    "definitions.tex": r"\def\a{" * (MANY // 7),
    "spaces.tex": r"\newcommand" + " " * MANY,
    "repeated.tex": r"\def\a#1{" + "#1" * 60_000 + "}\n$$\\a{" + "x" * 15_000 + "}$$\n",
    "laughs.tex": "".join(f"\\def\\{b}{{{chr(92) + a}{chr(92) + a}}}" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)) + "$$\\k$$",
    "circle.tex": "\\def\\a{\\b}\\def\\b{\\a}\n" + "$$\\a = 1$$\n" * 200,
    "begins.tex": r"\begin{align}" * 20_000,
    "opened.tex": "$$" + r"\begin{align}" * 20_000,
    "dollars.tex": "$$ " * 60_000,
    "brackets.tex": r"\[ " * 60_000,
    "verbatim.tex": r"\begin{verbatim}" * 20_000,
    "verb.tex": r"\verb|" + "x" * MANY,
    "fences.md": "```\n" * 60_000 + "$$" * 30_000,
    "comments.tex": "%" * MANY,
    "braces.tex": "$$" + "{" * 20_000 + "$$",
    "strokes.tex": "$$" + "\\" * MANY + "$$",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_cost_no_more_than_their_length(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(DOCUMENTS[name])
    start = time.process_time()
    with suppress(InputError):
        found = displays_of(tmp_path / name)
        assert sum(len(display.text.chars) for display in found if display.text is not None) < 3 * MANY
    assert time.process_time() - start < 5


def test_what_is_read_stands_below_the_folder_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("$$a = b$$")
    (tmp_path / "notes").mkdir()
    for target in ("../secret", "/etc/hostname", "../notes/../secret"):
        (tmp_path / "notes" / "main.tex").write_text(f"\\input{{{target}}}")
        with pytest.raises(InputError, match="is not below the folder"):
            displays_of(tmp_path / "notes" / "main.tex")


def test_displays_are_found_where_they_stand(tmp_path: Path) -> None:
    text = (
        "text $$a = b$$ and \\$$$ not\n\\[c = d\\]\n% $$e = f$$\n\\begin{align*}g &= h\\end{align*}\n"
        "\\begin{verbatim}$$i$$\\end{verbatim}\n\\verb|$$j$$|"
    )
    (tmp_path / "main.tex").write_text(text)
    found = displays_of(tmp_path / "main.tex")
    assert [(display.source, display.line(display.start)) for display in found][:1] == [("a = b", 1)]
    assert [display.source for display in found if display.source in ("c = d", "g &= h")] == ["c = d", "g &= h"]
    assert not [display for display in found if display.source in ("e = f", "i", "j")]
