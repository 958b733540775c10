"""Straight-line Python on floats, for networks so small that a call of NumPy takes longer than their arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codegen.problem import Problem, resized
from codegen.scalar.build import of_problem, scalar_program
from codegen.scalar.helpers import HELPERS
from codegen.targets.python_scalar.functions import Function
from codegen.targets.python_scalar.lines import Needs, bracketed

FROM_MATH = ("erf", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh")
NOTHING = Needs()


@dataclass(frozen=True)
class ScalarRecord:
    """The functions of a scalar module: names bound once, and lines of bodies; ``compares`` where one chooses between two numbers.

    ``rows`` give names to the numbers of the ``patterns`` that are written out, ``straight`` computes with them; ``before``, ``inside`` and
    ``after`` are the loop over any number of patterns, ``outputs`` the lines of the forward pass.
    """

    patterns: int
    compares: bool
    functions: tuple[str, ...]
    helpers: tuple[tuple[str, ...], ...]
    unpacked: tuple[str, ...]
    rows: tuple[str, ...]
    targets: tuple[str, ...]
    straight: tuple[str, ...]
    before: tuple[str, ...]
    inside: tuple[str, ...]
    after: tuple[str, ...]
    outputs: tuple[str, ...]
    outputs_row: tuple[str, ...]


def functions_needed(needs: Needs) -> tuple[str, ...]:
    """The functions of Python's own library that lines call."""
    return tuple(name for name in FROM_MATH if name in needs.calls)


def helpers_needed(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """The lines of each helper that lines call."""
    return tuple(lines for name, lines in HELPERS.items() if name in needs.calls)


def passes_record(problem: Problem, patterns: int, cite: bool = True, besides: Needs = NOTHING) -> Mapping[str, Any]:
    """The fields of a module record that depend on this target; ``patterns`` are written out, other numbers take a loop.

    ``besides`` is what the rest of the module needs. Raises InputError where there would be too many operations.
    """
    x, t = problem.inputs
    slopes = tuple(problem.gradients.values())
    written_out, whole = resized(problem, {problem.batch: patterns}), of_problem(problem)
    straight_equations = of_problem(written_out)
    program = scalar_program(straight_equations, patterns)
    straight = Function(straight_equations, program, (written_out.loss,), tuple(written_out.gradients.values()), cite)
    loop = Function(whole, scalar_program(whole, 0), (problem.loss, *problem.input_gradients), slopes)
    until_output = whole.until(problem.output)
    forward = Function(until_output, scalar_program(until_output, 0), (problem.output,))
    before, inside, after = loop.looped((x, t))
    for gradient in problem.input_gradients:
        inside += bracketed(f"        {gradient.name}.append(", loop.names(gradient), ")", 8)
    extra = ", ".join(gradient.name for gradient in problem.input_gradients)
    after += loop.returned_with(problem.loss, extra) if extra else loop.returned(problem.loss)
    own = [*straight.body(), *straight.returned(written_out.loss)]
    outputs = forward.looped((x,))
    needs = besides | straight.needs | loop.needs | forward.needs
    record = ScalarRecord(
        patterns=patterns,
        compares=needs.compares,
        functions=functions_needed(needs),
        helpers=helpers_needed(needs),
        unpacked=tuple(straight.unpacked(written_out.parameters, "flat_parameters", 4)),
        rows=tuple(straight.rows(written_out.inputs[0], 8)),
        targets=tuple(straight.rows(written_out.inputs[1], 8)),
        straight=tuple(own),
        before=tuple(before),
        inside=tuple(inside),
        after=tuple(after),
        outputs=tuple(line for part in outputs for line in part),
        outputs_row=tuple(bracketed("        y.append(", forward.names(problem.output), ")", 8)),
    )
    return {"scalar": record, "loss": problem.loss.name}
