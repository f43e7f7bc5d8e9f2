"""The seven input features of the playground, and its square of grid points."""

import numpy as np

from cnnlib.playground import fdlibm

LIMIT = 6.0  # the page draws and the regression data fill the square from -6 to 6

_FUNCTIONS = {
    "x": lambda x, y, sin: x,
    "y": lambda x, y, sin: y,
    "xSquared": lambda x, y, sin: x * x,
    "ySquared": lambda x, y, sin: y * y,
    "xTimesY": lambda x, y, sin: x * y,
    "sinX": lambda x, y, sin: sin(x),
    "sinY": lambda x, y, sin: sin(y),
}


def _page_sin(values):
    return np.array([fdlibm.sin(v) for v in values.tolist()])


def feature_rows(names, xy, *, exact=False):
    """Compute input features of points.

    Parameters
    ----------
    names : sequence of str
        Among x, y, xSquared, ySquared, xTimesY, sinX, sinY.
    xy : array_like, shape (points, 2)
    exact : bool
        Take the sines from fdlibm, equal to the page's to the last bit; slower.

    Returns
    -------
    ndarray, shape (features, points)

    Examples
    --------
    >>> feature_rows(["xSquared", "xTimesY"], [[2.0, 3.0]]).tolist()
    [[4.0], [6.0]]
    """
    points = np.asarray(xy, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"xy must have shape (points, 2), got {points.shape}")
    rows = np.empty((len(names), len(points)))
    for row, name in zip(rows, names, strict=True):
        row[:] = _FUNCTIONS[name](points[:, 0], points[:, 1], _page_sin if exact else np.sin)
    return rows


def grid_points(size=100, limit=LIMIT):
    """Points of a square grid with end points exactly -limit and limit.

    Returns
    -------
    ndarray, shape (size * size, 2)
        Row by row from low y to high y, x fastest: reshape a result to (size, size) for [y, x].

    Examples
    --------
    >>> grid_points(2).tolist()
    [[-6.0, -6.0], [6.0, -6.0], [-6.0, 6.0], [6.0, 6.0]]
    """
    axis = np.linspace(-limit, limit, size)
    x, y = np.meshgrid(axis, axis)
    return np.column_stack([x.ravel(), y.ravel()])
