"""In which order a parameter lies in memory: the axis that the forward pass sums over comes first.

``x @ W.T`` with W stored as (n_in, n_out) is a product of two contiguous matrices, which BLAS does fastest.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic

from codegen.problem import Problem
from derive.expressions import Entry, Function, Tensor, Total
from derive.indices import Axis, Index


def storage(problem: Problem) -> dict[Tensor, tuple[int, ...]]:
    """The stored order of axes of each parameter where it is not the documented one."""
    chosen: dict[Tensor, tuple[int, ...]] = {}
    parameters = {tensor for tensor in problem.parameters if len(tensor.axes) == 2}
    for numbered in problem.equations:
        for entry, bound in _read(numbered.computed, ()):
            if entry.tensor in parameters:
                parameters.discard(entry.tensor)
                if entry.positions[1] in bound and entry.positions[0] not in bound:
                    chosen[entry.tensor] = (1, 0)
    return chosen


def _read(value: Basic, bound: tuple[Index, ...]) -> Iterator[tuple[Entry, tuple[Index, ...]]]:
    if isinstance(value, Entry):
        yield value, bound
    elif not isinstance(value, Tensor | Function | Index | Axis):
        inner = (*bound, value.index) if isinstance(value, Total) else bound
        for part in value.args:
            if isinstance(part, Basic):
                yield from _read(part, inner)
