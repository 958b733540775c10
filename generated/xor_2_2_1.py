"""xor_2_2_1: a network and its gradients, derived by deltarule (scalar, float64).

Architecture    2-2:sigmoid-1:sigmoid
Loss            half_squared_error, mean over the patterns of a batch
Work            62 FLOPs per pattern and 1 per step
Memory          144 bytes for parameters and gradients, 8 per pattern of a batch
Generator       deltarule 0.1.0
Specification   sha256 400ec9acafff5eefcf8aa48ae2e3001a33e6751aa85914793aa502c374563195
Formulas        b497779a02de0a4a, the fingerprint of the notes that have them
Certificate     checked when written, and by --selftest:
                loss and gradients against the equations as loops < 1e-12
                gradients against complex steps < 1e-12
                straight_line against the loops, inputs up to 1e4 < 1e-12
                four steps of train against the update as it stands < 1e-12
                every array float64; a step allocates < 1 KiB

x is (batch, 2), t (batch, 1):

    parameters = initialise(seed=0)
    y = forward(parameters, x)
    cost, gradients = loss_and_gradients(parameters, x, t)

For batches of one size in a loop, a workspace allocates everything once:

    workspace = Workspace(batch)
    workspace.set_parameters(parameters)
    cost = workspace.step(x, t)
    for value, slope in zip(workspace.parameters, workspace.gradients):
        value -= 0.1 * slope

The fastest way for few numbers is without arrays, on tuples of floats:

    flat = flatten(parameters)
    cost, slopes = straight_line(flat, x.tolist(), t.tolist())

To train, and to go on later with the state:

    parameters, history, state = train(
        parameters, x, t, epochs=10, batch=32, learning_rate=0.01, seed=0
    )

A NaN in parameters, x or t makes the loss NaN. Numbers in comments, such as (8), are
those of the lecture notes of the same network.
"""

# SPDX-License-Identifier: 0BSD
# ruff: noqa: FURB136  (of two numbers, a comparison finds the larger faster than a call)

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None

tanh = math.tanh
DTYPE = np.float64
SPEC_HASH = "400ec9acafff5eefcf8aa48ae2e3001a33e6751aa85914793aa502c374563195"


class Parameters(NamedTuple):
    """What the network learns; gradients have the same names."""

    W1: np.ndarray  # (2, 2)
    b1: np.ndarray  # (2,)
    W2: np.ndarray  # (1, 2)
    b2: np.ndarray  # (1,)


SHAPES = Parameters(
    W1=(2, 2),
    b1=(2,),
    W2=(1, 2),
    b2=(1,),
)


def initialise(seed: int = 0) -> Parameters:
    """Weights uniform after Glorot and Bengio 2010, biases 0."""
    random = np.random.RandomState(seed)
    return Parameters(
        W1=random.uniform(-1, 1, (2, 2)).astype(DTYPE) * DTYPE((6 / 4) ** 0.5),
        b1=np.zeros((2,), DTYPE),
        W2=random.uniform(-1, 1, (1, 2)).astype(DTYPE) * DTYPE((6 / 3) ** 0.5),
        b2=np.zeros((1,), DTYPE),
    )


initialize = initialise


def _views(flat: np.ndarray) -> Parameters:
    """The parts of a vector of all parameters."""
    return Parameters(
        W1=flat[0:4].reshape(2, 2),
        b1=flat[4:6],
        W2=flat[6:8].reshape(1, 2),
        b2=flat[8:9],
    )


def forward(parameters: Parameters, x: np.ndarray) -> np.ndarray:
    """The output of the network: x (batch, 2) -> y (batch, 1)."""
    workspace = Workspace(len(_checked_x(x)))
    workspace.set_parameters(parameters)
    return workspace.forward(_checked_x(x)).copy()


def loss(parameters: Parameters, x: np.ndarray, t: np.ndarray) -> float:
    """The loss of a batch: t (batch, 1)."""
    workspace = Workspace(len(_checked_x(x)))
    workspace.set_parameters(parameters)
    return workspace.loss(_checked_x(x), _checked_t(t, workspace.batch))


def loss_and_gradients(
    parameters: Parameters,
    x: np.ndarray,
    t: np.ndarray,
) -> tuple[float, Parameters]:
    """The loss of a batch and its derivative with respect to every parameter."""
    return Workspace(len(_checked_x(x))).loss_and_gradients(parameters, x, t)


OPTIMISER = "rprop"


class State(NamedTuple):
    """Where a training was left: with it, train goes on as if it had not stopped."""

    step: int
    epoch: int
    best: float
    waited: int
    parameters: Parameters
    best_parameters: Parameters
    previous: Parameters
    size: Parameters


