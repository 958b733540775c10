"""Letters of a notation that a system needs for values of its own: its sizes and its exponentials are written in another way there."""

from __future__ import annotations

from dataclasses import replace

from derive.equations import System
from derive.notation.profile import Notation
from derive.notation.view import is_pattern_axis

_SIZES = ("N", "M", "S", "D", "C")
"""Letters of sizes, for a system with a value that wears the one of the notation."""
_EULER = "e"


def with_free_letters(notation: Notation, system: System) -> Notation:
    """The notation without the letters of the values of ``system``: ``N_t`` steps where there is an ``n_t``, ``exp(x)`` beside an ``e``."""
    taken = {tensor.name for tensor in (*system.inputs, *system.parameters, *system.definitions)}
    if any(is_pattern_axis(axis) for axis in system.axes):
        taken.add(notation.batch_size)
    size = next((letter for letter in (notation.layer_size, *_SIZES) if letter not in taken), notation.layer_size)
    exponential = "function" if _EULER in taken else notation.exponential
    return replace(notation, layer_size=size, exponential=exponential)
