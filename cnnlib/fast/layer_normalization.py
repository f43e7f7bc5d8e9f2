"""Layer normalization as a stage of a fast network."""

import numpy as np

from cnnlib.fast.aligned import empty
from cnnlib.fast.stages import Stage


class LayerNormalization(Stage):
    """Each sample, its D numbers, to mean 0 and variance 1; then ``y = gamma * x_hat + beta``.

    With the samples last in memory, (D, N), their sums run over the first axis.
    """

    def __init__(self, layer, shape, n, dtype):
        super().__init__(shape, n, dtype)
        self.layer, self.out_shape = layer, shape
        self.x_hat, self.d = empty(self.x.shape, self.x.dtype), empty(self.x.shape, self.x.dtype)
        self.ones, self.samples = np.ones(self.x.size // n, dtype), np.ones(n, dtype)

    def _mean(self, a, b=None):
        """The mean of each sample's numbers, or of their products with those of b: (N,)."""
        a = a.reshape(len(self.ones), -1)
        sums = self.ones.dot(a) if b is None else np.einsum("di,di->i", a, b.reshape(a.shape))
        return sums / self.x.dtype.type(len(self.ones))

    def _in_memory(self, values):
        """Numbers of a sample, (C, H, W) or (D,), for all samples: (H, W, C, 1) or (D, 1)."""
        return (values.transpose(1, 2, 0) if values.ndim == 3 else values)[..., None]

    def _as_weights(self, values):
        """The way back, from (D,): an array of the weights' shape."""
        values = values.reshape(self.x.shape[:-1])
        return np.ascontiguousarray(values.transpose(2, 0, 1)) if values.ndim == 3 else values

    def forward(self, training):
        params = self.layer.params
        self.gamma, self.beta = (params[name].copy() for name in ("weight", "bias"))
        np.subtract(self.x, self._mean(self.x), out=self.x_hat)
        self.inv_std = 1 / np.sqrt(self._mean(self.x_hat, self.x_hat) + self.x.dtype.type(self.layer.eps))
        np.multiply(self.x_hat, self.inv_std, out=self.x_hat)
        np.multiply(self.x_hat, self._in_memory(self.gamma), out=self.out)
        np.add(self.out, self._in_memory(self.beta), out=self.out)

    def backward(self):
        """``dx = (d - mean(d) - x_hat * mean(d * x_hat)) / sqrt(var + eps)`` with ``d = dy * gamma``."""
        rows = len(self.ones), -1
        dy, x_hat = self.dy.reshape(rows), self.x_hat.reshape(rows)
        self.dgamma, self.dbeta = np.einsum("di,di->d", dy, x_hat), dy.dot(self.samples)
        if self.dx is None:
            return
        d = np.multiply(self.dy, self._in_memory(self.gamma), out=self.d)
        mean, share = self._mean(d), self._mean(d, self.x_hat)
        np.multiply(self.x_hat, share, out=self.dx)
        np.subtract(d, self.dx, out=self.dx)
        np.subtract(self.dx, mean, out=self.dx)
        np.multiply(self.dx, self.inv_std, out=self.dx)

    def weights(self):
        return {"weight": self.gamma, "bias": self.beta}

    def gradients(self):
        found = {"weight": self.dgamma, "bias": self.dbeta}
        return [(self.layer, {name: self._as_weights(value) for name, value in found.items()})]
