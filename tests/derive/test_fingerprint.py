"""Notes and code of the same formulas have one fingerprint; other formulas have another."""

from __future__ import annotations

import re

import pytest

import deltarule

LINE = re.compile(r"Formulas +([0-9a-f]{16})")


def fingerprint(spec: str, **given: str) -> str:
    return deltarule.network(spec, **given).results.fingerprint


@pytest.mark.parametrize("notation", ["nielsen", "micheli"])
def test_notes_and_code_carry_it_whatever_the_notation(notation: str) -> None:
    network = deltarule.network("2-3:relu-1")
    (found,) = LINE.findall(network.emit())
    assert found == network.results.fingerprint
    assert f"`{found}`" in network.notes(format="md", notation=notation)


def test_it_says_which_formulas_not_which_sizes() -> None:
    assert fingerprint("2-3-1") == fingerprint("4-5-2")
    others = [fingerprint("2-3-1", loss="squared_error"), fingerprint("2-3-1", batch_reduction="sum"), fingerprint("2-3:tanh-1")]
    assert len({fingerprint("2-3-1"), fingerprint("2-3-3-1"), *others}) == 5
