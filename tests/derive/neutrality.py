"""Proofs that a change in a line changes nothing: both versions are written out completely and brought to one form."""

from __future__ import annotations

from sympy import Basic

from derive.calculus.canonical import canonical
from derive.calculus.contract import contract
from derive.calculus.differentiate import carry_out, slope_at
from derive.calculus.substitute import inline
from derive.calculus.tidy import tidy
from derive.chain_rule import Sweep, adjoint
from derive.equations import System
from derive.expressions import Apply, Bracket, Entry, Expression, Number, Partial, Power, Product, Relation, Total, product
from derive.traversal import free_indices, rebuild


def proved_equal(first: Expression, second: Expression, sweep: Sweep) -> bool:
    """Whether both are one expression after inlining every definition and every derived formula, carrying out derivatives,
    contracting deltas, and using the facts below."""
    return canonical(first) == canonical(second) or _written_out(first, sweep) == _written_out(second, sweep)


def _written_out(value: Expression, sweep: Sweep) -> str:
    value = _without_derivatives(value, sweep.system)
    for _ in range(3):
        value = tidy(_facts(contract(value)[0], sweep.system))
    value = inline(value, {d.left.tensor: d.equation for d in sweep.derivations})
    value = tidy(_facts(inline(value, dict(sweep.system.definitions)), sweep.system))
    return canonical(tidy(_facts(contract(value)[0], sweep.system)))


def _without_derivatives(value: Basic, system: System) -> Expression:
    """An inert derivative of the loss goes by its name; of anything else it is carried out, with all definitions but that of the
    variable written out."""
    if isinstance(value, Partial):
        if value.of == Entry(system.loss):
            return Entry(adjoint(value.by.tensor), *value.by.positions)
        inner = {tensor: equation for tensor, equation in system.definitions.items() if tensor != value.by.tensor}
        return carry_out(Partial(inline(value.of, inner), value.by))
    return rebuild(value, lambda part: _without_derivatives(part, system))  # type: ignore[return-value]


def _facts(value: Basic, system: System) -> Expression:
    """A primitive's derivative is written out (exp' = exp); relu(relu(z)) = relu(z) and relu'(z) = [relu(z) > 0] = [z > 0];
    a bracket is its own square; softmax outputs and targets that are assumed so sum to one."""
    if isinstance(value, Apply) and value.function.order == 1 and value.function.body is None:
        return _facts(slope_at(value.function, value.argument), system)
    value = rebuild(value, lambda part: _facts(part, system))
    if isinstance(value, Apply) and value.function.name == "relu":
        inner = value.argument
        inner = inner.argument if isinstance(inner, Apply) and inner.function.name == "relu" else inner
        return Bracket(Relation(inner, ">", Number(0))) if value.function.order else Apply(value.function, inner)
    if isinstance(value, Relation) and isinstance(value.left, Apply) and value.left.function.name == "relu" and value.right == Number(0):
        return Relation(value.left.argument, value.sign, value.right)  # type: ignore[return-value]
    if isinstance(value, Power) and isinstance(value.base, Bracket):
        return value.base
    if isinstance(value, Product):
        return product(*(f for place, f in enumerate(value.args) if not (isinstance(f, Bracket) and f in value.args[:place])))
    if isinstance(value, Total):
        return _sum_to_one(value, system)
    return value  # type: ignore[return-value]


def _sum_to_one(value: Total, system: System) -> Expression:
    if not system.assumptions:
        return value
    factors = value.body.args if isinstance(value.body, Product) else (value.body,)
    inside = [factor for factor in factors if value.index in free_indices(factor)]
    probabilities = {t for a in system.assumptions for t in (a.left.body.tensor,)} | {system.equations[-2].tensor}  # type: ignore[attr-defined]
    if len(inside) == 1 and isinstance(inside[0], Entry) and inside[0].tensor in probabilities and inside[0].positions[-1] == value.index:
        return product(*(factor for factor in factors if factor not in inside))
    return value
