"""The way forwards of four numbers: a line each through x, c, x̂ and y, and what is done in each gap."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Band, Handle, Line, Panel, Points, Text
from cnnlib.viz.annotations import spread
from cnnlib.widgets.depth.normalization_marks import (
    COLUMNS,
    PAGE,
    PHONE,
    SYMBOLS,
    Layout,
    by_sign,
    chip,
    has_no_spread,
    numbers_at,
    short,
    sign,
)

HEIGHT = {PAGE: 222.0, PHONE: 206.0}  # of the plot, in about as many pixels
STRIP = 44.0  # pixels at the top for the columns' names and the chips between them
ENDS = (-2.6, 6.5)  # of the scale, unless a number lies beyond
APART = 13.0  # pixels between two lines of words
#: What each column is, in words.
SAID = dict(zip(COLUMNS, marked("inputs", "centred", "normalised", "outputs"), strict=True))


def lines_panel(values: dict, active, layout: Layout, ends: tuple[float, float]) -> Panel:
    """Four lines as far as they are known; the numbers of x are handles to drag."""
    low, high = ends
    pixel = (high - low) / (HEIGHT[layout] - STRIP)
    top = high + STRIP * pixel
    left, right = layout.columns[0], layout.columns[-1]
    marks: list = [Line([left - 8, right + 8], [0, 0], color="muted", width=1)]
    marks += funnel(values, layout)
    for name, x in zip(COLUMNS, layout.columns, strict=True):
        known = name in values
        color = "ink" if active == name else "muted" if known else "grid"
        marks.append(Line([x, x], [low, high], color=color, width=2 if active == name else 1))
        marks += head(name, x, top - 8 * pixel, pixel, known, layout)
    marks += mean_of(values, layout, pixel)
    for before, after in pairwise(COLUMNS):
        if after in values:
            sides = layout.at(before), layout.at(after)
            marks += courses(sides, values[before], values[after], 3.5 if active == after else 2.5)
    marks += dots({layout.at(name): values[name] for name in COLUMNS[1:] if name in values})
    for gap, (words, lit, known) in enumerate(chips(values, active, layout is PHONE)):
        middle = (layout.columns[gap] + layout.columns[gap + 1]) / 2
        half = (29 if layout is PHONE else 72), 18 * pixel
        marks += chip(
            middle, top - 21 * pixel, half, [(w, c, up * pixel, s) for w, c, up, s in words], lit, known
        )
    marks += names(values, layout, pixel, low, high)
    handles = [
        Handle(left, float(number), emits=f"x{i}", size=8 if layout is PAGE else 7)
        for i, number in enumerate(values["x"])
    ]
    return Panel(
        [*marks, *handles], Axis(0, layout.width, visible=False), Axis(low, top, visible=False), grid=False,
        title=word("Values →"), subtitle="one line a number", name=f"{layout.needs}values", at=(0, 0),
    )  # fmt: skip


def ends_of(values: dict) -> tuple[float, float]:
    """The ends of the scale that all columns share, at every step.

    >>> ends_of(dict.fromkeys("xcny", np.array([1.0, 2.0])))
    (-2.6, 6.5)
    """
    every = np.concatenate([values[name] for name in COLUMNS])
    return min(ENDS[0], float(every.min()) - 0.3), max(ENDS[1], float(every.max()) + 0.3)


def head(name: str, x: float, y: float, pixel: float, known: bool, layout: Layout) -> list:
    """The letter of a column above what it is."""
    color = "ink" if known else "muted"
    marks = [Text(x, y, SYMBOLS.get(name, name), bold=True, size=15, color=color)]
    if layout is PAGE:
        marks.append(Text(x, y - 17 * pixel, SAID[name], color="muted", size=11.5))
    return marks


def funnel(values: dict, layout: Layout) -> list:
    """The spread of c, narrowing to that of x̂, which is 1; none where all numbers are the same."""
    if "n" not in values or has_no_spread(values):
        return []
    wide = float(values["v"]) ** 0.5
    ends = [layout.at("c"), layout.at("n")]
    return [Band(ends, [-wide, -1], [wide, 1], color="muted", alpha=0.13)]


def mean_of(values: dict, layout: Layout, pixel: float) -> list:
    """Where the mean lies among the numbers, and that it sinks to 0 with them."""
    if "m" not in values:
        return []
    mean, left = values["m"], layout.at("x")
    marks: list = []
    if "c" in values:
        marks.append(Line([left, layout.at("c")], [mean, 0], color="muted", width=1.5, dash="dashed"))
    marks.append(Line([left, left + 19], [mean, mean], color="ink", width=3))
    above = (values["x"] - mean) / pixel
    if layout is PAGE and not ((above > 2) & (above < 24)).any():
        marks.append(Text(left, mean, word("mean"), color="muted", size=11, align="left", shift=(13, -10)))
    return marks


def courses(sides: tuple[float, float], starts, ends, width: float) -> list[Line]:
    """The ways of numbers across a gap: blue above zero, orange below.

    >>> [(line.color, line.x.tolist()) for line in courses((0, 4), [1.0], [-3.0], 2)]
    [('neg', [1.0, 4.0, nan]), ('pos', [0.0, 1.0, nan])]
    """
    left, right = sides
    parts: dict[str, list] = {}
    for start, end in zip(starts, ends, strict=True):
        first, last = sign(start), sign(end)
        if first != last and "ink" not in (first, last):
            cut = left + (right - left) * start / (start - end)
            parts.setdefault(first, []).extend([(left, start), (cut, 0.0), (np.nan, np.nan)])
            parts.setdefault(last, []).extend([(cut, 0.0), (right, end), (np.nan, np.nan)])
        else:
            color = last if first == "ink" else first
            parts.setdefault(color, []).extend([(left, start), (right, end), (np.nan, np.nan)])
    return [Line(*zip(*way, strict=True), color=color, width=width) for color, way in sorted(parts.items())]


def dots(columns: dict[float, np.ndarray]) -> list[Points]:
    """The numbers on their columns, by sign."""
    if not columns:
        return []
    x, y = np.repeat(list(columns), 4), np.concatenate(list(columns.values()))
    return [Points(x[i], y[i], color=color, size=5, outline="paper") for color, i in by_sign(y)]


def chips(values: dict, active, small: bool) -> list[tuple[list, bool, bool]]:
    """What happens in each gap: lines of words, whether it is computed now, and whether it is known."""
    mean, spread_, scale = ("m" in values), ("u" in values), ("y" in values)
    gamma, beta = short(values["gamma"]), short(values["beta"])
    m, u = (short(values[name]) if name in values else "?" for name in ("m", "u"))
    if small:
        words = [
            (say("− {number}", number=m), word("mean")),
            (say("× {number}", number=u), word("1/spread")),
            (say("× {number}", number=gamma), word("γ, + β")),
        ]
    else:
        wide = short(values["v"] ** 0.5) if "v" in values else "?"
        below = say("spread {wide} → 1", wide=wide) if spread_ or "v" not in values else ""
        if spread_ and has_no_spread(values):
            below = word("spread 0 stays 0")
        words = [
            (say("− mean {number}", number=m), word("the middle → 0")),
            (say("× 1/spread {number}", number=u), below or say("variance {v}", v=short(values["v"]))),
            (say("× γ {gamma}", gamma=gamma), say("+ β {beta}", beta=beta)),
        ]
    known = (mean, "v" in values, scale)
    lit = (active in ("m", "c"), active in ("v", "u", "n"), active == "y")
    rows = [[(first, "ink", 8, 12), (second, "muted", -8, 11)] for first, second in words]
    return list(zip(rows, lit, known, strict=True))


def names(values: dict, layout: Layout, pixel: float, low: float, high: float) -> list:
    """Each number's name and value at its line's beginning, and its value at the end."""
    room = APART * pixel, low + 6 * pixel, high - 6 * pixel
    left, beside_x = layout.at("x"), {"size": 11.5, "align": "right", "shift": (-15, 0)}
    marks: list = []
    words = [f"x[{i}]  {short(number)}" for i, number in enumerate(values["x"])]
    marks.append(Text([left] * 4, spread(values["x"], *room), words, **beside_x))
    least = float(values["x"].min())
    if layout is PAGE and least > low + 44 * pixel:
        marks.append(Text(left, low + 8 * pixel, word("drag the dots"), color="you", **beside_x))
    if "y" in values:
        heights = spread(values["y"], *room)
        marks += numbers_at(layout.at("y"), heights, values["y"], size=11.5, align="left", shift=(11, 0))
    if layout is PAGE:
        for name, after in (("c", "n"), ("n", "y")):
            if name in values and after in values:
                marks += beside(values[name], values[after], layout.at(name), pixel)
    return marks


def beside(numbers: np.ndarray, after: np.ndarray, x: float, pixel: float) -> list[Text]:
    """Values at the right of a column's dots, where their lines leave room; none where it is tight."""
    if (np.diff(np.sort(numbers)) < 17.5 * pixel).any():
        return []
    up = np.where((after > numbers) | (numbers <= 0), -8, 8) * pixel
    return numbers_at(x, numbers + up, numbers, size=11.5, align="left", shift=(9, 0))
