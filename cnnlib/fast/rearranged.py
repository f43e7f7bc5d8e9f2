"""Dilated and transposed convolutions as stages: ordinary ones between two rearrangements of the image.

Written for one axis, with kernels of k weights, stride s, padding p and dilation d:

A dilated convolution, ``y[o] = sum_q x[s*o + d*q - p] * w[q]``, sees of the image every d-th pixel only. The
outputs o = t, t + T, t + 2*T, … with ``T = d / gcd(s, d)`` all see the same ones, ``s*t - p`` and every d-th
further on. So the image falls into T thinner ones, which lie side by side in the batch of one ordinary
convolution with the same kernel.

A transposed convolution, ``y[s*i + q - p] += x[i] * w[q]``, makes every s-th output by the same few weights:
with ``K = ceil(k / s)``, ``y[s*m + r - p] = sum_j x[m - j] * w[s*j + r]``, j from 0 to K - 1. So the s kinds
of outputs, r, are channels of one ordinary convolution with kernels of K weights, turned round. Source: Shi
et al., "Is the deconvolution layer the same as a convolutional layer?", 2016, arXiv:1609.07009.
"""

from functools import partial
from itertools import product
from math import gcd
from typing import NamedTuple

import numpy as np

from cnnlib.fast.aligned import empty, zeros
from cnnlib.fast.stages import Stage, copying, memory_shape, run
from cnnlib.fast.winograd_stage import convolution
from cnnlib.nn.layers import Conv2d


class Axis(NamedTuple):
    """One axis: of the ordinary convolution, and which places inside it belong to which outside.

    `inputs` and `outputs` hold a pair of slices, inside and outside, for each image or kind of outputs.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    places: int  # how many outputs there are outside
    inputs: list
    outputs: list


def dilated_axis(size, kernel, stride, padding, dilation):
    """One axis of a dilated convolution; None where no output is left, or it is padded wider than need be.

    >>> dilated_axis(5, 3, 1, 2, 2).inputs
    [(slice(0, 3, None), slice(0, 5, 2)), (slice(0, 2, None), slice(1, 5, 2))]
    """
    places = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    inner = padding // dilation if stride == 1 else 0  # with a step every image begins elsewhere
    if places < 1 or inner >= kernel:
        return None
    images, step = min(dilation // gcd(stride, dilation), places), stride // gcd(stride, dilation)
    height = (-(-places // images) - 1) * step + kernel - 2 * inner
    inputs, outputs = [], []
    for t in range(images):
        first = stride * t - padding + dilation * inner  # where an image begins; before 0 there are zeros
        zeros = max(0, -(first // dilation))
        inputs.append(_places(zeros, first + dilation * zeros, dilation, size, height - zeros))
        outputs.append(_places(0, t, images, places))
    return Axis(height, kernel, step, inner, places, inputs, outputs)


def transposed_axis(size, kernel, stride, padding):
    """One axis of a transposed convolution; None where the padding leaves nothing of the output.

    >>> axis = transposed_axis(3, 2, 2, 0)
    >>> axis.kernel, axis.outputs
    (1, [(slice(0, 3, None), slice(0, 6, 2)), (slice(0, 3, None), slice(1, 6, 2))])
    """
    places = (size - 1) * stride - 2 * padding + kernel
    if places < 1:
        return None
    short, cut = -(-kernel // stride), padding // stride
    inner = max(0, short - 1 - cut)
    outputs = []
    for r in range(stride):
        first = (r - padding) % stride
        outputs.append(_places((first + padding) // stride - min(short - 1, cut), first, stride, places))
    return Axis(size, short, 1, inner, places, [], outputs)


def _places(inside, outside, step, size, most=None):
    """Places one after the other inside, and `step` apart outside, up to the size there: two slices."""
    count = max(0, -((outside - size) // step))
    count = count if most is None else min(count, max(0, most))
    return slice(inside, inside + count), slice(outside, min(size, outside + step * count), step)


class Rearranged(Stage):
    """The base class: an ordinary convolution, perhaps with ReLU, whose outputs are copied to their places.

    Parameters
    ----------
    layer : Conv2d or ConvTranspose2d
    shape : tuple
        (C, H, W).
    n : int
        Number of samples.
    dtype : dtype
    scratch : Scratch
    relu : bool
    axes : (Axis, Axis)
        Vertical and horizontal.
    images, kinds : int
        How many images lie side by side in the batch, and how many kinds of outputs in the channels.
    """

    def __init__(self, layer, shape, n, dtype, scratch, relu, axes, images=1, kinds=1):
        self.layer, self.n, self.axes, self.filters = layer, n, axes, layer.out_channels
        self.out_shape = (self.filters, *(axis.places for axis in axes))
        size, kernel, stride, padding = zip(*(axis[:4] for axis in axes), strict=True)
        biased = "bias" in layer.params
        twin = Conv2d(shape[0], kinds * self.filters, kernel, stride, padding, biased, "zeros", dtype=dtype)
        self.inner = convolution(twin, (shape[0], *size), images * n, dtype, scratch, relu)
        self.inner.layers = [twin]
        self.largest = max(self.inner.largest, twin.params["weight"].size * images * n)

    def make_dy(self, n, dtype):
        super().make_dy(n, dtype)
        self.inner.dx = self._inner_dx()
        self.inner.make_dy(self.inner.n, dtype)

    def prepare(self):
        inner, places = self.inner, list(self._pairs("outputs"))
        inner.out = empty(memory_shape(inner.out_shape, inner.n), self.dy.dtype)
        inner.prepare()
        self.collect = [copying(self.out[outside], inner.out[inside]) for inside, outside in places]
        self.hand_in = [copying(inner.dy[inside], self.dy[outside]) for inside, outside in places]
        if inner.dy.size > self.dy.size:  # outputs that nobody asked for
            self.hand_in.insert(0, partial(inner.dy.fill, 0))

    def _pairs(self, which):
        """Which places of the ordinary convolution belong to which outside: pairs of indices."""
        rows_and_columns = product(*(getattr(axis, which) for axis in self.axes))
        for number, ((top, row), (left, column)) in enumerate(rows_and_columns):
            yield (top, left, *self._part(number)), (row, column)

    def _part(self, number):
        """In the ordinary convolution's channels and batch, where an image or a kind of outputs lies."""
        raise NotImplementedError

    def _inner_dx(self):
        """Where the ordinary convolution leaves its input gradient; None if nobody waits for that."""
        raise NotImplementedError

    def forward(self, training):
        self.inner.forward(training)
        run(self.collect)

    def backward(self):
        run(self.hand_in)
        self.inner.backward()

    def gradients(self):
        ((_, found),) = self.inner.gradients()
        return [(self.layer, found)]


