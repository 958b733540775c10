"""Which style suits a network: scalar Python where its arithmetic takes less time than NumPy's calls, else NumPy."""

from __future__ import annotations

from math import prod

from codegen.problem import Problem

BASE, PER_LAYER = 80, 30
"""NumPy's time grows with the number of layers, that of scalar code with parameters times patterns: the two are equal near 140
for two layers and near 170 for three (measured, see benchmarks)."""


def automatic(problem: Problem, patterns: int | None) -> str:
    """The style for batches of ``patterns`` patterns; vectorised where that is not known."""
    if patterns is None:
        return "vectorised"
    numbers = sum(prod(axis.size for axis in tensor.axes) for tensor in problem.parameters)
    layers = sum(len(tensor.axes) > 1 for tensor in problem.parameters)
    return "scalar" if patterns * numbers <= BASE + PER_LAYER * layers else "vectorised"
