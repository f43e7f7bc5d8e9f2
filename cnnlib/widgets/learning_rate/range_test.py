"""The picture of a range test: the loss while the rate grows, where it falls fastest and where it climbs."""

from __future__ import annotations

import numpy as np

from cnnlib.viz import Axis, Line, Note, Panel, Points, Reference, Region
from cnnlib.widgets.learning_rate.schedule_runs import smooth

GUESSING = np.log(10)
WIDTH, SPAN = 15, 10  # steps of which each point is the mean, and over which a fall is measured
LOWER = 0.03  # share of the first loss that has to be gone before a fall is one of learning
CLEAR = 0.015  # share of it that is lost over a span: twice what batches alone make


def range_panel(losses: np.ndarray, rates: np.ndarray) -> Panel:
    """The loss at each rate of a range test, and where it falls fastest and climbs."""
    curve, fall, climb = turns(losses)
    low, high = ends(curve)
    marks = []
    if climb is not None:
        marks.append(Region(float(rates[climb]), float(rates[-1]), color="bad", alpha=0.08))
    marks += [
        Line(rates[[0, -1]], [GUESSING] * 2, color="muted", dash="dotted", width=1),
        Line(rates, np.where(curve < high, curve, np.nan), color="ink", width=2.5),
    ]
    if fall is not None:
        here = float(rates[fall]), float(curve[fall])
        marks.append(Points(*here, color="ink", size=7, outline="paper"))
        beneath = here[1] - 0.12 * (high - low)
        words = "falls fastest: take this rate"
        marks.append(Note(here[0] / 40, beneath, words, (here[0] / 1.15, here[1]), width=100))
    else:
        middle = float(np.sqrt(rates[0] * rates[-1]))
        marks.append(Note(middle, low + 0.3 * (high - low), "not fallen clearly yet", align="center"))
    if climb is not None:
        words, place = "climbs from here on: too high", float(rates[climb])
        marks.append(Reference(words, x=place, color="bad", dash="dashed"))
    x = Axis(rates[0], rates[-1], "rate at that step; log axis: each line × 10", log=True)
    levels = [level for level in np.arange(low, high + 0.1, 0.5)]
    ticks = sorted([*levels, GUESSING])
    y = Axis(low, high, ticks=ticks, names=["guess" if tick == GUESSING else f"{tick:g}" for tick in ticks])
    how = "while the rate grows"
    return Panel(marks, x, y, title="Loss", subtitle=how, name="loss")


def ends(curve: np.ndarray) -> tuple[float, float]:
    """Ends of the axis of the loss: the half beneath the lowest, and 3, or 4 if the curve climbs so high."""
    lowest, highest = np.nanmin(curve), np.nanmax(curve)
    return float(np.floor(2 * min(lowest, 1.99)) / 2), 3.0 if highest < 3 else 4.0


def turns(losses: np.ndarray) -> tuple[np.ndarray, int | None, int | None]:
    """The smoothed loss of a range test, the step where it falls fastest and that from which it climbs.

    Either is None where there is no more than the noise of the batches.

    >>> flat = 2.3 + 0.02 * np.sin(np.arange(60.0))[:, None]
    >>> turns(flat)[1:]
    (None, None)
    """
    curve = smooth(losses, WIDTH)
    known = np.where(np.isfinite(curve), curve, np.inf)
    lowest, first = int(np.argmin(known)), known[min(WIDTH, len(known)) - 1]
    climbs = known[lowest:].max() - known[lowest] > CLEAR * first
    climb = lowest if climbs else None
    if lowest <= 2 * SPAN:
        return curve, None, climb
    ends = known[SPAN:lowest]
    change = np.where(ends < (1 - LOWER) * first, ends - known[: lowest - SPAN], 0)
    fall = int(np.argmin(change)) + SPAN // 2 if change.min() < -CLEAR * first else None
    return curve, fall, climb
