"""The notebook is valid, has the same bytes again, and its cells run from top to bottom with plain ``exec``."""

from __future__ import annotations

import builtins
import json
from typing import Any

import pytest

import deltarule
from derive.errors import InputError
from derive.network import network
from derive.notes import Options, notes
from derive.results import results_of
from tests.derive.notes.test_documents import RNN

nbformat = pytest.importorskip("nbformat")


@pytest.fixture(scope="module", params=["2-3:relu-2:softmax", RNN], ids=["layers", "equations"])
def text(request: pytest.FixtureRequest) -> str:
    return str(deltarule.network(request.param).notes(format="ipynb"))


def code(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def test_it_is_valid_and_its_cells_have_names(text: str) -> None:
    found = nbformat.reads(text, as_version=4)
    nbformat.validate(found)
    names = [cell.id for cell in found.cells]
    assert len(names) == len(set(names))
    assert {"network", "forward", "backward", "code-1"} <= set(names)


def test_its_cells_run_and_check_the_gradients(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in code(text):
        exec(cell, names)
    printed = capsys.readouterr().out
    assert "FAIL" not in printed
    assert "derivatives, largest difference" in printed


def test_a_wrong_gradient_does_not_pass_its_check(text: str) -> None:
    module, _, check = code(text)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(module, names)
    right = names["loss_and_gradients"]

    def wrong(*given: Any) -> Any:
        cost, gradients = right(*given)
        return cost, type(gradients)(*(1.01 * value for value in gradients))

    names["loss_and_gradients"] = wrong
    with pytest.raises(AssertionError):
        exec(check, names)


def test_it_has_the_same_bytes_again() -> None:
    results = results_of(network("1-1"))
    first, second = (notes(results, Options(format="ipynb"), ("x = 1\n",)) for _ in range(2))
    assert first == second


def test_a_missing_nbformat_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "nbformat":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install"):
        notes(results_of(network("1-1")), Options(format="ipynb"))
