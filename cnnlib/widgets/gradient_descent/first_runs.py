"""The run that each method begins with on each surface, and what becomes of a run.

A first run arrives at the lowest point, or it stops where a run of its method has to. It shows what the
method is for: SGD swings across a valley or crawls along its floor, and memory carries on.
"""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS
from cnnlib.experiments.error_surfaces import Surface
from cnnlib.experiments.races import excess

STARTS = {
    "bowl": (-2.5, 2.0),
    "Rosenbrock's valley": (-1.0, 1.5),
    "saddle": (-2.5, 0.05),
    "ripples": (-2.5, 2.0),
}
# rate and steps of SGD, Momentum, Nesterov, RMSprop, Adam
RUNS = {
    "bowl": ((1.7, 20), (0.1, 60), (0.1, 60), (0.05, 120), (0.1, 120)),
    "Rosenbrock's valley": ((1.7, 200), (0.7, 120), (0.7, 120), (0.03, 200), (0.3, 120)),
    "saddle": ((0.3, 60), (0.1, 60), (0.1, 60), (0.05, 120), (0.1, 120)),
    "ripples": ((0.15, 120), (0.1, 60), (0.1, 60), (0.05, 60), (1.0, 120)),
}
MOMENTA = {"Rosenbrock's valley": 0.9}  # longer memory for the longest way
MOMENTUM = 0.8
NEAR_ENOUGH, CLOSE = 1e-3, 0.3  # error above the lowest, and distance to it, within which a run has arrived
TOUCHES = 0.03  # distance to it within which its mark and that of the run touch on the map
FAR = 1e3  # a weight beyond this has left for good
_STANDS, _LAST = 0.15, 10  # a run that keeps so near to a level place for so many steps stands there
_CRAWLS = 0.1  # share of the way to the lowest point within which the last steps keep if a run crawls


def first_run(surface: str, method: str) -> dict[str, float]:
    """Start, rate, number of steps and momentum with which a method begins on a surface.

    >>> first_run("bowl", "SGD")
    {'start_1': -2.5, 'start_2': 2.0, 'rate': 1.7, 'steps': 20, 'momentum': 0.8}
    """
    start, (rate, steps) = STARTS[surface], RUNS[surface][METHODS.index(method)]
    momentum = MOMENTA.get(surface, MOMENTUM)
    return {"start_1": start[0], "start_2": start[1], "rate": rate, "steps": steps, "momentum": momentum}


def left_at(path: np.ndarray, low: np.ndarray, high: np.ndarray) -> int | None:
    """The step with which a path that grows without bound leaves the map for the last time; else None.

    >>> path = np.array([[0.0, 0.0], [2, 0], [-4, 0], [8, 0], [-1e4, 0]])
    >>> left_at(path, np.array([-3, -3]), np.array([3, 3]))
    2
    """
    if (np.abs(path[-1]) < FAR).all():
        return None
    inside = ((path >= low) & (path <= high)).all(axis=1)
    return int(np.flatnonzero(inside)[-1]) + 1 if inside.any() else 0


def outcome(surface: Surface, path: np.ndarray) -> str:
    """What becomes of a run: "arrived", "near", "left", at a "saddle", in a "hollow", "crawls", "under way".

    >>> from cnnlib.experiments.error_surfaces import Saddle
    >>> outcome(Saddle(), np.zeros((20, 2))), outcome(Saddle(), np.ones((1, 2)))
    ('saddle', 'under way')
    """
    end = path[-1]
    if not (np.abs(end) < FAR).all():
        return "left"
    distance = np.linalg.norm(surface.minima - end, axis=1).min()
    if excess(surface, path[-1:])[0] < NEAR_ENOUGH and distance < CLOSE:
        return "arrived" if distance < TOUCHES else "near"
    if len(path) <= _LAST:
        return "under way"
    curvatures = surface.curvatures(end)
    if (np.abs(curvatures) > 1e-6).all():
        level = end - np.linalg.solve(surface.hessian(end), surface.gradient(end))  # where the slope ends
        stands = (np.linalg.norm(path[-_LAST:] - level, axis=1) < _STANDS).all()
        if stands and excess(surface, level[None])[0] > NEAR_ENOUGH:
            return "hollow" if curvatures[0] > 0 else "saddle"
    crawls = (np.linalg.norm(path[-_LAST:] - end, axis=1) < _CRAWLS * distance).all()
    return "crawls" if crawls else "under way"
