"""The four readings of a convolution's way back give one result, to the last digit: the library's."""

import itertools

import numpy as np
import pytest

from cnnlib.experiments.four_readings import (
    Geometry,
    as_matrix,
    by_matrix,
    gather,
    im2col,
    scatter,
    shares,
    weight_by_weight,
)
from cnnlib.nn import functional as F
from cnnlib.nn.functional.convolution import dilate
from cnnlib.nn.gradcheck import numerical_gradient

SETTINGS = [
    Geometry(5, k, s, p, d)
    for k, s, p, d in itertools.product((1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2))
    if d * (k - 1) + 1 <= 5 + 2 * p
]


def numbers(g, kernels=2, channels=2, whole=True):
    rng = np.random.default_rng(g.stride + 10 * g.kernel)
    shapes = (kernels, g.outputs, g.outputs), (kernels, channels, g.kernel, g.kernel)
    return tuple(rng.integers(-3, 4, s).astype(float) if whole else rng.normal(size=s) for s in shapes)


@pytest.mark.parametrize("g", SETTINGS, ids=str)
def test_all_four_agree_to_the_last_digit_and_with_the_library(g):
    dy, w = numbers(g)
    first = g.cut(scatter(dy, w, g))
    for other in (gather(dy, w, g), by_matrix(dy, w, g), g.cut(weight_by_weight(dy, w, g))):
        np.testing.assert_array_equal(first, other)
    x = np.zeros((1, 2, 5, 5))
    _, cache = F.conv2d_forward(x, w, None, g.stride, g.padding, g.dilation)
    np.testing.assert_array_equal(F.conv2d_backward(dy[None], cache)[0][0], first)


@pytest.mark.parametrize("g", SETTINGS[::7], ids=str)
def test_the_matrix_is_the_forward_pass_and_the_gradient_is_the_measured_one(g):
    dy, w = numbers(g, whole=False)
    x = np.random.default_rng(1).normal(size=(1, 2, 5, 5))

    def forward(x):
        return F.conv2d_forward(x, w, None, g.stride, g.padding, g.dilation)[0]

    np.testing.assert_allclose(as_matrix(w, g) @ x.ravel(), forward(x).ravel(), atol=1e-12)
    measured = numerical_gradient(lambda x: float((forward(x)[0] * dy).sum()), x)[0]
    np.testing.assert_allclose(gather(dy, w, g), measured, atol=1e-8)


@pytest.mark.parametrize("g", [g for g in SETTINGS if g.padding < g.reach], ids=str)
def test_laying_down_is_the_layer_of_that_name(g):
    dy, w = numbers(g)
    y, _ = F.conv_transpose2d_forward(dy[None], dilate(w, (g.dilation,) * 2), None, g.stride, g.padding)
    ours = g.cut(weight_by_weight(dy, w, g))
    rows = y.shape[2]
    np.testing.assert_array_equal(y[0], ours[:, :rows, :rows])
    if g.padding == 0:
        assert not ours[:, rows:].any()


def test_with_a_stride_pixels_get_different_numbers_of_shares():
    w = np.ones((1, 1, 3, 3))
    np.testing.assert_array_equal(shares(w, Geometry(5, 3, 2))[0, :, 0], [1, 1, 2, 1, 1])
    assert shares(w, Geometry(5, 3, 2))[0, 2, 2] == 4
    assert shares(np.ones((1, 1, 2, 2)), Geometry(5, 2, 3))[0].astype(bool).sum() == 16
    assert im2col(np.arange(25).reshape(5, 5), Geometry(5, 3, 2, 1), -1)[0].tolist() == [
        *(-1, -1, -1),
        *(-1, 0, 1),
        *(-1, 5, 6),
    ]
