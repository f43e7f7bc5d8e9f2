"""A network laid out for one number of samples: its stages, connected, with all their buffers."""

import copy

import numpy as np

from cnnlib.fast.aligned import empty
from cnnlib.fast.convolution import Convolution
from cnnlib.fast.correlation import Scratch
from cnnlib.fast.layer_normalization import LayerNormalization
from cnnlib.fast.normalization import Normalization
from cnnlib.fast.pooling import Averaging, Pooling
from cnnlib.fast.rearranged import Dilated, Rearranged, Transposed, dilated_axis, transposed_axis
from cnnlib.fast.residual import Residual as Branches
from cnnlib.fast.signature import Unsupported
from cnnlib.fast.stages import Activation, Dense, Dropping, Flat, Readable, as_logical, memory_shape
from cnnlib.fast.winograd_stage import convolution
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)


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
        self.out_shape, self.y = shape, empty(memory_shape(shape, n), dtype) if exit is None else exit[0]
        first = self.stages[0]
        if joined or not isinstance(first, Convolution | Rearranged | Dense):
            first.dx = empty(first.x.shape, dtype)
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
        if isinstance(layer, Conv2d | ConvTranspose2d):
            self._require(images and layer.in_channels == shape[0])
            return self._convolution(layer, rest, shape, dtype, scratch)
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
        if isinstance(layer, LayerNorm):
            self._require(layer.normalized_shape == shape)
            self._require(all(value.shape == shape for value in layer.params.values()))
            return LayerNormalization(layer, shape, n, dtype)
        if isinstance(layer, Residual):
            return self._branches(layer, shape, dtype)
        if isinstance(layer, ReLU | Tanh | Sigmoid):
            return Activation(type(layer).__name__, shape, n, dtype)
        self._require(images)
        if isinstance(layer, BatchNorm2d):
            self._require(layer.num_features == shape[0])
            return Normalization(layer, shape, n, dtype, _take(rest, ReLU))
        self._require(layer.kernel_size[0] <= shape[1] and layer.kernel_size[1] <= shape[2])
        if _by_two(layer):
            return Pooling(layer, shape, n, dtype, scratch)
        if isinstance(layer, AvgPool2d) and layer.kernel_size == layer.stride:
            return Averaging(layer, shape, n, dtype)
        return Readable(layer, shape, n, dtype)

    def _convolution(self, layer, rest, shape, dtype, scratch):
        """A convolution of any kind, with the ReLU that follows it and, if it is ordinary, the pooling."""
        inputs, outputs, kernel = layer.in_channels, layer.out_channels, layer.kernel_size
        given = layer, shape, self.n, dtype, scratch
        sides = shape[1:], kernel, layer.stride, layer.padding
        if isinstance(layer, ConvTranspose2d):
            self._require_weights(layer, (inputs, outputs, *kernel), 1)
            stage = self._rearranged(Transposed, given, map(transposed_axis, *sides), rest)
            places = shape[1:]
        else:
            self._require_weights(layer, (outputs, inputs, *kernel), 0)
            if layer.dilation == (1, 1):
                self._require(_fits(layer, shape))
                stage = convolution(*given, *_take_relu_and_pool(rest))
                places = stage.places
            else:
                stage = self._rearranged(Dilated, given, map(dilated_axis, *sides, layer.dilation), rest)
                places = stage.out_shape[1:]
        self._require(min(stage.out_shape) > 0)
        self._count(layer, places[0] * places[1])
        self.largest = max(self.largest, stage.largest)
        return stage

    def _rearranged(self, kind, given, axes, rest):
        """A dilated or a transposed one, if its two axes can be rearranged."""
        axes = list(axes)
        self._require(None not in axes)
        return kind(*given, _take(rest, ReLU), axes)

    def _branches(self, layer, shape, dtype):
        """A residual block."""
        inner, past = (
            Program(layers, shape, self.n, dtype, joined=True) if layers else None
            for layers in (layer.layers, layer.shortcut)
        )
        self._require(inner.out_shape == (shape if past is None else past.out_shape))
        for program in (inner, past):
            if program is not None:
                self.work += program.work
                self.largest = max(self.largest, program.largest)
        return Branches(inner, past)

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

    def walk(self):
        """All stages, also those within others, in the order of a forward pass."""
        for stage in self.stages:
            yield from stage.walk()

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

    def begin_back(self):
        """The same up to the first stage's gradient by its input, which `finish_back` gives."""
        for backward in self.backwards[:-1]:
            backward()
        self.stages[0].begin_back()

    def finish_back(self, columns):
        """The gradient by the input of the first stage for some samples, a slice."""
        self.stages[0].finish_back(columns)

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
