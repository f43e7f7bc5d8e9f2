"""Gradients by Winograd's products: the error that `cnnlib.fast.winograd` states, and when they are used."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.fast import Sequential, winograd_stage
from cnnlib.fast.winograd import blocks_of, matrices
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.nn.layers import Conv2d, MaxPool2d, ReLU
from cnnlib.runtime import threads
from tests.fast.twins import F32, F64

ERROR = {F32: 1e-5, F64: 2e-14}  # of the largest number; measured is a fifth of that
SIZES = pytest.mark.parametrize(
    ("channels", "filters", "side", "size", "padding"),
    [(32, 32, 28, 3, 1), (64, 64, 14, 3, 1), (16, 24, 12, 5, 2), (16, 16, 9, 3, 0), (16, 16, 10, 5, 4)],
)
DTYPES = pytest.mark.parametrize("dtype", [F32, F64])


def close(a, b, dtype=F64):
    assert a.shape == b.shape and a.dtype == dtype
    assert np.abs(a - b).max() <= ERROR[dtype] * np.abs(b).max()


def problem(channels, filters, side, size, padding, n, dtype=F64):
    """A layer with a bias, a batch and a gradient of the outputs."""
    rng = np.random.default_rng(0)
    layer = Conv2d(channels, filters, size, padding=padding, rng=0, dtype=dtype)
    layer.params["bias"] += rng.standard_normal(filters).astype(dtype)
    places = side + 2 * padding - size + 1
    shapes = (n, channels, side, side), (n, filters, places, places)
    return layer, *(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def passes(layer, x, dy, kind=Sequential):
    model = kind([layer])
    y = model.forward(x, training=True)
    return [y, model.backward(dy), layer.grads["weight"], layer.grads["bias"]]


def is_winograd(model):
    stages = model._engine.last.programs[0].stages
    return any(isinstance(stage, winograd_stage.WinogradConvolution) for stage in stages)


@pytest.mark.parametrize("height", [3, 5])
def test_the_matrices_compute_a_correlation(height):
    a, b, g = matrices(height, F64)
    rng = np.random.default_rng(0)
    d, w = rng.standard_normal(6), rng.standard_normal(height)
    np.testing.assert_allclose(a.T @ ((g @ w) * (b @ d)), np.correlate(d, w), atol=1e-13)
    assert blocks_of(1, height) == (1, 6)


@SIZES
@DTYPES
def test_it_agrees_with_the_exact_sums_to_the_stated_error(channels, filters, side, size, padding, dtype):
    layer, x, dy = problem(channels, filters, side, size, padding, 20)
    exact = passes(layer, x, dy, nn.Sequential)
    layer, x, dy = problem(channels, filters, side, size, padding, 20, dtype)
    for a, b in zip(passes(layer, x, dy), exact, strict=True):
        close(a, b, dtype)


@DTYPES
def test_it_agrees_with_the_loops(dtype):
    layer, x, dy = problem(16, 16, 7, 3, 1, 2, dtype)
    y, cache = naive.conv2d_forward(x, layer.params["weight"], layer.params["bias"], 1, 1)
    for a, b in zip(passes(layer, x, dy), [y, *naive.conv2d_backward(dy, cache)], strict=True):
        close(a, b, dtype)


@SIZES
@DTYPES
def test_it_agrees_with_pytorch(channels, filters, side, size, padding, dtype):
    torch = pytest.importorskip("torch")
    layer, x, dy = problem(channels, filters, side, size, padding, 3, dtype)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, layer.params["weight"], layer.params["bias"])]
    y = torch.nn.functional.conv2d(*tensors, padding=padding)
    y.backward(torch.tensor(dy))
    theirs = [y.detach(), *(tensor.grad for tensor in tensors)]
    for a, b in zip(passes(layer, x, dy), theirs, strict=True):
        close(a, b.numpy(), dtype)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("follow", [[], [ReLU], [ReLU, lambda: MaxPool2d(2)]])
def test_its_gradients_are_the_numerical_ones(size, follow, monkeypatch):
    class Whole(Conv2d):
        """A small fast network as one layer, for the check."""

        def _forward(self, x, training):
            own = Conv2d(2, 3, size, padding=1, dtype=F64, rng=0)
            own.params = self.params
            model = Sequential([own, *(kind() for kind in follow)])
            y = model.forward(x, training)
            assert is_winograd(model)
            return y, (model, own)

        def _backward(self, dy, cache):
            model, own = cache
            dx = model.backward(dy)
            self.grads.update(own.grads)
            return dx

    monkeypatch.setattr(winograd_stage, "CHANNELS", 2)
    rng = np.random.default_rng(0)
    errors = check_gradients(Whole(2, 3, size, padding=1, dtype=F64, rng=0), rng.random((2, 2, 7, 5)), rng)
    assert max(errors.values()) < 1e-6


def test_the_forward_pass_keeps_exact_zeros():
    """A dark image gives ReLU exact zeros around what is in it: their gates stay shut."""
    layer = Conv2d(16, 16, 3, padding=1, rng=0)
    x = np.zeros((4, 16, 12, 12), F32)
    x[:, :, 5, 5] = 1
    model = Sequential([layer, ReLU()])
    y = model.forward(x, training=True)
    model.backward(np.ones_like(y))
    assert is_winograd(model) and not y[:, :, :4].any() and not y[:, :, 7:].any()
    np.testing.assert_allclose(layer.grads["bias"], (y > 0).sum(axis=(0, 2, 3)), rtol=1e-5)


def test_it_is_used_where_it_pays():
    for layer, expected in (
        (Conv2d(16, 32, 3), True),
        (Conv2d(32, 16, (5, 3)), True),
        (Conv2d(8, 32, 3), False),
        (Conv2d(16, 16, 1), False),
        (Conv2d(16, 16, 3, stride=2), False),
    ):
        model = Sequential([layer])
        model.forward(np.zeros((4, layer.in_channels, 12, 12), F32), training=True)
        assert is_winograd(model) is expected, layer


SCRIPT = """
import numpy as np
from tests.fast.test_winograd import passes, problem
np.savez(%r, *passes(*problem(32, 32, 28, 3, 1, 64, np.float32)))
"""


def test_one_core_and_other_kernels_give_the_same_numbers(monkeypatch, tmp_path):
    layer, x, dy = problem(32, 32, 28, 3, 1, 64, F32)
    ours = passes(layer, x, dy)
    monkeypatch.setattr(threads, "cores", lambda: 1)
    for a, b in zip(passes(layer, x, dy), ours, strict=True):
        close(a, b, F32)
    for kernels in ("Haswell", "Prescott"):
        path = str(tmp_path / f"{kernels}.npz")
        environment = dict(os.environ, OPENBLAS_CORETYPE=kernels)
        subprocess.run([sys.executable, "-c", SCRIPT % path], check=True, env=environment)
        with np.load(path) as found:
            for name, b in zip(found.files, ours, strict=True):
                close(found[name], b, F32)
