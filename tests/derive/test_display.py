"""What notebooks show of equations, results and notes."""

from __future__ import annotations

import re

import deltarule
from derive.results import Results
from tests.derive.notes import strict

NETWORK = deltarule.network("2-3:tanh-2:softmax")
RESULTS: Results = NETWORK.results


def test_an_equation_shows_itself_in_latex() -> None:
    shown = RESULTS.network.pattern.equations[0]._repr_latex_()
    assert r"z_j^2 = \sum_{k}w_{jk}^2\,x_k + b_j^2" in shown


def test_every_result_shows_itself_with_its_number() -> None:
    for result in RESULTS.results:
        shown = result._repr_latex_()
        assert strict.fault(shown.strip("$")) == ""
        assert shown.endswith(f"\\tag{{{result.number}}}\n$$")


def test_results_show_themselves_as_a_table() -> None:
    page = RESULTS._repr_html_()
    assert len(re.findall("<tr>", page)) == len(RESULTS.results)
    assert r"\delta^3 = a^3 - y" in page  # the annotation, from which formulas are copied


def test_a_page_of_notes_is_shown_in_a_frame_of_its_own() -> None:
    page = NETWORK.notes(format="html")
    assert isinstance(page, deltarule.Text)
    shown = page._repr_mimebundle_()["text/html"]
    assert shown.startswith("<iframe")
    assert "<style" not in shown
    text = NETWORK.notes(format="md")
    assert isinstance(text, deltarule.Text)
    assert text._repr_mimebundle_()["text/markdown"] == text
