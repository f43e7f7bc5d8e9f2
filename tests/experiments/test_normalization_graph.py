"""Batch normalization node by node: against the library's function, and against measured slopes."""

import numpy as np
import pytest

from cnnlib.experiments.normalization_graph import BACKWARDS, backward, forward
from cnnlib.nn import functional
from cnnlib.nn.gradcheck import numerical_gradient


@pytest.mark.parametrize("seed", range(4))
def test_all_ways_together_are_the_library_s_backward(seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(size=(2, 5))
    gamma, beta = rng.normal(size=2)
    values, last = forward(x, gamma, beta), backward(forward(x, gamma, beta), dy)[-1]
    y, cache = functional.batchnorm2d_forward(x.reshape(5, 1, 1, 1), np.array([gamma]), np.array([beta]))
    dx, dgamma, dbeta = functional.batchnorm2d_backward(dy.reshape(5, 1, 1, 1), cache)
    np.testing.assert_allclose(values["y"], y.ravel(), rtol=1e-12)
    np.testing.assert_allclose(last["x"], dx.ravel(), atol=1e-12)
    assert [last["gamma"], last["beta"]] == pytest.approx([dgamma[0], dbeta[0]])


def test_gradients_inside_the_graph_are_measured_slopes():
    x, dy = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 0.5, -2.0, 0.25])
    last, values = backward(forward(x), dy)[-1], forward(x)

    def by_variance(v):
        return float((values["c"] / np.sqrt(v[0] + 1e-5)) @ dy)

    assert last["v"] == pytest.approx(numerical_gradient(by_variance, np.array([3.5]))[0], rel=1e-6)


def test_one_step_a_way_and_shares_add_up():
    steps = backward(forward([1.0, 2.0, 3.0, 6.0]), [1.0, 0, 0, 0])
    assert len(steps) == len(BACKWARDS)
    before, after = (next(i for i, way in enumerate(BACKWARDS) if way == ("c", end)) for end in ("n", "v"))
    share = steps[after]["v"] * np.array([-1, -0.5, 0, 1.5])
    np.testing.assert_allclose(steps[after]["c"] - steps[before]["c"], share)
