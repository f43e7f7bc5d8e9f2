"""Surfaces of two weights: exact derivatives, known places, descents on them."""

import numpy as np
import pytest

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Bowl, Regression, Ripples, Rosenbrock, Saddle
from cnnlib.nn.gradcheck import numerical_gradient

SURFACES = [Bowl(7.0, 2.0, 30.0), Rosenbrock(), Saddle(), Ripples()]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: type(s).__name__)
def test_derivatives_are_those_of_the_error(surface):
    rng = np.random.default_rng(0)
    for w in rng.uniform(surface.low, surface.high, (20, 2)):
        numerical = numerical_gradient(lambda v: float(surface.error(v)), w.copy())
        np.testing.assert_allclose(surface.gradient(w), numerical, rtol=1e-6, atol=1e-8)
        for i in range(2):
            column = numerical_gradient(lambda v, i=i: float(surface.gradient(v)[i]), w.copy())
            np.testing.assert_allclose(surface.hessian(w)[i], column, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: type(s).__name__)
def test_minima_are_the_lowest_places_of_the_map(surface):
    _, _, errors = surface.grid(121)
    at_minima = surface.error(surface.minima)
    np.testing.assert_allclose(surface.gradient(surface.minima), 0, atol=1e-12)
    assert (surface.curvatures(surface.minima) > 0).all()
    assert errors.shape == (121, 121) and errors.min() >= at_minima.max() - 1e-12


def test_a_bowl_has_the_curvatures_asked_for():
    np.testing.assert_allclose(Bowl(50.0, 3.0, 77.0).curvatures(np.ones(2)), [0.06, 3.0])
    for arguments in ((0.5,), (np.nan,), (2, 0)):
        with pytest.raises(ValueError, match=r"must be a (finite )?number"):
            Bowl(*arguments)


@pytest.mark.parametrize("method", METHODS)
def test_many_descents_at_once_are_the_single_ones(method):
    rng = np.random.default_rng(0)
    starts, rates = rng.uniform(-1, 1, (6, 2)), rng.uniform(0.001, 0.05, (6, 1))
    paths = descend(Rosenbrock(), starts, rates, 50, method)
    assert paths.shape == (51, 6, 2)
    for i in range(6):
        np.testing.assert_array_equal(paths[:, i], descend(Rosenbrock(), starts[i], rates[i], 50, method))


def test_the_border_of_a_bowl_is_two_over_its_largest_curvature():
    bowl = Bowl(10.0, 4.0, 20.0)
    paths = descend(bowl, [[1.0, 1.0]] * 2, [[0.499], [0.501]], 5000)
    errors = bowl.error(paths[-1])
    assert errors[0] < 1e-8 < 1e3 < errors[1]


def some_regression(n=60):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 2))
    return Regression(x, x @ [1.0, -0.5] + rng.normal(size=n))


def test_regression_is_the_mean_over_its_samples():
    surface, w = some_regression(), np.array([0.3, 0.7])
    assert surface.error(w) == pytest.approx(0.5 * np.mean((surface.x @ w - surface.t) ** 2))
    numerical = numerical_gradient(lambda v: float(surface.error(v)), w.copy())
    np.testing.assert_allclose(surface.gradient(w), numerical, atol=1e-8)
    np.testing.assert_allclose(surface.batch_gradient(w, np.arange(60)), surface.gradient(w), atol=1e-12)
    singles = surface.batch_gradient(w, np.arange(60)[:, None])
    np.testing.assert_allclose(singles.mean(axis=0), surface.gradient(w), atol=1e-12)


def test_whole_batches_walk_as_plain_descent_does():
    surface = some_regression()
    path = surface.descend([2.0, 2.0], 0.1, 60, 600, np.random.default_rng(0))
    np.testing.assert_allclose(path, descend(surface, [2.0, 2.0], 0.1, 10), atol=1e-12)
    assert len(surface.descend([2.0, 2.0], 0.1, 7, 600, np.random.default_rng(0))) == 600 // 7 + 1


def test_the_noise_of_a_batch_falls_with_the_root_of_its_size():
    surface, w, rng = some_regression(2000), np.array([2.0, 2.0]), np.random.default_rng(0)
    spread = [
        surface.batch_gradient(w, rng.integers(0, 2000, (4000, size))).std(axis=0).mean() for size in (4, 64)
    ]
    assert spread[0] / spread[1] == pytest.approx(4, rel=0.05)
