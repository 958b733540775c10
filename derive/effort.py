"""How many multiplications formulas take as they stand, every sum term by term."""

from __future__ import annotations

from functools import singledispatch
from math import prod

from sympy import Basic

from derive.equations import Equation
from derive.expressions import BINDERS, Apply, Bracket, Number, Power, Product, Tensor
from derive.indices import Axis, Index
from derive.results import Results
from derive.traversal import tensors_of


def forward_effort(results: Results) -> int:
    """Multiplications of the forward pass and the loss of one pattern."""
    return sum(map(multiplications, results.network.pattern.equations))


def backward_effort(results: Results) -> int:
    """Multiplications of all adjoints and gradients of one pattern, the values of the forward pass given."""
    return sum(multiplications(member) for result in results.of_pattern if result.derivation is not None for member in result.members)


def reread(results: Results) -> tuple[Tensor, ...]:
    """What the forward pass has computed and the backward pass reads again, in the order of the forward pass."""
    derived = (member for result in results.of_pattern if result.derivation is not None for member in result.members)
    read = {tensor for equation in derived for tensor in tensors_of(equation.right)}
    return tuple(tensor for tensor in results.network.pattern.definitions if tensor in read)


def multiplications(equation: Equation) -> int:
    """Multiplications and divisions of an equation at all its positions; what activations and comparisons cost is left out."""
    return prod(axis.size for axis in equation.tensor.axes) * count(equation.right)


@singledispatch
def count(value: Basic) -> int:
    """Multiplications and divisions of an expression: those of its parts, and its own."""
    return sum(map(count, value.args))


@count.register(Tensor)
@count.register(Axis)
@count.register(Index)
@count.register(Apply)
@count.register(Bracket)
def _(value: Basic) -> int:
    """Names have none; a function is one call, a comparison none."""
    return count(value.argument) if isinstance(value, Apply) else 0


@count.register
def _(value: Product) -> int:
    """One less than there are factors; signs are free."""
    factors = [factor for factor in value.args if not (isinstance(factor, Number) and abs(factor.value) == 1)]
    return max(0, len(factors) - 1) + sum(map(count, factors))


@count.register
def _(value: Power) -> int:
    """A square is one multiplication; a divisor is counted with the product that it stands in."""
    exponent = value.exponent
    own = max(0, int(abs(exponent.value)) - 1) if isinstance(exponent, Number) else 0
    return own + count(value.base) + count(exponent)


def _bound(value: Basic) -> int:
    """A sum has those of its body at every position."""
    return int(value.index.axis.size) * count(value.body)


for _binder in BINDERS:
    count.register(_binder, _bound)
