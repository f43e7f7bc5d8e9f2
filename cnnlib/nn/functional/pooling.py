"""Pooling: every window of the image shrinks to one number, its largest or its mean."""

import numpy as np

from cnnlib.nn.functional._arrays import (
    as_gradient,
    as_images,
    as_pair,
    batch_last,
    bits,
    logical,
    output_size,
)


def maxpool2d_forward(x, kernel_size, stride=None):
    """Keep the largest number of every window, channel by channel.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
        The images.
    kernel_size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Step of the window; kernel_size if not given, so that windows touch. A smaller stride makes
        them overlap.

    Returns
    -------
    y : array (N, C, Ho, Wo), ``Ho = (H - kernel_size) // stride + 1``, Wo likewise
        NaN if any number of the window is.
    cache
        What `maxpool2d_backward` needs.

    Raises
    ------
    ValueError
        If the window is larger than the image, or a number below 1.

    Examples
    --------
    >>> y, cache = maxpool2d_forward(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    >>> y[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    memory, window = _checked(x, kernel_size, stride)
    first, *others = _corners(memory, window)
    y = first.copy()
    for corner in others:
        np.maximum(y, corner, out=y)
    return logical(y), (memory, y, window)


def maxpool2d_backward(dy, cache):
    """Hand each gradient to the place its window's maximum came from.

    If several are equal, as zeros after a ReLU often are, the first in row order gets it, and where some are
    NaN the last of those, as in PyTorch. The others get nothing, of an infinite gradient neither.

    Parameters
    ----------
    dy : array (N, C, Ho, Wo)
        Gradient of the loss with respect to y.
    cache
        The second result of `maxpool2d_forward`.

    Returns
    -------
    dx : array (N, C, H, W)

    Examples
    --------
    >>> y, cache = maxpool2d_forward(np.zeros((1, 1, 2, 2)), 2)
    >>> maxpool2d_backward(np.ones((1, 1, 1, 1)), cache)[0, 0]
    array([[1., 0.],
           [0., 0.]])
    """
    memory, y, window = cache
    rest = bits(batch_last(as_gradient(dy, logical(y).shape, y.dtype)))  # waits for its maximum
    dx = np.zeros(memory.shape, memory.dtype)
    corners, d_corners = _corners(memory, window), _corners(dx, window)
    lost = np.isnan(y)
    if lost.any():
        rest = rest - _to_last_nan(rest * lost, corners, d_corners)
    for corner, d_corner in zip(corners[:-1], d_corners, strict=False):
        share = rest * (corner == y)
        d_corner += share.view(y.dtype)
        rest = rest - share
    d_corners[-1][...] += rest.view(y.dtype)
    return logical(dx)


def _to_last_nan(rest, corners, d_corners):
    """Hand the gradients of windows with NaN, as bits, to the last NaN of each; return them."""
    whole = rest
    for corner, d_corner in zip(reversed(corners), reversed(d_corners), strict=True):
        share = rest * np.isnan(corner)
        d_corner += share.view(d_corner.dtype)
        rest = rest - share
    return whole


def avgpool2d_forward(x, kernel_size, stride=None):
    """Take the mean of every window, channel by channel.

    Parameters, results and errors as in `maxpool2d_forward`.

    Examples
    --------
    >>> y, cache = avgpool2d_forward(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    >>> y[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    memory, window = _checked(x, kernel_size, stride)
    first, *others = _corners(memory, window)
    y = first.copy()
    for corner in others:
        y += corner
    y /= window[0] * window[1]
    return logical(y), (memory.shape, logical(y).shape, y.dtype, window)


def avgpool2d_backward(dy, cache):
    """Share each gradient out equally among the places of its window.

    Parameters and results as in `maxpool2d_backward`.

    Examples
    --------
    >>> y, cache = avgpool2d_forward(np.zeros((1, 1, 2, 2)), 2)
    >>> avgpool2d_backward(np.ones((1, 1, 1, 1)), cache)[0, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    memory_shape, y_shape, dtype, window = cache
    share = batch_last(as_gradient(dy, y_shape, dtype)) / (window[0] * window[1])
    dx = np.zeros(memory_shape, dtype)
    for d_corner in _corners(dx, window):
        d_corner += share
    return logical(dx)


def _corners(memory, window):
    """The views of an (H, W, C, N) array that hold the first, second, … place of all windows."""
    kh, kw, sh, sw = window
    rows, places = output_size(memory.shape[:2], (kh, kw), (sh, sw))
    return [memory[i::sh, j::sw][:rows, :places] for i in range(kh) for j in range(kw)]


def _checked(x, kernel_size, stride):
    """The images in memory order, and the window as (height, width, step down, step right)."""
    x = as_images(x)
    kernel = as_pair(kernel_size, "kernel_size", 1)
    step = kernel if stride is None else as_pair(stride, "stride", 1)
    output_size(x.shape[2:], kernel, step)
    return batch_last(x), kernel + step
