"""Rules for f'(u): written out where it is a number, named where it has a name, through the output where that is known."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic

from derive.calculus.differentiate import formula_of
from derive.calculus.match import match
from derive.equations import Equation
from derive.expressions import Apply, Entry, Expression, Function, Number
from derive.functions.output_form import output_form
from derive.rules.replacement import replace_parts
from derive.rules.surroundings import Surroundings
from derive.steps import Step


def constant_slope(value: Expression, around: Surroundings) -> Step | None:
    """f'(u) is a number where f is a straight line."""
    return _each_slope("constant_slope", value, _constant)


def known_slope(value: Expression, around: Surroundings) -> Step | None:
    """The derivative is a function with a name of its own: f' = g."""
    return _each_slope("known_slope", value, _named)


def slope_through_output(value: Expression, around: Surroundings) -> Step | None:
    """f'(u) = g(a) where a = f(u): the derivative through the output that the forward pass has computed."""
    return _each_slope("output_form", value, lambda slope: _through_output(slope, around.definitions))


def slope_of_formula(value: Expression, around: Surroundings) -> Step | None:
    """f'(u) = g(a) at once where u is a formula, so that it is not carried along."""
    known = around.definitions
    return _each_slope("output_form", value, lambda slope: None if isinstance(slope.argument, Entry) else _through_output(slope, known))


def _each_slope(rule: str, value: Expression, replacement: Callable[[Apply], Expression | None]) -> Step | None:
    found: list[tuple[str, Basic]] = []

    def change(part: Basic) -> Basic | None:
        if not isinstance(part, Apply) or part.function.order == 0:
            return None
        new = replacement(part)
        if new is not None:
            found.extend((("slope", part), ("form", new)))
        return new

    after = replace_parts(value, change)
    return Step(rule, value, after, tuple(found)) if found else None


def _constant(slope: Apply) -> Expression | None:
    formula = formula_of(slope.function)
    return formula if isinstance(formula, Number) else None


def _named(slope: Apply) -> Expression | None:
    known = output_form(_lower(slope.function)) if slope.function.order == 1 else None
    return known.function(slope.argument) if known is not None and known.function is not None else None


def _through_output(slope: Apply, definitions: tuple[Equation, ...]) -> Expression | None:
    function = _lower(slope.function)
    known = output_form(function) if slope.function.order == 1 else None
    if known is None or known.expression is None:
        return None
    for equation in definitions:
        binding = match(equation.right, Apply(function, slope.argument), equation.indices)
        if binding is not None and len(binding) == len(equation.indices):
            return known.at(Entry(equation.tensor, *(binding[index] for index in equation.indices)))
    return None


def _lower(function: Function) -> Function:
    return Function(function.args[0], function.body, function.order - 1)
