"""relu_2_2_1: a network and its gradients, derived by deltarule (vectorised, float64).

Architecture    2-2:relu-1:linear
Loss            half_squared_error, sum over the patterns of a batch
Form            patterns as columns, x copied into them
Work            52 FLOPs per pattern and 1 per step
Memory          144 bytes for parameters and gradients, 72 per pattern of a batch
Generator       deltarule 0.1.0
Specification   sha256 63fd1fd197658fceffd4a3d0bc0bc72f88b9ac07ec6bef6c8e0dca57967368ae
Formulas        42fef5f432c1e707, the fingerprint of the notes that have them
Certificate     checked when written, and by --selftest:
                loss and gradients against the equations as loops < 1e-12
                gradients against complex steps < 1e-12
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

A NaN in parameters, x or t makes the loss NaN. Numbers in comments, such as (8), are
those of the lecture notes of the same network.
"""

# SPDX-License-Identifier: 0BSD

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

DTYPE = np.float64
SPEC_HASH = "63fd1fd197658fceffd4a3d0bc0bc72f88b9ac07ec6bef6c8e0dca57967368ae"


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
    """Weights uniform, after He et al. 2015 or Glorot and Bengio 2010; biases 0."""
    random = np.random.RandomState(seed)
    return Parameters(
        W1=random.uniform(-1, 1, (2, 2)).astype(DTYPE) * DTYPE((6 / 2) ** 0.5),
        b1=np.zeros((2,), DTYPE),
        W2=random.uniform(-1, 1, (1, 2)).astype(DTYPE) * DTYPE((6 / 3) ** 0.5),
        b2=np.zeros((1,), DTYPE),
    )


initialize = initialise


def _views(flat: np.ndarray) -> Parameters:
    """The parts of a vector of all parameters."""
    return Parameters(
        W1=flat[0:4].reshape(2, 2).T,
        b1=flat[4:6],
        W2=flat[6:8].reshape(2, 1).T,
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


def save(path: str, parameters: Parameters) -> None:
    """Write parameters to an .npz file at exactly this path."""
    arrays = _checked_parameters(parameters)._asdict()
    with open(path, "wb") as file:
        np.savez(file, spec_hash=np.array(SPEC_HASH), **arrays)


def load(path: str) -> Parameters:
    """Read parameters that save wrote; ValueError where the file is not of this network."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not a file that save wrote") from error
    wanted, found = ["spec_hash", *Parameters._fields], list(arrays)
    if sorted(found) != sorted(wanted):
        raise ValueError(f"{path}: expected arrays {wanted}, got {found}")
    if str(arrays["spec_hash"]) != SPEC_HASH:
        raise ValueError(f"{path}: written by the module of another specification")
    ordered = [arrays[name] for name in Parameters._fields]
    return _checked_parameters(Parameters(*ordered))


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


def _passes(workspace: Workspace) -> tuple:
    """The passes over memory that is allocated here: forward, loss and step."""
    batch = workspace.batch
    _W1, _b1, W2, _b2 = workspace.parameters
    _dW1, _db1, _dW2, _db2 = workspace.gradients
    # NumPy's functions
    copyto = np.copyto
    maximum = np.maximum
    multiply = np.multiply
    sign = np.sign
    subtract = np.subtract
    # constants
    zero_2_by_batch = np.full((2, batch), 0.0, DTYPE)
    # weights and bias of a layer as one matrix
    W1_b1 = workspace.flat_parameters[0:6].reshape(3, 2)
    W2_b2 = workspace.flat_parameters[6:9].reshape(3, 1)
    dW2_db2 = workspace.flat_gradients[6:9].reshape(3, 1)
    dW1_db1 = workspace.flat_gradients[0:6].reshape(3, 2)
    # values of the network; names of one array are never alive together
    x_columns_one = np.ones((3, batch), DTYPE)
    x_columns = x_columns_one[:2]
    a1_one = np.ones((3, batch), DTYPE)
    a1 = a1_one[:2]
    z2 = np.empty((1, batch), DTYPE)
    delta1 = np.empty((2, batch), DTYPE)
    z1 = a1
    t_columns = delta1.reshape(-1)[: 1 * batch].reshape(1, batch)
    z2_minus_t_columns = z2
    a1_above_zero = a1
    # views
    z2_minus_t_columns_flat = z2_minus_t_columns.reshape(-1)
    z2_minus_t_columns_T = z2_minus_t_columns.T
    delta1_T = delta1.T
    z2_T = z2.T
    W1_b1_T_dot = W1_b1.T.dot
    W2_b2_T_dot = W2_b2.T.dot
    z2_minus_t_columns_flat_dot = z2_minus_t_columns_flat.dot
    a1_one_dot = a1_one.dot
    W2_T_dot = W2.T.dot
    x_columns_one_dot = x_columns_one.dot

    def run_forward(x):
        # (10) z1[b,j] = sum_p W1[j,p]*x[b,p] + b1[j]
        copyto(x_columns, x.T)
        W1_b1_T_dot(x_columns_one, z1)
        # (11) a1[b,j] = relu(z1[b,j])
        maximum(z1, zero_2_by_batch, out=a1)
        # (10) z2[b,j] = sum_p W2[j,p]*a1[b,p] + b2[j]
        W2_b2_T_dot(a1_one, z2)
        return z2_T

    def run_loss(x, t):
        run_forward(x)
        # (13) loss[b] = 1/2 * sum_j (a2[b,j] - t[b,j])**2
        # (14) cost = sum_b loss[b]
        copyto(t_columns, t.T)
        subtract(z2, t_columns, z2_minus_t_columns)
        cost_product = z2_minus_t_columns_flat_dot(z2_minus_t_columns_flat)
        cost = (0.5) * cost_product
        return cost

    def run_step(x, t):
        cost = run_loss(x, t)
        # (18) dW2[j,p] = sum_b delta2[b,j]*a1[b,p]
        # (19) db2[j] = sum_b delta2[b,j]
        a1_one_dot(z2_minus_t_columns_T, dW2_db2)
        # (17) delta1[b,j] = sum_k delta2[b,k]*W2[k,j]*[a1[b,j] > 0]
        sign(a1, a1_above_zero)
        W2_T_dot(z2_minus_t_columns, delta1)
        multiply(delta1, a1_above_zero, delta1)
        # (18) dW1[j,p] = sum_b delta1[b,j]*x[b,p]
        # (19) db1[j] = sum_b delta1[b,j]
        x_columns_one_dot(delta1_T, dW1_db1)
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
            a1[b, j] = z1[b, j] if z1[b, j].real > 0.0 else 0.0
    z2 = np.empty((batch, 1), complex)
    for b in range(batch):
        for j in range(1):
            z2[b, j] = sum(W2[j, p] * a1[b, p] for p in range(2)) + b2[j]
    a2 = np.empty((batch, 1), complex)
    for b in range(batch):
        for j in range(1):
            a2[b, j] = z2[b, j]
    loss = np.empty((batch,), complex)
    for b in range(batch):
        loss[b] = 0.5 * sum((a2[b, j] - t[b, j]) ** 2 for j in range(1))
    cost = sum(loss[b] for b in range(batch))
    return cost


def selftest() -> bool:
    """Check loss and gradients against the equations; print a line for each check."""
    checks = [_agrees(batch) for batch in (1, 3)] + [_is_finite()]
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
    """``python relu_2_2_1.py --selftest``: exit status 0 if every check passes."""
    if arguments != ["--selftest"]:
        print("usage: python relu_2_2_1.py --selftest", file=sys.stderr)
        return 2
    return 0 if selftest() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
