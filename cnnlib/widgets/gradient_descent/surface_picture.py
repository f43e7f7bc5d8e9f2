"""Parts of the pictures of two weights: the map of an error, words beside it, errors over steps."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnnlib.experiments.error_curves import METHODS
from cnnlib.experiments.error_surfaces import Bowl, Ripples, Rosenbrock, Saddle, Surface
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Cursor, Heatmap, Line, Note, Panel, Points, Text
from cnnlib.widgets.base.decades import decades, down_to, log_axis

SURFACES = ("bowl", "Rosenbrock's valley", "saddle", "ripples")
WORDS = ("bowl", "curved valley", "saddle", "ripples")
COLORS = dict(zip(METHODS, ("rival", "path", "green", "orange", "ink"), strict=True))
SHAPES = dict(zip(METHODS, ("circle", "square", "triangle", "diamond", "cross"), strict=True))
MIDDLE = "#76818f"  # a grey between those of links and of quiet words, in both themes
_FLOOR, _CEILING = 1e-8, 100.0  # errors are drawn on a log axis between these
_FAR = 1e3  # a weight beyond this has left for good
_LINE = 0.11  # height of a line of words, as a share of the plot of errors
_WORD = 0.3  # length of a word on it, as a share of its width
_NAMES = 1.36  # how much longer the axis of steps is than a run, with names at the ends of curves
_ENDS = (5, 10, 20, 40, 60, 100, 200)  # steps drawn of a run that leaves the map
_BANDS, _MOST_BANDS = 14, 20
_DEPTH, _SHALLOW = 2**9, 2**4  # largest error over the one that counts as the floor; of a surface of hollows
_VALLEY = (-2.0, -0.6), (2.0, 2.2)  # corners of a close view of the curved valley
_TERRACES = 0.85  # share of the steps in the tones of the ground, the rest is a slope

_MAP_WORDS = "Lines join places of equal error; dark ground is low."
_SURFACE_WORDS = {
    "bowl": "The steepest way down runs across the lines, not towards the lowest point.",
    "Rosenbrock's valley": "The floor is a curve: fast down the wall, then slowly along the floor.",
    "saddle": "In the middle the ground is level and no minimum: up along weight 1, down along weight 2.",
    "ripples": "Many hollows, one of them the deepest. A path stops in the first that holds it.",
}


@lru_cache(maxsize=64)
def surface_of(name: str, condition: float, angle: float) -> Surface:
    """The surface of a state."""
    if name == SURFACES[0]:
        return Bowl(condition, 1.0, angle)
    return {SURFACES[1]: Rosenbrock, SURFACES[2]: Saddle, SURFACES[3]: Ripples}[name]()


def near(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    """Corners of what a close view of a surface shows: at most its range, and where the runs go.

    >>> near(Rosenbrock())[1].tolist()
    [2.0, 2.2]
    """
    low, high = _VALLEY if isinstance(surface, Rosenbrock) else (surface.low, surface.high)
    return np.array(low, float), np.array(high, float)


def window(surface: Surface, wide: float = 1.0, close: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the map: the range of the surface, or only what is `near`, `wide` times as wide as high."""
    low, high = near(surface) if close else (surface.low, surface.high)
    half = np.array([wide * (high[1] - low[1]) / 2, 0.0])
    middle = np.array([(low[0] + high[0]) / 2, 0.0])
    return middle - half + [0, low[1]], middle + half + [0, high[1]]


@lru_cache(maxsize=64)
def map_marks(surface: Surface, wide: float = 1.0, close: bool = False, foot: bool = False) -> tuple:
    """The surface in terraces, the lower the deeper in tone; lines of equal error; the lowest points.

    With `foot` the names of both axes stand at the map's foot, where the corner above is in use.
    """
    low, high = window(surface, wide, close)
    x, y = np.linspace(low[0], high[0], round(141 * wide)), np.linspace(low[1], high[1], 141)
    inside = (x >= surface.low[0] - 1e-9) & (x <= surface.high[0] + 1e-9)
    ground, outline, most = ground_of(surface, x, y, inside)
    half = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half[0], x[-1] + half[0], y[0] - half[1], y[-1] + half[1])
    return (
        Heatmap(ground, extent, cmap="height", vmin=0, vmax=most, hover=False, smooth=True),
        Line(outline[0], outline[1], color="ink", width=0.7, alpha=0.16),
        *saddle_marks(surface),
        *lowest_marks(surface.minima),
        Text([high[0]], [low[1]], "weight 1 →", align="right", baseline="bottom", shift=(-6, -5)),
        Text([low[0]], [low[1]], "↑ weight 2", align="left", baseline="bottom", shift=(6, -5))
        if foot
        else Text([low[0]], [high[1]], "↑ weight 2", align="left", baseline="top", shift=(6, 6)),
    )


