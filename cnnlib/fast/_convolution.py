"""The convolution as a stage of a fast network, with bias, ReLU and pooling melted in."""

import numpy as np

from ._correlation import Correlation, KernelGradient
from ._stages import Stage


class Convolution(Stage):
    """Convolution and bias, then perhaps ReLU, then perhaps max-pooling by 2x2.

    Bias and ReLU are applied to each block of rows while it is still in the cache. With pooling they
    are applied after it, to a quarter of the numbers: the largest of four stays the largest when the same
    bias is added to all. What pooling keeps for the backward pass are three comparisons a window.
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
        self.correlation = Correlation(
            padded, layer.kernel_size, layer.stride, self.places, layer.out_channels, scratch
        )
        row = (self.out_shape[2], layer.out_channels, n)
        self.bias, self.zero = np.zeros(row, dtype), np.zeros(row, dtype)

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

    def _back_products(self, wide, dx):
        """The correlation of the widened gradient with the turned kernel, by blocks of rows of dx."""
        self.back = Correlation(
            wide, self.layer.kernel_size, (1, 1), dx.shape[:2], self.layer.in_channels, self.scratch
        )
        step, height = self.back.rows_at_once(), dx.shape[0]
        cuts = [(i, min(i + step, height)) for i in range(0, height, step)]
        return [self.back.bind(self.back.block(a, b), dx[a:b]) for a, b in cuts]

    def prepare(self):
        self.gradient = KernelGradient(self.correlation, self.layer.out_channels)
        self.blocks = [self._block(first, last) for first, last in self._ranges()]
        if self.dx is not None:
            self.back_products = self._back_products(self.wide, self.dx)

    def _ranges(self):
        step = self.correlation.rows_at_once()
        step = max(2, step // 2 * 2) if self.pool else step
        return [(i, min(i + step, self.places[0])) for i in range(0, self.places[0], step)]

    def _block(self, first, last):
        """All the views that one block of rows needs, forwards and backwards."""
        half = slice(first // 2, last // 2) if self.pool else slice(first, last)
        out, shape = self.out[half], (last - first, self.places[1], self.layer.out_channels, self.n)
        y = self.scratch.take(shape, "y") if self.pool else out
        step = min(self.correlation.rows_at_once(), self.gradient.rows)
        cuts = [(i, min(i + step, last)) for i in range(first, last, step)]
        views = [(self.correlation.block(a, b), slice(a - first, b - first)) for a, b in cuts]
        d = self.d_conv[first:last]
        return _Block(
            [self.correlation.bind(view, y[rows]) for view, rows in views],
            [self.gradient.bind(view, d[rows]) for view, rows in views],
            y, out, self.dy[half], d, self.pool, self.scratch,
        )  # fmt: skip

    def forward(self, training):
        params = self.layer.params
        np.copyto(self.correlation.weight, params["weight"].transpose(0, 3, 2, 1))
        biased = "bias" in params
        if biased:
            np.copyto(self.bias, params["bias"][:, None])
        for block in self.blocks:
            self.correlation.run(block.products)
            if self.pool:
                block.shrink()
            if biased:
                np.add(block.out, self.bias, out=block.out)
            if self.relu:
                np.maximum(block.out, self.zero, out=block.out)

    def backward(self):
        self.gradient.clear()
        self.bias_sum = None
        for block in self.blocks:
            dy = block.dy
            if self.relu:
                np.greater(block.out, 0, out=block.passes)
                dy = np.multiply(dy, block.passes, out=block.gated)
            if self.pool:
                block.widen(dy)
            sums = np.add.reduce(dy, axis=(0, 1))
            self.bias_sum = sums if self.bias_sum is None else np.add(self.bias_sum, sums, out=sums)
            self.gradient.run(block.gradients)
        if self.dx is not None:
            self._correlate_back()

    def _correlate_back(self):
        turned = self.layer.params["weight"][:, :, ::-1, ::-1]
        np.copyto(self.back.weight, turned.transpose(1, 3, 2, 0))
        self.back.run(self.back_products)

    def input_gradient(self):
        if self.dx is None:
            if self.first_dx is None:
                self.first_dx = np.empty(self.x.shape, self.x.dtype)
                self.back_products = self._back_products(self.wide, self.first_dx)
            self._correlate_back()
            return self.first_dx
        return self.dx

    def gradients(self):
        params = self.layer.params
        found = {"weight": self.gradient.result(params["weight"].shape)}
        if "bias" in params:
            found["bias"] = np.add.reduce(self.bias_sum, axis=1)
        return [(self.layer, found)]


class _Block:
    """The views of some rows of a `Convolution`, and pooling by 2x2 on them.

    Of four pixels the two above meet, the two below, then the winners; equal ones leave the earlier.
    """

    def __init__(self, products, gradients, y, out, dy, d, pool, scratch):
        self.products, self.gradients, self.out, self.dy = products, gradients, out, dy
        shape = out.shape
        self.passes = np.empty(shape, bool)
        self.gated = scratch.take(shape, "gated") if pool else d
        if not pool:
            return
        self.corners = [y[i::2, j::2] for i in (0, 1) for j in (0, 1)]
        self.d_corners = [d[i::2, j::2] for i in (0, 1) for j in (0, 1)]
        self.above, self.below = scratch.take(shape, "above"), scratch.take(shape, "below")
        self.left_above, self.left_below, self.upper = (np.empty(shape, bool) for _ in range(3))

    def shrink(self):
        a, b, c, d = self.corners
        np.greater_equal(a, b, out=self.left_above)
        np.greater_equal(c, d, out=self.left_below)
        np.maximum(a, b, out=self.above)
        np.maximum(c, d, out=self.below)
        np.greater_equal(self.above, self.below, out=self.upper)
        np.maximum(self.above, self.below, out=self.out)

    def widen(self, dy):
        a, b, c, d = self.d_corners
        np.multiply(dy, self.upper, out=self.above)
        np.subtract(dy, self.above, out=self.below)
        np.multiply(self.above, self.left_above, out=a)
        np.subtract(self.above, a, out=b)
        np.multiply(self.below, self.left_below, out=c)
        np.subtract(self.below, c, out=d)
