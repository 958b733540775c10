"""Conventions that do not ship, written as TOML only, give correct notes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from derive.conventions import in_convention
from derive.errors import InputError
from derive.network import network
from derive.notation import load
from derive.notes import notes
from derive.notes.options import Options
from derive.results import Results, results_of
from derive.verification.verify import points_of, verify_result
from tests.derive.notation.normal import formulas_of, normal
from tests.derive.notation.textbooks import TEXTBOOKS, toml_of, written_to
from tests.derive.notes import strict

FORMULAS = {
    "bishop": (  # equations (5.48) to (5.56) and (5.53), with the signs and indices of the book
        r"a_j = \sum_i w_{ji} x_i + b_j",
        r"z_j = h_h(a_j)",
        r"\delta_j = \frac{\partial E_n}{\partial a_j}",
        r"\frac{\partial E_n}{\partial w_{ji}} = \delta_j x_i",
        r"\frac{\partial E_n}{\partial w_{kj}} = \delta_k z_j",
        r"E_n = \frac{1}{2}\sum_k (z_k - t_k)^2",
        r"\delta_j = (\sum_k \delta_k w_{kj}) h_h'(a_j)",
    ),
    "hastie": (
        r"T_k^d = \alpha_k^d + \sum_m \beta_{km}^d Z_m^{d-1}",
        r"R_i = \frac{1}{2}\sum_k (y_k - Z_k^D)^2",
        r"s_k^D = (Z_k^D - y_k) \sigma'(T_k^D)",
    ),
    "columns": (
        r"Z^{(l)} = W^{(l)} A^{(l-1)} + b^{(l)} 1^T",
        r"\nabla_{W^{(l)}} C = \Delta^{(l)} (A^{(l-1)})^T",
        r"\delta^{(l)} = ((W^{(l+1)})^T \delta^{(l+1)}) \odot \sigma'(z^{(l)})",
    ),
}


@cache
def results() -> Results:
    return results_of(network("3-4-2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notations")


def text_of(folder: Path, name: str, **options: str) -> str:
    text = notes(results(), Options(notation=str(written_to(folder, name)), **options))
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("name", TEXTBOOKS)
def test_the_formulas_of_the_book_come_out(folder: Path, name: str) -> None:
    found = formulas_of(text_of(folder, name))
    for formula in FORMULAS[name]:
        assert normal(formula) in found, formula


@pytest.mark.parametrize("name", TEXTBOOKS)
def test_every_line_is_true(folder: Path, name: str) -> None:
    told, own = in_convention(results(), load(written_to(folder, name)))
    numbered = (*((told.pattern_sweep, r) for r in told.of_pattern), *((told.batch_sweep, r) for r in told.of_batch if name == "columns"))
    for sweep, result in numbered:
        wrong = [s for s in verify_result(result, sweep, points_of(sweep)[:1], own) if not s.ok]
        assert not wrong, (wrong[0].number, wrong[0].latex, wrong[0].detail)


@pytest.mark.parametrize("name", TEXTBOOKS)
def test_every_formula_is_strict(folder: Path, name: str) -> None:
    text = text_of(folder, name)
    for display, inline in re.findall(r"\$\$(.*?)\$\$|\$([^$\n]+)\$", text, re.DOTALL):
        assert not strict.fault(display or inline), display or inline


def test_a_convention_of_ones_own_stands_beside_one_that_ships(folder: Path) -> None:
    text = text_of(folder, "bishop", beside="micheli")
    assert "| Bishop | Micheli |" in text
    assert "minus the derivative" in text
    assert "plus the derivative" in text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("symbols.output", '"z"', "pre_activation and output have the same symbol"),
        ("style.delta_sign", '"upside down"', "must be one of 'positive', 'negative'"),
        ("roles.letters", '["i", "j"]', "expected 0 or 3 letters, got 2"),
        ("layers.general", '"j"', "is also an index letter"),
        ("roles.three_layers", '"yes"', "must be true or false"),
        ("specification.loss", '"hinge"', "must be one of squared_error"),
        ("sizes.outputs", '"\\\\input"', "expected letters"),
    ],
)
def test_a_bad_value_is_refused_with_file_key_and_line(tmp_path: Path, key: str, value: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(toml_of({key: value}), encoding="utf-8")
    name = key.partition(".")[2]
    lines = path.read_text(encoding="utf-8").splitlines()
    table = lines.index(next(line for line in lines if line.startswith(f"[{key.partition('.')[0]}]")))
    line = next(number for number, text in enumerate(lines[table:], table + 1) if text.startswith(f"{name} = "))
    with pytest.raises(InputError) as refusal:
        load(path)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}, line {line}: ")


def test_a_missing_and_an_unknown_key_are_refused_with_their_table(tmp_path: Path) -> None:
    whole = toml_of({})
    for old, new, message in (
        ('delta_sign = "positive"', 'delta_sing = "positive"', "unknown key 'style.delta_sing'; nearest: style.delta_sign"),
        ('general = "l"', "", "missing key layers.general"),
    ):
        path = tmp_path / "own.toml"
        path.write_text(whole.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError) as refusal:
            load(path)
        assert message in str(refusal.value)
        assert re.search(r", line \d+: ", str(refusal.value))


def test_commands_of_ones_own_stand_for_symbols_in_latex_only(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(toml_of({}).replace("[macros] ", '[macros]\nweight = "wt"\ndelta = "err"\n# '), encoding="utf-8")
    own = str(path)
    tex, md = (notes(results(), Options(notation=own, format=form)) for form in ("tex", "md"))
    assert isinstance(tex, str)
    assert isinstance(md, str)
    assert r"\providecommand{\wt}{w}" in tex
    assert r"\providecommand{\err}{\delta}" in tex
    assert r"\sum_{k}\err_k^{l+1}\,\wt_{kj}^{l+1}\," in tex
    assert r"\wt" not in md


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('weight = "input"', r"\input is a command of LaTeX itself"),
        ('weight = "wt2"', "a command has letters only"),
        ('wieght = "wt"', "nearest: macros.weight"),
        ('weight = "wt"\nbias = "wt"', "have the same command"),
        ('weight = "w}\\\\input{x"', "expected letters"),
    ],
)
def test_a_bad_command_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(toml_of({}).replace("[macros] ", f"[macros]\n{line}\n# "), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        load(path)
    assert message in str(refusal.value)
