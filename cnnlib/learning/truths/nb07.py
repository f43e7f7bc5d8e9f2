"""What is right in notebook 07."""

from functools import cache

import numpy as np

from cnnlib.experiments.basins import CURVE, NAMES, basins
from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Saddle


def valley_of(start=-2.5, rate=0.1):
    """In which valley a slow descent ends: the place among A, B and C."""
    minima = CURVE.stationary()[0]
    return int(np.argmin(np.abs(minima - descend(CURVE, start, rate, 500)[-1])))


@cache
def order_of_methods():
    """The five rules by the share of the map that ends in C, the largest share first."""
    shares = {method: np.mean(basins(method) == 2) for method in METHODS}
    return sorted(METHODS, key=lambda method: -shares[method])


@cache
def escapes(noise, walkers=400, steps=400):
    """Share of walks from the valley of A that end near C, with noise that stays."""
    rng, w = np.random.default_rng(0), np.full(walkers, -2.5)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            w = w - 0.2 * (CURVE.gradient(w) + noise * rng.normal(size=walkers))
        return float(np.mean(np.abs(w - CURVE.global_minimum()) < 0.5))


def chance_and_noise():
    """How the chance of escape goes with the noise: the place of the choice."""
    chances = [escapes(noise) for noise in (0, 1, 2, 4, 6)]
    if int(np.argmax(chances)) == len(chances) - 1:
        return 0
    return 2 if max(chances) < 0.05 else 1


def time_at_the_saddle():
    """How the time to leave grows when the start is ten times closer: the place of the choice."""
    times = []
    for distance in (0.1, 0.01, 0.001):
        path = descend(Saddle(), [1.5, distance], 0.2, 400)
        times.append(int(np.argmax(np.abs(path[:, 1]) > 0.7)))
    return (
        0 if times[1] > 5 * times[0] else 2 if abs((times[2] - times[1]) - (times[1] - times[0])) < 3 else 1
    )


def random_plane(held):
    """Per cent of the path that a random plane holds, from the cell below."""
    return 100 * held["random, filter-normalised"]


def shadow_of_the_first(first):
    """Loss of the random plane where the shadow of the first weights falls, from the cell below."""
    return first["shadow"]


def half_way(LineBetween):
    """The loss half way between two networks."""
    return float(LineBetween(share=0.5).facts["loss"])


def spread_of_one(seeds):
    """Best to worst loss of thirty networks with one filter."""
    return float(np.ptp(seeds.finished[1]))


def restarts(p, k):
    """Per cent chance that at least one of k starts succeeds."""
    return 100 * (1 - (1 - p / 100) ** k)


def valley(start):
    """In which of the course's valleys a slow descent ends: 1 is A, 2 is B, 3 is C."""
    return 1 + valley_of(start) if NAMES else 0
