"""What a module of equations says about itself, ready for templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codegen.systems.fields import ArrayRecord
from codegen.systems.loop_form import given_lines, stage_lines
from codegen.systems.stages import NO_BATCH, Work
from codegen.targets.module_record import Block, shape_text
from derive.expressions import ONE, Entry, Total


@dataclass(frozen=True)
class SystemRecord:
    """Everything that the templates of a module of equations read."""

    name: str
    title: str
    header: str
    imports: tuple[str, ...]
    dtype: str
    spec_hash: str
    parameters: tuple[ArrayRecord, ...]
    inputs: tuple[ArrayRecord, ...]
    values: tuple[ArrayRecord, ...]
    size: int
    loss: str
    input_gradient: bool
    reference: tuple[str, ...]
    sample: str
    sums_to_one: tuple[tuple[int, int], ...]
    erf: Mapping[str, Any]
    erf_series: bool
    tolerance: str
    unpacked: tuple[str, ...] = ()
    setup: tuple[Block, ...] = ()
    given: tuple[str, ...] = ()
    forward_lines: tuple[str, ...] = ()
    loss_lines: tuple[str, ...] = ()
    step_lines: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    has_views: bool = False
    scalar: Any = None
    training: Any = None


def reference_lines(work: Work) -> tuple[str, ...]:
    """The literal forward equations as loops, in complex numbers."""
    parameters = [tensor.name for tensor in work.parameters]
    lines = [f"{parameters[0]} = parameters[0]" if len(parameters) == 1 else f"{', '.join(parameters)} = parameters"]
    lines = [f"    {line}" for line in (*lines, *given_lines(work.inputs))]
    for stage in work.literal:
        for formula in stage.formulas:
            lines.append(f"    {formula.tensor.name} = np.empty({shape_text(formula.tensor.axes, NO_BATCH)}, complex)")
        lines += stage_lines(work, [stage], 4, cite=False, complex_numbers=True)
    return tuple(lines)


def sums_to_one(work: Work) -> tuple[tuple[int, int], ...]:
    """The inputs that by assumption sum to one along an axis: their places and that axis."""
    found = []
    for fact in work.system.assumptions:
        left = fact.left
        if fact.right == ONE and isinstance(left, Total) and isinstance(left.body, Entry) and left.body.tensor in work.system.inputs:
            place = work.system.inputs.index(left.body.tensor)
            found.append((place, left.body.positions.index(left.index)))
    return tuple(found)
