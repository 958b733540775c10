"""The losses of ``systems.py`` once more as plain NumPy, written from the papers and not from the equations."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

Array = Any


def squares(a: Array, y: Array) -> Array:
    return ((a - y) ** 2).sum() / 2


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def attend(q: Array, k: Array, v: Array) -> Array:
    future = np.triu(np.ones((len(q), len(k))), 1)
    return softmax(q @ k.T / np.sqrt(q.shape[1]) - 1e9 * future) @ v


def attention(x: Array, m: Array, y: Array, A: Array, B: Array, C: Array) -> Array:
    return squares(attend(x @ A.T, m @ B.T, m @ C.T), y)


def attention_in_one_line(y: Array, Q: Array, K: Array, V: Array) -> Array:
    return squares(attend(Q, K, V), y)


def normed(u: Array, axis: int) -> Array:
    return (u - u.mean(axis, keepdims=True)) / np.sqrt(u.var(axis, keepdims=True) + 1e-5)


def layer_norm(x: Array, y: Array, W: Array, gamma: Array, beta: Array) -> Array:
    return squares(gamma * normed(x @ W.T, 1) + beta, y)


def batch_norm(x: Array, y: Array, W: Array, gamma: Array, beta: Array) -> Array:
    return squares(np.tanh(gamma * normed(x @ W.T, 0) + beta), y)


def rnn(x: Array, y: Array, U: Array, W: Array, b: Array) -> Array:
    h, loss = np.zeros(len(b)), 0.0
    for now, wanted in zip(x, y, strict=True):
        h = np.tanh(U @ h + W @ now + b)
        loss = loss + squares(h, wanted)
    return loss


rnn_with_pre_activation = rnn


def lstm(x: Array, y: Array, **p: Array) -> Array:
    h = c = np.zeros(y.shape[1])
    loss = 0.0
    for now, wanted in zip(x, y, strict=True):
        i, f, o, g = (p["U" + gate] @ h + p["W" + gate] @ now + p["b" + gate] for gate in "ifog")
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        loss = loss + squares(h, wanted)
    return loss


def convolution_1d(y: Array, x: Array, w: Array, b: Array) -> Array:
    zeros = np.zeros((len(x), 1))
    padded = np.concatenate([zeros, x, zeros], axis=1)
    windows = np.stack([padded[:, 2 * o : 2 * o + w.shape[2]] for o in range(y.shape[1])])
    return squares(relu((w[:, None] * windows[None]).sum((2, 3)) + b[:, None]), y)


def convolution_2d(x: Array, y: Array, w: Array, k: Array) -> Array:
    rows, columns = x.shape[1] - 2, x.shape[2] - 2
    shifted = [[x[:, 2 * u : 2 * u + rows, 2 * v : 2 * v + columns] for v in range(2)] for u in range(2)]
    z = sum(np.tensordot(w[:, :, u, v], shifted[u][v], 1) for u in range(2) for v in range(2))
    return squares(np.tensordot(k, np.tanh(z), 1)[:, :, 1:], y)


def convolution_input(y: Array, x: Array, w: Array) -> Array:
    padded = np.concatenate([np.zeros(1), x, np.zeros(1)])
    return squares(sum(w[u] * padded[u : u + len(x)] for u in range(3)), y)


def max_pooling(x: Array, y: Array, W: Array) -> Array:
    z = W @ x
    return squares(z.reshape(len(z), -1, 2).max(axis=2), y)


def embedding(e: Array, y: Array, W: Array) -> Array:
    return squares(e @ W, y)


def bilinear(x: Array, u: Array, y: Array, W: Array) -> Array:
    return squares(np.stack([(x @ own * u).sum(1) for own in W], axis=1), y)


def mixture(x: Array, y: Array, G: Array, A: Array, B: Array) -> Array:
    g = softmax(x @ G.T)
    return squares(g[:, :1] * np.tanh(x @ A.T) + g[:, 1:] * (x @ B.T), y)


def highway(x: Array, y: Array, W: Array, b1: Array, V: Array, b2: Array) -> Array:
    for _ in range(2):
        gate = sigmoid(x @ V.T + b2)
        x = gate * relu(x @ W.T + b1) + (1 - gate) * x
    return squares(x, y)


def tied_weights(x: Array, W: Array) -> Array:
    return squares(sigmoid(x @ W.T) @ W, x)


def pairs(x: Array, W: Array) -> Array:
    r = x @ W.T
    repelled = sum(1 / (1 + ((r[n] - r[m]) ** 2).sum()) for m in range(len(r)) for n in range(m))
    return repelled + (r**2).sum() / 2


def concatenation(x: Array, y: Array, A: Array, B: Array, W: Array) -> Array:
    return squares(W @ np.concatenate([np.tanh(A @ x), sigmoid(B @ x)]), y)


concatenation_by_brackets = concatenation


def log_sum_exp(x: Array, y: Array, W: Array) -> Array:
    z = x @ W.T
    return (np.log(np.exp(z).sum(1)) - (y * z).sum(1)).sum()
