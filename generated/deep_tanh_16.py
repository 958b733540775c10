"""deep_tanh_16: a network and its gradients, derived by deltarule (vectorised, float64).

Architecture    64-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-
                64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh-64:tanh
Loss            half_squared_error, mean over the patterns of a batch
Form            patterns as columns; equal layers side by side where they need not wait
                for one another
Work            393,472 FLOPs per pattern and 1 per step
Memory          1,064,960 bytes for parameters and gradients, 16,896 per pattern of a
                batch
Generator       deltarule 0.1.0
Specification   sha256 09eaea4d2bd515ecba0b47cfac37fd7ce527caf6df5dd3bd75dc70bd8248cb09
Formulas        3a75d2b0f1942045, the fingerprint of the notes that have them
Certificate     checked when written, and by --selftest:
                loss and gradients against the equations as loops < 1e-12 (same
                equations, smaller axes)
                gradients against complex steps < 1e-12 (same equations, smaller axes)
                every array float64; a step allocates < 1 KiB

x is (batch, 64), t (batch, 64):

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
SPEC_HASH = "09eaea4d2bd515ecba0b47cfac37fd7ce527caf6df5dd3bd75dc70bd8248cb09"


class Parameters(NamedTuple):
    """What the network learns; gradients have the same names."""

    W1: np.ndarray  # (64, 64)
    b1: np.ndarray  # (64,)
    W2: np.ndarray  # (64, 64)
    b2: np.ndarray  # (64,)
    W3: np.ndarray  # (64, 64)
    b3: np.ndarray  # (64,)
    W4: np.ndarray  # (64, 64)
    b4: np.ndarray  # (64,)
    W5: np.ndarray  # (64, 64)
    b5: np.ndarray  # (64,)
    W6: np.ndarray  # (64, 64)
    b6: np.ndarray  # (64,)
    W7: np.ndarray  # (64, 64)
    b7: np.ndarray  # (64,)
    W8: np.ndarray  # (64, 64)
    b8: np.ndarray  # (64,)
    W9: np.ndarray  # (64, 64)
    b9: np.ndarray  # (64,)
    W10: np.ndarray  # (64, 64)
    b10: np.ndarray  # (64,)
    W11: np.ndarray  # (64, 64)
    b11: np.ndarray  # (64,)
    W12: np.ndarray  # (64, 64)
    b12: np.ndarray  # (64,)
    W13: np.ndarray  # (64, 64)
    b13: np.ndarray  # (64,)
    W14: np.ndarray  # (64, 64)
    b14: np.ndarray  # (64,)
    W15: np.ndarray  # (64, 64)
    b15: np.ndarray  # (64,)
    W16: np.ndarray  # (64, 64)
    b16: np.ndarray  # (64,)


SHAPES = Parameters(
    W1=(64, 64),
    b1=(64,),
    W2=(64, 64),
    b2=(64,),
    W3=(64, 64),
    b3=(64,),
    W4=(64, 64),
    b4=(64,),
    W5=(64, 64),
    b5=(64,),
    W6=(64, 64),
    b6=(64,),
    W7=(64, 64),
    b7=(64,),
    W8=(64, 64),
    b8=(64,),
    W9=(64, 64),
    b9=(64,),
    W10=(64, 64),
    b10=(64,),
    W11=(64, 64),
    b11=(64,),
    W12=(64, 64),
    b12=(64,),
    W13=(64, 64),
    b13=(64,),
    W14=(64, 64),
    b14=(64,),
    W15=(64, 64),
    b15=(64,),
    W16=(64, 64),
    b16=(64,),
)


def initialise(seed: int = 0) -> Parameters:
    """Weights uniform after Glorot and Bengio 2010, biases 0."""
    random = np.random.RandomState(seed)
    return Parameters(
        W1=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b1=np.zeros((64,), DTYPE),
        W2=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b2=np.zeros((64,), DTYPE),
        W3=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b3=np.zeros((64,), DTYPE),
        W4=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b4=np.zeros((64,), DTYPE),
        W5=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b5=np.zeros((64,), DTYPE),
        W6=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b6=np.zeros((64,), DTYPE),
        W7=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b7=np.zeros((64,), DTYPE),
        W8=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b8=np.zeros((64,), DTYPE),
        W9=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b9=np.zeros((64,), DTYPE),
        W10=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b10=np.zeros((64,), DTYPE),
        W11=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b11=np.zeros((64,), DTYPE),
        W12=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b12=np.zeros((64,), DTYPE),
        W13=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b13=np.zeros((64,), DTYPE),
        W14=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b14=np.zeros((64,), DTYPE),
        W15=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b15=np.zeros((64,), DTYPE),
        W16=random.uniform(-1, 1, (64, 64)).astype(DTYPE) * DTYPE((6 / 128) ** 0.5),
        b16=np.zeros((64,), DTYPE),
    )


initialize = initialise


def _views(flat: np.ndarray) -> Parameters:
    """The parts of a vector of all parameters."""
    return Parameters(
        W1=flat[0:4096].reshape(64, 64).T,
        b1=flat[4096:4160],
        W2=flat[4160:8256].reshape(64, 64).T,
        b2=flat[8256:8320],
        W3=flat[8320:12416].reshape(64, 64).T,
        b3=flat[12416:12480],
        W4=flat[12480:16576].reshape(64, 64).T,
        b4=flat[16576:16640],
        W5=flat[16640:20736].reshape(64, 64).T,
        b5=flat[20736:20800],
        W6=flat[20800:24896].reshape(64, 64).T,
        b6=flat[24896:24960],
        W7=flat[24960:29056].reshape(64, 64).T,
        b7=flat[29056:29120],
        W8=flat[29120:33216].reshape(64, 64).T,
        b8=flat[33216:33280],
        W9=flat[33280:37376].reshape(64, 64).T,
        b9=flat[37376:37440],
        W10=flat[37440:41536].reshape(64, 64).T,
        b10=flat[41536:41600],
        W11=flat[41600:45696].reshape(64, 64).T,
        b11=flat[45696:45760],
        W12=flat[45760:49856].reshape(64, 64).T,
        b12=flat[49856:49920],
        W13=flat[49920:54016].reshape(64, 64).T,
        b13=flat[54016:54080],
        W14=flat[54080:58176].reshape(64, 64).T,
        b14=flat[58176:58240],
        W15=flat[58240:62336].reshape(64, 64).T,
        b15=flat[62336:62400],
        W16=flat[62400:66496].reshape(64, 64).T,
        b16=flat[66496:66560],
    )


def forward(parameters: Parameters, x: np.ndarray) -> np.ndarray:
    """The output of the network: x (batch, 64) -> y (batch, 64)."""
    workspace = Workspace(len(_checked_x(x)))
    workspace.set_parameters(parameters)
    return workspace.forward(_checked_x(x)).copy()


def loss(parameters: Parameters, x: np.ndarray, t: np.ndarray) -> float:
    """The loss of a batch: t (batch, 64)."""
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
        self.flat_parameters = np.zeros(66560, DTYPE)
        self.flat_gradients = np.zeros(66560, DTYPE)
        self.parameters = _views(self.flat_parameters)
        self.gradients = _views(self.flat_gradients)
        self._forward, self._loss, self._step = _passes(self)

    def set_parameters(self, parameters: Parameters) -> None:
        """Check parameters and copy them into the workspace."""
        for place, given in enumerate(_checked_parameters(parameters)):
            self.parameters[place][...] = given

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The output for x (batch, 64): a view that the next call overwrites."""
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
    (
        W1,
        b1,
        W2,
        _b2,
        W3,
        _b3,
        W4,
        _b4,
        W5,
        _b5,
        W6,
        _b6,
        W7,
        _b7,
        W8,
        _b8,
        W9,
        _b9,
        W10,
        _b10,
        W11,
        _b11,
        W12,
        _b12,
        W13,
        _b13,
        W14,
        _b14,
        W15,
        _b15,
        W16,
        _b16,
    ) = workspace.parameters
    (
        dW1,
        db1,
        _dW2,
        _db2,
        _dW3,
        _db3,
        _dW4,
        _db4,
        _dW5,
        _db5,
        _dW6,
        _db6,
        _dW7,
        _db7,
        _dW8,
        _db8,
        _dW9,
        _db9,
        _dW10,
        _db10,
        _dW11,
        _db11,
        _dW12,
        _db12,
        _dW13,
        _db13,
        _dW14,
        _db14,
        _dW15,
        _db15,
        _dW16,
        _db16,
    ) = workspace.gradients
    # NumPy's functions
    add = np.add
    copyto = np.copyto
    multiply = np.multiply
    subtract = np.subtract
    tanh = np.tanh
    # constants
    one = np.array(1.0, DTYPE)
    one_over_batch = np.array(1.0 / batch, DTYPE)
    ones_batch = np.ones(batch, DTYPE)
    # weights and bias of a layer as one matrix
    W2_b2 = workspace.flat_parameters[4160:8320].reshape(65, 64)
    W3_b3 = workspace.flat_parameters[8320:12480].reshape(65, 64)
    W4_b4 = workspace.flat_parameters[12480:16640].reshape(65, 64)
    W5_b5 = workspace.flat_parameters[16640:20800].reshape(65, 64)
    W6_b6 = workspace.flat_parameters[20800:24960].reshape(65, 64)
    W7_b7 = workspace.flat_parameters[24960:29120].reshape(65, 64)
    W8_b8 = workspace.flat_parameters[29120:33280].reshape(65, 64)
    W9_b9 = workspace.flat_parameters[33280:37440].reshape(65, 64)
    W10_b10 = workspace.flat_parameters[37440:41600].reshape(65, 64)
    W11_b11 = workspace.flat_parameters[41600:45760].reshape(65, 64)
    W12_b12 = workspace.flat_parameters[45760:49920].reshape(65, 64)
    W13_b13 = workspace.flat_parameters[49920:54080].reshape(65, 64)
    W14_b14 = workspace.flat_parameters[54080:58240].reshape(65, 64)
    W15_b15 = workspace.flat_parameters[58240:62400].reshape(65, 64)
    W16_b16 = workspace.flat_parameters[62400:66560].reshape(65, 64)
    dW16_db16 = workspace.flat_gradients[62400:66560].reshape(65, 64)
    dW15_db15 = workspace.flat_gradients[58240:62400].reshape(65, 64)
    dW14_db14 = workspace.flat_gradients[54080:58240].reshape(65, 64)
    dW13_db13 = workspace.flat_gradients[49920:54080].reshape(65, 64)
    dW12_db12 = workspace.flat_gradients[45760:49920].reshape(65, 64)
    dW11_db11 = workspace.flat_gradients[41600:45760].reshape(65, 64)
    dW10_db10 = workspace.flat_gradients[37440:41600].reshape(65, 64)
    dW9_db9 = workspace.flat_gradients[33280:37440].reshape(65, 64)
    dW8_db8 = workspace.flat_gradients[29120:33280].reshape(65, 64)
    dW7_db7 = workspace.flat_gradients[24960:29120].reshape(65, 64)
    dW6_db6 = workspace.flat_gradients[20800:24960].reshape(65, 64)
    dW5_db5 = workspace.flat_gradients[16640:20800].reshape(65, 64)
    dW4_db4 = workspace.flat_gradients[12480:16640].reshape(65, 64)
    dW3_db3 = workspace.flat_gradients[8320:12480].reshape(65, 64)
    dW2_db2 = workspace.flat_gradients[4160:8320].reshape(65, 64)
    # values of the network; names of one array are never alive together
    a_layers_one = np.ones((16, 65, batch), DTYPE)
    a_layers = a_layers_one[:, :64]
    a1_one = a_layers_one[0]
    a1 = a_layers[0]
    a2_one = a_layers_one[1]
    a2 = a_layers[1]
    a3_one = a_layers_one[2]
    a3 = a_layers[2]
    a4_one = a_layers_one[3]
    a4 = a_layers[3]
    a5_one = a_layers_one[4]
    a5 = a_layers[4]
    a6_one = a_layers_one[5]
    a6 = a_layers[5]
    a7_one = a_layers_one[6]
    a7 = a_layers[6]
    a8_one = a_layers_one[7]
    a8 = a_layers[7]
    a9_one = a_layers_one[8]
    a9 = a_layers[8]
    a10_one = a_layers_one[9]
    a10 = a_layers[9]
    a11_one = a_layers_one[10]
    a11 = a_layers[10]
    a12_one = a_layers_one[11]
    a12 = a_layers[11]
    a13_one = a_layers_one[12]
    a13 = a_layers[12]
    a14_one = a_layers_one[13]
    a14 = a_layers[13]
    a15_one = a_layers_one[14]
    a15 = a_layers[14]
    a16 = a_layers[15]
    t_columns = np.empty((64, batch), DTYPE)
    one_minus_a_times_a_layers = np.empty((16, 64, batch), DTYPE)
    one_minus_a16_times_a16 = one_minus_a_times_a_layers[15]
    one_minus_a15_times_a15 = one_minus_a_times_a_layers[14]
    one_minus_a14_times_a14 = one_minus_a_times_a_layers[13]
    one_minus_a13_times_a13 = one_minus_a_times_a_layers[12]
    one_minus_a12_times_a12 = one_minus_a_times_a_layers[11]
    one_minus_a11_times_a11 = one_minus_a_times_a_layers[10]
    one_minus_a10_times_a10 = one_minus_a_times_a_layers[9]
    one_minus_a9_times_a9 = one_minus_a_times_a_layers[8]
    one_minus_a8_times_a8 = one_minus_a_times_a_layers[7]
    one_minus_a7_times_a7 = one_minus_a_times_a_layers[6]
    one_minus_a6_times_a6 = one_minus_a_times_a_layers[5]
    one_minus_a5_times_a5 = one_minus_a_times_a_layers[4]
    one_minus_a4_times_a4 = one_minus_a_times_a_layers[3]
    one_minus_a3_times_a3 = one_minus_a_times_a_layers[2]
    one_minus_a2_times_a2 = one_minus_a_times_a_layers[1]
    one_minus_a1_times_a1 = one_minus_a_times_a_layers[0]
    z1 = a1
    z2 = a2
    z3 = a3
    z4 = a4
    z5 = a5
    z6 = a6
    z7 = a7
    z8 = a8
    z9 = a9
    z10 = a10
    z11 = a11
    z12 = a12
    z13 = a13
    z14 = a14
    z15 = a15
    z16 = a16
    a16_minus_t_columns = t_columns
    delta16 = t_columns
    delta15 = a15
    delta14 = a14
    delta13 = a13
    delta12 = a12
    delta11 = a11
    delta10 = a10
    delta9 = a9
    delta8 = a8
    delta7 = a7
    delta6 = a6
    delta5 = a5
    delta4 = a4
    delta3 = a3
    delta2 = a2
    delta1 = a1
    # views
    b1_column = b1[:, None]
    a16_minus_t_columns_flat = a16_minus_t_columns.reshape(-1)
    delta16_T = delta16.T
    delta15_T = delta15.T
    delta14_T = delta14.T
    delta13_T = delta13.T
    delta12_T = delta12.T
    delta11_T = delta11.T
    delta10_T = delta10.T
    delta9_T = delta9.T
    delta8_T = delta8.T
    delta7_T = delta7.T
    delta6_T = delta6.T
    delta5_T = delta5.T
    delta4_T = delta4.T
    delta3_T = delta3.T
    delta2_T = delta2.T
    delta1_T = delta1.T
    dW1_T = dW1.T
    a16_T = a16.T
    W1_dot = W1.dot
    W2_b2_T_dot = W2_b2.T.dot
    W3_b3_T_dot = W3_b3.T.dot
    W4_b4_T_dot = W4_b4.T.dot
    W5_b5_T_dot = W5_b5.T.dot
    W6_b6_T_dot = W6_b6.T.dot
    W7_b7_T_dot = W7_b7.T.dot
    W8_b8_T_dot = W8_b8.T.dot
    W9_b9_T_dot = W9_b9.T.dot
    W10_b10_T_dot = W10_b10.T.dot
    W11_b11_T_dot = W11_b11.T.dot
    W12_b12_T_dot = W12_b12.T.dot
    W13_b13_T_dot = W13_b13.T.dot
    W14_b14_T_dot = W14_b14.T.dot
    W15_b15_T_dot = W15_b15.T.dot
    W16_b16_T_dot = W16_b16.T.dot
    a16_minus_t_columns_flat_dot = a16_minus_t_columns_flat.dot
    a15_one_dot = a15_one.dot
    W16_T_dot = W16.T.dot
    a14_one_dot = a14_one.dot
    W15_T_dot = W15.T.dot
    a13_one_dot = a13_one.dot
    W14_T_dot = W14.T.dot
    a12_one_dot = a12_one.dot
    W13_T_dot = W13.T.dot
    a11_one_dot = a11_one.dot
    W12_T_dot = W12.T.dot
    a10_one_dot = a10_one.dot
    W11_T_dot = W11.T.dot
    a9_one_dot = a9_one.dot
    W10_T_dot = W10.T.dot
    a8_one_dot = a8_one.dot
    W9_T_dot = W9.T.dot
    a7_one_dot = a7_one.dot
    W8_T_dot = W8.T.dot
    a6_one_dot = a6_one.dot
    W7_T_dot = W7.T.dot
    a5_one_dot = a5_one.dot
    W6_T_dot = W6.T.dot
    a4_one_dot = a4_one.dot
    W5_T_dot = W5.T.dot
    a3_one_dot = a3_one.dot
    W4_T_dot = W4.T.dot
    a2_one_dot = a2_one.dot
    W3_T_dot = W3.T.dot
    a1_one_dot = a1_one.dot
    W2_T_dot = W2.T.dot
    delta1_dot = delta1.dot

    def run_forward(x):
        # (9)  z1[b,j] = sum_p W1[j,p]*x[b,p] + b1[j]
        W1_dot(x.T, z1)
        add(z1, b1_column, z1)
        # (10) a1[b,j] = tanh(z1[b,j])
        tanh(z1, a1)
        # (9)  z2[b,j] = sum_p W2[j,p]*a1[b,p] + b2[j]
        W2_b2_T_dot(a1_one, z2)
        # (10) a2[b,j] = tanh(z2[b,j])
        tanh(z2, a2)
        # (9)  z3[b,j] = sum_p W3[j,p]*a2[b,p] + b3[j]
        W3_b3_T_dot(a2_one, z3)
        # (10) a3[b,j] = tanh(z3[b,j])
        tanh(z3, a3)
        # (9)  z4[b,j] = sum_p W4[j,p]*a3[b,p] + b4[j]
        W4_b4_T_dot(a3_one, z4)
        # (10) a4[b,j] = tanh(z4[b,j])
        tanh(z4, a4)
        # (9)  z5[b,j] = sum_p W5[j,p]*a4[b,p] + b5[j]
        W5_b5_T_dot(a4_one, z5)
        # (10) a5[b,j] = tanh(z5[b,j])
        tanh(z5, a5)
        # (9)  z6[b,j] = sum_p W6[j,p]*a5[b,p] + b6[j]
        W6_b6_T_dot(a5_one, z6)
        # (10) a6[b,j] = tanh(z6[b,j])
        tanh(z6, a6)
        # (9)  z7[b,j] = sum_p W7[j,p]*a6[b,p] + b7[j]
        W7_b7_T_dot(a6_one, z7)
        # (10) a7[b,j] = tanh(z7[b,j])
        tanh(z7, a7)
        # (9)  z8[b,j] = sum_p W8[j,p]*a7[b,p] + b8[j]
        W8_b8_T_dot(a7_one, z8)
        # (10) a8[b,j] = tanh(z8[b,j])
        tanh(z8, a8)
        # (9)  z9[b,j] = sum_p W9[j,p]*a8[b,p] + b9[j]
        W9_b9_T_dot(a8_one, z9)
        # (10) a9[b,j] = tanh(z9[b,j])
        tanh(z9, a9)
        # (9)  z10[b,j] = sum_p W10[j,p]*a9[b,p] + b10[j]
        W10_b10_T_dot(a9_one, z10)
        # (10) a10[b,j] = tanh(z10[b,j])
        tanh(z10, a10)
        # (9)  z11[b,j] = sum_p W11[j,p]*a10[b,p] + b11[j]
        W11_b11_T_dot(a10_one, z11)
        # (10) a11[b,j] = tanh(z11[b,j])
        tanh(z11, a11)
        # (9)  z12[b,j] = sum_p W12[j,p]*a11[b,p] + b12[j]
        W12_b12_T_dot(a11_one, z12)
        # (10) a12[b,j] = tanh(z12[b,j])
        tanh(z12, a12)
        # (9)  z13[b,j] = sum_p W13[j,p]*a12[b,p] + b13[j]
        W13_b13_T_dot(a12_one, z13)
        # (10) a13[b,j] = tanh(z13[b,j])
        tanh(z13, a13)
        # (9)  z14[b,j] = sum_p W14[j,p]*a13[b,p] + b14[j]
        W14_b14_T_dot(a13_one, z14)
        # (10) a14[b,j] = tanh(z14[b,j])
        tanh(z14, a14)
        # (9)  z15[b,j] = sum_p W15[j,p]*a14[b,p] + b15[j]
        W15_b15_T_dot(a14_one, z15)
        # (10) a15[b,j] = tanh(z15[b,j])
        tanh(z15, a15)
        # (9)  z16[b,j] = sum_p W16[j,p]*a15[b,p] + b16[j]
        W16_b16_T_dot(a15_one, z16)
        # (10) a16[b,j] = tanh(z16[b,j])
        tanh(z16, a16)
        return a16_T

    def run_loss(x, t):
        run_forward(x)
        # (11) loss[b] = 1/2 * sum_j (a16[b,j] - t[b,j])**2
        # (12) cost = 1/batch * sum_b loss[b]
        copyto(t_columns, t.T)
        subtract(a16, t_columns, a16_minus_t_columns)
        cost_product = a16_minus_t_columns_flat_dot(a16_minus_t_columns_flat)
        cost = (0.5 / batch) * cost_product
        return cost

    def run_step(x, t):
        cost = run_loss(x, t)
        # at once what delta16, delta15, delta14, delta13, delta12, delta11, delta10,
        # delta9, delta8, delta7, delta6, delta5, delta4, delta3, delta2, delta1 do not
        # wait for:
        # (14) delta16[b,j] = (a16[b,j] - t[b,j])*(1 - a16[b,j]**2)/batch
        multiply(a_layers, a_layers, one_minus_a_times_a_layers)
        subtract(one, one_minus_a_times_a_layers, one_minus_a_times_a_layers)
        multiply(one_over_batch, a16_minus_t_columns, delta16)
        multiply(delta16, one_minus_a16_times_a16, delta16)
        # (16) dW16[j,p] = sum_b delta16[b,j]*a15[b,p]
        # (17) db16[j] = sum_b delta16[b,j]
        a15_one_dot(delta16_T, dW16_db16)
        # (15) delta15[b,j] = sum_k delta16[b,k]*W16[k,j]*(1 - a15[b,j]**2)
        W16_T_dot(delta16, delta15)
        multiply(one_minus_a15_times_a15, delta15, delta15)
        # (16) dW15[j,p] = sum_b delta15[b,j]*a14[b,p]
        # (17) db15[j] = sum_b delta15[b,j]
        a14_one_dot(delta15_T, dW15_db15)
        # (15) delta14[b,j] = sum_k delta15[b,k]*W15[k,j]*(1 - a14[b,j]**2)
        W15_T_dot(delta15, delta14)
        multiply(one_minus_a14_times_a14, delta14, delta14)
        # (16) dW14[j,p] = sum_b delta14[b,j]*a13[b,p]
        # (17) db14[j] = sum_b delta14[b,j]
        a13_one_dot(delta14_T, dW14_db14)
        # (15) delta13[b,j] = sum_k delta14[b,k]*W14[k,j]*(1 - a13[b,j]**2)
        W14_T_dot(delta14, delta13)
        multiply(one_minus_a13_times_a13, delta13, delta13)
        # (16) dW13[j,p] = sum_b delta13[b,j]*a12[b,p]
        # (17) db13[j] = sum_b delta13[b,j]
        a12_one_dot(delta13_T, dW13_db13)
        # (15) delta12[b,j] = sum_k delta13[b,k]*W13[k,j]*(1 - a12[b,j]**2)
        W13_T_dot(delta13, delta12)
        multiply(one_minus_a12_times_a12, delta12, delta12)
        # (16) dW12[j,p] = sum_b delta12[b,j]*a11[b,p]
        # (17) db12[j] = sum_b delta12[b,j]
        a11_one_dot(delta12_T, dW12_db12)
        # (15) delta11[b,j] = sum_k delta12[b,k]*W12[k,j]*(1 - a11[b,j]**2)
        W12_T_dot(delta12, delta11)
        multiply(one_minus_a11_times_a11, delta11, delta11)
        # (16) dW11[j,p] = sum_b delta11[b,j]*a10[b,p]
        # (17) db11[j] = sum_b delta11[b,j]
        a10_one_dot(delta11_T, dW11_db11)
        # (15) delta10[b,j] = sum_k delta11[b,k]*W11[k,j]*(1 - a10[b,j]**2)
        W11_T_dot(delta11, delta10)
        multiply(one_minus_a10_times_a10, delta10, delta10)
        # (16) dW10[j,p] = sum_b delta10[b,j]*a9[b,p]
        # (17) db10[j] = sum_b delta10[b,j]
        a9_one_dot(delta10_T, dW10_db10)
        # (15) delta9[b,j] = sum_k delta10[b,k]*W10[k,j]*(1 - a9[b,j]**2)
        W10_T_dot(delta10, delta9)
        multiply(one_minus_a9_times_a9, delta9, delta9)
        # (16) dW9[j,p] = sum_b delta9[b,j]*a8[b,p]
        # (17) db9[j] = sum_b delta9[b,j]
        a8_one_dot(delta9_T, dW9_db9)
        # (15) delta8[b,j] = sum_k delta9[b,k]*W9[k,j]*(1 - a8[b,j]**2)
        W9_T_dot(delta9, delta8)
        multiply(one_minus_a8_times_a8, delta8, delta8)
        # (16) dW8[j,p] = sum_b delta8[b,j]*a7[b,p]
        # (17) db8[j] = sum_b delta8[b,j]
        a7_one_dot(delta8_T, dW8_db8)
        # (15) delta7[b,j] = sum_k delta8[b,k]*W8[k,j]*(1 - a7[b,j]**2)
        W8_T_dot(delta8, delta7)
        multiply(one_minus_a7_times_a7, delta7, delta7)
        # (16) dW7[j,p] = sum_b delta7[b,j]*a6[b,p]
        # (17) db7[j] = sum_b delta7[b,j]
        a6_one_dot(delta7_T, dW7_db7)
        # (15) delta6[b,j] = sum_k delta7[b,k]*W7[k,j]*(1 - a6[b,j]**2)
        W7_T_dot(delta7, delta6)
        multiply(one_minus_a6_times_a6, delta6, delta6)
        # (16) dW6[j,p] = sum_b delta6[b,j]*a5[b,p]
        # (17) db6[j] = sum_b delta6[b,j]
        a5_one_dot(delta6_T, dW6_db6)
        # (15) delta5[b,j] = sum_k delta6[b,k]*W6[k,j]*(1 - a5[b,j]**2)
        W6_T_dot(delta6, delta5)
        multiply(one_minus_a5_times_a5, delta5, delta5)
        # (16) dW5[j,p] = sum_b delta5[b,j]*a4[b,p]
        # (17) db5[j] = sum_b delta5[b,j]
        a4_one_dot(delta5_T, dW5_db5)
        # (15) delta4[b,j] = sum_k delta5[b,k]*W5[k,j]*(1 - a4[b,j]**2)
        W5_T_dot(delta5, delta4)
        multiply(one_minus_a4_times_a4, delta4, delta4)
        # (16) dW4[j,p] = sum_b delta4[b,j]*a3[b,p]
        # (17) db4[j] = sum_b delta4[b,j]
        a3_one_dot(delta4_T, dW4_db4)
        # (15) delta3[b,j] = sum_k delta4[b,k]*W4[k,j]*(1 - a3[b,j]**2)
        W4_T_dot(delta4, delta3)
        multiply(one_minus_a3_times_a3, delta3, delta3)
        # (16) dW3[j,p] = sum_b delta3[b,j]*a2[b,p]
        # (17) db3[j] = sum_b delta3[b,j]
        a2_one_dot(delta3_T, dW3_db3)
        # (15) delta2[b,j] = sum_k delta3[b,k]*W3[k,j]*(1 - a2[b,j]**2)
        W3_T_dot(delta3, delta2)
        multiply(one_minus_a2_times_a2, delta2, delta2)
        # (16) dW2[j,p] = sum_b delta2[b,j]*a1[b,p]
        # (17) db2[j] = sum_b delta2[b,j]
        a1_one_dot(delta2_T, dW2_db2)
        # (15) delta1[b,j] = sum_k delta2[b,k]*W2[k,j]*(1 - a1[b,j]**2)
        W2_T_dot(delta2, delta1)
        multiply(one_minus_a1_times_a1, delta1, delta1)
        # (16) dW1[j,p] = sum_b delta1[b,j]*x[b,p]
        x.T.dot(delta1_T, dW1_T)
        # (17) db1[j] = sum_b delta1[b,j]
        delta1_dot(ones_batch, db1)
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
    return _checked("x", x, (batch or "batch", 64))


