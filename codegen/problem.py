"""What is to be computed: equations in order, each with its number, before anything is said about arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Basic

from codegen.stability import Stabilised
from codegen.unfold import plain
from derive.calculus.substitute import Renaming, right_side_at
from derive.equations import Equation, System
from derive.expressions import Entry, Expression, Tensor, Total
from derive.indices import Axis
from derive.steps import Derivation
from derive.traversal import entries_of, rebuild, tensors_of


@dataclass(frozen=True)
class Numbered:
    """An equation as it is derived, the number it is cited by, and the form in which it is computed.

    ``merged`` are the equations that are computed together with it.
    """

    number: int
    equation: Equation
    computed: Expression
    merged: tuple[Numbered, ...] = ()

    @property
    def tensor(self) -> Tensor:
        return self.equation.tensor


@dataclass(frozen=True, eq=False)
class Problem:
    """Equations to compute, in order. A problem is equal to itself only, so that what is made of it can be remembered."""

    system: System
    batch: Axis
    equations: tuple[Numbered, ...]
    output: Tensor
    gradients: Mapping[Tensor, Tensor]
    input_gradients: tuple[Tensor, ...]

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self.system.inputs

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        return self.system.parameters

    @property
    def loss(self) -> Tensor:
        return self.system.loss

    @property
    def results(self) -> tuple[Tensor, ...]:
        return (self.loss, *self.gradients.values(), *self.input_gradients)

    @property
    def definitions(self) -> dict[Tensor, Numbered]:
        return {numbered.tensor: numbered for numbered in self.equations}


def problem_of(system: System, derivations: Sequence[Derivation], output: Tensor, number: Callable[[Tensor], int] | None = None) -> Problem:
    """The equations of a batch system and its sweep, each in its stable form; what no result needs is left out."""
    forward = {equation.tensor: equation for equation in system.equations}
    backward = [derivation.equation for derivation in derivations]
    stable = Stabilised(forward)
    equations = []
    for place, equation in enumerate((*system.equations, *backward), 1):
        cited = number(equation.tensor) if number else place
        equations.append(Numbered(cited, equation, stable(equation)))
    gradients = {d.left.tensor.of: d.left.tensor for d in derivations}
    inputs = tuple(d.left.tensor for d in derivations if d.left.tensor.of in system.inputs)
    ordered = {parameter: gradients[parameter] for parameter in system.parameters}
    axis = _batch_axis(system)
    return needed(Problem(system, axis, tuple(equations), output, ordered, inputs))


def literal(problem: Problem) -> tuple[Numbered, ...]:
    """The forward equations as they stand, neither stabilised nor merged."""
    return tuple(Numbered(0, equation, plain(equation.right)) for equation in problem.system.equations)


def resized(problem: Problem, sizes: Mapping[Axis, int]) -> Problem:
    """The same problem with other sizes of axes."""
    rename = Renaming({axis: Axis(axis.name, size) for axis, size in sizes.items()})

    def numbered(old: Numbered) -> Numbered:
        equation = Equation(rename(old.equation.left), rename(old.equation.right))
        return Numbered(old.number, equation, rename(old.computed), tuple(map(numbered, old.merged)))

    def equations(old: Sequence[Equation]) -> tuple[Equation, ...]:
        return tuple(Equation(rename(equation.left), rename(equation.right)) for equation in old)

    def tensors(old: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return tuple(map(rename, old))

    own = problem.system
    system = System(own.name, tensors(own.inputs), tensors(own.parameters), equations(own.equations), equations(own.assumptions))
    gradients = {rename(parameter): rename(gradient) for parameter, gradient in problem.gradients.items()}
    kept = tuple(map(numbered, problem.equations))
    return Problem(system, rename(problem.batch), kept, rename(problem.output), gradients, tensors(problem.input_gradients))


def _batch_axis(system: System) -> Axis:
    """The first axis of the inputs: patterns."""
    return system.inputs[0].axes[0]


def needed(problem: Problem) -> Problem:
    """Without the equations that no result reads."""
    wanted = {*problem.results, problem.output}
    kept: list[Numbered] = []
    for numbered in reversed(problem.equations):
        if numbered.tensor in wanted:
            kept.append(numbered)
            wanted.update(tensors_of(numbered.computed))
    return replace(problem, equations=tuple(reversed(kept)))


def summed_in_place(problem: Problem) -> Problem:
    """A sum that is read once, by another sum, is summed there: the loss over patterns and outputs at once."""
    readers: dict[Tensor, list[Numbered]] = {}
    for numbered in problem.equations:
        for entry in entries_of(numbered.computed):
            readers.setdefault(entry.tensor, []).append(numbered)
    kept = {*problem.results, problem.output}
    for numbered in problem.equations:
        found = readers.get(numbered.tensor, [])
        if (
            numbered.tensor in kept
            or len(found) != 1
            or not _is_sum(numbered.computed)
            or not _summed_over(found[0].computed, numbered.tensor)
        ):
            continue
        definition = Equation(numbered.equation.left, numbered.computed)
        computed = plain(_inlined(found[0].computed, definition))
        merged = replace(found[0], computed=computed, merged=(*numbered.merged, numbered, *found[0].merged))
        rest = tuple(merged if other is found[0] else other for other in problem.equations if other is not numbered)
        return summed_in_place(replace(problem, equations=rest))
    return problem


def _is_sum(value: Expression) -> bool:
    return any(isinstance(factor, Total) for factor in (value, *value.args))


def _summed_over(value: Basic, tensor: Tensor) -> bool:
    """Whether ``value`` reads ``tensor`` only as the whole body of a sum."""
    if isinstance(value, Total) and isinstance(value.body, Entry) and value.body.tensor == tensor:
        return True
    return any(_summed_over(part, tensor) for part in value.args if isinstance(part, Basic) and not isinstance(part, Tensor))


def _inlined(value: Basic, definition: Equation) -> Basic:
    if isinstance(value, Entry) and value.tensor == definition.tensor:
        return right_side_at(definition, value.positions)
    return rebuild(value, lambda part: _inlined(part, definition))
