"""The rules that bring a carried-out derivative to its textbook form, one idea each.

A rule takes a line and its surroundings and returns the step to the next line, or None where it has nothing to say. A new rule is
a function in ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sympy import Basic

from derive.contract import contract
from derive.differentiate import formula_of
from derive.equations import Equation
from derive.expressions import (
    ONE,
    Apply,
    Entry,
    Expression,
    Function,
    Number,
    Plus,
    Product,
    Tensor,
    Total,
    entries_of,
    factors_of,
    free_indices,
    plus,
    product,
    rebuild,
    walk,
)
from derive.fold import fold
from derive.match import match
from derive.output_form import output_form
from derive.scalar_algebra import cancelled, weight
from derive.steps import Step
from derive.substitute import move, right_side_at
from derive.tidy import leading_sign, tidy


@dataclass(frozen=True)
class Surroundings:
    """What a rule may look at: definitions of values met in the line, known explicit adjoints, and assumptions."""

    subject: Tensor
    definitions: tuple[Equation, ...]
    explicit: dict[Tensor, Equation] = field(default_factory=dict)
    assumptions: tuple[Equation, ...] = ()


Rule = Callable[[Expression, Surroundings], Step | None]


def contraction(value: Expression, around: Surroundings) -> Step | None:
    """sum_p u_p [p = j] = u_j."""
    after, eliminated = contract(value)
    if after == value:
        return None
    pairs = tuple((f"{name}{place}", node) for place, pair in enumerate(eliminated) for name, node in zip(("index", "position"), pair))
    return Step("contraction", value, after, pairs)


def arithmetic(value: Expression, around: Surroundings) -> Step | None:
    """Numbers multiplied, units dropped, equal factors cancelled."""
    after = _positive_first(tidy(value))
    return Step("arithmetic", value, after) if after != value else None


def fold_definition(value: Expression, around: Surroundings) -> Step | None:
    """A definition's right side is the value that it defines."""
    after, folded = fold(value, around.definitions)
    return Step("fold_definition", value, after, tuple(("value", entry) for entry in folded)) if folded else None


def constant_slope(value: Expression, around: Surroundings) -> Step | None:
    """f'(u) is a number where f is a straight line."""
    return _each_slope("constant_slope", value, _constant)


def known_slope(value: Expression, around: Surroundings) -> Step | None:
    """f' = g: the derivative is a function with a name of its own."""
    return _each_slope("known_slope", value, _named)


def slope_through_output(value: Expression, around: Surroundings) -> Step | None:
    """f'(u) = g(a) where a = f(u): the derivative through the output that the forward pass has computed."""
    return _each_slope("output_form", value, lambda slope: _through_output(slope, around.definitions))


def insert_adjoint(value: Expression, around: Surroundings) -> Step | None:
    """The adjoint's own formula in its place, where the line does not grow by it."""
    for entry in entries_of(value):
        known = around.explicit.get(entry.tensor)
        if known is None or known.tensor.axes != around.subject.axes:
            continue
        own = right_side_at(known, entry.positions)
        inserted = _replace(value, lambda node, entry=entry, known=known: (  # type: ignore[misc]
            right_side_at(known, node.positions) if isinstance(node, Entry) and node.tensor == entry.tensor else None
        ))
        shortest = simplify(inserted, replace(around, explicit={}))
        result = shortest[-1].after if shortest else inserted
        if weight(result) <= weight(value) + weight(own) - 1:
            return Step("insert_adjoint", value, inserted, (("adjoint", entry),))
    return None


def assumption(value: Expression, around: Surroundings) -> Step | None:
    """A declared fact (the targets sum to one), cited."""
    for fact in around.assumptions:
        free = free_indices(fact.left)
        for node in walk(value):
            taken = take_out(node) if isinstance(node, Total) else None
            for factor in factors_of(taken) if taken is not None else ():
                binding = match(fact.left, factor, free)
                if binding is not None:
                    after = _replace(value, lambda part, node=node, taken=taken: taken if part == node else None)  # type: ignore[misc]
                    fact_there = (("left", factor), ("right", move(fact.right, binding)))  # type: ignore[arg-type]
                    done = _replace(after, lambda part, factor=factor: fact_there[1][1] if part == factor else None)  # type: ignore[misc, return-value]
                    short = tidy(done)
                    lines = (Step("take_out", value, after), Step("assumption", after, done, fact_there, lemma="assumption"))
                    finer = tuple(step for step in (*lines, Step("arithmetic", done, short)) if step.before != step.after)
                    return Step("assumption", value, short, fact_there, "assumption", finer if len(finer) > 1 else ())
    return None


