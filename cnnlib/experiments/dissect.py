"""A network opened up: every array between its layers, the sums behind single numbers, who is to blame.

The passes backwards work on a copy of the network. The index of a unit is ``(channel, row, column)`` in a
map, or ``(feature,)`` in a vector; the first image of the batch is meant throughout.

>>> from cnnlib.nn.layers import Linear, ReLU
>>> from cnnlib.fast import Sequential
>>> model = Sequential([Linear(2, 3, rng=0), ReLU()])
>>> [a.shape for a in activations(model, np.ones((1, 2), np.float32))]
[(1, 2), (1, 3), (1, 3)]
"""

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.layers import (
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    Residual,
)


@dataclass(frozen=True)
class FullPass:
    """One forward and one backward pass, everything kept.

    Attributes
    ----------
    activations, gradients : list of array
        Place 0 is the network's input, place i the output of layer i - 1; both lists have the same shapes.
    weight_gradients : list of dict
        ``grads`` of every layer.
    loss : float
    """

    activations: list
    gradients: list
    weight_gradients: list
    loss: float


@dataclass(frozen=True)
class Terms:
    """The sum that makes one number: ``total = sum(inputs * factors) + bias``.

    Attributes
    ----------
    inputs, factors : array
        Of equal shape: for a unit of a convolution (C, kH, kW), for a kernel's gradient (N, Ho, Wo).
    bias : float
        0 where there is none.
    winner : tuple of int or None
        In a max-pooling, where in the window the maximum lies; `factors` is 1 there and 0 elsewhere.
    """

    inputs: np.ndarray
    factors: np.ndarray
    bias: float = 0.0
    winner: tuple | None = None

    @property
    def products(self):
        return self.inputs * self.factors

    @property
    def total(self):
        return float(self.products.sum(dtype=np.float64) + self.bias)


def activations(model, x, training=False):
    """Every array of a forward pass, from the input to the outputs: one more than there are layers."""
    values = [np.asarray(x)]
    for layer in model:
        values.append(layer.forward(values[-1], training=training))
    return values


def backward_from(layers, dy):
    """Every gradient on the way back through layers that have just run forwards, input first.

    Returns
    -------
    list of array, one more than there are layers; the last one is `dy`
    """
    gradients = [dy]
    for layer in reversed(layers):
        gradients.append(layer.backward(gradients[-1]))
    return gradients[::-1]


def full_pass(model, loss, x, y):
    """Run a copy of a network forwards and backwards on one batch and keep everything.

    Parameters
    ----------
    model : Sequential
        Not touched.
    loss : Loss
    x, y : arrays
        A batch and its targets.

    Returns
    -------
    FullPass
    """
    probe = model.copy()
    values = activations(probe, x, training=True)
    error = loss.forward(values[-1], y)
    gradients = backward_from(probe.layers, loss.backward())
    return FullPass(values, gradients, [dict(layer.grads) for layer in probe], error)


def blame(model, x, place, unit):
    """How much every pixel and weight would move one unit: the gradient of that unit alone.

    The gradient that enters at the unit's place is 1 for it and 0 for all others; the backward pass does
    the rest.

    Parameters
    ----------
    model : Sequential
        Not touched.
    x : array
        One image as a batch, (1, C, H, W).
    place : int
        Which array of `activations` the unit stands in, from 1 (output of the first layer) on.
    unit : tuple of int
        (channel, row, column) or (feature,).

    Returns
    -------
    gradients : list of array
        By the input and every array up to the unit's own.
    weight_gradients : list of dict
        By the weights of the layers before it.

    Examples
    --------
    >>> from cnnlib.fast import Sequential
    >>> gradients, _ = blame(Sequential([MaxPool2d(2)]), np.array([[[[1.0, 5.0], [3.0, 2.0]]]]), 1, (0, 0, 0))
    >>> gradients[0][0, 0]
    array([[0., 1.],
           [0., 0.]])
    """
    layers = model.copy().layers[:place]
    value = x
    for layer in layers:
        value = layer.forward(value)
    dy = np.zeros_like(value)
    dy[(0, *unit)] = 1
    return backward_from(layers, dy), [dict(layer.grads) for layer in layers]