def train(
    parameters: Parameters,
    x: np.ndarray,
    t: np.ndarray,
    *,
    epochs: int,
    batch: int,
    learning_rate: float,
    seed: int = 0,
    clip_norm: float | None = None,
    validation: tuple | None = None,
    patience: int | None = None,
    state: State | None = None,
    weight_decay: float = 0.0,
    growth: float = 1.2,
    shrinkage: float = 0.5,
    largest: float = 50.0,
    smallest: float = 1e-06,
) -> tuple[Parameters, dict, State]:
    """Train with rprop (Riedmiller and Braun 1993, in the form of Igel and Huesken 2003); returns (parameters, history, state).

    An epoch takes all patterns once, ``batch`` at a time and in the end those that are
    left, in an order drawn from ``seed``; patterns that fit into one batch are not
    shuffled. ``learning_rate`` is a number or a function of the step, which counts from 0.
    ``clip_norm`` shortens a longer gradient (of all parameters together) to that length.
    ``weight_decay`` takes learning_rate * weight_decay of every parameter off it in each
    step, apart from the gradient and from any l2 in the loss. ``validation`` is (x, t);
    with ``patience``, training ends after so many epochs without a lower loss there, and
    the best parameters are returned.

    ``history`` has the mean "loss" of each epoch and its "validation" loss. Given the
    parameters and the ``state`` that an earlier call returned, train goes on bit for bit
    as if there had been one call. FloatingPointError where the loss is no longer finite.
    """
    x = _checked_x(x)
    t = _checked_t(t, len(x))
    _checked_number("epochs", epochs, 0)
    _checked_number("batch", batch, 1)
    if patience is not None and (validation is None or patience < 1):
        raise ValueError("patience: expected a number from 1, and validation")
    if clip_norm is not None and not clip_norm > 0:
        raise ValueError(f"clip_norm: expected a number above 0, got {clip_norm!r}")
    patterns = len(x)
    rate = learning_rate(0) if callable(learning_rate) else learning_rate
    if not 0 <= rate < math.inf:
        raise ValueError(f"learning_rate: expected a number from 0, got {rate!r}")
    state = _state(_checked_parameters(parameters), state, rate)
    step, best, waited = state.step, state.best, state.waited
    kept = state.best_parameters
    constants = (growth, shrinkage, largest, smallest)
    advance, left = _training(state, x, t, batch, constants)
    history = {"loss": [], "validation": []}
    epoch = state.epoch
    for epoch in _epochs(state.epoch, epochs):
        order = _order(seed, epoch, patterns, batch)
        total = 0.0
        for start in range(0, patterns, batch):
            rows = None if order is None else order[start : start + batch]
            if callable(learning_rate):
                rate = learning_rate(step)
            step += 1
            cost = advance(rows, rate, step, clip_norm, weight_decay)
            if not abs(cost) < math.inf:
                raise FloatingPointError(f"train: the loss is {cost} in step {step}")
            total += cost * (patterns if rows is None else len(rows))
        history["loss"].append(total / patterns)
        if validation is None:
            continue
        present = left()[0]
        judged = loss(_rounded(present), *validation)
        history["validation"].append(judged)
        waited += 1
        if judged < best:
            best, waited, kept = judged, 0, present
        if patience is not None and waited >= patience:
            break
    present, *memory = left()
    done = state.epoch + len(history["loss"])
    state = State(step, done, best, waited, present, kept, *memory)
    return _rounded(present if patience is None else kept), history, state


def _checked_number(name: str, value: int, least: int) -> None:
    if not isinstance(value, (int, np.integer)) or value < least:
        wanted = f"expected a whole number from {least}, got {value!r}"
        raise ValueError(f"{name}: {wanted}")


def _epochs(first: int, count: int) -> range:
    """The numbers of the epochs; of several, with a bar where tqdm is installed."""
    epochs = range(first, first + count)
    return epochs if tqdm is None or count < 2 else tqdm(epochs, desc="epochs")


def _order(seed: int, epoch: int, patterns: int, batch: int) -> np.ndarray | None:
    """The patterns of an epoch in their order; None where one batch has them all."""
    if batch >= patterns:
        return None
    return np.random.RandomState([seed, epoch]).permutation(patterns)


def _state(
    parameters: Parameters,
    state: State | None,
    learning_rate: float,
) -> State:
    """The state to start from; ValueError where it does not belong to the parameters."""
    if state is None:
        exact = Parameters(*(np.array(v, float) for v in parameters))
        starts = (0.0, learning_rate)
        memory = (Parameters(*(0.0 * v + s for v in exact)) for s in starts)
        return State(0, 0, math.inf, 0, exact, exact, *memory)
    if not isinstance(state, State):
        raise TypeError(f"state: expected a State of {OPTIMISER}, got {type(state)}")
    judged = [state.best_parameters] if state.best < math.inf else []
    for known in (state.parameters, *judged):
        pairs = zip(_rounded(known), parameters)
        if all(np.array_equal(one, other) for one, other in pairs):
            return state
    raise ValueError("parameters: expected those that train returned with this state")


def _rounded(parameters: Parameters) -> Parameters:
    """Parameters in the precision of the module."""
    return Parameters(*(value.astype(DTYPE) for value in parameters))


def _training(
    state: State,
    x: np.ndarray,
    t: np.ndarray,
    batch: int,
    constants: tuple,
) -> tuple:
    """A step of the training, and what it has made of parameters and memory."""
    x_rows = [tuple(row) for row in x.tolist()]
    t_rows = [tuple(row) for row in t.tolist()]

    def gradient(flat, rows):
        if rows is None:
            return straight_line(flat, x_rows, t_rows)
        chosen = rows.tolist()
        x_own, t_own = [x_rows[k] for k in chosen], [t_rows[k] for k in chosen]
        return straight_line(flat, x_own, t_own)

    flat = _flat(state.parameters)
    memory = (_flat(state.previous), _flat(state.size))
    present = [flat, memory]

    def advance(rows, learning_rate, n, clip_norm, weight_decay):
        flat, memory = present
        cost, slopes = gradient(flat, rows)
        if clip_norm is not None:
            norm = math.sqrt(sum(slope * slope for slope in slopes))
            if norm > clip_norm:
                slopes = tuple(slope * (clip_norm / norm) for slope in slopes)
        if weight_decay:
            keep = 1.0 - learning_rate * weight_decay
            flat = tuple(keep * number for number in flat)
        numbers = (learning_rate, n, *constants)
        present[:] = _updated(flat, slopes, memory, numbers)
        return cost

    def left():
        flat, memory = present
        return tuple(_views(np.array(numbers)) for numbers in (flat, *memory))

    return advance, left


def _flat(arrays: Parameters) -> tuple:
    """The numbers of all arrays, one after the other."""
    return tuple(number for array in arrays for number in array.reshape(-1).tolist())


