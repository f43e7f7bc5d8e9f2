"""The convolution as a stage of a fast network, with bias, ReLU and pooling melted in."""

from functools import partial as call

import numpy as np

from ._correlation import Correlation, KernelGradient
from ._stages import Stage, run

ROW = 2**15  # numbers up to which an array of zeros is cheaper to read than to repeat


class Convolution(Stage):
    """Convolution and bias, then perhaps ReLU, then perhaps max-pooling by 2x2.

    ReLU and pooling are applied to each block of rows while it is still in the cache. With pooling, ReLU is
    applied after it, to a quarter of the numbers: the largest of four stays the largest. What pooling keeps
    for the backward pass are three comparisons a window.
    """

    def __init__(self, layer, shape, n, dtype, scratch, relu, pool):
        self.layer, self.relu, self.pool, self.scratch, self.n = layer, relu, pool, scratch, n
        (c, h, w), (ph, pw), self.first_dx = shape, layer.padding, None
        padded = np.zeros((h + 2 * ph, w + 2 * pw, c, n), dtype)
        self.x = padded[ph : ph + h, pw : pw + w]
        places = [
            (size + 2 * p - k) // s + 1
            for size, p, k, s in zip((h, w), layer.padding, layer.kernel_size, layer.stride, strict=True)
        ]
        self.out_shape = (layer.out_channels, *(p // 2 if pool else p for p in places))
        self.places = tuple(p // 2 * 2 if pool else p for p in places)
        self.biased = "bias" in layer.params
        self.correlation = Correlation(
            padded, layer.kernel_size, layer.stride, self.places, layer.out_channels, self.biased
        )
        self.weight_in = self.correlation.weight.transpose(0, 3, 2, 1)

    def _zeros(self, out):
        """Zeros to compare some rows of outputs with: as many where they are few, else the same row over."""
        few = out.size <= ROW
        return np.zeros(out.shape if few else out.shape[1:], out.dtype)

    def make_dy(self, n, dtype):
        """Gradients of the outputs; without anything melted in, they are those of the convolution itself."""
        self.wide, self.d_conv = self._widened()
        self.dy = self.d_conv
        if self.relu or self.pool:
            super().make_dy(n, dtype)

    def _widened(self):
        """Zeros with room for the gradient of the convolution: what the turned kernel slides over."""
        (h, w, _, _), (kh, kw), (ph, pw) = self.x.shape, self.layer.kernel_size, self.layer.padding
        down, right = self.layer.stride
        wide = np.zeros((h + kh - 1, w + kw - 1, self.layer.out_channels, self.n), self.x.dtype)
        inner = wide[kh - 1 - ph :: down, kw - 1 - pw :: right]
        return wide, inner[: self.places[0], : self.places[1]]

    def prepare(self):
        """Prepare the calls of both passes, block by block of rows."""
        self.gradient = KernelGradient(self.correlation, self.layer.out_channels, self.scratch)
        self.forward_calls, gradients = [], []
        step = self.correlation.rows_at_once()
        step = max(2, step // 2 * 2) if self.pool else step
        for first in range(0, self.places[0], step):
            forward, backward = self._block(first, min(first + step, self.places[0]))
            self.forward_calls += forward
            gradients += backward
        self.backward_calls = [*self.gradient.start(), *gradients]
        if self.dx is not None:
            self._prepare_back(self.dx)

    def _block(self, first, last):
        """The calls of one block of rows, forwards and backwards."""
        half = slice(first // 2, last // 2) if self.pool else slice(first, last)
        out, dy, d = self.out[half], self.dy[half], self.d_conv[first:last]
        shape = (last - first, self.places[1], self.layer.out_channels, self.n)
        y = self.scratch.take(shape, "y") if self.pool else out
        step = min(self.correlation.rows_at_once(), self.gradient.rows)
        forward, gradients, backward = [], [], []
        for a in range(first, last, step):
            b = min(a + step, last)
            block, rows = self.correlation.block(a, b), slice(a - first, b - first)
            forward += self.correlation.calls(block, y[rows])
            gradients += self.gradient.calls(block, d[rows])
        if self.relu:
            passes, gated = (
                np.empty(out.shape, bool),
                self.scratch.take(out.shape, "gated") if self.pool else d,
            )
            zeros = self._zeros(out)
            backward += [
                call(np.greater, out, zeros, out=passes), call(np.multiply, dy, passes, out=gated),
            ]  # fmt: skip
            dy = gated
        if self.pool:
            shrink, widen = _pooling(y, out, dy, d, self.scratch)
            forward, backward = forward + shrink, backward + widen
        if self.relu:
            forward.append(call(np.maximum, out, zeros, out=out))
        return forward, backward + gradients

    def _prepare_back(self, dx):
        """The correlation of the widened gradient with the turned kernel, by blocks of rows of dx."""
        layer = self.layer
        back = Correlation(self.wide, layer.kernel_size, (1, 1), dx.shape[:2], layer.in_channels, False)
        self.turned_in = back.weight[:, ::-1, ::-1].transpose(3, 0, 2, 1)
        step, height, self.back_calls = back.rows_at_once(), dx.shape[0], []
        for first in range(0, height, step):
            last = min(first + step, height)
            self.back_calls += back.calls(back.block(first, last), dx[first:last])

    def forward(self, training):
        params = self.layer.params
        np.copyto(self.weight_in, params["weight"])
        if self.biased:
            np.copyto(self.correlation.bias, params["bias"])
        run(self.forward_calls)

    def backward(self):
        run(self.backward_calls)
        if self.dx is not None:
            self._correlate_back()

    def _correlate_back(self):
        np.copyto(self.turned_in, self.layer.params["weight"])
        run(self.back_calls)

    def input_gradient(self):
        if self.dx is not None:
            return self.dx
        if self.first_dx is None:
            self.first_dx = np.empty(self.x.shape, self.x.dtype)
            self._prepare_back(self.first_dx)
        self._correlate_back()
        return self.first_dx

    def gradients(self):
        weight, bias = self.gradient.result()
        return [(self.layer, {"weight": weight, "bias": bias} if self.biased else {"weight": weight})]


def _pooling(y, out, dy, d, scratch):
    """The calls that pool y into out by 2x2, and those that lead dy back to d.

    In each row the left pixel meets the right one, then the winner above meets the one below; equal ones
    leave the earlier. That is the first of the four in row order, as in PyTorch.
    """
    left, right, d_left, d_right = y[:, ::2], y[:, 1::2], d[:, ::2], d[:, 1::2]
    winners = scratch.take(left.shape, "winners")
    above, below = winners[::2], winners[1::2]
    was_left, was_above = np.empty(left.shape, bool), np.empty(out.shape, bool)
    shrink = [
        call(np.greater_equal, left, right, out=was_left), call(np.maximum, left, right, out=winners),
        call(np.greater_equal, above, below, out=was_above), call(np.maximum, above, below, out=out),
    ]  # fmt: skip
    widen = [
        call(np.multiply, dy, was_above, out=above), call(np.subtract, dy, above, out=below),
        call(np.multiply, winners, was_left, out=d_left), call(np.subtract, winners, d_left, out=d_right),
    ]  # fmt: skip
    return shrink, widen
