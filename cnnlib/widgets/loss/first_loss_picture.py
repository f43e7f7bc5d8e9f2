"""The first losses of many networks as bricks beside the line of no opinion, and a ruler from 0 on."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Bars, Line, Panel, Points, Region, Text

NO_OPINION = float(np.log(10))
BARS = 40  # in the range that is seen
BRICK = 0.84  # width of a brick by that of its column: none touches the line of no opinion
MOST_BRICKS = 40  # in one column: of more, single ones are too thin to be seen
LEAST_HIGH = 10  # bricks that the picture is high, so that few networks make no towers
ABOVE = 1.32  # height of the picture in those of its highest column: above it stand words
NEAR = 0.55  # share of the picture right of the line that its words need


def nice_top(value: float) -> float:
    """The next of 4, 10, 40, 100, … above a value."""
    top = 4.0
    while top <= value:
        top *= 2.5 if f"{top:.0e}"[0] == "4" else 4
    return top


def window_of(losses: np.ndarray) -> tuple[float, float]:
    """What is seen of the losses: all of them and the line of no opinion, with some air.

    >>> low, high = window_of(np.array([2.262, 2.774]))
    >>> round(low, 3), round(high, 3)
    (2.231, 2.824)
    """
    least, most = min(losses.min(), NO_OPINION), max(losses.max(), NO_OPINION)
    air = 0.06 * (most - least)
    return float(max(0.0, least - max(air, 0.025))), float(most + max(air, 0.05))


def tick_step(span: float) -> float:
    """A round number that goes into `span` about five times.

    >>> tick_step(0.6), tick_step(0.1), tick_step(30.0)
    (0.1, 0.02, 5.0)
    """
    power = 10.0 ** np.floor(np.log10(span / 4))
    return float(f"{power * max(part for part in (1, 2, 5) if part * power <= span / 4):.6g}")


def numbered(ticks: list[float]) -> dict:
    """Ticks, from a thousand on with names that are written as the numbers of the sentence are.

    >>> numbered([0.0, 500000.0, 1000000.0])["names"], numbered([0.0, 2.5])
    (['0', '500,000', '1,000,000'], {'ticks': [0.0, 2.5]})
    """
    if not ticks or ticks[-1] < 1000:
        return {"ticks": ticks}
    return {"ticks": ticks, "names": [f"{tick:,.0f}" for tick in ticks]}


def histogram(losses: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Middles of the columns, how many begin there, and their width.

    No column is on both sides of ln 10; but where all losses are ln 10, one is centred on it.
    """
    width = (high - low) / BARS
    aside = 0.5 if np.allclose(losses, NO_OPINION, rtol=0, atol=1e-9) else 0.0
    first, last = (np.floor((end - NO_OPINION) / width + aside) for end in (low, high))
    edges = NO_OPINION + width * (np.arange(first, last + 2) - aside)
    counts, _ = np.histogram(losses, bins=edges)
    return edges[:-1] + width / 2, counts, width


def networks_panel(losses: np.ndarray) -> Panel:
    """Each network a brick where it begins; the line of no opinion parts luck from what is worse."""
    low, high = window_of(losses)
    x, counts, width = histogram(losses, low, high)
    most = max(counts.max(), LEAST_HIGH)
    marks = [
        Region(x1=NO_OPINION, color="yellow", alpha=0.17),
        Region(x0=NO_OPINION, color="bad", alpha=0.08),
        Bars(x, counts, width=width * BRICK, color="rival"),
    ]
    single = most <= MOST_BRICKS
    if single:
        marks.append(joints(x, counts, width))
    marks += line_words(low, high, most)
    step = tick_step(high - low)
    ticks = [round(step * i, 6) for i in range(int(np.ceil(low / step)), int(high / step) + 1)]
    axes = Axis(low, high, "first loss", **numbered(ticks)), Axis(0, ABOVE * most, visible=False)
    title = say("Where {count} networks begin", count=len(losses))
    how = "each brick a network" if single else "higher: more networks"
    return Panel(marks, *axes, title=title, subtitle=how, grid=False, name="networks")


def joints(x: np.ndarray, counts: np.ndarray, width: float) -> Line:
    """The lines between the bricks of all columns."""
    pairs = [(middle, level) for middle, count in zip(x, counts, strict=True) for level in range(1, count)]
    middles, levels = np.array(pairs, float).reshape(-1, 2).T
    ends = np.stack([middles - width / 2, middles + width / 2, np.full(len(middles), np.nan)], axis=1)
    heights = np.stack([levels, levels, np.full(len(levels), np.nan)], axis=1)
    return Line(ends.ravel(), heights.ravel(), color="paper", width=1.5)


def line_words(low: float, high: float, most: float) -> list:
    """The line of no opinion, what it is, and what the ground on its two sides means."""
    share = (high - NO_OPINION) / (high - low)
    side = 1 if share > NEAR else -1
    look = {"align": "left" if side > 0 else "right"}
    level = 1.24 * most
    return [
        Line([NO_OPINION, NO_OPINION], [0, ABOVE * most], color="ink", width=3),
        Text(NO_OPINION, level, "no opinion: ln 10 = 2.303", size=15, bold=True, shift=(9 * side, 0), **look),
        Text(NO_OPINION, level, "a sound start is near it", "muted", 12, shift=(9 * side, 19), **look),
        Text(high, level, "worse than no opinion", "bad", 13, "right", shift=(-10, 42), needs=150 / share),
        Text(low, level, "better: luck", "muted", 13, "left", shift=(10, 42), needs=90 / (1.001 - share)),
    ]


def ruler_panel(losses: np.ndarray) -> Panel:
    """How far from 0, which is perfect, and from no opinion they begin: their range, and their mean."""
    least, most = float(losses.min()), float(losses.max())
    top = nice_top(most)
    low, high = window_of(losses)
    marks = [
        Bars([0.24], [top], width=0.2, color="grid", alpha=0.6, horizontal=True),
        Region(low, min(high, top), 0.04, 0.44, color="muted", filled=False, width=1.25),
        Bars([0.24], [max(most - least, 0.004 * top)], width=0.2, base=least, color="rival", horizontal=True),
        Line([NO_OPINION, NO_OPINION], [0, 0.5], color="ink", width=3),
        Points(float(losses.mean()), 0.24, color="paper", size=4, outline="ink"),
        Text(0, 0.78, "0: always right, and sure", "muted", 12, "left"),
    ]
    if high - low < 0.7 * top:
        middle = (low + high) / 2
        marks.append(Text(middle, 0.78, "seen above", "muted", 12, needs=180 * top / middle))
    ticks = np.arange(0, 1.001 * top, tick_step(top)).tolist()
    axes = Axis(0, top, **numbered(ticks)), Axis(0, 1, visible=False)
    return Panel(marks, *axes, at=(1, 0), grid=False, name="from 0")
