"""Races of optimizers: who is lowest from many starts, against loops over descents one at a time."""

import numpy as np
import pytest

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Bowl, Ripples, Rosenbrock, Saddle
from cnnlib.experiments.races import RATES, at_every_rate, best_rate, race


@pytest.mark.parametrize("method", METHODS)
def test_all_rates_and_starts_at_once_are_the_single_descents(method):
    surface, starts = Rosenbrock(), [(-1.0, 2.0), (0.5, 0.0)]
    together = at_every_rate(surface, starts, method, 20)
    for k in range(0, len(RATES), 7):
        for place, start in enumerate(starts):
            path = descend(surface, np.array(start), RATES[k], 20, method)
            inside = (path >= surface.low).all() and (path <= surface.high).all()
            if inside:
                assert together[k, place] == pytest.approx(float(surface.error(path[-1])))
            else:
                assert together[k, place] == np.inf


def test_on_a_round_bowl_one_step_of_the_inverse_curvature_arrives():
    assert best_rate(Bowl(1.0), (1.0, 1.0), "SGD", 1) == pytest.approx(1.0, rel=0.1)


def test_equal_errors_share_the_win_and_the_places():
    found = race(Saddle(), [(0.0, 0.0)], steps=1)  # nobody moves where the gradient is zero
    assert all(won == 1 and place == 3 for won, place in found.values())


def test_what_the_notebook_says_of_the_four_surfaces():
    """Nesterov wins most races in the bowl and in the curved valley, Adam most on the ripples."""
    for surface, winner in (
        (Bowl(50, angle=30), "Nesterov"),
        (Rosenbrock(), "Nesterov"),
        (Ripples(), "Adam"),
    ):
        for seed in range(3):
            starts = np.random.default_rng(seed).uniform(surface.low, surface.high, (100, 2))
            found = race(surface, starts)
            assert max(found, key=lambda m: found[m][0]) == winner