def _updated(
    flat_parameters: tuple,
    slopes: tuple,
    memory: tuple,
    numbers: tuple,
) -> tuple:
    """The parameters and the memory after a step."""
    (W1_0_0, W1_0_1, W1_1_0, W1_1_1, b1_0, b1_1, W2_0_0, W2_0_1, b2_0) = flat_parameters
    (dW1_0_0, dW1_0_1, dW1_1_0, dW1_1_1, db1_0, db1_1, dW2_0_0, dW2_0_1, db2_0) = slopes
    (previous, size) = memory
    (
        previous_W1_0_0,
        previous_W1_0_1,
        previous_W1_1_0,
        previous_W1_1_1,
        previous_b1_0,
        previous_b1_1,
        previous_W2_0_0,
        previous_W2_0_1,
        previous_b2_0,
    ) = previous
    (
        size_W1_0_0,
        size_W1_0_1,
        size_W1_1_0,
        size_W1_1_1,
        size_b1_0,
        size_b1_1,
        size_W2_0_0,
        size_W2_0_1,
        size_b2_0,
    ) = size
    (_learning_rate, _n, growth, shrinkage, largest, smallest) = numbers
    # size = size*cases(g*previous > 0, growth, g*previous < 0, shrinkage, 1)
    next_size_W1_0_0_product = dW1_0_0 * previous_W1_0_0
    if next_size_W1_0_0_product > 0.0:
        next_size_W1_0_0_branch = growth
    else:
        next_size_W1_0_0_condition = next_size_W1_0_0_product < 0.0
        next_size_W1_0_0_branch = shrinkage if next_size_W1_0_0_condition else 1.0
    next_size_W1_0_0 = size_W1_0_0 * next_size_W1_0_0_branch
    next_size_W1_0_1_product = dW1_0_1 * previous_W1_0_1
    if next_size_W1_0_1_product > 0.0:
        next_size_W1_0_1_branch = growth
    else:
        next_size_W1_0_1_condition = next_size_W1_0_1_product < 0.0
        next_size_W1_0_1_branch = shrinkage if next_size_W1_0_1_condition else 1.0
    next_size_W1_0_1 = size_W1_0_1 * next_size_W1_0_1_branch
    next_size_W1_1_0_product = dW1_1_0 * previous_W1_1_0
    if next_size_W1_1_0_product > 0.0:
        next_size_W1_1_0_branch = growth
    else:
        next_size_W1_1_0_condition = next_size_W1_1_0_product < 0.0
        next_size_W1_1_0_branch = shrinkage if next_size_W1_1_0_condition else 1.0
    next_size_W1_1_0 = size_W1_1_0 * next_size_W1_1_0_branch
    next_size_W1_1_1_product = dW1_1_1 * previous_W1_1_1
    if next_size_W1_1_1_product > 0.0:
        next_size_W1_1_1_branch = growth
    else:
        next_size_W1_1_1_condition = next_size_W1_1_1_product < 0.0
        next_size_W1_1_1_branch = shrinkage if next_size_W1_1_1_condition else 1.0
    next_size_W1_1_1 = size_W1_1_1 * next_size_W1_1_1_branch
    next_size_b1_0_product = db1_0 * previous_b1_0
    if next_size_b1_0_product > 0.0:
        next_size_b1_0_branch = growth
    else:
        next_size_b1_0_condition = next_size_b1_0_product < 0.0
        next_size_b1_0_branch = shrinkage if next_size_b1_0_condition else 1.0
    next_size_b1_0 = size_b1_0 * next_size_b1_0_branch
    next_size_b1_1_product = db1_1 * previous_b1_1
    if next_size_b1_1_product > 0.0:
        next_size_b1_1_branch = growth
    else:
        next_size_b1_1_condition = next_size_b1_1_product < 0.0
        next_size_b1_1_branch = shrinkage if next_size_b1_1_condition else 1.0
    next_size_b1_1 = size_b1_1 * next_size_b1_1_branch
    next_size_W2_0_0_product = dW2_0_0 * previous_W2_0_0
    if next_size_W2_0_0_product > 0.0:
        next_size_W2_0_0_branch = growth
    else:
        next_size_W2_0_0_condition = next_size_W2_0_0_product < 0.0
        next_size_W2_0_0_branch = shrinkage if next_size_W2_0_0_condition else 1.0
    next_size_W2_0_0 = size_W2_0_0 * next_size_W2_0_0_branch
    next_size_W2_0_1_product = dW2_0_1 * previous_W2_0_1
    if next_size_W2_0_1_product > 0.0:
        next_size_W2_0_1_branch = growth
    else:
        next_size_W2_0_1_condition = next_size_W2_0_1_product < 0.0
        next_size_W2_0_1_branch = shrinkage if next_size_W2_0_1_condition else 1.0
    next_size_W2_0_1 = size_W2_0_1 * next_size_W2_0_1_branch
    next_size_b2_0_product = db2_0 * previous_b2_0
    if next_size_b2_0_product > 0.0:
        next_size_b2_0_branch = growth
    else:
        next_size_b2_0_condition = next_size_b2_0_product < 0.0
        next_size_b2_0_branch = shrinkage if next_size_b2_0_condition else 1.0
    next_size_b2_0 = size_b2_0 * next_size_b2_0_branch
    # size = cases(size < smallest, smallest, size)
    next_size_W1_0_0_2 = smallest if next_size_W1_0_0 < smallest else next_size_W1_0_0
    next_size_W1_0_1_2 = smallest if next_size_W1_0_1 < smallest else next_size_W1_0_1
    next_size_W1_1_0_2 = smallest if next_size_W1_1_0 < smallest else next_size_W1_1_0
    next_size_W1_1_1_2 = smallest if next_size_W1_1_1 < smallest else next_size_W1_1_1
    next_size_b1_0_2 = smallest if next_size_b1_0 < smallest else next_size_b1_0
    next_size_b1_1_2 = smallest if next_size_b1_1 < smallest else next_size_b1_1
    next_size_W2_0_0_2 = smallest if next_size_W2_0_0 < smallest else next_size_W2_0_0
    next_size_W2_0_1_2 = smallest if next_size_W2_0_1 < smallest else next_size_W2_0_1
    next_size_b2_0_2 = smallest if next_size_b2_0 < smallest else next_size_b2_0
    # size = cases(size > largest, largest, size)
    next_size_W1_0_0_3 = largest if next_size_W1_0_0_2 > largest else next_size_W1_0_0_2
    next_size_W1_0_1_3 = largest if next_size_W1_0_1_2 > largest else next_size_W1_0_1_2
    next_size_W1_1_0_3 = largest if next_size_W1_1_0_2 > largest else next_size_W1_1_0_2
    next_size_W1_1_1_3 = largest if next_size_W1_1_1_2 > largest else next_size_W1_1_1_2
    next_size_b1_0_3 = largest if next_size_b1_0_2 > largest else next_size_b1_0_2
    next_size_b1_1_3 = largest if next_size_b1_1_2 > largest else next_size_b1_1_2
    next_size_W2_0_0_3 = largest if next_size_W2_0_0_2 > largest else next_size_W2_0_0_2
    next_size_W2_0_1_3 = largest if next_size_W2_0_1_2 > largest else next_size_W2_0_1_2
    next_size_b2_0_3 = largest if next_size_b2_0_2 > largest else next_size_b2_0_2
    # previous = cases(g*previous < 0, 0, g)
    next_previous_W1_0_0_condition = next_size_W1_0_0_product < 0.0
    next_previous_W1_0_0 = 0.0 if next_previous_W1_0_0_condition else dW1_0_0
    next_previous_W1_0_1_condition = next_size_W1_0_1_product < 0.0
    next_previous_W1_0_1 = 0.0 if next_previous_W1_0_1_condition else dW1_0_1
    next_previous_W1_1_0_condition = next_size_W1_1_0_product < 0.0
    next_previous_W1_1_0 = 0.0 if next_previous_W1_1_0_condition else dW1_1_0
    next_previous_W1_1_1_condition = next_size_W1_1_1_product < 0.0
    next_previous_W1_1_1 = 0.0 if next_previous_W1_1_1_condition else dW1_1_1
    next_previous_b1_0_condition = next_size_b1_0_product < 0.0
    next_previous_b1_0 = 0.0 if next_previous_b1_0_condition else db1_0
    next_previous_b1_1_condition = next_size_b1_1_product < 0.0
    next_previous_b1_1 = 0.0 if next_previous_b1_1_condition else db1_1
    next_previous_W2_0_0_condition = next_size_W2_0_0_product < 0.0
    next_previous_W2_0_0 = 0.0 if next_previous_W2_0_0_condition else dW2_0_0
    next_previous_W2_0_1_condition = next_size_W2_0_1_product < 0.0
    next_previous_W2_0_1 = 0.0 if next_previous_W2_0_1_condition else dW2_0_1
    next_previous_b2_0_condition = next_size_b2_0_product < 0.0
    next_previous_b2_0 = 0.0 if next_previous_b2_0_condition else db2_0
    # w = w - size*cases(previous > 0, 1, previous < 0, -1, 0)
    if next_previous_W1_0_0 > 0.0:
        next_W1_0_0_branch = 1.0
    else:
        next_W1_0_0_branch = -1.0 if next_previous_W1_0_0 < 0.0 else 0.0
    next_W1_0_0_product = -next_size_W1_0_0_3 * next_W1_0_0_branch
    next_W1_0_0 = W1_0_0 + next_W1_0_0_product
    if next_previous_W1_0_1 > 0.0:
        next_W1_0_1_branch = 1.0
    else:
        next_W1_0_1_branch = -1.0 if next_previous_W1_0_1 < 0.0 else 0.0
    next_W1_0_1_product = -next_size_W1_0_1_3 * next_W1_0_1_branch
    next_W1_0_1 = W1_0_1 + next_W1_0_1_product
    if next_previous_W1_1_0 > 0.0:
        next_W1_1_0_branch = 1.0
    else:
        next_W1_1_0_branch = -1.0 if next_previous_W1_1_0 < 0.0 else 0.0
    next_W1_1_0_product = -next_size_W1_1_0_3 * next_W1_1_0_branch
    next_W1_1_0 = W1_1_0 + next_W1_1_0_product
    if next_previous_W1_1_1 > 0.0:
        next_W1_1_1_branch = 1.0
    else:
        next_W1_1_1_branch = -1.0 if next_previous_W1_1_1 < 0.0 else 0.0
    next_W1_1_1_product = -next_size_W1_1_1_3 * next_W1_1_1_branch
    next_W1_1_1 = W1_1_1 + next_W1_1_1_product
    if next_previous_b1_0 > 0.0:
        next_b1_0_branch = 1.0
    else:
        next_b1_0_branch = -1.0 if next_previous_b1_0 < 0.0 else 0.0
    next_b1_0_product = -next_size_b1_0_3 * next_b1_0_branch
    next_b1_0 = b1_0 + next_b1_0_product
    if next_previous_b1_1 > 0.0:
        next_b1_1_branch = 1.0
    else:
        next_b1_1_branch = -1.0 if next_previous_b1_1 < 0.0 else 0.0
    next_b1_1_product = -next_size_b1_1_3 * next_b1_1_branch
    next_b1_1 = b1_1 + next_b1_1_product
    if next_previous_W2_0_0 > 0.0:
        next_W2_0_0_branch = 1.0
    else:
        next_W2_0_0_branch = -1.0 if next_previous_W2_0_0 < 0.0 else 0.0
    next_W2_0_0_product = -next_size_W2_0_0_3 * next_W2_0_0_branch
    next_W2_0_0 = W2_0_0 + next_W2_0_0_product
    if next_previous_W2_0_1 > 0.0:
        next_W2_0_1_branch = 1.0
    else:
        next_W2_0_1_branch = -1.0 if next_previous_W2_0_1 < 0.0 else 0.0
    next_W2_0_1_product = -next_size_W2_0_1_3 * next_W2_0_1_branch
    next_W2_0_1 = W2_0_1 + next_W2_0_1_product
    if next_previous_b2_0 > 0.0:
        next_b2_0_branch = 1.0
    else:
        next_b2_0_branch = -1.0 if next_previous_b2_0 < 0.0 else 0.0
    next_b2_0_product = -next_size_b2_0_3 * next_b2_0_branch
    next_b2_0 = b2_0 + next_b2_0_product
    previous = (
        next_previous_W1_0_0,
        next_previous_W1_0_1,
        next_previous_W1_1_0,
        next_previous_W1_1_1,
        next_previous_b1_0,
        next_previous_b1_1,
        next_previous_W2_0_0,
        next_previous_W2_0_1,
        next_previous_b2_0,
    )
    size = (
        next_size_W1_0_0_3,
        next_size_W1_0_1_3,
        next_size_W1_1_0_3,
        next_size_W1_1_1_3,
        next_size_b1_0_3,
        next_size_b1_1_3,
        next_size_W2_0_0_3,
        next_size_W2_0_1_3,
        next_size_b2_0_3,
    )
    updated = (
        next_W1_0_0,
        next_W1_0_1,
        next_W1_1_0,
        next_W1_1_1,
        next_b1_0,
        next_b1_1,
        next_W2_0_0,
        next_W2_0_1,
        next_b2_0,
    )
    return updated, (previous, size)


