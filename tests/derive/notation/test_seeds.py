"""Every formula of the five texts that the notations come from stands in the notes of the matching network; the texts' slips do not."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from derive.conventions import in_convention
from derive.network import network
from derive.notation import load, names
from derive.notes import notes
from derive.notes.options import Options
from derive.results import results_of
from tests.derive.notation.normal import formulas_of, normal

SEEDS = tomllib.loads((Path(__file__).parent / "seed_formulas.toml").read_text(encoding="utf-8"))
CASES = [(name, formula) for name, seed in SEEDS.items() for formula in seed["formulas"]]
SLIPS = [(name, formula) for name, seed in SEEDS.items() for formula in seed["slips"]]


@cache
def written(name: str) -> str:
    text = notes(results_of(network(SEEDS[name]["spec"])), Options(notation=name))
    assert isinstance(text, str)
    return text


@cache
def formulas(name: str) -> str:
    return formulas_of(written(name))


def test_every_notation_that_ships_has_its_text() -> None:
    assert sorted(SEEDS) == sorted(names())
    assert len(CASES) > 110


@pytest.mark.parametrize(("name", "formula"), CASES, ids=range(len(CASES)))
def test_a_formula_of_the_text_is_in_the_notes(name: str, formula: str) -> None:
    assert normal(formula) in formulas(name), formula


@pytest.mark.parametrize(("name", "formula"), SLIPS, ids=range(len(SLIPS)))
def test_a_slip_of_the_text_is_not_in_the_notes(name: str, formula: str) -> None:
    assert normal(formula) not in formulas(name)


def test_the_normal_form_keeps_what_matters() -> None:
    assert normal(r"\frac{\partial R}{\partial w_{ij}} = \theta_j") == normal(r"\frac{\partial R}{\partial w_{ij}}\;=\theta_{j}")
    assert normal("w_{jk}^b") != normal("w_{kj}^b")
    assert normal("f_o'(s_i)") == normal(r"f'_{o}\left(s_{i}\right)")
    assert normal("x_1^2") == normal("x^2_1") != normal("x_2^1")
    assert normal(r"a \cdot b") == normal("ab") != normal("ba")
    assert normal(r"\boxed{\frac{a}{b}} c") == normal(r"\frac{a}{b}c") != normal(r"\frac{b}{a}c")


@pytest.mark.parametrize("name", SEEDS)
def test_the_spec_of_a_text_is_the_one_that_its_profile_names(name: str) -> None:
    own = load(name).specification
    spec = SEEDS[name]["spec"]
    assert spec["loss"] == own.loss
    assert all(layer.get("bias", True) == own.bias for layer in spec["layers"])
    assert own.batch_reduction in ("none", spec.get("batch_reduction", "mean"))


@pytest.mark.parametrize("name", SEEDS)
def test_training_loops_run_while_the_loss_is_too_large(name: str) -> None:
    """Slip 004-a: with < the loop is never entered. Slip 003-g: the gradients of the last layer are computed as well."""
    loops = [line for line in written(name).splitlines() if re.search(r"^\d+\. .*while \$", line)]
    assert loops
    assert all(re.search(r"> ?(\\epsilon|\\tau|\\kappa)", line) for line in loops)


@pytest.mark.parametrize("name", SEEDS)
def test_notes_bind_a_fresh_letter_in_every_sum(name: str) -> None:
    """The discipline of seed 004: no formula differentiates by an index that it binds."""
    for line in written(name).splitlines():
        for tex in re.findall(r"\$([^$]+)\$|^(.*&.*)$", line):
            assert not captured("".join(tex)), line


def captured(tex: str) -> list[str]:
    """Index letters below the line of a derivative that a sum under that derivative binds."""
    found = []
    for match in re.finditer(r"\\frac\{\\partial\}\{\\partial ?(?P<by>(?:[^{}]|\{[^{}]*\})*)\}(?P<rest>.*)", tex):
        free = set(re.findall(r"_\{?([a-z']+)", match["by"]))
        letters = {letter for run in free for letter in re.findall(r"[a-z]'*", run)}
        inside = _group(match["rest"])
        bound = {re.split("=", limits)[0].strip("{} ") for limits in re.findall(r"\\sum_(\{[^{}]*\}|.'*)", inside)}
        found += sorted(letters & bound)
    return found


def _group(text: str) -> str:
    """The bracket that a text begins with; all of it where it begins with none."""
    opened = 0
    for place, letter in enumerate(text):
        opened += {"(": 1, ")": -1}.get(letter, 0)
        if letter == ")" and not opened:
            return text[: place + 1]
    return text


def test_the_captured_forms_of_three_texts_are_recognised() -> None:
    """Slips 000-c, 001-c and 003-c."""
    assert captured(r"\frac{\partial}{\partial w_{jk}^l}\Bigl(\sum_{k}w_{jk}^l\,a_k^{l-1}\Bigr)") == ["k"]
    assert captured(r"\frac{\partial}{\partial w_{ij}}\Bigl(\sum_{j=1}^{n_j}w_{ij}\,\theta_j\Bigr)") == ["j"]
    assert not captured(r"\frac{\partial}{\partial w_{jk}^l}\Bigl(\sum_{p}w_{jp}^l\,a_p^{l-1}\Bigr)")
    assert not captured(r"\sum_{k}\delta_k\,\frac{\partial}{\partial o_j}\Bigl(\sum_{s}w_{ks}\,o_s\Bigr)")


def test_all_profiles_show_the_same_results_under_the_same_numbers() -> None:
    results = results_of(network("2-3-2"))
    for name in names():
        told, own = in_convention(results, load(name))
        assert own.depth == 2
        assert [result.number for result in told.results] == [result.number for result in results.results]
