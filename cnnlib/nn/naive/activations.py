"""ReLU, tanh, sigmoid, softmax and dropout, as loops."""

import math

import numpy as np


def relu_forward(x):
    """``y = x`` where x is above zero, else 0; NaN stays NaN."""
    y = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if not x[place] <= 0:
            y[place] = x[place]
    return y, x


def relu_backward(dy, cache):
    """``dx = dy`` where x was above zero (or NaN), else 0."""
    x, dx = cache, np.zeros_like(cache)
    for place in np.ndindex(x.shape):
        if not x[place] <= 0:
            dx[place] = dy[place]
    return dx


def tanh_forward(x):
    """``y = tanh(x)``."""
    y = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        y[place] = math.tanh(x[place])
    return y, y


def tanh_backward(dy, cache):
    """``dx = dy * (1 - y**2)``."""
    y, dx = cache, np.zeros_like(cache)
    for place in np.ndindex(y.shape):
        dx[place] = dy[place] * (1 - y[place] ** 2)
    return dx


def sigmoid_forward(x):
    """``y = 1 / (1 + exp(-x))``, written so that exp never overflows."""
    y = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        e = math.exp(-abs(x[place]))
        y[place] = 1 / (1 + e) if x[place] >= 0 else e / (1 + e)
    return y, y


def sigmoid_backward(dy, cache):
    """``dx = dy * y * (1 - y)``."""
    y, dx = cache, np.zeros_like(cache)
    for place in np.ndindex(y.shape):
        dx[place] = dy[place] * y[place] * (1 - y[place])
    return dx


def softmax(x, axis=-1):
    """``exp(x - max) / sum of exp(x - max)`` along an axis."""
    return np.apply_along_axis(_softmax_of_row, axis, x).astype(x.dtype)


def log_softmax(x, axis=-1):
    """``x - max - log(sum of exp(x - max))`` along an axis."""
    return np.apply_along_axis(_log_softmax_of_row, axis, x).astype(x.dtype)


def dropout_forward(x, p, rng):
    """Each number is dropped with probability p; the order of the draws is that of batch-last memory."""
    order = (2, 3, 1, 0) if x.ndim == 4 else tuple(reversed(range(x.ndim)))
    factors = np.zeros_like(x)
    for place in np.ndindex(*(x.shape[axis] for axis in order)):
        logical_place = tuple(place[order.index(axis)] for axis in range(x.ndim))
        if rng.random(dtype=x.dtype) >= p:
            factors[logical_place] = 1 / (1 - p)
    return x * factors, factors


def dropout_backward(dy, cache):
    """``dx = dy * factors``."""
    return dy * cache


def _softmax_of_row(row):
    powers = [math.exp(v - max(row)) for v in row]
    return np.array([power / math.fsum(powers) for power in powers])


def _log_softmax_of_row(row):
    log_sum = math.log(math.fsum(math.exp(v - max(row)) for v in row))
    return np.array([v - max(row) - log_sum for v in row])