def common_factor(value: Expression, around: Surroundings) -> Step | None:
    """u v + u w = u (v + w), also out of sums that do not bind u."""
    if not isinstance(value, Plus):
        return None
    terms = [factors_of(take_out(term)) for term in value.args]
    common = [f for f in terms[0] if not isinstance(f, Number) and all(f in other for other in terms[1:])]
    if not common:
        return None
    rests = [tuple(f for f in factors if f not in common) for factors in terms]
    inside = plus(*(product(*rest) if rest else ONE for rest in rests))
    return Step("common_factor", value, product(*common, _positive_first(tidy(inside))))


def cancellation(value: Expression, around: Surroundings) -> Step | None:
    """Common factors of numerator and denominator are cancelled; SymPy does this algebra of scalars."""
    after = cancelled(value)
    return Step("cancellation", value, after) if after is not None else None


RULES: tuple[Rule, ...] = (
    contraction,
    arithmetic,
    fold_definition,
    constant_slope,
    insert_adjoint,
    known_slope,
    slope_through_output,
    assumption,
    common_factor,
    cancellation,
)


def simplify(value: Expression, around: Surroundings) -> tuple[Step, ...]:
    """The steps to the textbook form: the first rule that applies, until none does."""
    steps: list[Step] = []
    line: Expression = value
    while True:
        step = next((found for rule in RULES if (found := rule(line, around)) is not None), None)
        if step is None:
            return tuple(steps)
        steps.append(step)
        line = step.after


def take_out(value: Expression) -> Expression:
    """A sum with the factors that it does not bind in front of it."""
    if not isinstance(value, Total):
        return product(*(part for f in value.args for part in factors_of(take_out(f)))) if isinstance(value, Product) else value
    inner = factors_of(take_out(value.body))
    outside = tuple(f for f in inner if value.index not in free_indices(f))
    inside = tuple(f for f in inner if f not in outside)
    if not inside:
        return value
    return product(*outside, Total(value.index, product(*inside))) if outside else value


def _positive_first(value: Expression) -> Expression:
    if isinstance(value, Plus) and leading_sign(value.args[0]) < 0:
        leading = next((term for term in value.args if leading_sign(term) > 0), None)
        if leading is not None:
            return plus(leading, *(term for term in value.args if term is not leading))
    return rebuild(value, lambda part: _positive_first(part) if isinstance(part, Expression) else part)  # type: ignore[return-value]


def flat(value: Basic) -> Basic:
    """A product inside a product, or a sum of terms inside one, written as one."""
    return product(*value.args) if isinstance(value, Product) else plus(*value.args) if isinstance(value, Plus) else value


Replacement = Callable[[Basic], Basic | None]


def _replace(value: Expression, replacement: Replacement) -> Expression:
    """``value`` with every part for which ``replacement`` has an answer replaced by it."""

    def change(part: Basic) -> Basic:
        new = replacement(part)
        return flat(rebuild(part, change)) if new is None else new

    return change(value)  # type: ignore[return-value]


def _each_slope(rule: str, value: Expression, replacement: Callable[[Apply], Expression | None]) -> Step | None:
    found: list[tuple[str, Basic]] = []

    def change(part: Basic) -> Basic | None:
        if not isinstance(part, Apply) or part.function.order == 0:
            return None
        new = replacement(part)
        if new is not None:
            found.extend((("slope", part), ("form", new)))
        return new

    after = _replace(value, change)
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
            output = Entry(equation.tensor, *(binding[index] for index in equation.indices))  # type: ignore[arg-type]
            return known.at(output)
    return None


def _lower(function: Function) -> Function:
    return Function(function.args[0], function.body, function.order - 1)
