"""A network: the equations of one pattern, and of a batch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sympy import Basic, Rational

from derive.equations import Equation, System
from derive.errors import InputError, quoted
from derive.expressions import Entry, Expression, Number, Power, Size, Tensor, Total, plus, product, total
from derive.functions.losses import loss as named_loss
from derive.indices import Axis, Index
from derive.layers import Layer, layer_types
from derive.specifications.equation_specification import EquationSpecification
from derive.specifications.names import check_module_name
from derive.specifications.read_equations import DEFAULT_NAME, is_equation_table, read_equations
from derive.specifications.read_specification import Source, read_rows, specification_of
from derive.specifications.specification import INPUT, NO_PENALTY, Specification
from derive.traversal import rebuild, tensors_of

BATCH = "batch"
"""The name of the axis of patterns."""


@dataclass(frozen=True)
class Network:
    """A specification with its equations: ``pattern`` for one training example, ``batch`` with the axis of patterns first.

    Equations from a file speak for themselves: there ``batch`` is ``pattern``.
    """

    name: str
    specification: Specification | EquationSpecification
    pattern: System
    batch: System


def network(spec: Source, *, loss: str | None = None, batch_reduction: str | None = None) -> Network:
    """The network that a one-line text, a path to a TOML file or a table describes: layers, or equations.

    Raises InputError, one clear line, for anything that cannot be built.
    """
    where, rows = read_rows(spec)
    if is_equation_table(rows):
        for key, given in (("loss", loss), ("batch_reduction", batch_reduction)):
            if given is not None:
                raise InputError(f"{where}{key} {quoted(given)} is for layers; equations state their own loss")
        equations, system = read_equations(rows, where, _stem(spec))
        return Network(equations.name, equations, system, system)
    specification = specification_of(where, rows, loss=loss, batch_reduction=batch_reduction)
    pattern = pattern_system(specification)
    if not pattern.parameters:
        raise InputError(f"{where}no layer has parameters: there is nothing to differentiate by")
    return Network(specification.name, specification, pattern, batched(pattern, specification.batch_reduction, specification.l2))


def _stem(spec: Source) -> str:
    """The name of a file without its ending, where a system may bear it."""
    try:
        return DEFAULT_NAME if isinstance(spec, Mapping) else check_module_name(Path(os.fspath(spec)).stem)
    except InputError:
        return DEFAULT_NAME


def pattern_system(specification: Specification) -> System:
    """The forward equations of one pattern; the last one is its loss."""
    axes = unit_axes(specification)
    x = Tensor("x", (axes[INPUT],), "input", 0)
    outputs = {INPUT: x}
    owners: dict[str, tuple[int, int]] = {}
    parameters: dict[Tensor, None] = {}
    equations: list[Equation] = []
    for number, entry in enumerate(specification.layers, 1):
        sources = tuple(outputs[name] for name in entry.inputs)
        owner, parameter_number = owners[entry.share] if entry.share else (number, len(owners) + 1)
        layer = Layer(number, owner, parameter_number, sources, axes[entry.name], entry.activation, entry.bias)
        written = layer_types()[entry.type].forward(layer)
        own = [t for equation in written for t in tensors_of(equation.right) if t.role in ("weight", "bias")]
        if own and not entry.share:
            owners[entry.name] = (owner, parameter_number)
        parameters.update(dict.fromkeys(own))
        equations += written
        outputs[entry.name] = written[-1].tensor
    output = equations[-1].tensor
    t = Tensor("t", output.axes, "target", output.layer)
    chosen = named_loss(specification.loss)
    equations.append(Equation(Entry(Tensor("loss", (), "loss")), chosen.at(output, t)))
    return System(specification.name, (x, t), tuple(parameters), tuple(equations), chosen.assumptions(output, t))


def unit_axes(specification: Specification) -> dict[str, Axis]:
    """The axis along which each layer's output runs.

    Each dense layer has its own, however wide others are; what is added, multiplied or read by shared weights runs along one.
    An axis is named after the first layer that runs along it: ``n0`` for the inputs, ``n1``, ...
    """
    first = {INPUT: INPUT}

    def root(name: str) -> str:
        while first[name] != name:
            name = first[name]
        return name

    numbers = {INPUT: 0, **{layer.name: number for number, layer in enumerate(specification.layers, 1)}}
    widths = {INPUT: specification.inputs, **{layer.name: layer.units for layer in specification.layers}}
    layers = {layer.name: layer for layer in specification.layers}
    for name, layer in layers.items():
        first[name] = name
        tied = [(name, source) for source in layer.inputs] if layer_types()[layer.type].along_sources else []
        if layer.share:
            tied = [(name, layer.share), *zip(layer.inputs, layers[layer.share].inputs, strict=True)]
        for one, other in tied:
            lower, upper = sorted((root(one), root(other)), key=numbers.__getitem__)
            first[upper] = lower
    return {name: Axis(f"n{numbers[root(name)]}", width) for name, width in widths.items()}


def batched(system: System, reduction: str = "mean", l2: Rational = NO_PENALTY, patterns: int = 1) -> System:
    """The same equations for many patterns: whatever depends on an input has the axis of patterns first.

    The cost is the mean or the sum of the losses, plus ``l2/2`` times the sum of all squared weights.
    """
    batch = Axis(BATCH, patterns)
    wider = {tensor: _widened(tensor, batch) for tensor in system.inputs}
    equations = []
    for equation in system.equations:
        if any(tensor in wider for tensor in tensors_of(equation.right)):
            wider[equation.tensor] = _widened(equation.tensor, batch)
        equations.append(_along(equation, wider, Index("b", batch)))
    assumptions = tuple(_along(equation, wider, Index("b", batch)) for equation in system.assumptions)
    b = Index("b", batch)
    losses = Total(b, Entry(wider[system.loss], b))
    reduced = losses if reduction == "sum" else product(Power(Size(batch), Number(-1)), losses)
    penalties = tuple(_penalty(tensor, l2) for tensor in system.parameters if tensor.role == "weight") if l2 else ()
    cost = Equation(Entry(Tensor("cost", (), "total_loss")), plus(reduced, *penalties))
    inputs = tuple(wider[tensor] for tensor in system.inputs)
    return System(system.name, inputs, system.parameters, (*equations, cost), assumptions)


def _widened(tensor: Tensor, batch: Axis) -> Tensor:
    return Tensor(tensor.name, (batch, *tensor.axes), tensor.role, tensor.layer, tensor.of)


def _along(equation: Equation, wider: dict[Tensor, Tensor], b: Index) -> Equation:
    """``equation`` at pattern ``b``."""

    def at_pattern(part: Basic) -> Basic:
        if isinstance(part, Entry):
            return Entry(wider[part.tensor], b, *part.positions) if part.tensor in wider else part
        return rebuild(part, at_pattern)

    return Equation(at_pattern(equation.left), at_pattern(equation.right))


def _penalty(weight: Tensor, l2: Rational) -> Expression:
    """``l2/2`` times the sum of the squares of one array of weights."""
    indices = tuple(Index(letter, axis) for letter, axis in zip("jp", weight.axes, strict=False))
    return product(Number(l2 / 2), total(indices, Power(Entry(weight, *indices), Number(2))))
