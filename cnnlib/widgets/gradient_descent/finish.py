"""The finish of a race: where paths end in a knot, that part of the map is drawn larger beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnnlib.experiments.error_surfaces import Surface
from cnnlib.runtime.language import say
from cnnlib.viz import Heatmap, Line, Points, Region, Text
from cnnlib.widgets.gradient_descent.map_labels import joined
from cnnlib.widgets.gradient_descent.surface_picture import ground_of, lowest_marks

SIDE = 0.37  # of the larger picture, as a share of the map's height
MARGIN = 0.02  # between it and the map's border
LARGER = (16, 8, 4, 3, 2)  # times as large: the largest that holds all that are near
AIR = 1.15  # the larger picture is so much wider than it must be
BETWEEN = 24  # places on each step at which a path may be cut
CELLS = 61  # of its ground, along a side
MOST_HIDDEN = 12  # points of paths beneath it
NAME = 0.045  # height of the strip with its name, as a share of the map's height
LATELY, BEFORE = 15, 0.25  # the last steps of a path stand out; opacity of those before


@dataclass(frozen=True)
class Finish:
    """A square of the map, `reach` to each side of `goal`, drawn `times` as large from the corner `at` on."""

    goal: tuple[float, float]
    reach: float
    times: int
    at: tuple[float, float]

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower left and upper right corner of the larger picture."""
        low = np.array(self.at)
        return low, low + 2 * self.reach * self.times

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """The same with the strip above that holds its name."""
        low, high = self.box
        return low, high + np.array([0, NAME / SIDE * (high[1] - low[1])])

    @property
    def square(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of what is drawn larger."""
        return np.array(self.goal) - self.reach, np.array(self.goal) + self.reach

    def enlarged(self, points: np.ndarray) -> np.ndarray:
        """Points of the map where the larger picture shows them; NaN beyond its border."""
        moved = (np.asarray(points) - self.square[0]) * self.times + np.array(self.at)
        low, high = self.box
        outside = ((moved < low) | (moved > high)).any(axis=1)
        return np.where(outside[:, None], np.nan, moved)

    def cut(self, path: np.ndarray) -> np.ndarray:
        """A path as the larger picture shows it, up to the border where it crosses it."""
        between = np.arange(BETWEEN)[:, None] / BETWEEN
        along = (path[:-1, None] + between * np.diff(path, axis=0)[:, None]).reshape(-1, 2)
        seen = self.enlarged(np.append(along, path[-1:], axis=0))
        inside = np.isfinite(seen[:, 0])
        turns = np.flatnonzero(inside[1:] != inside[:-1])
        kept = np.union1d(np.arange(0, len(seen), BETWEEN), [*turns, *(turns + 1)])
        return seen[kept.astype(int)]

    def ground(self, surface: Surface) -> list:
        """The square on the map, and the ground of the larger picture with its lowest point."""
        (x0, y0), (x1, y1) = self.box
        (left, low), (right, high) = self.square
        heat, lines = _ground(surface, self.goal, self.reach)
        outline = (lines - self.square[0][:, None]) * self.times + np.array(self.at)[:, None]
        middle = self.enlarged(np.array([self.goal]))
        return [
            Region(left, right, low, high, color="ink", filled=False, width=1),
            Heatmap(heat, (x0, x1, y0, y1), cmap="height", vmin=0, vmax=heat.max(), hover=False, smooth=True),
            Line(*outline, color="ink", width=0.7, alpha=0.16),
            *lowest_marks(middle),
        ]

    def holds(self, place: np.ndarray) -> bool:
        """Whether a place of the map is drawn larger."""
        low, high = self.square
        return bool(((place >= low) & (place <= high)).all())

    def path(self, path: np.ndarray, color: str, alpha: float, width: float) -> list:
        """A path within the larger picture: its last steps; of one that stands out faintly those before."""
        lately = self.cut(path[-LATELY - 1 :])
        line = Line(*lately.T, color=color, width=width, alpha=alpha)
        if alpha < 1:
            return [line]
        before = Line(*self.cut(path).T, color=color, width=1.2, alpha=BEFORE)
        return [before, Line(*lately.T, color="paper", width=width + 2, alpha=0.6), line]

    def sign(self, place: np.ndarray, alpha: float, look: dict) -> list:
        """Where a run is, if that is within."""
        seen = self.enlarged(place)
        return [Points(*seen.T, size=6, alpha=alpha, **look)] if np.isfinite(seen).all() else []

    def frame(self) -> list:
        """The border of the larger picture, and its name."""
        (x0, y0), (x1, y1) = self.box
        top = float(self.whole[1][1])
        words = say("{times} × as large", times=self.times)
        return [
            Region(x0, x1, y1, top, color="paper", alpha=1.0),
            Region(x0, x1, y0, top, color="ink", filled=False, width=1.5),
            Text([(x0 + x1) / 2], [(y1 + top) / 2], words, bold=True, size=11),
        ]


def finish_of(surface: Surface, low: np.ndarray, high: np.ndarray, paths: list[np.ndarray]) -> Finish | None:
    """The finish where two or more runs are near one lowest point, in a free corner of the map; else None."""
    size = high[1] - low[1]
    side = SIDE * size
    ends = np.array([path[-1] for path in paths])
    apart = AIR * np.abs(ends[:, None] - surface.minima).max(axis=2)
    near = apart <= side / LARGER[-1] / 2
    goal = int(np.argmax(near.sum(axis=0)))
    if near[:, goal].sum() < 2:
        return None
    farthest = apart[near[:, goal], goal].max()
    times = next(n for n in LARGER if farthest <= side / n / 2)
    corners = _corners(low, high, side, MARGIN * size)
    taken = np.concatenate([joined(path) for path in paths] + [surface.minima])
    hidden = [
        ((taken > at - MARGIN * size) & (taken < at + side + MARGIN * size)).all(axis=1).sum()
        for at in corners
    ]
    best = int(np.argmin(hidden))
    if hidden[best] > MOST_HIDDEN:
        return None
    place, corner = surface.minima[goal], corners[best]
    return Finish(tuple(map(float, place)), side / times / 2, times, tuple(map(float, corner)))


def _corners(low: np.ndarray, high: np.ndarray, side: float, margin: float) -> list[np.ndarray]:
    """Lower left corners of a square in the map's corners; those without a name of an axis first."""
    left, right = low[0] + margin, high[0] - margin - side
    bottom, top = low[1] + margin, high[1] - margin - side * (1 + NAME / SIDE)
    return [np.array(at) for at in ((right, top), (left, bottom))]


@lru_cache(maxsize=32)
def _ground(surface: Surface, goal: tuple[float, float], reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Terraces of the error about a lowest point, and lines of equal error there."""
    x, y = (np.linspace(place - reach, place + reach, CELLS) for place in goal)
    heat, lines, _ = ground_of(surface, x, y, np.ones(CELLS, bool))
    return heat, lines
