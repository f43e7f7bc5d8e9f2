"""Layers without weights or windows: ReLU, Tanh, Sigmoid, Flatten."""

from cnnlib.nn import functional as F
from cnnlib.nn.layers.base import Layer


class Unweighted(Layer):
    """A layer without weights, made of one pair of functions that take nothing but the input.

    ``forward=`` and ``backward=`` put functions of one's own in the place of the library's.
    """

    pair = None

    def __init__(self, forward=None, backward=None):
        super().__init__()
        self.forward_function = forward or self.pair[0]
        self.backward_function = backward or self.pair[1]

    def _forward(self, x, training):
        return self.forward_function(x)

    def _backward(self, dy, cache):
        return self.backward_function(dy, cache)


class ReLU(Unweighted):
    """``y = max(x, 0)``, of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> layer = ReLU()
    >>> layer.forward(np.array([[-1.0, 2.0]])), layer.backward(np.array([[5.0, 5.0]]))
    (array([[0., 2.]]), array([[0., 5.]]))
    """

    pair = F.relu_forward, F.relu_backward


class Tanh(Unweighted):
    """``y = tanh(x)``, of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> Tanh().forward(np.array([[0.0, 100.0]]))
    array([[0., 1.]])
    """

    pair = F.tanh_forward, F.tanh_backward


class Sigmoid(Unweighted):
    """``y = 1 / (1 + exp(-x))``, of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> Sigmoid().forward(np.array([[0.0, 100.0]]))
    array([[0.5, 1. ]])
    """

    pair = F.sigmoid_forward, F.sigmoid_backward


class Flatten(Unweighted):
    """``(N, C, H, W)`` to ``(N, C*H*W)``, pixels of a channel together, row by row.

    Examples
    --------
    >>> import numpy as np
    >>> Flatten().forward(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    pair = F.flatten_forward, F.flatten_backward
