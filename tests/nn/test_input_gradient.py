"""The gradient by a network's input can be left out, on the readable path too."""

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.nn import functional as F
from cnnlib.nn.layers import Conv2d, Flatten, Linear, ReLU

RNG = np.random.default_rng(0)


def test_conv2d_backward_without_it():
    x, w = RNG.standard_normal((3, 2, 6, 5)), RNG.standard_normal((4, 2, 3, 2))
    y, cache = F.conv2d_forward(x, w, np.zeros(4), 2, 1)
    dx, dw, db = F.conv2d_backward(y, cache)
    none, dw_alone, db_alone = F.conv2d_backward(y, cache, input_gradient=False)
    assert none is None and dx.shape == x.shape
    np.testing.assert_array_equal(dw, dw_alone)
    np.testing.assert_array_equal(db, db_alone)


def test_linear_backward_without_it():
    x, w = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 2))
    y, cache = F.linear_forward(x, w, None)
    none, dw, db = F.linear_backward(y, cache, input_gradient=False)
    assert none is None and db is None
    np.testing.assert_array_equal(dw, F.linear_backward(y, cache)[1])


def own_linear_backward(dy, cache):
    return F.linear_backward(dy, cache)


FIRST = {
    "convolution": lambda: [Conv2d(1, 2, 3, rng=0), ReLU(), Flatten(), Linear(8, 2, rng=1)],
    "no bias": lambda: [Conv2d(1, 2, 3, bias=False, rng=0), ReLU(), Flatten(), Linear(8, 2, rng=1)],
    "linear": lambda: [Linear(4, 3, rng=0), ReLU(), Linear(3, 2, rng=1)],
    "own function": lambda: [Linear(4, 2, rng=0, backward=own_linear_backward)],
    "no weights": lambda: [ReLU(), Linear(4, 2, rng=0)],
}


@pytest.mark.parametrize("name", FIRST)
def test_a_network_leaves_it_out_and_gives_the_same_gradients(name):
    model = nn.Sequential(FIRST[name]())
    x = RNG.standard_normal((5, 1, 4, 4) if isinstance(model[0], Conv2d) else (5, 4)).astype(np.float32)
    dy = RNG.standard_normal(model.forward(x, training=True).shape).astype(np.float32)
    assert model.backward(dy).shape == x.shape
    expected = [p.grad.copy() for p in model.parameters()]
    for layer in model:
        layer.grads.clear()
    assert model.backward(dy, input_gradient=False) is None
    for parameter, grad in zip(model.parameters(), expected, strict=True):
        np.testing.assert_array_equal(parameter.grad, grad)


def test_a_replaced_backward_is_still_called():
    model = nn.Sequential([Linear(4, 2, rng=0)])
    called, original = [], model[0].backward
    model[0].backward = lambda dy: called.append(dy) or original(dy)
    model.forward(np.ones((3, 4), np.float32))
    model.backward(np.ones((3, 2), np.float32), input_gradient=False)
    assert len(called) == 1


def test_the_checks_of_dy_stay():
    model = nn.Sequential([Linear(4, 2, rng=0)])
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        model.backward(np.ones((3, 2), np.float32), input_gradient=False)
    model.forward(np.ones((3, 4), np.float32))
    with pytest.raises(ValueError, match=r"dy must have shape \(3, 2\)"):
        model.backward(np.ones((2, 2), np.float32), input_gradient=False)
