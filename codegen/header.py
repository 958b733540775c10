"""The docstring of an emitted module: what it is, what it costs, how it is used and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from codegen.cost import operations, parameter_bytes, workspace_bytes
from codegen.program import Program
from codegen.targets.module_record import WIDTH

LABEL = 16
USAGE = """\
    parameters = initialise(seed=0)
    y = forward(parameters, x)
    cost, gradients = loss_and_gradients(parameters, x, t)

For batches of one size in a loop, a workspace allocates everything once:

    workspace = Workspace(batch)
    workspace.set_parameters(parameters)
    cost = workspace.step(x, t)
    for value, slope in zip(workspace.parameters, workspace.gradients):
        value -= 0.1 * slope

Numbers in comments, such as (8), are those of the lecture notes of the same network."""


def header(facts: Sequence[tuple[str, str]], shapes: str) -> str:
    """Labelled facts, then how to use the module."""
    return labelled(facts, f"{shapes}:\n\n{USAGE}")


def labelled(facts: Sequence[tuple[str, str]], usage: str) -> str:
    """Labelled facts, then a text."""
    lines = [line for label, words in facts for line in _labelled(label, words)]
    return "\n".join([*lines, "", *usage.splitlines()])


def _labelled(label: str, words: str) -> list[str]:
    lines = [line for part in words.split("\n") for line in wrap(safe(part), WIDTH - LABEL) or [""]]
    return [f"{(label if place == 0 else '').ljust(LABEL)}{line}".rstrip() for place, line in enumerate(lines)]


def safe(words: str) -> str:
    """Text that can stand in a docstring."""
    return words.encode("ascii", "backslashreplace").decode().replace("\\", "/").replace('"', "'")


def work(program: Program) -> str:
    """The operations of a step in words."""
    amount = operations(program)
    return f"{amount.per_pattern:,} FLOPs per pattern and {amount.fixed:,} per step"


def memory(program: Program, itemsize: int) -> str:
    """The bytes of a workspace in words."""
    own = workspace_bytes(program, itemsize)
    return f"{parameter_bytes(program, itemsize):,} bytes for parameters and gradients, {own.per_pattern:,} per pattern of a batch"
