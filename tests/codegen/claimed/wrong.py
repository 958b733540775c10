# ruff: noqa: RUF059 - files as students write them
"""Functions with one classic bug each; the word after the name of a function in the comment is the family a verdict must name."""

import numpy as np

# Two layers (2-3:tanh-2), half squared error, mean over the patterns.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(parameters, x):
    W1, b1, W2, b2 = parameters
    z1 = x @ W1.T + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2.T + b2
    return z1, a1, z2, sigmoid(z2)


def backward(parameters, x, a1, d2, d1):
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0)


def target_minus_output(parameters, x, t):  # sign
    z1, a1, z2, y = forward(parameters, x)
    d2 = (t - y) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1**2))


def hidden_sign(parameters, x, t):  # sign
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, -(d2 @ parameters.W2) * (1 - a1**2))


def plus_in_slope(parameters, x, t):  # sign
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 + a1**2))


def two_of_the_square(parameters, x, t):  # factor
    z1, a1, z2, y = forward(parameters, x)
    d2 = 2 * (y - t) * y * (1 - y) / len(x)
    return 0.5 * np.sum((y - t) ** 2) / len(x), backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1**2))


def two_in_one_layer(parameters, x, t):  # factor
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, 2 * (d2 @ parameters.W2) * (1 - a1**2))


def mean_over_outputs(parameters, x, t):  # factor
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / y.size
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1**2))


def not_averaged(parameters, x, t):  # reduction
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y)
    return 0.5 * np.sum((y - t) ** 2) / len(x), backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1**2))


def biases_not_averaged(parameters, x, t):  # reduction
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x / len(x), d1.sum(0), d2.T @ a1 / len(x), d2.sum(0)


def averaged_twice(parameters, x, t):  # reduction
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.mean(0), d2.T @ a1, d2.mean(0)


def last_pattern_only(parameters, x, t):  # reduction
    z1, a1, z2, y = forward(parameters, x)
    for n in range(len(x)):
        d2 = (y[n] - t[n]) * y[n] * (1 - y[n]) / len(x)
        d1 = parameters.W2.T @ d2 * (1 - a1[n] ** 2)
        found = np.outer(d1, x[n]), d1, np.outer(d2, a1[n]), d2  # = where += belongs
    return found


def weights_not_transposed(parameters, x, t):  # transpose
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2.T * (1 - a1**2))


def one_gradient_transposed(parameters, x, t):  # transpose
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), a1.T @ d2, d2.sum(0)


def all_gradients_transposed(parameters, x, t):  # transpose
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0)


def no_slope_hidden(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2)


def no_slope_output(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1**2))


def slope_at_pre_activation(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - z1**2))


def slope_at_output(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * sigmoid(y) * (1 - sigmoid(y)) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - np.tanh(a1) ** 2))


def slope_of_sigmoid(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (sigmoid(z1) * (1 - sigmoid(z1))))


def value_for_slope(parameters, x, t):  # derivative
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * a1)


def exponent_lost(parameters, x, t):  # exponent
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ parameters.W2 * (1 - a1))


def bias_with_input(parameters, x, t):  # bias
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2


def bias_over_units(parameters, x, t):  # bias
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(1), d2.T @ a1, d2.sum(1)


def no_biases(parameters, x, t):  # bias
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return {"W1": d1.T @ x, "W2": d2.T @ a1}


def bias_forgotten_forward(parameters, x, t):  # bias
    W1, b1, W2, b2 = parameters
    a1 = np.tanh(x @ W1.T)
    y = sigmoid(a1 @ W2.T + b2)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, a1, d2, d2 @ W2 * (1 - a1**2))


def pre_activation_in_product(parameters, x, t):  # layer
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    return backward(parameters, x, z1, d2, d2 @ parameters.W2 * (1 - a1**2))


def updates_too_early(parameters, x, t):  # other
    z1, a1, z2, y = forward(parameters, x)
    d2 = (y - t) * y * (1 - y) / len(x)
    dW2, db2 = d2.T @ a1, d2.sum(0)
    parameters.W2[:] -= 0.5 * dW2
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), dW2, db2


# Three layers of equal width (3-3:tanh-3:tanh-3), where no shape helps.


