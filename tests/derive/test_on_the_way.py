"""Derivatives that no formula reads in the end are steps on the way to the one that inserts them, not results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import deltarule
from derive.expressions import negative
from derive.network import network
from derive.notation import load
from derive.results import Results, results_of
from derive.steps import Derivation
from derive.traversal import tensors_of
from derive.verification.points import draw
from derive.verification.verify import verify_result

FILES = Path(__file__).parent / "equations"
INSERTED = {"layer_norm": {"du": ["dv", "dmu"]}, "batch_norm": {"du": ["dv", "dmu"]}, "attention": {"dS": ["dZ"]}, "lstm": {}}


def results(name: str) -> Results:
    return results_of(network(str(FILES / f"{name}.toml")))


@pytest.mark.parametrize("name", INSERTED)
def test_what_is_inserted_stands_before_the_result_that_inserts_it(name: str) -> None:
    found = results(name)
    before = {r.equation.tensor.name: [own.left.tensor.name for own in r.before] for r in found.results if r.before}
    assert before == INSERTED[name]
    assert [result.number for result in found.results] == list(range(1, len(found.results) + 1))


@pytest.mark.parametrize("name", INSERTED)
def test_every_numbered_derivative_is_wanted_or_read(name: str) -> None:
    derived = [result for result in results(name).results if result.derivation is not None]
    read = {tensor for result in derived for tensor in tensors_of(result.equation.right)}
    assert all(result.kind == "gradient" or result.equation.tensor in read for result in derived)


def test_a_wrong_line_on_the_way_is_found() -> None:
    found = results("layer_norm")
    result = next(own for own in found.results if own.before)
    sweep, point = found.pattern_sweep, draw(found.network.pattern, 0)
    wrong = replace(result, before=(result.before[0], _spoilt(result.before[1])))
    assert all(statement.ok for statement in verify_result(result, sweep, [point], load("nielsen")))
    assert not all(statement.ok for statement in verify_result(wrong, sweep, [point], load("nielsen")))


def _spoilt(derivation: Derivation) -> Derivation:
    last = derivation.steps[-1]
    return Derivation(derivation.left, derivation.start, (*derivation.steps[:-1], replace(last, after=negative(last.after))))


def test_notes_tell_it_once_and_code_does_not_compute_it() -> None:
    model = deltarule.network(str(FILES / "layer_norm.toml"))
    notes = str(model.notes(format="md"))
    assert notes.count(r"\frac{\partial J}{\partial\mu_b} &=") == 1
    assert r"\nabla_{\mu}J \leftarrow" not in notes
    assert "dmu" not in str(model.emit())
