"""The local pattern of a derivation: its equations up to the names of tensors, axes and indices.

Two places of a network with one pattern share one derivation, specialised by renaming.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic

from derive.calculus.canonical import canonical
from derive.calculus.ranges import speaks_of_sizes
from derive.expressions import Function, Tensor
from derive.indices import Axis, Index


def pattern_of(values: Iterable[Basic]) -> tuple[str, tuple[Basic, ...]]:
    """A text that is equal for equal patterns, and the tensors and axes in order of first appearance.

    Sizes belong to the pattern where positions are shifted or compared, because they decide which guards are needed.

    Zipping the second part of two equal patterns gives the renaming from one place to the other.
    """
    reader = _Reader()
    for value in values:
        reader.read(value)
    sizes = [str(node.size) for node in reader.named if isinstance(node, Axis)] if reader.shifted else []
    return " ".join([*reader.tokens, *sizes]), tuple(reader.named)


class _Reader:
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.named: dict[Basic, int] = {}
        self.shifted = False
        self._indices: dict[Basic, int] = {}

    def read(self, value: Basic) -> None:
        if isinstance(value, Index):
            self.tokens.append(f"i{self._indices.setdefault(value, len(self._indices))}")
            self.read(value.axis)
        elif isinstance(value, Axis):
            self.tokens.append(f"x{self.named.setdefault(value, len(self.named))}")
        elif isinstance(value, Tensor):
            self.tokens.append(f"t{self.named.setdefault(value, len(self.named))}")
            for axis in value.axes:
                self.read(axis)
        elif isinstance(value, Function):
            self.tokens.append(canonical(value))
        elif not value.args:
            self.tokens.append(str(value))
        else:
            parts = value.args
            self.shifted = self.shifted or speaks_of_sizes(value)
            self.tokens.append(f"{type(value).__name__}/{len(parts)}")
            for part in parts:
                self.read(part)
