"""Batch and layer normalization, as loops."""

import math

import numpy as np


def batchnorm2d_forward(x, gamma, beta, mean=None, var=None, eps=1e-5):
    """``y = gamma * (x - mean) / sqrt(var + eps) + beta``, channel by channel."""
    from_batch, c_count = mean is None, x.shape[1]
    if from_batch:
        values = [x[:, c].ravel().tolist() for c in range(c_count)]
        mean = np.array([math.fsum(v) / len(v) for v in values])
        var = np.array(
            [math.fsum((t - m) ** 2 for t in v) / len(v) for v, m in zip(values, mean, strict=True)]
        )
    y = np.zeros_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i, j] = gamma[c] * (x[n, c, i, j] - mean[c]) / math.sqrt(var[c] + eps) + beta[c]
    return y, (x, gamma, mean, var, eps, from_batch)


def batchnorm2d_backward(dy, cache):
    """The chain rule from y back to x, directly and through mean and variance.

    ``dmean = -sum(dx_hat) / std`` and ``dvar = -sum(dx_hat * (x - mean)) / (2 std**3)``; each x adds
    ``1 / count`` to the mean and ``2 (x - mean) / count`` to the variance.
    """
    x, gamma, mean, var, eps, from_batch = cache
    dx, dgamma, dbeta = np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(x.shape[1]):
        std, count, d_mean, d_var = math.sqrt(var[c] + eps), x[:, c].size, 0.0, 0.0
        for n, i, j in np.ndindex(x[:, c].shape):
            away, d_hat = x[n, c, i, j] - mean[c], dy[n, c, i, j] * gamma[c]
            dgamma[c] += dy[n, c, i, j] * away / std
            dbeta[c] += dy[n, c, i, j]
            d_mean -= d_hat / std
            d_var -= d_hat * away / (2 * std**3)
        for n, i, j in np.ndindex(x[:, c].shape):
            dx[n, c, i, j] = dy[n, c, i, j] * gamma[c] / std
            if from_batch:
                dx[n, c, i, j] += d_mean / count + d_var * 2 * (x[n, c, i, j] - mean[c]) / count
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps=1e-5):
    """``y[n] = gamma * (x[n] - mean) / sqrt(var + eps) + beta``, mean and var over sample n."""
    y, x_hat, inv_std = np.zeros_like(x), np.zeros_like(x), []
    for n in range(len(x)):
        mean = _mean(x[n])
        var = _mean((x[n] - mean) ** 2)
        inv_std.append(1 / math.sqrt(var + eps))
        for place in np.ndindex(x.shape[1:]):
            x_hat[n][place] = (x[n][place] - mean) * inv_std[n]
            y[n][place] = gamma[place] * x_hat[n][place] + beta[place]
    return y, (x_hat, inv_std, gamma)


def layernorm_backward(dy, cache):
    """Every number of a sample moves its mean and its variance too: they take their shares."""
    x_hat, inv_std, gamma = cache
    dx, dgamma, dbeta = np.zeros_like(dy), np.zeros_like(gamma), np.zeros_like(gamma)
    for n in range(len(dy)):
        d = dy[n] * gamma
        mean, share = _mean(d), _mean(d * x_hat[n])
        for place in np.ndindex(gamma.shape):
            dx[n][place] = (d[place] - mean - x_hat[n][place] * share) * inv_std[n]
            dgamma[place] += dy[n][place] * x_hat[n][place]
            dbeta[place] += dy[n][place]
    return dx, dgamma, dbeta


def _mean(values):
    """The mean of all numbers of an array, one by one."""
    total = 0.0
    for value in values.ravel():
        total += value
    return total / values.size
