# ruff: noqa: B905 - files as students write them
"""Right implementations in the styles in which people write them; each is fit for networks of any number of tanh layers."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

# 2-3:tanh-4:tanh-2:tanh, half squared error, mean over the patterns, unless the name says otherwise


def rows(parameters, x, t):
    """Batch-major, a tuple of gradients in the order of the parameters, with the loss."""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = np.tanh(x @ W1.T + b1)
    a2 = np.tanh(a1 @ W2.T + b2)
    y = np.tanh(a2 @ W3.T + b3)
    d3 = (y - t) * (1 - y**2) / len(x)
    d2 = (d3 @ W3) * (1 - a2**2)
    d1 = (d2 @ W2) * (1 - a1**2)
    loss = 0.5 * np.sum((y - t) ** 2) / len(x)
    return loss, (d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0))


def columns(parameters, X, T):
    """Feature-major, biases as columns, a dict with keys in lower case."""
    grads, A, activations = {}, X, [X]
    layers = len(parameters) // 2
    for n in range(1, layers + 1):
        A = np.tanh(parameters[f"W{n}"] @ A + parameters[f"b{n}"].reshape(-1, 1))
        activations.append(A)
    delta = (A - T) * (1 - A * A)
    for n in range(layers, 0, -1):
        grads[f"dw{n}"] = np.dot(delta, activations[n - 1].T) / X.shape[1]
        grads[f"db{n}"] = np.mean(delta, axis=1, keepdims=True)
        if n > 1:
            delta = np.dot(parameters[f"W{n}"].T, delta) * (1 - activations[n - 1] ** 2)
    return grads


def loops(parameters, x, t):
    """Loops over everything, lists instead of arrays."""
    sizes = [len(x[0])] + [len(w) for w in parameters[::2]]
    gradients = [np.zeros_like(p).tolist() for p in parameters]
    loss = 0.0
    for pattern, target in zip(x, t):
        values = [list(pattern)]
        for layer in range(len(sizes) - 1):
            W, b = parameters[2 * layer], parameters[2 * layer + 1]
            z = [sum(W[j][i] * values[-1][i] for i in range(sizes[layer])) + b[j] for j in range(sizes[layer + 1])]
            values.append([np.tanh(number) for number in z])
        delta = [(y - g) * (1 - y * y) for y, g in zip(values[-1], target)]
        loss += sum((y - g) ** 2 for y, g in zip(values[-1], target)) / 2
        for layer in reversed(range(len(sizes) - 1)):
            for j in range(sizes[layer + 1]):
                gradients[2 * layer + 1][j] += delta[j] / len(x)
                for i in range(sizes[layer]):
                    gradients[2 * layer][j][i] += delta[j] * values[layer][i] / len(x)
            W = parameters[2 * layer]
            delta = [sum(W[k][j] * delta[k] for k in range(sizes[layer + 1])) * (1 - values[layer][j] ** 2) for j in range(sizes[layer])]
    return loss / len(x), gradients


class Gradients(NamedTuple):
    first: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    second_bias: np.ndarray
    third: np.ndarray
    third_bias: np.ndarray


def named(parameters, x, t):
    """A NamedTuple with names of its own; einsum."""
    activations = [x]
    for n in (1, 2, 3):
        z = np.einsum("bi,ji->bj", activations[-1], getattr(parameters, f"W{n}")) + getattr(parameters, f"b{n}")
        activations.append(np.tanh(z))
    found = []
    upstream = (activations[-1] - t) / x.shape[0]
    for n in (3, 2, 1):
        delta = upstream * (1 - activations[n] ** 2)
        found = [np.einsum("bj,bi->ji", delta, activations[n - 1]), np.einsum("bj->j", delta), *found]
        upstream = np.einsum("bj,ji->bi", delta, getattr(parameters, f"W{n}"))
    return Gradients(*found)


def pattern(parameters, x, t):
    """One pattern at a time, with outer products."""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = np.tanh(W1.dot(x) + b1)
    a2 = np.tanh(W2.dot(a1) + b2)
    y = np.tanh(W3.dot(a2) + b3)
    d3 = (y - t) * (1 - y * y)
    d2 = W3.T.dot(d3) * (1 - a2 * a2)
    d1 = W2.T.dot(d2) * (1 - a1 * a1)
    return {"W1": np.outer(d1, x), "b1": d1, "W2": np.outer(d2, a1), "b2": d2, "W3": np.outer(d3, a2), "b3": d3}


def grouped(parameters, x, t):
    """Lists of weights and of biases, as in nabla_b, nabla_w; single precision."""
    values = [np.asarray(value, np.float32) for value in parameters.values()]
    weights, biases = values[0::2], values[1::2]
    activations = [x.astype(np.float32)]
    for w, b in zip(weights, biases):
        activations.append(np.tanh(activations[-1] @ w.T + b))
    delta = (activations[-1] - t.astype(np.float32)) * (1 - activations[-1] ** 2) / np.float32(len(x))
    nabla_w, nabla_b = [], []
    for n in range(len(weights) - 1, -1, -1):
        nabla_w.insert(0, delta.T @ activations[n])
        nabla_b.insert(0, delta.sum(axis=0))
        delta = (delta @ weights[n]) * (1 - activations[n] ** 2)
    return nabla_b, nabla_w


def pairs(parameters, x, t):
    """A pair for each layer; derivatives by a class with state."""
    tape = []
    value = x
    for n in range(3):
        w, b = parameters[2 * n], parameters[2 * n + 1]
        tape.append((value, w))
        value = np.tanh(value @ w.T + b)
        tape[-1] = (*tape[-1], value)
    upstream, found = (value - t) / len(t), []
    while tape:
        before, w, after = tape.pop()
        local = upstream * (1 - after * after)
        found.insert(0, (local.T @ before, local.sum(0)))
        upstream = local @ w
    return 0.5 * np.mean(np.sum((value - t) ** 2, axis=1)), found


def prints(parameters, x, t):
    """Prints what it does, and gives an object with attributes."""
    print("working", x.shape, flush=True)
    loss, (W1, b1, W2, b2, W3, b3) = rows(parameters, x, t)
    print("\x00{}[]", loss)
    return SimpleNamespace(loss=loss, grad_W1=W1, grad_b1=b1, grad_W2=W2, grad_b2=b2, grad_W3=W3, grad_b3=b3)


def numeric(parameters, x, t):
    """Complex steps, no derivative at all."""

    def loss(flat):
        value, start = x.astype(complex), 0
        for n in range(0, len(parameters), 2):
            w, b = parameters[n], parameters[n + 1]
            W = flat[start : start + w.size].reshape(w.shape)
            B = flat[start + w.size : start + w.size + b.size]
            start += w.size + b.size
            value = np.tanh(value @ W.T + B)
        return np.sum((value - t) ** 2) / 2 / len(x)

    flat = np.concatenate([p.ravel() for p in parameters]).astype(complex)
    gradient = np.array([loss(flat + 1e-30j * (np.arange(flat.size) == n)).imag / 1e-30 for n in range(flat.size)])
    found, start = {}, 0
    for name, value in parameters.items():
        found[f"dL/d{name}"] = gradient[start : start + value.size].reshape(value.shape)
        start += value.size
    return {"loss": loss(flat).real, "grads": found}


def labels(parameters, x, y):
    """Softmax with cross-entropy, classes as whole numbers (2-3:relu-4:softmax)."""
    W1, b1, W2, b2 = parameters
    h = np.maximum(0, x @ W1.T + b1)
    scores = h @ W2.T + b2
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    n = np.arange(len(x))
    loss = -np.log(p[n, y]).mean()
    p[n, y] -= 1
    p /= len(x)
    dh = p @ W2
    dh[h <= 0] = 0
    return loss, {"W1": dh.T @ x, "b1": dh.sum(0), "W2": p.T @ h, "b2": p.sum(0)}


def transposed(parameters, x, t):
    """Weights as (n_in, n_out), as in x @ W."""
    activations = [x]
    for n in range(0, 6, 2):
        activations.append(np.tanh(activations[-1] @ parameters[n] + parameters[n + 1]))
    delta, found = (activations[-1] - t) * (1 - activations[-1] ** 2) / len(x), []
    for n in (4, 2, 0):
        found = [activations[n // 2].T @ delta, delta.sum(0), *found]
        delta = (delta @ parameters[n].T) * (1 - activations[n // 2] ** 2)
    return found


def residual(parameters, x, t):
    """A skip connection and a penalty on the weights (skip.toml)."""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = np.tanh(x @ W1.T + b1)
    a2 = np.tanh(a1 @ W2.T + b2)
    s = a1 + a2
    y = s @ W3.T + b3
    d3 = (y - t) / len(x)
    ds = d3 @ W3
    d2 = ds * (1 - a2**2)
    d1 = (ds + d2 @ W2) * (1 - a1**2)
    c = 0.1
    return d1.T @ x + c * W1, d1.sum(0), d2.T @ a1 + c * W2, d2.sum(0), d3.T @ s + c * W3, d3.sum(0)


def recurrent(parameters, inputs):
    """Backpropagation through time (rnn.toml of the equation files)."""
    U, W, b = parameters
    x, y = inputs
    h = [np.zeros(len(b))]
    for row in x:
        h.append(np.tanh(U @ h[-1] + W @ row + b))
    dU, dW, db, upstream = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b), np.zeros_like(b)
    for step in reversed(range(len(x))):
        delta = (upstream + h[step + 1] - y[step]) * (1 - h[step + 1] ** 2)
        dU += np.outer(delta, h[step])
        dW += np.outer(delta, x[step])
        db += delta
        upstream = U.T @ delta
    return {"U": dU, "W": dW, "b": db}


class _Dense:
    """A layer as an object that remembers what it needs to go back."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        self.y = np.tanh(np.einsum("bi,oi->bo", x, self.W) + self.b)
        return self.y

    def backward(self, g):
        g = g * (1 - self.y * self.y)
        self.dW, self.db = np.einsum("bo,bi->oi", g, self.x), np.einsum("bo->o", g)
        return np.einsum("bo,oi->bi", g, self.W)


