"""Documents: displays with their lines, own commands, files below the folder, definitions, points."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.claims.check import check_file
from derive.claims.document import DocumentReport
from derive.errors import InputError
from derive.network import network

NOTES = r"""\newcommand{\dd}[2]{\frac{\partial #1}{\partial #2}}
\def\act{\sigma}
% $$ J = 0 $$
\input{part}
\begin{align}
  z_j^l &= \sum_k w_{jk}^l a_k^{l-1} + b_j^l, & a_j^l &= \act(z_j^l) \label{eq:f} \\
  J &= \frac12 \sum_j (a_j^L - y_j)^2
\end{align}
\[ e_j = a_j^L - y_j \]
\begin{equation}
 \delta_j^L = e_j \, \act'(z_j^L)
\end{equation}
\begin{gather}
 \dd{J}{w_{jk}^l} = \delta_j^l a_k^{l-1} \\
 \dd{J}{b_j^l} = \delta_j^l a_j^l
\end{gather}
$$ \delta^l = (W^{l+1} \delta^{l+1}) \odot \act'(z^l) $$
\[ \int f(x) dx = F(x) \]
"""
PART = r"""\begin{equation}
\begin{split}
\delta_j^l &= \dd{J}{z_j^l} \\
&= \sum_k \delta_k^{l+1} w_{kj}^{l+1} \act'(z_j^l)
\end{split}
\end{equation}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.tex").write_text(NOTES, encoding="utf-8")
    (tmp_path / "part.tex").write_text(PART, encoding="utf-8")
    return tmp_path


def _report(path: Path, key: Path | None = None) -> DocumentReport:
    return check_file(path, network("3-4:tanh-2"), "nielsen", key)


def test_every_display_has_a_line_and_a_verdict(folder: Path) -> None:
    report = _report(folder / "notes.tex")
    found = [(Path(own.file).name, own.line, own.status, own.verdict.family if own.verdict else None) for own in report.judgements]
    assert found == [
        ("part.tex", 3, "right", None),
        ("notes.tex", 6, "right", None),
        ("notes.tex", 6, "right", None),
        ("notes.tex", 7, "right", None),
        ("notes.tex", 9, "definition", None),
        ("notes.tex", 11, "right", None),
        ("notes.tex", 14, "right", None),
        ("notes.tex", 15, "wrong", "bias"),
        ("notes.tex", 17, "wrong", "transpose"),
        ("notes.tex", 18, "not understood", None),
    ]
    assert not report.ok
    assert "line 18, column 4" in report.judgements[-1].detail


def test_a_key_gives_points(folder: Path) -> None:
    key = folder / "key.toml"
    key.write_text(
        "[[answer]]\nlatex = '\\delta_j^L = (a_j^L - y_j)'\npoints = 2\n[[answer]]\nlatex = '\\frac{\\partial J}{\\partial b_j^l} = 0'\n",
        encoding="utf-8",
    )
    report = _report(folder / "notes.tex", key)
    assert [(award.points, award.got) for award in report.awards] == [(2, 2), (1, 0)]
    assert "2 of 3 points" in str(report)


def test_markdown_displays_are_read_and_code_is_not(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("text\n\n$$\n\\delta_j^l = \\frac{\\partial J}{\\partial z_j^l}\n$$\n```\n$$ J = 0 $$\n```\n", encoding="utf-8")
    (own,) = _report(path).judgements
    assert (own.line, own.status) == (4, "right")


@pytest.mark.parametrize(
    ("text", "hint"),
    [(r"\input{../secret}", "not below the folder"), (r"\input{/etc/passwd}", "not below the folder"), (r"\input{notes}", "deeper than")],
)
def test_files_are_read_below_the_folder_and_not_for_ever(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=hint):
        _report(path)


def test_commands_that_never_end_are_not_understood(tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text("\\def\\a{\\b\\b}\\def\\b{\\a\\a}\n$$ \\a = 1 $$\n", encoding="utf-8")
    (own,) = _report(path).judgements
    assert own.status == "not understood"


def test_a_defined_name_is_used_with_other_letters_and_layers(tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(
        r"$$ u_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} $$ $$ \delta_k^l = u_k^l \sigma'(z_k^l) $$"
        r"$$ \delta_k^{l-1} = u_k^{l-1} \sigma'(z_k^{l-1}) $$"
        r"$$ \delta_k^l = u_k^{l+1} \sigma'(z_k^l) $$",
        encoding="utf-8",
    )
    assert [own.status for own in _report(path).judgements] == ["definition", "right", "right", "wrong"]


def test_a_formula_over_two_rows_is_one_and_words_between_rows_are_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.tex"
    path.write_text(
        r"\begin{multline} \delta_j^{L-1} = \sum_k w_{kj}^{L} (a_k^L - y_k) \\ \times \sigma'(z_k^L) \sigma'(z_j^{L-1}) \end{multline}"
        r"\begin{align} \delta_j^L &= (a_j^L - y_j) \sigma'(z_j^L) \\ \intertext{and for hidden layers}"
        r" \delta_j^l &= \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_j^l) \end{align}",
        encoding="utf-8",
    )
    assert [own.status for own in _report(path).judgements] == ["right", "right", "right"]
