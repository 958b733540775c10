"""Figures from the model: the same marks as SVG and TikZ, dashes for what goes backwards, labels in the letters of the notation."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from derive.network import network
from derive.notation import names
from derive.notation.layout import Digits
from derive.notes import Options, story
from derive.notes.document import Figure
from derive.notes.figures.computation import computation_figure
from derive.notes.figures.drawing import Curve, Edge, Label
from derive.notes.figures.edge import edge_figure
from derive.notes.figures.flow import flow_figure
from derive.notes.figures.network import network_figure
from derive.notes.figures.surface import surface_figure
from derive.notes.figures.svg import svg
from derive.notes.figures.tikz import tikz
from derive.notes.story import Story
from derive.results import results_of

SKIP = {
    "inputs": 2,
    "layers": [
        {"name": "h", "units": 2, "activation": "tanh"},
        {"name": "g", "units": 2, "activation": "gelu"},
        {"type": "add", "from": ["h", "g"]},
        {"units": 2, "activation": "softmax"},
    ],
}
CIRCUIT = {  # CS231n, optimization-2: f = (x + y) z at (-2, 5, -4)
    "parameters": ["x", "y", "z"],
    "inputs": [],
    "equations": ["q = x + y"],
    "loss": "q*z",
}


def told(spec: object, **options: str) -> Story:
    return story(results_of(network(spec)), Options(**options))  # type: ignore[arg-type]


def figures(own: Story) -> list[Figure]:
    flow = flow_figure(own, own.layers) if own.layers is not None else None
    found = (network_figure(own), flow, edge_figure(own), computation_figure(own), surface_figure(own))
    return [figure for figure in found if figure is not None]


LARGE = "9-12:relu-7:relu-7:relu-7:relu-7:relu-7:relu-3:softmax"


@pytest.mark.parametrize(("spec", "notation"), [*(("2-3-2", name) for name in names()), (SKIP, "nielsen"), (LARGE, "micheli")])
def test_both_printers_print_every_figure(spec: object, notation: str) -> None:
    own = told(spec, notation=notation)
    found = figures(own)
    assert len(found) >= 4
    for figure in found:
        tree = ElementTree.fromstring(svg(figure.drawing))
        texts = ["".join(element.itertext()) for element in tree if element.tag.endswith(("title", "desc"))]
        assert len(texts) == 2
        assert all(texts)
        assert tikz(figure.drawing).count(r"\begin{tikzpicture}") == 1
    assert len({figure.drawing.name for figure in found}) == len(found)


def test_what_goes_backwards_is_dashed_in_both_printers() -> None:
    own = told("2-3-2")
    assert own.layers is not None
    flow = flow_figure(own, own.layers)
    assert flow is not None
    dashed = [mark for mark in flow.drawing.marks if isinstance(mark, Edge | Curve) and mark.dashed]
    assert len(dashed) == 2 * 3 + 1  # from each output unit to each hidden one, and the band below
    assert all(isinstance(mark, Edge) and mark.arrow and mark.end[0] < mark.start[0] for mark in dashed)
    assert svg(flow.drawing).count("stroke-dasharray") == len(dashed)
    assert tikz(flow.drawing).count("dashed") == len(dashed)


def test_a_skip_connection_carries_its_derivative_back() -> None:
    own = told(SKIP)
    assert own.layers is not None
    flow = flow_figure(own, own.layers)
    assert flow is not None
    (around,) = [mark for mark in flow.drawing.marks if isinstance(mark, Curve)]
    assert around.dashed
    assert around.points[0][0] > around.points[-1][0]


def test_each_arrow_of_the_computational_graph_has_its_value_and_its_adjoint() -> None:
    figure = computation_figure(told("2-1"))
    assert figure is not None
    shown = tikz(figure.drawing)
    assert all(f"${part}$" in shown for part in ("x", "z^2", r"\delta^2", "a^2", r"\partial J/\partial W^2", "J", "1"))


def test_a_circuit_shows_its_published_values_and_derivatives(tmp_path: Path) -> None:
    file = tmp_path / "n.toml"
    file.write_text("inputs = {}\n[parameters]\nx = -2\ny = 5\nz = -4\n")
    figure = computation_figure(told(CIRCUIT, numbers=str(file)))
    assert figure is not None
    labels = [mark.content.digits for mark in figure.drawing.marks if isinstance(mark, Label) and isinstance(mark.content, Digits)]
    # values -2, 5, 3, -4, -12, and the derivatives -4, -4, -4, 3, 1
    assert sorted(labels) == sorted(["-2", "5", "3", "-4", "-12", "-4", "-4", "-4", "3", "1"])


def test_the_edge_shows_what_its_derivative_needs_in_the_authors_letters() -> None:
    # seed 004, figure 2: from u to t, with o_u, delta_t and w_tu
    figure = edge_figure(told("3-2-2", notation="micheli"))
    assert figure is not None
    shown = tikz(figure.drawing)
    assert all(part in shown for part in ("$o_u$", r"$\delta_t$", "$w_{tu}$"))


def test_level_lines_and_path_come_from_the_loss_of_the_network() -> None:
    figure = surface_figure(told("2-2-2"))
    assert figure is not None
    curves = [mark for mark in figure.drawing.marks if isinstance(mark, Curve)]
    assert sum(curve.strong for curve in curves) == 2
    assert len(curves) > 10


def test_drawings_are_the_same_every_time() -> None:
    one, again = (tikz(figure.drawing) for figure in (surface_figure(told("2-2-2")), surface_figure(told("2-2-2"))) if figure is not None)
    assert one == again


def test_coordinates_are_short() -> None:
    for figure in figures(told("2-3-2")):
        assert not re.search(r"\d\.\d{3,}", tikz(figure.drawing))