def save(path: str, parameters: Parameters, state: State | None = None) -> None:
    """Write parameters, and a state of train, to an .npz file at exactly this path."""
    arrays = _checked_parameters(parameters)._asdict()
    if state is not None:
        arrays.update(_named(state))
    with open(path, "wb") as file:
        np.savez(file, spec_hash=np.array(SPEC_HASH), **arrays)


def load(path: str) -> Parameters | tuple[Parameters, State]:
    """What save wrote: parameters, or (parameters, state) where a state was given.

    ValueError where the file is not of this network and its training.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not a file that save wrote") from error
    if str(arrays.get("spec_hash")) != SPEC_HASH and "spec_hash" in arrays:
        raise ValueError(f"{path}: written by the module of another specification")
    wanted, found = ["spec_hash", *Parameters._fields], list(arrays)
    has_state = "state.step" in arrays
    wanted += _state_names() if has_state else []
    if sorted(found) != sorted(wanted):
        raise ValueError(f"{path}: expected arrays {wanted}, got {found}")
    ordered = [arrays[name] for name in Parameters._fields]
    parameters = _checked_parameters(Parameters(*ordered))
    return (parameters, _unnamed(arrays, path)) if has_state else parameters


def _state_names() -> list[str]:
    """The names of the arrays of a state, in order."""
    single = [f"state.{name}" for name in State._fields[:4]]
    fields = Parameters._fields
    return single + [f"state.{s}.{p}" for s in State._fields[4:] for p in fields]


def _named(state: State) -> dict:
    """The arrays of a state by name."""
    arrays = [np.array(value) for value in state[:4]]
    arrays += [array for group in state[4:] for array in group]
    return dict(zip(_state_names(), arrays))


def _unnamed(arrays: dict, path: str) -> State:
    """The state that the arrays of a file make; ValueError where shapes do not fit."""
    listed = [arrays[name] for name in _state_names()]
    size = len(SHAPES)
    shapes = [(), (), (), ()] + (len(State._fields) - 4) * list(SHAPES)
    if [array.shape for array in listed] != shapes:
        raise ValueError(f"{path}: the state is not one of this network")
    groups = range(4, len(listed), size)
    step, epoch, best, waited = (array.item() for array in listed[:4])
    rest = (Parameters(*listed[start : start + size]) for start in groups)
    return State(step, epoch, best, waited, *rest)


class Workspace:
    """Everything that batches of one size need, allocated once; use one per thread.

    Fill ``parameters`` (``set_parameters`` copies them in), call ``step`` and read
    ``gradients``: the arrays of both belong to the workspace, which overwrites them. They
    are views of the vectors ``flat_parameters`` and ``flat_gradients``.
    """

    def __init__(self, batch: int) -> None:
        if not isinstance(batch, (int, np.integer)) or batch < 1:
            raise ValueError(f"batch: expected a whole number from 1, got {batch!r}")
        self.batch = int(batch)
        self.flat_parameters = np.zeros(9, DTYPE)
        self.flat_gradients = np.zeros(9, DTYPE)
        self.parameters = _views(self.flat_parameters)
        self.gradients = _views(self.flat_gradients)
        self._forward, self._loss, self._step = _passes(self)

    def set_parameters(self, parameters: Parameters) -> None:
        """Check parameters and copy them into the workspace."""
        for place, given in enumerate(_checked_parameters(parameters)):
            self.parameters[place][...] = given

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The output for x (batch, 2): a view that the next call overwrites."""
        return self._forward(x)

    def loss(self, x: np.ndarray, t: np.ndarray) -> float:
        """The loss alone."""
        return float(self._loss(x, t))

    def step(self, x: np.ndarray, t: np.ndarray) -> float:
        """The loss; its gradients are left in ``gradients``. Nothing is checked or allocated."""
        return float(self._step(x, t))

    def loss_and_gradients(
        self,
        parameters: Parameters,
        x: np.ndarray,
        t: np.ndarray,
    ) -> tuple[float, Parameters]:
        """Check everything, copy parameters in and make a step."""
        x, t = _checked_x(x, self.batch), _checked_t(t, self.batch)
        self.set_parameters(parameters)
        return self.step(x, t), self.gradients


