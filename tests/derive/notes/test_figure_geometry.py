"""No arrow of a figure passes through a node that it does not end at, and no two labels cover one another."""

from __future__ import annotations

import tomllib
from functools import cache
from itertools import combinations, pairwise
from math import dist
from pathlib import Path

import pytest

from derive.network import network
from derive.notation.layout import Named
from derive.notes import Options, story
from derive.notes.document import Figure
from derive.notes.figures.computation import computation_figure
from derive.notes.figures.drawing import Circle, Curve, Drawing, Edge, Label, Point, framed
from derive.notes.figures.network import network_figure
from derive.notes.figures.routes import box, overlap, route
from derive.notes.figures.svg import svg
from derive.notes.figures.tikz import tikz
from derive.results import results_of

FILES = sorted((Path(__file__).parents[1] / "equations").glob("*.toml"))
GRU = {
    "name": "gru",
    "axes": {"t": 4, "j": 3, "i": 2},
    "inputs": ["x[t,i]", "y[t,j]"],
    "parameters": ["Wr[j,i]", "Ur[j,j]", "br[j]", "Wz[j,i]", "Uz[j,j]", "bz[j]", "Wn[j,i]", "Un[j,j]", "bn[j]", "cn[j]"],
    "equations": [
        "r[t,j] = sigmoid(sum(i, Wr[j,i]*x[t,i]) + sum(p, Ur[j,p]*h[t-1,p]) + br[j])",
        "u[t,j] = sigmoid(sum(i, Wz[j,i]*x[t,i]) + sum(p, Uz[j,p]*h[t-1,p]) + bz[j])",
        "n[t,j] = tanh(sum(i, Wn[j,i]*x[t,i]) + bn[j] + r[t,j]*(sum(p, Un[j,p]*h[t-1,p]) + cn[j]))",
        "h[t,j] = (1 - u[t,j])*n[t,j] + u[t,j]*h[t-1,j]",
    ],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}
NAMES = [path.stem for path in FILES] + ["gru"]


@cache
def figures(name: str) -> tuple[Figure, ...]:
    spec = GRU if name == "gru" else tomllib.loads(next(path for path in FILES if path.stem == name).read_text())
    own = story(results_of(network(spec)), Options())
    return tuple(figure for figure in (network_figure(own), computation_figure(own)) if figure is not None)


def crossed(drawing: Drawing) -> list[Circle]:
    """Nodes through which an arrow leads, found by walking along each."""
    lines = [(m.start, m.end) if isinstance(m, Edge) else m.points for m in drawing.marks if isinstance(m, Edge | Curve)]
    nodes = [mark for mark in drawing.marks if isinstance(mark, Circle) and mark.label is not None]
    return [node for node in nodes for line in lines if any(dist(point, node.centre) < node.radius - 0.02 for point in walked(line))]


def walked(line: tuple[Point, ...]) -> list[Point]:
    return [(a[0] + k / 50 * (b[0] - a[0]), a[1] + k / 50 * (b[1] - a[1])) for a, b in pairwise(line) for k in range(51)]


@pytest.mark.parametrize("name", NAMES)
def test_no_arrow_passes_through_a_node(name: str) -> None:
    for figure in figures(name):
        assert not crossed(figure.drawing)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_labels_cover_one_another(name: str) -> None:
    for figure in figures(name):
        labels = [mark for mark in figure.drawing.marks if isinstance(mark, Label)]
        assert not [(one, other) for one, other in combinations(labels, 2) if overlap(box(one), box(other))]


def test_an_arrow_through_a_node_would_be_seen() -> None:
    middle = Circle((2.0, 1.0), 0.4, Named("a"))
    assert crossed(Drawing(4, 2, (middle, Edge((0.4, 1.0), (3.6, 1.0), arrow=True)), "", ""))


def test_ways_forth_and_back_differ_and_a_free_way_is_straight() -> None:
    forth = route((0, 0), (3, 0), 0.4, [(0, 0), (3, 0)])
    assert forth == ((0.4, 0.0), (2.6, 0.0))
    back = route((3, 0), (0, 0), 0.4, [(0, 0), (3, 0)], [forth])
    assert len(back) > 2
    assert route((0, 0), (3, 0), 0.4, [(1.5, 0.0)]) == route((0, 0), (3, 0), 0.4, [(1.5, 0.0)])


def test_a_long_name_is_set_smaller_than_its_circle() -> None:
    drawing = Drawing(2, 2, (Circle((1, 1), 0.42, Named("ReLU")), Circle((1, 1), 0.42, Named("f"))), "", "")
    assert r"\footnotesize" in tikz(drawing)
    assert r"\small" in tikz(drawing)
    assert svg(drawing).count('font-size="17.28"') == 1


def test_a_sheet_grows_by_what_stands_out_of_it() -> None:
    grown = framed(Drawing(2, 1, (Edge((0, -0.25), (1, 0.5)),), "", ""))
    assert (grown.height, grown.marks) == (1.45, (Edge((0, 0.2), (1, 0.95)),))
