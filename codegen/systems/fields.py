"""The named tuples of a module of equations: their fields, the lines that make them, and their places in flat vectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from codegen.systems.stages import NO_BATCH, Work
from codegen.targets.module_record import WIDTH, shape_text, unpacked
from derive.expressions import Tensor


@dataclass(frozen=True)
class ArrayRecord:
    """A field of a NamedTuple, its shape, and the part that it is of a vector of all fields."""

    name: str
    shape: str
    part: str


def array_records(tensors: Sequence[Tensor]) -> tuple[ArrayRecord, ...]:
    """Fields with the names that a user gave, one after the other in a vector."""
    records, start = [], 0
    for tensor in tensors:
        end = start + prod(axis.size for axis in tensor.axes)
        shape = shape_text(tensor.axes, NO_BATCH)
        part = f"flat[{start}:{end}]" + ("" if len(tensor.axes) == 1 else f".reshape({shape})" if not tensor.axes else f".reshape{shape}")
        records.append(ArrayRecord(tensor.name, shape, part))
        start = end
    return tuple(records)


def numbers_in(tensors: Sequence[Tensor]) -> int:
    """How many numbers tensors hold together."""
    return sum(prod(axis.size for axis in tensor.axes) for tensor in tensors)


def array_lines(work: Work) -> tuple[str, ...]:
    """``values = Values(...)``, and the derivatives with respect to inputs."""
    lines = _called("values", "Values", [tensor.name for tensor in work.values])
    if not work.input_gradients:
        return (*lines, "    input_gradients = None")
    return (*lines, *_called("input_gradients", "Inputs", [tensor.name for tensor in work.input_gradients]))


def _called(target: str, kind: str, names: Sequence[str]) -> list[str]:
    line = f"    {target} = {kind}({', '.join(names)})"
    return [line] if len(line) <= WIDTH else [f"    {target} = {kind}(", *(f"        {name}," for name in names), "    )"]


def workspace_lines(work: Work, names: Mapping[Tensor, str], used: Collection[str]) -> tuple[str, ...]:
    """``U, W = workspace.parameters`` and their gradients, by the ``names`` that they have there; one not ``used`` begins with _."""
    gradients = [work.gradients[parameter] for parameter in work.parameters]
    kinds = (("parameters", work.parameters), ("gradients", gradients))
    listed = ((kind, [names.get(tensor, tensor.name) for tensor in tensors]) for kind, tensors in kinds)
    named = ((kind, [name if name in used else f"_{name}" for name in own]) for kind, own in listed)
    return tuple(line for kind, own in named for line in unpacked(own, f"workspace.{kind}"))
