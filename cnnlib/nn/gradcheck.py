"""Numerical gradients, against which every backward is checked.

A derivative is measured by central differences, ``(f(x + e) - f(x - e)) / 2e``, in float64. Its error
is of the order of ``e**2`` (truncation) plus ``1e-16 / e`` (rounding), so ``e`` near 1e-5 is best.
"""

import numpy as np


def relative_error(a, b):
    """Largest difference of two arrays relative to the largest of their values.

    ``max|a - b| / max(max|a|, max|b|)``, and 0 where both are zero. NaN counts as infinitely wrong.

    Examples
    --------
    >>> round(relative_error([1.0, 100.0], [1.0, 101.0]), 4), relative_error([0.0], [0.0])
    (0.0099, 0.0)
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"b must have shape {a.shape}, that of a, got {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    size = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return float(np.abs(a - b).max(initial=0) / size) if size else 0.0


def numerical_gradient(f, x, epsilon=1e-5):
    """Gradient of a number by every entry of an array, by central differences.

    Parameters
    ----------
    f : callable
        ``f(x) -> float``. It must not change `x`.
    x : array
        The point, any shape, float64. It is changed entry by entry and set right again.
    epsilon : float
        Step.

    Returns
    -------
    array of the shape of `x`

    Raises
    ------
    TypeError
        If `x` is not float64: float32 is good to three digits only.

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        raise TypeError(f"x must be an array of float64, got {getattr(x, 'dtype', type(x).__name__)}")
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        middle = x[i]
        x[i] = middle + epsilon
        above = f(x)
        x[i] = middle - epsilon
        below = f(x)
        x[i] = middle
        gradient[i] = (above - below) / (2 * epsilon)
    return gradient


def check_gradients(layer, x, rng, training=False, epsilon=1e-5):
    """Compare a layer's or network's backward with numerical gradients, entry by entry.

    The number that is differentiated is ``sum(r * forward(x))`` with a random `r`, so that every
    output matters.

    Parameters
    ----------
    layer : Layer or Sequential
        In float64.
    x : array
        An input, float64.
    rng : numpy.random.Generator
        Source of `r`.
    training : bool
        Handed to ``forward``.
    epsilon : float
        Step of the differences.

    Returns
    -------
    dict
        Relative error by name: ``"x"`` and each parameter.

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> layer = Linear(3, 2, rng=0, dtype=np.float64)
    >>> errors = check_gradients(layer, np.ones((4, 3)), np.random.default_rng(0))
    >>> list(errors), max(errors.values()) < 1e-7
    (['x', 'weight', 'bias'], True)
    """
    r = rng.normal(size=layer.forward(x, training=training).shape)
    dx = layer.backward(r)
    analytic = {"x": dx, **{name: np.array(grad) for name, (_, grad) in _parameters(layer).items()}}
    values = {"x": x, **{name: value for name, (value, _) in _parameters(layer).items()}}

    def number(_):
        return float((r * layer.forward(x, training=training)).sum())

    return {
        name: relative_error(analytic[name], numerical_gradient(number, value, epsilon))
        for name, value in values.items()
    }


def projection_error(layer, x, rng, training=False, epsilon=1e-5):
    """Compare a backward with one numerical derivative along one random direction of everything at once.

    Input and all parameters move together along a random direction v; the derivative of
    ``sum(r * forward)`` along v must be the sum of ``gradient * v``. Two forward passes test the whole
    Jacobian, whatever its size; a fault that happens to be orthogonal to a random v has probability zero.

    Parameters are those of `check_gradients`.

    Returns
    -------
    float
        Relative error; below 1e-7 for a right backward away from kinks.

    Examples
    --------
    >>> from cnnlib.nn.layers import Tanh
    >>> bool(projection_error(Tanh(), np.ones((2, 3)), np.random.default_rng(0)) < 1e-7)
    True
    """
    r = rng.normal(size=layer.forward(x, training=training).shape)
    dx = layer.backward(r)
    pairs = [(x, dx), *_parameters(layer).values()]
    directions = [rng.normal(size=value.shape) for value, _ in pairs]
    gradients = [np.array(grad) for _, grad in pairs]
    middles = [value.copy() for value, _ in pairs]

    def number(distance):
        for (value, _), middle, v in zip(pairs, middles, directions, strict=True):
            value[...] = middle + distance * v
        return float((r * layer.forward(x, training=training)).sum())

    numerical = (number(epsilon) - number(-epsilon)) / (2 * epsilon)
    number(0.0)
    analytic = sum(float((g * v).sum()) for g, v in zip(gradients, directions, strict=True))
    size = sum(float(np.abs(g * v).sum()) for g, v in zip(gradients, directions, strict=True))
    return abs(analytic - numerical) / size if size else abs(numerical)


def _parameters(layer):
    if hasattr(layer, "parameters"):
        return {name: (value, grad) for name, value, grad in layer.parameters()}
    return {name: (value, layer.grads[name]) for name, value in layer.params.items()}
