"""What a step in each layout is estimated to take, seen on few of many layers that are alike.

Of a long run of layers with one pattern and one size only those at its ends are lowered; one that lies between others stands for all that
are left out. So the cost of weighing does not grow with depth, and no depth goes unweighed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from codegen.problem import Numbered, Problem
from codegen.program import Program
from codegen.timing import statement_duration
from derive.calculus.pattern import pattern_of
from derive.expressions import Tensor
from derive.indices import Axis
from derive.traversal import tensors_of

END = 3
"""Layers at each end of a run that are kept: one beside its neighbour run, one that stands for others, one beside the gap."""


@dataclass(frozen=True)
class Sample:
    """Some equations of a problem, values of others that they read, and for how many equations each of them stands."""

    problem: Problem
    given: tuple[Tensor, ...]
    weights: tuple[float, ...]

    def duration(self, program: Program, batch: int, itemsize: int) -> float:
        """Nanoseconds of a step of the whole problem, estimated from a program of the sample."""
        return sum(self._weight(s.equation, *s.also) * statement_duration(program, s, batch, itemsize) for s in program.statements)

    def _weight(self, *places: int) -> float:
        return sum(self.weights[place] for place in places) / len(places)


def sample_of(problem: Problem) -> Sample:
    """The equations of a problem without the inner layers of long runs."""
    weights = _layer_weights(problem)
    kept = tuple(numbered for numbered in problem.equations if weights.get(numbered.tensor.layer, 1))
    made = {*problem.inputs, *problem.parameters, *(numbered.tensor for numbered in kept)}
    if len(kept) == len(problem.equations):
        return Sample(problem, (), (1.0,) * len(kept))
    read = dict.fromkeys(tensor for numbered in kept for tensor in tensors_of(numbered.computed))
    given = tuple(tensor for tensor in read if tensor not in made)
    return Sample(replace(problem, equations=kept), given, tuple(weights.get(numbered.tensor.layer, 1) for numbered in kept))


def _layer_weights(problem: Problem) -> Mapping[int | None, float]:
    """For how many layers each stands, none for those left out."""
    layers: dict[int, list[Numbered]] = {}
    for numbered in problem.equations:
        if numbered.tensor.layer is not None:
            layers.setdefault(numbered.tensor.layer, []).append(numbered)
    if len(layers) <= 2 * END:
        return {}
    found: dict[int | None, float] = {}
    for _, group in groupby(sorted(layers), lambda layer: _pattern(problem, layers[layer])):
        run = list(group)
        inner = run[END:-END]
        found.update(dict.fromkeys(run, 1.0))
        found.update(dict.fromkeys(inner, 0.0))
        if inner:
            found[run[1]] += len(inner)
    return found


def _pattern(problem: Problem, equations: list[Numbered]) -> tuple[str, tuple[int, ...]]:
    """The equations of a layer up to names, with the sizes of all axes."""
    text, named = pattern_of(side for numbered in equations for side in (numbered.equation.left, numbered.computed))
    return text, tuple(node.size for node in named if isinstance(node, Axis) and node != problem.batch)


__all__ = ["Sample", "sample_of"]
