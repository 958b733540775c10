"""Every single derivative, evaluated, against central differences of the forward pass alone."""

from __future__ import annotations

import random

from sympy import Basic

from derive.explicit import explicit_adjoints, explicit_forward, explicit_gradients, parameter_count
from derive.expressions import Apply, Bracket, Entry, Expression, Number, Plus, Power, Product, Tensor
from derive.network import network
from derive.results import results_of

Values = dict[Basic, float]


def value(expression: Expression, values: Values) -> float:
    """An expression without sums or indices, in floating point."""
    match expression:
        case Entry():
            return values[expression]
        case Number():
            return float(expression.value)
        case Plus():
            return sum(value(term, values) for term in expression.args)
        case Product():
            result = 1.0
            for factor in expression.args:
                result *= value(factor, values)
            return result
        case Power():
            return float(value(expression.base, values) ** value(expression.exponent, values))
        case Bracket():
            return float(all(value(r.left, values) > value(r.right, values) for r in expression.relations))
        case Apply():
            assert expression.function.name == "relu"
            return max(0.0, value(expression.argument, values))
    raise AssertionError(expression)


def test_the_nine_derivatives_of_seed_002_are_those_of_the_forward_pass() -> None:
    results = results_of(network("2-2:relu-1:linear"))
    assert parameter_count(results) == 9
    forward, gradients = explicit_forward(results), explicit_gradients(results)
    assert len(gradients) == 9
    draw = random.Random(5)
    given = {node for item in forward for node in item.lines[0].atoms(Entry)} - {item.left for item in forward}
    base: Values = {entry: draw.uniform(-1, 1) for entry in sorted(given, key=str)}

    def loss(values: Values) -> float:
        for item in forward:
            values[item.left] = value(item.lines[0], values)
        return values[forward[-1].left]

    point = dict(base)
    loss(point)
    for item in explicit_adjoints(results):
        point[item.left] = value(item.lines[0], point)
    for item in gradients:
        parameter = item.left.tensor.of
        assert isinstance(parameter, Tensor)
        entry = Entry(parameter, *item.left.positions)
        up, down = ({**base, entry: base[entry] + step} for step in (1e-6, -1e-6))
        slope = (loss(up) - loss(down)) / 2e-6
        for line in item.lines:
            assert abs(value(line, point) - slope) < 1e-8, item.left
