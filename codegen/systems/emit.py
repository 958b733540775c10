"""From a system of equations and its sweep to the text of a module, with a certificate."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from codegen import certificate
from codegen.certificate import BOUNDS, CertificateError
from codegen.growth import largest_inputs
from codegen.header import labelled
from codegen.scalar.check import check_straight_line_of_system
from codegen.special.erf import erf_record
from codegen.systems import array_form, loop_form, scalar_form
from codegen.systems.fields import array_records, numbers_in
from codegen.systems.record import SystemRecord, reference_lines, sums_to_one
from codegen.systems.stages import Work, work_of
from codegen.systems.style import automatic
from codegen.targets.python_scalar import NOTHING
from codegen.targets.templates import render
from codegen.updates.data import OF_EQUATIONS
from codegen.updates.record import training_record
from derive.chain_rule import Sweep
from derive.errors import InputError
from derive.expressions import Tensor
from derive.network import Network, network
from derive.optimisers import Optimiser
from derive.results import results_of
from derive.specifications.equation_specification import EquationSpecification

MOST_CHECKED = 3000
"""Systems with more numbers in their arrays are checked with smaller axes, where they have a meaning with these."""
SIGNED = "np.asarray(random.uniform(-1, 1, shape))"
POSITIVE = "np.asarray(random.uniform(0.1, 0.9, shape))"
USAGE = """\
    parameters = initialise(seed=0)
    cost, gradients = loss_and_gradients(parameters, inputs)

In a loop, a workspace allocates everything once:

    workspace = Workspace()
    workspace.set_parameters(parameters)
    cost = workspace.step(inputs)
    for value, slope in zip(workspace.parameters, workspace.gradients):
        value -= 0.1 * slope
"""
STRAIGHT_LINE = """
The fastest way for few numbers is without arrays, on tuples of floats:

    flat = flatten(parameters)
    cost, slopes = straight_line(flat, [value.tolist() for value in inputs])
"""
TRAINING = """
To train, on the inputs of one pattern or of many (arrays with an axis of patterns in
front), and to go on later with the state:

    parameters, history, state = train(
        parameters, inputs, epochs=10, learning_rate=0.01, seed=0
    )
