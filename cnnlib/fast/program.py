"""A network laid out for one number of samples: its stages, connected, with all their buffers."""

import copy

import numpy as np

from cnnlib.fast.convolution import Convolution
from cnnlib.fast.correlation import Scratch
from cnnlib.fast.normalization import Normalization
from cnnlib.fast.pooling import Pooling
from cnnlib.fast.residual import Residual as Branches
from cnnlib.fast.stages import Activation, Dense, Dropping, Flat, Readable, as_logical, memory_shape
from cnnlib.fast.winograd_stage import WinogradConvolution, pays
from cnnlib.nn import functional as F
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)

# Of each class of layers: its functions, where it could have others; and its sizes
KINDS = {
    Conv2d: ((F.conv2d_forward, F.conv2d_backward), ("kernel_size", "stride", "padding", "dilation")),
    Linear: ((F.linear_forward, F.linear_backward), ()),
    MaxPool2d: (MaxPool2d.pair, ("kernel_size", "stride")),
    AvgPool2d: (AvgPool2d.pair, ("kernel_size", "stride")),
    **{kind: (kind.pair, ()) for kind in (ReLU, Tanh, Sigmoid, Flatten)},
    Dropout: (None, ()),
    BatchNorm2d: (None, ()),
    Residual: (None, ()),
}
MULTIPLIERS = frozenset((Conv2d, Linear))


class Unsupported(Exception):
    """This network, or this input, is for the readable passes."""


def signature(layers, dtype):
    """Everything about the layers that a program is built upon; raises `Unsupported` for others."""
    found, multiplies, rest = [], False, list(layers)
    while rest:
        layer = rest.pop()
        kind, state = type(layer), layer.__dict__
        if kind not in KINDS:
            raise Unsupported(f"a layer of class {kind.__name__}")
        pair, sizes = KINDS[kind]
        if pair is not None and (state["forward_function"], state["backward_function"]) != pair:
            raise Unsupported("functions other than the library's")
        if "forward" in state or "backward" in state or "_forward" in state or "_backward" in state:
            raise Unsupported("a layer whose methods were replaced")
        found.append(id(layer))
        for name in sizes:
            found.append(state[name])
        multiplies = multiplies or kind in MULTIPLIERS
        if kind is Residual:
            found += len(layer.layers), len(layer.shortcut)
            rest += layer.layers + layer.shortcut
            continue
        for name, value in state["params"].items():
            if value.dtype != dtype:
                raise Unsupported("weights and inputs of different precision")
            found += name, value.shape
    if not multiplies:
        raise Unsupported("nothing to gain without a product: copying into buffers would cost more")
    return tuple(found)


