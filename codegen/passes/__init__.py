"""What happens to a program between lowering and printing: a visible list of functions from program to program."""

from __future__ import annotations

from codegen.passes.bias_rows import bias_rows
from codegen.passes.common import common_subexpressions
from codegen.passes.dead import dead_statements
from codegen.passes.equal_layers import equal_layers
from codegen.passes.full_bounds import full_bounds
from codegen.passes.in_place import in_place
from codegen.passes.logarithms import many_logarithms, quick_logarithms
from codegen.passes.order import forward_first
from codegen.passes.sharing import shared_memory
from codegen.passes.short_maxima import short_maxima
from codegen.passes.signs import few_signs, signs_of
from codegen.passes.spread_sums import short_sums, spread_sums

PASSES = (
    common_subexpressions,
    dead_statements,
    forward_first,
    in_place,
    bias_rows,
    short_maxima,
    equal_layers,
    full_bounds,
    shared_memory,
)

__all__ = [
    "PASSES",
    "bias_rows",
    "common_subexpressions",
    "dead_statements",
    "equal_layers",
    "few_signs",
    "forward_first",
    "full_bounds",
    "in_place",
    "many_logarithms",
    "quick_logarithms",
    "shared_memory",
    "short_maxima",
    "short_sums",
    "signs_of",
    "spread_sums",
]
