"""The docstring of an emitted module: what it is, what it costs, how it is used and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from codegen.cost import operations, parameter_bytes, workspace_bytes
from codegen.program import Program
from codegen.targets.module_record import WIDTH
from derive.expressions import Tensor

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
"""
STRAIGHT_LINE = """
The fastest way for few numbers is without arrays, on tuples of floats:

    flat = flatten(parameters)
    cost, slopes = straight_line(flat, x.tolist(), t.tolist())
"""
TRAINING = """
To train, and to go on later with the state:

    parameters, history, state = train(
        parameters, x, t, epochs=10, batch=32, learning_rate=0.01, seed=0
    )
"""
NUMBERS = """
A NaN in parameters, x or t makes the loss NaN. Numbers in comments, such as (8), are
those of the lecture notes of the same network."""


def header(facts: Sequence[tuple[str, str]], shapes: str, *ways: str) -> str:
    """Labelled facts, then how to use the module: ``ways`` that only some modules have."""
    return labelled(facts, "".join([f"{shapes}:\n\n{USAGE}", *ways, NUMBERS]))


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


def memory(program: Program, itemsize: int, alone: Tensor | None = None) -> str:
    """The bytes of a workspace in words; of what depends on the batch, the tensor ``alone`` is all there is."""
    own = workspace_bytes(program, itemsize).per_pattern if alone is None else itemsize * alone.axes[-1].size
    return f"{parameter_bytes(program, itemsize):,} bytes for parameters and gradients, {own:,} per pattern of a batch"