def unit_terms(layer, x, unit):
    """The products and the bias that make one output unit of a layer.

    Parameters
    ----------
    layer : Conv2d, Linear, MaxPool2d, AvgPool2d, or any layer that works number by number
    x : array
        The layer's input; its first image is meant.
    unit : tuple of int

    Returns
    -------
    Terms
        Pixels in the padding are 0.

    Examples
    --------
    >>> layer = Linear(2, 1, init=lambda shape, rng: np.array([[3.0], [4.0]]), dtype=np.float64)
    >>> terms = unit_terms(layer, np.array([[10.0, 1.0]]), (0,))
    >>> terms.products, terms.total
    (array([30.,  4.]), 34.0)
    """
    image = np.asarray(x)[0]
    if isinstance(layer, Conv2d):
        channel, row, column = unit
        patch = _window(image, row, column, layer.kernel_size, layer.stride, layer.padding, layer.dilation)
        return Terms(patch, layer.params["weight"][channel], _bias(layer, channel))
    if isinstance(layer, Linear):
        return Terms(image, layer.params["weight"][:, unit[0]], _bias(layer, unit[0]))
    if isinstance(layer, MaxPool2d | AvgPool2d):
        return _pool_terms(layer, image, unit)
    if isinstance(layer, Flatten):
        return Terms(image.reshape(-1)[unit[0]][None], np.ones(1, image.dtype))
    if isinstance(layer, ConvTranspose2d | LayerNorm | Residual):
        raise TypeError(f"layer must be one whose units are single sums, got {layer!r}")
    value, output = image[unit], layer.infer(np.asarray(x)[:1])[(0, *unit)]
    return Terms(value[None], np.array([output / value if value else 0.0]))


def _pool_terms(layer, image, unit):
    channel, row, column = unit
    window = _window(image[channel : channel + 1], row, column, layer.kernel_size, layer.stride)
    if isinstance(layer, AvgPool2d):
        return Terms(window, np.full_like(window, 1 / window.size))
    winner = np.unravel_index(window.argmax(), window.shape)
    factors = np.zeros_like(window)
    factors[winner] = 1
    return Terms(window, factors, winner=tuple(int(i) for i in winner[1:]))


def weight_gradient_terms(layer, x, dy, index):
    """The products whose sum is the gradient of one weight.

    Each place where the weight was used adds (the number it multiplied) times (the gradient that arrived
    at what it made).

    Parameters
    ----------
    layer : Conv2d or Linear
    x, dy : array
        The layer's input, and the gradient by its output.
    index : tuple of int
        Of the weight: (f, c, p, q) in a kernel, (input, output) in a matrix.

    Returns
    -------
    Terms
        `inputs` are the numbers the weight multiplied, `factors` the gradients: (N, Ho, Wo) or (N,).

    Examples
    --------
    >>> layer = Linear(2, 1, rng=0)
    >>> x, dy = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0], [1.0]])
    >>> terms = weight_gradient_terms(layer, x, dy, (1, 0))
    >>> terms.products, terms.total
    (array([20.,  4.]), 24.0)
    """
    x, dy = np.asarray(x), np.asarray(dy)
    if isinstance(layer, Linear):
        return Terms(x[:, index[0]], dy[:, index[1]])
    if not isinstance(layer, Conv2d):
        raise TypeError(f"layer must be a Conv2d or Linear, which have weights, got {type(layer).__name__}")
    kernel, channel, p, q = index
    (down, right), (ph, pw), (rows, columns) = layer.stride, layer.padding, dy.shape[2:]
    padded = np.pad(x[:, channel], [(0, 0), (ph, ph), (pw, pw)])
    p, q = p * layer.dilation[0], q * layer.dilation[1]
    met = padded[:, p : p + down * rows : down, q : q + right * columns : right]
    return Terms(met[:, :rows, :columns], dy[:, kernel])


def _bias(layer, output):
    return float(layer.params["bias"][output]) if "bias" in layer.params else 0.0


def _window(image, row, column, kernel_size, stride, padding=(0, 0), dilation=(1, 1)):
    (kh, kw), (sh, sw), (ph, pw), (down, right) = kernel_size, stride, padding, dilation
    padded = np.pad(image, [(0, 0), (ph, ph), (pw, pw)])
    rows = slice(row * sh, row * sh + down * (kh - 1) + 1, down)
    return padded[:, rows, column * sw : column * sw + right * (kw - 1) + 1 : right]