def deep(parameters, x, t):
    a1 = np.tanh(x @ parameters.W1.T + parameters.b1)
    a2 = np.tanh(a1 @ parameters.W2.T + parameters.b2)
    y = sigmoid(a2 @ parameters.W3.T + parameters.b3)
    return a1, a2, y, (y - t) * y * (1 - y) / len(x)


def wrong_layer_in_product(parameters, x, t):  # layer
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W3 * (1 - a2**2)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), d2.T @ a2, d2.sum(0), d3.T @ a2, d3.sum(0)


def wrong_layer_of_slope(parameters, x, t):  # layer
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W3 * (1 - a1**2)
    d1 = d2 @ parameters.W2 * (1 - x**2)
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)


def wrong_weights(parameters, x, t):  # layer
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W2 * (1 - a2**2)
    d1 = d2 @ parameters.W1 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)


def transposed_everywhere(parameters, x, t):  # transpose
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W3.T * (1 - a2**2)
    d1 = d2 @ parameters.W2.T * (1 - a1**2)
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)


def no_slopes(parameters, x, t):  # derivative
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W3
    d1 = d2 @ parameters.W2
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)


def exchanged_product(parameters, x, t):  # transpose
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 @ parameters.W3 * (1 - a2**2)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), a1.T @ d2, d2.sum(0), d3.T @ a2, d3.sum(0)


def one_term_of_the_sum(parameters, x, t):  # index
    a1, a2, y, d3 = deep(parameters, x, t)
    d2 = d3 * np.diag(parameters.W3) * (1 - a2**2)
    d1 = d2 @ parameters.W2 * (1 - a1**2)
    return d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)


# A skip connection and a penalty (skip.toml).


def skip(parameters, x, t, c=0.1, through=True, straight=True):
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = np.tanh(x @ W1.T + b1)
    a2 = np.tanh(a1 @ W2.T + b2)
    s = a1 + a2
    d3 = (s @ W3.T + b3 - t) / len(x)
    d2 = d3 @ W3 * (1 - a2**2)
    d1 = (straight * (d3 @ W3) + through * (d2 @ W2)) * (1 - a1**2)
    return d1.T @ x + c * W1, d1.sum(0), d2.T @ a1 + c * W2, d2.sum(0), d3.T @ s + c * W3, d3.sum(0)


def skip_forgotten(parameters, x, t):  # path
    return skip(parameters, x, t, straight=False)


def only_the_skip(parameters, x, t):  # path
    return skip(parameters, x, t, through=False)


def no_penalty(parameters, x, t):  # path
    return skip(parameters, x, t, c=0.0)


def penalty_without_half(parameters, x, t):  # factor
    return skip(parameters, x, t, c=0.2)


# Softmax and cross-entropy behind relu (2-3:relu-4:softmax).


def softmax(parameters, x):
    W1, b1, W2, b2 = parameters
    h = np.maximum(0, x @ W1.T + b1)
    z = h @ W2.T + b2
    p = np.exp(z - z.max(1, keepdims=True))
    return h, p / p.sum(1, keepdims=True)


def softmax_entry_by_entry(parameters, x, t):  # path
    h, p = softmax(parameters, x)
    d2 = -t / p * p * (1 - p) / len(x)
    return backward(parameters, x, h, d2, d2 @ parameters.W2 * (h > 0))


def slope_behind_cross_entropy(parameters, x, t):  # derivative
    h, p = softmax(parameters, x)
    d2 = (p - t) * p * (1 - p) / len(x)
    return backward(parameters, x, h, d2, d2 @ parameters.W2 * (h > 0))


def relu_turned(parameters, x, t):  # condition
    h, p = softmax(parameters, x)
    d2 = (p - t) / len(x)
    return backward(parameters, x, h, d2, d2 @ parameters.W2 * (h <= 0))


def relu_kink(parameters, x, t):  # kink
    h, p = softmax(parameters, x)
    d2 = (p - t) / len(x)
    return backward(parameters, x, h, d2, d2 @ parameters.W2 * (x @ parameters.W1.T + parameters.b1 >= 0))


def relu_slope_forgotten(parameters, x, t):  # derivative
    h, p = softmax(parameters, x)
    d2 = (p - t) / len(x)
    return backward(parameters, x, h, d2, d2 @ parameters.W2)
