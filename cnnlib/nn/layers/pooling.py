"""Pooling: one value for each window."""

from cnnlib.nn import functional as F
from cnnlib.nn.functional._arrays import as_pair
from cnnlib.nn.layers.base import Layer


class Pool(Layer):
    pair = None

    def __init__(self, kernel_size, stride=None, *, forward=None, backward=None):
        super().__init__()
        self.kernel_size = as_pair(kernel_size, "kernel_size", 1)
        self.stride = self.kernel_size if stride is None else as_pair(stride, "stride", 1)
        self.forward_function = forward or self.pair[0]
        self.backward_function = backward or self.pair[1]

    def _forward(self, x, training):
        return self.forward_function(x, self.kernel_size, self.stride)

    def _backward(self, dy, cache):
        return self.backward_function(dy, cache)

    def config(self):
        return {"kernel_size": self.kernel_size, "stride": self.stride}


class MaxPool2d(Pool):
    """The largest value of each window; the first in row order where several are equal.

    Shapes: ``(N, C, H, W)`` to ``(N, C, Ho, Wo)``, ``Ho = (H - kH) // s + 1``.

    Parameters
    ----------
    kernel_size : int or pair of int
        Window in pixels.
    stride : int or pair of int, optional
        Step from window to window; the window's own size when not given.

    Examples
    --------
    >>> import numpy as np
    >>> MaxPool2d(2).forward(np.array([[[[1.0, 5.0], [3.0, 2.0]]]]))
    array([[[[5.]]]])
    """

    pair = F.maxpool2d_forward, F.maxpool2d_backward


class AvgPool2d(Pool):
    """The mean of each window; arguments and shapes as for `MaxPool2d`.

    Examples
    --------
    >>> import numpy as np
    >>> AvgPool2d(2).forward(np.array([[[[1.0, 5.0], [3.0, 3.0]]]]))
    array([[[[3.]]]])
    """

    pair = F.avgpool2d_forward, F.avgpool2d_backward
