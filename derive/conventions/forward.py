"""The forward equations as an author writes them: order of factors and terms, named identities, patterns as columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Basic

from derive.equations import Equation, System
from derive.expressions import MINUS_ONE, Apply, Entry, Expression, Function, Number, Plus, Power, Product, Tensor, Variable, plus, product
from derive.network import Network
from derive.notation.profile import Notation
from derive.notation.view import is_pattern_axis
from derive.specifications.specification import Specification
from derive.traversal import rebuild

Change = Callable[[Equation], Equation]
IDENTITY = Function("linear", Variable())
"""The activation of a layer without one, for authors who write f for every layer."""


def rewritten(network: Network, notation: Notation) -> Network:
    """The same network with its equations as the notation has them. Equations from a file stay as they were written."""
    if not isinstance(network.specification, Specification):
        return network
    changes = changes_of(notation)
    pattern, batch = (_changed(system, changes) for system in (network.pattern, network.batch))
    return replace(network, pattern=pattern, batch=_columns(batch) if notation.samples == "columns" else batch)


def changes_of(notation: Notation) -> tuple[Change, ...]:
    """What a notation changes in an equation, one thing at a time."""
    changes: list[Change] = []
    if notation.pre_activation_order == "value,weight":
        changes.append(_values_first)
    if notation.bias_place == "first":
        changes.append(_bias_first)
    if notation.residual_order == "target,output":
        changes.append(_targets_first)
    if notation.activation_name != "own":
        changes.append(_named_identity)
    if notation.derivative == "prime":
        changes.append(_named_primitives)
    return tuple(changes)


def _changed(system: System, changes: tuple[Change, ...]) -> System:
    equations = []
    for equation in system.equations:
        for change in changes:
            equation = change(equation)
        equations.append(equation)
    return replace(system, equations=tuple(equations))


def _values_first(equation: Equation) -> Equation:
    """``w a`` is ``a w`` in a pre-activation."""
    if equation.tensor.role != "pre_activation":
        return equation

    def change(part: Basic) -> Basic:
        if isinstance(part, Product) and any(_has_role(factor, "weight") for factor in part.args):
            return product(*sorted(part.args, key=lambda factor: _has_role(factor, "weight")))
        return rebuild(part, change)

    return Equation(equation.left, change(equation.right))


def _bias_first(equation: Equation) -> Equation:
    """``w a + b`` is ``b + w a``."""
    if equation.tensor.role != "pre_activation" or not isinstance(equation.right, Plus):
        return equation
    return Equation(equation.left, plus(*sorted(equation.right.args, key=lambda term: not _has_role(term, "bias"))))


def _targets_first(equation: Equation) -> Equation:
    """``(a - t)^2`` is ``(t - a)^2``, and so is every even power."""

    def change(part: Basic) -> Basic:
        if isinstance(part, Power) and isinstance(part.base, Plus) and isinstance(part.exponent, Number) and part.exponent.value % 2 == 0:
            turned = _turned(part.base)
            return Power(turned, part.exponent) if turned is not None else part
        return rebuild(part, change)

    return Equation(equation.left, change(equation.right))


def _turned(difference: Plus) -> Expression | None:
    """``t - a`` for ``a - t``; None for anything else."""
    if len(difference.args) != 2:
        return None
    output, minus_target = difference.args
    if not isinstance(minus_target, Product) or minus_target.args[0] != MINUS_ONE or len(minus_target.args) != 2:
        return None
    target = minus_target.args[1]
    return plus(target, product(MINUS_ONE, output)) if _has_role(target, "target") else None


def _named_identity(equation: Equation) -> Equation:
    """``a = z`` is ``a = f(z)`` with the identity as f."""
    if equation.tensor.role == "output" and _has_role(equation.right, "pre_activation"):
        return Equation(equation.left, Apply(IDENTITY, equation.right))
    return equation


def _named_primitives(equation: Equation) -> Equation:
    """An activation that is an elementary function is a function with a name, so that its derivative is written with a prime as well."""
    if equation.tensor.role != "output" or not isinstance(equation.right, Apply) or equation.right.function.body is not None:
        return equation
    function = equation.right.function
    return Equation(equation.left, Apply(Function(function.name, Apply(function, Variable())), equation.right.argument))


def _has_role(value: Basic, role: str) -> bool:
    return isinstance(value, Entry) and value.tensor.role == role


def _columns(system: System) -> System:
    """The equations of a batch with the patterns along the last axis, so that each column of a matrix is one pattern."""

    def turned(tensor: Tensor) -> Tensor:
        if len(tensor.axes) < 2 or not is_pattern_axis(tensor.axes[0]):
            return tensor
        return Tensor(tensor.name, (*tensor.axes[1:], tensor.axes[0]), tensor.role, tensor.layer, tensor.of)

    def change(part: Basic) -> Basic:
        if isinstance(part, Entry):
            tensor = turned(part.tensor)
            return part if tensor is part.tensor else Entry(tensor, *part.positions[1:], part.positions[0])
        return rebuild(part, change)

    def both(equation: Equation) -> Equation:
        return Equation(change(equation.left), change(equation.right))

    return replace(
        system,
        inputs=tuple(turned(tensor) for tensor in system.inputs),
        equations=tuple(both(equation) for equation in system.equations),
        assumptions=tuple(both(equation) for equation in system.assumptions),
    )
