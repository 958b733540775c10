"""The rules that bring a carried-out derivative to its textbook form, one idea each; a new rule is a function in ``RULES``."""

from __future__ import annotations

from collections.abc import Sequence

from derive.expressions import Expression
from derive.rules.adjoints import insert_adjoint, insert_summaries
from derive.rules.algebra import arithmetic, cancellation, common_factor, constant_factor, contraction, fold_definition, fold_function
from derive.rules.derivatives import constant_slope, known_slope, slope_of_formula, slope_through_output
from derive.rules.lemmas import assumption, known_sum
from derive.rules.surroundings import Rule, Surroundings
from derive.steps import Step


def simplify(value: Expression, around: Surroundings, rules: Sequence[Rule] | None = None) -> tuple[Step, ...]:
    """The steps to the textbook form: the first of the rules (by default all) that applies, until none does."""
    steps: list[Step] = []
    line = value
    while True:
        step = next((found for rule in (RULES if rules is None else rules) if (found := rule(line, around)) is not None), None)
        if step is None:
            return tuple(steps)
        steps.append(step)
        line = step.after


def explicit_adjoint(value: Expression, around: Surroundings) -> Step | None:
    """An adjoint that reads the loss directly is written out where the line does not grow by it."""
    return insert_adjoint(value, around, simplify)


def summarised_adjoints(value: Expression, around: Surroundings) -> Step | None:
    """Adjoints that are sums over the subject's axes are written out where the whole becomes shorter."""
    return insert_summaries(value, around, simplify)


RULES: tuple[Rule, ...] = (
    slope_of_formula,
    fold_function,
    contraction,
    arithmetic,
    fold_definition,
    constant_slope,
    explicit_adjoint,
    known_slope,
    slope_through_output,
    assumption,
    known_sum,
    constant_factor,
    common_factor,
    cancellation,
    summarised_adjoints,
)

__all__ = ["RULES", "Rule", "Surroundings", "simplify"]
