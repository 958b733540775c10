"""Stages as straight-line Python on floats: every position of every equation written out, recurrences step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

from codegen.scalar.build import of_work, scalar_program
from codegen.systems.fields import numbers_in
from codegen.systems.stages import Work
from codegen.targets.python_scalar import NOTHING, functions_needed, helpers_needed
from codegen.targets.python_scalar.functions import Function
from codegen.targets.python_scalar.lines import Needs, bracketed


@dataclass(frozen=True)
class Body:
    """The lines of a function of ``flat_parameters`` and ``inputs``: names for the parameters, names for the inputs, and the rest."""

    unpacked: tuple[str, ...]
    given: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ScalarLines:
    """The functions of a scalar module of equations: ``straight`` gives the loss and its gradients, ``with_inputs`` also those of inputs.

    ``compares`` says that a line chooses between two numbers; ``forward`` gives every value. There are ``count`` of these, and
    ``slope_count`` numbers in the inputs.
    """

    compares: bool
    functions: tuple[str, ...]
    helpers: tuple[tuple[str, ...], ...]
    straight: Body
    with_inputs: Body | None
    forward: Body
    count: int
    slope_count: int

    @property
    def is_mathematical(self) -> bool:
        """Whether something of Python's own library is needed."""
        bodies = (body.lines for body in (self.straight, self.with_inputs, self.forward) if body)
        return bool(self.functions) or any("math." in line for lines in (*bodies, *self.helpers) for line in lines)


def passes_record(work: Work, cite: bool = True, besides: Needs = NOTHING) -> Mapping[str, Any]:
    """The fields of a module record that depend on this style; ``besides`` is what the rest of the module needs.

    Raises InputError where there would be too many operations.
    """
    computation = of_work(work)
    program = scalar_program(computation)
    gradients = tuple(work.gradients[parameter] for parameter in work.parameters)
    straight = Function(computation, program, (work.loss,), gradients, cite)
    until_values = replace(computation, stages=work.forward)
    forward = Function(until_values, scalar_program(until_values), work.values)
    functions = [straight, forward]
    with_inputs = None
    if work.input_gradients:
        functions.append(Function(computation, program, (work.loss, *work.input_gradients), gradients))
        with_inputs = _body(work, functions[-1], lambda made: _returned_with_inputs(made, work))
    needs = reduce(or_, (function.needs for function in functions), besides)
    record = ScalarLines(
        compares=needs.compares,
        functions=functions_needed(needs),
        helpers=helpers_needed(needs),
        straight=_body(work, straight, lambda made: made.returned(work.loss), indent=8),
        with_inputs=with_inputs,
        forward=_body(work, forward, lambda made: bracketed("    return ", made.listed(work.values), "", 4)),
        count=numbers_in(work.values),
        slope_count=numbers_in(work.inputs),
    )
    return {"scalar": record}


def _body(work: Work, function: Function, returned: Callable[[Function], Sequence[str]], indent: int = 4) -> Body:
    """What ``returned`` says of a function comes last, when every value has its name; ``indent`` is that of the names for the inputs."""
    unpacked = function.unpacked(work.parameters, "flat_parameters", 4)
    given = function.nested(work.inputs, "inputs", indent)
    return Body(tuple(unpacked), tuple(given), (*function.body(), *returned(function)))


def _returned_with_inputs(function: Function, work: Work) -> list[str]:
    """``return cost, slopes, (dx_0_0, ...)``."""
    slopes = bracketed("    slopes = ", function.listed(function.slopes), "", 4)
    cost = function.names(work.loss)[0]
    return [*slopes, *bracketed(f"    return {cost}, slopes, ", function.listed(work.input_gradients), "", 4)]
