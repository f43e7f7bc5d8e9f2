"""Ways out of a false minimum: noise and momentum."""

from __future__ import annotations

from collections import deque
from functools import lru_cache

import numpy as np

from cnnlib.experiments.basins import BEST, CURVE, LOW_RATE, MINIMA
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Cursor, Figure, Handle, Line, Narrow, Note, Panel, Points, Scene, Text
from cnnlib.widgets.base import LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.minima.basin_map import curve_line, minima_marks, start_note, valley_ground

WALKERS, WALK = 400, 400
LEVELS = np.linspace(0, 8, 9)  # of noise
BEYOND = 0.25  # drawn of the curve beyond the starts
LOW = -0.3  # least error drawn: beneath the minima are their names
ELSEWHERE = 0.36, 1.32  # above a hill, where no valley is
NEAR = 0.5  # a walker so near to a minimum is in its valley
SLOTS = {"bar": ("rate", "noise", "momentum"), "head": ("cooling",), "handle": ("start", "steps")}


@lru_cache(maxsize=4)
def walks(start: float, rate: float, noise: float, momentum: float, cooling: bool) -> np.ndarray:
    """Weights (401, 400) along 400 noisy descents of 400 steps; the noise is added to each gradient."""
    return np.array([np.full(WALKERS, start), *_steps(start, rate, noise, momentum, cooling)])


@lru_cache(maxsize=32)
def walk_ends(start: float, rate: float, momentum: float, cooling: bool) -> np.ndarray:
    """Where the 400 walks end, an array (9, 400): at each of the levels of noise, all walked at once."""
    (ends,) = deque(_steps(start, rate, LEVELS[:, None], momentum, cooling), maxlen=1)
    return ends


