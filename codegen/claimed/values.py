"""The values of a system and of everything that was derived for it, and what becomes of them when one formula is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from codegen.claimed.arrays import Arrays, NoValue
from codegen.unfold import unfold
from derive.chain_rule import Sweep
from derive.equations import Equation
from derive.expressions import Expression, Relation, Tensor
from derive.traversal import tensors_of, walk

MOST_PASSES = 300
"""Passes over the equations until a recurrence stands still; each makes at least one more step right."""


class Formulas:
    """The forward equations of a sweep and its derived ones, each with functions written out, in the order of computation."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.equations = (*sweep.system.equations, *(derivation.equation for derivation in sweep.derivations))
        self._unfolded: dict[Expression, Expression] = {}
        self._reads: dict[Expression, frozenset[Tensor]] = {}

    def unfolded(self, value: Expression) -> Expression:
        """A formula with functions written out; each is done once."""
        if value not in self._unfolded:
            self._unfolded[value] = unfold(value)
        return self._unfolded[value]

    def reads(self, value: Expression) -> frozenset[Tensor]:
        if value not in self._reads:
            self._reads[value] = frozenset(tensors_of(value))
        return self._reads[value]

    @cached_property
    def gradients(self) -> dict[str, Tensor]:
        """The gradient of each parameter, by the name of the parameter, in the order of the parameters."""
        derived = {d.left.tensor.of: d.left.tensor for d in self.sweep.derivations}
        return {parameter.name: derived[parameter] for parameter in self.sweep.system.parameters}

    @cached_property
    def branches(self) -> bool:
        """Whether any formula compares values."""
        return any(isinstance(node, Relation) for equation in self.equations for node in walk(self.unfolded(equation.right)))


@dataclass(frozen=True)
class Worked:
    """All values at one point."""

    formulas: Formulas
    arrays: Arrays

    @property
    def cost(self) -> float:
        return float(self.arrays.values[self.formulas.sweep.system.loss])

    def gradient(self, name: str) -> np.ndarray:
        return self.arrays.values[self.formulas.gradients[name]]

    def with_other(self, changed: Mapping[Tensor, Expression]) -> dict[str, np.ndarray]:
        """The gradients where the formulas of some tensors are others, which then count in all that is computed from them.

        Raises ``NoValue`` where they have none.
        """
        values = _run(self.formulas, self.arrays, changed)
        return {name: values[tensor] for name, tensor in self.formulas.gradients.items()}


def worked(formulas: Formulas, sizes: Mapping[str, int], given: Mapping[Tensor, np.ndarray]) -> Worked:
    """All values that follow from inputs and parameters. Raises ``NoValue``."""
    arrays = Arrays(sizes, dict(given), formulas.sweep.system.outside)
    arrays.values = _run(formulas, arrays, None)
    return Worked(formulas, arrays)


def _run(formulas: Formulas, arrays: Arrays, changed: Mapping[Tensor, Expression] | None) -> dict[Tensor, np.ndarray]:
    """Every value; with ``changed`` only what depends on a changed formula is computed again."""
    own = Arrays(arrays.sizes, dict(arrays.values), arrays.outside)
    fresh = changed is None
    stale = set(changed or ())
    todo: list[tuple[Equation, Expression]] = []
    for equation in formulas.equations:
        right = (changed or {}).get(equation.tensor, equation.right)
        if fresh or equation.tensor in stale or formulas.reads(right) & stale:
            stale.add(equation.tensor)
            todo.append((equation, formulas.unfolded(right)))
    defined = {equation.tensor: place for place, (equation, _) in enumerate(todo)}
    recurrent = any(defined.get(t, -1) >= place for place, (_, right) in enumerate(todo) for t in formulas.reads(right))
    if recurrent:
        own.values |= {equation.tensor: np.zeros(own.shape(equation.tensor)) for equation, _ in todo}
    with np.errstate(all="ignore"):
        for _ in range(MOST_PASSES if recurrent else 1):
            before = [own.values.get(equation.tensor) for equation, _ in todo] if recurrent else []
            own.closest = np.inf
            for equation, right in todo:
                own.watching = fresh and equation.tensor in formulas.sweep.system.definitions
                own.values[equation.tensor] = own.array(right, equation.indices)
            after = [own.values[equation.tensor] for equation, _ in todo]
            if before and all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True) if a is not None):
                break
        else:
            if recurrent:
                raise NoValue("the recurrence does not come to rest")
    if fresh:
        arrays.closest, arrays.unanimous = own.closest, own.unanimous
    return own.values
