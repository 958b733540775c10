"""Common slips at the end of notes: right shape first, refuted by true numbers, none of them right after all."""

from __future__ import annotations

import re

import pytest

from derive.network import network
from derive.notation import names
from derive.notes import Options, story
from derive.notes.document import Chain, Document
from derive.notes.sections.slips import slips
from derive.notes.writers.markdown import markdown
from derive.results import results_of
from tests.derive.notes import strict

SQUARE = results_of(network("2-2:relu-2"))


def page(spec: str | None = None, **options: str) -> str:
    told = story(SQUARE if spec is None else results_of(network(spec)), Options(**options))  # type: ignore[arg-type]
    return markdown(Document((), (), slips(told)))


def test_the_wrong_layer_comes_first_and_its_shape_is_right() -> None:
    # seed 002, error a: the output of the own layer where that of the layer below must stand
    found = page()
    assert found.index("**The wrong layer.**") < found.index("**A factor of two.**")
    assert r"\frac{\partial J}{\partial W^2} &\ne \delta^2\,(a^2)^{\top}" in found
    assert r"\frac{\partial J}{\partial W^2} &= \delta^2\,x^{\top}" in found
    assert "Here the shapes tell already" not in found.partition("**The wrong layer.**")[2].partition("**")[0]


def test_what_the_shapes_tell_stands_after_what_they_do_not_tell() -> None:
    found = page("2-3-1")
    places = [match.start() for match in re.finditer("Here the shapes tell already", found)]
    last_unseen = max(match.start() for match in re.finditer(r"With simple numbers \(variant", found))
    assert places
    assert min(places) > last_unseen


@pytest.mark.parametrize("notation", names())
def test_slips_are_told_from_the_truth_in_every_notation(notation: str) -> None:
    told = story(SQUARE, Options(notation=notation))
    (section,) = slips(told)
    chains = [block for block in section.blocks if isinstance(block, Chain)]
    assert len(chains) >= 6
    for chain in chains:
        wrong, right = chain.lines[:2]
        assert (wrong.relation, right.relation) == ("!=", "=")
        assert wrong.right != right.right
    assert not [fault for tex in re.findall(r"\$\$(.*?)\$\$", page(notation=notation), re.DOTALL) if (fault := strict.fault(tex))]


def test_the_numbers_of_a_slip_differ() -> None:
    found = re.findall(r" is \$(-?[0-9.]+)\$; the slip gives \$(-?[0-9.]+)\$", page())
    assert len(found) >= 5
    assert all(right != wrong for right, wrong in found)


def test_brief_notes_and_networks_too_deep_for_numbers_have_none() -> None:
    assert not slips(story(SQUARE, Options(level="brief")))
    assert not slips(story(results_of(network("-".join(["3"] * 60))), Options()))
