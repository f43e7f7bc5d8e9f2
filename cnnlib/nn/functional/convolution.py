"""The two-dimensional convolution and its gradients.

What deep learning calls a convolution is a correlation: the kernel is not flipped.

The memory order (H, W, C, N) makes it short. Lay the kH rows of pixels that one row of the kernel's places
sees side by side, as if they were more channels. Then the kW pixels under a kernel are consecutive
numbers, a matrix of shape (kW*kH*C, N), and the next window is the same matrix one pixel further on. The
kernels are a matrix of shape (F, kW*kH*C). One product of the two is a pixel of the output, in all F
channels of all N images, and `numpy.matmul` does all the pixels.
"""

from math import prod

import numpy as np

from cnnlib.nn.functional._arrays import (
    as_float,
    as_gradient,
    as_images,
    as_pair,
    as_vector,
    batch_last,
    logical,
    output_size,
)

PRODUCTS = 2**18  # numbers that the products of the kernel's gradient may fill at a time


def conv2d_forward(x, w, b, stride=1, padding=0, dilation=1):
    """Slide F kernels over a batch of images.

    ``y[n, f, i, j] = b[f] + sum over c, p, q of x[n, c, i*stride + p*dilation - padding,
    j*stride + q*dilation - padding] * w[f, c, p, q]``, where pixels outside the image count as zero.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
        The images.
    w : array (F, C, kH, kW)
        The kernels.
    b : array (F,) or None
        One bias for each kernel; None leaves it out.
    stride : int or (int, int)
        Step of the kernel, vertical and horizontal.
    padding : int or (int, int)
        Rows added above and below, columns added left and right, all zero.
    dilation : int or (int, int)
        Distance of the pixels that neighbouring weights of the kernel see; 1 for an ordinary kernel.

    Returns
    -------
    y : array (N, F, Ho, Wo), the dtype of x
        ``Ho = (H + 2*padding - dilation*(kH - 1) - 1) // stride + 1``, Wo likewise.
    cache
        What `conv2d_backward` needs.

    Raises
    ------
    TypeError
        If an array is not floating-point, or stride or padding not whole numbers.
    ValueError
        If a shape does not fit, or the kernel is larger than the padded image.

    Examples
    --------
    >>> y, cache = conv2d_forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), None, padding=1)
    >>> y[0, 0]
    array([[4., 6., 4.],
           [6., 9., 6.],
           [4., 6., 4.]])
    """
    x, w, b, stride, padding = _checked(x, w, b, stride, padding)
    dilation = as_pair(dilation, "dilation", 1)
    w = dilate(w, dilation)
    places = output_size(_padded_size(x, padding), w.shape[2:], stride, "w")
    windows = _windows(_pad(batch_last(x), padding), w.shape[2:], stride, places)
    y = _as_matrix(w) @ windows
    if b is not None:
        y += b[:, None]
    return logical(y), (windows, w, b, stride, padding, dilation, x.shape)


def conv2d_backward(dy, cache, input_gradient=True):
    """Gradients of a loss with respect to the inputs of `conv2d_forward`.

    Every window that made an output pixel gets its share: ``dw`` sums window times ``dy`` over all places
    and images, ``db`` sums ``dy``. ``dx`` is again a correlation: ``dy``, spread by the stride
    and padded, with the kernel turned by half a turn and its two channel axes exchanged.

    Parameters
    ----------
    dy : array (N, F, Ho, Wo)
        Gradient of the loss with respect to y.
    cache
        The second result of `conv2d_forward`.
    input_gradient : bool
        Whether dx is wanted. A network's first layer has no use for it; then dx is None.

    Returns
    -------
    dx, dw, db : arrays of the shapes of x, w and b (db is None if b was)

    Examples
    --------
    >>> y, cache = conv2d_forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> dx, dw, db = conv2d_backward(np.ones_like(y), cache)
    >>> dw[0, 0], db
    (array([[4., 4.],
            [4., 4.]]), array([4.]))
    """
    windows, w, b, stride, padding, dilation, x_shape = cache
    dy = batch_last(as_gradient(dy, (x_shape[0], len(w), *windows.shape[:2]), w.dtype))
    dw = np.ascontiguousarray(kernel_gradient(windows, dy, w.shape)[:, :, :: dilation[0], :: dilation[1]])
    db = None if b is None else sum_images(dy).sum(axis=(0, 1))
    return logical(hand_back(dy, w, x_shape, stride, padding)) if input_gradient else None, dw, db


