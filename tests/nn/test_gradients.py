"""Every layer and loss against numerical gradients, and the check itself against planted bugs.

A new layer needs one row in `LAYERS`.
"""

import random

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.fast import Sequential
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import check_gradients, numerical_gradient, projection_error, relative_error
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError

F64 = {"dtype": np.float64}
IMAGE = (3, 2, 7, 6)
LAYERS = {
    "conv": (lambda: Conv2d(2, 3, 3, rng=1, **F64), IMAGE),
    "conv padded": (lambda: Conv2d(2, 3, 3, padding=1, rng=1, **F64), IMAGE),
    "conv strided": (lambda: Conv2d(2, 3, 2, stride=2, padding=1, rng=1, **F64), IMAGE),
    "conv rectangular": (lambda: Conv2d(2, 3, (3, 2), (2, 3), (1, 2), rng=1, **F64), IMAGE),
    "conv one pixel": (lambda: Conv2d(2, 4, 1, rng=1, **F64), (3, 2, 1, 1)),
    "conv whole image": (lambda: Conv2d(2, 4, (7, 6), rng=1, **F64), IMAGE),
    "conv no bias": (lambda: Conv2d(2, 3, 3, bias=False, rng=1, **F64), IMAGE),
    "conv dilated": (lambda: Conv2d(2, 3, (3, 2), (1, 2), 1, dilation=(2, 3), rng=1, **F64), IMAGE),
    "conv transposed": (lambda: ConvTranspose2d(2, 3, 3, rng=1, **F64), IMAGE),
    "conv transposed strided": (lambda: ConvTranspose2d(2, 3, (3, 2), (2, 3), (1, 0), rng=1, **F64), IMAGE),
    "conv transposed gaps": (lambda: ConvTranspose2d(2, 3, 1, 2, bias=False, rng=1, **F64), IMAGE),
    "linear": (lambda: Linear(5, 4, rng=1, **F64), (3, 5)),
    "linear no bias": (lambda: Linear(5, 4, bias=False, rng=1, **F64), (3, 5)),
    "max-pool": (lambda: MaxPool2d(2), IMAGE),
    "max-pool overlapping": (lambda: MaxPool2d(3, 1), IMAGE),
    "max-pool gaps": (lambda: MaxPool2d(2, 3), IMAGE),
    "max-pool rectangular": (lambda: MaxPool2d((3, 2), (1, 2)), IMAGE),
    "average-pool": (lambda: AvgPool2d(2), IMAGE),
    "average-pool overlapping": (lambda: AvgPool2d((3, 2), 1), IMAGE),
    "relu": (ReLU, IMAGE),
    "tanh": (Tanh, IMAGE),
    "sigmoid": (Sigmoid, IMAGE),
    "flatten": (Flatten, IMAGE),
    "batch norm": (lambda: BatchNorm2d(2, **F64), IMAGE),
    "layer norm": (lambda: LayerNorm(IMAGE[1:], **F64), IMAGE),
    "layer norm of features": (lambda: LayerNorm(5, **F64), (3, 5)),
    "residual": (
        lambda: Residual([Conv2d(2, 2, 3, padding=1, rng=1, **F64), Tanh(), BatchNorm2d(2, **F64)]),
        IMAGE,
    ),
    "residual with a shortcut": (
        lambda: Residual([Conv2d(2, 3, 3, rng=1, **F64), Tanh()], [Conv2d(2, 3, 3, rng=2, **F64)]),
        IMAGE,
    ),
}


def example(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_layer_against_numerical_gradients(name, training):
    make, shape = LAYERS[name]
    errors = check_gradients(make(), example(shape), np.random.default_rng(2), training)
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", LAYERS)
def test_layer_against_a_random_projection(name, seed):
    make, shape = LAYERS[name]
    assert projection_error(make(), example(shape, seed), np.random.default_rng(seed), training=True) < 1e-7


def test_dropout_against_numerical_gradients():
    layer, x = Dropout(0.4, rng=0), example(IMAGE)
    r = example(IMAGE, 1)

    def number(x):
        layer.rng = np.random.default_rng(7)  # the same mask each time
        return float((r * layer.forward(x, training=True)).sum())

    number(x)
    assert relative_error(layer.backward(r), numerical_gradient(number, x)) < 1e-7


def test_dropout_outside_training_changes_nothing():
    layer, x = Dropout(0.4, rng=0), example(IMAGE)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)


LOSSES = {
    "cross-entropy": (CrossEntropyLoss, np.array([2, 0, 1, 2])),
    "half squared error": (HalfSquaredError, example((4, 3), 5)),
    "half squared error of labels": (HalfSquaredError, np.array([2, 0, 1, 2])),
}


@pytest.mark.parametrize("name", LOSSES)
def test_loss_against_numerical_gradients(name):
    make, targets = LOSSES[name]
    loss, outputs = make(), example((4, 3))
    loss.forward(outputs, targets)
    gradient = loss.backward()
    assert relative_error(gradient, numerical_gradient(lambda x: loss.forward(x, targets), outputs)) < 1e-7