PATTERNS = 4
"""How many patterns are written out in straight_line."""


def flatten(parameters: Parameters) -> tuple:
    """All parameters as floats: those of W1 row by row, then those of the next array."""
    checked = _checked_parameters(parameters)
    return tuple(number for array in checked for number in array.reshape(-1).tolist())


def unflatten(flat: tuple) -> Parameters:
    """Parameters, or their gradients, from floats in the order of flatten."""
    array = np.array(flat, DTYPE)
    if array.shape != (9,):
        raise ValueError(f"flat: expected 9 numbers, got shape {array.shape}")
    return _views(array)


def straight_line(flat_parameters: tuple, x: tuple, t: tuple) -> tuple:
    """The loss and its gradients, both parameters and gradients in the order of flatten.

    x and t have a tuple of floats for each pattern; everything is computed in double
    precision. PATTERNS of them take the fast way, any other number a loop.
    """
    W1_0_0, W1_0_1, W1_1_0, W1_1_1, b1_0, b1_1, W2_0_0, W2_0_1, b2_0 = flat_parameters
    try:
        (x_0_0, x_0_1), (x_1_0, x_1_1), (x_2_0, x_2_1), (x_3_0, x_3_1) = x
        (t_0_0,), (t_1_0,), (t_2_0,), (t_3_0,) = t
    except ValueError:  # another number of patterns
        return _loop_over_patterns(flat_parameters, x, t)[:2]
    # (9)  z1[b,j] = sum_p W1[j,p]*x[b,p] + b1[j]
    z1_0_0 = W1_0_0 * x_0_0 + W1_0_1 * x_0_1 + b1_0
    z1_0_1 = W1_1_0 * x_0_0 + W1_1_1 * x_0_1 + b1_1
    z1_1_0 = W1_0_0 * x_1_0 + W1_0_1 * x_1_1 + b1_0
    z1_1_1 = W1_1_0 * x_1_0 + W1_1_1 * x_1_1 + b1_1
    z1_2_0 = W1_0_0 * x_2_0 + W1_0_1 * x_2_1 + b1_0
    z1_2_1 = W1_1_0 * x_2_0 + W1_1_1 * x_2_1 + b1_1
    z1_3_0 = W1_0_0 * x_3_0 + W1_0_1 * x_3_1 + b1_0
    z1_3_1 = W1_1_0 * x_3_0 + W1_1_1 * x_3_1 + b1_1
    # (10) a1[b,j] = sigmoid(z1[b,j])
    a1_0_0 = 0.5 * (tanh(0.5 * z1_0_0) + 1.0)
    a1_0_1 = 0.5 * (tanh(0.5 * z1_0_1) + 1.0)
    a1_1_0 = 0.5 * (tanh(0.5 * z1_1_0) + 1.0)
    a1_1_1 = 0.5 * (tanh(0.5 * z1_1_1) + 1.0)
    a1_2_0 = 0.5 * (tanh(0.5 * z1_2_0) + 1.0)
    a1_2_1 = 0.5 * (tanh(0.5 * z1_2_1) + 1.0)
    a1_3_0 = 0.5 * (tanh(0.5 * z1_3_0) + 1.0)
    a1_3_1 = 0.5 * (tanh(0.5 * z1_3_1) + 1.0)
    # (9)  z2[b,j] = sum_p W2[j,p]*a1[b,p] + b2[j]
    z2_0_0 = W2_0_0 * a1_0_0 + W2_0_1 * a1_0_1 + b2_0
    z2_1_0 = W2_0_0 * a1_1_0 + W2_0_1 * a1_1_1 + b2_0
    z2_2_0 = W2_0_0 * a1_2_0 + W2_0_1 * a1_2_1 + b2_0
    z2_3_0 = W2_0_0 * a1_3_0 + W2_0_1 * a1_3_1 + b2_0
    # (10) a2[b,j] = sigmoid(z2[b,j])
    a2_0_0 = 0.5 * (tanh(0.5 * z2_0_0) + 1.0)
    a2_1_0 = 0.5 * (tanh(0.5 * z2_1_0) + 1.0)
    a2_2_0 = 0.5 * (tanh(0.5 * z2_2_0) + 1.0)
    a2_3_0 = 0.5 * (tanh(0.5 * z2_3_0) + 1.0)
    # (11) loss[b] = 1/2 * sum_j (a2[b,j] - t[b,j])**2
    a2_0_0_minus_t_0_0 = a2_0_0 - t_0_0
    loss_0 = 0.5 * (a2_0_0_minus_t_0_0 * a2_0_0_minus_t_0_0)
    a2_1_0_minus_t_1_0 = a2_1_0 - t_1_0
    loss_1 = 0.5 * (a2_1_0_minus_t_1_0 * a2_1_0_minus_t_1_0)
    a2_2_0_minus_t_2_0 = a2_2_0 - t_2_0
    loss_2 = 0.5 * (a2_2_0_minus_t_2_0 * a2_2_0_minus_t_2_0)
    a2_3_0_minus_t_3_0 = a2_3_0 - t_3_0
    loss_3 = 0.5 * (a2_3_0_minus_t_3_0 * a2_3_0_minus_t_3_0)
    # (12) cost = 1/batch * sum_b loss[b]
    cost = 0.25 * (loss_0 + loss_1 + loss_2 + loss_3)
    # (14) delta2[b,j] = (a2[b,j] - t[b,j])*a2[b,j]*(1 - a2[b,j])/batch
    delta2_0_0 = 0.25 * a2_0_0_minus_t_0_0 * a2_0_0 * (1.0 - a2_0_0)
    delta2_1_0 = 0.25 * a2_1_0_minus_t_1_0 * a2_1_0 * (1.0 - a2_1_0)
    delta2_2_0 = 0.25 * a2_2_0_minus_t_2_0 * a2_2_0 * (1.0 - a2_2_0)
    delta2_3_0 = 0.25 * a2_3_0_minus_t_3_0 * a2_3_0 * (1.0 - a2_3_0)
    # (16) dW2[j,p] = sum_b delta2[b,j]*a1[b,p]
    dW2_0_0 = delta2_0_0 * a1_0_0 + delta2_1_0 * a1_1_0 + delta2_2_0 * a1_2_0
    dW2_0_0 = dW2_0_0 + delta2_3_0 * a1_3_0
    dW2_0_1 = delta2_0_0 * a1_0_1 + delta2_1_0 * a1_1_1 + delta2_2_0 * a1_2_1
    dW2_0_1 = dW2_0_1 + delta2_3_0 * a1_3_1
    # (17) db2[j] = sum_b delta2[b,j]
    db2_0 = delta2_0_0 + delta2_1_0 + delta2_2_0 + delta2_3_0
    # (15) delta1[b,j] = sum_k delta2[b,k]*W2[k,j]*a1[b,j]*(1 - a1[b,j])
    delta1_0_0 = a1_0_0 * (1.0 - a1_0_0) * (delta2_0_0 * W2_0_0)
    delta1_0_1 = a1_0_1 * (1.0 - a1_0_1) * (delta2_0_0 * W2_0_1)
    delta1_1_0 = a1_1_0 * (1.0 - a1_1_0) * (delta2_1_0 * W2_0_0)
    delta1_1_1 = a1_1_1 * (1.0 - a1_1_1) * (delta2_1_0 * W2_0_1)
    delta1_2_0 = a1_2_0 * (1.0 - a1_2_0) * (delta2_2_0 * W2_0_0)
    delta1_2_1 = a1_2_1 * (1.0 - a1_2_1) * (delta2_2_0 * W2_0_1)
    delta1_3_0 = a1_3_0 * (1.0 - a1_3_0) * (delta2_3_0 * W2_0_0)
    delta1_3_1 = a1_3_1 * (1.0 - a1_3_1) * (delta2_3_0 * W2_0_1)
    # (16) dW1[j,p] = sum_b delta1[b,j]*x[b,p]
    dW1_0_0 = delta1_0_0 * x_0_0 + delta1_1_0 * x_1_0 + delta1_2_0 * x_2_0
    dW1_0_0 = dW1_0_0 + delta1_3_0 * x_3_0
    dW1_0_1 = delta1_0_0 * x_0_1 + delta1_1_0 * x_1_1 + delta1_2_0 * x_2_1
    dW1_0_1 = dW1_0_1 + delta1_3_0 * x_3_1
    dW1_1_0 = delta1_0_1 * x_0_0 + delta1_1_1 * x_1_0 + delta1_2_1 * x_2_0
    dW1_1_0 = dW1_1_0 + delta1_3_1 * x_3_0
    dW1_1_1 = delta1_0_1 * x_0_1 + delta1_1_1 * x_1_1 + delta1_2_1 * x_2_1
    dW1_1_1 = dW1_1_1 + delta1_3_1 * x_3_1
    # (17) db1[j] = sum_b delta1[b,j]
    db1_0 = delta1_0_0 + delta1_1_0 + delta1_2_0 + delta1_3_0
    db1_1 = delta1_0_1 + delta1_1_1 + delta1_2_1 + delta1_3_1
    return cost, (
        dW1_0_0,
        dW1_0_1,
        dW1_1_0,
        dW1_1_1,
        db1_0,
        db1_1,
        dW2_0_0,
        dW2_0_1,
        db2_0,
    )


