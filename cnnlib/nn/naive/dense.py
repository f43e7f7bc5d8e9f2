"""The fully connected layer and flattening, as loops."""

import numpy as np


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
