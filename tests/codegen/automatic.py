"""The oracle from outside: PyTorch where it is installed, else autograd, which the ``test`` extra brings."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

if find_spec("torch") is None:
    from by_autograd import ACTIVATIONS, oracle
else:
    from by_torch import ACTIVATIONS, oracle


def distance(found: Any, wanted: Any) -> float:
    """The largest difference, relative to the largest wanted entry where that is above one."""
    return float(np.max(np.abs(np.asarray(found, float) - wanted))) / max(1.0, float(np.max(np.abs(wanted))))


__all__ = ["ACTIVATIONS", "distance", "oracle"]
