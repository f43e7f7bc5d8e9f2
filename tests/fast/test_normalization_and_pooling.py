"""Batch normalization and pooling as stages of their own, against the readable layers."""

import numpy as np
import pytest

from cnnlib.fast import normalization, pooling
from cnnlib.fast.normalization import Normalization
from cnnlib.fast.pooling import Pooling
from cnnlib.fast.stages import Readable
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from tests.fast.twins import F32, F64, close, twins


@pytest.fixture(params=["one block", "row by row"], autouse=True)
def blocks(request, monkeypatch):
    if request.param == "row by row":
        monkeypatch.setattr(normalization, "BLOCK", 1)
        monkeypatch.setattr(pooling, "BLOCK", 1)


def stages(model):
    return [type(stage) for stage in model._engine.last.programs[0].stages]


def agree(layers, x, training=True):
    """Both paths on one batch; returns the fast network."""
    fast, slow = twins(layers)
    for _ in range(3):
        y, expected = fast.forward(x, training), slow.forward(x, training)
        close(y, expected, x.dtype)
        dy = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
        close(fast.backward(dy), slow.backward(dy), x.dtype)
        for (_, _, a), (_, _, b) in zip(fast.parameters(), slow.parameters(), strict=True):
            close(a, b, x.dtype)
        for name, value in fast.arrays().items():
            close(value, slow.arrays()[name], x.dtype)
    return fast


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("relu", [True, False])
def test_batch_normalization_gives_the_same_numbers(training, dtype, relu):
    rng = np.random.default_rng(0)
    norm = BatchNorm2d(4, momentum=0.3, dtype=dtype)
    norm.params["weight"][:], norm.params["bias"][:] = rng.random(4) + 0.5, rng.standard_normal(4)
    layers = [Conv2d(2, 4, 3, padding=1, rng=0, dtype=dtype), norm, *([ReLU()] if relu else []), MaxPool2d(2)]
    fast = agree(layers, rng.standard_normal((6, 2, 9, 7)).astype(dtype) * 3 + 5, training)
    assert stages(fast)[1:] == [Normalization, Pooling]


def test_batch_normalization_first_and_before_a_padded_convolution():
    layers = [
        BatchNorm2d(2, dtype=F64),
        Conv2d(2, 3, 3, padding=1, rng=0, dtype=F64),
        BatchNorm2d(3, dtype=F64),
    ]
    agree(layers, np.random.default_rng(0).standard_normal((5, 2, 6, 6)))


def test_its_layers_can_be_run_backwards_by_themselves():
    layers = [Conv2d(1, 3, 3, rng=0, dtype=F64), BatchNorm2d(3, dtype=F64), ReLU(), MaxPool2d(2)]
    fast, slow = twins(layers)
    x = np.random.default_rng(0).standard_normal((4, 1, 8, 8))
    for model in (fast, slow):
        model.forward(x, training=True)
    dy = np.random.default_rng(1).standard_normal((4, 3, 6, 6))
    close(fast[1].backward(dy), slow[1].backward(dy), F64)
    close(fast[1].grads["weight"], slow[1].grads["weight"], F64)
    close(fast[3].backward(dy[:, :, :3, :3]), slow[3].backward(dy[:, :, :3, :3]), F64)


def test_a_single_value_a_channel_is_for_the_readable_path():
    layers = [Conv2d(1, 3, 4, rng=0), BatchNorm2d(3), Flatten(), Linear(3, 2, rng=0)]
    fast, _ = twins(layers)
    with pytest.raises(ValueError, match="at least two values a channel"):
        fast.forward(np.ones((1, 1, 4, 4), F32), training=True)
    agree(layers, np.ones((1, 1, 4, 4), F32), training=False)


@pytest.mark.parametrize("size", [(8, 6), (9, 7), (2, 2), (3, 2)])
def test_pooling_by_itself(size):
    x = np.random.default_rng(0).integers(-1, 2, (5, 2, *size)).astype(F64)  # many are equal: the first wins
    layers = [Conv2d(2, 2, 1, rng=0, dtype=F64), Tanh(), MaxPool2d(2)]
    assert stages(agree(layers, x))[-1] is Pooling
    layers = [MaxPool2d(2), Conv2d(2, 2, 1, rng=0, dtype=F64)]
    assert stages(agree(layers, x))[0] is Pooling
    layers[0] = MaxPool2d(2, 1)
    assert stages(agree(layers, x))[0] is Readable
