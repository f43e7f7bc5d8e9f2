"""Layers as classes: arguments, memory between the passes, functions of one's own."""

import numpy as np
import pytest

from cnnlib.nn import functional as F
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU


def test_backward_before_forward_is_refused():
    with pytest.raises(RuntimeError, match=r"ReLU.backward: call forward\(x\) first"):
        ReLU().backward(np.ones(3))


def test_backward_checks_the_shape():
    layer = Linear(3, 2, rng=0)
    layer.forward(np.zeros((5, 3), np.float32))
    with pytest.raises(ValueError, match=r"dy must have shape \(5, 2\), .* got \(5, 3\)"):
        layer.backward(np.zeros((5, 3), np.float32))


def test_params_and_grads_have_equal_shapes_and_types():
    layer = Conv2d(2, 3, (3, 2), rng=0)
    layer.backward(np.ones_like(layer.forward(np.ones((4, 2, 5, 5), np.float32))))
    assert layer.params.keys() == layer.grads.keys() == {"weight", "bias"}
    for name, value in layer.params.items():
        assert layer.grads[name].shape == value.shape and layer.grads[name].dtype == value.dtype == np.float32


def test_gradients_are_overwritten_not_added():
    layer, x = Linear(3, 2, rng=0), np.ones((5, 3), np.float32)
    for _ in range(2):
        layer.forward(x)
        layer.backward(np.ones((5, 2), np.float32))
    np.testing.assert_array_equal(layer.grads["bias"], [5, 5])


def test_same_seed_same_weights():
    a, b, c = (Conv2d(1, 2, 3, rng=seed).params["weight"] for seed in (0, 0, 1))
    assert (a == b).all() and not (a == c).all()


def test_functions_of_ones_own_are_used():
    seen = []

    def forward(x, w, b, stride, padding):
        seen.append("forward")
        return F.conv2d_forward(x, w, b, stride, padding)

    def backward(dy, cache):
        seen.append("backward")
        return F.conv2d_backward(dy, cache)

    layer = Conv2d(1, 2, 3, rng=0, forward=forward, backward=backward)
    layer.backward(layer.forward(np.ones((1, 1, 4, 4), np.float32)))
    assert seen == ["forward", "backward"]


def test_flatten_keeps_the_order_of_pixels_whatever_the_memory_order():
    x = np.arange(48.0).reshape(2, 3, 2, 4)
    for memory in (
        x,
        np.asfortranarray(x),
        np.ascontiguousarray(x.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1),
    ):
        layer = Flatten()
        np.testing.assert_array_equal(layer.forward(memory), x.reshape(2, -1))
        np.testing.assert_array_equal(layer.backward(x.reshape(2, -1)), x)


def test_batch_norm_keeps_running_averages_and_uses_them():
    layer, rng = BatchNorm2d(2, momentum=0.5, dtype=np.float64), np.random.default_rng(0)
    x = rng.normal(3, 2, (8, 2, 4, 4))
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.buffers["running_mean"], 0.5 * x.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(layer.buffers["running_var"], 0.5 + 0.5 * x.var(axis=(0, 2, 3), ddof=1))
    before = {name: value.copy() for name, value in layer.buffers.items()}
    y = layer.forward(x)
    mean, var = (before[name][:, None, None] for name in ("running_mean", "running_var"))
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 1e-5))
    for name, value in before.items():
        np.testing.assert_array_equal(layer.buffers[name], value)


def test_dropout_keeps_the_mean():
    y = Dropout(0.3, rng=0).forward(np.ones((1000, 100)), training=True)
    assert abs(y.mean() - 1) < 0.01 and set(np.unique(y.round(6))) == {0.0, round(1 / 0.7, 6)}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Conv2d(0, 1, 3), "in_channels must be a whole number of at least 1, got 0"),
        (lambda: Conv2d(1, 2.5, 3), "out_channels must be a whole number .* got 2.5"),
        (lambda: Conv2d(1, 1, 0), "kernel_size must be at least 1, got 0"),
        (lambda: Conv2d(1, 1, (3, 3, 3)), r"kernel_size must be an int or a pair of ints, got \(3, 3, 3\)"),
        (lambda: Conv2d(1, 1, 3, stride=0), "stride must be at least 1, got 0"),
        (lambda: Conv2d(1, 1, 3, padding=-1), "padding must be at least 0, got -1"),
        (lambda: Conv2d(1, 1, 3, init="hee"), "init must be one of .* got 'hee'"),
        (lambda: Linear(3, 2, init=lambda shape, rng: np.zeros(3)), r"init: the rule returned shape \(3,\)"),
        (lambda: Linear(True, 2), "in_features must be .* got True"),
        (lambda: MaxPool2d(2, stride=0), "stride must be at least 1, got 0"),
        (lambda: Dropout(1.0), "p must be a probability .* got 1.0"),
    ],
)
def test_bad_arguments_are_named(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("x", "error", "sentence"),
    [
        (np.zeros((4, 8, 8), np.float32), ValueError, "x must have shape"),
        (np.zeros((4, 2, 8, 8), np.float32), ValueError, "channels"),
        (np.zeros((4, 1, 2, 2), np.float32), ValueError, "kernel"),
        (np.zeros((4, 1, 8, 8), int), TypeError, "x must be float32 or float64, got int64"),
    ],
)
def test_bad_images_are_named(x, error, sentence):
    with pytest.raises(error, match=sentence):
        Conv2d(1, 2, 3, rng=0).forward(x)
