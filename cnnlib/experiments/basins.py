"""Basins of attraction: in which minimum of one curve descents end, for all starts and rates at once."""

from functools import lru_cache

import numpy as np

from cnnlib.experiments.error_curves import Wells, descend

CURVE = Wells()
MINIMA = CURVE.stationary()[0]
BEST = CURVE.global_minimum()
NAMES = ("A", "B", "C")  # the minima from left to right; C is the global one
CODES = {"A": 1, "B": 3, "C": 2, "none": 4, "out": 5}  # places in the colour map of categories
LOW_RATE, HIGH_RATE = 0.01, 3.0
STEPS, CELLS = 100, 100
NEAR = 0.05


def ends(w):
    """Codes of where weights ended: in a minimum, in none yet, or out of the picture.

    >>> int(ends(BEST)) == CODES["C"]
    True
    """
    codes = np.full(np.shape(w), CODES["none"])
    for name, minimum in zip(NAMES, MINIMA, strict=True):
        codes[np.abs(w - minimum) < NEAR] = CODES[name]
    codes[~(np.abs(w) < 10 * CURVE.high)] = CODES["out"]
    return codes


@lru_cache(maxsize=8)
def basins(optimizer):
    """Codes of 10,000 descents of 100 steps, an array (rates, starts).

    Parameters
    ----------
    optimizer : str
        One of `cnnlib.experiments.error_curves.METHODS`.

    >>> basins("SGD").shape
    (100, 100)
    """
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    rates = np.geomspace(LOW_RATE, HIGH_RATE, CELLS)[:, None]
    return ends(descend(CURVE, starts, rates, STEPS, optimizer)[-1])
