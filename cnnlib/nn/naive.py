"""The functions of `cnnlib.nn.functional` again, as plain loops: to be read, and to test against.

Every loop writes out one sum of the mathematics. Arguments and results are those of `cnnlib.nn.functional`;
arguments are not checked here, and nothing is fast: about a thousand times slower, for small arrays only.

>>> x = np.arange(9.0).reshape(1, 1, 3, 3)
>>> conv2d_forward(x, np.ones((1, 1, 2, 2)), None)[0][0, 0]
array([[ 8., 12.],
       [20., 24.]])
"""

import math
from itertools import product

import numpy as np


def conv2d_forward(x, w, b, stride=1, padding=0):
    """``y[n,f,i,j] = b[f] + sum over c, p, q of x[n, c, i*stride+p-pad, j*stride+q-pad] * w[f,c,p,q]``."""
    (n_images, n_channels, height, width), (n_kernels, _, kh, kw) = x.shape, w.shape
    (sh, sw), (ph, pw) = _pair(stride), _pair(padding)
    rows, columns = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    y = np.zeros((n_images, n_kernels, rows, columns), x.dtype)
    for n, f, i, j in np.ndindex(y.shape):
        if b is not None:
            y[n, f, i, j] = b[f]
        for c, p, q in product(range(n_channels), range(kh), range(kw)):
            row, column = i * sh + p - ph, j * sw + q - pw
            if 0 <= row < height and 0 <= column < width:
                y[n, f, i, j] += x[n, c, row, column] * w[f, c, p, q]
    return y, (x, w, b, (sh, sw), (ph, pw))


def conv2d_backward(dy, cache):
    """Each product ``x * w`` of the forward pass hands ``dy * w`` to its x and ``dy * x`` to its w."""
    x, w, b, (sh, sw), (ph, pw) = cache
    (_, n_channels, height, width), (_, _, kh, kw) = x.shape, w.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w, x.dtype), None if b is None else np.zeros_like(b, x.dtype)
    for n, f, i, j in np.ndindex(dy.shape):
        if b is not None:
            db[f] += dy[n, f, i, j]
        for c, p, q in product(range(n_channels), range(kh), range(kw)):
            row, column = i * sh + p - ph, j * sw + q - pw
            if 0 <= row < height and 0 <= column < width:
                dx[n, c, row, column] += dy[n, f, i, j] * w[f, c, p, q]
                dw[f, c, p, q] += dy[n, f, i, j] * x[n, c, row, column]
    return dx, dw, db


def linear_forward(x, w, b):
    """``y[n,m] = b[m] + sum over d of x[n,d] * w[d,m]``."""
    y = np.zeros((x.shape[0], w.shape[1]), x.dtype)
    for n, m in np.ndindex(y.shape):
        if b is not None:
            y[n, m] = b[m]
        for d in range(x.shape[1]):
            y[n, m] += x[n, d] * w[d, m]
    return y, (x, w, b)


def linear_backward(dy, cache):
    """Each product ``x * w`` hands ``dy * w`` to its x and ``dy * x`` to its w."""
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w, x.dtype), None if b is None else np.zeros_like(b, x.dtype)
    for n, m in np.ndindex(dy.shape):
        if b is not None:
            db[m] += dy[n, m]
        for d in range(x.shape[1]):
            dx[n, d] += dy[n, m] * w[d, m]
            dw[d, m] += dy[n, m] * x[n, d]
    return dx, dw, db


def flatten_forward(x):
    """``y[n, (c*H + h)*W + w] = x[n,c,h,w]``."""
    n_images, n_channels, height, width = x.shape
    y = np.zeros((n_images, n_channels * height * width), x.dtype)
    for n, c, h, w in np.ndindex(x.shape):
        y[n, (c * height + h) * width + w] = x[n, c, h, w]
    return y, x.shape


def flatten_backward(dy, cache):
    """``dx[n,c,h,w] = dy[n, (c*H + h)*W + w]``."""
    dx = np.zeros(cache, dy.dtype)
    for n, c, h, w in np.ndindex(dx.shape):
        dx[n, c, h, w] = dy[n, (c * dx.shape[2] + h) * dx.shape[3] + w]
    return dx


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


