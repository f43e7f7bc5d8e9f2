"""Numerical gradients, against which every backward is checked.

A derivative is measured by central differences, ``(f(x + e) - f(x - e)) / 2e``, in float64. Its error
is of the order of ``e**2`` (truncation) plus ``1e-16 / e`` (rounding), so ``e`` near 1e-5 is best.
"""

import copy
import random

import numpy as np

from cnnlib.nn.arguments import positive


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
    epsilon = positive("epsilon", epsilon)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        middle = x[i]
        try:
            x[i] = middle + epsilon
            above = f(x)
            x[i] = middle - epsilon
            below = f(x)
        finally:
            x[i] = middle
        gradient[i] = (above - below) / (2 * epsilon)
    return gradient


def check_gradients(layer, x, rng, training=False, epsilon=1e-5):
    """Compare a layer's or network's backward with numerical gradients, entry by entry.

    The number that is differentiated is ``sum(r * forward(x))`` with a random `r`, so that every
    output matters. What would make it another function from one forward to the next is held fixed: each
    forward drops the same values and begins with the same running averages, which are afterwards as before.

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
        Relative error by name: ``"x"`` and each parameter. It is 0 where both gradients are too small to be
        told from rounding, as that of a bias before a batch normalization, which is exactly zero.

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> layer = Linear(3, 2, rng=0, dtype=np.float64)
    >>> errors = check_gradients(layer, np.ones((4, 3)), np.random.default_rng(0))
    >>> list(errors), max(errors.values()) < 1e-7
    (['x', 'weight', 'bias'], True)
    """
    with _Fixed(layer) as forward:
        y = forward(x, training)
        r = rng.normal(size=y.shape)
        rounding = 10 * np.finfo(np.float64).eps * float(np.abs(r * y).sum()) / positive("epsilon", epsilon)
        dx = layer.backward(r)
        analytic = {"x": dx, **{name: np.array(grad) for name, (_, grad) in _parameters(layer).items()}}
        values = {"x": x, **{name: value for name, (value, _) in _parameters(layer).items()}}

        def number(_):
            return float((r * forward(x, training)).sum())

        measured = {name: numerical_gradient(number, value, epsilon) for name, value in values.items()}
    return {name: _error(analytic[name], measured[name], rounding) for name in values}


def _error(a, b, rounding):
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return 0.0 if np.shape(a) == b.shape and largest <= rounding else relative_error(a, b)


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
    epsilon = positive("epsilon", epsilon)
    with _Fixed(layer) as forward:
        r = rng.normal(size=forward(x, training).shape)
        dx = layer.backward(r)
        pairs = [(x, dx), *_parameters(layer).values()]
        directions = [rng.normal(size=value.shape) for value, _ in pairs]
        gradients = [np.array(grad) for _, grad in pairs]
        middles = [value.copy() for value, _ in pairs]

        def number(distance):
            for (value, _), middle, v in zip(pairs, middles, directions, strict=True):
                value[...] = middle + distance * v
            return float((r * forward(x, training)).sum())

        try:
            numerical = (number(epsilon) - number(-epsilon)) / (2 * epsilon)
        finally:
            number(0.0)
    analytic = sum(float((g * v).sum()) for g, v in zip(gradients, directions, strict=True))
    size = sum(float(np.abs(g * v).sum()) for g, v in zip(gradients, directions, strict=True))
    return abs(analytic - numerical) / size if size else abs(numerical)


def _parameters(layer):
    if hasattr(layer, "parameters"):
        return {name: (value, grad) for name, value, grad in layer.parameters()}
    return {name: (value, layer.grads[name]) for name, value in layer.params.items()}


#: Everybody's sources of randomness, which a layer of a learner's own may use: what gets and puts a state.
EVERYBODYS = (np.random.get_state, np.random.set_state), (random.getstate, random.setstate)


class _Fixed:
    """A layer or network whose sources of randomness and buffers begin each forward as the first began.

    Leaving it puts them back; what the layers remember is then that of the unchanged input.
    """

    def __init__(self, layer):
        self.layer, self.sources, self.buffers = layer, [*EVERYBODYS], []
        self._collect(layer, set())

    def _collect(self, thing, met):
        """Find the sources of randomness and the buffers of a layer or network, wherever it keeps them."""
        if id(thing) in met:
            return
        met.add(id(thing))
        if isinstance(thing, np.random.Generator):
            bits = thing.bit_generator
            self.sources.append(
                (lambda: copy.deepcopy(bits.state), lambda state: setattr(bits, "state", state))
            )
        elif isinstance(thing, np.random.RandomState):
            self.sources.append((thing.get_state, thing.set_state))
        elif isinstance(thing, random.Random):
            self.sources.append((thing.getstate, thing.setstate))
        elif isinstance(thing, list | tuple | dict):
            for each in thing.values() if isinstance(thing, dict) else thing:
                self._collect(each, met)
        elif hasattr(thing, "params") or hasattr(thing, "layers"):
            self.buffers += getattr(thing, "buffers", {}).values()
            self._collect(vars(thing), met)

    def __enter__(self):
        self.states = [get() for get, _ in self.sources]
        self.copies = [buffer.copy() for buffer in self.buffers]
        return self.forward

    def forward(self, x, training):
        self.restore()
        self.last = x, training
        return self.layer.forward(x, training=training)

    def restore(self):
        for (_, put), state in zip(self.sources, self.states, strict=True):
            put(state)
        for buffer, values in zip(self.buffers, self.copies, strict=True):
            buffer[...] = values

    def __exit__(self, *error):
        if error == (None, None, None):
            self.forward(*self.last)
        self.restore()
