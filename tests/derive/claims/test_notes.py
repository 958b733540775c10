"""Judging a file of notes: an untouched one is right in every row, a wrong edit is wrong at its line, a harmless one is right."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from derive.claims.notes import RowJudge, verify_notes
from derive.network import network
from derive.notes.build import notes
from derive.reader.alignment import aligned
from derive.reader.apart import without_examples
from derive.reader.document import DISPLAY, NUMBERED, PROSE, Row, rows_of
from derive.results import results_of
from derive.verification.statements import Report, Statement
from tests.derive.edits import edits
from tests.derive.reader.printed import results

SPEC = "2-2:relu-1:linear"
GRADIENT = r"&= \delta_j^l\,a_k^{l-1} &&"


@cache
def _text(spec: str = SPEC) -> str:
    return str(notes(results(spec)))


@cache
def _judge(spec: str = SPEC) -> RowJudge:
    return RowJudge.of(results(spec))


def _changed(text: str, spec: str = SPEC) -> list[Statement]:
    """What is said about the rows of a text that are not those of the notes, and about missing ones."""
    judge = _judge(spec)
    written = rows_of(without_examples(text))
    pairs, missing = aligned(written, judge.reference)
    found = [s for row, pair in zip(written, pairs, strict=True) if not _unchanged(row, pair) for s in judge.statements(row, pair)]
    return [*found, *(judge.missing(row) for row in missing)]


def _number(formula: str) -> str:
    """The number of the display in which a formula stands."""
    return _text().partition(formula)[2].partition("\\tag{")[2].partition("}")[0]


def _unchanged(row: Row, pair: Row | None) -> bool:
    return pair is not None and (row.formula, row.left, row.beside, row.number) == (pair.formula, pair.left, pair.beside, pair.number)


def _edited(old: str, new: str, spec: str = SPEC) -> list[Statement]:
    assert old in _text(spec), old
    return _changed(_text(spec).replace(old, new, 1), spec)


@pytest.mark.parametrize("spec", [SPEC, "3-2:tanh-2:softmax", "1-2:selu"])
def test_untouched_notes_are_right_in_every_row(spec: str) -> None:
    report = verify_notes(_text(spec), results(spec))
    assert not report.wrong
    assert len(report.statements) == sum(row.kind != PROSE for row in rows_of(without_examples(_text(spec))))
    assert all(statement.kind == "checked" and statement.detail.startswith("line ") for statement in report.statements)


def test_spacing_and_line_ends_do_not_matter() -> None:
    text = _text().replace("\n", "\r\n").replace(" &= ", "  &=  ").replace(r"\delta_j^l\,a", r"\delta_j^l a")
    assert not [s for s in _changed(text) if not s.ok]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"&= \delta_j^l\,a_k^{l-1}", r"&= a_k^{l-1}\,\delta_j^l"),
        (r"&= \delta_j^l\,a_k^{l-1}", r"&= a_k^{l-1} \cdot \delta^l_j"),
        (r"\sum_{k}w_{jk}^l\,a_k^{l-1} + b_j^l", r"b_j^l + \sum_{p=1}^{n_{l-1}} a_p^{l-1}\,w_{jp}^l"),
        (r"\delta^l\,(a^{l-1})^{\top}", r"\bigl(a^{l-1}\,(\delta^l)^{\top}\bigr)^{\top}"),
        (r"Z^l &= A^{l-1}\,(W^l)^{\top} + \mathbf{1}\,(b^l)^{\top}", r"Z^l &= \mathbf{1}\,(b^l)^{\top} + A^{l-1}\,(W^l)^{\top}"),
        (r"\Bigl(\sum_{p}w_{jp}^l\,a_p^{l-1} + b_j^l\Bigr)", r"\Bigl(b_j^l + \sum_{p} a_p^{l-1} w_{jp}^l\Bigr)"),
        (
            r"(a_1^3 - y_1)\,w_{11}^3\,\operatorname{ReLU}'(z_1^2)\,x_1",
            r"x_1 (a_1^3 - y_1)\,[0 < a_1^2]\,w_{11}^3",
        ),
    ],
)
def test_a_harmless_reordering_is_right(old: str, new: str) -> None:
    assert not [s for s in _edited(old, new) if not s.ok]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (GRADIENT, r"&= -\delta_j^l\,a_k^{l-1} &&"),
        (GRADIENT, r"&= \delta_k^l\,a_k^{l-1} &&"),
        (GRADIENT, r"&= 2\,\delta_j^l\,a_k^{l-1} &&"),
        (GRADIENT, r"&= \delta_j^l\,a_k^l &&"),
        (r"\delta^l\,(a^{l-1})^{\top} &&", r"\delta^l\,a^{l-1} &&"),
        (r"w_{kj}^{l+1}\,\operatorname{ReLU}'(z_j^l)", r"w_{kj}^{l+1}"),
        (r"w_{kj}^{l+1}\,\operatorname{ReLU}'(z_j^l)", r"w_{kj}^{l+1}\,[a_j^l\ge0]"),
        (r"w_{kj}^{l+1}\,\operatorname{ReLU}'(z_j^l)", r"w_{jk}^{l+1}\,\operatorname{ReLU}'(z_j^l)"),
        (r"\Bigl(\sum_{p}w_{jp}^l\,a_p^{l-1} + b_j^l\Bigr)", r"\Bigl(\sum_{p}w_{jp}^l\,a_p^{l-1} - b_j^l\Bigr)"),
        (r"\frac{\partial J}{\partial w_{12}^2} &= \delta_1^2\,x_2", r"\frac{\partial J}{\partial w_{12}^2} &= \delta_1^2\,x_1"),
        (r"\delta_1^2\,x_1 & \delta_1^2\,x_2 \\", r"\delta_1^2\,x_1 & \delta_1^2\,x_1 \\"),
        (r"&= [z>0]", r"&= [z\ge0]"),
        (r"&= \frac{1}{N}\,(a_{ij}^L - y_{ij})", r"&= a_{ij}^L - y_{ij}"),
        (r"\delta_j^L &= \frac{\partial J}{\partial z_j^L}", r"\delta_j^l &= \frac{\partial J}{\partial z_j^L}"),
        (r"z^2 \leftarrow W^2\,x + b^2", r"z^2 \leftarrow W^2\,x - b^2"),
        (r"\tag{7}", r"\tag{8}"),
        (r"\tag{7}", ""),
        (r"\text{for }l = 2,3", r"\text{for }l = 2,3,4"),
        (r"$\operatorname{ReLU}'(0) = 0$", r"$\operatorname{ReLU}'(0) = 1$"),
        ("layer $L = 3$", "layer $L = 4$"),
        (r"W^2 \in \mathbb{R}^{2 \times 2}", r"W^2 \in \mathbb{R}^{2 \times 3}"),
    ],
)
def test_a_wrong_edit_is_wrong_at_its_line(old: str, new: str) -> None:
    line = next(number for number, text in enumerate(_text().splitlines(), 1) if old in text)
    wrong = [s for s in _edited(old, new) if not s.ok]
    assert wrong
    if "tag" not in old:
        assert wrong[0].detail.startswith(f"line {line}: ")


def test_a_wrong_matrix_form_in_the_summary_is_wrong() -> None:
    before, found, after = _text().rpartition(r"(\Delta^l)^{\top}\,A^{l-1}")
    (wrong,) = _changed(before + r"\Delta^l\,A^{l-1}" + after)
    assert found
    assert "does not fit" in wrong.detail
    assert wrong.number == _number(r"(\Delta^l)^{\top}\,A^{l-1}")


def test_what_cannot_be_read_is_not_right() -> None:
    (wrong,) = _edited(r"&= \delta_j^l\,a_k^{l-1} &&", r"&= \oint \delta_j^l\,a_k^{l-1} &&")
    assert "not understood: at character" in wrong.detail
    assert not wrong.ok


def test_a_wrong_row_that_the_notes_do_not_have_is_wrong_and_a_right_one_is_right() -> None:
    (right,) = _edited(GRADIENT, r"&= a_k^{l-1}\,\delta_j^l \\" + "\n" + GRADIENT)
    assert right.ok
    assert "1 position" not in right.detail
    (wrong,) = _edited(GRADIENT, r"&= a_k^{l-1}\,b_j^l \\" + "\n" + GRADIENT)
    assert not wrong.ok


def test_missing_rows_and_displays_are_named() -> None:
    lines = _text().splitlines()
    row = next(number for number, line in enumerate(lines) if GRADIENT in line)
    (missing,) = _changed("\n".join([*lines[:row], *lines[row + 1 :]]))
    assert missing.detail.startswith("missing")
    assert missing.number == _number(GRADIENT)
    text = _text()
    start = text.index("$$\n\\begin{aligned}\n\\delta_j^L")
    end = text.index("$$", start + 2) + 2
    found = _changed(text[:start] + text[end:])
    assert {statement.number for statement in found} == {_number(r"\delta_j^L &=")}
    assert not any(statement.ok for statement in found)


def test_moved_rows_are_found_again() -> None:
    first, heading, rest = _text().partition("## Forward pass")
    forward, other, rest = rest.partition("## Loss")
    loss, after, rest = rest.partition("## Backward pass")
    assert not [s for s in _changed(first + other + loss + heading + forward + after + rest) if not s.ok]


def test_a_file_about_something_else_is_not_right() -> None:
    report = verify_notes("# Shopping\n\nMilk, eggs.\n", results(SPEC))
    assert not report.ok
    assert all("missing" in statement.detail for statement in report.statements)


def test_a_display_that_is_not_closed_is_named() -> None:
    report = Report(tuple(_changed(_text() + "\n$$\nJ = 0\n")))
    assert any("not closed" in statement.detail for statement in report.wrong)


def test_code_is_no_formula() -> None:
    assert not _changed(_text() + "\n```\n$$\nJ = 0\n$$\n```\n")


def test_rows_know_their_lines_numbers_and_reasons() -> None:
    display = "$$\n\\begin{aligned}\na &= b && \\text{by }c \\\\\n&= d\n\\end{aligned}\\tag{3}\n$$\n"
    text = f"# T\n\n{display}\n| $\\displaystyle e = f$ | (4) |\n\nwith $g$\n"
    assert rows_of(text) == (
        Row(5, DISPLAY, "a = b", "a", ("c",), "3", 1),
        Row(6, DISPLAY, "= d", "a", (), "3", 1),
        Row(10, NUMBERED, "e = f", "e", (), "4"),
        Row(12, PROSE, "with $", beside=("g",)),
    )


@pytest.mark.parametrize(("spec", "every"), [("2-3:sigmoid-2:tanh", 11), (SPEC, 11)])
def test_every_wrong_edit_of_a_row_is_caught_or_changes_nothing(spec: str, every: int) -> None:
    """Survivors are few, and each is equal because of a bracket, a comparison of a rectified value, or a linear output."""
    judge, count, survivors = _judge(spec), 0, []
    for row in judge.reference:
        marked = f"&{row.formula}" if row.formula.startswith("=") else row.formula.replace("=", "&=", 1)
        for name, formula in edits(marked) if row.kind != PROSE else ():
            count += 1
            if count % every:
                continue
            changed = Row(row.line, row.kind, formula.replace("&", "", 1), row.left, row.beside, row.number, row.display)
            survivors += [(name, row.formula, changed.formula) for statement in judge.statements(changed, row) if statement.ok]
    assert count > 600
    assert not [s for s in survivors if not _changes_nothing(*s, spec)]


def _changes_nothing(name: str, old: str, new: str, spec: str) -> bool:
    """What is said to be different (a slip) stays different when it is spoiled once more; a linear output is its pre-activation."""
    different = r"\ne" in old
    kronecker = name == "another index" and ("[" in old or r"\frac{\partial" in old)
    relu = "relu" in spec and name == "another symbol" and ("ReLU" in old or ">0" in old)
    linear = "linear" in spec and OUTPUT.sub("z", old) == OUTPUT.sub("z", new)
    cancels = name == "factor dropped" and r"\tfrac{1}{2} \cdot 2" in old
    return different or kronecker or relu or linear or cancels


OUTPUT = re.compile(r"[azAZ](?=(?:_\{?\w+\}?)?\^[L3])")


GRAPHS = {
    "residual": {
        "inputs": 3,
        "layers": [
            {"name": "a", "units": 3, "activation": "relu"},
            {"name": "s", "type": "add", "from": ["input", "a"]},
            {"units": 2, "activation": "softmax"},
        ],
        "l2": 0.5,
    },
    "branches": {
        "inputs": 2,
        "layers": [
            {"name": "a", "units": 2, "activation": "tanh"},
            {"name": "b", "units": 1, "activation": "relu", "from": ["input"]},
            {"type": "concatenate", "from": ["a", "b"]},
            {"units": 1},
        ],
    },
    "slopes": {
        "inputs": 1,
        "layers": [{"units": 1, "activation": {"type": "leaky_relu", "alpha": alpha}} for alpha in (0.2, 0.3)],
    },
}


@pytest.mark.parametrize("name", GRAPHS)
def test_untouched_notes_of_graphs_are_right_in_every_row(name: str) -> None:
    found = results_of(network(GRAPHS[name]))
    report = verify_notes(str(notes(found)), found)
    assert [(s.latex, s.detail) for s in report.wrong] == []


@pytest.mark.parametrize("name", ["convolution_2d", "concatenation", "mixture", "pairs", "rnn", "layer_norm"])
def test_untouched_notes_of_equation_files_are_right_in_every_row(name: str) -> None:
    """Shifted and strided positions, guards, arrays at fixed positions, masks, sizes named like a tensor."""
    found = results_of(network(str(Path(__file__).parents[1] / "equations" / f"{name}.toml")))
    report = verify_notes(str(notes(found)), found)
    assert report.statements
    assert [(s.latex, s.detail) for s in report.wrong] == []


@pytest.mark.parametrize("formula", ["e^{z^{99999}}", "e^{e^{e^{e^{z^2}}}}", "((z^{400})^{400})^{400}", "9^{9^{9^9}} z"])
def test_towers_of_exponents_end(formula: str) -> None:
    wrong = [s for s in _edited("&= [z>0]", f"&= {formula}") if not s.ok]
    assert wrong
