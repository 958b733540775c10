"""Stages as Python loops: the literal index form, recurrences in the order of their steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from codegen.systems.fields import array_lines, workspace_lines
from codegen.systems.names import free_letter, letters_beside
from codegen.systems.stages import NO_BATCH, Formula, Stage, Work
from codegen.targets.loops import lines_in_loops
from codegen.targets.module_record import Block, cited, shape_text
from codegen.targets.python_text import Source
from derive.expressions import Tensor
from derive.indices import Index


def passes_record(work: Work, cite: bool = True) -> Mapping[str, Any]:
    """The fields of a module record that depend on this style."""
    gradients = tuple(work.gradients.values())
    computed = [formula.tensor for formula in work.formulas if formula.tensor not in gradients]
    blocks = [block for block in (("inputs", work.inputs), ("values and derivatives", computed)) if block[1]]
    forward, loss, step = (tuple(stage_lines(work, stages, 8, cite)) for stages in (work.forward, work.valued, work.backward))
    lines = (line for line in (*forward, *loss, *step) if not line.lstrip().startswith("#"))
    used = frozenset(word for line in lines for word in re.findall(r"\w+", line))
    return {
        "unpacked": workspace_lines(work, {}, used),
        "arrays": array_lines(work),
        "setup": tuple(Block(title, tuple(map(_allocated, tensors))) for title, tensors in blocks),
        "given": tuple(f"        {tensor.name}[...] = inputs[{place}]" for place, tensor in enumerate(work.inputs)),
        "forward_lines": forward,
        "loss_lines": loss,
        "step_lines": step,
    }


def _allocated(tensor: Tensor) -> tuple[str, str]:
    return tensor.name, f"np.zeros({shape_text(tensor.axes, NO_BATCH)}, DTYPE)"


def given_lines(inputs: Sequence[Tensor]) -> list[str]:
    """``x, y = inputs``."""
    names = [tensor.name for tensor in inputs]
    return [f"{names[0]} = inputs[0]" if len(names) == 1 else f"{', '.join(names)} = inputs"] if names else []


def stage_lines(work: Work, stages: Sequence[Stage], indent: int, cite: bool = True, complex_numbers: bool = False) -> list[str]:
    """The lines of stages, one after the other."""
    lines: list[str] = []
    for stage in stages:
        if stage.step is None:
            for formula in stage.formulas:
                lines += formula_lines(work, formula, {}, indent, cite, complex_numbers)
            continue
        letter = stage.step.letter
        if letter in work.names:
            used = {node.letter for f in stage.formulas for node in f.left.positions if isinstance(node, Index)}
            letter = free_letter(letter, {*work.names, *used})
        lines.append(" " * indent + step_line(stage, letter))
        for formula in stage.formulas:
            lines += formula_lines(work, formula, {stage.step: letter}, indent + 4, cite, complex_numbers)
    return lines


def step_line(stage: Stage, letter: str) -> str:
    """``for t in range(5):``, or downwards."""
    assert stage.step is not None
    size = stage.step.axis.size
    return f"for {letter} in range({size}):" if stage.upwards else f"for {letter} in reversed(range({size})):"


def formula_lines(
    work: Work, formula: Formula, around: Mapping[Index, str], indent: int, cite: bool = True, complex_numbers: bool = False
) -> list[str]:
    """The loops of one formula, inside the loops ``around``."""
    letters = letters_beside(work.names, around, formula.left, formula.right)
    source = Source(NO_BATCH, letters, complex=complex_numbers, outside=work.outside, scalar_arrays=True)
    lines = list(cited(formula.number, formula.shown, indent)) if cite else []
    return lines + lines_in_loops(formula.left, formula.right, source, indent, tuple(around))
