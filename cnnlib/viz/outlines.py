"""Frames of images and the outline of what is in them, each as one line with breaks."""

from __future__ import annotations

import numpy as np

from cnnlib.viz.marks import Line


def frames(left, top, width: float, height: float, color: str = "grid", line: float = 1.0) -> Line:
    """Frames of many images of one size as one mark; `left` and `top` are their corners.

    >>> frames([0, 10], [0, 0], 8, 8).x.size
    12
    """
    left, top = (np.atleast_1d(np.asarray(edge, dtype=float)) for edge in (left, top))
    right, bottom, gap = left + width, top + height, np.full(len(left), np.nan)
    x = np.stack([left, right, right, left, left, gap], axis=1).ravel()
    y = np.stack([top, top, bottom, bottom, top, gap], axis=1).ravel()
    return Line(x, y, color=color, width=line)


def hairlines(rows: int, columns: int, color: str = "grid") -> Line:
    """The lines between and around the cells of a matrix.

    >>> hairlines(1, 2).x.tolist()[:2]
    [-0.5, 1.5]
    """
    across, down = np.arange(rows + 1) - 0.5, np.arange(columns + 1) - 0.5
    x, y = [], []
    for level in across:
        x += [-0.5, columns - 0.5, np.nan]
        y += [level, level, np.nan]
    for level in down:
        x += [level, level, np.nan]
        y += [-0.5, rows - 0.5, np.nan]
    return Line(x, y, color=color, width=1.0)


def outline(image: np.ndarray, left: float = -0.5, top: float = -0.5) -> tuple[np.ndarray, np.ndarray]:
    """The border of all that is darker than half of the darkest pixel; NaN between its pieces.

    >>> x, y = outline(np.array([[0.0, 0.0], [0.0, 1.0]]))
    >>> [float(end(edges)) for edges in (x, y) for end in (np.nanmin, np.nanmax)]
    [0.5, 1.5, 0.5, 1.5]
    """
    inked = np.pad(np.asarray(image) > 0.5 * max(float(np.max(image)), 1e-9), 1).astype(int)
    x, y = [], []
    for row, column in np.argwhere(np.diff(inked, axis=0)):  # between a pixel and the one beneath it
        x += [column - 1, column, np.nan]
        y += [row, row, np.nan]
    for row, column in np.argwhere(np.diff(inked, axis=1)):
        x += [column, column, np.nan]
        y += [row - 1, row, np.nan]
    return np.array(x) + left, np.array(y) + top
