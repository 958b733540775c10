"""Published examples with numbers, through emitted modules.

Exact values were recomputed at 40 digits from each example's own formulas; the published digits stand beside them,
because several are rounded and some are wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

Module = Callable[..., ModuleType]
STYLES = ("vectorised", "scalar", "loops")
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def network(sizes: tuple[int, ...], activations: tuple[str, ...], **options: Any) -> dict[str, Any]:
    layers = [{"units": units, "activation": activation} for units, activation in zip(sizes[1:], activations, strict=True)]
    return {"name": "example", "inputs": sizes[0], "layers": layers, **options}


def linspace(first: float, last: float, *shape: int) -> np.ndarray:
    return np.linspace(first, last, int(np.prod(shape))).reshape(shape)


# ------------------------------------------------------------------------------ Mazur 2015, a step-by-step example
# mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example; rows of W are "to". His biases are never updated.

MAZUR = network((2, 2, 2), ("sigmoid", "sigmoid"), loss="half_squared_error", batch_reduction="sum")
MAZUR_X, MAZUR_T = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])


def mazur_start(example: ModuleType) -> Any:
    weights = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
    return example.Parameters(W1=weights[0], b1=np.array([0.35, 0.35]), W2=weights[1], b2=np.array([0.60, 0.60]))


@pytest.mark.parametrize("style", STYLES)
def test_mazur_forward_pass_and_gradients(module: Module, style: str) -> None:
    example = module(MAZUR, style=style)
    start = mazur_start(example)
    outputs = example.forward(start, MAZUR_X)
    np.testing.assert_allclose(outputs, [[0.75136506955231571, 0.77292846532146259]], **EXACT)  # .75136507 .772928465
    loss, gradients = example.loss_and_gradients(start, MAZUR_X, MAZUR_T)
    np.testing.assert_allclose(loss, 0.29837110876000269, **EXACT)  # .298371109
    output_delta = [0.13849856162855697, -0.038098236516556217]  # .138498562
    np.testing.assert_allclose(gradients.b2, output_delta, **EXACT)
    np.testing.assert_allclose(
        gradients.W2,
        [[0.082167040564230779, 0.082667627847533255], [-0.02260254047747506, -0.022740242215978211]],  # .082167041
        **EXACT,
    )
    np.testing.assert_allclose(gradients.b1, [0.0087713546894869345, 0.0099542547052172014], **EXACT)
    np.testing.assert_allclose(
        gradients.W1,
        [[0.00043856773447434673, 0.00087713546894869345], [0.00049771273526086007, 0.00099542547052172014]],  # .000438568
        **EXACT,
    )


def mazur_descent(example: ModuleType, steps: int, biases: bool) -> tuple[float, np.ndarray, Any]:
    workspace = example.Workspace(1)
    for own, value in zip(workspace.parameters, mazur_start(example), strict=True):
        own[...] = value
    for _ in range(steps):
        workspace.step(MAZUR_X, MAZUR_T)
        for name, own, gradient in zip(example.Parameters._fields, workspace.parameters, workspace.gradients, strict=True):
            if biases or name.startswith("W"):
                own -= 0.5 * gradient
    return workspace.step(MAZUR_X, MAZUR_T), np.array(workspace.forward(MAZUR_X)), workspace.parameters


def test_mazur_after_one_step(module: Module) -> None:
    loss, _, parameters = mazur_descent(module(MAZUR), 1, biases=False)
    # .14978072 .19956143 .24975114 .29950229 and .35891648 .408666186 .511301270 .561370121
    np.testing.assert_allclose(
        parameters.W1, [[0.14978071613276283, 0.19956143226552565], [0.24975114363236957, 0.29950228726473914]], **EXACT
    )
    np.testing.assert_allclose(
        parameters.W2, [[0.35891647971788461, 0.40866618607623337], [0.51130127023873753, 0.56137012110798911]], **EXACT
    )
    np.testing.assert_allclose(loss, 0.29102777369359935, **EXACT)
    assert abs(loss - 0.291027924) > 1e-7  # published, and wrong: W2 was updated before the hidden delta used it


def test_mazur_after_ten_thousand_steps(module: Module) -> None:
    loss, outputs, _ = mazur_descent(module(MAZUR), 10_000, biases=False)
    # The published .0000351085 is the error after 9999 steps, 3.5108548e-5.
    np.testing.assert_allclose(loss, 3.5101877829788459e-5, rtol=1e-10)
    np.testing.assert_allclose(outputs, [[0.015913620443550627, 0.98406427351462376]], rtol=1e-10)  # .015912196 .984065734


def test_mazur_with_biases_updated_is_another_descent(module: Module) -> None:
    loss, _, _ = mazur_descent(module(MAZUR), 10_000, biases=True)
    np.testing.assert_allclose(loss, 2.4475622359322854e-6, rtol=1e-10)


# --------------------------------------------------------------- Han & Kamber, Data Mining, Example 9.1 (appendix B)
# Their Err is minus our delta; the order of weights is (from, to); w += eta * Err * O.


@pytest.mark.parametrize("style", STYLES)
def test_han_and_kamber(module: Module, style: str) -> None:
    spec = network((3, 2, 1), ("sigmoid", "sigmoid"), loss="half_squared_error", batch_reduction="sum")
    example = module(spec, style=style)
    from_to = np.array([[0.2, -0.3], [0.4, 0.1], [-0.5, 0.2]]), np.array([[-0.3], [-0.2]])
    start = example.Parameters(W1=from_to[0].T, b1=np.array([-0.4, 0.2]), W2=from_to[1].T, b2=np.array([0.1]))
    x, t = np.array([[1.0, 0.0, 1.0]]), np.array([[1.0]])
    np.testing.assert_allclose(example.forward(start, x), [[0.47388889882398544]], **EXACT)  # .474
    _, gradients = example.loss_and_gradients(start, x, t)
    np.testing.assert_allclose(-gradients.b2, [0.13116907821434451], **EXACT)  # .1311, from a rounded output
    np.testing.assert_allclose(-gradients.b1, [-0.0087245619654332626, -0.0065420850641689934], **EXACT)  # -.0087 -.0065
    moved = example.Parameters(*(own - 0.9 * gradient for own, gradient in zip(start, gradients, strict=True)))
    np.testing.assert_allclose(moved.W2.T, [[-0.26082884634154525], [-0.1380250675070047]], **EXACT)  # -.261 -.138
    np.testing.assert_allclose(
        moved.W1.T,
        [
            [0.19214789423111006, -0.30588787655775209],
            [0.4, 0.1],
            [-0.50785210576888994, 0.19411212344224791],
        ],  # .192 -.306 .4 .1 -.508 .194
        **EXACT,
    )
    np.testing.assert_allclose(moved.b2, [0.21805217039291006], **EXACT)  # .218
    np.testing.assert_allclose(moved.b1, [-0.40785210576888994, 0.19411212344224791], **EXACT)  # -.408 .194


# --------------------------------------------------- CS231n 2023, two-layer network (cs231n.github.io, assignment 1)
# Row vectors there: W is (in, out).

CS231N_SUMS = {
    # reg: loss, then sum |dW1|, sum dW1^2, sum |dW2|, sum dW2^2, and the four corners
    0.0: (3.4702243555953902, 4.1042532036409649, 0.088779517819017856, 377.00145821424408, 668.37650350904304),  # 3.4702243556
    1.0: (26.594842695238582, 76.36865872519782, 34.078774340602698, 381.61873710972709, 686.85844816362964),  # 26.5948426952
}
CS231N_CORNERS = {
    0.0: (-0.029788241086633047, 0.022508581899553414, -1.9654326145116448, 2.7426504969136255),
    1.0: (-0.729788241086633, 0.3225085818995534, -2.2654326145116448, 3.1426504969136255),
}
CS231N_DB2 = (
    *(-0.32493934200141498, -0.3168769844528919, 0.032368402053387797, 0.063878905782080118),
    *(0.1264913779284599, -0.082003977506932162, 0.50108161819731123),
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("reg", CS231N_SUMS)
def test_cs231n_two_layer_network(module: Module, reg: float, style: str) -> None:
    n, d, h, c = 3, 5, 50, 7
    example = module(network((d, h, c), ("relu", "softmax"), loss="cross_entropy", l2=reg), style=style)
    parameters = example.Parameters(
        W1=linspace(-0.7, 0.3, d, h).T, b1=linspace(-0.1, 0.9, h), W2=linspace(-0.3, 0.4, h, c).T, b2=linspace(-0.9, 0.1, c)
    )
    x, labels = linspace(-5.5, 4.5, d, n).T, [0, 5, 1]
    loss, gradients = example.loss_and_gradients(parameters, x, np.eye(c)[labels])
    sums = [value for w in (gradients.W1, gradients.W2) for value in (np.abs(w).sum(), (w * w).sum())]
    np.testing.assert_allclose([loss, *sums], CS231N_SUMS[reg], **EXACT)
    corners = [gradients.W1[0, 0], gradients.W1[-1, -1], gradients.W2[0, 0], gradients.W2[-1, -1]]
    np.testing.assert_allclose(corners, CS231N_CORNERS[reg], **EXACT)
    np.testing.assert_allclose(gradients.b2, CS231N_DB2, **EXACT)
    np.testing.assert_allclose(np.abs(gradients.b1).sum(), 0.30506480075275347, **EXACT)


def test_cs231n_integer_labels_mean_the_same_as_one_hot_targets(module: Module) -> None:
    example = module(network((5, 4, 7), ("relu", "softmax"), loss="cross_entropy"))
    parameters, x, labels = example.initialise(3), linspace(-1.0, 1.0, 3, 5), np.array([0, 5, 1])
    loss, gradients = example.loss_and_gradients(parameters, x, labels)
    other_loss, others = example.loss_and_gradients(parameters, x, np.eye(7)[labels])
    np.testing.assert_allclose(loss, other_loss, rtol=1e-15)
    for gradient, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(gradient, other, rtol=1e-14, atol=1e-15)


# --------------------------------------------------------------- CS231n notes: the softmax figure, the sigmoid neuron


@pytest.mark.parametrize("style", STYLES)
def test_cs231n_softmax_figure(module: Module, style: str) -> None:
    example = module(network((4, 3), ("softmax",), loss="cross_entropy"), style=style)
    weights = np.array([[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0.0, -0.45, -0.2, 0.03]])
    parameters = example.Parameters(W1=weights, b1=np.array([0.0, 0.2, -0.3]))
    x, t = np.array([[-15.0, 22.0, -44.0, 56.0]]), np.array([[0.0, 0.0, 1.0]])
    probabilities = [0.015449315676073601, 0.63116335360470873, 0.35338733071921767]  # .016 (from rounded exps) .631 .353
    np.testing.assert_allclose(example.forward(parameters, x)[0], probabilities, **EXACT)
    loss, gradients = example.loss_and_gradients(parameters, x, t)
    np.testing.assert_allclose(loss, 1.0401905694301083, **EXACT)  # 1.04
    np.testing.assert_allclose(gradients.b1, [*probabilities[:2], -0.64661266928078233], **EXACT)


def neuron_gradients(
    module: Module, activation: str, w: list[float], x: list[float], b: float
) -> tuple[float, list[float], list[float], float]:
    """Output of one neuron and its derivatives: half the squared error has derivative 1 where the target is output - 1."""
    example = module(network((2, 1), (activation,), loss="half_squared_error"), input_gradient=True)
    parameters = example.Parameters(W1=np.array([w]), b1=np.array([b]))
    inputs = np.array([x])
    output = example.forward(parameters, inputs)
    _, gradients, dx = example.loss_gradients_and_dx(parameters, inputs, output - 1.0)
    return float(output[0, 0]), list(gradients.W1[0]), list(dx[0]), float(gradients.b1[0])


def test_cs231n_sigmoid_neuron(module: Module) -> None:
    output, dw, dx, db = neuron_gradients(module, "sigmoid", [2.0, -3.0], [-1.0, -2.0], -3.0)
    np.testing.assert_allclose(output, 0.73105857863000488, **EXACT)  # .73
    np.testing.assert_allclose(dw, [-0.19661193324148185, -0.39322386648296371], **EXACT)  # -.20 -.39
    np.testing.assert_allclose(dx, [0.39322386648296371, -0.58983579972444556], **EXACT)  # .39 -.59
    np.testing.assert_allclose(db, 0.19661193324148185, **EXACT)  # .20


def test_micrograd_tanh_neuron(module: Module) -> None:
    # Karpathy's lecture: o = .7071, gradients x1 = -1.5, w1 = 1.0, x2 = .5, w2 = 0.
    output, dw, dx, _ = neuron_gradients(module, "tanh", [-3.0, 1.0], [2.0, 0.0], 6.8813735870195432)
    np.testing.assert_allclose(output, 0.70710678118654761, **EXACT)
    np.testing.assert_allclose(dw, [1.0, 0.0], **EXACT)
    np.testing.assert_allclose(dx, [-1.5, 0.5], **EXACT)


# ------------------------------------------------------------- Nielsen, chapter 3: a neuron that learns slowly at first


@pytest.mark.parametrize(("weight", "bias", "exact"), [(0.6, 0.9, 0.09395569486364722), (2.0, 2.0, 0.20284842426777664)])  # .09 .20
def test_nielsen_single_neuron_after_300_epochs(module: Module, weight: float, bias: float, exact: float) -> None:
    example = module(network((1, 1), ("sigmoid",), loss="half_squared_error"))
    workspace = example.Workspace(1)
    workspace.parameters.W1[...], workspace.parameters.b1[...] = weight, bias
    x, t = np.ones((1, 1)), np.zeros((1, 1))
    for _ in range(300):
        workspace.step(x, t)
        for own, gradient in zip(workspace.parameters, workspace.gradients, strict=True):
            own -= 0.15 * gradient
    np.testing.assert_allclose(workspace.forward(x), [[exact]], **EXACT)
