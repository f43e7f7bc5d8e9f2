"""Parts of the pictures of two weights: the map of an error, words beside it, errors over steps."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np

from cnnlib.experiments.error_curves import METHODS
from cnnlib.experiments.error_surfaces import Bowl, Ripples, Rosenbrock, Saddle, Surface
from cnnlib.runtime.language import word
from cnnlib.viz import Axis, Cursor, Heatmap, Line, Narrow, Note, Panel, Text
from cnnlib.widgets.base.decades import decades

SURFACES = ("bowl", "Rosenbrock's valley", "saddle", "ripples")
WORDS = ("bowl", "curved valley", "saddle", "ripples")
COLORS = dict(zip(METHODS, ("blue", "orange", "green", "vermilion", "purple"), strict=True))
SHAPES = dict(zip(METHODS, ("circle", "square", "triangle", "diamond", "cross"), strict=True))
DASHES = dict(zip(METHODS, ("solid", "dashed", "dotted", "solid", "dashed"), strict=True))
COLUMNS, ROWS, HEIGHT = (470, 172, 348), ("206px", 1), 472  # map, words, errors and what is beneath
NARROW = Narrow(
    ("360px", "212px", "256px"),
    (1,),
    850,
    {"map": (0, 0), "errors": (1, 0), "table": (2, 0), "walker": (2, 0)},
)
MAP_AT, ERRORS_AT, BELOW_AT = (0, 0, 2, 1), (0, 2), (1, 2)
_FLOOR, _CEILING = 1e-8, 100.0  # errors are drawn on a log axis between these
_TICKS = {1e-8: "10⁻⁸", 1e-6: "10⁻⁶", 1e-4: "10⁻⁴", 1e-2: "0.01", 1.0: "1", 100.0: "100"}
_FAR = 1e3  # a weight beyond this has left for good
_BANDS, _MOST_BANDS = 14, 26

_MAP_WORDS = (
    "Thin lines join places of equal error; dark ground is high. Where the lines lie close, it is steep."
)
_SURFACE_WORDS = {
    "bowl": "The steepest way down runs across the lines, not towards the lowest point. So paths bend.",
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


def window(surface: Surface, wide: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the map: the range of the surface, `wide` times as wide."""
    more = np.array([(wide - 1) / 2 * (surface.high[0] - surface.low[0]), 0.0])
    return surface.low - more, surface.high + more


@lru_cache(maxsize=64)
def map_marks(surface: Surface, wide: float = 1.0) -> tuple:
    """The surface as the root of its error, which keeps valleys visible, and contour lines."""
    low, high = window(surface, wide)
    x, y = np.linspace(low[0], high[0], round(141 * wide)), np.linspace(low[1], high[1], 141)
    z = surface.error(np.stack(np.meshgrid(x, y), axis=-1))
    shade = np.sqrt(z - z.min())
    inside = (x >= surface.low[0] - 1e-9) & (x <= surface.high[0] + 1e-9)
    step = shade[:, inside].max() / (_BANDS - 1)  # as fine beside the range of the surface as in it
    levels = step * np.arange(min(_MOST_BANDS, np.ceil(shade.max() / step - 1e-9) + 1))
    from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

    generator = contour_generator(x, y, shade, line_type=LineType.ChunkCombinedNan)
    lines = [generator.lines(level)[0][0] for level in levels[1:-1]]
    points = [part for line in lines if line is not None for part in (line, [[np.nan, np.nan]])]
    half = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half[0], x[-1] + half[0], y[0] - half[1], y[-1] + half[1])
    outline = np.concatenate(points).T
    lowest = surface.minima
    return (
        Heatmap(shade, extent, cmap="height", vmin=0, vmax=levels[-1], hover=False, smooth=True),
        Line(outline[0], outline[1], color="muted", width=0.8, alpha=0.4),
        Text(*lowest.T, ["+"] * len(lowest), size=26),
        Text([high[0]], [low[1]], "weight 1 →", align="right", baseline="bottom", shift=(-6, -5)),
        Text([low[0]], [high[1]], "↑ weight 2", align="left", baseline="top", shift=(6, 6)),
    )


def map_axes(surface: Surface, wide: float = 1.0) -> tuple[Axis, Axis]:
    return tuple(
        Axis(low, high, ticks=range(ceil(low), floor(high) + 1))
        for low, high in zip(*window(surface, wide), strict=True)
    )


def words_panel(name: str, short: bool = False) -> Panel:
    """How to read the map, and what is special about its surface, beside it; `short` leaves room beneath."""
    rows, height, second = (1, 206, 96) if short else (2, HEIGHT, 316)
    marks = [
        Note(0.02, 4, _MAP_WORDS, width=152, needs=150),
        Note(0.02, second, _SURFACE_WORDS[name], width=152, needs=150),
    ]
    axes = Axis(0, 1, visible=False), Axis(height, 0, visible=False)
    return Panel(marks, *axes, at=(0, 1, rows, 1), grid=False)


def words_about(name: str) -> str:
    """How to read the map, and what is special about its surface, in one paragraph."""
    return f"{word(_MAP_WORDS)} {word(_SURFACE_WORDS[name])}"


def visible(path: np.ndarray) -> np.ndarray:
    """The path up to where it has left the map for good."""
    gone = ~(np.abs(path) < _FAR).all(axis=1)
    return path[: int(np.argmax(gone))] if gone.any() else path


def error_panel(curves, now: int, at=ERRORS_AT) -> Panel:
    """Error against steps, what is to come as a ghost; `curves` are (errors, color, dash, alpha)."""
    marks = []
    for errors, color, dash, alpha in curves:
        drawn = np.where(errors < 1e12, np.clip(errors, _FLOOR, None), np.nan)
        steps = np.arange(len(errors))
        marks.append(Line(steps[now:], drawn[now:], color=color, dash=dash, width=1.5, alpha=0.3 * alpha))
        marks.append(Line(steps[: now + 1], drawn[: now + 1], color=color, dash=dash, width=2.2, alpha=alpha))
    low, high = decades(np.concatenate([errors for errors, *_ in curves]), _FLOOR, _CEILING)
    if now == 0:
        words = "Press Play: the curves begin here."
        marks.append(Note(len(curves[0][0]) * 0.08, (low * high) ** 0.5, words, width=190))
    marks.append(Cursor(now, sets={"x": "steps"}, text=str(now)))
    x = Axis(0, len(curves[0][0]) - 1, "step", whole=True)
    named = {tick: name for tick, name in _TICKS.items() if low <= tick <= high}
    y = Axis(low, high, log=True, ticks=named.keys(), names=named.values())
    title, how = "Error above the lowest", "log axis: each line × 100"
    return Panel(marks, x, y, title=title, subtitle=how, at=at, name="errors")