class Dilated(Rearranged):
    """A dilated convolution: thinner images side by side in the batch."""

    def __init__(self, layer, shape, n, dtype, scratch, relu, axes):
        images = len(axes[0].inputs) * len(axes[1].inputs)
        super().__init__(layer, shape, n, dtype, scratch, relu, axes, images)
        self.x = empty(memory_shape(shape, n), dtype)
        self.inner.x.fill(0)  # places that no pixel comes to stay so

    def _part(self, number):
        return slice(None), slice(number * self.n, (number + 1) * self.n)

    def _inner_dx(self):
        return None if self.dx is None else empty(self.inner.x.shape, self.x.dtype)

    def prepare(self):
        super().prepare()
        self.thin_out = [
            copying(self.inner.x[inside], self.x[outside]) for inside, outside in self._pairs("inputs")
        ]
        if self.dx is not None:
            self.gather = self._gathering(self.inner.dx, self.dx)

    def _gathering(self, inside, outside):
        """The calls that bring the gradient by the images to its places; pixels nobody saw have none."""
        pairs = list(self._pairs("inputs"))
        calls = [copying(outside[there], inside[here]) for here, there in pairs]
        seen = sum(outside[there].size for _, there in pairs)
        return calls if seen == outside.size else [partial(outside.fill, 0), *calls]

    def forward(self, training):
        run(self.thin_out)
        self.inner.layer.params = self.layer.params
        super().forward(training)

    def backward(self):
        super().backward()
        if self.dx is not None:
            run(self.gather)

    def input_gradient(self):
        """The gradient by the input; for a first layer computed on request."""
        if self.dx is not None:
            return self.dx
        dx = empty(self.x.shape, self.x.dtype)
        run(self._gathering(self.inner.input_gradient(), dx))
        return dx

    def weights(self):
        return self.inner.weights()


class Transposed(Rearranged):
    """A transposed convolution: kinds of outputs side by side in the channels.

    The kernels (C, F, kH, kW) are filled up with zeros to multiples of the strides (sH, sW), and read as
    (C, F, KH, sH, KW, sW). Turned round, KH and KW, they are the ordinary ones, (sH*sW*F, C, KH, KW).
    """

    def __init__(self, layer, shape, n, dtype, scratch, relu, axes):
        super().__init__(layer, shape, n, dtype, scratch, relu, axes, kinds=layer.stride[0] * layer.stride[1])
        self.x, (down, right), (high, wide) = self.inner.x, layer.stride, (axis.kernel for axis in axes)
        self.split = (down, right, self.filters, shape[0], high, wide)
        self.full = zeros((shape[0], self.filters, high * down, wide * right), dtype)
        self.kernels = self.full[:, :, : layer.kernel_size[0], : layer.kernel_size[1]]

    def _part(self, number):
        return (slice(number * self.filters, (number + 1) * self.filters),)

    def _inner_dx(self):
        return self.dx

    def forward(self, training):
        (down, right, filters, channels, high, wide), params = self.split, self.layer.params
        self.kernels[...] = params["weight"]
        full = self.full.reshape(channels, filters, high, down, wide, right)[:, :, ::-1, :, ::-1]
        inner = self.inner.layer.params
        inner["weight"].reshape(self.split)[...] = full.transpose(3, 5, 1, 0, 2, 4)
        if "bias" in inner:
            inner["bias"].reshape(-1, filters)[...] = params["bias"]
        super().forward(training)

    def gradients(self):
        ((layer, found),) = super().gradients()
        full = found["weight"].reshape(self.split)[..., ::-1, ::-1].transpose(3, 2, 4, 0, 5, 1)
        rows, columns = self.kernels.shape[2:]
        weight = full.reshape(self.full.shape)[:, :, :rows, :columns]
        gradients = {"weight": np.ascontiguousarray(weight)}
        if "bias" in found:
            gradients["bias"] = found["bias"].reshape(-1, self.filters).sum(axis=0)
        return [(layer, gradients)]

    def input_gradient(self):
        return self.inner.input_gradient()

    def weights(self):
        weight, inner = self.kernels.copy(), self.inner.weights()
        return (
            {"weight": weight, "bias": inner["bias"][: self.filters]}
            if "bias" in inner
            else {"weight": weight}
        )
