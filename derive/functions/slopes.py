"""The derivative of each activation, derived line by line from its formula like everything else."""

from __future__ import annotations

from dataclasses import dataclass

from derive.calculus.differentiate import push_all
from derive.calculus.tidy import tidy
from derive.equations import System
from derive.expressions import Apply, Expression, Function, Partial, Variable
from derive.functions.output_form import output_form
from derive.steps import Step
from derive.traversal import walk


@dataclass(frozen=True)
class Slope:
    """``function'(z) = start = ... = result`` in z = ``Variable()``; the last step goes through the output where it can."""

    function: Function
    start: Partial
    steps: tuple[Step, ...]

    @property
    def left(self) -> Apply:
        return Apply(self.function.prime, Variable())

    @property
    def result(self) -> Expression:
        return self.steps[-1].after if self.steps else self.start


def slopes_of(system: System) -> tuple[Slope, ...]:
    """The slopes of the named functions that a system applies, in order of appearance."""
    applied = (node.function for equation in system.equations for node in walk(equation.right) if isinstance(node, Apply))
    return tuple(slope_of(function) for function in dict.fromkeys(applied) if function.body is not None)


def slope_of(function: Function) -> Slope:
    """The derivation of ``function``'s first derivative."""
    assert function.body is not None
    start = Partial(function.body, Variable())
    steps: list[Step] = []
    line: Expression = start
    while any(isinstance(node, Partial) for node in walk(line)):
        pushed = push_all(line)
        steps.append(Step("push", line, pushed))
        line = pushed
    folded = [Step("derivative", start, line, (), None, tuple(steps))]
    shorter = tidy(line)
    if shorter != line:
        folded.append(Step("arithmetic", line, shorter))
    known = output_form(function)
    if known is not None and known.function is not None:
        folded.append(Step("known_slope", shorter, known.function(Variable())))
    elif known is not None and known.expression is not None:
        through = known.at(function(Variable()))
        if through != shorter:
            folded.append(Step("output_form", shorter, through))
    return Slope(function, start, tuple(folded))
