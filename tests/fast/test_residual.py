"""Residual blocks on the fast path, against the readable ones."""

import numpy as np
import pytest

from cnnlib.fast import engine
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Residual
from cnnlib.runtime import threads
from tests.fast.twins import F64, close, twins


def conv(inputs, outputs, kernel=3, seed=0):
    return Conv2d(inputs, outputs, kernel, padding=kernel // 2, rng=seed, dtype=F64)


BLOCKS = {
    "plain": lambda: Residual([conv(4, 4), ReLU(), conv(4, 4, seed=1)]),
    "shortcut": lambda: Residual([conv(4, 6), ReLU(), MaxPool2d(2)], [conv(4, 6, 1, seed=1), MaxPool2d(2)]),
    "batch normalization": lambda: Residual([conv(4, 4), BatchNorm2d(4, dtype=F64), ReLU()]),
    "block in a block": lambda: Residual([Residual([conv(4, 4)]), ReLU()]),
    "without weights": lambda: Residual([ReLU()]),
}


def network(block, first=True):
    ends = {"plain": 144, "shortcut": 54}
    layers = [*([conv(2, 4), ReLU()] if first else []), BLOCKS[block](), ReLU()]
    return [*layers, Flatten(), Linear(ends.get(block, 144), 3, rng=2, dtype=F64)]


@pytest.fixture(params=["one thread", "two threads"])
def sharing(request, monkeypatch):
    if request.param == "two threads":
        monkeypatch.setattr(engine, "CHUNK", 3)
        monkeypatch.setattr(engine, "THREADS_PAY", 0)
        monkeypatch.setattr(threads, "cores", lambda: 2)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_give_the_same_numbers(block, first, training, sharing):
    fast, slow = twins(network(block, first))
    rng = np.random.default_rng(0)
    for n in (5, 5, 2):
        x = rng.standard_normal((n, 2 if first else 4, 6, 6))
        y, expected = fast.forward(x, training), slow.forward(x, training)
        assert fast._engine.plans
        close(y, expected, F64)
        dy = rng.standard_normal(y.shape)
        close(fast.backward(dy), slow.backward(dy), F64)
        for (name, _, a), (_, _, b) in zip(fast.parameters(), slow.parameters(), strict=True):
            assert a is not None, name
            close(a, b, F64)
        for name, value in fast.arrays().items():
            close(value, slow.arrays()[name], F64)


@pytest.mark.parametrize("n", [5, 150])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_can_be_run_backwards_by_itself(block, n, sharing):
    fast, slow = twins(network(block))
    x = np.random.default_rng(0).standard_normal((n, 2, 6, 6))
    for model in (fast, slow):
        y = model.forward(x)
        for layer in model[2].walk():
            for value in layer.params.values():
                value[...] = 7  # the pass has been with those before
    dy = np.random.default_rng(1).standard_normal((n, *((6, 3, 3) if block == "shortcut" else (4, 6, 6))))
    assert len(y) == n
    close(fast[2].backward(dy), slow[2].backward(dy), F64)
    for name, gradient in fast[2].grads.items():
        close(gradient, slow[2].grads[name], F64)


def test_a_changed_block_is_noticed():
    fast, slow = twins(network("plain"))
    x = np.random.default_rng(0).standard_normal((5, 2, 6, 6))
    fast.forward(x)
    for model in (fast, slow):
        model[2].layers.append(ReLU())
    close(fast.forward(x), slow.forward(x), F64)


def test_a_block_that_changes_the_shape_gets_the_readable_error():
    fast, _ = twins([conv(2, 2), Residual([conv(2, 3)])])
    with pytest.raises(ValueError, match="must keep the shape"):
        fast.forward(np.ones((5, 2, 6, 6)))