def terraces(levels: np.ndarray) -> np.ndarray:
    """Heights in units of a band, half way between a slope and steps whose edges are one cell wide.

    >>> terraces(np.array([[0.5, 1.5], [0.5, 1.5]])).round(2).tolist()
    [[0.5, 1.5], [0.5, 1.5]]
    """
    slope = np.maximum(np.hypot(*np.gradient(levels)), 1e-9)
    edge = np.maximum(np.round(levels), 1)  # the nearest border between two bands
    steps = edge + np.clip((levels - edge) / np.minimum(slope, 1), -0.5, 0.5)
    return _TERRACES * steps + (1 - _TERRACES) * levels


def ground_of(surface: Surface, x, y, inside) -> tuple[np.ndarray, np.ndarray, int]:
    """The error over a grid as terraces, lines of equal error as (2, points), and the number of the highest.

    Equal factors of the error are equal steps, so that a valley is seen at once. `inside` names the columns
    that have `_BANDS` of them; beside these they are as fine.
    """
    z = surface.error(np.stack(np.meshgrid(x, y), axis=-1))
    above = z - z.min()
    floor = above[:, inside].max() / (_SHALLOW if isinstance(surface, Ripples) else _DEPTH)
    shade = np.log1p(above / floor)
    step = shade[:, inside].max() / (_BANDS - 1)
    levels = step * np.arange(min(_MOST_BANDS, np.ceil(shade.max() / step - 1e-9) + 1))
    from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

    generator = contour_generator(x, y, shade, line_type=LineType.ChunkCombinedNan)
    lines = [generator.lines(level)[0][0] for level in levels[1:-1]]
    points = [part for line in lines if line is not None for part in (line, [[np.nan, np.nan]])]
    return terraces(shade / step), np.concatenate(points).T, len(levels) - 1


def lowest_marks(places: np.ndarray) -> list:
    """A small ring with a dot at each of the lowest points."""
    x, y = places.T
    return [Points(x, y, color="paper", size=6, outline="ink"), Points(x, y, color="ink", size=1.8)]


def saddle_marks(surface: Surface) -> list:
    """A small empty square where the ground is level and no minimum."""
    look = {"color": "paper", "shape": "square", "size": 4, "outline": "ink"}
    return [Points(*place, **look) for place, _ in level_places(surface)]


def level_places(surface: Surface) -> list[tuple[tuple[float, float], str]]:
    """Where the ground is level and no minimum, and what that is called."""
    return [((0.0, 0.0), "saddle")] if isinstance(surface, Saddle) else []


def map_axes(surface: Surface, wide: float = 1.0, close: bool = False) -> tuple[Axis, Axis]:
    """Axes without numbers: what matters on a map is which way it goes down."""
    return tuple(Axis(*ends, visible=False) for ends in zip(*window(surface, wide, close), strict=True))


def words_about(name: str) -> str:
    """How to read the map, and what is special about its surface, in one paragraph."""
    return f"{word(_MAP_WORDS)} {word(_SURFACE_WORDS[name])}"


def visible(path: np.ndarray) -> np.ndarray:
    """The path up to where it has left the map for good."""
    gone = ~(np.abs(path) < _FAR).all(axis=1)
    return path[: int(np.argmax(gone))] if gone.any() else path


def last_of(errors: np.ndarray, now: int, low: float, high: float) -> tuple[float, float]:
    """Step and error, within what is drawn, of the last known value up to `now`."""
    step = np.flatnonzero(np.isfinite(errors[: now + 1]))[-1]
    return float(step), float(np.clip(errors[step], low, high))


class Curve(NamedTuple):
    """An error over steps: how it looks, its name at its end, and the look of the point where its run is."""

    errors: np.ndarray
    color: str
    alpha: float = 1.0
    width: float = 2.0
    ghost: bool = True  # whether what is to come is drawn, pale
    name: str = ""
    sign: dict | None = None


