"""What the tests of the fast path share: networks, twins on both paths, a run of a training."""

import numpy as np

from cnnlib import nn
from cnnlib.fast import Sequential
from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train

F32, F64 = np.float32, np.float64


def twins(layers):
    """The same network twice, on the fast path and on the readable one."""
    slow = nn.Sequential(layers).copy()
    fast = Sequential(slow.copy().layers)
    return fast, slow


def close(a, b, dtype):
    assert a.shape == b.shape and a.dtype == b.dtype
    tolerance = 1e-9 if dtype == F64 else 2e-4
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max(initial=1))


def course_network(dtype=F32, fast=True, rng=0):
    kind = Sequential if fast else nn.Sequential
    return kind(
        [
            Conv2d(1, 4, 3, padding=1, rng=rng, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Conv2d(4, 8, 3, rng=rng, dtype=dtype),
            ReLU(),
            Flatten(),
            Linear(32, 10, rng=rng, dtype=dtype),
        ]
    )


def run(fast, steps, dtype, n=203, batch_size=20):
    rng = np.random.default_rng(3)
    x, y = rng.random((n, 1, 8, 8)).astype(dtype), rng.integers(0, 10, n)
    model = course_network(dtype, fast)
    records = train(
        model,
        CrossEntropyLoss(),
        SGD(0.05, 0.9),
        x,
        y,
        batch_size=batch_size,
        epochs=-(-steps // -(-n // batch_size)),
        rng=0,
    )
    return model, np.array([record.loss for record, _ in zip(records, range(steps), strict=False)])
