"""Batch normalization as a stage of a fast network, together with the ReLU that follows it."""

import numpy as np

from cnnlib.fast.stages import Stage
from cnnlib.nn import functional as F
from cnnlib.nn.functional._arrays import bits

BLOCK = 256 * 1024  # bytes of the rows that are worked on together: they stay in a second-level cache


class Normalization(Stage):
    """Batch normalization, then perhaps ReLU, a few rows of the image at a time.

    What stays from the forward pass is ``centred``, x less its mean. Where two threads have a part of the
    batch each, that is the mean of their own part; they tell each other their sums, once in each direction,
    and what is left to the mean of the whole batch, the ``offset``, one number a channel, goes into what is
    added anyway: with ``slope = gamma / sqrt(var + eps)`` the output is ``centred * slope + (beta + offset *
    slope)``. Sums over places are products with ones, which is faster. What a channel is multiplied by is
    laid out for all images, (C, N): NumPy's loops are longer so.
    """

    def __init__(self, layer, shape, n, dtype, relu):
        super().__init__(shape, n, dtype)
        self.layer, self.relu, self.out_shape = layer, relu, shape
        (c, h, w), step = shape, max(1, BLOCK // self.x[0].nbytes)
        self.blocks = [slice(a, min(a + step, h)) for a in range(0, h, step)]
        self.centred, self.share = np.empty_like(self.x), np.empty_like(self.x[:step])
        self.ones, self.passes = np.ones(step * w, dtype), np.empty(self.share.shape, bool)
        self.zero, self.count = np.zeros((c, n), dtype), h * w * n
        self.place, self.exchange, self.total = 0, lambda *sums: [sums], self.count

    def join(self, place, meeting, n):
        """Be number `place` of the stages that have a part each of a batch of n."""
        _, h, w = self.out_shape
        self.place, self.total = place, h * w * n
        self.exchange = lambda *sums: meeting.exchange(place, sums)

    def _sum(self, rows):
        """Sum over the places of some rows: (C * N,)."""
        rows = rows.reshape(-1, self.zero.size)
        return self.ones[: len(rows)].dot(rows)

    def _sum_of_products(self, a, b):
        """The same of some rows of a * b."""
        return self._sum(np.multiply(a, b, out=self.share[: len(a)]))

    def _over_images(self, sums):
        """Of sums over places, (C * N,), those over images too: (C,)."""
        return np.add.reduce(sums.reshape(self.zero.shape), axis=1)

    def _laid_out(self, values):
        """One number a channel, (C,), for all images: (C, N)."""
        return np.repeat(values[:, None], self.zero.shape[1], axis=1)

    def forward(self, training):
        layer = self.layer
        self.training, self.gamma, self.beta = training, *(layer.params[k].copy() for k in ("weight", "bias"))
        if training:
            self._measure()
            if not self.place:
                layer.average(self.mean, self.var, self.total)
        else:
            self.mean, self.var = (layer.buffers[k].copy() for k in ("running_mean", "running_var"))
            self.offset, origin = np.zeros_like(self.mean), self._laid_out(self.mean)
            for rows in self.blocks:
                np.subtract(self.x[rows], origin, out=self.centred[rows])
        self.eps = self.x.dtype.type(layer.eps)
        self.inv_std = 1 / np.sqrt(self.var + self.eps)
        self.slope = self.gamma * self.inv_std
        self._scale_and_shift(*map(self._laid_out, (self.slope, self.beta + self.offset * self.slope)))

    def _measure(self):
        """Centre this part of the batch, and find the mean and variance of the whole."""
        own = self._over_images(sum(self._sum(self.x[rows]) for rows in self.blocks)) / self.count
        origin, squares = self._laid_out(own), 0
        for rows in self.blocks:
            centred = np.subtract(self.x[rows], origin, out=self.centred[rows])
            squares += self._sum_of_products(centred, centred)
        self.mean, self.var = pooled(self.exchange(self.count, own, self._over_images(squares)))
        self.offset = own - self.mean

    def _scale_and_shift(self, scale, shift):
        for rows in self.blocks:
            y = self.out[rows]
            np.multiply(self.centred[rows], scale, out=y)
            np.add(y, shift, out=y)
            if self.relu:
                np.maximum(y, self.zero, out=y)

    def backward(self):
        sums = along = 0
        for rows in self.blocks:
            dy = self.dy[rows]
            if self.relu:
                self._rectify(dy, self.out[rows])
            sums, along = sums + self._sum(dy), along + self._sum_of_products(dy, self.centred[rows])
        self.dbeta = self._over_images(sums)
        self.dgamma = (self._over_images(along) + self.offset * self.dbeta) * self.inv_std
        if self.dx is not None:
            self._back()

    def _rectify(self, dy, y):
        passes = self.passes[: len(y)]
        np.greater(y, self.zero, passes)
        np.multiply(bits(dy), passes, bits(dy))

    def _back(self):
        """``dx = slope * (dy - dbeta / n - x_hat * dgamma / n)``; with given statistics ``slope * dy``."""
        scale = self._laid_out(self.slope)
        if self.training:  # the batch's own mean and variance take their shares
            parts = self.exchange(self.dbeta, self.dgamma)
            dbeta, dgamma = (sum(part) / self.total for part in zip(*parts, strict=True))
            along = self.slope * self.inv_std * dgamma
            along, shift = map(self._laid_out, (along, self.slope * dbeta + self.offset * along))
        for rows in self.blocks:
            dx = np.multiply(self.dy[rows], scale, out=self.dx[rows])
            if self.training:
                share = np.multiply(self.centred[rows], along, out=self.share[: len(dx)])
                np.add(share, shift, out=share)
                np.subtract(dx, share, out=dx)

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
