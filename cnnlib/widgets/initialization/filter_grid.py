"""Filters as grids of their weights: the eight that are studied, large, and eight random ones."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.signals import distinct_filters
from cnnlib.experiments.starting_networks import STARTS, starting_network
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, ColorScale, Heatmap, Line, Mark, Panel, Text, mosaic

ACROSS = 4  # filters in a row
STEPS = (1, 2, 3, 5)  # ends of a colour scale, times a power of ten, so that it seldom changes
LEAST = 0.05  # of these ends


def reach_of(filters: np.ndarray) -> float:
    """The end of the colours: a round number beyond the largest weight.

    >>> reach_of(np.full(4, 0.02)), reach_of(np.zeros(4)), reach_of(np.array([-0.3, 0.62]))
    (0.05, 0.05, 1.0)
    """
    largest = max(float(np.abs(filters).max()), LEAST)
    if not np.isfinite(largest):
        return 1.0
    power = 10.0 ** np.floor(np.log10(largest))
    return float(next(step * power for step in (*STEPS, 10) if step * power >= largest * (1 - 1e-9)))


def filters_panel(filters: np.ndarray, kinds: int) -> Panel:
    """The eight filters in two rows, signs between neighbours, and a bracket that says how many kinds."""
    words = "blue plus, orange minus"
    if np.ptp(filters) == 0:
        words = say("every weight is {weight:.2g}", weight=filters.flat[0])
    reach = reach_of(filters)
    marks, wide, high = grid(filters, ACROSS, reach)
    size = filters.shape[-1]
    for i in range(len(filters) - 1):
        row, column = divmod(i, ACROSS)
        if column < ACROSS - 1:
            sign = "=" if distinct_filters(filters[i : i + 2, None]) == 1 else "≠"
            x, y = column * (size + 1) + size, row * (size + 1) + (size - 1) / 2
            marks.append(Text([x], [y], sign, bold=True, size=20))
    foot = high - 0.1  # of the bracket
    marks += [
        Line([-0.5, -0.5, wide - 0.5, wide - 0.5], [foot - 0.3, foot, foot, foot - 0.3], "muted", 1.5),
        Text([-0.5], [foot + 0.75], kinds_in_words(kinds), bold=True, size=14, align="left"),
        ColorScale(wide - 0.5, foot + 0.75, -reach, reach, words=(" ", f"±{reach:g}"), shift=(-62, 0)),
    ]
    x, y = Axis(-0.6, wide, visible=False), Axis(foot + 1.3, -0.6, visible=False)
    look = {"title": "First filters", "subtitle": words, "name": "filters"}
    return Panel(marks, x, y, equal=True, grid=False, at=(0, 0), **look)


def kinds_in_words(kinds: int) -> str:
    """How many kinds are among the eight.

    >>> [kinds_in_words(n) for n in (1, 3, 8)]
    ['one kind, eight copies', '3 kinds among eight', 'eight kinds']
    """
    if kinds in (1, 8):
        return word("one kind, eight copies" if kinds == 1 else "eight kinds")
    return say("{number} kinds among eight", number=kinds)


def random_panel(begins: bool) -> Panel:
    """Eight random filters, small, in one row; `begins`: those that the training began with."""
    drawn = starting_network(STARTS[2])[0].params["weight"][:, 0]
    reach = reach_of(drawn)
    marks, wide, high = grid(drawn, len(drawn), reach)
    x, y = Axis(-0.6, wide, visible=False), Axis(high - 0.4, -0.6, visible=False)
    title = "Before the first step" if begins else "A random start"
    said = say("colours up to ±{reach:g}", reach=reach)
    return Panel(marks, x, y, title=title, subtitle=said, equal=True, grid=False, at=(1, 0), name="random")


def grid(filters: np.ndarray, across: int, reach: float) -> tuple[list[Mark], int, int]:
    """Filters beside one another, each cell with a thin border; and the columns and rows that they take."""
    count, high, wide = filters.shape
    names = tuple(say("filter {i}", i=i) for i in range(count))
    table = mosaic(filters, across)
    look = {"tile": (high, wide, 1), "tile_names": names, "means": "weight"}
    marks: list[Mark] = [Heatmap(table, cmap="diverging", vmin=-reach, vmax=reach, **look)]
    row, column = np.divmod(np.arange(count), across)
    left, top = column * (wide + 1) - 0.5, row * (high + 1) - 0.5
    for i in range(wide + 1):
        marks.append(borders(left + i, left + i, top, top + high))
    for i in range(high + 1):
        marks.append(borders(left, left + wide, top + i, top + i))
    return marks, table.shape[1], table.shape[0]


def borders(x0: np.ndarray, x1: np.ndarray, y0: np.ndarray, y1: np.ndarray) -> Line:
    """Thin lines from (x0, y0) to (x1, y1), one for each filter."""
    gaps = np.full(len(x0), np.nan)
    x, y = (np.stack([start, end, gaps], axis=1).ravel() for start, end in ((x0, x1), (y0, y1)))
    return Line(x, y, color="muted", width=1, alpha=0.35)
