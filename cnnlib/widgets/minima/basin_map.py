"""Which minimum a descent falls into, for all starts and rates at once."""

from __future__ import annotations

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
from cnnlib.viz import Axis, Handle, Heatmap, Line, Panel, Points, Scene, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

COLORS = ("orange", "vermilion", "green")


def curve_marks(legend: bool = True) -> list:
    """The curve, with its minima named."""
    w = np.linspace(CURVE.low, CURVE.high, 400)
    marks = [Line(w, CURVE.error(w), color="blue")]
    for name, color, place in zip(NAMES, COLORS, MINIMA, strict=True):
        label = ("global minimum" if name == "C" else "false minimum") if legend and name != "B" else ""
        height = CURVE.error(place)
        marks.append(Points(place, height, color=color, shape="diamond", size=6, label=label))
        marks.append(Text(place, height - 0.13, name, bold=True))
    return marks


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
    advances = "steps"

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
        panels = [self.curve_panel(path), self.map_panel(state, codes)]
        return Scene(
            panels, self.sentence(state, facts), facts, columns=(1, 1), height=400, arrows=("start", "rate")
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
        with np.errstate(over="ignore", invalid="ignore"):
            errors = CURVE.error(path)
        seen = np.abs(path) < 100
        marks = curve_marks()
        marks += [
            Line(path[seen], errors[seen], color="muted", width=1),
            Points(path[seen], errors[seen], color="sky", size=3, outline="ink", label="steps"),
            Handle(float(path[0]), float(errors[0]), sets={"x": "start"}, label="start (drag it)"),
        ]
        axes = Axis(CURVE.low, CURVE.high, "weight"), Axis(-0.15, 2, "error")
        return Panel(marks, *axes, title="This descent", legend="upper right")

    def map_panel(self, state, codes):
        low, high = np.log10([LOW_RATE, HIGH_RATE])
        ticks = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
        heat = Heatmap(
            codes, (CURVE.low, CURVE.high, low, high), cmap="category", alpha=0.75, hover=False, emits="map"
        )
        marks = [heat, *letters(codes)]
        marks.append(Points(state["start"], np.log10(state["rate"]), color="ink", size=6, outline="paper"))
        y = Axis(low, high, "learning rate", ticks=np.log10(ticks), names=[f"{t:g}" for t in ticks])
        x = Axis(CURVE.low, CURVE.high, "start")
        return Panel(marks, x, y, title="All of them (click one)", at=(0, 1), grid=False)

    def sentence(self, state, facts):
        begin = (
            f"After {facts['steps']} step{'s' * (facts['steps'] != 1)} from {facts['start']:.2f}"
            f" at rate {facts['rate']:.3g}"
        )
        share = f"Of all starts and rates {100 * facts['share']:.0f} % end in the global minimum."
        if facts["out"]:
            return f"{begin} the weight has left the picture. {share}"
        place = "in no minimum yet"
        if facts["global"]:
            place = "in the global minimum, C"
        elif facts["false"]:
            place = f"in the false minimum {NAMES[int(np.argmin(np.abs(MINIMA - facts['weight'])))]}"
        return f"{begin} the weight is {facts['weight']:.3f}: it is {place}. {share}"


def letters(codes: np.ndarray) -> list:
    """Names written onto the map, each where its area is widest, if it is large enough."""
    words = {CODES[name]: name for name in NAMES} | {CODES["none"]: "none yet", CODES["out"]: "out"}
    rates = np.linspace(*np.log10([LOW_RATE, HIGH_RATE]), CELLS)
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    marks = []
    for code, word in words.items():
        rows = (codes == code).sum(axis=1)
        row = int(np.argmax(np.convolve(rows, np.ones(15), "same")))
        columns = np.flatnonzero(codes[row] == code)
        if (codes == code).mean() > 0.02 and len(columns):
            runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
            run = max(runs, key=len)
            marks.append(Text(starts[run[len(run) // 2]], rates[row], word, bold=True))
    return marks