def error_panel(
    curves: list[Curve], now: int, left: int | None = None, at=(0, 1), at_ends: bool = False
) -> Panel:
    """Error against steps: before the first one words alone, then the curves and what is to come, pale.

    With `left` the axis ends where the first run has left the map. `at_ends` writes the names of the curves
    at their ends, for which there is room beyond the last step.
    """
    most = len(curves[0].errors) - 1
    end = most if left is None else min(most, next(n for n in _ENDS if n >= left))
    now = min(now, end)
    low, high = decades(np.concatenate([curve.errors[: end + 1] for curve in curves]), _FLOOR, _CEILING)
    marks, coming = [], None
    for i, curve in enumerate(curves):
        errors = curve.errors[: (left if i == 0 and left is not None else end) + 1]
        drawn = down_to(np.where(errors < 1e12, errors, np.nan), _FLOOR)
        steps, look = np.arange(len(errors)), {"color": curve.color}
        named = curve.name if at_ends else ""
        if now and curve.ghost:
            marks.append(Line(steps[now:], drawn[now:], width=1.5, alpha=0.3 * curve.alpha, **look))
            coming = drawn if coming is None else coming
        if named and np.isnan(drawn[now]) and errors[now] < _FLOOR:
            drawn[now] = low  # its name stands at the present step as well
        look |= {"width": curve.width, "alpha": curve.alpha, "label": named}
        marks.append(Line(steps[: now + 1], drawn[: now + 1], **look))
    if now == 0:
        words = "Press Play: the curves begin here."
        marks.append(Note(end * 0.08, (low * high) ** 0.5, words, width=190))
    else:
        words = CurveWords(end, low, high)
        if not at_ends:
            marks += [words.name(curve) for curve in sorted(curves, key=words.height) if curve.name]
        marks += words.coming(coming, now)
    if left is not None:
        last = min(max(float(curves[0].errors[left]), low), high)
        marks.append(Points(left, last, color="bad", shape="cross", size=5))
        marks.append(Note(left + 0.04 * end, last, say("leaves the map at step {left}", left=left), width=90))
    for curve in curves:
        if curve.sign and now:
            place = last_of(curve.errors, now, low, high)
            marks.append(Points(*place, **{"size": 5, "alpha": curve.alpha, **curve.sign}))
    marks.append(Cursor(now, sets={"x": "steps"}, text=str(now)))
    x = Axis(0, end, "step", whole=True)
    if at_ends:
        x = Axis(0, _NAMES * end, "step", ticks=np.linspace(0, end, 6))
    y, how = log_axis(low, high, apart=1 if high / low < 1.5e3 else 2)
    title = "Error above the lowest"
    legend = "inside" if at_ends and now else ""
    return Panel(marks, x, y, title=title, subtitle=how, at=at, name="errors", legend=legend)


class CurveWords:
    """Places for words beside the curves of a log plot of so many steps, none on another."""

    def __init__(self, end: int, low: float, high: float) -> None:
        self.end, self.low, self.high = end, low, high
        self.line = (high / low) ** _LINE  # factor from the bottom of a line of words to its top
        self.taken: list[float] = []

    def height(self, curve: Curve) -> float:
        """By which curves are sorted, that with the highest end first."""
        return -last_of(curve.errors, self.end, self.low, self.high)[1]

    def name(self, curve: Curve) -> Note:
        """The name of a curve, above its end or beneath."""
        step, _ = last_of(curve.errors, self.end, self.low, self.high)
        top = self.place(curve.errors, step - _WORD * self.end)
        look = {"color": curve.color, "align": "right", "tag": True}
        return Note(step - 0.02 * self.end, top, curve.name, **look)

    def coming(self, errors: np.ndarray | None, now: int) -> list[Note]:
        """A word above a pale curve, where there is room for it."""
        begin = now + 0.03 * self.end
        if errors is None or self.end - begin < _WORD * self.end or not np.isfinite(errors[now + 1 :]).any():
            return []
        return [Note(begin, self.place(errors, begin), "the next steps", color="muted", tag=True)]

    def place(self, errors: np.ndarray, begin: float) -> float:
        """A height for the top of a word that begins at a step and touches neither its curve nor a word."""
        span = errors[max(0, int(begin)) : int(begin + _WORD * self.end) + 1]
        known = np.clip(span[np.isfinite(span)], self.low, self.high)
        above, beneath, line = known.max(initial=self.low), known.min(initial=self.high), self.line
        tops = (top for k in range(5) for top in (above * line ** (k + 1), beneath / line**k))
        free = (
            top
            for top in tops
            if self.low * line <= top <= self.high
            and all(max(top / other, other / top) > 0.99 * line for other in self.taken)
        )
        top = float(next(free, min(above * line, self.high)))
        self.taken.append(top)
        return top
