"""The convolution as a stage of a fast network, together with the ReLU and the pooling that follow it."""

from functools import partial as call

import numpy as np

from cnnlib.fast.aligned import empty, zeros
from cnnlib.fast.correlation import Correlation, turned_correlation
from cnnlib.fast.kernel_gradient import kernel_gradient
from cnnlib.fast.pooling import pooling, quarters, row_of_quarters
from cnnlib.fast.stages import Stage, copying, memory_shape, run
from cnnlib.nn.functional._arrays import bits

WHOLE = (slice(None),) * 3
ROW = 2**15  # numbers up to which an array of zeros is cheaper to read than to repeat


class Convolution(Stage):
    """Convolution and bias, then perhaps ReLU, then perhaps max-pooling by 2x2.

    ReLU and pooling are applied to each block of rows while it is still in the cache. With pooling, ReLU is
    applied after it, to a quarter of the numbers: the largest of four stays the largest. What pooling keeps
    for the backward pass are three comparisons a window.
    """

    largest = 0  # multiply-adds of a product that is larger than those with the weights

    def __init__(self, layer, shape, n, dtype, scratch, relu, pool):
        self.layer, self.relu, self.pool, self.scratch, self.n = layer, relu, pool, scratch, n
        (c, h, w), (ph, pw) = shape, layer.padding
        self.wide = self.inner = self.first_dx = None
        places = [
            (size + 2 * p - k) // s + 1
            for size, p, k, s in zip((h, w), layer.padding, layer.kernel_size, layer.stride, strict=True)
        ]
        self.out_shape = (layer.out_channels, *(p // 2 if pool else p for p in places))
        self.places = tuple(p // 2 * 2 if pool else p for p in places)
        self.biased = "bias" in layer.params
        padded = zeros((self._padded_rows(h + 2 * ph), w + 2 * pw, c, n), dtype)
        self.x = padded[ph : ph + h, pw : pw + w]
        self.correlation = Correlation(
            padded, layer.kernel_size, layer.stride, self.places, layer.out_channels, self.biased
        )
        self.weight_in = self.correlation.weight.transpose(0, 3, 2, 1)

    def _padded_rows(self, rows):
        """How many rows the buffer of inputs has, given how many the padded image has."""
        return rows

    def _zeros(self, out):
        """Zeros to compare some rows of outputs with: as many where they are few, else the same row over."""
        return self.scratch.zeros(out.shape if out.size <= ROW else out.shape[1:])

    def make_dy(self, n, dtype):
        """Buffers for the gradients: of the outputs, and of the convolution before ReLU and pooling.

        Where a predecessor waits for its gradient the second lies between zeros, for the turned kernel.
        """
        self.d = self._make_d(n, dtype)
        self.dy = self.scratch.take(memory_shape(self.out_shape, n), "dy") if self._separate() else self.d
        if self.d is None:
            self.d = self.dy

    def _separate(self):
        """Whether the two are different; then the first can lie in the memory of that of other convolutions.

        A convolution has brought its dy to d before the other one's, its dx, is computed.
        """
        return self.relu or self.pool

    def _make_d(self, n, dtype):
        """The second of them; None if it can take the place of the first (ReLU) or of y (pooling)."""
        if self.dx is not None:
            shared = self.layer.stride[1] == 1 and self._separate()
            self.wide, d = self._widened(shared)
            return d
        return None if self._separate() else empty((*self.places, self.layer.out_channels, n), dtype)

    def _widened(self, shared):
        """The gradient of the convolution with zeros left and right: what the turned kernel slides over."""
        layer, rows = self.layers[0], self.places[0]
        (_, w, _, _), (_, kw), (_, pw) = self.x.shape, layer.kernel_size, layer.padding
        left = kw - 1 - pw
        shape = (rows, w + kw - 1, layer.out_channels, self.n)
        wide = self._between_zeros(shape, 0, rows, left, self.places[1]) if shared else self._zeroed(shape)
        inner = wide[:, left :: layer.stride[1]][:, : self.places[1]]
        return wide, quarters(inner) if self.pool else inner

    def _zeroed(self, shape):
        return zeros(shape, self.x.dtype)

    def _between_zeros(self, shape, top, rows, left, columns):
        """A buffer for some rows and columns of numbers between zeros, which stay zero.

        Convolutions of a network that have these in the same places have the same memory for them.
        """
        return self.scratch.take(shape, ("wide", *shape, top, rows, left, columns))

    def prepare(self):
        """Prepare the calls of both passes, block by block of rows."""
        self.gradient = self._gradient()
        self.forward_calls, self.backward_calls, self.unpooling = [], [], []
        step = self._rows_at_once()
        for first in range(0, self.places[0], step):
            forward, backward = self._block(first, min(first + step, self.places[0]))
            self.forward_calls += forward
            self.backward_calls += backward
        if self.dx is not None:
            self._prepare_back(self.dx)

    def _rows_at_once(self):
        """How many rows of outputs make a block."""
        step = self.correlation.rows_at_once()
        return max(2, step // 2 * 2) if self.pool else step

    def _gradient(self):
        return kernel_gradient(self.correlation, self.layer.out_channels, self.scratch)

    def _block(self, first, last):
        """The calls of one block of rows, forwards and backwards."""
        half = slice(first // 2, last // 2) if self.pool else slice(first, last)
        out, dy = self.out[half], self.dy[half]
        if not self.pool:
            d = self.d[half]
            forward, gradients = self._products(first, last, out, d)
            clip, gate = self._rectifying(out, out, dy, d)
            return forward + clip, gate + gradients
        y = self.scratch.take((2, 2, *out.shape), "y")
        forward, gradients = self._products(first, last, y, y)
        shrink, widen = self._pooling(y, out, dy, y)  # the gradient takes the memory of y, used by then
        self.unpooling.append((widen, half, y))
        amid_zeros = [] if self.wide is None else [copying(self.d[:, :, half], y)]
        return forward + shrink, widen + amid_zeros + gradients

    def _pooling(self, y, out, dy, d):
        """The calls that pool y into out, with ReLU, and those that lead dy back to d."""
        pooled = out if out.flags.c_contiguous else self.scratch.take(out.shape, "pooled")
        clip, gate = self._rectifying(pooled, out, dy, dy)
        shrink, widen = pooling(y, pooled, dy, d, self.scratch)
        return shrink + clip, gate + widen

    def _rectifying(self, y, out, dy, d):
        """The calls of ReLU from y to out and from dy to d; without ReLU, those that bring y to out."""
        if not self.relu:
            return [] if y is out else [copying(out, y)], []
        passes, zeros = self.scratch.take(y.shape, "passes", bool), self._zeros(y)
        return [call(np.maximum, y, zeros, out=out)], [
            call(np.greater, out, zeros, passes),
            call(np.multiply, bits(dy), passes, bits(d)),
        ]

    def _products(self, first, last, y, d):
        """The calls that fill y, and those that multiply windows by its gradient d, a few rows a time."""
        step = self.correlation.rows_at_once()
        step = step // 2 * 2 if self.pool and step > 1 else step
        forward, pieces = [], []
        for a in range(0, last - first, step):
            b = min(a + step, last - first)
            fill, windows = self.correlation.block(first + a, first + b)
            if not self.pool:
                rows = slice(a, b)
            elif b - a > 1:
                rows, windows = (..., slice(a // 2, b // 2), *WHOLE), quarters(windows)
            else:
                rows, windows = (slice(None), a % 2, slice(a // 2, a // 2 + 1)), row_of_quarters(windows)
            forward += [fill, *self.correlation.calls(windows, y[rows])]
            pieces.append((fill, windows, d[rows]))
        return forward, self.gradient.calls(pieces, first, last, d)

    def _prepare_back(self, dx):
        """The correlation of the widened gradient with the turned kernel."""
        back = self._back(dx)
        self.turned_in, self.back_calls = back.weight, back.calls()

    def _back(self, dx):
        layer = self.layers[0]
        top = layer.kernel_size[0] - 1 - layer.padding[0]
        return turned_correlation(self.wide, layer.kernel_size, top, layer.stride[0], dx, self.scratch)

    def forward(self, training):
        params = self.layer.params
        self.weight_in[...] = params["weight"]
        if self.biased:
            self.correlation.bias[...] = params["bias"]
        run(self.forward_calls)

    def backward(self):
        run(self.backward_calls)
        if self.dx is not None:
            self._correlate_back()

    def _correlate_back(self):
        self.turned_in[...] = self.weight_in
        run(self.back_calls)

    def input_gradient(self):
        """The gradient by the input; for a first layer computed on request."""
        if self.dx is not None:
            return self.dx
        if self.first_dx is None:
            self.first_dx = empty(self.x.shape, self.x.dtype)
            if self.wide is None:
                self.wide, self.inner = self._widened(shared=False)
            self._prepare_back(self.first_dx)
        if self.inner is not None:
            self._fill_inner()
        self._correlate_back()
        return self.first_dx

    def _fill_inner(self):
        """Bring the gradient of the convolution between the zeros; pooling is run back once more for that."""
        if not self.pool:
            self.inner[...] = self.d
        for widen, rows, y in self.unpooling:
            run(widen)
            self.inner[:, :, rows] = y

    def weights(self):
        copies = {"weight": self.weight_in.copy()}
        return copies | {"bias": self.correlation.bias.copy()} if self.biased else copies

    def gradients(self):
        weight, bias = self.gradient.result()
        return [(self.layer, {"weight": weight, "bias": bias} if self.biased else {"weight": weight})]
