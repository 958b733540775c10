"""What a module says about its training, ready for templates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as positions_of

from codegen.constants import float_text
from codegen.problem import Problem
from codegen.scalar.helpers import HELPERS
from codegen.targets.python_text import Source, text
from codegen.updates.formulas import EVERY
from codegen.updates.numbers import NumberUpdate, literal_update, number_update
from codegen.updates.vector import VectorUpdate, vector_update
from derive.expressions import Number, Tensor
from derive.optimisers import Optimiser


@dataclass(frozen=True)
class TrainingRecord:
    """An optimiser in a module: its constants with defaults, its state with the values before the first step, and its update.

    ``vectors`` is the update in place on vectors, ``numbers`` the one on floats; a module has one of them. ``literal`` are the assignments
    as they stand, for the selftest.
    """

    name: str
    source: str
    constants: tuple[tuple[str, str], ...]
    state: tuple[tuple[str, str], ...]
    literal: tuple[str, ...]
    vectors: VectorUpdate | None = None
    numbers: NumberUpdate | None = None

    @property
    def helpers(self) -> tuple[str, ...]:
        """The names of the helpers that an update on floats calls."""
        return tuple(name for name in HELPERS if self.numbers is not None and name in self.numbers.calls)


def training_record(rule: Optimiser, problem: Problem, *, on_floats: bool) -> TrainingRecord:
    """The training of a network with an optimiser, on vectors or on floats."""
    names = [name for tensor in problem.parameters for name in entry_names(tensor)]
    return TrainingRecord(
        name=rule.name,
        source=rule.source,
        constants=tuple((name, float_text(Number(value))) for name, value in rule.constants.items()),
        state=tuple((name, text(value, Source(EVERY, {}))) for name, value in rule.state.items()),
        literal=literal_update(rule),
        vectors=None if on_floats else vector_update(rule),
        numbers=number_update(rule, names) if on_floats else None,
    )


def entry_names(tensor: Tensor) -> list[str]:
    """``W1_0_0``, ``W1_0_1``, ..."""
    places = positions_of(*(range(axis.size) for axis in tensor.axes))
    return ["_".join([tensor.name, *map(str, place)]) for place in places]
