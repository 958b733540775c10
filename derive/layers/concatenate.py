"""Concatenate: the outputs of several layers side by side, in the order of ``from``."""

from __future__ import annotations

from derive.equations import Equation
from derive.expressions import Case, Cases, Entry, Relation
from derive.indices import Affine
from derive.layers.layer import Layer, LayerType


def forward(layer: Layer) -> tuple[Equation, ...]:
    """The equation ``a[j] = x[j]`` where j is below the width of x, else ``y[j - width of x]``, and so on."""
    j = layer.index()
    parts: list[tuple[Entry, int]] = []
    end = 0
    for x in layer.sources:
        parts.append((Entry(x, Affine.of(j).plus(Affine(-end))), end + x.axes[0].size))
        end += x.axes[0].size
    cases = (Case(part, Relation(j, "<", Affine(stop))) for part, stop in parts[:-1])
    return (Equation(layer.a[j], Cases(*cases, parts[-1][0])),)


LAYER = LayerType("concatenate", keys=(), forward=forward, fewest=2, most=None, joins_sources=True)
