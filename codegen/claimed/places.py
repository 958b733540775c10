"""Points at which a claimed function is called: any sizes, short decimals, away from kinks or exactly on one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.claimed.arrays import NoValue
from codegen.claimed.values import Formulas, Worked, worked
from derive.calculus.ranges import speaks_of_sizes
from derive.equations import System
from derive.errors import InputError
from derive.expressions import Apply, Entry, Number, Tensor, Total
from derive.network import BATCH
from derive.traversal import tensors_of, walk
from derive.verification.points import kinks_of

MARGIN = 1e-3
"""How far every comparison stays from a tie at an ordinary point."""
_TRIES, _VARIED = 40, 8
_MOST_KINKS = 8
_FEW = 8


@dataclass(frozen=True)
class Place:
    """One point: every value of the network there, and what is special about it.

    ``kind`` is empty, ``crisp`` (targets are zeros and a one) or says which value stands on a kink.
    """

    sizes: Mapping[str, int]
    work: Worked
    kind: str = ""

    @property
    def patterns(self) -> int:
        return self.sizes.get(BATCH, 1)

    @property
    def where(self) -> str:
        """The sizes, and what is special."""
        shown = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        return shown + (f", {self.kind}" if self.kind and self.kind != "crisp" else "")

    def given(self, tensors: tuple[Tensor, ...]) -> dict[str, np.ndarray]:
        return {tensor.name: self.work.arrays.values[tensor] for tensor in tensors}


def declared_sizes(system: System, patterns: int) -> dict[str, int]:
    """The sizes of the specification, and so many patterns."""
    return {axis.name: patterns if axis.name == BATCH else axis.size for axis in system.axes}


def has_free_sizes(system: System) -> bool:
    """Whether the equations mean the same at other sizes."""
    return not any(speaks_of_sizes(node) for equation in system.equations for node in walk(equation.right))


def other_sizes(system: System, patterns: int) -> tuple[dict[str, int], dict[str, int]]:
    """Neighbouring axes of different length, and all of one length."""
    names = [axis.name for axis in system.axes if axis.name != BATCH]
    batch = {BATCH: patterns} if len(names) < len(system.axes) else {}
    different = {name: (3, 4, 2)[place % 3] for place, name in enumerate(names)}
    return {**different, **batch}, {**dict.fromkeys(names, 3), **batch}


def small_sizes(system: System) -> Iterator[dict[str, int]]:
    """Sizes from the smallest upwards."""
    names = [axis.name for axis in system.axes if axis.name != BATCH]
    batch = (BATCH,) if len(names) < len(system.axes) else ()
    for width, patterns in ((1, 1), (1, 2), (2, 1), (2, 2)):
        if batch or patterns == 1:
            yield {**dict.fromkeys(names, width), **dict.fromkeys(batch, patterns)}


def clear_number(system: System) -> int:
    """A number of patterns that is no width, so that a shape tells which axis is which."""
    widths = {axis.size for axis in system.axes if axis.name != BATCH} | {1, 2, 3, 4}
    return next(number for number in range(5, 5 + len(widths) + 1) if number not in widths)


def place(formulas: Formulas, sizes: Mapping[str, int], seed: int, kind: str = "") -> Place:
    """A point of these sizes, drawn from a seed. Raises ``NoValue`` where none is found at which everything is finite and clear of ties."""
    system = formulas.sweep.system
    for attempt in range(_TRIES):
        stream = np.random.RandomState(1000 * seed + attempt)
        given = {tensor: _numbers(tensor, sizes, stream, attempt % 2 == 1) for tensor in (*system.inputs, *system.parameters)}
        _assume(system, given, crisp=kind == "crisp", stream=stream)
        try:
            work = worked(formulas, sizes, given)
        except FloatingPointError as error:
            raise NoValue(str(error)) from error
        if _is_clear(work, varied=attempt < _VARIED) or (attempt == _TRIES - 1 and np.isfinite(work.cost)):
            return Place(sizes, work, kind)
    raise NoValue("no point was found at which the loss has a value")


def _is_clear(work: Worked, varied: bool) -> bool:
    """Whether everything is finite and no comparison near a tie and, if ``varied``, each came out both ways."""
    finite = np.isfinite(work.cost) and all(np.isfinite(work.gradient(name)).all() for name in work.formulas.gradients)
    return bool(finite) and work.arrays.closest > MARGIN and not (varied and any(work.arrays.unanimous.values()))


def _numbers(tensor: Tensor, sizes: Mapping[str, int], stream: np.random.RandomState, positive: bool) -> np.ndarray:
    """Hundredths, none of them zero; targets between 0 and 1, weights of wide layers smaller. ``positive`` serves roots and logarithms."""
    shape = tuple(sizes[axis.name] for axis in tensor.axes)
    if tensor.role == "target":
        return np.asarray(stream.randint(10, 91, shape) / 100)
    low = 5 if positive and tensor.role not in ("weight", "bias") else -99
    numbers = stream.randint(low, 100, shape)
    values = np.where(numbers == 0, 50, numbers) / 100
    fan_in = shape[-1] if tensor.role == "weight" and len(shape) > 1 else 1
    return np.asarray(values * (1.0 if fan_in <= _FEW else round(2 / np.sqrt(fan_in), 2)))


def _assume(system: System, given: dict[Tensor, np.ndarray], crisp: bool, stream: np.random.RandomState) -> None:
    """Make stated sums hold: targets that sum to one. With ``crisp`` all targets are zeros and one 1 in each row."""
    for tensor in (tensor for tensor in given if crisp and tensor.role == "target"):
        chosen = stream.randint(0, tensor_size := given[tensor].shape[-1], given[tensor].shape[:-1])
        given[tensor] = np.eye(tensor_size)[chosen]
    for assumption in system.assumptions:
        sides = (assumption.left, assumption.right)
        stated = next((side for side in sides if isinstance(side, Total) and isinstance(side.body, Entry)), None)
        other = next((side for side in sides if isinstance(side, Number)), None)
        if stated is None or other is None or not isinstance(stated.body, Entry):
            raise InputError(f"{system.name}: the assumption {assumption.left} = {assumption.right} is no sum of entries of one input")
        axis = stated.body.positions.index(stated.index)
        values = given[stated.body.tensor]
        given[stated.body.tensor] = values / values.sum(axis, keepdims=True) * float(other.value)


def kink_places(formulas: Formulas, sizes: Mapping[str, int], seed: int) -> Iterator[Place]:
    """Points at which the first unit of a layer stands on a kink of its activation, for every pattern: its weights are zero there."""
    system = formulas.sweep.system
    found = 0
    for value, kink in _kinks(system):
        if found == _MOST_KINKS or value not in system.definitions:
            return
        read = tensors_of(system.definitions[value].right)
        weights = [tensor for tensor in read if tensor.role == "weight" and tensor in system.parameters]
        biases = [tensor for tensor in read if tensor.role == "bias" and tensor in system.parameters]
        if not weights or (kink and not biases):
            continue
        base = place(formulas, sizes, seed)
        given = {tensor: base.work.arrays.values[tensor].copy() for tensor in (*system.inputs, *system.parameters)}
        for tensor in weights:
            given[tensor][0] = 0.0
        for number, tensor in enumerate(biases):
            given[tensor][0] = 0.0 if number else kink
        work = worked(formulas, sizes, given)
        if _stands_on(work.arrays.values[value], kink) and all(np.isfinite(work.gradient(name)).all() for name in formulas.gradients):
            found += 1
            yield Place(sizes, work, f"with {value.name} = {kink:g} in the first unit")


def _stands_on(values: np.ndarray, kink: float) -> bool:
    return bool(values.ndim) and bool(np.all(values[..., 0] == kink))


def _kinks(system: System) -> tuple[tuple[Tensor, float], ...]:
    """Each value that a function with branches is applied to, with the places of the branches."""
    nodes = (node for equation in system.equations for node in walk(equation.right))
    applied = (node for node in nodes if isinstance(node, Apply) and isinstance(node.argument, Entry))
    return tuple(dict.fromkeys((node.argument.tensor, float(kink.value)) for node in applied for kink in kinks_of(node.function.body)))