def _loop_over_patterns(flat_parameters: tuple, x: tuple, t: tuple) -> tuple:
    """As straight_line, for any number of patterns."""
    batch = len(x)
    if len(t) != batch or not batch:
        raise ValueError(f"x and t: got {batch} and {len(t)} patterns")
    W1_0_0, W1_0_1, W1_1_0, W1_1_1, b1_0, b1_1, W2_0_0, W2_0_1, b2_0 = flat_parameters
    one_over_batch = 1.0 / batch
    cost_sum = 0.0
    dW2_0_0 = 0.0
    dW2_0_1 = 0.0
    db2_0 = 0.0
    dW1_0_0 = 0.0
    dW1_0_1 = 0.0
    dW1_1_0 = 0.0
    dW1_1_1 = 0.0
    db1_0 = 0.0
    db1_1 = 0.0
    for (x_0, x_1), (t_0,) in zip(x, t):
        z1_0 = W1_0_0 * x_0 + W1_0_1 * x_1 + b1_0
        z1_1 = W1_1_0 * x_0 + W1_1_1 * x_1 + b1_1
        a1_0 = 0.5 * (tanh(0.5 * z1_0) + 1.0)
        a1_1 = 0.5 * (tanh(0.5 * z1_1) + 1.0)
        z2_0 = W2_0_0 * a1_0 + W2_0_1 * a1_1 + b2_0
        a2_0 = 0.5 * (tanh(0.5 * z2_0) + 1.0)
        a2_0_minus_t_0 = a2_0 - t_0
        loss = 0.5 * (a2_0_minus_t_0 * a2_0_minus_t_0)
        delta2_0 = one_over_batch * a2_0_minus_t_0 * a2_0 * (1.0 - a2_0)
        delta1_0 = a1_0 * (1.0 - a1_0) * (delta2_0 * W2_0_0)
        delta1_1 = a1_1 * (1.0 - a1_1) * (delta2_0 * W2_0_1)
        cost_sum += loss
        dW2_0_0 += delta2_0 * a1_0
        dW2_0_1 += delta2_0 * a1_1
        db2_0 += delta2_0
        dW1_0_0 += delta1_0 * x_0
        dW1_0_1 += delta1_0 * x_1
        dW1_1_0 += delta1_1 * x_0
        dW1_1_1 += delta1_1 * x_1
        db1_0 += delta1_0
        db1_1 += delta1_1
    cost = one_over_batch * cost_sum
    return cost, (
        dW1_0_0,
        dW1_0_1,
        dW1_1_0,
        dW1_1_1,
        db1_0,
        db1_1,
        dW2_0_0,
        dW2_0_1,
        db2_0,
    )