"""
NUMBERS = """
Indices count from 0. Numbers in comments, such as (8), are those of the lecture notes
of the same equations."""


@dataclass(frozen=True)
class Maker:
    """What a module says beside its equations."""

    network: Network
    style: str
    dtype: str
    version: str
    sample: str = SIGNED
    fingerprint: str = ""
    rule: Optimiser | None = None

    def module(self, work: Work, bare: bool = False) -> str:
        """The text of the module, not yet certified; a bare one has neither header nor comments."""
        return render("system/module.py.j2", module=self.record(work, bare))

    def record(self, work: Work, bare: bool) -> SystemRecord:
        """What the templates read."""
        rule = self.rule if self.style != "loops" or not bare else None
        training = training_record(rule, work.parameters if self.style == "scalar" else (), OF_EQUATIONS) if rule else None
        if self.style == "scalar":
            besides = training.numbers.needs if training and training.numbers else NOTHING
            own = scalar_form.passes_record(work, cite=not bare, besides=besides)
        else:
            own = (array_form if self.style == "vectorised" else loop_form).passes_record(work, cite=not bare)
        reference = reference_lines(work)
        specification = self.network.specification
        lines = [line for part in ("forward_lines", "loss_lines", "step_lines") for line in own.get(part, ())]
        called = own["scalar"].is_mathematical if self.style == "scalar" else any("math.erf(" in line for line in lines)
        values = tuple(formula.shown.tensor for stage in work.forward for formula in stage.formulas)
        return SystemRecord(
            name=self.network.name,
            title=f"{self.network.name}: equations and their gradients, derived by deltarule ({self.style}, {self.dtype}).",
            header="" if bare else self.header(work),
            imports=(*(["import math"] if called or training else []), "import sys", "from typing import NamedTuple"),
            dtype=self.dtype,
            spec_hash=specification.hash,
            parameters=array_records(work.system.parameters),
            inputs=array_records(work.system.inputs),
            values=array_records(values),
            size=numbers_in(work.parameters),
            loss=work.loss.name,
            input_gradient=bool(work.input_gradients),
            reference=reference,
            sample=self.sample,
            sums_to_one=sums_to_one(work),
            erf=erf_record(self.dtype) if any("erf(" in line and "math.erf(" not in line for line in lines) else {},
            erf_series=any("_erf_series(" in line for line in reference),
            tolerance=f"{BOUNDS[self.dtype]:.0e}".replace("e-0", "e-"),
            training=training,
            **own,
        )

    def header(self, work: Work) -> str:
        """Labelled facts, then how to use the module."""
        facts = (
            ("Equations", self.network.specification.architecture),
            ("Memory", f"{_numbers(work) * (8 if self.dtype == 'float64' else 4):,} bytes for all arrays"),
            ("Generator", f"deltarule {self.version}".rstrip()),
            ("Specification", f"sha256 {self.network.specification.hash}"),
            *([("Formulas", f"{self.fingerprint}, the fingerprint of the notes that have them")] if self.fingerprint else []),
            ("Certificate", self.certificate(work)),
        )
        ways = (STRAIGHT_LINE if self.style == "scalar" else "", TRAINING if self.rule else "")
        return labelled(facts, "".join((USAGE, *ways, NUMBERS)))

    def certificate(self, work: Work) -> str:
        """What is checked, in words."""
        scalar = self.style == "scalar"
        extra = [
            *(["straight_line against the loops"] if scalar else []),
            *(["four steps of train against the update as it stands"] if self.rule else []),
        ]
        return certificate.statement(self.dtype, scalar or _numbers(work) <= MOST_CHECKED, self.style == "vectorised", extra)


def emit_system(
    network: Network,
    sweep: Sweep,
    *,
    style: str,
    dtype: str,
    number: Callable[[Tensor], int] | None = None,
    version: str = "",
    fingerprint: str = "",
    rule: Optimiser | None = None,
) -> str:
    """The module of an equation file, certified; with a ``rule`` it can train. Raises CertificateError where a check fails."""
    work = work_for(sweep, number)
    style = automatic(work) if style == "auto" else style
    sample, loops = _sampled(network, work, dtype)
    maker = Maker(network, style, dtype, version, sample, fingerprint, rule)
    text = maker.module(work)
    certify(work, maker, text, loops)
    return text


@lru_cache(maxsize=4)  # a module and its judge compute the same
def work_for(sweep: Sweep, number: Callable[[Tensor], int] | None = None) -> Work:
    """What is computed, of a sweep."""
    return work_of(sweep.system, sweep.derivations, number)


def reference_module(network: Network, work: Work) -> Any:
    """The loop form of an equation file in float64, with which others are compared."""
    return _sampled(network, work, "float64")[1]


def certify(work: Work, maker: Maker, text: str, loops: Any = None) -> None:
    """Raise CertificateError unless ``text``, made from ``work``, passes every check of the certificate.

    ``loops`` is the loop form of ``work``, where there is one already.
    """
    tree = certificate.check_text(text)
    module = certificate.loaded(text)
    _check_arrays(module)
    small = work if maker.style == "scalar" or _numbers(work) <= MOST_CHECKED else _smaller(maker.network, bool(work.input_gradients))
    checked = module if small is work else certificate.loaded(maker.module(small, bare=True))
    certificate.check_selftest(checked)
    if maker.style == "vectorised":
        _check_allocation(tree, module)
        _check_agreement(checked, loops if loops and small is work else _loops(maker.network, small, maker.dtype, maker.sample))
    if maker.style == "scalar":
        loops = loops or _loops(maker.network, work, maker.dtype, maker.sample)
        _check_agreement(module, loops)
        _check_left_behind(module)
        check_straight_line_of_system(module, loops, float(largest_inputs(work.system, maker.dtype)))


def _smaller(model: Network, input_gradient: bool) -> Work:
    """The same equations with smaller axes; with those of the file where positions fit these only."""
    specification = model.specification
    assert isinstance(specification, EquationSpecification)
    for axes in ({letter: min(size, 2 + place % 4) for place, (letter, size) in enumerate(specification.axes)}, dict(specification.axes)):
        table = {
            "name": specification.name,
            "axes": axes,
            "inputs": list(specification.inputs),
            "parameters": list(specification.parameters),
            "equations": list(specification.equations),
            "initial": {name: _number(value) for name, value in specification.initial},
            "pad": {name: _number(value) for name, value in specification.pad},
            "assumptions": list(specification.assumptions),
            "loss": specification.loss,
        }
        try:
            found = results_of(network({key: value for key, value in table.items() if value}), input_gradient=input_gradient)
        except InputError:
            continue
        return work_of(found.batch_sweep.system, found.batch_sweep.derivations)
    raise CertificateError("the equations cannot be read again")


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)


def _loops(model: Network, work: Work, dtype: str, sample: str) -> Any:
    """The loop form, as a module."""
    return certificate.loaded(Maker(model, "loops", dtype, "", sample).module(work, bare=True))


@lru_cache(maxsize=4)
def _sampled(model: Network, work: Work, dtype: str) -> tuple[str, Any]:
    """How the selftest draws parameters: of both signs where the loss has a value there, else positive; and the loop form with it."""
    first = _loops(model, work, dtype, SIGNED)
    if _numbers(work) > MOST_CHECKED or _has_values(first):
        return SIGNED, first
    second = _loops(model, work, dtype, POSITIVE)
    return (POSITIVE, second) if _has_values(second) else (SIGNED, first)


def _has_values(module: Any) -> bool:
    """Whether the loss is finite at the points of the selftest."""
    with np.errstate(all="ignore"):
        try:
            return all(np.isfinite(module.loss(*module._random_point(seed))) for seed in (1, 2))
        except (ArithmeticError, ValueError):
            return False


def _numbers(work: Work) -> int:
    return numbers_in((*work.inputs, *work.parameters, *(formula.tensor for formula in work.formulas)))


def _check_arrays(module: Any) -> None:
    workspace = module.Workspace()
    passes = (workspace._forward, workspace._loss, workspace._step)
    certificate.check_precision(module, passes, (*workspace.parameters, *workspace.gradients))


def _check_allocation(tree: ast.Module, module: Any) -> None:
    certificate.check_growth(tree, _step(module))


def _check_left_behind(module: Any) -> None:
    certificate.check_left_behind(_step(module))


def _step(module: Any) -> Callable[[], Any]:
    """A step of a workspace."""
    parameters, inputs = module._random_point(1)
    workspace = module.Workspace()
    workspace.set_parameters(parameters)
    return lambda: workspace.step(inputs)


def _check_agreement(module: Any, loops: Any) -> None:
    bound = BOUNDS[np.dtype(module.DTYPE).name]
    for seed in (3, 4):
        parameters, inputs = module._random_point(seed)
        certificate.check_values(_named(module, parameters, inputs), _named(loops, parameters, inputs), bound)


def _named(module: Any, parameters: Any, inputs: Any) -> dict[str, Any]:
    cost, gradients = module.loss_and_gradients(parameters, inputs)
    values = module.forward(parameters, inputs)._asdict()
    found = {"loss": np.asarray(cost), **values, **{f"d{name}": gradient for name, gradient in gradients._asdict().items()}}
    if hasattr(module, "loss_gradients_and_dx"):
        slopes = module.loss_gradients_and_dx(parameters, inputs)[2]
        found.update({f"d{name}": slope for name, slope in slopes._asdict().items()})
    return found