def _checked_t(t: np.ndarray, batch: int) -> np.ndarray:
    return _checked("t", t, (batch, 64))


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
    (
        W1,
        b1,
        W2,
        b2,
        W3,
        b3,
        W4,
        b4,
        W5,
        b5,
        W6,
        b6,
        W7,
        b7,
        W8,
        b8,
        W9,
        b9,
        W10,
        b10,
        W11,
        b11,
        W12,
        b12,
        W13,
        b13,
        W14,
        b14,
        W15,
        b15,
        W16,
        b16,
    ) = parameters
    z1 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z1[b, j] = sum(W1[j, p] * x[b, p] for p in range(64)) + b1[j]
    a1 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a1[b, j] = np.tanh(z1[b, j])
    z2 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z2[b, j] = sum(W2[j, p] * a1[b, p] for p in range(64)) + b2[j]
    a2 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a2[b, j] = np.tanh(z2[b, j])
    z3 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z3[b, j] = sum(W3[j, p] * a2[b, p] for p in range(64)) + b3[j]
    a3 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a3[b, j] = np.tanh(z3[b, j])
    z4 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z4[b, j] = sum(W4[j, p] * a3[b, p] for p in range(64)) + b4[j]
    a4 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a4[b, j] = np.tanh(z4[b, j])
    z5 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z5[b, j] = sum(W5[j, p] * a4[b, p] for p in range(64)) + b5[j]
    a5 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a5[b, j] = np.tanh(z5[b, j])
    z6 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z6[b, j] = sum(W6[j, p] * a5[b, p] for p in range(64)) + b6[j]
    a6 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a6[b, j] = np.tanh(z6[b, j])
    z7 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z7[b, j] = sum(W7[j, p] * a6[b, p] for p in range(64)) + b7[j]
    a7 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a7[b, j] = np.tanh(z7[b, j])
    z8 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z8[b, j] = sum(W8[j, p] * a7[b, p] for p in range(64)) + b8[j]
    a8 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a8[b, j] = np.tanh(z8[b, j])
    z9 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z9[b, j] = sum(W9[j, p] * a8[b, p] for p in range(64)) + b9[j]
    a9 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a9[b, j] = np.tanh(z9[b, j])
    z10 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z10[b, j] = sum(W10[j, p] * a9[b, p] for p in range(64)) + b10[j]
    a10 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a10[b, j] = np.tanh(z10[b, j])
    z11 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z11[b, j] = sum(W11[j, p] * a10[b, p] for p in range(64)) + b11[j]
    a11 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a11[b, j] = np.tanh(z11[b, j])
    z12 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z12[b, j] = sum(W12[j, p] * a11[b, p] for p in range(64)) + b12[j]
    a12 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a12[b, j] = np.tanh(z12[b, j])
    z13 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z13[b, j] = sum(W13[j, p] * a12[b, p] for p in range(64)) + b13[j]
    a13 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a13[b, j] = np.tanh(z13[b, j])
    z14 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z14[b, j] = sum(W14[j, p] * a13[b, p] for p in range(64)) + b14[j]
    a14 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a14[b, j] = np.tanh(z14[b, j])
    z15 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z15[b, j] = sum(W15[j, p] * a14[b, p] for p in range(64)) + b15[j]
    a15 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a15[b, j] = np.tanh(z15[b, j])
    z16 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            z16[b, j] = sum(W16[j, p] * a15[b, p] for p in range(64)) + b16[j]
    a16 = np.empty((batch, 64), complex)
    for b in range(batch):
        for j in range(64):
            a16[b, j] = np.tanh(z16[b, j])
    loss = np.empty((batch,), complex)
    for b in range(batch):
        loss[b] = 0.5 * sum((a16[b, j] - t[b, j]) ** 2 for j in range(64))
    cost = sum(loss[b] for b in range(batch)) / batch
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
    for first in range(8):
        places = range(first, len(SHAPES), 8)
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
    x = random.uniform(-1, 1, (batch, 64)).astype(DTYPE)
    t = random.uniform(0.1, 0.9, (batch, 64)).astype(DTYPE)
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
    """``python deep_tanh_16.py --selftest``: exit status 0 if every check passes."""
    if arguments != ["--selftest"]:
        print("usage: python deep_tanh_16.py --selftest", file=sys.stderr)
        return 2
    return 0 if selftest() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
