"""What is right in notebook 06."""

import numpy as np

from cnnlib.experiments.error_curves import Quadratic, Wells, descend


def border_of(curvature=2.5):
    """The largest rate at which the walk on the parabola still comes nearer, found by bisection."""
    low, high = 0.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        end = abs(descend(Quadratic(curvature), 1.0, middle, 20)[-1])
        low, high = (middle, high) if end < 1 else (low, middle)
    return low


def which_converge():
    """Which of rate 3 on curvature 0.5 and rate 0.9 on curvature 3 converges: the place of the choice."""
    ends = [abs(descend(Quadratic(c), 1.0, rate, 40)[-1]) < 0.1 for rate, c in ((3.0, 0.5), (0.9, 3.0))]
    return [[True, False], [False, True], [True, True], [False, False]].index(ends)


def above_the_border():
    """Where a weight is after 400 steps a little above the border of a rounded hollow: the place."""
    wells = Wells()
    bottom = wells.global_minimum()
    path = descend(wells, 1.2, 1.05 * 2 / float(wells.curvature(np.array(bottom))), 400)
    if not np.isfinite(path[-1]) or abs(path[-1]) > 3:
        return 0
    if abs(path[-1] - bottom) < 1e-3:
        return 1
    return 2 if abs(path[-1] - path[-2]) < 1e-3 else 3


def share_that_learns(RateSweep):
    """Per cent of a fresh sweep's rates that neither crawl, jump nor are lost after six epochs."""
    fresh = RateSweep()
    fresh.advance(6 * 45)
    rates = 24
    others = sum(fresh.facts[fate] for fate in ("crawling", "jumping", "lost"))
    return 100 * (rates - others) / rates


def first_infinity(growing):
    """The step at which the loss is infinite for the first time."""
    return int(np.argmax(np.isinf(np.asarray(growing, float))))


def highest_that_stays(shares, worst):
    """The highest rate, in units of the border, at which the network stays at its bottom."""
    return float(max(share for share, loss in zip(shares, worst, strict=True) if loss < 1))


def with_cosine(lowest_shares):
    """Whether the rate that fails when constant also fails when it only comes first: the place."""
    constant, cosine = lowest_shares["constant"], lowest_shares["cosine"]
    return 0 if cosine < 0.6 else 1 if cosine > constant else 2


def limit(curvature):
    """2 over the curvature."""
    return 2 / curvature


def best(curvature):
    """The rate at which the parabola is solved in one step."""
    return 1 / curvature


def factor(share):
    """By what one step at share/curvature multiplies the weight."""
    return 1 - share


def cosine_middle(lr):
    """The rate in the middle of half a cosine."""
    return lr * (1 + np.cos(np.pi / 2)) / 2
