"""Judging a file of notes: unchanged lines and harmless reorderings are right, every wrong edit is wrong at its line."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from derive.judge.notes import Judge, changed_rows, verify_notes
from derive.judge.scalars import free_letters, scalar
from derive.judge.sheet import rows_of
from derive.network import network
from derive.notation import load
from derive.notes.build import notes
from derive.results import Results, results_of
from derive.statements import Report
from tests.derive.edits import edits
from tests.derive.neutrality import proved_equal

SPEC = "2-3:sigmoid-2:tanh"


@cache
def _results(spec: str = SPEC) -> Results:
    return results_of(network(spec))


@cache
def _text(spec: str = SPEC) -> str:
    return str(notes(_results(spec), "nielsen", "md"))


@cache
def _judge(spec: str = SPEC) -> Judge:
    return Judge(_results(spec), load("nielsen"), rows_of(_text(spec)))


def _judged(text: str) -> Report:
    """What the changed lines of a text say."""
    judge = _judge()
    return Report(tuple(s for row, pair in changed_rows(rows_of(text), judge.reference) for s in judge.statements(row, pair)))


def _report(old: str, new: str) -> Report:
    assert old in _text()
    return _judged(_text().replace(old, new, 1))


def test_unchanged_notes_are_right_in_every_statement() -> None:
    report = verify_notes(_text(), _results())
    assert report.ok
    assert not any(statement.detail.startswith("line ") for statement in report.statements)


def test_spacing_and_line_ends_do_not_matter() -> None:
    text = _text().replace("\n", "\r\n").replace(" &= ", "  &=  ")
    assert not _judged(text).statements


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"&= \delta_j^l\,a_k^{l-1}", r"&= a_k^{l-1}\,\delta_j^l"),
        (r"&= \delta_j^l\,a_k^{l-1}", r"&= a_k^{l-1} \cdot \delta^l_j"),
        (r"\sum_{k}w_{jk}^l\,a_k^{l-1} + b_j^l", r"b_j^l + \sum_{k} a_k^{l-1}\,w_{jk}^l"),
        (r"\sum_{k}w_{jk}^l\,a_k^{l-1} + b_j^l", r"\sum_{p}w_{jp}^l\,a_p^{l-1} + b_j^l"),
        (r"&= (a_j^L - y_j)\,\bigl(1 - (a_j^L)^2\bigr)", r"&= \bigl(1 - (a_j^L)^2\bigr)\,(-y_j + a_j^L)"),
        (r"\delta^l\,(a^{l-1})^{\top}", r"\bigl(a^{l-1}\,(\delta^l)^{\top}\bigr)^{\top}"),
        (r"Z^l &= A^{l-1}\,(W^l)^{\top} + \mathbf{1}\,(b^l)^{\top}", r"Z^l &= \mathbf{1}\,(b^l)^{\top} + A^{l-1}\,(W^l)^{\top}"),
    ],
)
def test_a_harmless_reordering_is_right(old: str, new: str) -> None:
    report = _report(old, new)
    (statement,) = report.statements
    assert statement.ok, statement.detail


def test_a_wrong_line_is_named_by_its_number_and_line() -> None:
    text = _text().replace(r"&= \delta_j^l\,a_k^{l-1}", r"&= -\delta_j^l\,a_k^{l-1}", 1)
    report = verify_notes(text, _results())
    (wrong,) = report.wrong
    assert not report.ok
    line = 1 + next(n for n, text in enumerate(_text().splitlines()) if r"&= \delta_j^l\,a_k^{l-1}" in text)
    assert wrong.detail.startswith(f"line {line}: ")
    assert " instead of " in wrong.detail
    assert wrong.number


def test_what_cannot_be_read_is_not_right() -> None:
    (wrong,) = _report(r"&= \delta_j^l\,a_k^{l-1}", r"&= \oint \delta_j^l\,a_k^{l-1}").wrong
    assert "not understood" in wrong.detail


def test_another_number_beside_a_formula_is_wrong() -> None:
    assert _report(r"\tag{7}", r"\tag{8}").wrong


def test_an_edited_line_of_the_summary_is_wrong() -> None:
    before, found, after = _text().rpartition(r"(\Delta^l)^{\top}\,A^{l-1}")
    assert found
    (wrong,) = _judged(before + r"\Delta^l\,A^{l-1}" + after).wrong
    assert "shapes" in wrong.detail


def test_an_edited_line_of_an_algorithm_is_wrong() -> None:
    assert _report(r"\leftarrow W^2\,x + b^2", r"\leftarrow W^2\,x - b^2").wrong


def test_an_edited_shape_in_the_table_of_symbols_is_wrong() -> None:
    assert _report(r"W^2 \in \mathbb{R}^{3 \times 2}", r"W^2 \in \mathbb{R}^{2 \times 3}").wrong


def test_an_edited_formula_in_a_reason_is_wrong() -> None:
    assert _report(r"\sigma'(z_j^l) = a_j^l\,(1 - a_j^l)", r"\sigma'(z_j^l) = a_j^l\,(1 + a_j^l)").wrong


def test_edited_words_are_nobody_s_business() -> None:
    assert not _judged(_text().replace("chain rule", "rule of the chain")).statements


def test_a_file_that_is_not_about_this_network_is_not_right() -> None:
    report = verify_notes("# Shopping\n\nMilk, eggs.\n", _results())
    assert not report.ok
    assert "no formula" in report.statements[0].detail


@pytest.mark.parametrize(("spec", "every"), [("2-3:sigmoid-2:tanh", 5), ("3-3:tanh-2:softmax", 15)])
def test_every_wrong_edit_of_a_displayed_line_is_caught_or_neutral(spec: str, every: int) -> None:
    judge, count = _judge(spec), 0
    for row in rows_of(_text(spec)):
        for name, formula in edits(row.formulas[0]) if row.formulas and not row.inline else ():
            count += 1
            if count % every:
                continue
            statements = list(judge.statements(replace(row, formulas=(formula,), text=formula), row))
            if all(statement.ok for statement in statements):
                assert _is_neutral(judge, row.number, formula, row.left), f"{row.number} {name}: {formula}"
    assert count > 600


def _is_neutral(judge: Judge, number: str, formula: str, left: str) -> bool:
    """Whether an edited formula of entries is proved equal to the left side of its line."""
    from derive.judge.claims import sides_of

    sides = sides_of(formula.replace("&", "", 1))
    sides = sides if len(sides) > 1 else (*sides_of(left), *sides)
    result = next(r for r in judge.results.results if str(r.number) == number)
    batch = result.system is judge.results.network.batch
    context = judge.context(batch, judge.story.view(result))
    own = free_letters(sides, context.words)
    first, last = (scalar(side, context.words, own) for side in (sides[0], sides[-1]))
    return proved_equal(first, last, judge.results.batch_sweep if batch else judge.results.pattern_sweep)
