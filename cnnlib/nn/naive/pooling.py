"""Pooling, as loops."""

import math

import numpy as np

from cnnlib.nn.naive._pairs import pair


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


def _pooled_shape(x, kernel_size, stride):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    return (*x.shape[:2], (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1)


def _window(i, j, kernel_size, stride):
    """The rows and columns of the image under one window, in row order."""
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    return [(i * sh + p, j * sw + q) for p in range(kh) for q in range(kw)]


def _winner(image, i, j, kernel_size, stride):
    """Where the first maximum of a window lies; where some are NaN, the last of those."""
    places = _window(i, j, kernel_size, stride)
    best = places[0]
    for place in places:
        if math.isnan(image[place]) or image[place] > image[best]:
            best = place
    return best
