"""What is timed: a step that gives the loss and, after it, the gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class System:
    """``step()`` computes the loss and every gradient; ``result()`` makes a step and gives both, weights and bias in turn."""

    step: Callable[[], Any]
    result: Callable[[], tuple[float, Sequence[np.ndarray]]]
