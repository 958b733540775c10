"""The engine on systems of equations that nobody prepared it for: every line, every gradient, and the textbook forms."""

from __future__ import annotations

import time
from functools import cache

import autograd
import numpy as np
import pytest

from derive.calculus.canonical import canonical
from derive.chain_rule import Sweep, adjoint, reverse_sweep
from derive.equations import System
from derive.expressions import Tensor
from derive.functions.scalar import FUNCTIONS
from derive.language.grammar import Source, read_formula
from derive.language.scope import Reader, Scope
from derive.verification.lines import evaluate_derivation, lines_of
from derive.verification.points import Point, draw
from derive.verification.valuation import Valuation
from tests.derive import forwards, systems

EVERY = pytest.mark.parametrize("system", systems.EVERY, ids=lambda system: system.name)


@cache
def swept(system: System) -> tuple[Sweep, Point]:
    return reverse_sweep(system), draw(system)


def array(tensor: Tensor, valuation: Valuation) -> np.ndarray:
    values = valuation.array(tensor)
    shape = [valuation.size(axis) for axis in tensor.axes]
    return np.array([float(number) for number in values.values()]).reshape(shape)


def gradients(sweep: Sweep, point: Point) -> dict[str, np.ndarray]:
    """The derived gradients by the name of what they belong to, computed one from the other as code would."""
    system, old = sweep.system, point.valuation
    backward = Valuation(system, old.sizes, old.digits, backward=tuple(found.equation for found in sweep.derivations))
    for given in (*system.inputs, *system.parameters):
        backward.give(given, list(old.array(given).values()))
    backward.run()
    return {found.left.tensor.of.name: array(found.left.tensor, backward) for found in sweep.derivations if found.left.tensor.of}


@EVERY
def test_every_line_has_the_value_of_the_derivative_that_it_stands_for(system: System) -> None:
    sweep, point = swept(system)
    for derivation in sweep.derivations:
        for line, outcome in zip(lines_of(derivation), evaluate_derivation(derivation, point, 6), strict=True):
            assert outcome.ok, f"{derivation.left} line {line.label}: {outcome.fault}"


@EVERY
def test_gradients_agree_with_autograd(system: System) -> None:
    sweep, point = swept(system)
    forward = getattr(forwards, system.name)
    given = {tensor.name: array(tensor, point.valuation) for tensor in (*system.inputs, *system.parameters)}
    assert forward(**given) == pytest.approx(float(point.valuation.array(system.loss)[()]), rel=1e-12)
    found = gradients(sweep, point)
    for parameter in system.parameters:
        others = {name: values for name, values in given.items() if name != parameter.name}
        expected = autograd.grad(lambda values, p=parameter.name, rest=others: forward(**{p: values}, **rest))(given[parameter.name])
        np.testing.assert_allclose(found[parameter.name], expected, rtol=1e-10, atol=1e-12, err_msg=parameter.name)


TEXTBOOK = [
    # Softmax with any loss, row by row, also behind a mask: P (dP - rowsum(dP P)).
    ("attention", "dS", "P[t,s]*(dP[t,s] - sum(r, dP[t,r]*P[t,r]))"),
    ("attention_in_one_line", "dS", "P[t,s]*(dP[t,s] - sum(r, dP[t,r]*P[t,r]))"),
    ("mixture", "ds", "g[b,n]*(dg[b,n] - sum(r, dg[b,r]*g[b,r]))"),
    ("mixture", "dg", "[n = 0]*sum(j, do[b,j]*f[b,j]) + [n = 1]*sum(j, do[b,j]*h[b,j])"),
    # Scaled scores: dQ = dS K / sqrt(d), dK = dS^T Q / sqrt(d), dV = P^T dO.
    ("attention", "dQ", "sum(s, dS[t,s]*K[s,d])/sqrt(size(d))"),
    ("attention", "dK", "sum(t, dS[t,s]*Q[t,d])/sqrt(size(d))"),
    ("attention", "dV", "sum(t, P[t,s]*dO[t,e])"),
    # The three terms of layer norm and of batch norm: ((dn - mean(dn) - n mean(dn n)) / s.
    ("layer_norm", "du", "(dn[b,j] - sum(r, dn[b,r])/size(j) - n[b,j]*sum(r, dn[b,r]*n[b,r])/size(j))/s[b]"),
    ("batch_norm", "du", "(dn[b,j] - sum(r, dn[r,j])/size(b) - n[b,j]*sum(r, dn[r,j]*n[r,j])/size(b))/sqrt(v[j] + 1/100000)"),
    # Backpropagation through time, with the base case at the last step.
    ("rnn", "dh", "[t+1 < size(t)]*sum(r, dh[t+1,r]*(1 - h[t+1,r]**2)*U[r,j]) + h[t,j] - y[t,j]"),
    ("rnn_with_pre_activation", "dz", "dh[t,j]*(1 - h[t,j]**2)"),
    ("lstm", "dc", "[t+1 < size(t)]*dc[t+1,j]*f[t+1,j] + dh[t,j]*o[t,j]*(1 - tanh(c[t,j])**2)"),
    ("lstm", "dbi", "sum(t, di[t,j]*i[t,j]*(1 - i[t,j]))"),
    ("lstm", "dbg", "sum(t, dg[t,j]*(1 - g[t,j]**2))"),
    # Convolutions: a correlation with the flipped kernel, or a guarded gather where there is a stride.
    ("convolution_input", "dx", "sum(u, [0 <= s+1-u, s+1-u < size(s)]*dz[s+1-u]*w[u])"),
    ("convolution_1d", "dx", "sum(d, sum(o, dz[d,o]*[0 <= s+1-2*o, s+1-2*o < size(u)]*w[d,c,s+1-2*o]))"),
    ("convolution_1d", "dw", "sum(o, dz[d,o]*x[c,2*o+u-1])"),
    # The largest value takes the whole adjoint; several that are equal share it.
    ("max_pooling", "dz", "sum(o, dm[c,o]*[0 <= s-2*o, s-2*o < size(u)]*[z[c,s] = m[c,o]]/sum(u, [z[c,2*o+u] = m[c,o]]))"),
    ("concatenation", "da", "du[p+0]"),
    ("concatenation", "db", "du[q+2]"),
    ("tied_weights", "dW", "sum(b, dh[b,j]*h[b,j]*(1 - h[b,j])*x[b,i]) + sum(b, dr[b,i]*h[b,j])"),
    ("log_sum_exp", "dz", "exp(z[b,j])/sum(r, exp(z[b,r])) - y[b,j]"),
]


@pytest.mark.parametrize(("name", "left", "text"), TEXTBOOK)
def test_textbook_forms_are_reached(name: str, left: str, text: str) -> None:
    system = next(one for one in systems.EVERY if one.name == name)
    sweep, _ = swept(system)
    found = next(derivation for derivation in sweep.derivations if derivation.left.tensor.name == left)
    own = (*system.inputs, *system.parameters, *system.definitions)
    indices = {index.axis.name: index for index in found.left.positions}
    scope = Scope({t.name: t for t in (*own, *map(adjoint, own))}, indices, {axis.name: axis for axis in system.axes}, {}, FUNCTIONS)
    expected = Reader(Source(text)).expression(read_formula(Source(text)), scope)
    assert canonical(found.result) == canonical(expected), f"{found.result}"


def test_long_sweeps_take_no_time() -> None:
    for name in ("lstm", "attention", "layer_norm"):
        system = next(one for one in systems.EVERY if one.name == name)
        began = time.process_time()
        reverse_sweep(system)
        assert time.process_time() - began < 1
