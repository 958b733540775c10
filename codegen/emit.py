"""From a network and its sweep to the text of a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from codegen.layout import storage
from codegen.lower import lower_problem
from codegen.passes import PASSES
from codegen.problem import Problem, literal, problem_of, summed_in_place
from codegen.program import Program
from codegen.special.erf import erf_record
from codegen.targets import numpy_loops, numpy_vectorised
from codegen.targets.loops import loop_lines
from codegen.targets.module_record import (
    GLOROT,
    START_SENTENCES,
    ModuleRecord,
    parameter_records,
    shape_text,
    unpacked,
)
from codegen.targets.templates import render
from derive.chain_rule import Sweep
from derive.expressions import ONE, Tensor, Total, tensors_of
from derive.network import Network

STYLES = ("vectorised", "loops")
DTYPES = ("float64", "float32")


def emit(
    network: Network,
    sweep: Sweep,
    *,
    style: str = "vectorised",
    dtype: str = "float64",
    number: Callable[[Tensor], int] | None = None,
    version: str = "",
) -> str:
    """The module of a network: ``sweep`` is the reverse sweep of its batch system; with the adjoint of x, also ``loss_gradients_and_dx``."""
    output = [equation.tensor for equation in network.batch.equations if equation.tensor.role == "output"][-1]
    problem = problem_of(network.batch, sweep.derivations, output, number)
    record = _record(network, problem, style, dtype, version)
    return render("module/module.py.j2", module=record)


def optimised(problem: Problem) -> Program:
    """Lowered and through every pass."""
    program = lower_problem(problem, storage(problem))
    for step in PASSES:
        program = step(program)
    return program


def distributions_of(network: Network) -> dict[str, str]:
    """The distribution that each matrix starts from, by name."""
    found = {}
    for tensor in network.batch.parameters:
        layer = network.specification.layers[(tensor.layer or 1) - 1]
        found[tensor.name] = layer.activation.initialisation if layer.activation else GLOROT
    return found


def _record(network: Network, problem: Problem, style: str, dtype: str, version: str) -> ModuleRecord:
    stored = storage(problem) if style == "vectorised" else {}
    own = _vectorised(problem, dtype) if style == "vectorised" else {**numpy_loops.passes_record(problem), "erf": {}}
    x, t = problem.inputs
    labels = _sum_to_one(problem, t)
    starts = distributions_of(network)
    names = [tensor.name for tensor in problem.parameters]
    extra = tuple((g.name, f"np.empty({shape_text(g.axes, problem.batch, 'self.batch')}, DTYPE)") for g in problem.input_gradients)
    used = tuple(sorted({starts.get(tensor.name, GLOROT) for tensor in problem.parameters if len(tensor.axes) > 1}))
    loss_name = network.specification.loss
    reference = tuple(_reference(problem))
    imports = ["import math"] if any("math." in line for name in ("forward", "loss", "step") for line in own[f"{name}_lines"]) else []
    common: dict[str, Any] = {
        "name": network.name,
        "title": f"{network.name}: {network.specification.architecture}, {loss_name}, {network.specification.batch_reduction}; {dtype}.",
        "header": "TODO",
        "imports": (*imports, "import sys", "from typing import NamedTuple"),
        "dtype": dtype,
        "spec_hash": network.specification.hash,
        "labels": labels,
        "targets_sum_to_one": labels,
        "inputs": x.axes[-1].size,
        "outputs": t.axes[-1].size,
        "parameters": parameter_records(problem, starts, stored),
        "start_sentence": START_SENTENCES[used],
        "targets_sentence": f"t (batch, {t.axes[-1].size})" + (" or labels (batch,)" if labels else ""),
        "targets": "t if t.ndim == 2 else self._targets(t)" if labels else "t",
        "input_gradient": bool(extra),
        "extra_results": extra,
        "extra_arguments": "".join(f", {name}: np.ndarray" for name, _ in extra),
        "passes_arguments": ", ".join(["self.batch", "self.parameters", "self.gradients", *(f"self.{name}" for name, _ in extra)]),
        "unpacked_parameters": unpacked(names, "parameters"),
        "unpacked_gradients": unpacked([gradient.name for gradient in problem.gradients.values()], "gradients"),
        "reference": reference,
        "erf_series": any("_erf_series(" in line for line in reference),
        "tolerance": "1e-12" if dtype == "float64" else "1e-4",
    }
    return ModuleRecord(**common, **own)


def _vectorised(problem: Problem, dtype: str) -> Mapping[str, Any]:
    merged = summed_in_place(problem)
    program = optimised(merged)
    erf = any(statement.operation == "erf" for statement in program.statements)
    return {**numpy_vectorised.passes_record(merged, program), "erf": erf_record(dtype) if erf else {}}


def _sum_to_one(problem: Problem, t: Tensor) -> bool:
    """Whether the targets of a pattern sum to one by assumption: then a class label can stand for them."""
    return any(a.right == ONE and isinstance(a.left, Total) and tensors_of(a.left.body) == (t,) for a in problem.system.assumptions)


def _reference(problem: Problem) -> list[str]:
    """The literal forward equations as loops, in complex numbers."""
    lines: list[str] = []
    for numbered in literal(problem):
        if numbered.tensor.axes:
            lines.append(f"    {numbered.tensor.name} = np.empty({shape_text(numbered.tensor.axes, problem.batch)}, complex)")
        lines += loop_lines(numbered.equation.left, numbered.computed, problem.batch, complex_numbers=True, indent=4)
    return lines
