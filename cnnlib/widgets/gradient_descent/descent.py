"""Descent on an error curve of one weight: where it starts, how far it steps, where it ends."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS, Curve, Quadratic, Wells, descend
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Figure, Narrow, Scene, Zone
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.gradient_descent.descent_picture import curve_panel, error_panel
from cnnlib.widgets.gradient_descent.error_words import FINE, plain, short
from cnnlib.widgets.gradient_descent.surface_picture import MIDDLE

CURVES = ("one minimum", "several minima")
LOW, HIGH = -3.0, 3.0
GOAL = 0.02  # the error whose first step is told
SLOTS = {
    "head": ("curve",),
    "bar": ("rate", "curvature"),
    "handle": ("start", "steps"),
    "more": ("optimizer",),
}
NEAR, FAR = 40, 100  # steps drawn: the nearer end as long as it holds them


class DescentExplorer(Widget):
    """An error curve, a start that can be dragged, a learning rate, and the path that follows from them.

    Facts: ``error`` (in excess of the smallest possible), ``weight``, ``steps``, ``rate``, ``start``,
    ``curvature`` (at the nearest minimum), ``limit`` (2 / curvature), ``needed`` (first of 100 steps with an
    error below 0.02; inf if there is none), ``diverged`` and ``at_global_minimum`` (0 or 1).

    >>> DescentExplorer(start=-2, rate=0.5, steps=3).text
    'After 3 steps the weight is −0.250 and the error 0.0312, left of the minimum: it glides down.'
    """

    title = "How far should one step go?"
    controls = (
        Choice(
            "curve", CURVES, label="Error curve", picker="segments", words=("one valley", "three valleys")
        ),
        Slider("curvature", 0.1, 5, 1, step=0.1, label="Curvature"),
        Slider("start", LOW, HIGH, -2.5, step=0.01, label="Start"),
        LogSlider("rate", 1e-4, 10, 0.1, label="Learning rate"),
        Slider("steps", 0, FAR, 10, integer=True, label="Steps"),
        Choice("optimizer", METHODS, label="Optimizer"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "5 steps a second"

    def compute(self, state: dict) -> Scene:
        curve, horizon = self.curve(state), NEAR if state["steps"] <= NEAR else FAR
        whole = descend(curve, state["start"], state["rate"], FAR, state["optimizer"])
        with np.errstate(over="ignore", invalid="ignore"):
            excess = curve.error(whole) - curve.error(curve.global_minimum())
        path, errors = whole[: state["steps"] + 1], excess[: state["steps"] + 1]
        facts = self.facts_of(curve, state, path, errors)
        within = np.flatnonzero(excess < GOAL)
        facts["needed"] = float(within[0]) if len(within) else np.inf
        simple = state["curve"] == CURVES[0]
        step = state["rate"] * float(-curve.gradient(whole[0])) if state["optimizer"] == METHODS[0] else None
        return Scene(
            [
                curve_panel(curve, path, step if simple else None),
                error_panel(excess[: horizon + 1], state["steps"], GOAL, facts["needed"], self.note(state)),
            ],
            self.sentence(curve, state, path, facts),
            facts,
            columns=(5, 3),
            height=404,
            figures=self.figures(curve, state, path, facts),
            zones={"rate": self.zones(state, facts["limit"])},
            idle=[] if simple else ["curvature"],
            narrow=Narrow(("300px", "270px"), (1,), 580, {"curve": (0, 0), "error": (1, 0)}),
        )

    def figures(self, curve: Curve, state: dict, path: np.ndarray, facts: dict) -> list[Figure]:
        """What a step leaves; in three valleys, where it ends. Its plot tells when the error is small."""
        if state["curve"] == CURVES[1]:
            return [Figure("Now", _short_place(curve, path), large=True)]
        if state["optimizer"] != METHODS[0]:
            return [Figure("Error now", short(facts["error"]), large=True)]
        left = abs(1 - state["rate"] * facts["curvature"])
        words = f"{100 * left:.3g} %" if left < 10 else say("{left:.3g} times", left=left)
        return [Figure("Each step leaves", words, "of the distance", large=True)]

    def note(self, state: dict) -> str:
        """Why the errors of SGD in one valley lie on a straight line."""
        if state["curve"] == CURVES[1] or state["optimizer"] != METHODS[0]:
            return ""
        left = (1 - state["rate"] * state["curvature"]) ** 2
        if left > 1:
            return say("Straight: each step makes the error {left:.3g} times as large.", left=left)
        return say("Straight: each step leaves {left:.3g} % of the error.", left=100 * left)

    def zones(self, state: dict, limit: float) -> list[Zone]:
        """What rates lead to; only SGD has these borders."""
        if state["optimizer"] != METHODS[0]:
            return []
        border = say("2/curvature = {limit:.2f}", limit=limit)
        if state["curve"] == CURVES[1]:
            border = say("2/curvature of C = {limit:.2f}", limit=limit)
            rates = [(limit / 2, word("settles"), "●"), (limit, word("jumps"), "⇄")]
            rates += [(10, "never settles in C", "✕")]
        else:
            rates = [(0.05 * limit, word("crawls"), "▲"), (limit / 2, word("glides"), "●")]
            rates += [(limit, word("zigzags"), "⇄"), (10, word("explodes"), "✕")]
        shades = ("link", MIDDLE, "muted", "ink")[-len(rates) :]
        return [
            Zone(min(end, 10), words, shade, sign, border if end == limit else "")
            for (end, words, sign), shade in zip(rates, shades, strict=True)
        ]

    def curve(self, state: dict) -> Curve:
        """The error curve of a state."""
        return Quadratic(state["curvature"]) if state["curve"] == CURVES[0] else Wells()

    def facts_of(self, curve: Curve, state: dict, path: np.ndarray, errors: np.ndarray) -> dict:
        minima, _ = curve.stationary()
        end = path[-1]
        nearest = minima[np.argmin(np.abs(minima - (end if np.isfinite(end) else state["start"])))]
        curvature = float(curve.curvature(nearest))
        diverged = not np.isfinite(errors[-1]) or abs(end) > 10 * HIGH
        at_best = abs(end - curve.global_minimum()) < 0.05
        return {
            "error": float(errors[-1]),
            "weight": float(end),
            "steps": state["steps"],
            "rate": state["rate"],
            "start": state["start"],
            "curvature": curvature,
            "limit": 2 / curvature,
            "diverged": int(diverged),
            "at_global_minimum": int(at_best),
        }

    def sentence(self, curve: Curve, state: dict, path: np.ndarray, facts: dict) -> str:
        steps = say_many("After {number} step", "After {number} steps", state["steps"])
        if facts["diverged"]:
            return say(
                "{steps} the descent has left the picture: the error grows without bound. It diverges.",
                steps=steps,
            )
        place = say(
            "{steps} the weight is {weight:.3f} and the error {error}",
            steps=steps,
            weight=round(facts["weight"], 3) + 0.0,  # no minus before a zero
            error=plain(facts["error"], 3 if facts["error"] >= FINE else 2),
        )
        if state["curve"] == CURVES[1]:
            return say(
                "{place} above the minimum: {whereabouts}.",
                place=place,
                whereabouts=self.whereabouts(curve, path),
            )
        return say("{place}, {side}: {manner}.", place=place, side=side(path), manner=manner(path))

    def whereabouts(self, curve: Curve, path: np.ndarray) -> str:
        """In which minimum the path ends, if in any."""
        minima, _ = curve.stationary()
        nearest = minima[np.argmin(np.abs(minima - path[-1]))]
        if abs(nearest - path[-1]) > 0.05:
            return "in no minimum yet"
        if nearest == curve.global_minimum():
            return say("in the global minimum at {nearest:.2f}", nearest=nearest)
        return say("in a false minimum at {nearest:.2f}", nearest=nearest)


def side(path: np.ndarray) -> str:
    """On which side of the minimum at 0 a path ends."""
    if abs(path[-1]) < 5e-4:
        return "at the minimum"
    return "left of the minimum" if path[-1] < 0 else "right of the minimum"


def manner(path: np.ndarray) -> str:
    """How a path about the minimum at 0 goes: crawling, down one side, from side to side, growing."""
    if len(path) == 1:
        return "no step is taken yet"
    if path[0] == 0:
        return "it began at the minimum and stays there"
    ratio = abs(path[-1] / path[0])
    sides = np.mean(np.sign(path[1:]) != np.sign(path[:-1]))
    if ratio > 1 + 1e-9:
        return "the error grows: the rate is too high"
    if sides > 0.5:
        return "it zigzags from side to side of the minimum"
    if ratio > 0.9:
        return "it crawls"
    return "it glides down" if sides == 0 else "it swings through the minimum"


def _short_place(curve: Curve, path: np.ndarray) -> str:
    """The valley that a path has come to, in a word or two."""
    minima, _ = curve.stationary()
    nearest = int(np.argmin(np.abs(minima - path[-1])))
    return (
        say("in {value}", value="ABC"[nearest]) if abs(minima[nearest] - path[-1]) <= 0.05 else "on the way"
    )
