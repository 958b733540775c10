"""Single repairs of one side of a claim, each with the family of the mistake that it undoes."""

from __future__ import annotations

from collections.abc import Iterator

from derive.claims.repairs.arrays import of_parentheses, of_products, of_transposes, of_whole_transposed, transposed
from derive.claims.repairs.common import Repair, grouped
from derive.claims.repairs.indices import of_captured, of_indices, of_steps, of_sums, of_weights
from derive.claims.repairs.layers import of_derivatives, of_layers, of_places, of_quantities
from derive.claims.repairs.numbers import of_conditions, of_exponents, of_factors, of_signs, of_sizes, speaks_of_bias
from derive.notation.profile import Notation
from derive.reader.names import spelled
from derive.reader.syntax import Syntax

__all__ = ["Repair", "grouped", "of_sizes", "repairs_of", "transposed"]


def repairs_of(side: Syntax, left: Syntax, notation: Notation, weights: frozenset[str]) -> Iterator[Repair]:
    """Every single repair of ``side``, those of frequent mistakes first; ``weights`` are symbols of matrices of parameters."""
    yield from of_captured(side, left)
    yield from of_signs(side)
    yield from of_weights(side, weights)
    yield from of_indices(side, left)
    yield from of_layers(side, notation)
    yield from of_places(side, notation)
    yield from of_conditions(side)
    yield from of_transposes(side)
    yield from of_whole_transposed(side)
    yield from of_products(side)
    yield from of_derivatives(side, notation)
    yield from of_sums(side, left)
    yield from of_exponents(side)
    yield from of_sizes(side, notation)
    yield from of_factors(side, speaks_of_bias(left, notation), spelled(notation.symbols["bias"]))
    yield from of_parentheses(side)
    yield from of_quantities(side, notation)
    yield from of_steps(side)
