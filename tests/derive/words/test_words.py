"""Every sentence that the notes may need is in the catalogue, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import derive
from derive.errors import InputError
from derive.notation.layout import Symbol
from derive.words import Math, Text, load
from derive.words.catalogue import languages

ROOM = Path(derive.__file__).parent
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(ROOM.rglob("*.py"))}
ENGLISH = load("en")


def test_every_rule_has_its_sentence() -> None:
    rules = {rule for text in SOURCES.values() for rule in re.findall(r"(?:\bStep|each_slope)\(\s*\"([a-z_]+)\"", text)}
    assert {"chain_rule", "contraction", "insert_adjoint"} <= rules
    for rule in rules:
        assert any(key.startswith(f"rule.{rule}") for key in ENGLISH.sentences), rule


def test_every_reason_of_a_matrix_form_has_its_sentence() -> None:
    sources = [text for path, text in SOURCES.items() if path.parent.name == "matrices"]
    reasons = {rule for text in sources for rule in re.findall(r"(?:Reason\(|rule, node = |rule = |\(\(|\n +\()\"([a-z_]+)\"", text)}
    reasons -= {"index", "function", "form", "second", "row", "column"}
    assert {"matrix_vector", "outer_product", "squared_norm", "elementwise"} <= reasons
    for rule in reasons:
        assert f"matrix.{rule}" in ENGLISH, rule


def test_every_key_that_the_notes_name_exists() -> None:
    text = "".join(text for path, text in SOURCES.items() if path.parent.name == "notes")
    named = set(re.findall(r"(?:say\(|words\[)\"([a-z_]+\.[a-z_]+)\"", text))
    assert len(named) > 30
    assert not {key for key in named if key not in ENGLISH}


def test_no_sentence_is_dead() -> None:
    text = "".join(SOURCES.values())
    for key in ENGLISH.sentences:
        table, _, name = key.partition(".")
        used = f'"{key}"' in text or f'"{name}"' in text or f'f"{table}.' in text
        assert used, key


def test_places_are_filled_and_lists_are_joined() -> None:
    j, k, p = Symbol("j"), Symbol("k"), Symbol("p")
    said = ENGLISH.say("rule.chain_rule", by=j, loss=k, through=(j, k, p))
    assert said[-5:] == (Math(j), Text(", "), Math(k), Text(" and "), Math(p))


@pytest.mark.parametrize("language", [language for language in languages() if language != "en"])
def test_every_language_that_ships_has_the_same_sentences_with_the_same_places(language: str) -> None:
    other = load(language).sentences
    assert sorted(set(ENGLISH.sentences) - set(other)) == []
    assert sorted(set(other) - set(ENGLISH.sentences)) == []
    for key, sentence in ENGLISH.sentences.items():
        assert set(re.findall(r"\{[a-z_]+\}", other[key])) == set(re.findall(r"\{[a-z_]+\}", sentence)), key


def test_no_sentence_of_another_language_is_left_in_english() -> None:
    """Longer sentences that are the same word for word would be untranslated."""
    french = load("fr").sentences
    assert not [key for key, text in ENGLISH.sentences.items() if french.get(key) == text and len(text.split()) > 2]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InputError, match=r"missing key rule\.nonsense"):
        ENGLISH.say("rule.nonsense")
    with pytest.raises(InputError, match="which is not known there"):
        ENGLISH.say("rule.chain_rule", by="x")


def test_a_language_of_ones_own_must_have_every_sentence(tmp_path: Path) -> None:
    english = (ROOM / "words" / "en.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(english.replace('loss = "Loss"\n', "", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"missing key section\.loss"):
        load(str(own))
    own.write_text(english.replace('loss = "Loss"', 'loss = "{stranger}"', 1), encoding="utf-8")
    with pytest.raises(InputError, match="stranger"):
        load(str(own))
    own.write_text(english.replace('loss = "Loss"', 'loss = "Verlust"', 1), encoding="utf-8")
    assert load(str(own))["section.loss"] == "Verlust"
    with pytest.raises(InputError, match="unknown language"):
        load("martian")
