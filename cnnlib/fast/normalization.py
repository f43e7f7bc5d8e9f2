"""Batch normalization as a stage of a fast network, together with the ReLU that follows it."""

import numpy as np

from cnnlib.fast.stages import Stage
from cnnlib.nn import functional as F
from cnnlib.nn.functional._arrays import bits

BLOCK = 256 * 1024  # bytes of the rows that are worked on together: they stay in a second-level cache


class Normalization(Stage):
    """Batch normalization, then perhaps ReLU, a few rows of the image at a time.

    What stays from the forward pass is ``centred``, x less its mean. With ``inv_std = 1 / sqrt(var + eps)``
    the output is ``centred * (gamma * inv_std) + beta``. Sums over places are products with ones, which is
    faster. What a channel is multiplied by is laid out for all images, (C, N): NumPy's loops are longer so.
    """

    def __init__(self, layer, shape, n, dtype, relu):
        super().__init__(shape, n, dtype)
        self.layer, self.relu, self.out_shape = layer, relu, shape
        (h, w), step = shape[1:], max(1, BLOCK // self.x[0].nbytes)
        self.blocks = [slice(a, min(a + step, h)) for a in range(0, h, step)]
        self.centred, self.scratch = np.empty_like(self.x), np.empty_like(self.x[:step])
        self.count, self.zero = self.x.dtype.type(h * w * n), np.zeros((shape[0], n), dtype)
        self.ones, self.passes = np.ones(step * w, dtype), np.empty(self.scratch.shape, bool)

    def _sum(self, pieces):
        """Sum over places and images, (C,), of arrays that hold a few rows each."""
        total = np.zeros(self.zero.size, self.x.dtype)
        for piece in pieces:
            rows = piece.reshape(-1, total.size)
            total += self.ones[: len(rows)].dot(rows)
        return np.add.reduce(total.reshape(self.zero.shape), axis=1)

    def _laid_out(self, values):
        """One number a channel, (C,), for all images: (C, N)."""
        return np.repeat(values[:, None], self.zero.shape[1], axis=1)

    def _times(self, a, b):
        """The product of two arrays, a few rows at a time, each good until the next."""
        for rows in self.blocks:
            yield np.multiply(a[rows], b[rows], out=self.scratch[: rows.stop - rows.start])

    def forward(self, training):
        layer = self.layer
        self.training, self.gamma, self.beta = training, *(layer.params[k].copy() for k in ("weight", "bias"))
        if training:
            self.mean = self._sum(self.x[rows] for rows in self.blocks) / self.count
        else:
            self.mean, self.var = (layer.buffers[k].copy() for k in ("running_mean", "running_var"))
        mean = self._laid_out(self.mean)
        for rows in self.blocks:
            np.subtract(self.x[rows], mean, out=self.centred[rows])
        if training:
            self.var = self._sum(self._times(self.centred, self.centred)) / self.count
            layer.average(self.mean, self.var, int(self.count))
        self.eps = self.x.dtype.type(layer.eps)
        self.inv_std = 1 / np.sqrt(self.var + self.eps)
        self._scale_and_shift(self._laid_out(self.gamma * self.inv_std), self._laid_out(self.beta))

    def _scale_and_shift(self, scale, shift):
        for rows in self.blocks:
            y = self.out[rows]
            np.multiply(self.centred[rows], scale, out=y)
            np.add(y, shift, out=y)
            if self.relu:
                np.maximum(y, self.zero, out=y)

    def backward(self):
        if self.relu:
            self._rectify()
        self.dbeta = self._sum(self.dy[rows] for rows in self.blocks)
        self.dgamma = self._sum(self._times(self.dy, self.centred)) * self.inv_std
        if self.dx is None:
            return
        slope = self.gamma * self.inv_std
        scale = self._laid_out(slope)
        along = self._laid_out(slope * self.inv_std * (self.dgamma / self.count))
        shift = self._laid_out(slope * (self.dbeta / self.count))
        for rows in self.blocks:
            dx, share = self.dx[rows], self.scratch[: rows.stop - rows.start]
            np.multiply(self.dy[rows], scale, out=dx)
            if self.training:  # the batch's own mean and variance take their shares
                np.multiply(self.centred[rows], along, out=share)
                np.add(share, shift, out=share)
                np.subtract(dx, share, out=dx)

    def _rectify(self):
        for rows in self.blocks:
            passes, dy = self.passes[: rows.stop - rows.start], bits(self.dy[rows])
            np.greater(self.out[rows], self.zero, passes)
            np.multiply(dy, passes, dy)

    def gradients(self):
        return [(self.layer, {"weight": self.dgamma, "bias": self.dbeta})]

    def readable(self, x, stages):
        y, cache = F.batchnorm2d_forward(x, self.gamma, self.beta, self.mean, self.var, self.eps)
        return y, cache._replace(from_batch=self.training)
