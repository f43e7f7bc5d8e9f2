"""Numbers of every kind for the exercises' cases: a rule that holds for tame ones may fail on others."""

import numpy as np


def gradient(rng, shape):
    """Gradients as a loss may send them: no whole numbers, and in size anywhere from 0.01 to 300."""
    return rng.normal(size=shape) * 10 ** rng.uniform(-2, 2.5)


def negative(rng, shape):
    """Numbers that are all negative."""
    return -0.1 - rng.exponential(size=shape)


def tied(rng, shape):
    """Four values only, two of them negative: ties everywhere, at zero hardly ever."""
    return rng.integers(-2, 2, shape) + 0.5


def tiny(rng, shape):
    """Numbers of both signs so small that a threshold other than zero would show."""
    return rng.normal(size=shape) * 1e-9


def uneven_rows(rng, rows, columns):
    """Rows of very different size side by side: each has a spread and a middle of its own.

    Two rows of any two differ by hundreds, one is all negative, and one very wide.
    """
    spread = 10 ** rng.uniform(-1, 1, (rows, 1))
    spread[rows // 2] = 300
    middle = rng.permutation(np.linspace(-1000, 700, rows))[:, None]
    return middle + spread * rng.normal(size=(rows, columns))


def uneven_images(rng, shape):
    """A batch whose images differ in brightness by factors of ten."""
    return rng.normal(size=shape) * 10.0 ** rng.integers(-1, 3, (shape[0], 1, 1, 1))


def labels_with_gaps(rng, count, classes):
    """Labels of which a class in the middle, and often the last one, never occur."""
    present = [k for k in range(classes) if k != classes // 2]
    return rng.choice(present[: max(1, len(present) - int(rng.integers(2)))], count)
