"""Three levels of detail come from one tree of steps: what a shorter one shows, a longer one shows too."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from derive.claims.notes import verify_notes
from derive.network import network
from derive.notes import LEVELS, Options, document, notes, story
from derive.notes.document import Chain, Line
from derive.notes.levels import flattened
from derive.results import Results, results_of


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of(network("2-3:relu-2:softmax"))


def lines(results: Results, level: str) -> list[Line]:
    """Those of the backward pass of one pattern."""
    whole = document(story(results, Options(level=level)))
    parts = [section for section in whole.sections if section.anchor.startswith("result-")]
    return [line for section in parts for block in section.blocks if isinstance(block, Chain) for line in block.lines]


def test_each_level_shows_all_that_the_one_before_it_shows(results: Results) -> None:
    shown = [[line.right for line in lines(results, level)] for level in LEVELS]
    assert len(shown[0]) < len(shown[1]) < len(shown[2])
    for less, more in pairwise(shown):
        rest = iter(more)
        assert all(right in rest for right in less)


def test_numbers_do_not_depend_on_the_level(results: Results) -> None:
    numbers = [[line.number for line in lines(results, level) if line.number] for level in LEVELS]
    assert numbers[0] == numbers[1] == numbers[2] == ["5", "6", "7", "8", "9"]


def test_brief_notes_have_one_line_and_one_reason_a_result(results: Results) -> None:
    brief = lines(results, "brief")
    assert len(brief) == 10  # five results, each in indices and without
    assert all(line.left is not None and line.reason for line in brief)


def test_what_is_folded_away_unfolds_to_every_step(results: Results) -> None:
    unfolded = [line.right for line in flattened(lines(results, "lecture"))]
    assert unfolded == [line.right for line in lines(results, "every-step")]


def test_every_step_names_the_rules_of_differentiation(results: Results) -> None:
    text = notes(results, Options(level="every-step"))
    assert isinstance(text, str)
    delta = text[text.index("### Delta of a hidden layer") : text.index("### Gradient")]
    for rule in ("derivative of a sum, term by term", "constant factors in front", "times the inner derivative"):
        assert rule in delta


@pytest.mark.parametrize("level", ["brief", "lecture"])
def test_a_page_can_be_unfolded(results: Results, level: str) -> None:
    page = notes(results, Options(format="html", level=level))
    assert isinstance(page, str)
    assert len(re.findall("<details>", page)) > 5
    assert "<details>" not in str(notes(results, Options(format="html", level="every-step")))


@pytest.mark.parametrize("level", LEVELS)
def test_notes_of_every_level_are_judged_right(results: Results, level: str) -> None:
    report = verify_notes(str(notes(results, Options(level=level))), results)
    assert len(report.statements) > 40
    assert [statement for statement in report.statements if not statement.ok] == []
