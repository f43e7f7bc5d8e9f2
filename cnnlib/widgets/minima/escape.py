"""Ways out of a false minimum: noise and momentum."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.basins import BEST, CURVE, LOW_RATE
from cnnlib.viz import Axis, Handle, Line, Panel, Points, Scene
from cnnlib.widgets.base import LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.minima.basin_map import curve_marks

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
            "chance": chance_of(w),
            "noise": state["noise"],
            "rate": state["rate"],
            "start": state["start"],
            "momentum": state["momentum"],
            "typical_error": typical_error(w),
        }
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

    def sentence(self, facts):
        error = facts["typical_error"]
        found = f"The median error is {error:.2g} above the smallest."
        if not error < 1e6:
            found = "Most have left the picture."
        return (
            f"Of {WALKERS} walks from {facts['start']:.2f}, {100 * facts['chance']:.0f} % end in the valley"
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