def _steps(start, rate, noise, momentum, cooling):
    """The weights after each of the 400 steps, of as many rows of walkers as there are levels of noise."""
    rng, w = np.random.default_rng(0), np.full(np.broadcast_shapes(np.shape(noise), (WALKERS,)), float(start))
    velocity = np.zeros(w.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(WALK):
            strength = noise * (1 - step / WALK) if cooling else noise
            slope = CURVE.gradient(w) + strength * rng.normal(size=WALKERS)
            velocity = momentum * velocity + slope
            w = w - rate * velocity
            yield w


class EscapeExplorer(Widget):
    """Four hundred noisy descents from one start: how many end in the valley of the global minimum?

    Play moves the walkers. Facts: ``chance`` (share that stands nearer than half a unit to the global
    minimum), ``typical_error`` (median error above the smallest), both after ``steps`` steps; ``noise``,
    ``rate``, ``momentum``, ``start``.

    >>> EscapeExplorer(noise=0).text[:54]
    'Of 400 walks from −2.50, 0 % end in the valley of the '
    """

    title = "Which way out of a false minimum?"
    controls = (
        Slider("start", CURVE.low, CURVE.high, -2.5, step=0.01, label="Start"),
        LogSlider("rate", LOW_RATE, 1.0, 0.2, label="Learning rate"),
        Slider("noise", 0, 8, 2, step=0.1, label="Noise of the gradient"),
        Slider("momentum", 0, 0.95, 0, step=0.05, label="Momentum"),
        Toggle("cooling", False, label="Noise fades to nothing"),
        Slider("steps", 0, WALK, WALK, step=2, integer=True, label="Steps"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "25 steps a second"
    at_end = "All walks are at their end. Press Rewind to see them again."

    def compute(self, state):
        key = state["start"], state["rate"], state["momentum"], state["cooling"]
        path = walks(key[0], key[1], state["noise"], *key[2:])
        w = path[state["steps"]]
        chances = [chance_of(ends) for ends in walk_ends(*key)]
        facts = self.facts_of(state, w)
        return Scene(
            [
                self.curve_panel(w, state),
                self.time_panel(path, state),
                self.chance_panel(LEVELS, chances, state["noise"], chance_of(path[-1])),
            ],
            self.sentence(facts),
            facts,
            rows=(1, 1),
            columns=(2, 1),
            height=430,
            figures=self.figures(facts),
            narrow=Narrow((5, 4, 4), (1,), 760, {"curve": (0, 0), "time": (1, 0), "noise": (2, 0)}),
        )

    @staticmethod
    def facts_of(state, w):
        return {
            "chance": chance_of(w),
            "noise": state["noise"],
            "rate": state["rate"],
            "start": state["start"],
            "steps": state["steps"],
            "momentum": state["momentum"],
            "typical_error": typical_error(w),
        }

    def figures(self, facts):
        error = f"{facts['typical_error']:.2g}" if facts["typical_error"] < 1e6 else "lost"
        share = Figure("In the valley of C", f"{100 * facts['chance']:.0f} %", large=True)
        return [share, Figure("Median error", error)]

    def curve_panel(self, w, state):
        """The curve with every walker on it, and the share in each valley."""
        with np.errstate(over="ignore", invalid="ignore"):
            inside = w[(w > CURVE.low - BEYOND) & (w < CURVE.high + BEYOND)]
        heap = np.random.default_rng(0).uniform(0.02, 0.16, len(inside))
        shares = percents(w)
        height = float(CURVE.error(state["start"]))
        marks = [
            *valley_ground(LOW, BEYOND),
            curve_line(BEYOND),
            Points(inside, CURVE.error(inside) + heap, color="path", size=2.6, alpha=0.45),
            *minima_marks(),
            Text(MINIMA, CURVE.error(MINIMA), shares[:-1], shift=(0, 33)),
            Text(*ELSEWHERE, say("elsewhere: {share}", share=shares[-1]), color="muted", needs=420),
            Handle(state["start"], height, sets={"x": "start"}, size=8),
            start_note(state["start"], height),
        ]
        if not state["noise"]:
            marks.append(Note(-0.6, 1.93, "Without noise all walks are one. Turn the noise up.", width=190))
        x = Axis(CURVE.low - BEYOND, CURVE.high + BEYOND, "weight", whole=True)
        axes = x, Axis(LOW, 2, "error", ticks=(0, 1, 2))
        title, how = (
            say("Where the {walkers} walkers are", walkers=WALKERS),
            "a dot each, stacked upward from the curve",
        )
        return Panel(marks, *axes, title=title, subtitle=how, at=(0, 0, 2, 1), grid=False, name="curve")

    def time_panel(self, path, state):
        """The share in the valley of the global minimum at each step."""
        with np.errstate(invalid="ignore"):
            shares, now = 100 * (np.abs(path - BEST) < NEAR).mean(axis=1), state["steps"]
        steps = np.arange(len(shares))
        marks = [
            Line(steps[now:], shares[now:], color="path", width=1.5, alpha=0.35),
            Line(steps[: now + 1], shares[: now + 1], color="path", width=2.5),
            Cursor(now, sets={"x": "steps"}, text=str(now)),
        ]
        axes = (
            Axis(0, WALK, "step", whole=True),
            Axis(0, 100, ticks=(0, 50, 100), names=("0 %", "50 %", "100 %")),
        )
        return Panel(marks, *axes, title="In the valley of C", subtitle="over time", at=(0, 1), name="time")

    def chance_panel(self, levels, chances, noise, end):
        """The share at the end for other strengths of the noise."""
        shares = 100 * np.array(chances)
        marks = [
            Line(levels, shares, color="ink"),
            Points(levels, shares, color="ink", size=3),
            Points(noise, 100 * end, color="path", size=7, shape="diamond", outline="ink"),
        ]
        axes = Axis(0, 8.2, "noise"), Axis(0, 100, ticks=(0, 50, 100), names=("0 %", "50 %", "100 %"))
        title, how = "Which noise works best?", "in C at the end"
        return Panel(marks, *axes, title=title, subtitle=how, at=(1, 1), name="noise")

    def sentence(self, facts):
        error = facts["typical_error"]
        found = say("The median error is {error:.2g} above the smallest.", error=error)
        if not error < 1e6:
            found = "Most have left the picture."
        if facts["steps"] < WALK:
            steps = say("After {steps} steps of {walk}", steps=facts["steps"], walk=WALK)
            share = say(
                "{chance:.0f} % of {walkers} walks from {start:.2f}",
                chance=100 * facts["chance"],
                walkers=WALKERS,
                start=facts["start"],
            )
            return say(
                "{steps}, {share} are in the valley of the global minimum. {found}",
                steps=steps,
                share=share,
                found=found,
            )
        return say(
            "Of {walkers} walks from {start:.2f}, {chance:.0f} % end in the valley of the "
            "global minimum. {found}",
            walkers=WALKERS,
            start=facts["start"],
            chance=100 * facts["chance"],
            found=found,
        )


def percents(w: np.ndarray) -> list[str]:
    """The share in each valley and, last, elsewhere: whole numbers that add up to 100.

    >>> percents(np.array([*MINIMA, 0.4, 0.4, 0.4]))
    ['17 %', '17 %', '17 %', '49 %']
    """
    inside = [round(100 * float(np.mean(np.abs(w - place) < NEAR))) for place in MINIMA]
    return [f"{share} %" for share in (*inside, 100 - sum(inside))]


def chance_of(w: np.ndarray) -> float:
    """Share of ends in the valley of the global minimum."""
    return float((np.abs(w - BEST) < 0.5).mean())


def typical_error(w: np.ndarray) -> float:
    """Median error above the smallest; inf if most are lost."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = CURVE.error(w) - CURVE.error(BEST)
    return float(np.median(np.where(np.isfinite(errors), errors, np.inf)))
