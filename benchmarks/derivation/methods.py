"""Five ways to the loss and every gradient of a network, for one pattern: deltarule's, and four on the expanded network.

The network has sigmoid units, biases and half the squared error. "Expanded" means that each weight, input and target is a symbol and the
loss is one expression in them, since that is what these engines differentiate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import sympy
from sympy.simplify import cse

from benchmarks.derivation.operations import of_equations, of_symbolic
from derive.chain_rule import reverse_sweep
from derive.network import network

Sizes = Sequence[int]


@dataclass(frozen=True)
class Formulas:
    """The loss, then the gradients in the order of the parameters; ``replacements`` are shared parts, each with its symbol."""

    results: Sequence[Any]
    replacements: Sequence[tuple[Any, Any]] = ()

    @property
    def operations(self) -> int:
        return of_symbolic([*self.results, *(value for _, value in self.replacements)])


@dataclass(frozen=True)
class Method:
    """``derive`` is what is timed; ``operations`` counts what it returned. ``needs`` is the package that must be there."""

    name: str
    derive: Callable[[Sizes], Any]
    operations: Callable[[Any], int]
    needs: str = "sympy"


def spec(sizes: Sizes) -> str:
    """The network in one line."""
    return "-".join([str(sizes[0]), *(f"{size}:sigmoid" for size in sizes[1:])])


def by_deltarule(sizes: Sizes) -> tuple[Any, ...]:
    """The forward equations and, from the reverse sweep with all its steps, the equation of every delta and gradient."""
    model = network(spec(sizes), loss="half_squared_error")
    return (*model.pattern.equations, *(derivation.equation for derivation in reverse_sweep(model.pattern).derivations))


@dataclass(frozen=True)
class Expanded:
    """A network written out in symbols."""

    loss: Any
    parameters: Sequence[Any]


def expanded(sizes: Sizes, engine: ModuleType = sympy) -> Expanded:
    """The loss as one expression; the parameters layer by layer, W row by row before b."""
    values = [engine.Symbol(f"x_{i}") for i in range(sizes[0])]
    parameters: list[Any] = []
    for layer, units in enumerate(sizes[1:], 1):
        W = [[engine.Symbol(f"W{layer}_{j}_{i}") for i in range(len(values))] for j in range(units)]
        b = [engine.Symbol(f"b{layer}_{j}") for j in range(units)]
        z = [sum((w * a for w, a in zip(row, values, strict=True)), bias) for row, bias in zip(W, b, strict=True)]
        values = [1 / (1 + engine.exp(-each)) for each in z]
        parameters += [w for row in W for w in row] + b
    targets = [engine.Symbol(f"t_{j}") for j in range(sizes[-1])]
    half = engine.Rational(1, 2)
    return Expanded(sum((half * (t - a) ** 2 for t, a in zip(targets, values, strict=True)), engine.Integer(0)), parameters)


def by_diff(sizes: Sizes) -> Formulas:
    """SymPy's ``diff`` for each parameter."""
    net = expanded(sizes)
    return Formulas([net.loss, *(net.loss.diff(parameter) for parameter in net.parameters)])


def by_diff_and_cse(sizes: Sizes) -> Formulas:
    """The same, then SymPy's ``cse`` over everything."""
    replacements, results = cse(by_diff(sizes).results)
    return Formulas(results, replacements)


def by_forward_jacobian(sizes: Sizes) -> Formulas:
    """SymPy's private Jacobian by forward accumulation over the ``cse`` of the loss, then ``cse`` over all of it."""
    from sympy.simplify._cse_diff import _forward_jacobian_cse

    net = expanded(sizes)
    replacements, (loss,) = cse([net.loss])
    shared, (jacobian,), _ = _forward_jacobian_cse(replacements, [sympy.Matrix([loss])], sympy.Matrix(net.parameters))
    again, everything = cse([*(value for _, value in shared), loss, *jacobian])
    symbols = [symbol for symbol, _ in shared]
    return Formulas(everything[len(symbols) :], [*zip(symbols, everything, strict=False), *again])


def by_symengine(sizes: Sizes) -> Formulas:
    """SymEngine's ``diff`` for each parameter, then its ``cse`` over everything."""
    import symengine

    net = expanded(sizes, symengine)
    replacements, results = symengine.cse([net.loss, *(net.loss.diff(parameter) for parameter in net.parameters)])
    return Formulas(results, replacements)


METHODS = {
    method.name: method
    for method in (
        Method("deltarule", by_deltarule, of_equations),
        Method("SymPy diff", by_diff, lambda found: found.operations),
        Method("SymPy diff + cse", by_diff_and_cse, lambda found: found.operations),
        Method("SymPy forward Jacobian + cse", by_forward_jacobian, lambda found: found.operations, "sympy.simplify._cse_diff"),
        Method("SymEngine diff + cse", by_symengine, lambda found: found.operations, "symengine"),
    )
}
