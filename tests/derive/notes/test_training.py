"""Training loops and update rules: right conditions, all gradients, the author's way of writing an update, one table of rules."""

from __future__ import annotations

import re

import pytest

from derive.network import network
from derive.notation import names
from derive.notes import Options, document, notes, story
from derive.notes.document import Algorithm, Chain
from derive.optimisers import optimiser, optimiser_names
from derive.results import results_of

CHAIN = results_of(network("3-3:tanh-3-2"))


def text(notation: str = "nielsen", spec: str | None = None) -> str:
    results = CHAIN if spec is None else results_of(network(spec))
    return str(notes(results, Options(notation=notation, format="md")))


@pytest.mark.parametrize("notation", names())
def test_every_loop_runs_while_the_loss_is_larger_than_wanted(notation: str) -> None:
    # seed 004, error a: the paper prints <, with which the loop never runs
    loops = re.findall(r"while \$(.*?)\$ do", text(notation))
    assert len(loops) == 2
    assert all(" > " in condition and "<" not in condition for condition in loops)


@pytest.mark.parametrize("notation", names())
def test_the_backward_pass_gives_the_gradients_of_every_layer(notation: str) -> None:
    # seed 003, error g: read literally, its algorithm never computes those of the output layer
    told = story(CHAIN, Options(notation=notation))
    sections = [section for section in document(told).sections if section.anchor in ("algorithms", "training")]
    algorithms = [block for section in sections for block in section.blocks if isinstance(block, Algorithm)]
    backward = algorithms[1]
    numbers = [line.number for line in backward.lines]
    gradients = [str(result.number) for result in told.results.of_pattern if result.equation.tensor.role in ("gradient", "step")]
    for number in gradients:
        assert numbers.count(number) >= 2  # the output layer by itself; the hidden layers, in a loop where they are alike
    assert len(algorithms) == 4


UPDATES = {
    "nielsen": (r"w \leftarrow w - \alpha\,\frac{\partial C}{\partial w}", r"w \leftarrow w - \alpha\,\frac{\partial J_i}{\partial w}"),
    "soletskyi": (r"w^{t+1} = w^t - \eta\,\frac{\partial", r"{\partial w^t}"),
    "micheli": (r"w^{\text{new}} = w + \eta\,\Delta w", r"w^{\text{new}} = w + \eta\,\Delta_pw"),
}


@pytest.mark.parametrize("notation", UPDATES)
def test_an_update_is_written_as_its_author_writes_it(notation: str) -> None:
    found = text(notation)
    assert all(formula in found for formula in UPDATES[notation])


def test_a_sum_of_patterns_has_no_mean_in_its_gradient() -> None:
    mean = text()
    total = str(notes(results_of(network("2-2", batch_reduction="sum")), Options(format="md")))
    assert r"\leftarrow \frac{1}{N}\,\sum_{i}\frac{\partial J_i}{\partial w}" in mean
    assert r"\leftarrow \sum_{i}\frac{\partial J_i}{\partial w}" in total


def test_every_optimiser_of_the_table_stands_in_the_notes_with_all_its_assignments() -> None:
    told = story(CHAIN, Options())
    section = next(section for section in document(told).sections if section.anchor == "update")
    chains = [block for block in section.blocks if isinstance(block, Chain)]
    assert [len(chain.lines) for chain in chains] == [len(optimiser(name).updates) for name in optimiser_names()]


@pytest.mark.parametrize("notation", names())
def test_letters_of_rules_are_none_of_the_notation(notation: str) -> None:
    found = text(notation).partition("Update rules")[2]
    assert "name" not in re.sub(r"\\operatorname", "", found.partition("## ")[0])


def test_a_system_of_equations_has_one_loop() -> None:
    table = {
        "axes": {"i": 2},
        "inputs": ["x[i]"],
        "parameters": ["w[i]"],
        "loss": "sum(i, (w[i] - x[i])**2)",
    }
    found = str(notes(results_of(network(table)), Options(format="md")))
    assert len(re.findall(r"while \$J > ", found)) == 1