def network():
    return Sequential(
        [
            Conv2d(2, 4, 3, padding=1, rng=0, **F64),
            ReLU(),
            MaxPool2d(2),
            Conv2d(4, 3, 2, rng=1, **F64),
            Tanh(),
            Flatten(),
            Linear(12, 5, rng=2, **F64),
        ]
    )


def test_whole_network_against_numerical_gradients():
    errors = check_gradients(network(), example((2, 2, 7, 6)), np.random.default_rng(1))
    assert max(errors.values()) < 1e-7, errors


def unflipped_kernel(dy, cache):
    _, dw, db = F.conv2d_backward(dy, cache)
    x, w, b = example((3, 2, 7, 6)), WEIGHT, np.zeros(3)
    _, flipped = F.conv2d_forward(x, w[:, :, ::-1, ::-1].copy(), b, 1, 1)
    return F.conv2d_backward(dy, flipped)[0], dw, db


def forgotten_bias(dy, cache):
    dx, dw, db = F.conv2d_backward(dy, cache)
    return dx, dw, np.zeros_like(db)


def lost_batch_mean(dy, cache):
    dx, dw, db = F.conv2d_backward(dy, cache)
    return dx, dw * len(dy), db * len(dy)


def gate_on_the_gradient(dy, cache):
    return dy * (dy > 0)


def pool_gradient_to_every_pixel(dy, cache):
    return np.repeat(np.repeat(dy, 2, axis=2), 2, axis=3)


WEIGHT = np.random.default_rng(3).normal(size=(3, 2, 3, 3))
BUGS = {
    "unflipped kernel": lambda: Conv2d(
        2, 3, 3, padding=1, init=lambda *_: WEIGHT, **F64, backward=unflipped_kernel
    ),
    "forgotten bias": lambda: Conv2d(2, 3, 3, padding=1, rng=0, **F64, backward=forgotten_bias),
    "lost batch mean": lambda: Conv2d(2, 3, 3, padding=1, rng=0, **F64, backward=lost_batch_mean),
    "gate on the gradient": lambda: ReLU(backward=gate_on_the_gradient),
    "pool to every pixel": lambda: MaxPool2d(2, backward=pool_gradient_to_every_pixel),
}


@pytest.mark.parametrize("name", BUGS)
def test_checks_fail_on_planted_bugs(name):
    x = example((3, 2, 7, 6)) if "pool" not in name else example((3, 2, 6, 6))
    assert max(check_gradients(BUGS[name](), x, np.random.default_rng(2)).values()) > 1e-3
    assert projection_error(BUGS[name](), x, np.random.default_rng(2)) > 1e-4


def test_check_leaves_the_layer_as_it_was():
    layer, x = Conv2d(2, 3, 3, rng=1, **F64), example(IMAGE)
    before, x_before = layer.params["weight"].copy(), x.copy()
    check_gradients(layer, x, np.random.default_rng(0))
    projection_error(layer, x, np.random.default_rng(0))
    np.testing.assert_array_equal(layer.params["weight"], before)
    np.testing.assert_array_equal(x, x_before)


def test_numerical_gradient_refuses_float32():
    with pytest.raises(TypeError, match="x must be an array of float64, got float32"):
        numerical_gradient(np.sum, np.zeros(2, np.float32))


def test_relative_error_counts_nan_as_wrong():
    assert relative_error([1.0], [np.nan]) == np.inf
    with pytest.raises(ValueError, match="b must have shape"):
        relative_error(np.zeros(2), np.zeros(3))


class Forgetful(Layer):
    """A layer of a learner's own whose dropout draws from everybody's generator."""

    def _forward(self, x, training):
        kept = (np.random.rand(*x.shape) < 0.5) if training else np.ones(x.shape)  # noqa: NPY002
        return x * kept, kept

    def _backward(self, dy, cache):
        return dy * cache


class OwnRandomness(Forgetful):
    """The same, from a source of its own or of Python's: ``draw(n)`` gives n numbers from 0 to 1."""

    def __init__(self, draw, source=None):
        super().__init__()
        self.draw, self.source = draw, source

    def _forward(self, x, training):
        kept = np.array(self.draw(x.size)).reshape(x.shape) < 0.5 if training else np.ones(x.shape)
        return x * kept, kept


def from_numpys_old_generator():
    source = np.random.RandomState(7)
    return OwnRandomness(source.rand, source)


def from_pythons_generator():
    source = random.Random(7)
    return OwnRandomness(lambda n: [source.random() for _ in range(n)], source)


def from_everybodys_of_python():
    return OwnRandomness(lambda n: [random.random() for _ in range(n)])


SOURCES = from_numpys_old_generator, from_pythons_generator, from_everybodys_of_python