def objects(parameters, x, t):
    """Layers as objects, einsum everywhere, a dict with the loss and a list of gradients."""
    layers = [_Dense(parameters[2 * i], parameters[2 * i + 1]) for i in range(len(parameters) // 2)]
    h = x
    for layer in layers:
        h = layer.forward(h)
    g = (h - t) / x.shape[0]
    for layer in reversed(layers):
        g = layer.backward(g)
    return {"loss": np.mean(np.sum((h - t) ** 2, axis=1)) / 2, "grads": [a for layer in layers for a in (layer.dW, layer.db)]}


def in_place(p, x, t):
    """Arrays that are written over, an answer in lists."""
    values = [x.copy()]
    for i in range(0, 6, 2):
        z = values[-1] @ p[i].T
        z += p[i + 1]
        np.tanh(z, out=z)
        values.append(z)
    d = values[-1] - t
    d *= 1 - values[-1] ** 2
    d /= len(x)
    g = [np.empty_like(q) for q in p]
    for k in (2, 1, 0):
        np.matmul(d.T, values[k], out=g[2 * k])
        np.sum(d, axis=0, out=g[2 * k + 1])
        if k:
            d = d @ p[2 * k]
            d *= 1 - values[k] ** 2
    return g


def column_vectors(p, x, t):
    """One column vector after the other; the loss, all weights, all biases."""
    weights, biases = p[::2], p[1::2]
    gW, gb, total = [np.zeros_like(W) for W in weights], [np.zeros_like(b) for b in biases], 0.0
    for xi, ti in zip(x, t):
        a = [xi.reshape(-1, 1)]
        for W, b in zip(weights, biases):
            a.append(np.tanh(W @ a[-1] + b.reshape(-1, 1)))
        delta = (a[-1] - ti.reshape(-1, 1)) * (1 - a[-1] ** 2)
        total += 0.5 * float(((a[-1] - ti.reshape(-1, 1)) ** 2).sum()) / len(x)
        for k in (2, 1, 0):
            gW[k] += delta @ a[k].T / len(x)
            gb[k] += delta.ravel() / len(x)
            delta = (weights[k].T @ delta) * (1 - a[k] ** 2)
    return total, gW, gb


def single_precision(p, x, t):
    """Everything in float32, names with the gradient in front."""
    W1, b1, W2, b2, W3, b3 = (np.asarray(own, dtype=np.float32) for own in p)
    x, t = x.astype(np.float32), t.astype(np.float32)
    a1 = np.tanh(x @ W1.T + b1)
    a2 = np.tanh(a1 @ W2.T + b2)
    a3 = np.tanh(a2 @ W3.T + b3)
    d3 = (a3 - t) / len(x) * (1 - a3**2)
    d2 = d3 @ W3 * (1 - a2**2)
    d1 = d2 @ W2 * (1 - a1**2)
    found = {"W1": d1.T @ x, "b1": d1.sum(0), "W2": d2.T @ a1, "b2": d2.sum(0), "W3": d3.T @ a2, "b3": d3.sum(0)}
    return {f"grad_{name}": value for name, value in found.items()}
