"""Layer types, one file each: a file here that defines ``LAYER`` is a layer type, with no edit elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from derive.layers.layer import Layer, LayerType


@cache
def layer_types() -> Mapping[str, LayerType]:
    """Every layer type by name, in alphabetical order of their files."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    types = (module.LAYER for module in modules if hasattr(module, "LAYER"))
    return MappingProxyType({layer_type.name: layer_type for layer_type in types})


__all__ = ["Layer", "LayerType", "layer_types"]
