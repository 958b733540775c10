"""Exercises: blanks of three levels from the same derivations, a key that fills them, and pages that still compile."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from derive.errors import InputError
from derive.network import network
from derive.notation import names
from derive.notation.latex import to_latex
from derive.notes import Options, answers, notes, story
from derive.notes.blanks import LEVELS, Hidden, filled, hidden_in, with_blanks
from derive.notes.document import Chain
from derive.notes.sections.one_pattern import backward
from derive.notes.worksheet import blanked
from derive.results import Results, results_of
from derive.verification.stream import Stream
from tests.derive.notes import strict


@cache
def results(spec: str = "2-2:relu-1:linear") -> Results:
    return results_of(network(spec))


@cache
def text(level: str, notation: str = "nielsen", variant: int = 1) -> str:
    return str(notes(results(), Options(notation=notation, format="md", exercises=level, variant=variant)))


@cache
def key(level: str, notation: str = "nielsen", variant: int = 1) -> str:
    return answers(results(), Options(notation=notation, exercises=level, variant=variant))


@pytest.mark.parametrize("level", LEVELS)
def test_the_key_has_an_answer_for_every_blank_and_the_points_of_all(level: str) -> None:
    found = tomllib.loads(key(level))
    numbers = [answer["blank"] for answer in found["answers"]]
    worksheet = text(level).partition("## Solutions")[0]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(number) for number in re.findall(r"\\square_\{?(\d+)", worksheet)} == set(numbers)
    assert sum(answer["points"] for answer in found["answers"]) == found["points"]
    assert {answer["kind"] for answer in found["answers"]} <= {"sign", "index", "factor", "line", "value"}


@pytest.mark.parametrize(("level", "notation"), list(zip((*LEVELS, "medium", "hard"), names(), strict=True)))
def test_answers_in_their_blanks_give_the_derivation_again(level: str, notation: str) -> None:
    told = story(results(), Options(notation=notation, exercises=level))
    chains = [block for section in backward(told) for block in section.blocks if isinstance(block, Chain)]
    blanks = 0
    for number, chain in enumerate(chains):
        opened = with_blanks(chain, level, Stream(number))
        blanks += sum(1 for line in opened.lines for _ in hidden_in(line.right))
        for line, own in zip(opened.lines, chain.lines, strict=True):
            assert to_latex(filled(line.right, lambda hidden: hidden.body)) == to_latex(own.right)
            assert not line.finer
    assert blanks >= len(chains) / 2


def test_harder_exercises_are_worth_more() -> None:
    points = [tomllib.loads(key(level))["points"] for level in LEVELS]
    assert points == sorted(points)
    assert len(set(points)) == 3


def test_a_variant_has_other_blanks_and_numbers_and_always_the_same() -> None:
    assert text("medium", variant=2) == str(notes(results(), Options(format="md", exercises="medium", variant=2)))
    assert key("medium", variant=2) != key("medium")
    values = [[a["solution"] for a in tomllib.loads(key("easy", variant=n))["answers"] if a["kind"] == "value"] for n in (1, 2)]
    assert values[0] != values[1]


def test_what_is_hidden_does_not_stand_in_the_reason_beside_it() -> None:
    told = story(results(), Options(exercises="medium"))
    for section in backward(told):
        for block in section.blocks:
            for line in with_blanks(block, "medium", Stream(5)).lines if isinstance(block, Chain) else ():
                said = " ".join(to_latex(piece.formula) for piece in line.reason if hasattr(piece, "formula"))
                for hidden in hidden_in(line.right):
                    assert hidden.kind in ("sign", "index") or to_latex(hidden.body) not in said.split()


def test_sections_that_would_tell_are_left_out() -> None:
    headings = re.findall(r"^## (.*)$", text("easy"), re.MULTILINE)
    assert not {"Summary", "Algorithms", "Every derivative by itself", "A batch of patterns", "Common slips"} & set(headings)
    assert headings[-1] == "Solutions"


@pytest.mark.parametrize("level", LEVELS)
def test_worksheets_pass_the_strict_check(level: str) -> None:
    for notation in ("nielsen", "micheli"):
        formulas = re.findall(r"\$\$(.*?)\$\$", text(level, notation), re.DOTALL)
        assert [(tex, fault) for tex in formulas if (fault := strict.fault(tex))] == []


@pytest.mark.skipif(strict.katex() is None, reason="node and katex are not installed")
def test_worksheets_pass_katex() -> None:
    formulas = [
        tex
        for level in LEVELS
        for notation in ("nielsen", "micheli")
        for tex in re.findall(r"\$\$(.*?)\$\$", text(level, notation), re.DOTALL)
    ]
    assert strict.refused_by_katex(list(dict.fromkeys(formulas))) == []


def test_no_blank_is_left_unnumbered() -> None:
    sections, found = blanked(story(results(), Options(exercises="hard")))
    assert len(found) > 10
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Chain):
                assert not [part for line in block.lines for part in hidden_in(line.right) if isinstance(part, Hidden)]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InputError, match="unknown level of exercises 'hrd'; nearest: hard"):
        notes(results(), Options(exercises="hrd"))
