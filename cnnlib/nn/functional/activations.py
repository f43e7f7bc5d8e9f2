"""Functions applied to every number by itself, the softmax over classes, and dropout."""

import numpy as np

from cnnlib.nn.functional._arrays import as_float, as_gradient, bits


def relu_forward(x):
    """Rectified linear unit: ``y = max(x, 0)``, in any shape.

    Returns y and the cache for `relu_backward`.

    >>> relu_forward(np.array([-2.0, 0.0, 3.0]))[0]
    array([0., 0., 3.])
    """
    x = as_float(x, "x")
    zero = np.zeros(x.shape[:2] + (1,) * (x.ndim - 2), x.dtype, order="F")  # faster than the number 0
    y = np.maximum(x, zero)
    return y, y


def relu_backward(dy, cache):
    """``dx = dy`` where x was above zero, else 0; exactly at zero the slope is taken as 0.

    A closed gate lets nothing through, an infinite gradient neither; where x was NaN it is open, as in
    PyTorch.

    >>> y, cache = relu_forward(np.array([-2.0, 0.0, 3.0]))
    >>> relu_backward(np.ones(3), cache)
    array([0., 0., 1.])
    """
    y = cache
    passes = np.logical_not(y <= 0)
    return (bits(as_gradient(dy, y.shape, y.dtype)) * passes).view(y.dtype)


def tanh_forward(x):
    """Hyperbolic tangent, between -1 and 1, in any shape.

    Returns y and the cache for `tanh_backward`.

    >>> tanh_forward(np.array([-100.0, 0.0, 100.0]))[0]
    array([-1.,  0.,  1.])
    """
    y = np.tanh(as_float(x, "x"))
    return y, y


def tanh_backward(dy, cache):
    """``dx = dy * (1 - y**2)``.

    >>> y, cache = tanh_forward(np.zeros(2))
    >>> tanh_backward(np.ones(2), cache)
    array([1., 1.])
    """
    y = cache
    return as_gradient(dy, y.shape, y.dtype) * (1 - y * y)


def sigmoid_forward(x):
    """Logistic function ``y = 1 / (1 + exp(-x))``, between 0 and 1, in any shape.

    Only ``exp(-|x|)`` is ever taken, which cannot overflow. Returns y and the cache for
    `sigmoid_backward`.

    >>> sigmoid_forward(np.array([-1000.0, 0.0, 1000.0]))[0]
    array([0. , 0.5, 1. ])
    """
    x = as_float(x, "x")
    e = np.exp(-np.abs(x))
    y = np.where(x < 0, e, 1) / (1 + e)
    return y, y


def sigmoid_backward(dy, cache):
    """``dx = dy * y * (1 - y)``.

    >>> y, cache = sigmoid_forward(np.zeros(2))
    >>> sigmoid_backward(np.ones(2), cache)
    array([0.25, 0.25])
    """
    y = cache
    return as_gradient(dy, y.shape, y.dtype) * (y * (1 - y))


def softmax(x, axis=-1):
    """Turn scores into probabilities: ``exp(x) / sum(exp(x))`` along an axis.

    The largest score is subtracted first. That changes nothing in the quotient and keeps exp from
    overflowing.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    x = as_float(x, "x")
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    e /= e.sum(axis=axis, keepdims=True)
    return e


def log_softmax(x, axis=-1):
    """The logarithm of `softmax`, exact where the probability itself would round to zero.

    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    x = as_float(x, "x")
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def dropout_forward(x, p, rng):
    """Set every number to zero with probability p and multiply the others by ``1 / (1 - p)``.

    The factor keeps the expected value, so that nothing needs changing at test time ("inverted" dropout;
    Srivastava et al., 2014).

    Parameters
    ----------
    x : array of any shape, float32 or float64
    p : float, 0 <= p < 1
        Probability of a zero.
    rng : numpy.random.Generator
        Where the randomness comes from. The same state of rng drops the same numbers, in whatever
        order x lies in memory.

    Returns
    -------
    y : array of the shape of x
    cache
        What `dropout_backward` needs.

    Examples
    --------
    >>> y, cache = dropout_forward(np.ones(6), 0.5, np.random.default_rng(0))
    >>> y
    array([2., 0., 0., 0., 2., 2.])
    """
    x = as_float(x, "x")
    if not 0 <= p < 1:
        raise ValueError(f"p must be a probability with 0 <= p < 1, got {p!r}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    factors = dropout_factors(x.shape, x.dtype, p, rng)
    return x * factors, factors


def dropout_factors(shape, dtype, p, rng):
    """What dropout multiplies by, 0 or ``1 / (1 - p)``: of the logical shape, batch-last in memory.

    >>> dropout_factors((2, 3), np.float32, 0.0, np.random.default_rng(0))
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    order = (2, 3, 1, 0) if len(shape) == 4 else tuple(reversed(range(len(shape))))
    kept = rng.random([shape[axis] for axis in order], dtype=dtype) >= p
    return (kept * np.asarray(1 / (1 - p), dtype)).transpose(np.argsort(order))


def dropout_backward(dy, cache):
    """The same numbers are dropped from the gradient, the others multiplied alike.

    >>> y, cache = dropout_forward(np.ones(6), 0.5, np.random.default_rng(0))
    >>> dropout_backward(np.ones(6), cache)
    array([2., 0., 0., 0., 2., 2.])
    """
    factors = cache
    return as_gradient(dy, factors.shape, factors.dtype) * factors
