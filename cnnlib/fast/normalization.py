"""Batch normalization as a stage of a fast network, together with the ReLU that follows it."""

import numpy as np

from cnnlib.fast.aligned import empty, zeros
from cnnlib.fast.stages import Stage
from cnnlib.nn import functional as F
from cnnlib.nn.functional._arrays import bits

BLOCK = 256 * 1024  # bytes of the rows that are worked on together: they stay in a second-level cache


class Block:
    """Views of some rows of a stage's arrays, (rows, W, C, N); flat ones are (rows * W, C * N)."""

    def __init__(self, stage, rows):
        self.x, self.centred, self.y, self.dy = (
            array[rows] for array in (stage.x, stage.centred, stage.out, stage.dy)
        )
        self.dx = None if stage.dx is None else stage.dx[rows]
        self.share, self.passes = (array[: len(self.x)] for array in (stage.share, stage.passes))
        self.bits = bits(self.dy)
        self.flat_x, self.flat_dy, self.flat_share = (
            array.reshape(-1, stage.zero.size) for array in (self.x, self.dy, self.share)
        )
        self.ones = stage.places[: len(self.flat_x)]

    def sum(self, flat):
        """Sum over places: (C * N,)."""
        return self.ones.dot(flat)

    def sum_of_products(self, array):
        """The same of its products with the centred numbers."""
        np.multiply(array, self.centred, out=self.share)
        return self.ones.dot(self.flat_share)


class Normalization(Stage):
    """Batch normalization, then perhaps ReLU, a few rows of the image at a time.

    What stays from the forward pass is ``centred``, x less its mean. Where two threads have a part of the
    batch each, that is the mean of their own part; they tell each other their sums, once in each direction,
    and what is left to the mean of the whole batch, the ``offset``, one number a channel, goes into what is
    added anyway: with ``slope = gamma / sqrt(var + eps)`` the output is ``centred * slope + (beta + offset *
    slope)``. Sums are products with ones, which is faster. What a channel is multiplied by is laid out for
    all images, (C, N): NumPy's loops are longer so.
    """

    def __init__(self, layer, shape, n, dtype, relu):
        super().__init__(shape, n, dtype)
        self.layer, self.relu, self.out_shape = layer, relu, shape
        (c, h, w), self.step = shape, max(1, BLOCK // self.x[0].nbytes)
        self.centred, self.share = (empty(x.shape, x.dtype) for x in (self.x, self.x[: self.step]))
        self.passes = empty(self.share.shape, bool)
        self.zero, self.count = zeros((c, n), dtype), h * w * n
        self.scale, self.shift, self.along = (empty((c, n), dtype) for _ in range(3))
        self.places, self.images = np.ones(self.step * w, dtype), np.ones(n, dtype)
        self.place, self.exchange, self.total = 0, lambda *sums: [sums], self.count

    def join(self, place, meeting, n):
        """Be number `place` of the stages that have a part each of a batch of n."""
        _, h, w = self.out_shape
        self.place, self.total = place, h * w * n
        self.exchange = lambda *sums: meeting.exchange(place, sums)

    def prepare(self):
        height = len(self.x)
        cuts = [slice(a, min(a + self.step, height)) for a in range(0, height, self.step)]
        self.blocks = [Block(self, rows) for rows in cuts]

    def _over_images(self, sums):
        """Of sums over places, (C * N,), those over images too: (C,)."""
        return sums.reshape(self.zero.shape).dot(self.images)

    def forward(self, training):
        layer = self.layer
        self.training, self.gamma, self.beta = training, *(layer.params[k].copy() for k in ("weight", "bias"))
        if training:
            self._measure()
            if not self.place:
                layer.average(self.mean, self.var, self.total)
        else:
            self.mean, self.var = (layer.buffers[k].copy() for k in ("running_mean", "running_var"))
            self.offset, self.shift[...] = np.zeros_like(self.mean), self.mean[:, None]
            for block in self.blocks:
                np.subtract(block.x, self.shift, out=block.centred)
        self.eps = self.x.dtype.type(layer.eps)
        self.inv_std = 1 / np.sqrt(self.var + self.eps)
        self.slope = self.gamma * self.inv_std
        self.scale[...] = self.slope[:, None]
        self.shift[...] = (self.beta + self.offset * self.slope)[:, None]
        self._scale_and_shift()

    def _measure(self):
        """Centre this part of the batch, and find the mean and variance of the whole."""
        own = self._over_images(sum(block.sum(block.flat_x) for block in self.blocks)) / self.count
        self.shift[...], squares = own[:, None], 0
        for block in self.blocks:
            np.subtract(block.x, self.shift, out=block.centred)
            squares += block.sum_of_products(block.centred)
        self.mean, self.var = pooled(self.exchange(self.count, own, self._over_images(squares)))
        self.offset = own - self.mean

    def _scale_and_shift(self):
        for block in self.blocks:
            np.multiply(block.centred, self.scale, out=block.y)
            np.add(block.y, self.shift, out=block.y)
            if self.relu:
                np.maximum(block.y, self.zero, out=block.y)

    def backward(self):
        sums = along = 0
        for block in self.blocks:
            if self.relu:
                np.greater(block.y, self.zero, block.passes)
                np.multiply(block.bits, block.passes, block.bits)
            sums, along = sums + block.sum(block.flat_dy), along + block.sum_of_products(block.dy)
        self.dbeta = self._over_images(sums)
        self.dgamma = (self._over_images(along) + self.offset * self.dbeta) * self.inv_std
        if self.dx is not None:
            self._back()

    def _back(self):
        """``dx = slope * (dy - dbeta / n - x_hat * dgamma / n)``; with given statistics ``slope * dy``."""
        if self.training:  # the batch's own mean and variance take their shares
            parts = self.exchange(self.dbeta, self.dgamma)
            dbeta, dgamma = (sum(part) / self.total for part in zip(*parts, strict=True))
            along = self.slope * self.inv_std * dgamma
            self.along[...] = along[:, None]
            self.shift[...] = (self.slope * dbeta + self.offset * along)[:, None]
        for block in self.blocks:
            np.multiply(block.dy, self.scale, out=block.dx)
            if self.training:
                np.multiply(block.centred, self.along, out=block.share)
                np.add(block.share, self.shift, out=block.share)
                np.subtract(block.dx, block.share, out=block.dx)

    def gradients(self):
        return [(self.layer, {"weight": self.dgamma, "bias": self.dbeta})]

    def readable(self, x, stages):
        y, cache = F.batchnorm2d_forward(x, self.gamma, self.beta, self.mean, self.var, self.eps)
        return y, cache._replace(from_batch=self.training)


def pooled(parts):
    """Mean and variance of a batch from those of its parts: each (count, mean, sum of squares about it).

    >>> pooled([(2, 1.0, 2.0), (2, 3.0, 2.0)])  # of 0, 2 and 2, 4
    (2.0, 2.0)
    """
    if len(parts) == 1:
        ((total, mean, spread),) = parts
        return mean, spread / total
    total = sum(count for count, _, _ in parts)
    mean = sum(count * mean for count, mean, _ in parts) / total
    spread = sum(spread + count * (own - mean) ** 2 for count, own, spread in parts)
    return mean, spread / total