def kernel_gradient(windows, dy, w_shape):
    """Window times dy, summed over all places and images: an array (F, C, kH, kW). Some rows at a time."""
    (f, c, kh, kw), places = w_shape, dy.shape[:2]
    some = max(1, PRODUCTS // (places[1] * prod(w_shape)))
    parts = [slice(i, i + some) for i in range(0, places[0], some)]
    dw = sum((windows[rows] @ dy[rows].swapaxes(2, 3)).sum(axis=(0, 1)) for rows in parts)
    return np.ascontiguousarray(dw.reshape(kw, kh, c, f).transpose(3, 2, 1, 0))


def hand_back(dy, w, x_shape, stride, padding):
    """What every pixel of x is handed by all outputs that saw it: the turned kernel over the spread dy."""
    kernel = w.shape[2:]
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    spread = _spread(dy, x_shape, kernel, stride, padding)
    return _as_matrix(turned) @ _windows(spread, kernel, (1, 1), x_shape[2:])


def dilate(w, dilation):
    """Put ``dilation - 1`` zeros between neighbouring weights of every kernel.

    A dilated convolution is an ordinary one with this kernel, at the price of multiplying by the zeros.

    >>> dilate(np.ones((1, 1, 2, 2)), (1, 2))[0, 0]
    array([[1., 0., 1.],
           [1., 0., 1.]])
    """
    if dilation == (1, 1):
        return w
    (f, c, kh, kw), (down, right) = w.shape, dilation
    wide = np.zeros((f, c, down * (kh - 1) + 1, right * (kw - 1) + 1), w.dtype)
    wide[:, :, ::down, ::right] = w
    return wide


def sum_images(memory):
    """Sum an (H, W, C, N) array over N: the product with a vector of ones is the fastest sum there is."""
    *places, n = memory.shape
    return (memory.reshape(prod(places), n) @ np.ones(n, memory.dtype)).reshape(places)


def _as_matrix(w):
    """The kernels (F, C, kH, kW) as rows of a matrix, in the order of the windows: (F, kW*kH*C)."""
    return w.transpose(0, 3, 2, 1).reshape(len(w), -1)


def _windows(memory, kernel, stride, places):
    """All windows of (H, W, C, N) images: an array (Ho, Wo, kW*kH*C, N), overlapping in memory."""
    (_, width, c, n), (kh, kw) = memory.shape, kernel
    stacked = np.empty((places[0], width, kh, c, n), memory.dtype)
    for i in range(kh):
        stacked[:, :, i] = memory[i :: stride[0]][: places[0]]
    row, pixel, _, channel, image = stacked.strides
    shape = (*places, kw * kh * c, n)
    return np.ndarray(shape, memory.dtype, stacked, 0, (row, stride[1] * pixel, channel, image))


def _pad(memory, padding):
    """Put zeros around the images of an (H, W, C, N) array."""
    (ph, pw), (h, w, c, n) = padding, memory.shape
    if ph == pw == 0:
        return memory
    padded = np.zeros((h + 2 * ph, w + 2 * pw, c, n), memory.dtype)
    padded[ph : ph + h, pw : pw + w] = memory
    return padded


def _spread(dy, x_shape, kernel, stride, padding):
    """Lay dy out so that the turned kernel, sliding over it with stride 1, yields one number a pixel of x."""
    (rows, places, f, n), (kh, kw) = dy.shape, kernel
    (ph, pw), (h, w) = padding, x_shape[2:]
    full = np.zeros((h + 2 * ph + kh - 1, w + 2 * pw + kw - 1, f, n), dy.dtype)
    full[kh - 1 :: stride[0], kw - 1 :: stride[1]][:rows, :places] = dy
    return full[ph : ph + h + kh - 1, pw : pw + w + kw - 1]


def _padded_size(x, padding):
    return x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]


def _checked(x, w, b, stride, padding):
    """The arguments of `conv2d_forward`, each in its proper form."""
    x, w = as_images(x), as_float(w, "w").astype(np.asarray(x).dtype, copy=False)
    if w.ndim != 4 or 0 in w.shape:
        raise ValueError(f"w must have shape (F, C, kH, kW), none of them zero, got {w.shape}")
    if w.shape[1] != x.shape[1]:
        raise ValueError(
            f"w must have as many input channels as x: x has shape {x.shape}, {x.shape[1]} channels, "
            f"w has shape {w.shape}, {w.shape[1]} channels"
        )
    if b is not None:
        b = as_vector(b, "b", w.shape[0], x.dtype, "one for each kernel in w")
    return x, w, b, as_pair(stride, "stride", 1), as_pair(padding, "padding", 0)
