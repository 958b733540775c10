"""Multiply: the entrywise product of several layers, as in a gate."""

from __future__ import annotations

from derive.equations import Equation
from derive.expressions import product
from derive.layers.layer import Layer, LayerType


def forward(layer: Layer) -> tuple[Equation, ...]:
    """The equation ``a[j] = x[j]*y[j]*...``."""
    j = layer.index()
    return (Equation(layer.a[j], product(*(x[j] for x in layer.sources))),)


LAYER = LayerType("multiply", keys=(), forward=forward, fewest=2, most=None, along_sources=True)
