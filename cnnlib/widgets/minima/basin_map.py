"""Which minimum a descent falls into, for all starts and rates at once."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise, product

import numpy as np

from cnnlib.experiments.basins import (
    BEST,
    CELLS,
    CODES,
    CURVE,
    HIGH_RATE,
    LOW_RATE,
    MINIMA,
    NAMES,
    STEPS,
    basins,
    ends,
)
from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Axis, Band, Figure, Handle, Heatmap, Line, Narrow, Note, Panel, Points, Scene, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

HILLS = CURVE.stationary()[1]  # between the valleys
GROUND = 0.25  # opacity of the ground beneath the curve
COLORS = ("sky", "yellow", "purple")
SHOWN = {"A": 4, "B": 6, "C": 5, "none": np.nan, "out": 7}  # places in the colour map of categories
ENDS = {
    4: "ends in A, a false minimum",
    6: "ends in B, a false minimum",
    5: "ends in C, the global minimum",
    7: "leaves the picture",
}
SLOTS = {"head": ("optimizer",), "bar": ("rate", "steps"), "handle": ("start",)}
WORDS, NEARBY = (11, 15), 4  # cells that words on the map need: rows, columns; more columns if it is small
LOW = -0.45  # least error drawn: beneath the minima are their names
TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def curve_line(beyond: float = 0.0) -> Line:
    """The curve, and so much of it beyond the ends of the starts."""
    w = np.linspace(CURVE.low - beyond, CURVE.high + beyond, 400)
    return Line(w, CURVE.error(w), color="ink", width=2.5)


def valley_ground(low: float, beyond: float = 0.0) -> list[Band]:
    """The ground beneath the curve down to `low`, in each valley from hill to hill in its own pale colour."""
    ends = [CURVE.low - beyond, *HILLS, CURVE.high + beyond]
    places = [np.linspace(*pair, 120) for pair in pairwise(ends)]
    return [
        Band(w, np.full(len(w), low), CURVE.error(w), color=color, alpha=GROUND)
        for w, color in zip(places, COLORS, strict=True)
    ]


def minima_marks() -> list:
    """The minima with their names: which is the lowest, and which only look so."""
    heights = CURVE.error(MINIMA)
    lowest = NAMES[int(np.argmin(heights))]
    words = [
        say("global minimum {name}" if name == lowest else "false minimum {name}", name=name)
        for name in NAMES
    ]
    look = {"shape": "diamond", "size": 7, "outline": "ink"}
    return [
        *(Points(*at, color=c, **look) for *at, c in zip(MINIMA, heights, COLORS, strict=True)),
        Text(MINIMA, heights, words, bold=True, shift=(0, 20)),
    ]


def start_note(start: float, height: float) -> Note:
    """What to do with the handle: above it and to the left, clear of the hill at its right."""
    x, y = max(CURVE.low + 0.25, start - 0.45), min(height + 0.52, 1.95)
    return Note(x, y, "start: drag me", to=(start, min(height + 0.1, 1.75)))


class BasinMap(Widget):
    """One descent on a curve with false minima, and the map of where all starts and rates end.

    Moving the optimizer computes 10,000 descents of 100 steps. A click on the map, or a drag, runs that one.
    Facts: ``start``, ``rate``, ``weight`` (the end), ``error`` (above the smallest), ``steps``, ``share``
    (of the map that ends in the global minimum), ``global`` (1 if this one does), ``out``, ``false``.

    >>> BasinMap(start=2.5, rate=0.1).text[:71]
    'After 100 steps from 2.50 at rate 0.1 the weight is 1.470: it is in the'
    """

    title = "Where do all starts and rates end?"
    controls = (
        Slider("start", CURVE.low, CURVE.high, -2.5, step=0.01, label="Start"),
        LogSlider("rate", LOW_RATE, HIGH_RATE, 0.1, label="Learning rate"),
        Choice("optimizer", METHODS, label="Optimizer"),
        Slider("steps", 0, STEPS, STEPS, integer=True, label="Steps shown"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "25 steps a second"

    def event(self, event):
        if event.get("x") is not None and event.get("y") is not None:
            return {
                "start": float(np.clip(event["x"], CURVE.low, CURVE.high)),
                "rate": float(np.clip(10 ** event["y"], LOW_RATE, HIGH_RATE)),
            }

    def compute(self, state):
        path = descend(CURVE, state["start"], state["rate"], STEPS, state["optimizer"])[: state["steps"] + 1]
        codes = basins(state["optimizer"])
        facts = self.facts_of(state, path, codes)
        place = "out" if facts["out"] else "on the way"
        if facts["global"] or facts["false"]:
            place = say("in {names}", names=NAMES[int(np.argmin(np.abs(MINIMA - facts["weight"])))])
        share = Figure("Of all starts and rates", f"{100 * facts['share']:.0f} %", "end in C")
        return Scene(
            [self.curve_panel(path), self.map_panel(state, codes)],
            self.sentence(state, facts),
            facts,
            rows=(7, 9),
            height=450,
            arrows=("start", "rate"),
            figures=[Figure("This one is", place, large=True), share],
            narrow=Narrow((7, 9), (1,), 500, {"curve": (0, 0), "map": (1, 0)}),
        )

    def facts_of(self, state, path, codes):
        code = int(ends(path[-1:])[0])
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(CURVE.error(path[-1]) - CURVE.error(BEST))
        return {
            "start": state["start"],
            "rate": state["rate"],
            "weight": float(path[-1]),
            "error": error,
            "steps": state["steps"],
            "share": float((codes == CODES["C"]).mean()),
            "global": int(code == CODES["C"]),
            "out": int(code == CODES["out"]),
            "false": int(code in (CODES["A"], CODES["B"])),
        }

    def curve_panel(self, path):
        """The curve with the hops of this descent."""
        with np.errstate(over="ignore", invalid="ignore"):
            errors = CURVE.error(path)
        seen = np.abs(path) < 100
        start, height = float(path[0]), float(errors[0])
        marks = [
            *valley_ground(LOW),
            Line([start, start], [LOW, height], color="you", width=1.2, dash="dotted"),
            curve_line(),
            Line(path[seen], errors[seen], color="path", width=1),
            Points(path[seen], errors[seen], color="path", size=3.5, outline="ink"),
            Points(path[seen][-1], errors[seen][-1], color="path", size=10.5, outline="ink"),
            *minima_marks(),  # above the ring in which the path ends
            Handle(start, height, sets={"x": "start"}, size=8),
            start_note(start, height),
        ]
        x, y = Axis(CURVE.low, CURVE.high, whole=True), Axis(LOW, 2, "error", ticks=(0, 1, 2))
        look = {"title": "This descent", "subtitle": "the path ends in the large dot", "group": "weight"}
        return Panel(marks, x, y, name="curve", grid=False, **look)

    def map_panel(self, state, codes):
        """The ends of all starts and rates, in colours and letters."""
        low, high = np.log10([LOW_RATE, HIGH_RATE])
        shown = np.full(codes.shape, np.nan)
        for name, code in CODES.items():
            shown[codes == code] = SHOWN[name]
        meanings = [ENDS.get(place, "") for place in range(8)]
        extent = (CURVE.low, CURVE.high, low, high)
        look = {"cmap": "category", "alpha": 0.6, "words": meanings, "emits": "map"}
        here = state["start"], np.log10(state["rate"])
        marks = [
            Heatmap(shown, extent, **look),
            *letters(codes),
            *restless_note(state["optimizer"], state["start"] < 0),
            Line([here[0]] * 2, [here[1], high], color="you", width=1.2, dash="dotted"),
            Points(*here, color="you", size=8, outline="paper"),
        ]
        y = Axis(low, high, "learning rate", ticks=np.log10(TICKS), names=[f"{tick:g}" for tick in TICKS])
        x = Axis(CURVE.low, CURVE.high, "start", whole=True)
        how = "click a start and a learning rate"
        if (codes == CODES["none"]).any():
            how = say("{how}; white: not there yet after {steps} steps", how=word(how), steps=STEPS)
        look = {"title": "All of them", "subtitle": how}
        return Panel(marks, x, y, at=(1, 0), grid=False, name="map", group="weight", **look)

    def sentence(self, state, facts):
        begin = say_many(
            "After {number} step from {start:.2f} at rate {rate:.3g}",
            "After {number} steps from {start:.2f} at rate {rate:.3g}",
            facts["steps"],
            start=facts["start"],
            rate=facts["rate"],
        )
        share = say(
            "Of all starts and rates {share:.0f} % end in the global minimum.", share=100 * facts["share"]
        )
        if facts["out"]:
            return say("{begin} the weight has left the picture. {share}", begin=begin, share=share)
        place = "in no minimum yet"
        if facts["global"]:
            place = "in the global minimum C"
        elif facts["false"]:
            place = say(
                "in the false minimum {names}", names=NAMES[int(np.argmin(np.abs(MINIMA - facts["weight"])))]
            )
        return say(
            "{begin} the weight is {weight:.3f}: it is {place}. {share}",
            begin=begin,
            weight=round(facts["weight"], 3) + 0.0,  # no minus before a zero
            place=place,
            share=share,
        )


@lru_cache(maxsize=2 * len(METHODS))
def restless_note(optimizer: str, right: bool) -> tuple[Note, ...]:
    """What too large a rate does, where hardly any start has come to rest and least is in the words' way.

    It stands in the right half of the map or in the left one.
    """
    codes = basins(optimizer)
    rows = (codes == CODES["none"]).mean(axis=1) > 0.8
    rows &= np.logical_and.accumulate(rows[::-1])[::-1]  # without a gap up to the highest rate
    if rows.sum() < 0.12 * CELLS:
        return ()
    high, wide = WORDS
    first, left = int(np.argmax(rows)), (CELLS // 2 if right else 0)
    settled = codes != CODES["none"]

    def hidden(place):
        """Coloured cells beneath the words, and near them, from a row and a column of cells on."""
        row, column = place
        near = settled[row : row + high, max(0, column - NEARBY) : column + wide + NEARBY].sum()
        return 10 * settled[row : row + high, column : column + wide].sum() + near

    rises, columns = range(first + 1, CELLS - high), range(left + NEARBY, left + CELLS // 2 - wide - NEARBY)
    row, column = min(product(rises, columns), key=hidden)
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    rates = np.linspace(*np.log10([LOW_RATE, HIGH_RATE]), CELLS)
    middle, top = float(starts[column + wide // 2]), float(rates[row + high - 2])
    return (Note(middle, top, "too large: jumps about", width=200, align="center"),)


def letters(codes: np.ndarray) -> list:
    """Names written onto the map, each where its area is widest, if it is large enough."""
    words = {CODES[name]: name for name in NAMES} | {CODES["out"]: "out"}
    rates = np.linspace(*np.log10([LOW_RATE, HIGH_RATE]), CELLS)
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    marks = []
    for code, name in words.items():
        rows = (codes == code).sum(axis=1)
        row = int(np.argmax(np.convolve(rows, np.ones(15), "same")))
        columns = np.flatnonzero(codes[row] == code)
        if (codes == code).mean() > 0.02 and len(columns):
            runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
            run = max(runs, key=len)
            marks.append(Text(starts[run[len(run) // 2]], rates[row], name, bold=True))
    return marks