@pytest.mark.parametrize("check", [check_gradients, projection_error])
@pytest.mark.parametrize("source", SOURCES)
def test_any_source_of_randomness_is_held_fixed(check, source):
    layer, rng = source(), np.random.default_rng(5)
    errors = check(layer, rng.normal(size=(4, 6)), rng, training=True)
    assert max(errors.values() if isinstance(errors, dict) else [errors]) < 1e-6


class OfALoss(Layer):
    """A loss as a layer of one number, so that the judge can look at it."""

    def __init__(self, loss, y):
        super().__init__()
        self.loss, self.y = loss, y

    def _forward(self, x, training):
        return np.array([self.loss.forward(x, self.y)]), None

    def _backward(self, dy, cache):
        return self.loss.backward() * dy[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_deep_networks_are_judged_whole(smoothing):
    """LayerNorm and dropout in training, within residual blocks within residual blocks, under any loss."""
    wide = {"dtype": np.float64, "rng": 1}
    inner = Residual([Dropout(0.4, rng=2), Linear(6, 6, **wide), LayerNorm(6, dtype=np.float64)])
    outer = Residual([inner, Tanh(), Dropout(0.5, rng=3)])
    loss = OfALoss(CrossEntropyLoss(label_smoothing=smoothing), np.array([0, 1, 2, 5]))
    x = np.random.default_rng(4).normal(size=(4, 6))
    for network in (nn.Sequential([outer, loss]), Sequential([outer, loss])):
        errors = check_gradients(network, x, np.random.default_rng(5), training=True)
        assert len(errors) == 5 and max(errors.values()) < 1e-6
        assert projection_error(network, x, np.random.default_rng(5), training=True) < 1e-6


def random_networks():
    """Dropout by itself, shared generators, running averages, the judge's own generator in the network."""
    rng, judge = np.random.default_rng(1), np.random.default_rng(2)
    wide = {"rng": 3, "dtype": np.float64}
    dense = [Linear(6, 8, **wide), Dropout(0.5, rng=rng), Tanh(), Dropout(0.3, rng=rng), Linear(8, 3, **wide)]
    images = [Conv2d(1, 2, 3, **wide), BatchNorm2d(2, dtype=np.float64), Dropout(0.4, rng=4), Tanh()]
    flat, square = (
        np.random.default_rng(5).normal(size=(4, 6)),
        np.random.default_rng(6).normal(size=(3, 1, 5, 5)),
    )
    return [
        (Dropout(0.5, rng=0), flat, judge),
        (Dropout(0.5, rng=judge), flat, judge),
        (nn.Sequential(dense), flat, judge),
        (Sequential(dense), flat, judge),
        (nn.Sequential(images), square, judge),
        (Sequential(images), square, judge),
        (BatchNorm2d(1, dtype=np.float64), square, judge),
        (Forgetful(), flat, judge),
    ]


@pytest.mark.parametrize("check", [check_gradients, projection_error])
@pytest.mark.parametrize("case", range(8))
def test_randomness_and_buffers_are_held_fixed_and_given_back(check, case):
    layer, x, judge = random_networks()[case]
    layers = list(layer) if hasattr(layer, "layers") else [layer]
    buffers = [{name: b.copy() for name, b in each.buffers.items()} for each in layers]
    states = [each.rng.bit_generator.state for each in layers if isinstance(each, Dropout)]
    before, global_before = x.copy(), np.random.get_state()[1].tolist()  # noqa: NPY002
    errors = check(layer, x, judge, training=True)
    assert max(errors.values() if isinstance(errors, dict) else [errors]) < 1e-6
    for each, buffer in zip(layers, buffers, strict=True):
        assert all((each.buffers[name] == value).all() for name, value in buffer.items())
    assert states == [each.rng.bit_generator.state for each in layers if isinstance(each, Dropout)]
    assert (x == before).all() and np.random.get_state()[1].tolist() == global_before  # noqa: NPY002


def test_a_check_that_is_interrupted_leaves_the_point_and_the_buffers():
    calls = iter(range(5))

    def stop(x):
        next(calls)
        return float(x.sum())

    x = np.arange(6.0)
    with pytest.raises(StopIteration):
        numerical_gradient(stop, x)
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    layer, x, rng = BatchNorm2d(1, dtype=np.float64), np.arange(8.0).reshape(2, 1, 2, 2), Odd()
    with pytest.raises(ZeroDivisionError):
        check_gradients(layer, x, rng, training=True)
    assert layer.buffers["running_mean"].tolist() == [0] and x.ravel().tolist() == list(range(8))


class Odd:
    """A judge that gives up in the middle."""

    def normal(self, size):
        raise ZeroDivisionError


@pytest.mark.parametrize("epsilon", [0, -1e-5, np.nan, np.inf])
def test_a_step_that_measures_nothing_is_refused(epsilon):
    for check in (check_gradients, projection_error):
        with pytest.raises(ValueError, match="epsilon must be"):
            check(Tanh(), np.ones((1, 2)), np.random.default_rng(0), epsilon=epsilon)
