"""Convolutions that follow each other share buffers of the backward pass: the gradients stay their own."""

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.fast.aligned import LINE
from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from tests.fast.test_fast import compare
from tests.fast.twins import F64, close, twins


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


def test_gradients_of_one_size_between_zeros_in_different_places():
    """(10, 14, 4, N) twice: with two columns of zeros at each side, and with four."""
    layers = [
        Conv2d(1, 4, 3, padding=1, rng=0, dtype=F64),
        *(ReLU(), Conv2d(4, 4, 5, padding=2, rng=1, dtype=F64)),
        *(ReLU(), Conv2d(4, 4, (1, 5), rng=2, dtype=F64)),
        *(ReLU(), Flatten(), Linear(240, 3, rng=0, dtype=F64)),
    ]
    fast, slow = twins(layers)
    rng = np.random.default_rng(0)
    for n in (5, 5):
        assert compare(fast, slow, rng.standard_normal((n, 1, 10, 10)), rng)
    first, second = (stage.wide for stage in fast._engine.last.programs[0].stages[1:3])
    assert first.shape == second.shape and not np.shares_memory(first, second)


def test_the_gradient_of_a_first_pooled_layer_takes_the_memory_of_its_outputs_and_can_be_asked_for_twice():
    fast, slow = twins([Conv2d(1, 4, 3, rng=0, dtype=F64), ReLU(), MaxPool2d(2), Flatten()])
    x, dy = np.random.default_rng(0).standard_normal((5, 1, 10, 10)), np.ones((5, 64))
    fast.forward(x), slow.forward(x)
    wanted = slow.backward(dy)
    for _ in range(2):
        close(fast.backward(dy), wanted, F64)
    (stage, _) = fast._engine.last.programs[0].stages
    (_, _, y), *_ = stage.unpooling
    assert np.shares_memory(y, stage.scratch.take((1,), "y"))


def test_buffers_begin_where_a_line_of_the_cache_begins():
    layers = [Conv2d(1, 4, 3, rng=0), ReLU(), MaxPool2d(2), Flatten(), Linear(64, 9, rng=0), ReLU()]
    model = Sequential([*layers, Linear(9, 3, rng=0)])
    model.backward(np.ones_like(model.forward(np.ones((5, 1, 10, 10), np.float32))))
    program = model._engine.last.programs[0]
    held = [value for stage in program.stages for value in vars(stage).values()]
    held += [
        *program.stages[0].scratch.memory.values(),
        *program.stages[0].correlation.scratch.memory.values(),
    ]
    arrays = [
        value
        for value in held
        if isinstance(value, np.ndarray) and value.size > 15 and value.flags.owndata is False
    ]
    assert len(arrays) > 10 and {
        array.ctypes.data % LINE for array in arrays if array.flags.c_contiguous
    } == {0}
