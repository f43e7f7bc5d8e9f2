"""Layers with a weight array: Conv2d, ConvTranspose2d and Linear.

Their ``_forward`` hands a copy of the weights on: whoever edits the weights between forward and backward
still gets the gradients of the forward that was run.
"""

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.nn.arguments import count, float_type
from cnnlib.nn.functional._arrays import as_pair
from cnnlib.nn.initializers import initialize
from cnnlib.nn.layers.base import Layer

# backward functions that can leave the gradient by the input out
TAKE_INPUT_GRADIENT = (F.conv2d_backward, F.conv_transpose2d_backward, F.linear_backward)


class Weighted(Layer):
    """The base class of the layers of this file: a weight array and, unless ``bias=False``, a bias."""

    def _set_weights(self, shape, outputs, bias, init, rng, dtype):
        self.dtype = float_type(dtype)
        self.params["weight"] = initialize(init, shape, rng, self.dtype)
        if bias:
            self.params["bias"] = np.zeros(outputs, self.dtype)

    def _weights(self):
        """Copies of the weights and of the bias, None without one."""
        bias = self.params.get("bias")
        return self.params["weight"].copy(), None if bias is None else bias.copy()

    def backward_weights(self, dy):
        """Fill ``grads`` as ``backward`` does, but leave the gradient by the input out if possible."""
        if "backward" in vars(self) or self.backward_function not in TAKE_INPUT_GRADIENT:
            self.backward(dy)
        else:
            self._fill(*self.backward_function(dy, self.recall(dy), input_gradient=False))

    def _fill(self, dx, dw, db):
        self.grads["weight"] = dw
        if "bias" in self.params:
            self.grads["bias"] = db
        return dx


