"""Races of optimizers on error surfaces, each at the best of many learning rates."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Surface

RATES = np.geomspace(1e-3, 10, 60)


def excess(surface: Surface, path: np.ndarray) -> np.ndarray:
    """Error above the smallest, along a path (…, 2); inf where it overflowed.

    >>> from cnnlib.experiments.error_surfaces import Bowl
    >>> excess(Bowl(), np.zeros((1, 2)))
    array([0.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        errors = surface.error(path) - float(surface.error(surface.minima[0]))
    return np.where(np.isfinite(errors), np.maximum(errors, 0), np.inf)


def at_every_rate(surface: Surface, starts, method: str, steps: int, momentum: float = 0.9) -> np.ndarray:
    """Error above the smallest after some steps from each start at each of `RATES`, shape (60, starts).

    A rate whose path leaves the map counts as inf, unless all of them do: what returns from far outside by
    chance has not found the way.
    """
    starts = np.atleast_2d(np.asarray(starts, dtype=float))
    rates = RATES[:, None, None]
    paths = descend(
        surface, np.broadcast_to(starts, (len(RATES), *starts.shape)), rates, steps, method, momentum
    )
    errors = excess(surface, paths[-1])
    stays = ((paths >= surface.low) & (paths <= surface.high)).all(axis=(0, -1))
    return np.where(stays | ~stays.any(axis=0), errors, np.inf)


@lru_cache(maxsize=256)
def best_rate(surface: Surface, start: tuple, method: str, steps: int, momentum: float = 0.9) -> float:
    """The rate, of 60 between 0.001 and 10, with the smallest error after `steps` steps on the map.

    >>> from cnnlib.experiments.error_surfaces import Bowl
    >>> 0.8 < best_rate(Bowl(1.0), (1.0, 1.0), "SGD", 1) < 1.2
    True
    """
    return float(RATES[np.argmin(at_every_rate(surface, start, method, steps, momentum)[:, 0])])


def race(surface: Surface, starts, steps: int = 100, momentum: float = 0.9) -> dict[str, tuple[int, float]]:
    """For each optimizer: from how many starts it ends lowest, and its mean place (1 is the lowest).

    Each runs at its best rate for each start. Equal errors share a win, and the mean of their places.

    >>> from cnnlib.experiments.error_surfaces import Bowl
    >>> found = race(Bowl(50.0), [(-2.5, 2.0), (1.0, 2.0)])
    >>> sum(place for _, place in found.values()) == 1 + 2 + 3 + 4 + 5
    True
    """
    ends = np.array([at_every_rate(surface, starts, m, steps, momentum).min(axis=0) for m in METHODS])
    below = (ends[:, None] > ends[None]).sum(axis=1)
    equal = (ends[:, None] == ends[None]).sum(axis=1)
    places = (below + (equal + 1) / 2).mean(axis=1)
    wins = (below == 0).sum(axis=1)
    return {m: (int(won), float(place)) for m, won, place in zip(METHODS, wins, places, strict=True)}
