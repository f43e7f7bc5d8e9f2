"""Places for words in a plot of two log axes, where no line runs."""

from __future__ import annotations

import numpy as np

ACROSS, UP = 185.0, 99.0  # pixels of a power of ten, along and up a plot of medium width
LETTER = 0.48  # width of a letter, in sizes of type
AIR = 4.0  # pixels above and beneath words
POINTS = 400  # of each line


class FreePlaces:
    """What is drawn, as points in pixels: `place` finds the one of several places that covers the fewest.

    `low` and `high` are the ends of the axis across.

    >>> level = [0.1, 10], [1, 1]
    >>> FreePlaces([level], 0.1, 10).place("1.86", 13, [(1, 1, 8, 0), (1, 1, 8, -14)])
    (1, 1, 8, -14)
    """

    def __init__(self, lines, low: float, high: float) -> None:
        self.room = ACROSS * np.log10(low), ACROSS * np.log10(high)
        self.points = np.concatenate([_points(*line) for line in lines])

    def place(self, words: str, size: float, places: list[tuple]) -> tuple:
        """Of places (x, y, right, down) that are not far out, the first with the least beneath the words.

        They are of a size of type, and at the left of x where `right` is negative.
        """
        wide, tall = LETTER * size * len(words), size / 2 + AIR
        return min(places, key=lambda place: self.covered(wide, tall, *place))

    def covered(self, wide: float, tall: float, x: float, y: float, right: float, down: float) -> float:
        """How many points lie beneath words; words that do not fit count as many more."""
        start = ACROSS * np.log10(x) + right
        left = start - wide if right < 0 else start
        middle = UP * np.log10(y) - down
        across, up = self.points.T
        inside = (left < across) & (across < left + wide) & (np.abs(up - middle) < tall)
        out = left < self.room[0] or left + wide > self.room[1]
        return float(inside.sum()) + 1e6 * out


def _points(x, y) -> np.ndarray:
    """Points along a line, close to each other."""
    corners = np.column_stack([ACROSS * np.log10(x), UP * np.log10(y)])
    along = np.linspace(0, len(corners) - 1, POINTS)
    return np.column_stack([np.interp(along, np.arange(len(corners)), part) for part in corners.T])
