"""Convolutions that follow each other share buffers of the backward pass: the gradients stay their own."""

import numpy as np
import pytest

from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from tests.fast.test_fast import compare
from tests.fast.twins import F64, twins


@pytest.mark.parametrize("channels", [8, 16])
@pytest.mark.parametrize("stride", [1, (1, 2)])
def test_deep_networks_with_pooling_into_padded_images(channels, stride):
    def block(before, after, *follow, step=1):
        return [Conv2d(before, after, 3, step, padding=1, rng=0, dtype=F64), ReLU(), *follow]

    layers = [
        *block(1, channels),
        *block(channels, channels, MaxPool2d(2)),
        *block(channels, channels + 3, MaxPool2d(2)),
        *block(channels + 3, 2 * channels, step=stride),
        Conv2d(2 * channels, channels, 3, padding=1, rng=1, dtype=F64),
        *block(channels, channels),
        Flatten(),
    ]
    width = 3 if stride == 1 else 2
    layers += [Linear(3 * width * channels, 4, rng=0, dtype=F64)]
    fast, slow = twins(layers)
    rng = np.random.default_rng(0)
    for n in (7, 7, 3):
        assert compare(fast, slow, rng.standard_normal((n, 1, 12, 12)), rng)
