"""Descent on an error curve of one weight: where it starts, how far it steps, where it ends."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS, Curve, Quadratic, Wells, descend
from cnnlib.viz import Axis, Handle, Line, Panel, Points, Region, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

CURVES = ("one minimum", "several minima")
LOW, HIGH = -3.0, 3.0
_FLOOR = 1e-12  # errors are drawn on a log axis down to here


class DescentExplorer(Widget):
    """An error curve, a start that can be dragged, a learning rate, and the path that follows from them.

    Facts: ``error`` (in excess of the smallest possible), ``weight``, ``steps``, ``rate``, ``start``,
    ``curvature`` (at the nearest minimum), ``limit`` (2 / curvature), ``diverged`` and
    ``at_global_minimum`` (0 or 1).

    >>> DescentExplorer(start=-2, rate=0.5, steps=3).text
    'After 3 steps the weight is -0.250 and the error 0.0312, left of the minimum: it goes down on one side.'
    """

    title = "Gradient descent on one weight"
    controls = (
        Choice("curve", CURVES, label="Error curve"),
        Slider("curvature", 0.1, 5, 1, step=0.1, label="Curvature", help="of the curve with one minimum"),
        Slider("start", LOW, HIGH, -2.5, step=0.01, label="Start"),
        LogSlider("rate", 1e-4, 10, 0.1, label="Learning rate"),
        Slider("steps", 0, 100, 10, integer=True, label="Steps"),
        Choice("optimizer", METHODS, label="Optimizer"),
    )
    advances = "steps"

    def compute(self, state: dict) -> Scene:
        curve = self.curve(state)
        path = descend(curve, state["start"], state["rate"], state["steps"], state["optimizer"])
        with np.errstate(over="ignore", invalid="ignore"):
            errors = curve.error(path)
        best = curve.global_minimum()
        facts = self.facts_of(curve, state, path, errors - curve.error(best))
        panels = [
            self.curve_panel(curve, path, errors, best),
            self.error_panel(state, errors - curve.error(best)),
        ]
        return Scene(panels, self.sentence(curve, state, path, facts), facts, columns=(3, 2))

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

    def curve_panel(self, curve: Curve, path: np.ndarray, errors: np.ndarray, best: float) -> Panel:
        w = np.linspace(LOW, HIGH, 400)
        heights = curve.error(w)
        top = float(heights.max()) * 1.25
        shown = np.abs(path) < 1e6
        marks = [
            Region(best - 0.02, best + 0.02, color="green", alpha=0.5, label="global minimum"),
            Line(w, heights, color="blue"),
            Line(path[shown], errors[shown], color="muted", width=1.2),
            Points(path[shown], errors[shown], color="orange", size=4, outline="ink", label="steps"),
            Handle(path[0], errors[0], sets={"x": "start"}, label="start (drag it)"),
        ]
        if shown[-1]:
            marks.append(Points(path[-1], errors[-1], color="green", shape="diamond", size=7, outline="ink"))
        x, y = Axis(LOW, HIGH, "weight"), Axis(0, top, "error")
        return Panel(marks, x, y, title="The error curve and the path", legend="upper right")

    def error_panel(self, state: dict, errors: np.ndarray) -> Panel:
        steps = np.arange(len(errors))
        drawn = np.where(np.isfinite(errors), np.maximum(errors, _FLOOR), np.nan)
        marks = [Line(steps, drawn, color="orange"), Points(steps, drawn, color="orange", size=2.5)]
        y = Axis(_FLOOR, 100, "error above the minimum", log=True)
        return Panel(
            marks,
            Axis(0, max(10, state["steps"]), "step", whole=True),
            y,
            title="Error at each step",
            at=(0, 1),
        )

    def sentence(self, curve: Curve, state: dict, path: np.ndarray, facts: dict) -> str:
        steps = f"After {state['steps']} step{'s' if state['steps'] != 1 else ''}"
        if facts["diverged"]:
            return f"{steps} the descent has left the picture: the error grows without bound. It diverges."
        place = f"{steps} the weight is {facts['weight']:.3f} and the error {facts['error']:.3g}"
        if state["curve"] == CURVES[1]:
            return f"{place} above the minimum: {self.whereabouts(curve, path)}."
        return f"{place}, {side(path)}: {manner(path)}."

    def whereabouts(self, curve: Curve, path: np.ndarray) -> str:
        """In which minimum the path ends, if in any."""
        minima, _ = curve.stationary()
        nearest = minima[np.argmin(np.abs(minima - path[-1]))]
        if abs(nearest - path[-1]) > 0.05:
            return "in no minimum yet"
        if nearest == curve.global_minimum():
            return f"in the global minimum at {nearest:.2f}"
        return f"in a false minimum at {nearest:.2f}"


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
        return "it jumps from side to side of the minimum"
    if ratio > 0.9:
        return "it crawls"
    return "it goes down on one side" if sides == 0 else "it swings through the minimum"