def _outputs(flat_parameters: tuple, x: tuple) -> list:
    """The output for each pattern."""
    y = []
    W1_0_0, W1_0_1, W1_1_0, W1_1_1, b1_0, b1_1, W2_0_0, W2_0_1, b2_0 = flat_parameters
    for x_0, x_1 in x:
        z1_0 = W1_0_0 * x_0 + W1_0_1 * x_1 + b1_0
        z1_1 = W1_1_0 * x_0 + W1_1_1 * x_1 + b1_1
        a1_0 = 0.5 * (tanh(0.5 * z1_0) + 1.0)
        a1_1 = 0.5 * (tanh(0.5 * z1_1) + 1.0)
        z2_0 = W2_0_0 * a1_0 + W2_0_1 * a1_1 + b2_0
        a2_0 = 0.5 * (tanh(0.5 * z2_0) + 1.0)
        y.append((a2_0,))
    return y


def _passes(workspace: Workspace) -> tuple:
    """The passes over the vectors of a workspace: forward, loss and step."""
    parameters = workspace.flat_parameters
    gradients = workspace.flat_gradients
    y = np.empty((workspace.batch, 1), DTYPE)

    def run_forward(x):
        y[...] = _outputs(parameters.tolist(), x.tolist())
        return y

    def run_loss(x, t):
        return straight_line(parameters.tolist(), x.tolist(), t.tolist())[0]

    def run_step(x, t):
        found = straight_line(parameters.tolist(), x.tolist(), t.tolist())
        cost, gradients[:] = found
        return cost

    return run_forward, run_loss, run_step


def _checked_parameters(parameters: Parameters) -> Parameters:
    listed = isinstance(parameters, (tuple, list))
    if not listed or len(parameters) != len(SHAPES):
        wanted = ", ".join(Parameters._fields)
        found = f"{len(parameters)} arrays" if listed else f"{type(parameters)}"
        raise ValueError(f"parameters: expected {wanted}, got {found}")
    names = enumerate(Parameters._fields)
    return Parameters(*(_checked(n, parameters[k], SHAPES[k]) for k, n in names))


def _checked_x(x: np.ndarray, batch: int = 0) -> np.ndarray:
    return _checked("x", x, (batch or "batch", 2))


def _checked_t(t: np.ndarray, batch: int) -> np.ndarray:
    return _checked("t", t, (batch, 1))


def _checked(name: str, value: np.ndarray, shape: tuple) -> np.ndarray:
    """The array, contiguous; TypeError or ValueError naming the argument otherwise."""
    value = _array(name, value)
    if value.dtype != DTYPE:
        raise TypeError(f"{name}: expected dtype {np.dtype(DTYPE)}, got {value.dtype}")
    fits = value.ndim == len(shape) and value.size > 0
    if not fits or any(n not in ("batch", value.shape[k]) for k, n in enumerate(shape)):
        raise ValueError(f"{name}: expected shape {shape}, got {value.shape}")
    return np.ascontiguousarray(value)


