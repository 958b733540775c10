"""Add: the sum of several layers, as where a skip connection comes back."""

from __future__ import annotations

from derive.equations import Equation
from derive.expressions import plus
from derive.layers.layer import Layer, LayerType


def forward(layer: Layer) -> tuple[Equation, ...]:
    """The equation ``a[j] = x[j] + y[j] + ...``."""
    j = layer.index()
    return (Equation(layer.a[j], plus(*(x[j] for x in layer.sources))),)


LAYER = LayerType("add", keys=(), forward=forward, fewest=2, most=None, along_sources=True)
