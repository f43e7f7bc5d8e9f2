"""The convolution and the transposed convolution, as loops."""

from itertools import product

import numpy as np

from cnnlib.nn.naive._pairs import pair


def conv2d_forward(x, w, b, stride=1, padding=0, dilation=1):
    """``y[n,f,i,j] = b[f] + sum of x[n, c, i*stride+p*dilation-pad, j*stride+q*dilation-pad] * w[f,c,p,q]``.

    The sum runs over the channels c and the places p, q in the kernel.
    """
    (n_images, n_channels, height, width), (n_kernels, _, kh, kw) = x.shape, w.shape
    (sh, sw), (ph, pw), (down, right) = pair(stride), pair(padding), pair(dilation)
    rows = (height + 2 * ph - down * (kh - 1) - 1) // sh + 1
    columns = (width + 2 * pw - right * (kw - 1) - 1) // sw + 1
    y = np.zeros((n_images, n_kernels, rows, columns), x.dtype)
    for n, f, i, j in np.ndindex(y.shape):
        if b is not None:
            y[n, f, i, j] = b[f]
        for c, p, q in product(range(n_channels), range(kh), range(kw)):
            row, column = i * sh + p * down - ph, j * sw + q * right - pw
            if 0 <= row < height and 0 <= column < width:
                y[n, f, i, j] += x[n, c, row, column] * w[f, c, p, q]
    return y, (x, w, b, (sh, sw), (ph, pw), (down, right))


def conv2d_backward(dy, cache):
    """Each product ``x * w`` of the forward pass hands ``dy * w`` to its x and ``dy * x`` to its w."""
    x, w, b, (sh, sw), (ph, pw), (down, right) = cache
    (_, n_channels, height, width), (_, _, kh, kw) = x.shape, w.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w, x.dtype), None if b is None else np.zeros_like(b, x.dtype)
    for n, f, i, j in np.ndindex(dy.shape):
        if b is not None:
            db[f] += dy[n, f, i, j]
        for c, p, q in product(range(n_channels), range(kh), range(kw)):
            row, column = i * sh + p * down - ph, j * sw + q * right - pw
            if 0 <= row < height and 0 <= column < width:
                dx[n, c, row, column] += dy[n, f, i, j] * w[f, c, p, q]
                dw[f, c, p, q] += dy[n, f, i, j] * x[n, c, row, column]
    return dx, dw, db


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    """``y[n, f, i*stride+p-pad, j*stride+q-pad] += x[n,c,i,j] * w[c,f,p,q]``, plus ``b[f]``."""
    (n_images, _, rows, columns), (_, n_kernels, kh, kw) = x.shape, w.shape
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    height, width = (rows - 1) * sh - 2 * ph + kh, (columns - 1) * sw - 2 * pw + kw
    y = np.zeros((n_images, n_kernels, height, width), x.dtype)
    for n, c, i, j in np.ndindex(x.shape):
        for f, p, q in product(range(n_kernels), range(kh), range(kw)):
            row, column = i * sh + p - ph, j * sw + q - pw
            if 0 <= row < height and 0 <= column < width:
                y[n, f, row, column] += x[n, c, i, j] * w[c, f, p, q]
    if b is not None:
        for f in range(n_kernels):
            y[:, f] += b[f]
    return y, (x, w, b, (sh, sw), (ph, pw))


def conv_transpose2d_backward(dy, cache):
    """Each product ``x * w`` of the forward pass gets ``dy`` back from the place where it was laid down."""
    x, w, b, (sh, sw), (ph, pw) = cache
    (_, n_kernels, height, width), (_, _, kh, kw) = dy.shape, w.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w, x.dtype), None if b is None else np.zeros_like(b, x.dtype)
    for n, c, i, j in np.ndindex(x.shape):
        for f, p, q in product(range(n_kernels), range(kh), range(kw)):
            row, column = i * sh + p - ph, j * sw + q - pw
            if 0 <= row < height and 0 <= column < width:
                dx[n, c, i, j] += dy[n, f, row, column] * w[c, f, p, q]
                dw[c, f, p, q] += dy[n, f, row, column] * x[n, c, i, j]
    if b is not None:
        for n, f, i, j in np.ndindex(dy.shape):
            db[f] += dy[n, f, i, j]
    return dx, dw, db
