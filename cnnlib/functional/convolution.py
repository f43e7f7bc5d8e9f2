"""The two-dimensional convolution and its gradients.

What deep learning calls a convolution is a correlation: the kernel is not flipped.

The memory order (H, W, C, N) makes it short. In one row of an image the kW neighbouring pixels under a
kernel are kW * C * N consecutive numbers, so they already are a matrix of shape (kW*C, N), and the next
window is the same matrix a little further on. One row of the kernel is a matrix of shape (F, kW*C). So a
convolution is a sum of kH products of matrices, and no pixel is ever copied to build a column.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._arrays import as_float, as_gradient, as_images, as_pair, as_vector, batch_last, logical, output_size


def conv2d_forward(x, w, b, stride=1, padding=0):
    """Slide F kernels over a batch of images.

    ``y[n, f, i, j] = b[f] + sum over c, p, q of x[n, c, i*stride + p - padding, j*stride + q - padding]
    * w[f, c, p, q]``, where pixels outside the image count as zero.

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

    Returns
    -------
    y : array (N, F, Ho, Wo), ``Ho = (H + 2*padding - kH) // stride + 1``, Wo likewise; the dtype of x
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
    places = output_size(_padded_size(x, padding), w.shape[2:], stride, "w")
    windows = _windows(_pad(batch_last(x), padding), w.shape[3], stride[1])
    y = _correlate(windows, w, stride[0], places[0])
    if b is not None:
        y += b[:, None]
    return logical(y), (windows, w, b, stride, padding, x.shape)


def conv2d_backward(dy, cache):
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
    windows, w, b, stride, padding, x_shape = cache
    f, c, kh, kw = w.shape
    places = windows.shape[1]
    rows = (windows.shape[0] - kh) // stride[0] + 1
    dy = batch_last(as_gradient(dy, (x_shape[0], f, rows, places), w.dtype))

    dw = np.empty((kh, kw * c, f), w.dtype)
    for i in range(kh):
        products = windows[i : i + stride[0] * rows : stride[0]][:rows] @ dy.swapaxes(2, 3)
        dw[i] = products.sum(axis=0).sum(axis=0)
    dw = dw.reshape(kh, kw, c, f).transpose(3, 2, 0, 1)

    db = None if b is None else dy.sum(axis=3).sum(axis=(0, 1))

    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    spread = _spread(dy, x_shape, (kh, kw), stride, padding)
    dx = _correlate(_windows(spread, kw, 1), turned, 1, x_shape[2])
    return logical(dx), np.ascontiguousarray(dw), db


def _correlate(windows, w, stride, rows):
    """Sum over the rows of the kernel: (F, kW*C) times (kW*C, N), at every place of every image."""
    f, c, kh, kw = w.shape
    kernel = w.transpose(2, 0, 3, 1).reshape(kh, f, kw * c)
    y = kernel[0] @ windows[: stride * rows : stride]
    for i in range(1, kh):
        y += kernel[i] @ windows[i : i + stride * rows : stride][:rows]
    return y


def _windows(memory, kw, stride):
    """View (H, W, C, N) as its windows of kW pixels in a row, (H, Wo, kW*C, N); nothing is copied."""
    h, width, c, n = memory.shape
    view = sliding_window_view(memory.reshape(h, width * c, n), kw * c, axis=1)
    return view[:, :: stride * c].swapaxes(2, 3)


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
