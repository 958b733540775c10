"""What is decided about the form of a program: by its sizes, unless a file says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.layout import LAYOUTS, ROWS, orders
from codegen.lower import lower_problem
from codegen.passes import PASSES
from codegen.problem import Problem
from codegen.program import Program
from codegen.timing import duration

USUAL_BATCH = 32
"""Decisions are for batches of this size where no other is given."""


@dataclass(frozen=True)
class Decisions:
    """``layout`` is one of ``LAYOUTS``."""

    layout: str = ROWS


PLAIN = Decisions()
"""The form that is easiest to read: patterns as rows, every equation by itself."""


def decide(problem: Problem, batch: int | None, itemsize: int) -> Decisions:
    """The decisions with the shortest estimated step; the first of equal ones."""

    def estimate(decisions: Decisions) -> float:
        return duration(optimised(problem, decisions), batch or USUAL_BATCH, itemsize)

    return min((Decisions(layout) for layout in LAYOUTS), key=estimate)


def optimised(problem: Problem, decisions: Decisions) -> Program:
    """Lowered and through every pass."""
    program = lower_problem(problem, orders(problem, decisions.layout))
    for step in PASSES:
        program = step(program)
    return program


__all__ = ["PLAIN", "Decisions", "decide", "optimised"]
