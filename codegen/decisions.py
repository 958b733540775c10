"""What is decided about the form of a program: by its sizes, by measurement (``tuning.py``), or by a file that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.layout import LAYOUTS, ROWS, orders
from codegen.lower import lower_problem
from codegen.passes import PASSES
from codegen.problem import Problem
from codegen.program import Program
from codegen.timing import duration

USUAL_BATCH = 32
"""Decisions are for batches of this size where no other is given."""
MOST_WEIGHED = 400
"""With more equations the first choice is taken: each is lowered to be weighed, and that takes as long as all else."""
KEYS = ("specification", "dtype", "batch", "layout")
HEAD = "# How `deltarule emit --decisions` writes the module of one network, for any machine."


@dataclass(frozen=True)
class Decisions:
    """``layout`` is one of ``LAYOUTS``."""

    layout: str = ROWS


PLAIN = Decisions()
"""The form that is easiest to read: patterns as rows, every equation by itself."""


def decide(problem: Problem, batch: int | None, itemsize: int) -> Decisions:
    """The decisions with the shortest estimated step; the first of equal ones, and of all where there are very many equations."""
    if len(problem.equations) > MOST_WEIGHED:
        return Decisions()

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
