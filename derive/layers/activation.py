"""Activation: a function of the layer above, with no parameters of its own."""

from __future__ import annotations

from derive.equations import Equation
from derive.layers.layer import Layer, LayerType


def forward(layer: Layer) -> tuple[Equation, ...]:
    """The equation ``a[j] = f(x[j])``."""
    j = layer.index()
    return (Equation(layer.a[j], layer.f(layer.x, j)),)


LAYER = LayerType("activation", keys=("activation",), forward=forward, along_sources=True)
