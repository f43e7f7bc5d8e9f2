"""The transposed convolution: a convolution's way back, used as a layer's way forward.

Where a convolution gathers a window of pixels into one number, this lays one number down as a window: every
input adds its kernel, times itself, to the output. It is the gradient of a convolution by its input, so its
forward is that backward, and its own backward is a convolution. Source: Zeiler et al., "Deconvolutional
networks", CVPR 2010; Dumoulin and Visin, "A guide to convolution arithmetic", 2016, arXiv:1603.07285.
"""

import numpy as np

from cnnlib.nn.functional._arrays import (
    as_float,
    as_gradient,
    as_images,
    as_pair,
    as_vector,
    batch_last,
    logical,
)
from cnnlib.nn.functional.convolution import conv2d_forward, hand_back, kernel_gradient, sum_images


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    """Lay every input down as a window of the output, and add up where windows overlap.

    ``y[n, f, i*stride + p - padding, j*stride + q - padding] += x[n, c, i, j] * w[c, f, p, q]``, and ``b[f]``
    everywhere.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
        The inputs.
    w : array (C, F, kH, kW)
        The kernels, input channels first, as in PyTorch.
    b : array (F,) or None
        One bias for each output channel.
    stride : int or (int, int)
        Distance of neighbouring windows in the output.
    padding : int or (int, int)
        Rows and columns of the output that are cut off at each edge.

    Returns
    -------
    y : array (N, F, Ho, Wo), ``Ho = (H - 1)*stride - 2*padding + kH``, Wo likewise; the dtype of x
    cache
        What `conv_transpose2d_backward` needs.

    Raises
    ------
    TypeError
        If an array is not floating-point, or stride or padding not whole numbers.
    ValueError
        If a shape does not fit, or the padding leaves nothing of the output.

    Examples
    --------
    >>> y, cache = conv_transpose2d_forward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), None)
    >>> y[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    x, w = as_images(x), as_float(w, "w").astype(np.asarray(x).dtype, copy=False)
    if w.ndim != 4 or 0 in w.shape or w.shape[0] != x.shape[1]:
        raise ValueError(f"w must have shape (C, F, kH, kW) with C = {x.shape[1]} as in x, got {w.shape}")
    if b is not None:
        b = as_vector(b, "b", w.shape[1], x.dtype, "one for each output channel of w")
    stride, padding = as_pair(stride, "stride", 1), as_pair(padding, "padding", 0)
    sides = zip(x.shape[2:], w.shape[2:], stride, padding, strict=True)
    size = tuple((n - 1) * s - 2 * p + k for n, k, s, p in sides)
    if min(size) < 1:
        raise ValueError(f"padding must leave some of the output, got {padding}, which leaves {size}")
    y = hand_back(batch_last(x), w, (len(x), w.shape[1], *size), stride, padding)
    if b is not None:
        y += b[:, None]
    return logical(y), (x, w, b, stride, padding, size)


def conv_transpose2d_backward(dy, cache, input_gradient=True):
    """Gradients of a loss with respect to the inputs of `conv_transpose2d_forward`.

    ``dx`` is the convolution of ``dy`` with the same kernels; ``dw`` sums, over all places and images, the
    window of ``dy`` that an input was laid down on, times that input; ``db`` sums ``dy``.

    Parameters
    ----------
    dy : array (N, F, Ho, Wo)
        Gradient of the loss with respect to y.
    cache
        The second result of `conv_transpose2d_forward`.
    input_gradient : bool
        Whether dx is wanted; else it is None.

    Returns
    -------
    dx, dw, db : arrays of the shapes of x, w and b (db is None if b was)

    Examples
    --------
    >>> y, cache = conv_transpose2d_forward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> dx, dw, db = conv_transpose2d_backward(np.ones_like(y), cache)
    >>> dx[0, 0], db
    (array([[4., 4.],
           [4., 4.]]), array([9.]))
    """
    x, w, b, stride, padding, size = cache
    dy = as_gradient(dy, (len(x), w.shape[1], *size), x.dtype)
    dx, (windows, *_) = conv2d_forward(dy, w, None, stride, padding)
    dw = kernel_gradient(windows, batch_last(x), w.shape)
    db = None if b is None else sum_images(batch_last(dy)).sum(axis=(0, 1))
    return dx if input_gradient else None, dw, db
