"""Normalization to mean 0 and variance 1: of every channel over the batch, or of every sample by itself."""

from typing import NamedTuple

import numpy as np

from cnnlib.nn.functional._arrays import as_float, as_gradient, as_images, as_vector, batch_last, logical


class BatchNormCache(NamedTuple):
    """What `batchnorm2d_backward` needs; mean and var, of shape (C,), are the ones that were used."""

    mean: np.ndarray
    var: np.ndarray
    x_hat: np.ndarray  # (H, W, C, N)
    inv_std: np.ndarray  # (C, 1), like gamma
    gamma: np.ndarray
    from_batch: bool


def batchnorm2d_forward(x, gamma, beta, mean=None, var=None, eps=1e-5):
    """Normalize each channel, then scale and shift it.

    ``y = gamma * (x - mean) / sqrt(var + eps) + beta``, with one mean, var, gamma and beta a channel.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
        The images.
    gamma, beta : arrays (C,)
        Scale and shift.
    mean, var : arrays (C,), optional
        The statistics to use, as constants. Without them those of this batch are taken, over images
        and places; the variance divides by the number of values, not by one less.
    eps : float
        Added to the variance, so that a constant channel does not divide by zero.

    Returns
    -------
    y : array (N, C, H, W), the dtype of x
    cache : BatchNormCache
        What `batchnorm2d_backward` needs; ``cache.mean`` and ``cache.var`` are the statistics used.

    Raises
    ------
    TypeError
        If an array is not floating-point.
    ValueError
        If a shape does not fit, only one of mean and var is given, or there are not two values to average.

    Examples
    --------
    >>> x = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    >>> y, cache = batchnorm2d_forward(x, np.array([10.0]), np.array([0.5]), eps=0)
    >>> y.ravel(), cache.mean, cache.var
    (array([-9.5, 10.5]), array([2.]), array([1.]))
    """
    x = as_images(x)
    c, memory = x.shape[1], batch_last(x)
    gamma, beta = (as_vector(v, name, c, x.dtype)[:, None] for v, name in ((gamma, "gamma"), (beta, "beta")))
    if (mean is None) != (var is None):
        raise ValueError(f"mean and var must be given together or not at all, got mean={mean!r}, var={var!r}")
    if from_batch := mean is None:
        _check_values(x)
        mean = _mean(memory)
        var = _mean(np.square(memory - mean[:, None]))
    else:
        mean, var = as_vector(mean, "mean", c, x.dtype), as_vector(var, "var", c, x.dtype)
    inv_std = (1 / np.sqrt(var + x.dtype.type(eps)))[:, None]
    x_hat = (memory - mean[:, None]) * inv_std
    return logical(gamma * x_hat + beta), BatchNormCache(mean, var, x_hat, inv_std, gamma, from_batch)


def batchnorm2d_backward(dy, cache):
    """Gradients of a loss with respect to x, gamma and beta.

    With given statistics ``dx = dy * gamma / sqrt(var + eps)``. Statistics of the batch depend on x too;
    this takes from ``dy`` its mean, and its share along the normalized x.

    Parameters
    ----------
    dy : array (N, C, H, W)
        Gradient of the loss with respect to y.
    cache : BatchNormCache
        The second result of `batchnorm2d_forward`.

    Returns
    -------
    dx : array (N, C, H, W)
    dgamma, dbeta : arrays (C,)

    Examples
    --------
    >>> y, cache = batchnorm2d_forward(np.array([1.0, 3.0]).reshape(2, 1, 1, 1), np.ones(1), np.zeros(1))
    >>> dx, dgamma, dbeta = batchnorm2d_backward(np.ones((2, 1, 1, 1)), cache)
    >>> dx.ravel(), dgamma, dbeta
    (array([0., 0.]), array([0.]), array([2.]))
    """
    x_hat, slope = cache.x_hat, cache.gamma * cache.inv_std
    dy = batch_last(as_gradient(dy, logical(x_hat).shape, x_hat.dtype))
    dgamma, dbeta = _sum(dy * x_hat), _sum(dy)
    if not cache.from_batch:
        return logical(dy * slope), dgamma, dbeta
    count = x_hat.size // x_hat.shape[2]
    dx = (dy - (dbeta / count)[:, None] - x_hat * (dgamma / count)[:, None]) * slope
    return logical(dx), dgamma, dbeta


