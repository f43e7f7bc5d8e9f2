"""Which minimum a descent falls into, for all starts and rates at once, and ways out of a false one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.surfaces import METHODS, Wells, descend
from cnnlib.viz import Axis, Handle, Heatmap, Line, Panel, Points, Scene, Text

from .base import Choice, LogSlider, Slider, Toggle, Widget

CURVE = Wells()
MINIMA = CURVE.stationary()[0]
BEST = CURVE.global_minimum()
NAMES = ("A", "B", "C")  # the minima from left to right; C is the global one
COLORS = ("orange", "vermilion", "green")
CODES = {"A": 1, "B": 3, "C": 2, "none": 4, "out": 5}  # places in the colour map of categories
LOW_RATE, HIGH_RATE = 0.01, 3.0
STEPS, CELLS = 100, 100
NEAR = 0.05


def ends(w: np.ndarray) -> np.ndarray:
    """Codes of where weights ended: in a minimum, in none yet, or out of the picture."""
    codes = np.full(np.shape(w), CODES["none"])
    for name, minimum in zip(NAMES, MINIMA, strict=True):
        codes[np.abs(w - minimum) < NEAR] = CODES[name]
    codes[~(np.abs(w) < 10 * CURVE.high)] = CODES["out"]
    return codes


@lru_cache(maxsize=8)
def basins(optimizer: str) -> np.ndarray:
    """Codes of 10,000 descents of 100 steps: rows are rates, columns are starts."""
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    rates = np.geomspace(LOW_RATE, HIGH_RATE, CELLS)[:, None]
    return ends(descend(CURVE, starts, rates, STEPS, optimizer)[-1])


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
        )  # fmt: skip

    def facts_of(self, state, path, codes):
        code = int(ends(path[-1:])[0])
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(CURVE.error(path[-1]) - CURVE.error(BEST))
        return {
            "start": state["start"], "rate": state["rate"], "weight": float(path[-1]), "error": error,
            "steps": state["steps"], "share": float((codes == CODES["C"]).mean()),
            "global": int(code == CODES["C"]), "out": int(code == CODES["out"]),
            "false": int(code in (CODES["A"], CODES["B"])),
        }  # fmt: skip

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
        )  # fmt: skip
        marks = [heat, *letters(codes)]
        marks.append(Points(state["start"], np.log10(state["rate"]), color="ink", size=6, outline="paper"))
        y = Axis(low, high, "learning rate", ticks=np.log10(ticks), names=[f"{t:g}" for t in ticks])
        x = Axis(CURVE.low, CURVE.high, "start")
        return Panel(marks, x, y, title="All of them (click one)", at=(0, 1), grid=False)

    def sentence(self, state, f):
        begin = (
            f"After {f['steps']} step{'s' * (f['steps'] != 1)} from {f['start']:.2f} at rate {f['rate']:.3g}"
        )
        share = f"Of all starts and rates {100 * f['share']:.0f} % end in the global minimum."
        if f["out"]:
            return f"{begin} the weight has left the picture. {share}"
        place = "in no minimum yet"
        if f["global"]:
            place = "in the global minimum, C"
        elif f["false"]:
            place = f"in the false minimum {NAMES[int(np.argmin(np.abs(MINIMA - f['weight'])))]}"
        return f"{begin} the weight is {f['weight']:.3f}: it is {place}. {share}"


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


WALKERS, WALK = 400, 400


@lru_cache(maxsize=256)
def walk_ends(start: float, rate: float, noise: float, momentum: float, cooling: bool) -> np.ndarray:
    """Where 400 noisy descents of 400 steps end; the noise is added to each gradient."""
    rng = np.random.default_rng(0)
    w, velocity = np.full(WALKERS, start), np.zeros(WALKERS)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(WALK):
            strength = noise * (1 - step / WALK) if cooling else noise
            slope = CURVE.gradient(w) + strength * rng.normal(size=WALKERS)
            velocity = momentum * velocity + slope
            w = w - rate * velocity
    return w


class EscapeExplorer(Widget):
    """Four hundred noisy descents from one start: how many end in the valley of the global minimum?

    Facts: ``chance`` (share that ends nearer than half a unit to the global minimum), ``typical_error``
    (median error at the end, above the smallest), ``noise``, ``rate``, ``momentum``, ``start``.

    >>> EscapeExplorer(noise=0).text[:54]
    'Of 400 walks from -2.50, 0 % end in the valley of the '
    """

    title = "Ways out of a false minimum"
    controls = (
        Slider("start", CURVE.low, CURVE.high, -2.5, step=0.01, label="Start"),
        LogSlider("rate", LOW_RATE, 1.0, 0.1, label="Learning rate"),
        Slider("noise", 0, 8, 0, step=0.1, label="Noise of the gradient"),
        Slider("momentum", 0, 0.95, 0, step=0.05, label="Momentum"),
        Toggle("cooling", False, label="Noise fades to nothing"),
    )

    def compute(self, state):
        key = state["start"], state["rate"], state["momentum"], state["cooling"]
        w = self.ends_of(key, state["noise"])
        levels = np.linspace(0, 8, 9)
        chances = [chance_of(self.ends_of(key, float(level))) for level in levels]
        facts = {
            "chance": chance_of(w), "noise": state["noise"], "rate": state["rate"], "start": state["start"],
            "momentum": state["momentum"], "typical_error": typical_error(w),
        }  # fmt: skip
        panels = [self.curve_panel(w, state), self.chance_panel(levels, chances, facts)]
        return Scene(panels, self.sentence(facts), facts, columns=(1, 1), height=380)

    @staticmethod
    def ends_of(key, noise):
        start, rate, momentum, cooling = key
        return walk_ends(start, rate, noise, momentum, cooling)

    def curve_panel(self, w, state):
        inside = w[np.abs(w) < 100]
        jitter = np.random.default_rng(0).uniform(-0.1, 0.2, len(inside))
        marks = curve_marks()
        marks.append(Points(inside, jitter, color="sky", size=2, alpha=0.6, label="ends of the walks"))
        height = float(CURVE.error(state["start"]))
        marks.append(Handle(state["start"], height, sets={"x": "start"}, label="start (drag it)"))
        axes = Axis(CURVE.low, CURVE.high, "weight"), Axis(-0.15, 2, "error")
        return Panel(marks, *axes, title="Where the walks end", legend="upper right")

    def chance_panel(self, levels, chances, facts):
        marks = [
            Line(levels, 100 * np.array(chances), color="orange"),
            Points(levels, 100 * np.array(chances), color="orange", size=3),
            Points(facts["noise"], 100 * facts["chance"], color="ink", size=6, shape="diamond", label="now"),
        ]
        axes = Axis(0, 8.2, "noise of the gradient"), Axis(0, 103, "%")
        title = "Walks that end in the global valley"
        return Panel(marks, *axes, title=title, at=(0, 1), legend="upper left")

    def sentence(self, f):
        error = f["typical_error"]
        found = f"The median error is {error:.2g} above the smallest."
        if not error < 1e6:
            found = "Most have left the picture."
        return (
            f"Of {WALKERS} walks from {f['start']:.2f}, {100 * f['chance']:.0f} % end in the valley"
            f" of the global minimum. {found}"
        )


def chance_of(w: np.ndarray) -> float:
    """Share of ends in the valley of the global minimum."""
    return float((np.abs(w - BEST) < 0.5).mean())


def typical_error(w: np.ndarray) -> float:
    """Median error above the smallest; inf if most are lost."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = CURVE.error(w) - CURVE.error(BEST)
    return float(np.median(np.where(np.isfinite(errors), errors, np.inf)))
