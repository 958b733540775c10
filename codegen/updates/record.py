"""What a module says about its training, ready for templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as positions_of

from codegen.constants import float_text
from codegen.scalar.helpers import HELPERS
from codegen.targets.python_text import Source, text
from codegen.updates.data import OF_LAYERS, Data
from codegen.updates.formulas import EVERY
from codegen.updates.numbers import NumberUpdate, literal_update, number_names, number_update
from codegen.updates.vector import VectorUpdate, vector_update
from derive.expressions import Number, Tensor
from derive.optimisers import GRADIENT, LEARNING_RATE, PARAMETER, STEP, Optimiser


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
    data: Data
    vectors: VectorUpdate | None = None
    numbers: NumberUpdate | None = None

    @property
    def names(self) -> str:
        """The constants, as a tuple in source."""
        return listed([name for name, _ in self.constants])

    @property
    def unpacked(self) -> str:
        """The constants, as what a tuple of them is given to."""
        return self.names if len(self.constants) == 1 else self.names[1:-1]

    @property
    def defaults(self) -> str:
        """The defaults of the constants, as a tuple in source."""
        return listed([value for _, value in self.constants])

    @property
    def starts(self) -> str:
        """The state before the first step, as a tuple in source."""
        return listed([start for _, start in self.state])

    @property
    def vectors_of_state(self) -> str:
        """The vectors that a step changes, as a tuple in source."""
        return listed(["parameters", *(name for name, _ in self.state)])

    @property
    def given(self) -> str:
        """What those vectors start from, as a tuple in source."""
        return listed(["state.parameters", *(f"state.{name}" for name, _ in self.state)])

    @property
    def memory(self) -> str:
        """The memory of a training on floats, as a tuple in source."""
        return listed([f"_flat(state.{name})" for name, _ in self.state])

    @property
    def updated(self) -> str:
        """What the literal update returns."""
        return listed([PARAMETER.name, *(name for name, _ in self.state)])

    @property
    def precision(self) -> str:
        """The type of the numbers that a training keeps."""
        return "DTYPE" if self.numbers is None else "float"

    @property
    def template(self) -> str:
        """Where the step of a training is written."""
        return "module/training_vectors.py.j2" if self.numbers is None else "python_scalar/training.py.j2"

    @property
    def literal_names(self) -> tuple[str, ...]:
        """The arguments of the literal update."""
        numbers = (LEARNING_RATE.name, STEP.name, *(name for name, _ in self.constants))
        return (PARAMETER.name, GRADIENT.name, *numbers, *(name for name, _ in self.state))

    @property
    def helpers(self) -> tuple[str, ...]:
        """The names of the helpers that an update on floats calls."""
        return tuple(name for name in HELPERS if self.numbers is not None and name in self.numbers.needs.calls)


def training_record(rule: Optimiser, on_floats: Sequence[Tensor] = (), data: Data = OF_LAYERS) -> TrainingRecord:
    """The training with an optimiser on vectors, or on the floats of these parameters."""
    names = number_names(rule, [name for tensor in on_floats for name in entry_names(tensor)])
    return TrainingRecord(
        name=rule.name,
        source=rule.source,
        constants=tuple((name, float_text(Number(value))) for name, value in rule.constants.items()),
        state=tuple((name, text(value, Source(EVERY, {}))) for name, value in rule.state.items()),
        literal=literal_update(rule),
        data=data,
        vectors=None if on_floats else vector_update(rule),
        numbers=number_update(rule, names) if on_floats else None,
    )


def entry_names(tensor: Tensor) -> list[str]:
    """``W1_0_0``, ``W1_0_1``, ..."""
    places = positions_of(*(range(axis.size) for axis in tensor.axes))
    return ["_".join([tensor.name, *map(str, place)]) for place in places]


def listed(words: Sequence[str]) -> str:
    """A tuple in source."""
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"
