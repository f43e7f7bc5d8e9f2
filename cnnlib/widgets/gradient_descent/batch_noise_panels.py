"""The panels of batches: errors at equal cost, one run on the map, the first steps that batches propose."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.runtime.powers import raised
from cnnlib.viz import Arrows, Axis, Cursor, Line, Note, Panel, Points, Region, Text
from cnnlib.viz.annotations import spread
from cnnlib.widgets.base.decades import log_axis
from cnnlib.widgets.gradient_descent.batch_noise_runs import (
    DRAWS,
    MOST,
    SIZES,
    START,
    cloud,
    descents,
    fates,
    mean_errors,
    regression,
    size_of,
)
from cnnlib.widgets.gradient_descent.map_labels import MapLabels
from cnnlib.widgets.gradient_descent.surface_picture import map_axes, map_marks, visible, window

FLOOR, CEILING = 1e-6, 100.0  # errors are drawn between these
MAP_WIDE, MAP_HIGH = 1.5, 228  # width of the map by its height, and its height in pixels
AVOIDED = 80  # points of a run that words on the map keep off: of a thousand, to be done soon
WAYS_WIDE = 2.0  # width of the view of first steps by its height
SAID = 0.56  # share of that width from which on there are words
NAMES = 1.3  # length of the axis of images with the names of the lines, in images looked at at most
NAME, WORDS = 8, 34  # pixels from the axis' last number to a line's name, and to what it does
APART = 0.046  # least distance of two names as a share of the height: 18 of 400 pixels
FOOT = 0.06  # share of the height under the lowest mean
LOWEST, HIGHEST = 0.13, 0.97  # shares of the height between which the names stand


def map_panel(path: np.ndarray) -> Panel:
    """One run on the map of the error."""
    surface, seen = regression(), visible(path)
    few = seen[:: max(1, len(seen) // AVOIDED)]
    labels = MapLabels(*window(surface, MAP_WIDE), MAP_HIGH, few)
    marks = [
        *map_marks(surface, MAP_WIDE, foot=True),
        Line(seen[:, 0], seen[:, 1], color="paper", width=3.6, alpha=0.6),
        Line(seen[:, 0], seen[:, 1], color="path", width=1.6),
        Points(seen[:, 0], seen[:, 1], color="path", size=2),
        Points(*START, color="ink", size=6, outline="paper"),
        Points(*seen[-1:].T, color="path", shape="diamond", size=7, outline="paper"),
        labels.note(surface.minima[0], "lowest point", needs=240, far=4),
        labels.note(START, "start"),
    ]
    look = {"equal": True, "grid": False, "name": "map", "group": "left"}
    axes = map_axes(surface, MAP_WIDE)
    return Panel(marks, *axes, title="One run", subtitle="dark ground is low", **look)


@cache
def ways_window() -> tuple[np.ndarray, np.ndarray]:
    """Lower left corner and size of the view of first steps, for all sizes the same: so clouds compare."""
    ways = -cloud(1, 0)
    (left, low), (_, high) = np.percentile(ways, (6, 94), axis=0)
    tall = 1.2 * (max(high, 0.0) - low)
    corner = np.array([min(left, 0.0) - 0.1 * tall, low - 0.05 * tall])
    return corner, np.array([WAYS_WIDE * tall, tall])


def ways_panel(gradients: np.ndarray, name: str, noise: float) -> Panel:
    """The way down that each of many batches proposes at the start, that of all images, and the spread."""
    low, span = ways_window()
    full = regression().gradient(np.array(START))
    column, heights = low[0] + SAID * span[0], low[1] + np.array([0.98, 0.7, 0.36, 0.16]) * span[1]
    marks = [
        Points(-gradients[:, 0], -gradients[:, 1], color="path", size=2.2, alpha=0.5),
        Points(0, 0, color="ink", size=4),
        Arrows([0], [0], [-full[0]], [-full[1]], color="ink", width=2.5),
        Note(column, heights[0], "all images", to=tuple(-0.2 * full), color="ink", tag=True),
        Text([column], heights[2:3], ["spread"], color="muted", align="left"),
        Text([column], heights[3:], [f"{noise:.2f}"], size=24, align="left", bold=True),
    ]
    if name != "all":
        edge = np.percentile(-gradients[:, 0], 85), -full[1]
        marks.append(Note(column, heights[1], "one batch each", to=edge, color="path", tag=True))
    axes = [Axis(begin, begin + length, visible=False) for begin, length in zip(low, span, strict=True)]
    how = say("{draws} batches of {size}", draws=DRAWS, size=size_of(name))
    how = say("all {size} images", size=size_of(name)) if name == "all" else how
    look = {"at": (1, 0), "equal": True, "grid": False, "name": "ways", "group": "left"}
    return Panel(marks, *axes, title="First steps", subtitle=how, **look)


def error_panel(state: dict) -> Panel:
    """The mean errors of all sizes at one cost, each named at its end; beside the chosen one a run of it."""
    samples, chosen = state["samples"], state["batch"]
    size, now = size_of(chosen), samples // size_of(chosen)
    low, high = error_ends(state["rate"])
    ends = {name: so_far(name, state["rate"], samples) for name in SIZES}
    marks: list = [Region(MOST, NAMES * MOST, low, high, color="paper", alpha=1.0)]  # no grid behind names
    if now:
        run = descents(size, state["rate"])[1][: now + 1, state["seed"]]
        run = np.where(run < 1e12, np.maximum(run, FLOOR), np.nan)
        for name in sorted(SIZES, key=lambda name: name == chosen):
            x, y = ends[name]
            if name == chosen:
                marks.append(Line(np.arange(now + 1) * size, run, color="path", width=1.5))
            marks.append(Line(x, y, **look_of(name, chosen)))
        marks += names(ends, state, low, high)
        marks += key(low)
    else:
        marks.append(Note(MOST * 0.1, 0.3 * high, "Press Play: the curves begin here.", width=180))
    marks.append(Cursor(samples, sets={"x": "samples"}, text=f"{now * size:,}"))
    (y, how), title = log_axis(low, high), "How much error is left?"
    axes = Axis(0, NAMES * MOST, "images looked at", ticks=range(0, MOST + 1, 1000)), y
    return Panel(marks, *axes, title=title, subtitle=how, at=(0, 1, 2, 1), name="errors")


def look_of(name: str, chosen: str) -> dict:
    own = name == chosen
    return {"color": "ink" if own else "rival", "width": 3.0 if own else 1.5, "alpha": 1.0 if own else 0.5}


def so_far(name: str, rate: float, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Images looked at and the mean error of a size; between two steps it stays as it is."""
    size, mean = size_of(name), np.clip(mean_errors(name, rate), FLOOR, 1e12)
    mean = mean[: samples // size + 1]
    return np.append(np.arange(len(mean)) * size, samples), np.append(mean, mean[-1])


def error_ends(rate: float) -> tuple[float, float]:
    """Ends of the axis of errors: around the means of all sizes, with a little room beneath them.

    >>> low, high = error_ends(0.1)
    >>> 1e-6 < low < 1e-4, 5 < high < 20
    (True, True)
    """
    means = np.concatenate([mean_errors(name, rate) for name in SIZES])
    high = min(1.5 * float(means.max()), CEILING)
    lowest = max(min(float(means.min()), high / 10), FLOOR)
    return lowest * (lowest / high) ** (FOOT / (1 - FOOT)), high


def names(ends: dict, state: dict, low: float, high: float) -> list:
    """Beside the axis the name of each line and what it does, led to by dots from the line's end."""
    told, reach = fates(state["rate"], state["samples"]), np.log(high / low)
    heights = [np.log(np.clip(y[-1], low, high) / low) / reach for _, y in ends.values()]
    places = low * np.exp(reach * spread(heights, APART, LOWEST, HIGHEST))
    marks = []
    for (name, (x, y)), place in zip(ends.items(), places, strict=True):
        look = look_of(name, state["batch"])
        color, bold = look["color"], name == state["batch"]
        lead = [x[-1], MOST], [np.clip(y[-1], low, high), place]
        marks += [
            Line(*lead, color=color, width=1.0, dash="dotted", alpha=0.6),
            Text([MOST], [place], [name], color=color, align="left", bold=True, shift=(NAME, 0)),
            Text(
                [MOST],
                [place],
                [in_words(*told[name])],
                color=color,
                align="left",
                bold=bold,
                shift=(WORDS, 0),
                needs=400,
            ),
        ]
    return marks


def in_words(how: str, error: float) -> str:
    """What a line does, in a few words.

    >>> in_words("stuck", 0.00512), in_words("begun", 2.0)
    ('stuck at 0.005', 'hardly begun')
    """
    if how == "stuck":
        level = f"{error:.1g}" if error >= 1e-4 else raised(f"{error:.0e}")
        return say("stuck at {error}", error=level)
    return {
        "": word("no step yet"),
        "diverged": word("diverged"),
        "worse": word("worse than at first"),
        "begun": word("hardly begun"),
        "falling": word("still falling"),
        "lowest": word("lowest"),
    }[how]


def key(low: float) -> list:
    """What the thick line and the thin one are, under the names."""
    look = {"align": "left", "baseline": "bottom", "needs": 400}
    return [
        Text([MOST], [low], ["thick: mean"], color="ink", shift=(NAME, -21), **look),
        Text([MOST], [low], ["thin: one run"], color="path", shift=(NAME, -5), **look),
    ]
