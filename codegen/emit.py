"""From a network and its sweep to the text of a module, with a certificate.

Styles, systems and training are imported where a module needs them: a command is over sooner than they are all imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from codegen import certificate
from codegen.certificate import BOUNDS, CertificateError
from codegen.decisions import PLAIN, Decisions, decide, in_words, optimised
from codegen.growth import largest_inputs
from codegen.header import STRAIGHT_LINE, TRAINING, header, memory, work
from codegen.layout import storage
from codegen.problem import Problem, literal, problem_of, resized
from codegen.program import Program
from codegen.quick import prepared
from codegen.special.erf import erf_record
from codegen.style import automatic
from codegen.targets import numpy_loops, numpy_vectorised
from codegen.targets.loops import loop_lines
from codegen.targets.module_record import GLOROT, START_SENTENCES, ModuleRecord, parameter_records, shape_text, unpacked
from codegen.targets.templates import render
from derive.chain_rule import Sweep
from derive.errors import InputError
from derive.expressions import ONE, Tensor, Total
from derive.network import Network
from derive.specifications.equation_specification import EquationSpecification
from derive.specifications.specification import Specification
from derive.traversal import tensors_of

if TYPE_CHECKING:
    from codegen.updates.record import TrainingRecord
    from derive.optimisers import Optimiser

STYLES = ("auto", "vectorised", "scalar", "loops")
DTYPES = ("float64", "float32")
MOST_CHECKED = 20_000
"""Networks with more parameters are checked against the loop form with smaller axes."""
MOST_GROUPS = 8
LARGEST_SELFTEST = 2_000_000
"""A selftest makes one complex step for each group of parameters, in fewer groups where a step takes long."""


def emit(
    network: Network,
    sweep: Sweep,
    *,
    style: str = "auto",
    dtype: str = "float64",
    batch: int | None = None,
    number: Callable[[Tensor], int] | None = None,
    version: str = "",
    decisions: Decisions | None = None,
    optimiser: str | None = None,
    fingerprint: str = "",
) -> str:
    """The module of a network, certified.

    ``sweep`` is the reverse sweep of the batch system; where it has the adjoint of x, the module has ``loss_gradients_and_dx``. ``batch``
    is how many patterns a step will see, where that is known: ``auto`` chooses by it, and the scalar style writes so many out. ``number``
    gives the number that comments cite for the equation of a tensor. ``decisions`` fix the form of the vectorised style, which otherwise
    follows from the sizes. ``optimiser`` names the update rule of ``train``, which is left out without one; ``fingerprint`` is that of the
    results, for the header. Raises CertificateError where
    a check fails.
    """
    rule = None if optimiser is None else _rule(optimiser)
    if isinstance(network.specification, EquationSpecification):
        if batch is not None:
            raise InputError(f"--batch: expected a network of layers, got equations: {network.name} has the sizes of its axes")
        from codegen.systems.emit import emit_system

        return emit_system(
            network,
            sweep,
            style=style,
            dtype=dtype,
            number=number,
            version=version,
            fingerprint=fingerprint,
            rule=rule,
        )
    problem = problem_for(network, sweep, number)
    chosen = automatic(problem, batch) if style == "auto" else style
    facts = Facts(network, chosen, dtype, version, batch, decisions, rule, fingerprint).decided(problem)
    text = facts.module(problem)
    certify(problem, facts, text)
    return text


@lru_cache(maxsize=4)  # a module and its judge compute the same
def problem_for(network: Network, sweep: Sweep, number: Callable[[Tensor], int] | None = None) -> Problem:
    """The equations to compute for a network of layers."""
    output = [equation.tensor for equation in network.batch.equations if equation.tensor.role == "output"][-1]
    return problem_of(network.batch, sweep.derivations, output, number)


@lru_cache(maxsize=4)
def loop_form(network: Network, problem: Problem, dtype: str) -> ModuleType:
    """The equations of a problem as loops, the module with which others are compared; made once."""
    return certificate.loaded(Facts(network, "loops", dtype, "").module(problem, bare=True))


def certify(problem: Problem, facts: Facts, text: str) -> None:
    """Raise CertificateError unless ``text``, made from ``problem``, passes every check of the certificate."""
    facts = facts.decided(problem)
    tree = certificate.check_text(text)
    module = certificate.loaded(tree)
    certificate.check_arrays(module)
    largest = float(largest_inputs(problem.system, facts.dtype))
    small = problem if facts.is_small(problem) else resized(problem, _small_sizes(problem))
    checked = module if small is problem else certificate.loaded(facts.module(small, bare=facts.style == "vectorised"))
    certificate.check_selftest(checked)
    if facts.style == "vectorised":
        certificate.check_allocation(tree, module)
        loops = loop_form(facts.network, small, facts.dtype)
        certificate.check_agreement(checked, loops, largest=min(50.0, largest))
    if facts.style == "scalar":
        from codegen.scalar.check import check_straight_line, check_workspace

        loops = loop_form(facts.network, problem, facts.dtype)
        certificate.check_agreement(module, loops, largest=min(50.0, largest))
        check_workspace(module, facts.patterns or 1)
        check_straight_line(module, loops, facts.patterns or 1, largest)


def _rule(name: str) -> Optimiser:
    from derive.optimisers import optimiser

    return optimiser(name)


def _training(rule: Optimiser, parameters: tuple[Tensor, ...]) -> TrainingRecord:
    from codegen.updates.record import training_record

    return training_record(rule, parameters)


def _small_sizes(problem: Problem) -> dict[Any, int]:
    """Small sizes for large ones, equal ones for equal ones: the module has the same form."""
    axes = [axis for axis in problem.system.axes if axis != problem.batch]
    places = {size: place for place, size in enumerate(dict.fromkeys(axis.size for axis in axes))}
    return {axis: min(axis.size, 2 + places[axis.size] % 4) for axis in axes}


class Facts:
    """What a module says beside its equations."""

    def __init__(
        self,
        network: Network,
        style: str,
        dtype: str,
        version: str,
        patterns: int | None = None,
        decisions: Decisions | None = None,
        rule: Optimiser | None = None,
        fingerprint: str = "",
    ) -> None:
        self.network, self.style, self.dtype, self.version, self.patterns = network, style, dtype, version, patterns
        self.decisions, self.rule, self.fingerprint = decisions, rule, fingerprint

    def decided(self, problem: Problem) -> Facts:
        """The same with decisions, those for the sizes of a problem where there are none yet."""
        if self.decisions is not None:
            return self
        itemsize = np.dtype(self.dtype).itemsize
        decisions = decide(prepared(problem), self.patterns, itemsize) if self.style == "vectorised" else PLAIN
        return Facts(self.network, self.style, self.dtype, self.version, self.patterns, decisions, self.rule, self.fingerprint)

    def is_small(self, problem: Problem) -> bool:
        sizes = (_size(tensor) for tensor in problem.parameters)
        return sum(sizes) <= MOST_CHECKED

    def starts(self) -> dict[str, str]:
        """The distribution that each matrix starts from, by name."""
        assert isinstance(self.network.specification, Specification)
        layers = self.network.specification.layers
        owners = {t.name: layers[(t.layer or 1) - 1].activation for t in self.network.batch.parameters}
        return {name: activation.initialisation if activation else GLOROT for name, activation in owners.items()}

    def module(self, problem: Problem, bare: bool = False) -> str:
        """The text of the module, not yet certified; a bare one has no header, and a bare one of loops no selftest."""
        return render("module/module.py.j2", module=self.record(problem, bare))

    def record(self, problem: Problem, bare: bool) -> ModuleRecord:
        """What the templates read."""
        decisions = self.decided(problem).decisions
        assert decisions is not None
        vectorised = self.style == "vectorised"
        merged = problem if bare and not vectorised else prepared(problem)
        program = None if bare and not vectorised else optimised(merged, decisions)
        with_training = self.rule if vectorised or not bare else None
        training = _training(with_training, problem.parameters if self.style == "scalar" else ()) if with_training else None
        if program and vectorised:
            own = numpy_vectorised.passes_record(merged, program, cite=not bare, plain=decisions.plain)
        elif self.style == "scalar":
            from codegen.targets import python_scalar

            besides = training.numbers.needs if training and training.numbers else python_scalar.NOTHING
            own = python_scalar.passes_record(problem, self.patterns or 1, cite=not bare, besides=besides)
        else:
            own = numpy_loops.passes_record(problem, cite=not bare)
        erf = program is not None and vectorised and any(statement.operation == "erf" for statement in program.statements)
        reference = tuple(_reference(problem)) if program else ("    cost = 0",)
        starts = self.starts()
        inputs, t = problem.inputs[0].axes[-1].size, problem.inputs[-1]
        labels = _sum_to_one(problem, t)
        extra = tuple((g.name, f"np.empty({shape_text(g.axes, problem.batch, 'self.batch')}, DTYPE)") for g in problem.input_gradients)
        names, words = [tensor.name for tensor in problem.parameters], _words(own)
        targets = f"t (batch, {t.axes[-1].size})" + (" or class labels (batch,)" if labels else "")
        return ModuleRecord(
            name=self.network.name,
            title=f"{self.network.name}: a network and its gradients, derived by deltarule ({self.style}, {self.dtype}).",
            header=self.header(problem, program, decisions, f"x is (batch, {inputs}), {targets}") if program and not bare else "",
            imports=tuple(_imports(own, training is not None)),
            dtype=self.dtype,
            spec_hash=self.network.specification.hash,
            labels=labels,
            targets_sum_to_one=labels,
            inputs=inputs,
            outputs=t.axes[-1].size,
            parameters=parameter_records(problem, starts, storage(problem) if vectorised else {}),
            size=sum(map(_size, problem.parameters)),
            start_sentence=START_SENTENCES[tuple(sorted({starts[p.name] for p in problem.parameters if len(p.axes) > 1}))],
            targets_sentence=targets,
            targets="t if t.ndim == 2 else self._targets(t)" if labels else "t",
            input_gradient=bool(extra),
            extra_results=extra,
            unpacked_parameters=unpacked(names, "parameters"),
            unpacked=(
                *unpacked(_used(names, words), "workspace.parameters"),
                *unpacked(_used([gradient.name for gradient in problem.gradients.values()], words), "workspace.gradients"),
                *(f"    {name} = workspace.{name}" for name, _ in extra),
            ),
            reference=reference,
            erf=erf_record(self.dtype) if erf else {},
            erf_series=any("_erf_series(" in line for line in reference),
            tolerance=f"{BOUNDS[self.dtype]:.0e}".replace("e-0", "e-"),
            groups=max(1, min(len(names), MOST_GROUPS, LARGEST_SELFTEST // sum(map(_size, problem.parameters)))),
            largest=f"{largest_inputs(problem.system, self.dtype):.0e}".replace("e+0", "e"),
            batches=tuple(sorted({1, 3, *([self.patterns] if self.style == "scalar" and self.patterns else [])})),
            training=training,
            **own,
        )

    def certified(self) -> tuple[str, ...]:
        """What is checked of some modules only."""
        straight = ("straight_line against the loops, inputs up to 1e4",) if self.style == "scalar" else ()
        return (*straight, *(("four steps of train against the update as it stands",) if self.rule else ()))

    def header(self, problem: Problem, program: Program, decisions: Decisions, shapes: str) -> str:
        specification = self.network.specification
        assert isinstance(specification, Specification)
        loss = f"{specification.loss}, {specification.batch_reduction} over the patterns of a batch"
        penalty = f", plus {float(specification.l2)!r}/2 times the sum of squared weights" if specification.l2 else ""
        return header(
            (
                ("Architecture", specification.architecture),
                ("Loss", loss + penalty),
                *([("Form", in_words(decisions))] if self.style == "vectorised" else []),
                ("Work", work(program)),
                ("Memory", memory(program, np.dtype(self.dtype).itemsize, problem.output if self.style == "scalar" else None)),
                ("Generator", f"deltarule {self.version}".rstrip()),
                ("Specification", f"sha256 {specification.hash}"),
                *([("Formulas", f"{self.fingerprint}, the fingerprint of the notes that have them")] if self.fingerprint else []),
                ("Certificate", certificate.statement(self.dtype, self.is_small(problem), extra=self.certified())),
            ),
            shapes,
            *([STRAIGHT_LINE] if self.style == "scalar" else []),
            *([TRAINING] if self.rule else []),
        )


def _size(tensor: Tensor) -> int:
    size = 1
    for axis in tensor.axes:
        size *= axis.size
    return size


def _words(own: Mapping[str, Any]) -> set[str]:
    """Every name that the passes use."""
    values = (value for block in own.get("setup", ()) for _, value in block.lines)
    lines = (
        line for part in ("forward_lines", "loss_lines", "step_lines") for line in own.get(part, ()) if not line.lstrip().startswith("#")
    )
    return set(re.findall(r"\w+", "\n".join((*values, *lines))))


def _used(names: Sequence[str], words: Set[str]) -> list[str]:
    """Names as the passes use them; one that they do not use begins with an underscore."""
    return [name if name in words else f"_{name}" for name in names]


def _imports(own: Mapping[str, Any], trained: bool) -> list[str]:
    lines = (line for part in ("forward_lines", "loss_lines", "step_lines") for line in own.get(part, ()))
    mathematical = trained or "scalar" in own or any("math.erf(" in line for line in lines)
    return [*(["import math"] if mathematical else []), "import sys", "from typing import NamedTuple"]


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


__all__ = ["DTYPES", "STYLES", "CertificateError", "emit", "optimised"]
