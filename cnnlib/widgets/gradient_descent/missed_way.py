"""By how much the steepest way down misses the lowest point, drawn on a map: the way there, and the angle."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_surfaces import Surface
from cnnlib.runtime.language import say
from cnnlib.viz import Line
from cnnlib.widgets.gradient_descent.map_labels import MapLabels

LEAST = 2.0  # degrees: a smaller angle cannot be seen
FAR = 0.2  # least way to the lowest point, as a share of the map's height: on less there is no room
RADII = ((60, 0.14), (180, 0.11))  # of the arc, as shares of that height, up to an angle: within the arrow
ALONG = np.linspace(0, 1, 17)  # places along the arc


class MissedWay:
    """The straight way from a start to the one lowest point of a surface, beside the steepest way down.

    >>> from cnnlib.experiments.error_surfaces import Bowl
    >>> MissedWay(Bowl(10, 1.0, 0), np.array([2.0, 0.0]), 6.0).told, MissedWay.degrees([1, 0], [0, 2])
    (False, 90.0)
    """

    def __init__(self, surface: Surface, start: np.ndarray, size: float) -> None:
        self.start, self.goal = start, surface.minima[0]
        self.slope, self.way = -surface.gradient(start), self.goal - start
        self.angle = self.degrees(self.slope, self.way)
        far = float(np.linalg.norm(self.way)) > FAR * size
        self.told = len(surface.minima) == 1 and self.angle > LEAST and far
        self.radius = size * next(radius for most, radius in RADII if self.angle <= most + 1e-9)

    @staticmethod
    def degrees(a: np.ndarray, b: np.ndarray) -> float:
        """Angle between two directions, in degrees; 0 if one has no length."""
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        return (
            float(np.degrees(np.arccos(np.clip(np.dot(a, b) / lengths, -1, 1)))) if lengths > 1e-12 else 0.0
        )

    @property
    def beside(self) -> tuple[float, float]:
        """The side of the start that is free and inwards: above the way there if it leads down."""
        return float(np.sign(self.way[0])), float(-np.sign(self.way[1]))

    @property
    def straight(self) -> np.ndarray:
        """The start and the lowest point."""
        return np.array([self.start, self.goal])

    @property
    def arc(self) -> np.ndarray:
        """From the steepest way to the straight one, about the start."""
        begin, end = (np.arctan2(y, x) for x, y in (self.slope, self.way))
        turn = (end - begin + np.pi) % (2 * np.pi) - np.pi
        bearing = begin + turn * ALONG
        return self.start + self.radius * np.stack([np.cos(bearing), np.sin(bearing)], axis=1)

    def lines(self) -> list[Line]:
        """The straight way, dashed, and the arc."""
        return [
            Line(*self.straight.T, color="ink", width=1.4, dash="dashed"),
            Line(*self.arc.T, color="ink", width=1.4),
        ]

    def note(self, labels: MapLabels):
        """The angle in words, beside the arc's end on the straight way."""
        return labels.note(self.arc[-1], say("{angle:.0f}° off", angle=self.angle))