class Conv2d(Weighted):
    """Slide `out_channels` kernels over the image; each gives one output channel.

    ``y[n, f, i, j] = b[f] + sum over c, k, l of x[n, c, i*s + k - p, j*s + l - p] * w[f, c, k, l]`` with
    stride s and padding p: a cross-correlation, as in every deep-learning library.
    Shapes: ``(N, C, H, W)`` to ``(N, F, Ho, Wo)``, ``Ho = (H + 2p - d(kH - 1) - 1) // s + 1`` (dilation d).

    Parameters
    ----------
    in_channels, out_channels : int
        C and F.
    kernel_size, stride, padding : int or pair of int
        Sizes in pixels: one for both, or (height, width).
    bias : bool
        Whether each output channel has a constant added to it.
    init : str or callable
        First weights, see `cnnlib.nn.initializers.initialize`. Biases start at zero.
    rng : numpy.random.Generator, int or None
        Source of the first weights.
    dtype : dtype
        float32 or float64.
    dilation : int or pair of int
        Distance of the pixels that neighbouring weights see; 1 for an ordinary kernel.
    forward, backward : callable, optional
        Functions of one's own with the contracts of ``conv2d_forward`` and ``conv2d_backward``; a forward is
        handed the dilation only where it is not 1.

    Examples
    --------
    >>> layer = Conv2d(1, 8, kernel_size=3, padding=1, rng=0)
    >>> layer.forward(np.zeros((32, 1, 28, 28), np.float32)).shape
    (32, 8, 28, 28)
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        bias=True,
        init="he",
        rng=None,
        dtype=np.float32,
        *,
        dilation=1,
        forward=None,
        backward=None,
    ):
        super().__init__()
        self.in_channels = count("in_channels", in_channels)
        self.out_channels = count("out_channels", out_channels)
        self.kernel_size = as_pair(kernel_size, "kernel_size", 1)
        self.stride = as_pair(stride, "stride", 1)
        self.padding = as_pair(padding, "padding", 0)
        self.dilation = as_pair(dilation, "dilation", 1)
        shape = (self.out_channels, self.in_channels, *self.kernel_size)
        self._set_weights(shape, self.out_channels, bias, init, rng, dtype)
        self.forward_function = forward or F.conv2d_forward
        self.backward_function = backward or F.conv2d_backward

    def _forward(self, x, training):
        weight, bias = self._weights()
        dilation = () if self.dilation == (1, 1) else (self.dilation,)
        return self.forward_function(x, weight, bias, self.stride, self.padding, *dilation)

    def _backward(self, dy, cache):
        dx, dw, db = self.backward_function(dy, cache)
        return self._fill(dx, dw, db)

    def config(self):
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "bias": "bias" in self.params,
            "dtype": self.dtype.name,
            **({} if self.dilation == (1, 1) else {"dilation": self.dilation}),
        }


class ConvTranspose2d(Weighted):
    """Lay every input down as a window of the output, weighted by a kernel, and add up where windows overlap.

    The gradient of a convolution by its input, as a layer: it makes images larger.
    Shapes: ``(N, C, H, W)`` to ``(N, F, Ho, Wo)``, ``Ho = (H - 1)s - 2p + kH``. The weight has the shape
    (C, F, kH, kW), input channels first, as in PyTorch; see `cnnlib.nn.functional.conv_transpose2d_forward`.

    Parameters
    ----------
    in_channels, out_channels : int
        C and F.
    kernel_size, stride, padding : int or pair of int
        Size of the windows, their distance in the output, and what is cut off at each edge.
    bias, init, rng, dtype, forward, backward
        As for `Conv2d`.

    Examples
    --------
    >>> layer = ConvTranspose2d(8, 1, kernel_size=2, stride=2, rng=0)
    >>> layer.forward(np.zeros((32, 8, 7, 7), np.float32)).shape
    (32, 1, 14, 14)
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        bias=True,
        init="he",
        rng=None,
        dtype=np.float32,
        *,
        forward=None,
        backward=None,
    ):
        super().__init__()
        self.in_channels = count("in_channels", in_channels)
        self.out_channels = count("out_channels", out_channels)
        self.kernel_size = as_pair(kernel_size, "kernel_size", 1)
        self.stride = as_pair(stride, "stride", 1)
        self.padding = as_pair(padding, "padding", 0)
        shape = (self.in_channels, self.out_channels, *self.kernel_size)
        self._set_weights(shape, self.out_channels, bias, init, rng, dtype)
        self.forward_function = forward or F.conv_transpose2d_forward
        self.backward_function = backward or F.conv_transpose2d_backward

    def _forward(self, x, training):
        weight, bias = self._weights()
        return self.forward_function(x, weight, bias, self.stride, self.padding)

    def _backward(self, dy, cache):
        dx, dw, db = self.backward_function(dy, cache)
        return self._fill(dx, dw, db)

    def config(self):
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "bias": "bias" in self.params,
            "dtype": self.dtype.name,
        }


class Linear(Weighted):
    """``y = x @ W + b``, with W of shape ``(in_features, out_features)``.

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and outputs.
    init : str or callable
        First weights, by default uniform within ``1 / sqrt(in_features)``: small enough for an output layer.
        A hidden layer before ReLU learns faster with ``"he"``.
    bias, rng, dtype, forward, backward
        As for `Conv2d`.

    Examples
    --------
    >>> Linear(64, 10, rng=0).forward(np.zeros((32, 64), np.float32)).shape
    (32, 10)
    """

    def __init__(
        self,
        in_features,
        out_features,
        bias=True,
        init="uniform",
        rng=None,
        dtype=np.float32,
        *,
        forward=None,
        backward=None,
    ):
        super().__init__()
        self.in_features = count("in_features", in_features)
        self.out_features = count("out_features", out_features)
        self._set_weights((self.in_features, self.out_features), self.out_features, bias, init, rng, dtype)
        self.forward_function = forward or F.linear_forward
        self.backward_function = backward or F.linear_backward

    def _forward(self, x, training):
        weight, bias = self._weights()
        return self.forward_function(x, weight, bias)

    def _backward(self, dy, cache):
        dx, dw, db = self.backward_function(dy, cache)
        return self._fill(dx, dw, db)

    def config(self):
        return {
            "in_features": self.in_features,
            "out_features": self.out_features,
            "bias": "bias" in self.params,
            "dtype": self.dtype.name,
        }