def maxpool2d_forward(x, kernel_size, stride=None):
    """The largest number of every window, NaN if one of them is."""
    y = np.zeros(_pooled_shape(x, kernel_size, stride), x.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        row, column = _winner(x[n, c], i, j, kernel_size, stride)
        y[n, c, i, j] = x[n, c, row, column]
    return y, (x, kernel_size, stride)


def maxpool2d_backward(dy, cache):
    """The place of the first maximum of each window gets its gradient."""
    x, kernel_size, stride = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        row, column = _winner(x[n, c], i, j, kernel_size, stride)
        dx[n, c, row, column] += dy[n, c, i, j]
    return dx


def avgpool2d_forward(x, kernel_size, stride=None):
    """The mean of every window."""
    y = np.zeros(_pooled_shape(x, kernel_size, stride), x.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        places = _window(i, j, kernel_size, stride)
        for row, column in places:
            y[n, c, i, j] += x[n, c, row, column] / len(places)
    return y, (x, kernel_size, stride)


def avgpool2d_backward(dy, cache):
    """Every place of a window gets the same share of its gradient."""
    x, kernel_size, stride = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        places = _window(i, j, kernel_size, stride)
        for row, column in places:
            dx[n, c, row, column] += dy[n, c, i, j] / len(places)
    return dx


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


def batchnorm2d_forward(x, gamma, beta, mean=None, var=None, eps=1e-5):
    """``y = gamma * (x - mean) / sqrt(var + eps) + beta``, channel by channel."""
    from_batch, c_count = mean is None, x.shape[1]
    if from_batch:
        values = [x[:, c].ravel().tolist() for c in range(c_count)]
        mean = np.array([math.fsum(v) / len(v) for v in values])
        var = np.array(
            [math.fsum((t - m) ** 2 for t in v) / len(v) for v, m in zip(values, mean, strict=True)]
        )
    y = np.zeros_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i, j] = gamma[c] * (x[n, c, i, j] - mean[c]) / math.sqrt(var[c] + eps) + beta[c]
    return y, (x, gamma, mean, var, eps, from_batch)


def batchnorm2d_backward(dy, cache):
    """The chain rule from y back to x, directly and through mean and variance.

    ``dmean = -sum(dx_hat) / std`` and ``dvar = -sum(dx_hat * (x - mean)) / (2 std**3)``; each x adds
    ``1 / count`` to the mean and ``2 (x - mean) / count`` to the variance.
    """
    x, gamma, mean, var, eps, from_batch = cache
    dx, dgamma, dbeta = np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(x.shape[1]):
        std, count, d_mean, d_var = math.sqrt(var[c] + eps), x[:, c].size, 0.0, 0.0
        for n, i, j in np.ndindex(x[:, c].shape):
            away, d_hat = x[n, c, i, j] - mean[c], dy[n, c, i, j] * gamma[c]
            dgamma[c] += dy[n, c, i, j] * away / std
            dbeta[c] += dy[n, c, i, j]
            d_mean -= d_hat / std
            d_var -= d_hat * away / (2 * std**3)
        for n, i, j in np.ndindex(x[:, c].shape):
            dx[n, c, i, j] = dy[n, c, i, j] * gamma[c] / std
            if from_batch:
                dx[n, c, i, j] += d_mean / count + d_var * 2 * (x[n, c, i, j] - mean[c]) / count
    return dx, dgamma, dbeta


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _softmax_of_row(row):
    powers = [math.exp(v - max(row)) for v in row]
    return np.array([power / math.fsum(powers) for power in powers])


def _log_softmax_of_row(row):
    log_sum = math.log(math.fsum(math.exp(v - max(row)) for v in row))
    return np.array([v - max(row) - log_sum for v in row])


def _pooled_shape(x, kernel_size, stride):
    (kh, kw), (sh, sw) = _pair(kernel_size), _pair(kernel_size if stride is None else stride)
    return (*x.shape[:2], (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1)


def _window(i, j, kernel_size, stride):
    """The rows and columns of the image under one window, in row order."""
    (kh, kw), (sh, sw) = _pair(kernel_size), _pair(kernel_size if stride is None else stride)
    return [(i * sh + p, j * sw + q) for p in range(kh) for q in range(kw)]


def _winner(image, i, j, kernel_size, stride):
    """Where the first maximum of a window lies; where some are NaN, the last of those."""
    places = _window(i, j, kernel_size, stride)
    best = places[0]
    for place in places:
        if math.isnan(image[place]) or image[place] > image[best]:
            best = place
    return best
