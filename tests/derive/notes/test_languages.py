"""The same notes in another language: other words, the same formulas; words, title, author and date of one's own."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

import derive
from derive.errors import InputError
from derive.notes import Options, notes
from tests.derive.notes import strict
from tests.derive.notes.test_documents import results

ENGLISH = Path(derive.__file__).parent / "words" / "en.toml"


def written(number: int = 6, **options: str) -> str:
    text = notes(results(number), Options(**options))
    assert isinstance(text, str)
    return text


def formulas(text: str) -> list[str]:
    """Every formula of a Markdown text."""
    displays = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    return displays + re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))


def without_words(tex: str) -> list[str]:
    """The rows of a display up to their reasons, which stand in another order in another language."""
    return [row.split("&&")[0].strip() for row in re.sub(r"\\text\{[^{}]*\}", "", tex).split(r"\\")]


def test_french_notes_have_the_same_displays() -> None:
    english, french = (re.findall(r"\$\$(.*?)\$\$", written(2, language=code), re.DOTALL) for code in ("en", "fr"))
    assert [without_words(tex) for tex in english] == [without_words(tex) for tex in french]


def test_french_formulas_pass_the_strict_check() -> None:
    found = list(dict.fromkeys(formulas(written(2, language="fr"))))
    assert any("dérivée" in tex for tex in found)
    assert [(tex, fault) for tex in found if (fault := strict.fault(tex))] == []
    if strict.katex() is not None:
        assert strict.refused_by_katex(found) == []


def test_a_page_says_its_language() -> None:
    page = written(language="fr", format="html")
    assert '<html lang="fr">' in page
    assert "l\u2019entrée" in page  # a real apostrophe in running text, never a prime in a formula
    assert "\u2019" not in "".join(re.findall(r"<annotation.*?</annotation>", page))


def test_words_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(ENGLISH.read_text(encoding="utf-8").replace('loss = "Loss"', 'loss = "What it costs to be wrong"', 1), encoding="utf-8")
    page = written(language=str(own), format="html")
    assert "What it costs to be wrong" in page
    assert str(tmp_path) not in page


def test_words_with_a_sentence_missing_are_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(re.sub(r"^chain_rule = .*\n", "", ENGLISH.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(InputError, match=r"missing key rule\.chain_rule"):
        written(language=str(own))


@pytest.mark.parametrize("form", ["md", "html", "tex", "slides"])
def test_title_author_and_date_stand_at_the_head(form: str) -> None:
    text = html.unescape(written(format=form, title="Notes & more", author="A. Author", date="Spring"))
    for line in (r"Notes \& more" if form in ("tex", "slides") else "Notes & more", "A. Author", "Spring"):
        assert line in text


@pytest.mark.parametrize("field", ["title", "author", "date"])
@pytest.mark.parametrize("text", ["", " ", "x" * 201, "bell \x07"])
def test_a_head_that_is_no_line_is_refused(field: str, text: str) -> None:
    with pytest.raises(InputError, match=field):
        written(**{field: text})
