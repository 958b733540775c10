"""What an emitted module says about itself, ready for templates: names, shapes, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from textwrap import wrap
from typing import Any

from codegen.problem import Numbered, Problem
from derive.equations import Equation
from derive.expressions import Tensor
from derive.indices import Axis
from derive.language.plain import plain_equation

WIDTH = 88
GLOROT, HE = "glorot", "he"
START_SENTENCES = {
    (): "Biases 0.",
    (GLOROT,): "Weights uniform after Glorot and Bengio 2010, biases 0.",
    (HE,): "Weights uniform after He et al. 2015, biases 0.",
    (GLOROT, HE): "Weights uniform, after He et al. 2015 or Glorot and Bengio 2010; biases 0.",
}


@dataclass(frozen=True)
class ParameterRecord:
    """One array of parameters: its shape, the bound of its uniform start (empty: zeros), and the part of a flat vector that it is."""

    name: str
    shape: str
    start: str
    part: str


@dataclass(frozen=True)
class Block:
    """Assignments under a title."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModuleRecord:
    """Everything that the templates of a module read."""

    name: str
    title: str
    header: str
    imports: tuple[str, ...]
    dtype: str
    spec_hash: str
    labels: bool
    targets_sum_to_one: bool
    inputs: int
    outputs: int
    parameters: tuple[ParameterRecord, ...]
    size: int
    start_sentence: str
    targets_sentence: str
    targets: str
    input_gradient: bool
    extra_results: tuple[tuple[str, str], ...]
    unpacked_parameters: tuple[str, ...]
    unpacked: tuple[str, ...]
    reference: tuple[str, ...]
    erf: Mapping[str, Any]
    erf_series: bool
    tolerance: str
    groups: int
    largest: str
    batches: tuple[int, ...] = (1, 3)
    setup: tuple[Block, ...] = ()
    forward_lines: tuple[str, ...] = ()
    loss_lines: tuple[str, ...] = ()
    step_lines: tuple[str, ...] = ()
    output: str = ""
    loss: str = ""
    scalar: Any = None
    training: Any = None


def size_text(axis: Axis, batch: Axis, patterns: str = "batch") -> str:
    """The size of an axis in source."""
    return patterns if axis == batch else str(axis.size)


def shape_text(axes: tuple[Axis, ...], batch: Axis, patterns: str = "batch") -> str:
    """The shape of an array in source."""
    parts = [size_text(axis, batch, patterns) for axis in axes]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def start_text(tensor: Tensor, distribution: str) -> str:
    """The bound of the uniform distribution that a matrix starts from (Glorot and Bengio 2010; He et al. 2015)."""
    if len(tensor.axes) < 2:
        return ""
    fan_out, fan_in = tensor.axes[0].size, tensor.axes[1].size
    return f"(6 / {fan_in}) ** 0.5" if distribution == HE else f"(6 / {fan_in + fan_out}) ** 0.5"


def parameter_records(
    problem: Problem, distributions: Mapping[str, str], stored: Mapping[Tensor, tuple[int, ...]]
) -> tuple[ParameterRecord, ...]:
    """The parameters in order, one after the other in a flat vector.

    Behind a matrix stored with its inputs first lies the bias of its layer: both together are one matrix with a row more.
    """
    records, start = [], 0
    for tensor in problem.parameters:
        order = stored.get(tensor, tuple(range(len(tensor.axes))))
        kept = tuple(tensor.axes[axis] for axis in order)
        end = start + prod(axis.size for axis in kept)
        turned = ".T" if order == (1, 0) else ""
        part = f"flat[{start}:{end}]" + (f".reshape{shape_text(kept, problem.batch)}{turned}" if len(kept) > 1 else "")
        shape = shape_text(tensor.axes, problem.batch)
        records.append(ParameterRecord(tensor.name, shape, start_text(tensor, distributions.get(tensor.name, GLOROT)), part))
        start = end
    return tuple(records)


def unpacked(names: Sequence[str], source: str, indent: int = 4) -> tuple[str, ...]:
    """``W1, b1 = parameters``, one name a line where they are many."""
    pad = " " * indent
    joined = ", ".join(names) + ("," if len(names) == 1 else "")
    if len(names) == 1:
        return (f"{pad}({names[0]},) = {source}",)
    line = f"{pad}{joined} = {source}"
    if len(line) <= WIDTH:
        return (line,)
    return (f"{pad}(", *(f"{pad}    {name}," for name in names), f"{pad}) = {source}")


@cache
def comment(numbered: Numbered, indent: int) -> tuple[str, ...]:
    """``# (8)  delta1[b,j] = ...``, continued on further lines where it is long."""
    if numbered.merged:
        whole = (*numbered.merged, replace(numbered, merged=()))
        return tuple(line for each in whole for line in comment(each, indent))
    return cited(numbered.number, numbered.equation, indent)


def cited(number: int, equation: Equation, indent: int) -> tuple[str, ...]:
    """An equation with its number, as a comment."""
    start = f"({number})".ljust(5)
    words = wrap(plain_equation(equation), WIDTH - indent - 2 - len(start), break_long_words=False, break_on_hyphens=False)
    pad = " " * indent
    return (f"{pad}# {start}{words[0]}", *(f"{pad}# {' ' * len(start)}{line}" for line in words[1:]))
