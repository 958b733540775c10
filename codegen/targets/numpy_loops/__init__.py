"""The literal index equations as Python loops: the readable reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codegen.problem import Numbered, Problem
from codegen.targets.loops import loop_lines
from codegen.targets.module_record import Block, comment, shape_text
from derive.expressions import Tensor
from derive.traversal import tensors_of


def passes_record(problem: Problem, cite: bool = True) -> Mapping[str, Any]:
    """The fields of a module record that depend on this target; ``cite`` puts each equation above its statements."""
    kept = {*problem.parameters, *problem.results}
    arrays = [n.tensor for n in problem.equations if n.tensor.axes and n.tensor not in kept]
    allocated = tuple((tensor.name, f"np.empty({shape_text(tensor.axes, problem.batch)}, DTYPE)") for tensor in arrays)
    for_output = _needed(problem, problem.output)
    for_loss = _needed(problem, problem.loss) - for_output
    forward = [n for n in problem.equations if n.tensor in for_output]
    valued = [n for n in problem.equations if n.tensor in for_loss]
    step = [n for n in problem.equations if n.tensor not in for_output | for_loss]
    return {
        "setup": (Block("values of the network", allocated),),
        "forward_lines": _lines(problem, forward, cite),
        "loss_lines": _lines(problem, valued, cite),
        "step_lines": _lines(problem, step, cite),
        "output": problem.output.name,
        "loss": problem.loss.name,
    }


def _needed(problem: Problem, result: Tensor) -> set[Tensor]:
    wanted = {result}
    for numbered in reversed(problem.equations):
        if numbered.tensor in wanted:
            wanted.update(tensors_of(numbered.computed))
    return {numbered.tensor for numbered in problem.equations if numbered.tensor in wanted}


def _lines(problem: Problem, equations: list[Numbered], cite: bool, indent: int = 8) -> tuple[str, ...]:
    lines: list[str] = []
    for numbered in equations:
        if cite:
            lines += comment(numbered, indent)
        lines += loop_lines(numbered.equation.left, numbered.computed, problem.batch, indent=indent)
    return tuple(lines)
