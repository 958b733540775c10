"""Which style suits an equation file: scalar Python where its arithmetic takes less time than NumPy's calls, else NumPy.

This is the crossover of ``codegen.style``, counted instead of estimated: the sizes of an equation file are known.
"""

from __future__ import annotations

from codegen.scalar.build import ScalarProgram, of_work, scalar_program
from codegen.scalar.reached import reached
from codegen.scalar.values import Values
from codegen.systems.fields import numbers_in
from codegen.systems.lowering import Lowering
from codegen.systems.stages import Work
from codegen.systems.writer import Statement
from derive.errors import InputError

PER_CALL = 40
"""So many operations on floats take as long as a call of NumPy on a small array (measured: from 35 for products to 100 for copies)."""
OVERHEAD = 100
"""To go from arrays to floats and back takes as long as so many operations, and one more for each number."""

LONGEST = 2500
"""Programs of more operations are not chosen: nobody reads them, and they take seconds to write."""


def automatic(work: Work) -> str:
    """The style of ``auto``: scalar or vectorised."""
    limit = min(PER_CALL * calls(work), LONGEST)
    moved = OVERHEAD + numbers_in(work.inputs) + 2 * numbers_in(work.parameters)
    values = Values(most=2 * limit + moved)  # a program that grows beyond this is too long in any case
    try:
        program = scalar_program(of_work(work), values=values)
    except InputError:
        return "vectorised"
    return "scalar" if operations(program, work) + moved <= limit else "vectorised"


def calls(work: Work) -> int:
    """How many calls of NumPy a step of the vectorised style makes."""
    lowering, count = Lowering(work), 0
    for stage in work.stages:
        before, inside = lowering.stage(stage)
        rounds = stage.step.axis.size if stage.step is not None else 1
        count += sum(isinstance(line, Statement) for line in before) + rounds * sum(isinstance(line, Statement) for line in inside)
    return count


def operations(program: ScalarProgram, work: Work) -> int:
    """How many operations on floats a step of the scalar style makes."""
    wanted = [value for tensor in (work.loss, *work.gradients.values()) for value in program.found[tensor]]
    return sum(max(1, len(value.arguments) - 1) for value in reached(wanted) if not value.is_leaf)
