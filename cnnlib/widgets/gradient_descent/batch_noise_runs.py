"""Descents by batches on the error of a guess from two pixels: the runs, their means, and how each fares."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.error_surfaces import Regression

SIZES = ("1", "4", "16", "64", "all")
PAIR = (3, 5)
PIXELS = ((3, 2), (2, 4))
START = (-2.5, 2.5)
DRAWS = 300
MOST = 3000  # images looked at
SEEDS = 20  # the highest; the mean is over seeds 0 to 20
BEGUN = 0.1  # share of the first error above which a descent has hardly begun
LOST = 1e3  # times the first error from which a run has diverged
FLAT = 0.8  # share of its height from which a third of a curve is no lower than the third before it
JAGGED = 0.25  # share of the steps upwards from which a flat curve is one of noise


@cache
def regression() -> Regression:
    """A guess from two pixels of real digits: is it a 3 (target 1) or a 5 (target -1)?

    Features are the two pixels, each brought to mean 0 and spread 1 over the training images.
    """
    digits = load_digits()
    chosen = np.isin(digits.y_train, PAIR)
    images, labels = digits.x_train[chosen, 0], digits.y_train[chosen]
    x = np.stack([images[:, row, column] for row, column in PIXELS], axis=1).astype(float)
    return Regression((x - x.mean(0)) / x.std(0), np.where(labels == PAIR[0], 1.0, -1.0))


def size_of(name: str) -> int:
    return len(regression().x) if name == "all" else int(name)


@lru_cache(maxsize=32)
def cloud(size: int, seed: int) -> np.ndarray:
    """Gradients at the start from many batches of one size, drawn without putting back: (DRAWS, 2)."""
    surface, rng = regression(), np.random.default_rng(seed)
    batches = rng.permuted(np.tile(np.arange(len(surface.x)), (DRAWS, 1)), axis=1)[:, :size]
    return surface.batch_gradient(np.array(START), batches)


@lru_cache(maxsize=32)
def descents(size: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (steps + 1, seeds, 2) and errors above the smallest (steps + 1, seeds), a run for each seed."""
    surface, rngs = regression(), [np.random.default_rng(seed) for seed in range(SEEDS + 1)]
    n, steps = len(surface.x), MOST // size
    order = np.array([np.concatenate([rng.permutation(n) for _ in range(-(-MOST // n))]) for rng in rngs])
    path = np.empty((steps + 1, SEEDS + 1, 2))
    path[0] = START
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(steps):
            batches = order[:, i * size : (i + 1) * size]
            path[i + 1] = path[i] - rate * surface.batch_gradient(path[i], batches)
        errors = surface.error(path) - surface.floor
    return path, errors


@lru_cache(maxsize=64)
def mean_errors(name: str, rate: float) -> np.ndarray:
    """Mean over the runs after each step, inf where one has overflowed."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = descents(size_of(name), rate)[1].mean(axis=1)
    return np.where(np.isfinite(mean), mean, np.inf)


@lru_cache(maxsize=8)
def fates(rate: float, samples: int) -> dict[str, tuple[str, float]]:
    """How each size fares after so many images, and its error: the last one it had, or where it is stuck.

    >>> {name: how for name, (how, _) in fates(0.1, 1500).items()}
    {'1': 'stuck', '4': 'stuck', '16': 'lowest', '64': 'falling', 'all': 'begun'}
    """
    found = {name: fate(mean_errors(name, rate)[: samples // size_of(name) + 1]) for name in SIZES}
    moved = {name: mean_errors(name, rate)[samples // size_of(name)] for name in SIZES if found[name][0]}
    lowest = min(moved, key=moved.get, default="")
    if lowest and found[lowest][0] not in ("worse", "diverged"):
        found[lowest] = "lowest", float(moved[lowest])
    return found


def fate(mean: np.ndarray) -> tuple[str, float]:
    """How a mean error fares so far, "" before the first step; and the error it has, or is stuck at.

    >>> [fate(np.array(course))[0] for course in ([8.0], [8.0, 6.0, 4.0], [8.0, 9.0], [8.0, 1e9])]
    ['', 'begun', 'worse', 'diverged']
    >>> fate(np.array([8.0, 1.0, 0.2, 0.1, 0.12, 0.1, 0.11, 0.12, 0.1, 0.12]))[0]
    'stuck'
    """
    first, last, steps = mean[0], float(mean[-1]), len(mean) - 1
    if steps == 0:
        return "", last
    if not last < LOST * first:
        return "diverged", last
    if last > first:
        return "worse", last
    thirds = np.array_split(np.log(np.maximum(mean[1:], 1e-300)), 3)
    flat = steps >= len(SIZES) and thirds[2].mean() - thirds[1].mean() > np.log(FLAT)
    jagged = (np.diff(mean) > 0).mean() > JAGGED
    if last > BEGUN * first and not (flat and jagged):
        return "begun", last
    return ("stuck", float(np.exp(thirds[2].mean()))) if flat else ("falling", last)


def spread_of(vectors: np.ndarray) -> float:
    """Root of the mean squared length."""
    return float(np.sqrt((vectors**2).sum(1).mean()))
