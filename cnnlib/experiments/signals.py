"""What flows through a network before it has learned anything: activations forwards, gradients backwards."""

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.layers import ReLU


@dataclass(frozen=True)
class Signal:
    """Output of one layer and the gradient of the loss by it, both of the layer's output shape.

    Attributes
    ----------
    place : int
        Index of the layer in the network.
    activation, gradient : array, shape (N, ...)
        For the images that were sent through.
    """

    place: int
    activation: np.ndarray
    gradient: np.ndarray


def layer_signals(model, loss, x, y, kinds, training=False):
    """Send images forwards and the loss's gradient backwards, and keep what leaves certain layers.

    Parameters
    ----------
    model : Sequential
        It is copied and stays as it is.
    loss : Loss
    x, y : arrays
        Images and targets.
    kinds : type or tuple of types
        Layers to keep, such as ``ReLU``.
    training : bool
        Handed to every layer: batch normalization then uses the statistics of these images.

    Returns
    -------
    list of Signal
        From input to output. Overflow shows as inf or NaN in the arrays, not as a warning.

    Examples
    --------
    >>> from cnnlib.nn.losses import CrossEntropyLoss
    >>> from cnnlib.networks import small_cnn
    >>> x, y = np.ones((2, 1, 8, 8), np.float32), np.array([0, 1])
    >>> signals = layer_signals(small_cnn(rng=0), CrossEntropyLoss(), x, y, ReLU)
    >>> [signal.activation.shape for signal in signals]
    [(2, 8, 8, 8), (2, 16, 4, 4)]
    """
    model, outputs, gradients = model.copy(), [], []
    with np.errstate(all="ignore"):
        for layer in model.layers:
            x = layer.forward(x, training=training)
            outputs.append(x)
        loss.forward(x, y)
        dy = loss.backward()
        for layer in reversed(model.layers):
            gradients.insert(0, dy)
            dy = layer.backward(dy)
    return [
        Signal(i, outputs[i], gradients[i])
        for i, layer in enumerate(model.layers)
        if isinstance(layer, kinds)
    ]


def dead_units(model, x):
    """Number of ReLU units that no image switches on, and number of all of them.

    A unit is a channel of an image layer, at any place, or one output of a linear layer. For the images
    in `x` a dead unit passes nothing on and gets no gradient, so training on them cannot wake it.

    Parameters
    ----------
    model : Sequential
    x : array
        Images.

    Returns
    -------
    dead, units : int

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> from cnnlib.fast import Sequential
    >>> model = Sequential([Linear(4, 3, rng=0), ReLU()])
    >>> model[0].params["bias"][...] = [-100, 100, 100]
    >>> dead_units(model, np.ones((2, 4), np.float32))
    (1, 3)
    """
    model, dead, units = model.copy(), 0, 0
    with np.errstate(all="ignore"):
        for layer in model.layers:
            x = layer.forward(x)
            if isinstance(layer, ReLU):
                active = (x > 0).any(axis=(0, *range(2, x.ndim)))
                dead, units = dead + int((~active).sum()), units + active.size
    return dead, units


def distinct_filters(weight, tolerance=1e-4):
    """Number of filters that differ from each other, by more than a share of the largest weight.

    Parameters
    ----------
    weight : array, shape (F, C, kH, kW)
    tolerance : float
        Two filters count as equal if no weight differs by more than this share of the largest.

    Examples
    --------
    >>> distinct_filters(np.ones((8, 1, 3, 3)))
    1
    """
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    limit, kept = tolerance * np.abs(rows).max(), []
    for row in rows:
        if not any(np.abs(row - other).max() <= limit for other in kept):
            kept.append(row)
    return len(kept)
