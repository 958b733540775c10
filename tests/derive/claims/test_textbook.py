"""Formulas in the many forms that people write, about many networks: what is right is right, what is wrong is never right."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive.claims.formula import check_formula
from derive.claims.networks import Grounds
from derive.network import network
from derive.notation import load
from tests.derive.notation.textbooks import BISHOP, toml_of

HERE = Path(__file__).parent
EQUATIONS = HERE.parent / "equations"
GROUPS = tomllib.loads((HERE / "textbook.toml").read_text(encoding="utf-8"))["group"]
NG = {  # A. Ng, "Neural Networks and Deep Learning" (Coursera, 2017): W^{[l]}, patterns as columns, dZ for derivatives
    "title": '"Ng"',
    "symbols.weight": '"W"',
    **{f"{table}.loss": '{ letter = "L", style = "calligraphic" }' for table in ("symbols", "matrices", "batch")},
    **{f"{table}.total_loss": '"J"' for table in ("symbols", "matrices", "batch")},
    "layers.mark": '"parenthesised"',
    "layers.first": "0",
    "style.samples": '"columns"',
    "sizes.batch": '"m"',
    "indices.units": '["j", "k", "p", "q", "r", "s", "h", "u", "v"]',
    "activation.letter": '"g"',
    "activation.name": '"layer"',
}
OWN = {"ng": NG, "bishop": BISHOP}
EVERY = 6
"""Of so many formulas one is judged in every run of the tests, all of them with the slow ones."""


@pytest.fixture(scope="module")
def grounds_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("notations")

    @cache
    def found(number: int) -> Grounds:
        group = GROUPS[number]
        spec, name = group["spec"], group.get("notation", "nielsen")
        if name in OWN:
            path = folder / f"{name}.toml"
            path.write_text(toml_of(OWN[name]), encoding="utf-8")
            name = str(path)
        if isinstance(spec, str) and "-" not in spec:
            spec = str(EQUATIONS / f"{spec}.toml")
        return Grounds(network(spec, loss=group.get("loss"), batch_reduction=group.get("reduction")), load(name))

    return found


def _cases() -> Iterator[Any]:
    rows = [(number, None, latex) for number, group in enumerate(GROUPS) for latex in group["right"]]
    rows += [(number, family, latex) for number, group in enumerate(GROUPS) for family, latex in group["wrong"]]
    for place, row in enumerate(rows):
        marks = () if place % EVERY == 0 else (pytest.mark.slow,)
        yield pytest.param(*row, marks=marks, id=f"{row[0]}-{row[2][:40]}")


@pytest.mark.parametrize(("number", "family", "latex"), list(_cases()))
def test_forms_that_people_write_get_the_verdict_that_they_deserve(number: int, family: str | None, latex: str, grounds_of: Any) -> None:
    found = check_formula(latex, grounds_of(number))
    if family is None:
        assert found.verdict == "right", str(found)
    else:
        assert found.verdict != "right", str(found)
        assert found.family in family.split("|"), str(found)


def test_there_are_many_of_them() -> None:
    assert sum(len(group["right"]) for group in GROUPS) >= 150
    assert sum(len(group["wrong"]) for group in GROUPS) >= 100
