"""The local pattern of a derivation: its equations up to the names of tensors, axes and indices.

Two places of a network with one pattern share one derivation, specialised by renaming.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sympy import Basic

from derive.calculus.canonical import canonical
from derive.calculus.ranges import speaks_of_sizes
from derive.expressions import Entry, Function, Relation, Tensor
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


@cache
def _name(value: Basic) -> str:
    """The text of a number or a label; SymPy's printers take their time."""
    return str(value)


class _Reader:
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.named: dict[Basic, int] = {}
        self.shifted = False
        self._indices: dict[Basic, int] = {}

    def read(self, value: Basic) -> None:
        """What a tensor or an index runs along is said where it appears first."""
        kind, parts = type(value), value.args
        if kind is Index:
            place = self._indices.get(value)
            if place is not None:
                self.tokens.append(f"i{place}")
            else:
                self._indices[value] = len(self._indices)
                self.tokens.append("index")
                self.read(value.axis)
        elif kind is Tensor:
            place = self.named.get(value)
            if place is not None:
                self.tokens.append(f"n{place}")
            else:
                self.named[value] = len(self.named)
                self.tokens.append("tensor")
                for axis in value.axes:
                    self.read(axis)
        elif kind is Axis:
            self.tokens.append(f"n{self.named.setdefault(value, len(self.named))}")
        elif kind is Function:
            self.tokens.append(canonical(value))
        elif not parts:
            self.tokens.append(_name(value))
        else:
            self.shifted = self.shifted or (isinstance(value, Entry | Relation) and speaks_of_sizes(value))
            self.tokens.append(f"{kind.__name__}/{len(parts)}")
            for part in parts:
                self.read(part)
