"""A system and its sweep as what is computed one after the other: single equations, and recurrences step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codegen.stability import stabilise
from codegen.systems.names import code_names
from codegen.unfold import plain
from derive.calculus.substitute import Renaming, move
from derive.equations import Equation, System
from derive.expressions import Entry, Expression, Tensor
from derive.indices import Axis, Index
from derive.specifications.recurrences import in_order
from derive.steps import Derivation
from derive.traversal import tensors_of

NO_BATCH = Axis("patterns", 1)
"""Equations of their own have no axis of patterns."""


@dataclass(frozen=True)
class Formula:
    """An equation as it is shown, its number, and what is computed: ``left = right``, in names of the module."""

    number: int
    shown: Equation
    left: Entry
    right: Expression

    @property
    def tensor(self) -> Tensor:
        return self.left.tensor


@dataclass(frozen=True)
class Stage:
    """Formulas that are computed together: one for all positions, or those of a recurrence for each position of ``step``."""

    formulas: tuple[Formula, ...]
    step: Index | None = None
    upwards: bool = True

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(formula.tensor for formula in self.formulas)


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that a module of equations computes, in order. Tensors bear the names that they have in the module.

    It is equal to itself only, so that what is made of it can be remembered.
    """

    system: System
    inputs: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    loss: Tensor
    forward: tuple[Stage, ...]
    valued: tuple[Stage, ...]
    backward: tuple[Stage, ...]
    literal: tuple[Stage, ...]
    gradients: Mapping[Tensor, Tensor]
    input_gradients: tuple[Tensor, ...]
    outside: Mapping[Tensor, Expression]

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (*self.forward, *self.valued, *self.backward)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(formula for stage in self.stages for formula in stage.formulas)

    @property
    def values(self) -> tuple[Tensor, ...]:
        """The values of the forward pass, in order, without the loss."""
        return tuple(tensor for stage in self.forward for tensor in stage.tensors)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every tensor."""
        return tuple(t.name for t in (*self.inputs, *self.parameters, *(formula.tensor for formula in self.formulas)))


def work_of(system: System, derivations: Sequence[Derivation], number: Callable[[Tensor], int] | None = None) -> Work:
    """The stages of a system and its sweep, each formula in its stable form; what no result needs is left out."""
    backward = [derivation.equation for derivation in derivations]
    names = code_names(system, [equation.tensor for equation in backward])
    renaming = Renaming({tensor: Tensor(name, tensor.axes, tensor.role) for tensor, name in names.items()})
    gradients = {d.left.tensor.of: d.left.tensor for d in derivations if d.left.tensor.of in system.parameters}
    input_gradients = tuple(d.left.tensor for d in derivations if d.left.tensor.of in system.inputs)
    # what stands outside a range does not follow from the definition: it is not looked through
    forward = {equation.tensor: equation for equation in system.equations if equation.tensor not in system.outside}
    wanted = _needed(backward, (*gradients.values(), *input_gradients), lambda right: stabilise(right, forward))
    shown = {equation.tensor: equation for equation in (*system.equations, *wanted)}
    numbers = {tensor: number(tensor) if number else place for place, tensor in enumerate(shown, 1)}

    def stages(equations: Sequence[Equation], form: Callable[[Expression], Expression]) -> tuple[Stage, ...]:
        ordered, recurrences = in_order([Equation(equation.left, form(equation.right)) for equation in equations])
        around = {tensor: recurrence for recurrence in recurrences for tensor in recurrence.tensors}
        steps = {recurrence.axis: Index(recurrence.axis.name, recurrence.axis) for recurrence in recurrences}
        found: dict[Tensor, list[Formula]] = {}
        for equation in ordered:
            recurrence = around.get(equation.tensor)
            if recurrence is not None:
                own = equation.indices[recurrence.place(equation.tensor)]
                equation = Equation(*(move(side, {own: steps[recurrence.axis]}) for side in (equation.left, equation.right)))
            first = recurrence.tensors[0] if recurrence is not None else equation.tensor
            tensor = equation.tensor
            formula = Formula(numbers[tensor], shown[tensor], renaming(equation.left), renaming(equation.right))
            found.setdefault(first, []).append(formula)
        return tuple(
            Stage(tuple(formulas), steps[around[first].axis], around[first].upwards) if first in around else Stage(tuple(formulas))
            for first, formulas in found.items()
        )

    *before, loss = system.equations
    return Work(
        system=system,
        inputs=tuple(map(renaming, system.inputs)),
        parameters=tuple(map(renaming, system.parameters)),
        loss=renaming(system.loss),
        forward=stages(before, lambda right: stabilise(right, forward)),
        valued=stages([loss], lambda right: stabilise(right, forward)),
        backward=stages(wanted, lambda right: stabilise(right, forward)),
        literal=stages(system.equations, plain),
        gradients={renaming(parameter): renaming(gradients[parameter]) for parameter in system.parameters if parameter in gradients},
        input_gradients=tuple(renaming(next(g for g in input_gradients if g.of == t)) for t in system.inputs) if input_gradients else (),
        outside={renaming(tensor): value for tensor, value in system.outside.items()},
    )


def _needed(equations: Sequence[Equation], results: Sequence[Tensor], form: Callable[[Expression], Expression]) -> list[Equation]:
    """The equations that results read, directly or through others."""
    definitions = {equation.tensor: equation for equation in equations}
    wanted = set(results)
    waiting = list(results)
    while waiting:
        definition = definitions.get(waiting.pop())
        fresh = set(tensors_of(form(definition.right))) - wanted if definition else set()
        wanted |= fresh
        waiting.extend(fresh)
    return [equation for equation in equations if equation.tensor in wanted]
