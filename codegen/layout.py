"""In which order the axes of arrays lie in memory.

A matrix of parameters has the axis that the forward pass sums over first: ``x @ W.T`` with W stored as (n_in, n_out) is a product of
two contiguous matrices, which BLAS does fastest. Values of a batch have one pattern after the other (rows) or one unit after the other
(columns). In columns a bias can be one more row of its weights, and sums over units run along memory; in rows products of large
matrices are faster, and arguments need no copy. Which is best depends on the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Basic

from codegen.problem import Problem
from derive.expressions import Entry, Function, Tensor, Total
from derive.indices import Axis, Index

ROWS, OUTPUT_COLUMNS, COLUMNS, ALL_COLUMNS = "rows", "output columns", "columns", "columns, input copied"
LAYOUTS = (ROWS, OUTPUT_COLUMNS, COLUMNS, ALL_COLUMNS)
"""Patterns as rows everywhere, as columns in the last layer, as columns in every layer, and in every layer and the input."""

Orders = Mapping[Tensor, tuple[int, ...]]


def orders(problem: Problem, layout: str, given: Sequence[Tensor] = ()) -> Orders:
    """The order in memory of the axes of each tensor for which it is not the documented one; ``given`` are values that are not computed."""
    found: dict[Tensor, tuple[int, ...]] = storage(problem)
    if layout == ROWS:
        return found
    made = (numbered.tensor for numbered in problem.equations)
    values = [tensor for tensor in (*given, *made) if tensor not in problem.input_gradients]
    if layout == OUTPUT_COLUMNS:
        values = [tensor for tensor in values if tensor.layer == problem.output.layer]
    arguments = problem.inputs if layout == ALL_COLUMNS else problem.inputs[-1:]
    turned = [tensor for tensor in (*values, *arguments) if len(tensor.axes) == 2 and tensor.axes[0] == problem.batch]
    return {**found, **dict.fromkeys(turned, (1, 0))}


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
