"""Notations are data: what is refused, and conventions that are not shipped but written as TOML only."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import derive.notation.profile as profile
from derive.errors import InputError
from derive.expressions import Tensor, Total
from derive.indices import Axis, Index
from derive.notation import View, latex, load, names
from derive.notation.profile import notation

NIELSEN = Path(profile.__file__).parent / "nielsen.toml"


def tables() -> dict[str, Any]:
    return tomllib.loads(NIELSEN.read_text(encoding="utf-8"))


def test_nielsen_ships() -> None:
    assert "nielsen" in names()
    assert load("nielsen").title == "Nielsen"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["symbols"].pop("delta"), "missing key symbols.delta"),
        (lambda t: t["symbols"].update(detla="d"), "unknown key 'symbols.detla'; nearest: symbols.delta"),
        (lambda t: t.update(colours={}), "unknown key 'colours'"),
        (lambda t: t.pop("sizes"), "missing key sizes"),
        (lambda t: t["symbols"].update(output="z"), "pre_activation and output have the same symbol"),
        (lambda t: t["batch"].update(delta="W"), "weight and delta have the same symbol"),
        (lambda t: t["layers"].update(mark="circled"), "layers.mark must be one of"),
        (lambda t: t["layers"].update(first=2), "layers.first must be 0 or 1"),
        (lambda t: t["layers"].update(first=True), "layers.first must be 0 or 1"),
        (lambda t: t["symbols"].update(weight=r"\input{x}"), "expected letters"),
        (lambda t: t["symbols"].update(weight="<script>"), "expected letters"),
        (lambda t: t["symbols"].update(weight={"letter": "w", "accent": "crown"}), "accent must be one of"),
        (lambda t: t["indices"].update(units=["j", "jj"]), "expected single letters"),
        (lambda t: t["indices"].update(units=["j", "j"]), "a letter stands twice"),
        (lambda t: t["indices"].update(units=["j", "z"]), "is also an index letter"),
        (lambda t: t["indices"].update(pattern=["j"]), "share the letter"),
        (lambda t: t.update(symbols=3), "symbols must be a table"),
    ],
)
def test_a_bad_notation_is_refused_by_key(change: Callable[[dict[str, Any]], object], message: str) -> None:
    data = tables()
    change(data)
    with pytest.raises(InputError) as refusal:
        notation(data, "own", "own.toml")
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("own.toml")


def test_unknown_and_unreadable_notations_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nearest: nielsen"):
        load("nielson")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "binary.toml")


def test_other_conventions_are_toml_only() -> None:
    """Seed 002's letters and marks, and seed 001's index order, without a line of code."""
    n0, n1 = Axis("n0", 2), Axis("n1", 3)
    weight, value = Tensor("W1", (n1, n0), "weight", 1), Tensor("x", (n0,), "input", 0)
    s = Tensor("z1", (n1,), "pre_activation", 1)
    i, j = Index("j", n1), Index("k", n0)
    data = tables()
    data["symbols"].update(pre_activation="alpha", output="h", rate="eta", input="x", target="t")
    data["layers"].update(mark="parenthesised", first=0, general="k", last="l")
    data["indices"].update(units=["i", "j", "p"], pattern=["n"], separator=",")
    goodfellow = notation(data, "own", "own.toml")
    assert latex(s[i], goodfellow) == r"\alpha_i^{(1)}"
    assert latex(weight[i, j], goodfellow, View(general=1)) == "w_{i,j}^{(k)}"
    data = tables()
    data["indices"].update(units=["i", "j", "k"], pattern=["n"], weight="from,to")
    data["symbols"].update(target={"letter": "z", "accent": "hat"}, pre_activation="s")
    data["layers"].update(mark="none")
    data["roles"].update(letters=["i", "j", "k"])
    data["style"].update(sum_limits="always")
    soletskyi = notation(data, "own", "own.toml")
    here = View(general=1)
    assert latex(weight[i, j], soletskyi, here) == "w_{ij}"
    assert latex(weight[0, 1], soletskyi) == "w_{21}^{(2)}", "letters do not tell the layer"
    assert latex(Tensor("t", (n1,), "target", 1)[i], soletskyi, here) == r"\hat{z}_j"
    assert latex(Total(j, weight[i, j] * value[j]), soletskyi, here) == r"\sum_{i=1}^{n_{l-1}}w_{ij}\,x_i"
