"""Arrays and how statements look at them: every read at affine positions is a strided view, made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import prod

from codegen.systems.stages import Work
from derive.expressions import ZERO, Entry, Expression, Tensor
from derive.indices import Affine, Index
from derive.specifications.reads import reads_outside
from derive.traversal import entries_of

Margins = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Array:
    """Contiguous memory: ``shape`` with ``margins`` around it, which hold ``fill``. ``constant`` is the expression of a fixed array."""

    name: str
    shape: tuple[int, ...]
    margins: Margins = ()
    fill: Expression = ZERO
    truth: bool = False
    constant: str = ""

    @cached_property
    def storage(self) -> tuple[int, ...]:
        """The shape with margins."""
        return tuple(size + sum(margin) for size, margin in zip(self.shape, self.margins or ((0, 0),) * len(self.shape), strict=True))

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """How many numbers lie between neighbours along each axis."""
        return tuple(prod(self.storage[place + 1 :]) for place in range(len(self.storage)))

    @property
    def start(self) -> int:
        """The number at which the inner array begins."""
        return sum(margin[0] * step for margin, step in zip(self.margins, self.steps, strict=False))

    @property
    def is_padded(self) -> bool:
        return self.storage != self.shape

    @property
    def memory(self) -> str:
        """The name of the whole memory."""
        return f"{self.name}_padded" if self.is_padded else self.name


@dataclass(frozen=True)
class Value:
    """An array read along ``labels``: where it begins and the step of each label."""

    array: Array
    labels: tuple[Index, ...]
    steps: Mapping[Index, int] = field(hash=False)
    start: int = 0

    def view(self, labels: Sequence[Index | None], step: Index | None = None) -> View:
        """As a statement sees it along ``labels``: spread along those it does not have, moving along with ``step``."""
        dims = tuple((label.axis.size, self.steps[label]) if label in self.steps else (1, 0) for label in labels if label is not None)
        leading = next((place for place, dim in enumerate(dims) if dim != (1, 0)), len(dims))
        return View(self.array, self.start, dims[leading:], self.steps.get(step, 0) if step is not None else 0)

    def merged(self, groups: Sequence[Sequence[Index]], step: Index | None = None) -> View | None:
        """With the labels of each group as one axis; None where memory does not lie so."""
        dims = []
        for group in groups:
            parts = [(label.axis.size, self.steps[label]) for label in group if label.axis.size > 1]
            if any(first[1] != second[0] * second[1] for first, second in pairwise(parts)):
                return None
            dims.append((prod(size for size, _ in parts), parts[-1][1] if parts else 1))
        return View(self.array, self.start, tuple(dims), self.steps.get(step, 0) if step is not None else 0)


@dataclass(frozen=True)
class View:
    """Memory of an array from ``start`` on: (size, step) of each axis; ``along`` is the step from one round of a loop to the next."""

    array: Array
    start: int
    dims: tuple[tuple[int, int], ...]
    along: int = 0

    @property
    def is_contiguous(self) -> bool:
        """Whether its numbers lie side by side in order."""
        expected = 1
        for size, step in reversed(self.dims):
            if size > 1 and step != expected:
                return False
            expected *= size
        return True

    @property
    def suits_products(self) -> bool:
        """Whether BLAS takes a matrix or a vector as it lies: without a copy, and correctly."""
        dims = [(size, step) for size, step in self.dims if size > 1]
        if len(self.dims) < 2 or len(dims) < 2:
            return all(step > 0 for _, step in dims)
        (rows, down), (columns, right) = self.dims[-2:]
        return (right == 1 and down >= columns) or (down == 1 and right >= rows)


def contiguous(array: Array, labels: Sequence[Index]) -> Value:
    """A whole array whose axes stand at ``labels``, without those of ``labels`` that have no axis in it."""
    return Value(array, tuple(labels), dict(zip(labels, array.steps, strict=True)), array.start)


def read(array: Array, entry: Entry) -> Value:
    """An entry at affine positions as a value along the indices in them."""
    start, steps = array.start, dict[Index, int]()
    for position, step in zip(entry.positions, array.steps, strict=True):
        affine = Affine.of(position)
        start += affine.constant * step
        for term in affine.terms:
            steps[term.index] = steps.get(term.index, 0) + term.coefficient * step
    return Value(array, tuple(steps), steps, start)


def margins_of(work: Work, formulas: Iterable[Expression]) -> dict[Tensor, Margins]:
    """How far each tensor is read beyond its ranges, guards aside: so far it needs margins."""
    found: dict[Tensor, list[list[int]]] = {}
    for value in formulas:
        for entry in entries_of(value):
            for own, place, (least, greatest) in reads_outside(entry):
                margins = found.setdefault(own.tensor, [[0, 0] for _ in own.tensor.axes])
                margins[place][0] = max(margins[place][0], -least)
                margins[place][1] = max(margins[place][1], greatest - own.tensor.axes[place].size + 1)
    return {tensor: tuple((low, high) for low, high in margins) for tensor, margins in found.items()}
