"""A chain rule taken apart: each local derivative by itself, from the definition to its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.calculus.contract import contract
from derive.calculus.differentiate import carry_out, depends
from derive.calculus.substitute import inline, right_side_at
from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import Entry, Expression, Partial, Tensor
from derive.rules import Surroundings, simplify
from derive.rules.surroundings import Rule
from derive.traversal import tensors_of, walk


@dataclass(frozen=True)
class Factor:
    """A local derivative ``dv/du``: the inert symbol, the derivative of v's definition, and what it comes to."""

    inert: Partial
    definition: Partial
    value: Expression


def local_factors(line: Expression, definitions: Mapping[Tensor, Equation], rules: Sequence[Rule]) -> tuple[Factor, ...]:
    """Every derivative of a value by another one in a line of a chain rule, in the order in which they stand."""
    found: dict[Partial, Factor] = {}
    for node in walk(line):
        if isinstance(node, Partial) and _is_local(node, definitions):
            found.setdefault(node, factor(node, definitions, rules))
    return tuple(found.values())


def _is_local(slope: Partial, definitions: Mapping[Tensor, Equation]) -> bool:
    """Whether what is differentiated is a value, not the loss."""
    return isinstance(slope.of, Entry) and slope.of.tensor in definitions and slope.of.tensor.role not in ("loss", "total_loss")


def factor(inert: Partial, definitions: Mapping[Tensor, Equation], rules: Sequence[Rule]) -> Factor:
    """One derivative of a value by another one, from the definition."""
    there = inert.of
    assert isinstance(there, Entry)
    right = _in_terms_of(right_side_at(definitions[there.tensor], there.positions), inert.by, definitions)
    slope, _ = contract(carry_out(Partial(right, inert.by)))
    around = Surroundings(inert.by.tensor, tuple(definitions.values()))
    steps = simplify(tidy(slope), around, rules)
    return Factor(inert, Partial(right, inert.by), steps[-1].after if steps else tidy(slope))


def _in_terms_of(right: Expression, by: Entry, definitions: Mapping[Tensor, Equation]) -> Expression:
    """``right`` with definitions inserted until it reads what it is differentiated by."""
    while not depends(right, by):
        read = {tensor: definitions[tensor] for tensor in tensors_of(right) if tensor in definitions}
        if not read:
            break
        right = inline(right, read)
    return right
