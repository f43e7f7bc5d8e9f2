"""Words on a map of the error: each where it hides neither the path nor other words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlib.viz import Note

LETTER, LINE = 6.2, 16.0  # pixels: width of a letter, height of a line
NAME = np.array([80.0, 24.0])  # pixels of an axis' name in its corner
GAPS = (14.0, 30.0)  # pixels between a point and its words: the nearer first
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # right, left, above, …


class MapLabels:
    """Places for words on a map, found one after the other.

    Parameters
    ----------
    low, high : arrays of shape (2,)
        Corners of the map.
    height : float
        Height of the map in pixels.
    *paths : arrays, shape (n, 2)
        What must not be hidden: the points of each are joined by straight lines.

    >>> labels = MapLabels(np.zeros(2), np.array([4.0, 4.0]), 400, np.array([[2.0, 2.0], [4.0, 2.0]]))
    >>> note = labels.note([2, 2], "start")
    >>> note.x < 2 and note.align == "right"
    True
    """

    def __init__(self, low: np.ndarray, high: np.ndarray, height: float, *paths: np.ndarray) -> None:
        self.low, self.high = np.asarray(low, float), np.asarray(high, float)
        self.unit = (self.high[1] - self.low[1]) / height  # of a pixel
        self.path, self.taken = np.concatenate([joined(path) for path in paths]), []
        for corner, inwards in (
            ((self.low[0], self.high[1]), (1, -1)),
            ((self.high[0], self.low[1]), (-1, 1)),
        ):
            ends = np.array([corner, np.array(corner) + np.array(inwards) * NAME * self.unit])
            self.taken.append((ends.min(axis=0), ends.max(axis=0)))  # the names of the axes, see `map_marks`

    def note(self, at: Sequence[float], text: str, needs=0.0, far=0.0, color="ink", first=()) -> Note:
        """The words beside the point `at`, `far` more pixels away than usual; sides `first` before others."""
        at = np.asarray(at, float)
        size = np.array([LETTER * len(text), LINE]) * self.unit
        boxes = [self.box(at, size, side, gap + far) for gap in GAPS for side in (*first, *SIDES)]
        low, high = self.best(boxes)
        self.taken.append((low, high))
        left = high[0] < at[0]  # of the point: the last letter is the one that keeps its place
        place = float(high[0] if left else low[0]), float(high[1])
        align = "right" if left else "left"
        return Note(*place, text, color=color, width=200, needs=needs, align=align, tag=True)

    def best(self, boxes: list) -> tuple[np.ndarray, np.ndarray]:
        """The box that hides least; the first one that hides nothing ends the search."""
        costs = []
        for i, box in enumerate(boxes):
            costs.append(self.cost(*box) + 0.01 * i)
            if costs[i] < 0.01 * (i + 1):
                break
        return boxes[int(np.argmin(costs))]

    def box(self, at, size, side, gap) -> tuple[np.ndarray, np.ndarray]:
        """Lower left and upper right corner of words of a size on a side of a point."""
        side = np.array(side, float)
        shift = gap * self.unit / max(1.0, np.linalg.norm(side))
        middle = at + side * (shift + size / 2)
        return middle - size / 2, middle + size / 2

    def cost(self, low: np.ndarray, high: np.ndarray) -> float:
        """How much would be hidden: of the path, of other words, by the border."""
        margin = 6 * self.unit  # of the plate behind the words
        hidden = ((self.path > low - margin) & (self.path < high + margin)).all(axis=1).sum()
        on_words = sum(
            bool(((low < other_high) & (high > other_low)).all()) for other_low, other_high in self.taken
        )
        outside = bool((low < self.low + margin).any() or (high > self.high - margin).any())
        return min(float(hidden), 200.0) + 500 * on_words + 1000 * outside


def joined(path: np.ndarray, between: int = 24) -> np.ndarray:
    """The path with points between its own, so that lines count as well."""
    if len(path) < 2:
        return path
    steps = np.arange(between)[:, None, None] / between
    return np.concatenate([((1 - steps) * path[:-1] + steps * path[1:]).reshape(-1, 2), path[-1:]])


def apart(path: np.ndarray, least: float) -> np.ndarray:
    """Those points of a path that are at least so far from the last one kept: no heap where it slows down.

    >>> apart(np.array([[0.0, 0], [0.1, 0], [1, 0], [1.05, 0]]), 0.5).tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    kept = [path[0]]
    for point in path[1:]:
        if np.linalg.norm(point - kept[-1]) >= least:
            kept.append(point)
    return np.array(kept)
