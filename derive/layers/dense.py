"""Dense: every unit sees every value of the layer above."""

from __future__ import annotations

from derive.equations import Equation
from derive.expressions import Total, plus
from derive.indices import Index
from derive.layers.layer import Layer, LayerType


def forward(layer: Layer) -> tuple[Equation, ...]:
    """The two equations ``z[j] = sum_p W[j,p]*x[p] + b[j]`` and ``a[j] = f(z[j])``."""
    x, W, b, z, a = layer.x, layer.W, layer.b, layer.z, layer.a
    j, i, p = layer.index(), layer.index(), Index("p", x.axes[0])
    weighted = Total(p, W[j, p] * x[p])
    return (
        Equation(z[j], plus(weighted, b[j]) if layer.bias else weighted),
        Equation(a[i], layer.f(z, i)),
    )


LAYER = LayerType("dense", keys=("units", "activation", "bias", "share"), forward=forward)