def _check_values(x):
    """Refuse a batch with nothing to average, or whose every value would become zero."""
    if x.size == 0:
        raise ValueError(f"x must not be empty when the statistics come from the batch, got shape {x.shape}")
    if x.size == x.shape[1]:
        raise ValueError(
            "x must hold at least two values a channel when the statistics come from the batch: a single one"
            f" has no variance; got shape {x.shape}"
        )


def layernorm_forward(x, gamma, beta, eps=1e-5):
    """Normalize each sample by itself, then scale and shift each of its numbers.

    ``y = gamma * (x - mean) / sqrt(var + eps) + beta``, with mean and var over all numbers of the sample, so
    that training and inference do the same and a batch of one will do. Source: Ba, Kiros and Hinton, "Layer
    normalization", 2016, arXiv:1607.06450.

    Parameters
    ----------
    x : array (N, ...), float32 or float64
        N samples of any shape.
    gamma, beta : arrays of the shape of one sample
        Scale and shift.
    eps : float
        Added to the variance, so that a constant sample does not divide by zero.

    Returns
    -------
    y : array of the shape and dtype of x
    cache
        What `layernorm_backward` needs.

    Raises
    ------
    TypeError
        If an array is not floating-point.
    ValueError
        If gamma or beta do not have the shape of a sample.

    Examples
    --------
    >>> y, cache = layernorm_forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), eps=0)
    >>> y
    array([[-1.,  1.]])
    """
    x = as_float(x, "x")
    gamma, beta = (as_float(v, name) for v, name in ((gamma, "gamma"), (beta, "beta")))
    for name, v in (("gamma", gamma), ("beta", beta)):
        if v.shape != x.shape[1:] or x.ndim < 2:
            raise ValueError(f"{name} must have the shape of a sample, {x.shape[1:]}, got {v.shape}")
    gamma, beta = gamma.astype(x.dtype, copy=False), beta.astype(x.dtype, copy=False)
    rest = tuple(range(1, x.ndim))
    centred = x - x.mean(axis=rest, keepdims=True)
    inv_std = 1 / np.sqrt(np.square(centred).mean(axis=rest, keepdims=True) + x.dtype.type(eps))
    x_hat = centred * inv_std
    return gamma * x_hat + beta, (x_hat, inv_std, gamma)


def layernorm_backward(dy, cache):
    """Gradients of a loss with respect to x, gamma and beta.

    With ``d = dy * gamma``, the gradient by x_hat: ``dx = (d - mean(d) - x_hat * mean(d * x_hat))
    / sqrt(var + eps)``, the means over each sample: its mean and variance depend on x and take their shares.

    Parameters
    ----------
    dy : array of the shape of y
        Gradient of the loss with respect to y.
    cache
        The second result of `layernorm_forward`.

    Returns
    -------
    dx : array of the shape of x
    dgamma, dbeta : arrays of the shape of one sample

    Examples
    --------
    >>> y, cache = layernorm_forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2))
    >>> dx, dgamma, dbeta = layernorm_backward(np.array([[1.0, 1.0]]), cache)
    >>> dx, dbeta
    (array([[0., 0.]]), array([1., 1.]))
    """
    x_hat, inv_std, gamma = cache
    dy = as_gradient(dy, x_hat.shape, x_hat.dtype)
    rest, d = tuple(range(1, dy.ndim)), dy * gamma
    share = x_hat * (d * x_hat).mean(axis=rest, keepdims=True)
    dx = (d - d.mean(axis=rest, keepdims=True) - share) * inv_std
    return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


def _sum(memory):
    """Sum (H, W, C, N) over all but C; first along the contiguous axis, where NumPy adds pairwise."""
    return memory.sum(axis=3).sum(axis=(0, 1))


def _mean(memory):
    return _sum(memory) / memory.dtype.type(memory.size // memory.shape[2])
