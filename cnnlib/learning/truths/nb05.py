"""What is right in notebook 05."""

import numpy as np

from cnnlib.experiments.error_curves import METHODS, Quadratic, descend
from cnnlib.experiments.error_surfaces import Bowl

START = np.array([-2.5, 2.0])


def steps_to_goal(rate=0.1):
    """Steps from -2.5 until the error of the parabola is below 0.02."""
    curve = Quadratic(1.0)
    return int(np.argmax(curve.error(descend(curve, -2.5, rate, 200)) < 0.02))


def arrow_and_minimum():
    """Whether the steepest way down points at the minimum: the place of the choice."""
    aims = []
    for condition in (10, 1):
        down = -Bowl(condition, angle=30).gradient(START)
        cosine = down @ -START / np.linalg.norm(down) / np.linalg.norm(START)
        aims.append(cosine > 0.999)
    return [[True, True], [False, True], [False, False]].index(aims)


def steps_for(condition):
    """Steps to an error below 0.0001 at the best single rate."""
    bowl = Bowl(condition, angle=30)
    best = 2 / bowl.curvatures(np.zeros(2)).sum()
    return int(np.argmax(bowl.error(descend(bowl, START, best, 2000)) < 1e-4))


def times_the_steps():
    """How many times the steps ten times the condition number takes."""
    return steps_for(100) / steps_for(10)


def furthest_batch(batch_errors):
    """Which of batches 1, 16 and all came furthest, from the cell below: the place of the choice."""
    return int(np.argmin([batch_errors[size] for size in ("1", "16", "all")]))


def first_of_the_race():
    """Which rule leads after 40 steps at one rate in the long bowl: the place of the choice."""
    bowl = Bowl(50, angle=30)
    ends = [bowl.error(descend(bowl, START, 0.1, 40, m)[-1]) for m in METHODS]
    return int(np.argmin(ends))


def one_winner(winners):
    """Whether one rule wins on all surfaces: the place of the choice."""
    return 0 if len(set(winners)) == 1 else 1 if len(set(winners)) < len(winners) else 2


def one_step(w, c, lr):
    """The weight after one step on E = c/2 w²."""
    return w - lr * c * w


def leaves(lr, c):
    """Share of the weight, in per cent, that one step leaves."""
    return 100 * (1 - lr * c)


def noise_factor(times):
    """By what the noise falls when the batch grows so many times."""
    return float(np.sqrt(times))


def velocity_after(g, momentum):
    """The velocity after two equal gradients."""
    return momentum * g + g
