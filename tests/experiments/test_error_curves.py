"""Error curves: exact derivatives, stationary points, and descents that follow the optimizers' own rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlib.experiments.error_curves import METHODS, Quadratic, Wells, descend
from cnnlib.nn.optim import SGD, Adam, Parameter, RMSprop

CURVES = [Quadratic(0.3), Quadratic(5, minimum=1, floor=2), Wells(), Wells((0.5,), (-1,), (0.2,), bowl=1)]


@pytest.mark.parametrize("curve", CURVES)
def test_gradient_and_curvature_are_those_of_the_error(curve):
    w, h = np.linspace(-2.9, 2.9, 101), 1e-4
    slope = (curve.error(w + h) - curve.error(w - h)) / (2 * h)
    bend = (curve.gradient(w + h) - curve.gradient(w - h)) / (2 * h)
    np.testing.assert_allclose(curve.gradient(w), slope, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(curve.curvature(w), bend, rtol=1e-5, atol=1e-5)


def test_the_wells_have_a_global_and_false_minima_and_a_highest_point():
    curve = Wells()
    minima, maxima = curve.stationary()
    assert len(minima) == 3 and len(maxima) == 2
    assert np.abs(curve.gradient(np.concatenate([minima, maxima]))).max() < 1e-9
    assert (curve.curvature(minima) > 0).all() and (curve.curvature(maxima) < 0).all()
    assert curve.global_minimum() == minima[2]
    assert np.sort(curve.error(minima))[1] > curve.error(minima[2]) + 0.3
    grid = np.linspace(curve.low, curve.high, 1001)
    assert curve.error(maxima).max() > curve.error(grid).max() - 1e-3


@given(st.floats(0.05, 5), st.floats(0.01, 3))
def test_the_limit_of_the_rate_is_two_over_curvature(a, factor):
    if abs(factor - 2) < 0.05:
        return
    path = descend(Quadratic(a), 1.0, factor / a, 200)
    assert (abs(path[-1]) < 1) == (factor < 2)
    np.testing.assert_allclose(path[5], (1 - factor) ** 5, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "optimizer"),
    [
        ("SGD", SGD(lr=0.05)),
        ("Momentum", SGD(lr=0.05, momentum=0.9)),
        ("Nesterov", SGD(lr=0.05, momentum=0.9, nesterov=True)),
        ("RMSprop", RMSprop(lr=0.05, alpha=0.9)),
        ("Adam", Adam(lr=0.05)),
    ],
)
def test_a_descent_takes_the_steps_of_the_optimizer(method, optimizer):
    curve, w = Wells(), np.array([-2.5])
    path = descend(curve, w, 0.05, 25, method)
    for t in range(25):
        np.testing.assert_allclose(path[t], w, rtol=1e-9, atol=1e-12)
        optimizer.step([Parameter("w", w, curve.gradient(w))])


@pytest.mark.parametrize("method", METHODS)
def test_many_descents_at_once_equal_each_alone(method):
    starts, rates = np.linspace(-2, 2, 5), np.array([0.01, 0.3, 5.0])
    together = descend(Wells(), starts[:, None], rates, 12, method)
    assert together.shape == (13, 5, 3)
    for i, start in enumerate(starts):
        for j, rate in enumerate(rates):
            np.testing.assert_array_equal(together[:, i, j], descend(Wells(), start, rate, 12, method))


def test_divergence_is_a_result():
    assert not np.isfinite(descend(Quadratic(5), 3.0, 10.0, 2000)[-1])


WRONG = [lambda: Quadratic(0), lambda: Wells((0,), (1, 2), (1,)), lambda: descend(Wells(), 0, 1, 1, "Newton")]


@pytest.mark.parametrize("make", WRONG)
def test_wrong_arguments_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


def test_rmsprop_is_the_rule_written_out_to_the_last_bit():
    """Far from minima its steps are chaotic: another order of the same products shows in the maps."""
    curve, starts, rate = Wells(), np.linspace(-3, 3, 50), 0.6
    w, square = starts, np.zeros(50)
    for _ in range(100):
        slope = curve.gradient(w)
        square = 0.9 * square + (1 - 0.9) * slope**2
        w = w - rate * (slope / (np.sqrt(square) + 1e-8))
    np.testing.assert_array_equal(descend(curve, starts, rate, 100, "RMSprop")[-1], w)
