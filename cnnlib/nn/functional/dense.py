"""The fully connected layer, and the flattening that leads from images to it."""

import numpy as np

from cnnlib.nn.functional._arrays import as_float, as_gradient, as_images, as_vector, batch_last


def linear_forward(x, w, b):
    """Multiply by a matrix and add a bias: ``y = x @ w + b``.

    Parameters
    ----------
    x : array (N, D), float32 or float64
        N samples of D features.
    w : array (D, M)
        The weights, inputs down, outputs across.
    b : array (M,) or None
        One bias for each output; None leaves it out.

    Returns
    -------
    y : array (N, M), the dtype of x
    cache
        What `linear_backward` needs.

    Raises
    ------
    TypeError
        If an array is not floating-point.
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> y, cache = linear_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([0.5]))
    >>> y
    array([[11.5]])
    """
    x, w = as_float(x, "x"), as_float(w, "w")
    if x.ndim != 2:
        raise ValueError(f"x must have shape (N, D), got {x.shape}")
    if w.ndim != 2 or w.shape[0] != x.shape[1]:
        raise ValueError(
            f"w must have shape (D, M) with D = {x.shape[1]} as in x of shape {x.shape}, got {w.shape}"
        )
    w = w.astype(x.dtype, copy=False)
    y = w.T @ x.T  # the transposed product: here too the batch comes last in memory
    if b is not None:
        b = as_vector(b, "b", w.shape[1], x.dtype, "one for each column of w")
        y += b[:, None]
    return y.T, (x, w, b)


def linear_backward(dy, cache, input_gradient=True):
    """Gradients of a loss with respect to the inputs of `linear_forward`.

    ``dx = dy @ w.T``, ``dw = x.T @ dy``, and ``db`` sums ``dy`` over the batch.

    Parameters
    ----------
    dy : array (N, M)
        Gradient of the loss with respect to y.
    cache
        The second result of `linear_forward`.
    input_gradient : bool
        Whether dx is wanted; else it is None.

    Returns
    -------
    dx, dw, db : arrays of the shapes of x, w and b (db is None if b was)

    Examples
    --------
    >>> y, cache = linear_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([0.5]))
    >>> dx, dw, db = linear_backward(np.array([[10.0]]), cache)
    >>> dx, dw.ravel(), db
    (array([[30., 40.]]), array([10., 20.]), array([10.]))
    """
    x, w, b = cache
    dy = as_gradient(dy, (x.shape[0], w.shape[1]), x.dtype)
    dx = (w @ dy.T).T if input_gradient else None
    dw = x.T @ dy
    db = None if b is None else np.ascontiguousarray(dy.T).sum(axis=1)
    return dx, dw, db


def flatten_forward(x):
    """Lay every image out as one row of features, in the order channel, row, column.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64

    Returns
    -------
    y : array (N, C*H*W), equal to ``x.reshape(N, -1)``
        In memory the batch stays last, so whole rows of N numbers are moved, not single ones.
    cache
        What `flatten_backward` needs.

    Examples
    --------
    >>> flatten_forward(np.arange(8.0).reshape(1, 2, 2, 2))[0]
    array([[0., 1., 2., 3., 4., 5., 6., 7.]])
    """
    x = as_images(x)
    n, c, h, w = x.shape
    return batch_last(x).transpose(2, 0, 1, 3).reshape(c * h * w, n).T, (x.shape, x.dtype)


def flatten_backward(dy, cache):
    """Give the gradient of the rows back the shape of the images.

    Parameters
    ----------
    dy : array (N, C*H*W)
        Gradient of the loss with respect to y.
    cache
        The second result of `flatten_forward`.

    Returns
    -------
    dx : array (N, C, H, W)

    Examples
    --------
    >>> y, cache = flatten_forward(np.zeros((5, 2, 3, 4)))
    >>> flatten_backward(y, cache).shape
    (5, 2, 3, 4)
    """
    (n, c, h, w), dtype = cache
    dy = as_gradient(dy, (n, c * h * w), dtype)
    return dy.T.reshape(c, h, w, n).transpose(3, 0, 1, 2)
