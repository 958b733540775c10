"""Where the values of a tensor stand among those of a system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from derive.expressions import Tensor


@dataclass(frozen=True)
class Block:
    """Where the entries of a tensor stand among all values: row-major from ``first``."""

    tensor: Tensor
    shape: tuple[int, ...]
    first: int

    def slot(self, position: Sequence[int]) -> int | None:
        """The place of one entry; None outside the ranges of the axes."""
        offset = 0
        for place, size in zip(position, self.shape, strict=True):
            if not 0 <= place < size:
                return None
            offset = offset * size + place
        return self.first + offset

    @property
    def slots(self) -> range:
        return range(self.first, self.first + prod(self.shape))