class Program:
    """The stages of a network for n samples of one shape.

    Parameters
    ----------
    layers : list of Layer
    shape : tuple
        Shape of one sample, (C, H, W) or (D,).
    n : int
        Number of samples.
    dtype : dtype
        float32 or float64.
    exit : (array, array), optional
        Buffers of another program for the outputs and for their gradient, in place of its own.
    joined : bool
        Whether a program before this one waits for the gradient by the input.

    Attributes
    ----------
    work : int
        Multiply-adds of a forward pass of one sample.
    largest : int
        Those of the largest product of matrices.

    Raises
    ------
    Unsupported
        If a layer does not fit its input; the readable passes say what is wrong.
    """

    def __init__(self, layers, shape, n, dtype, exit=None, joined=False):
        self.n, self.stages, self.work, self.largest, scratch = n, [], 0, 0, Scratch(dtype)
        rest = list(layers)
        while rest:
            taken = list(rest)
            stage = self._next(rest, shape, dtype, scratch)
            stage.layers = [copy.copy(layer) for layer in taken[: len(taken) - len(rest)]]
            shape = stage.out_shape
            self.stages.append(stage)
        self.out_shape, self.y = shape, np.empty(memory_shape(shape, n), dtype) if exit is None else exit[0]
        first = self.stages[0]
        if joined or not isinstance(first, Convolution | Dense):
            first.dx = np.empty(first.x.shape, dtype)
        for stage, successor in zip(self.stages, [*self.stages[1:], None], strict=True):
            stage.make_dy(n, dtype)
            if successor is not None:
                stage.out, successor.dx = successor.x, stage.dy
        self.stages[-1].out = self.y
        if exit is not None:
            self.stages[-1].dy = exit[1]
        for stage in self.stages:
            stage.prepare()
        self.entrance, self.exit = as_logical(first.x), as_logical(self.stages[-1].dy)
        self.forwards = [stage.forward for stage in self.stages]
        self.backwards = [stage.backward for stage in reversed(self.stages)]

    def _next(self, rest, shape, dtype, scratch):
        """Take the next layer, or the next few that go together, and make their stage."""
        layer, n = rest.pop(0), self.n
        images = len(shape) == 3
        if isinstance(layer, Conv2d):
            self._require(images and layer.in_channels == shape[0] and _fits(layer, shape))
            self._require(layer.dilation == (1, 1))
            self._require_weights(layer, (layer.out_channels, layer.in_channels, *layer.kernel_size), 0)
            relu, pool = _take_relu_and_pool(rest)
            kind = WinogradConvolution if pays(layer) else Convolution
            stage = kind(layer, shape, n, dtype, scratch, relu, pool)
            self._require(min(stage.out_shape) > 0)
            self._count(layer, stage.places[0] * stage.places[1])
            self.largest = max(self.largest, stage.largest)
            return stage
        if isinstance(layer, Linear):
            self._require(shape == (layer.in_features,))
            self._require_weights(layer, (layer.in_features, layer.out_features), 1)
            self._count(layer, 1)
            return Dense(layer, shape, n, dtype, _take(rest, ReLU))
        if isinstance(layer, Flatten):
            self._require(images)
            return Flat(shape, n, dtype)
        if isinstance(layer, Dropout):
            return Dropping(layer, shape, n, dtype)
        if isinstance(layer, Residual):
            return self._branches(layer, shape, dtype)
        if isinstance(layer, ReLU | Tanh | Sigmoid):
            return Activation(type(layer).__name__, shape, n, dtype)
        self._require(images)
        if isinstance(layer, BatchNorm2d):
            self._require(layer.num_features == shape[0] and n * shape[1] * shape[2] > 1)
            return Normalization(layer, shape, n, dtype, _take(rest, ReLU))
        self._require(layer.kernel_size[0] <= shape[1] and layer.kernel_size[1] <= shape[2])
        if _by_two(layer):
            return Pooling(layer, shape, n, dtype, scratch)
        return Readable(layer, shape, n, dtype)

    def _branches(self, layer, shape, dtype):
        """A residual block; one with dropout inside is for the readable passes."""
        self._require(not any(isinstance(part, Dropout) for part in layer.walk()))
        inner, past = (
            Program(layers, shape, self.n, dtype, joined=True) if layers else None
            for layers in (layer.layers, layer.shortcut)
        )
        self._require(inner.out_shape == (shape if past is None else past.out_shape))
        for program in (inner, past):
            if program is not None:
                self.work += program.work
                self.largest = max(self.largest, program.largest)
        return Branches(inner, past, shape, self.n, dtype)

    def _count(self, layer, places):
        """Add up the multiply-adds of one sample, and note the largest single product of matrices."""
        size = layer.params["weight"].size
        self.work += size * places
        self.largest = max(self.largest, size * self.n)

    def _require_weights(self, layer, shape, outputs):
        """Weights of the shape that the layer was made with, and a bias, if any, for each of its outputs."""
        params = layer.params
        self._require(params["weight"].shape == shape)
        self._require("bias" not in params or params["bias"].shape == (shape[outputs],))

    @staticmethod
    def _require(condition):
        if not condition:
            raise Unsupported("a layer that does not fit its input")

    def forward(self, x, training):
        """Run n samples, x of the logical shape; returns the buffer of outputs, batch-last in memory."""
        self.entrance[...] = x
        return self.run(training)

    def run(self, training):
        """The same for what stands in the buffer of the first stage."""
        for forward in self.forwards:
            forward(training)
        return self.y

    def begin(self, columns):
        """Do beforehand what can be done when some columns of the first stage's buffer are there, (D, N)."""
        self.stages[0].begin(columns)

    def finish(self, columns, training):
        """Do the rest of `run`, when the other columns are there too."""
        first, *others = self.stages
        first.finish(columns, training)
        for stage in others:
            stage.forward(training)
        return self.y

    def backward(self, dy):
        """Run back the gradient of the outputs, of the logical shape; returns the gradients by layer."""
        np.copyto(self.exit, dy)
        self.run_back()
        return self.gradients()

    def run_back(self):
        """Run back what stands in the buffer of the last stage; `gradients` can be asked for afterwards."""
        for backward in self.backwards:
            backward()

    def gradients(self):
        """The gradients by layer of what was run back last, those of the last layer first."""
        return [pair for stage in reversed(self.stages) for pair in stage.gradients()]

    def input_gradient(self):
        """The gradient by the input, after `backward`: a buffer, batch-last in memory."""
        return self.stages[0].input_gradient()


def _fits(layer, shape):
    """Whether the kernel fits into the padded image, and the padding is not wider than it needs to be."""
    sides = zip(shape[1:], layer.kernel_size, layer.padding, strict=True)
    return all(p < k <= size + 2 * p for size, k, p in sides)


def _take(rest, kind):
    if rest and type(rest[0]) is kind:
        rest.pop(0)
        return True
    return False


def _take_relu_and_pool(rest):
    relu, pool = _take(rest, ReLU), False
    if rest and _by_two(rest[0]):
        rest.pop(0)
        pool = True
    return relu, pool


def _by_two(layer):
    """Whether this is max-pooling by 2x2."""
    return type(layer) is MaxPool2d and layer.kernel_size == layer.stride == (2, 2)
