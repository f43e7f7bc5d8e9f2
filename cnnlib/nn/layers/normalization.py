"""Dropout, and the normalizations: BatchNorm2d over the batch, LayerNorm over each sample."""

import math

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.nn.arguments import count, float_type, number, share
from cnnlib.nn.layers.base import Layer


class Dropout(Layer):
    """In training, set each value to zero with probability `p` and divide the others by ``1 - p``.

    Outside training the input passes unchanged: the division has kept its mean. Source: Srivastava
    et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.

    Parameters
    ----------
    p : float
        From 0 to below 1.
    rng : numpy.random.Generator, int or None
        Source of the masks.

    Examples
    --------
    >>> Dropout(0.5).forward(np.ones((1, 3)))
    array([[1., 1., 1.]])
    """

    def __init__(self, p=0.5, rng=None):
        super().__init__()
        self.p = number("p", p)
        if not 0 <= self.p < 1:
            raise ValueError(f"p must be a probability from 0 to below 1, got {p}")
        self.rng = np.random.default_rng(rng)

    def _forward(self, x, training):
        return F.dropout_forward(x, self.p, self.rng) if training else (np.asarray(x), None)

    def _backward(self, dy, cache):
        return dy if cache is None else F.dropout_backward(dy, cache)

    def config(self):
        return {"p": self.p}


class BatchNorm2d(Layer):
    """Give each channel mean 0 and variance 1, then a learned scale and shift.

    In training, mean and variance are those of the batch, and running averages of them are kept:
    ``running = (1 - momentum) * running + momentum * batch``, the variance with the divisor ``n - 1``, as
    in PyTorch. Outside training the running averages are used. Source: Ioffe and Szegedy, "Batch
    normalization", 2015, arXiv:1502.03167.

    Parameters
    ----------
    num_features : int
        Number of channels.
    eps : float
        Added to the variance under the root.
    momentum : float
        Weight of the newest batch in the running averages.
    dtype : dtype
        float32 or float64.

    Examples
    --------
    >>> y = BatchNorm2d(3).forward(np.random.default_rng(0).normal(5, 2, (8, 3, 4, 4)), training=True)
    >>> print(f"{abs(y.mean()):.3f} {y.std():.3f}")
    0.000 1.000
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1, dtype=np.float32):
        super().__init__()
        self.num_features = count("num_features", num_features)
        self.eps, self.momentum = number("eps", eps, 0.0), share("momentum", momentum)
        self.dtype, size = float_type(dtype), self.num_features
        self.params = {"weight": np.ones(size, self.dtype), "bias": np.zeros(size, self.dtype)}
        self.buffers = {"running_mean": np.zeros(size, self.dtype), "running_var": np.ones(size, self.dtype)}

    def _forward(self, x, training):
        weight, bias = self.params["weight"].copy(), self.params["bias"]
        mean, var = self.buffers["running_mean"], self.buffers["running_var"]
        if not training:
            return F.batchnorm2d_forward(x, weight, bias, mean, var, eps=self.eps)
        y, cache = F.batchnorm2d_forward(x, weight, bias, eps=self.eps)
        self.average(cache.mean, cache.var, y.size // self.num_features)
        return y, cache

    def average(self, mean, var, count):
        """Take the statistics of a batch with `count` values a channel into the running averages."""
        for name, batch in (("mean", mean), ("var", var * (count / max(count - 1, 1)))):
            running = self.buffers[f"running_{name}"]
            running *= 1 - self.momentum
            running += self.momentum * batch

    def _backward(self, dy, cache):
        dx, self.grads["weight"], self.grads["bias"] = F.batchnorm2d_backward(dy, cache)
        return dx

    def config(self):
        return {
            "num_features": self.num_features,
            "eps": self.eps,
            "momentum": self.momentum,
            "dtype": self.dtype.name,
        }


class LayerNorm(Layer):
    """Give each sample mean 0 and variance 1, then each of its numbers a learned scale and shift.

    Training and inference do the same, and no sample sees another. Source: Ba, Kiros and Hinton, "Layer
    normalization", 2016, arXiv:1607.06450.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Shape of one sample, such as 64 or (8, 14, 14).
    eps : float
        Added to the variance under the root.
    dtype : dtype
        float32 or float64.

    Examples
    --------
    >>> y = LayerNorm(4).forward(np.array([[1.0, 2.0, 3.0, 4.0]]))
    >>> print(f"{y.mean():.3f} {y.std():.3f}")
    0.000 1.000
    """

    def __init__(self, normalized_shape, eps=1e-5, dtype=np.float32):
        super().__init__()
        shape = (normalized_shape,) if np.ndim(normalized_shape) == 0 else tuple(normalized_shape)
        self.normalized_shape = tuple(count("normalized_shape", size) for size in shape)
        if math.prod(self.normalized_shape) < 2:
            raise ValueError(
                f"normalized_shape must hold at least two values: a single one has no variance; got {shape}"
            )
        self.eps, self.dtype = number("eps", eps, 0.0), float_type(dtype)
        self.params = {
            "weight": np.ones(self.normalized_shape, self.dtype),
            "bias": np.zeros(self.normalized_shape, self.dtype),
        }

    def _forward(self, x, training):
        return F.layernorm_forward(x, self.params["weight"].copy(), self.params["bias"], self.eps)

    def _backward(self, dy, cache):
        dx, self.grads["weight"], self.grads["bias"] = F.layernorm_backward(dy, cache)
        return dx

    def config(self):
        return {"normalized_shape": self.normalized_shape, "eps": self.eps, "dtype": self.dtype.name}
