"""Systems with something of their own: names, guards, reads outside ranges, windows; each against NumPy or PyTorch written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.certificate import loaded
from codegen.emit import emit
from codegen.verify_module import verify_module
from derive.network import network
from derive.results import results_of
from tests.codegen.systems.test_equation_modules import ALL_STYLES, point

NAMED = {
    "name": "named",
    "axes": {"add": 3, "W": 2},
    "inputs": ["given_[add]", "one[W]", "step_[W]"],
    "parameters": ["multiply[add,W]", "total", "copyto[add]", "half[W]"],
    "equations": [
        "exp_value[add] = sigmoid(sum(W, multiply[add,W]*one[W]*half[W]) + copyto[add])",
        "add_reduce[add] = (exp_value[add] - given_[add])**2*total",
    ],
    "loss": "sum(add, add_reduce[add])/2 + sum(W, step_[W]*half[W]**3)",
}


@pytest.mark.parametrize("style", ALL_STYLES)
def test_names_of_a_user_do_not_meet_those_of_the_module(style: str) -> None:
    model = network(NAMED)
    results = results_of(model)
    text = emit(model, results.batch_sweep, style=style, number=results.number)
    assert verify_module(text, results).ok
    module = loaded(text)
    assert module.Parameters._fields == ("multiply", "total", "copyto", "half")
    assert module.Values._fields == ("exp_value", "add_reduce")


POTENTIAL = {
    "name": "potential",
    "axes": {"n": 4, "d": 2},
    "parameters": ["r[n,d]"],
    "loss": "sum(n, sum(m, [n < m]/sqrt(sum(d, (r[n,d] - r[m,d])**2))))",
}


@pytest.mark.parametrize("style", ALL_STYLES)
def test_what_a_guard_excludes_is_not_divided_by(style: str) -> None:
    model = network(POTENTIAL)
    results = results_of(model)
    module = loaded(emit(model, results.batch_sweep, style=style))
    (r,), inputs = point(module)
    with np.errstate(all="raise", under="ignore"):
        cost, (slope,) = module.loss_and_gradients(module.Parameters(r), inputs)
    distances = np.linalg.norm(r[:, None] - r[None], axis=-1)
    assert cost == pytest.approx((1 / distances[np.triu_indices(4, 1)]).sum())
    assert np.abs(slope.sum(0)).max() < 1e-10  # forces between pairs cancel


DEPTHWISE = {
    "name": "depthwise",
    "axes": {"c": 2, "h": 4, "u": 3},
    "inputs": ["x[c,h]"],
    "parameters": ["W[c,u]"],
    "equations": ["z[c,h] = sum(u, W[c,u]*x[c,h+u-1])"],
    "pad": {"x": 0},
    "loss": "sum(c, sum(h, z[c,h]**2))/2",
}


@pytest.mark.parametrize("style", ALL_STYLES)
def test_an_input_that_is_read_only_beyond_its_ranges_is_there(style: str) -> None:
    results = results_of(network(DEPTHWISE))
    module = loaded(emit(results.network, results.batch_sweep, style=style))
    (w,), (x,) = point(module)
    z = np.stack([np.convolve(x[c], w[c, ::-1], "same") for c in range(2)])
    assert module.loss(module.Parameters(w), module.Inputs(x)) == pytest.approx((z**2).sum() / 2)


DECAY = {
    "name": "decay",
    "axes": {"t": 4, "j": 2},
    "inputs": ["x[t,j]"],
    "parameters": ["w[j]", "s"],
    "equations": [
        "h[t,j] = tanh(w[j]*h[t-1,j] + s*h[t-2,j]) + x[t,j]",
        "g[t,j] = w[j]*g[t+1,j] + h[t,j]",
        "q[t,j] = cases(t < 1, s, log(h[t-1,j]**2 + 1))",
    ],
    "initial": {"h": 0.5, "g": 2},
    "loss": "sum(t, sum(j, g[t,j]**2 + q[t,j]))",
}


@pytest.mark.parametrize("style", ALL_STYLES)
def test_recurrences_run_both_ways_from_what_stands_outside(style: str) -> None:
    model = network(DECAY)
    results = results_of(model)
    module = loaded(emit(model, results.batch_sweep, style=style))
    (w, s), (x,) = point(module)
    h, g = {-1: 0.5 + 0 * w, -2: 0.5 + 0 * w}, {4: 2 + 0 * w}
    for t in range(4):
        h[t] = np.tanh(w * h[t - 1] + s * h[t - 2]) + x[t]
    for t in (3, 2, 1, 0):
        g[t] = w * g[t + 1] + h[t]
    q = [s + 0 * w, *(np.log(h[t - 1] ** 2 + 1) for t in (1, 2, 3))]
    assert module.loss(module.Parameters(w, s), module.Inputs(x)) == pytest.approx(sum((g[t] ** 2 + q[t]).sum() for t in range(4)))


SAME_NAMES = {
    "name": "same_names",
    "axes": {"i": 2, "j": 2},
    "inputs": ["a_1[j]"],
    "parameters": ["a[i,j]", "over", "a_1_0"],
    "equations": ["exp_[i] = tanh(sum(j, a[i,j]*a_1[j]) + over)/(1 + a_1_0**2)"],
    "loss": "sum(i, exp_[i]**2)*a_1_0",
}


def test_positions_of_different_tensors_have_different_names() -> None:
    results = results_of(network(SAME_NAMES))
    text = emit(results.network, results.batch_sweep, style="scalar", number=results.number)
    assert verify_module(text, results).ok
    assert loaded(text).Parameters._fields == ("a", "over", "a_1_0")


WINDOWS = {
    "name": "windows",
    "axes": {"b": 2, "c": 2, "m": 7, "n": 6, "f": 2, "u": 3, "v": 2, "p": 4, "q": 3},
    "inputs": ["y[b,f,p,q]"],
    "parameters": ["x[b,c,m,n]", "w[f,c,u,v]"],
    "equations": [
        "z[b,f,p,q] = sum(c, sum(u, sum(v, w[f,c,u,v]*x[b,c,2*p+u-1,2*q+v])))",
        "h[b,f] = max(p, q, z[b,f,p,q])",
    ],
    "pad": {"x": 0},
    "loss": "sum(b, sum(f, sum(p, sum(q, (z[b,f,p,q] - y[b,f,p,q])**2)) + h[b,f]))",
}


def test_strided_windows_in_two_directions_are_added_where_they_belong() -> None:
    torch = pytest.importorskip("torch")
    model = network(WINDOWS)
    results = results_of(model)
    text = emit(model, results.batch_sweep, style="vectorised")
    module = loaded(text)
    parameters, inputs = point(module)
    cost, gradients = module.loss_and_gradients(parameters, inputs)
    x, w = (torch.tensor(value, requires_grad=True) for value in parameters)
    z = torch.nn.functional.conv2d(torch.nn.functional.pad(x, (0, 0, 1, 1)), w, stride=2)
    loss = ((z - torch.tensor(inputs.y)) ** 2).sum() + z.amax((2, 3)).sum()
    loss.backward()
    assert cost == pytest.approx(float(loss), rel=1e-12)
    for own, other in zip(gradients, (x, w), strict=True):
        np.testing.assert_allclose(own, other.grad.numpy(), rtol=1e-10, atol=1e-10)
    assert text.count("        add(dx_places") == 3 * 2
