"""Judging a file of notes: unchanged lines and harmless reorderings are right, every wrong edit is wrong at its line."""

from __future__ import annotations

from functools import cache

import pytest

from derive.claims.notes import verify_notes
from derive.network import network
from derive.notation import load
from derive.notes.build import notes
from derive.reader.ground import Ground
from derive.reader.reading import chain_of, read_sides
from derive.results import Results, results_of
from derive.verification.statements import Statement
from tests.derive.edits import edits
from tests.derive.neutrality import proved_equal

SPEC = "2-3:sigmoid-2:tanh"


@cache
def _results(spec: str = SPEC) -> Results:
    return results_of(network(spec))


@cache
def _text(spec: str = SPEC) -> str:
    return str(notes(_results(spec)))


HARMLESS = {
    r"&= \delta_j^l\,a_k^{l-1}": r"&= a_k^{l-1} \cdot \delta^l_j",
    r"z_j^l &= \sum_{k}w_{jk}^l\,a_k^{l-1} + b_j^l": r"z_j^l &= b_j^l + \sum_{p} a_p^{l-1}\,w_{jp}^l",
    r"&= \frac{\partial J}{\partial a_j^L}\,\tanh'(z_j^L)": r"&= \tanh'(z_j^L)\,\frac{\partial J}{\partial a_j^L}",
    r"&= \delta^l\,(a^{l-1})^{\top}": r"&= \bigl(a^{l-1}\,(\delta^l)^{\top}\bigr)^{\top}",
    r"Z^l &= A^{l-1}\,(W^l)^{\top} + \mathbf{1}\,(b^l)^{\top}": r"Z^l &= \mathbf{1}\,(b^l)^{\top} + A^{l-1}\,(W^l)^{\top}",
    r"chain rule: }z_j^L": r"rule of the chain: }z_j^L",
}
WRONG = {
    r"&= \delta_j^l\,a_k^{l-1}": r"&= -\delta_j^l\,a_k^{l-1}",
    r"&= \sum_{k}\delta_k^{l+1}\,w_{kj}^{l+1}\,\sigma'(z_j^l)": r"&= \sum_{k}\delta_k^{l+1}\,w_{jk}^{l+1}\,\sigma'(z_j^l)",
    r"\frac{\partial J}{\partial W^l} &= \delta^l\,(a^{l-1})^{\top}": r"\frac{\partial J}{\partial W^l} &= \delta^l\,a^{l-1}",
    r"&= \sum_{k}\frac{\partial J}{\partial z_k^l}": r"&= \oint\frac{\partial J}{\partial z_k^l}",
    r"\leftarrow W^2\,x + b^2": r"\leftarrow W^2\,x - b^2",
    r"W^2 \in \mathbb{R}^{3 \times 2}": r"W^2 \in \mathbb{R}^{2 \times 3}",
    r"&= \sigma(z)\,(1 - \sigma(z))": r"&= \sigma(z)\,(1 + \sigma(z))",
}


def _changed(changes: dict[str, str]) -> tuple[str, list[int]]:
    """The notes with changes made, and the numbers of the lines that they are in."""
    lines = _text().splitlines()
    places = []
    for old, new in changes.items():
        place = next(n for n, line in enumerate(lines) if old in line)
        lines[place] = lines[place].replace(old, new)
        places.append(place + 1)
    return "\n".join(lines), places


def test_unchanged_notes_are_right_in_every_statement() -> None:
    report = verify_notes(_text(), _results())
    assert [s for s in report.statements if not s.ok] == []
    assert len(report.statements) > 100


def test_another_order_other_letters_other_spacing_and_other_words_are_right() -> None:
    text, _ = _changed(HARMLESS)
    report = verify_notes(text.replace("\n", "\r\n").replace(" &= ", "  &=  "), _results())
    assert [s for s in report.statements if not s.ok] == []


def test_wrong_lines_and_what_cannot_be_read_are_named_by_their_line() -> None:
    """Also in reasons, algorithms and tables."""
    text, places = _changed(WRONG)
    report = verify_notes(text, _results())
    assert not report.ok
    assert sorted(int(s.detail.split(":")[0].removeprefix("line ")) for s in report.wrong) == sorted(places)
    details = " ".join(s.detail for s in report.wrong)
    assert " instead of " in details
    assert "not understood" in details


def test_another_number_beside_a_formula_is_wrong() -> None:
    text, _ = _changed({r"\tag{7}": r"\tag{8}"})
    assert not verify_notes(text, _results()).ok


def test_a_file_that_is_not_about_this_network_is_not_right() -> None:
    assert not verify_notes("# Shopping\n\nMilk, eggs.\n", _results()).ok


@pytest.mark.parametrize(("spec", "rounds"), [("2-3:sigmoid-2:tanh", 3), ("3-3:tanh-2:softmax", 1)])
def test_every_wrong_edit_of_a_displayed_line_is_caught_or_neutral(spec: str, rounds: int) -> None:
    """In each round every seventh displayed line is edited, each time in another way."""
    count = 0
    for turn in range(rounds):
        lines = _text(spec).splitlines()
        edited: dict[int, str] = {}
        for place in range(turn % 7, len(lines), 7):
            row, mark, reason = lines[place].partition(" && ")
            found = list(edits(row.removesuffix("\\\\").strip())) if "&=" in row and "cases" not in row and "bmatrix" not in row else []
            if found:
                name, formula = found[turn * 5 % len(found)]
                lines[place] = formula + (mark + reason if mark else "\\\\" if row.rstrip().endswith("\\\\") else "")
                edited[place + 1] = f"{name}: {formula}"
        report = verify_notes("\n".join(lines), _results(spec))
        judged = {int(s.detail.split(":")[0].removeprefix("line ")): s for s in report.statements if s.detail.startswith("line ")}
        for place, what in edited.items():
            count += 1
            assert not judged[place].ok or _is_neutral(judged[place], spec), what
    assert count > 10


def _is_neutral(statement: Statement, spec: str) -> bool:
    """Whether the two sides of an edited line are proved to be one formula."""
    results = _results(spec)
    result = next(r for r in results.results if str(r.number) == statement.number)
    sweep = results.pattern_sweep if result.system is results.network.pattern else results.batch_sweep
    reading = read_sides(chain_of(statement.latex).sides, Ground(sweep, load("nielsen")).scope(result.members[0].tensor.layer))
    return proved_equal(reading.entries[0], reading.entries[-1], sweep)