def _array(name: str, value: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected an array, got uneven rows") from None


def _reference_loss(parameters: Parameters, x: np.ndarray, t: np.ndarray) -> complex:
    """The equations as they stand, as loops; numbers may be complex."""
    batch = len(x)
    W1, b1, W2, b2 = parameters
    z1 = np.empty((batch, 2), complex)
    for b in range(batch):
        for j in range(2):
            z1[b, j] = sum(W1[j, p] * x[b, p] for p in range(2)) + b1[j]
    a1 = np.empty((batch, 2), complex)
    for b in range(batch):
        for j in range(2):
            a1[b, j] = 1.0 / (1.0 + np.exp(-z1[b, j]))
    z2 = np.empty((batch, 1), complex)
    for b in range(batch):
        for j in range(1):
            z2[b, j] = sum(W2[j, p] * a1[b, p] for p in range(2)) + b2[j]
    a2 = np.empty((batch, 1), complex)
    for b in range(batch):
        for j in range(1):
            a2[b, j] = 1.0 / (1.0 + np.exp(-z2[b, j]))
    loss = np.empty((batch,), complex)
    for b in range(batch):
        loss[b] = 0.5 * sum((a2[b, j] - t[b, j]) ** 2 for j in range(1))
    cost = sum(loss[b] for b in range(batch)) / batch
    return cost


def selftest() -> bool:
    """Check loss and gradients against the equations; print a line for each check."""
    checks = [_agrees(batch) for batch in (1, 3, 4)] + [_is_finite()]
    checks.append(_training_agrees())
    return all(checks)


def _agrees(batch: int) -> bool:
    """The loss against the loop form, gradients against its derivative by complex step."""
    parameters, x, t = _random_point(batch)
    cost, gradients = loss_and_gradients(parameters, x, t)
    wide = [p.astype(complex) for p in parameters]
    x, t = x.astype(complex), t.astype(complex)
    reference = _reference_loss(Parameters(*wide), x, t).real
    error = abs(cost - reference) / max(1.0, abs(reference))
    ok = _report(f"batch {batch}: loss against the loop form", error)
    random = np.random.RandomState(batch)
    for first in range(4):
        places = range(first, len(SHAPES), 4)
        moved, along, size = list(wide), 0.0, 1.0
        for place in places:
            direction = random.uniform(-1, 1, SHAPES[place])
            largest = float(np.abs(gradients[place]).max())
            if 1e-30 < largest < 1e-12**0.5:
                direction *= 1e-12**0.5 / largest  # so that tiny ones count
            moved[place] = moved[place] + 1e-60j * direction
            along += float((gradients[place] * direction).sum())
            size += float(np.abs(gradients[place] * direction).sum())
        slope = _reference_loss(Parameters(*moved), x, t).imag / 1e-60
        names = ", ".join(Parameters._fields[place] for place in places)
        what = f"batch {batch}: gradient of {names} against a complex step"
        ok &= _report(what, abs(along - slope) / size)
    return ok


def _literal_update(
    w,
    g,
    learning_rate,
    n,
    growth,
    shrinkage,
    largest,
    smallest,
    previous,
    size,
):
    """The update of one parameter as it stands."""
    branch = growth if g * previous > 0.0 else shrinkage if g * previous < 0.0 else 1.0
    size = size * branch
    size = max(size, smallest)
    size = min(size, largest)
    previous = 0.0 if g * previous < 0.0 else g
    w = w - size * (1.0 if previous > 0.0 else -1.0 if previous < 0.0 else 0.0)
    return (w, previous, size)


def _training_agrees() -> bool:
    """Four steps of train, each a call of its own, against the update as it stands."""
    rate, constants = 0.1, (1.2, 0.5, 50.0, 1e-06)
    parameters, x, t = _random_point(3)
    state, error = _state(parameters, None, rate), 0.0
    for n in range(1, 5):
        flat = _flat(state.parameters)
        slopes = straight_line(flat, x.tolist(), t.tolist())[1]
        slopes = _views(np.array(slopes))
        before = (state.parameters, slopes, *state[6:])
        known = {"learning_rate": rate, "state": state}
        rounded = _rounded(state.parameters)
        state = train(rounded, x, t, epochs=1, batch=3, **known)[2]
        for place in range(len(SHAPES)):
            columns = (group[place].reshape(-1)[:100].tolist() for group in before)
            rows = []
            for w, g, *own in zip(*columns):
                rows.append(_literal_update(w, g, rate, n, *constants, *own))
            after = (state.parameters, *state[6:])
            for wanted, group in zip((np.array(c) for c in zip(*rows)), after):
                gap = np.abs(wanted - group[place].reshape(-1)[:100])
                error = max(error, float((gap / (1.0 + np.abs(wanted))).max()))
    return _report("four steps of train against the update as it stands", error)


def _random_point(batch: int) -> tuple[Parameters, np.ndarray, np.ndarray]:
    random = np.random.RandomState(batch + 100)
    start = [random.uniform(-1, 1, shape) / shape[-1] ** 0.5 for shape in SHAPES]
    x = random.uniform(-1, 1, (batch, 2)).astype(DTYPE)
    t = random.uniform(0.1, 0.9, (batch, 1)).astype(DTYPE)
    return Parameters(*(value.astype(DTYPE) for value in start)), x, t


def _is_finite() -> bool:
    """Loss and gradients are finite at very large inputs, without floating-point warnings."""
    parameters, x, t = _random_point(2)
    with np.errstate(all="raise", under="ignore"):
        cost, gradients = loss_and_gradients(parameters, 1e4 * np.sign(x), t)
    ok = bool(np.isfinite(cost) and all(np.isfinite(g).all() for g in gradients))
    print(f"{'ok  ' if ok else 'FAIL'} finite at inputs of 1e4")
    return ok


def _report(what: str, error: float) -> bool:
    ok = bool(error < 1e-12)
    print(f"{'ok  ' if ok else 'FAIL'} {what} < 1e-12")
    return ok


def main(arguments: list[str]) -> int:
    """``python xor_2_2_1.py --selftest``: exit status 0 if every check passes."""
    if arguments != ["--selftest"]:
        print("usage: python xor_2_2_1.py --selftest", file=sys.stderr)
        return 2
    return 0 if selftest() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
