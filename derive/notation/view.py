"""What a formula is looked at: which layer stands for any layer, and which axes run over units or patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.expressions import Tensor
from derive.indices import Axis

_UNIT_AXIS = re.compile(r"n(\d+)")
_PATTERN_AXIS = "batch"


@dataclass(frozen=True)
class View:
    """How layers and axes are shown.

    ``general`` is the layer printed as ``l``, so that its neighbours are ``l-1`` and ``l+1``; else ``last`` is the output layer,
    printed as ``L``, its neighbour as ``L-1``; without both, layers go by their numbers. ``batch`` says that gradients belong to
    the total loss. ``if_words`` and ``otherwise_words`` stand in cases. ``generic`` says that a notation's letters of any unit stand
    for the units of the general layer, ``pattern`` that what depends on the pattern wears the pattern's mark, if the notation
    has one. ``loss`` says that this is the definition of the loss.
    """

    general: int | None = None
    last: int | None = None
    batch: bool = False
    if_words: str = "if"
    otherwise_words: str = "otherwise"
    generic: bool = False
    pattern: bool = False
    loss: bool = False


NUMBERED = View()


def unit_layer(axis: Axis) -> int | None:
    """The layer whose units an axis runs over; None for any other axis."""
    found = _UNIT_AXIS.fullmatch(axis.name)
    return int(found.group(1)) if found else None


def is_pattern_axis(axis: Axis) -> bool:
    """Whether an axis runs over the patterns of a batch."""
    return axis.name == _PATTERN_AXIS


def has_patterns(tensor: Tensor) -> bool:
    """Whether a tensor holds one value or array for each pattern of a batch."""
    return any(is_pattern_axis(axis) for axis in tensor.axes)
