"""Descent on an error surface of two weights, drawn on a map of the error."""

from __future__ import annotations

from math import floor, log10

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.races import excess
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Arrows, Figure, Handle, Line, Narrow, Note, Panel, Points, Scene, Slot, Zone
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.gradient_descent.map_labels import MapLabels, apart
from cnnlib.widgets.gradient_descent.surface_picture import (
    SURFACES,
    WORDS,
    error_panel,
    map_axes,
    map_marks,
    surface_of,
    visible,
    window,
    words_about,
)

NEAR, FAR = 60, 200  # steps drawn: the nearer end as long as it holds them
WIDE, MAP_HIGH = 1.47, 438  # width of the map by its height, its height in pixels
COLUMNS, ROWS, HEIGHT = (
    (690, 338),
    {True: ("212px", 1), False: ("268px", 1)},
    466,
)  # map, then errors and what is beneath
NARROW = Narrow(("256px", "212px", "262px"), (1,), 730, {"map": (0, 0), "errors": (1, 0), "walker": (2, 0)})
WITHOUT_MEMORY = ("SGD", "Adam")  # rules on which the slider of momentum has no effect
VALLEY = {"start_1": -0.3, "start_2": 2.6, "steps": FAR}
SLOTS = {
    "head": ("surface",),
    "bar": ("rate", "momentum"),
    "walker": ("optimizer", "condition", "angle"),
    "handle": ("start_1", "start_2", "steps"),
}


class ContourExplorer(Widget):
    """A map of an error of two weights, a start that can be dragged, the path, and the steepest way down.

    Facts: ``error`` (above the smallest), ``weight_1``, ``weight_2``, ``steps``, ``rate``, ``condition``
    and ``limit`` (2 / largest curvature) at the nearest minimum, ``aside`` (degrees between the steepest
    way down and the way to the minimum, at the start), ``slope`` (length of the gradient), ``diverged``.

    >>> ContourExplorer(condition=1, rate=1, steps=1).text[:47]
    'After 1 step the error is 0 at (0.000, 0.000). '
    """

    title = "Which way is down?"
    controls = (
        Choice("surface", SURFACES, label="Error surface", picker="segments", words=WORDS),
        LogSlider("condition", 1, 100, 10, label="Narrowness (condition number)"),
        Slider("angle", 0, 90, 30, step=1, label="Angle", unit="degrees"),
        Slider("start_1", -3, 3, -2.5, step=0.01, label="Start, weight 1"),
        Slider("start_2", -3, 3, 2.0, step=0.01, label="Start, weight 2"),
        LogSlider("rate", 1e-3, 10, 1.7, label="Learning rate"),
        Slider("steps", 0, FAR, 20, integer=True, label="Steps"),
        Choice("optimizer", METHODS, label="Optimizer"),
        Slider("momentum", 0, 0.99, 0.9, step=0.01, label="Momentum"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "5 steps a second"

    def set_state(self, **values):
        """As for `Widget`; the curved valley opens with a path that runs through it."""
        valley = values.get("surface") in (SURFACES[1], WORDS[1]) and self.state["surface"] != SURFACES[1]
        super().set_state(**(values if not valley or VALLEY.keys() & values else {**values, **VALLEY}))

    def limits(self, state):
        surface = surface_of(state["surface"], 1.0, 0.0)
        return {f"start_{i + 1}": (float(surface.low[i]), float(surface.high[i])) for i in range(2)}

    def compute(self, state):
        surface = surface_of(state["surface"], state["condition"], state["angle"])
        start, horizon = np.array([state["start_1"], state["start_2"]]), _horizon(state["steps"])
        whole = descend(surface, start, state["rate"], horizon, state["optimizer"], state["momentum"])
        path = whole[: state["steps"] + 1]
        facts = self.facts_of(surface, path, state)
        bowl = state["surface"] == SURFACES[0]
        idle = [] if bowl else ["condition", "angle"]
        idle += ["momentum"] * (state["optimizer"] in WITHOUT_MEMORY)
        curves = [(excess(surface, whole), "path", "solid", 1.0)]
        return Scene(
            [self.map_panel(surface, path, facts), error_panel(curves, state["steps"], at=(0, 1))],
            self.sentence(state, facts),
            facts,
            rows=ROWS[bowl],
            columns=COLUMNS,
            height=HEIGHT,
            figures=self.figures(facts),
            slots=[Slot("walker", (1, 1), title="How to read the map", text=words_about(state["surface"]))],
            zones={"rate": self.zones(facts["limit"]) if bowl and state["optimizer"] == "SGD" else []},
            narrow=NARROW,
            idle=idle,
        )

    def facts_of(self, surface, path, state):
        start, end = path[0], path[-1]
        goal = surface.minima[np.argmin(((surface.minima - start) ** 2).sum(1))]
        curvatures = surface.curvatures(goal)
        errors = excess(surface, path)
        return {
            "error": float(errors[-1]),
            "weight_1": float(end[0]),
            "weight_2": float(end[1]),
            "steps": state["steps"],
            "rate": state["rate"],
            "condition": float(curvatures[1] / curvatures[0]),
            "limit": float(2 / curvatures[1]),
            "aside": degrees(-surface.gradient(start), goal - start),
            "slope": float(np.linalg.norm(surface.gradient(start))),
            "diverged": int(not (np.abs(end) < 1e3).all()),
        }

    def figures(self, facts):
        error = "beyond measure" if facts["diverged"] else plain(facts["error"], 2)
        aside = Figure("Arrow misses the lowest point by", f"{facts['aside']:.0f}°")
        return [Figure("Error", error, large=True), *[aside] * (facts["slope"] >= 1e-9)]

    def zones(self, limit):
        """What rates lead to in the steep direction of a bowl."""
        zones = [
            Zone(0.05 * limit, word("crawls"), "link", "▲"),
            Zone(limit / 2, word("bends"), "muted", "●"),
        ]
        border = Zone(limit, "zigzags", "link", "◆", say("2/curvature = {limit:.2f}", limit=limit))
        return [*zones, border, Zone(10, "explodes", "ink", "✕")]

    def map_panel(self, surface, path, facts):
        """The ground, the path on it, the steepest way down from the start, and a word at each of them."""
        low, high = window(surface, WIDE)
        seen, start, size = visible(path), path[0], surface.high - surface.low
        way = -surface.gradient(start)
        length = np.linalg.norm(way)
        arrow = (way / length if length > 1e-9 else way * 0) * 0.15 * size
        drawn = np.concatenate([[start + arrow], seen])
        labels = MapLabels(low, high, MAP_HIGH, drawn)
        goal = surface.minima[-1]
        notes = [labels.note(start, "start: drag me", far=10), labels.note(goal, "lowest point")]
        beads = apart(seen, 9 / MAP_HIGH * size[1])
        marks = [
            *map_marks(surface, WIDE),
            Line(seen[:, 0], seen[:, 1], color="path", width=3.2),
            Points(beads[:, 0], beads[:, 1], color="path", size=3, outline="paper"),
            Arrows([start[0]], [start[1]], [arrow[0]], [arrow[1]], color="ink"),
            Points(*seen[-1:].T, color="path", shape="diamond", size=7, outline="ink"),
            *notes,
            Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, size=10),
        ]
        axes = map_axes(surface, WIDE)
        return Panel(marks, *axes, at=(0, 0, 2, 1), equal=True, grid=False, name="map")

    def sentence(self, state, facts):
        steps = say_many("After {number} step", "After {number} steps", state["steps"])
        if facts["diverged"]:
            return say(
                "{steps} the path has left the map: the error grows without bound. It diverges.", steps=steps
            )
        aside = facts["aside"]
        if facts["slope"] < 1e-9:
            way = "At the start the gradient is zero: there is no way down to follow"
        elif aside < 0.5:
            way = "The arrow at the start points straight at the lowest point"
        else:
            way = say("The arrow at the start misses the lowest point by {aside:.0f} degrees", aside=aside)
        place = f"({facts['weight_1']:.3f}, {facts['weight_2']:.3f})".replace("-0.000", "0.000")
        return say(
            "{steps} the error is {error} at {place}. {way}.",
            steps=steps,
            error=plain(facts["error"], 3),
            place=place,
            way=way,
        )


def plain(error: float, digits: int) -> str:
    """An error to so many digits, written out.

    >>> plain(0.0266, 2), plain(4.583e-5, 2), plain(3e-9, 2), plain(0.0, 2)
    ('0.027', '0.000046', 'less than 0.000001', '0')
    """
    if error == 0 or error >= 1e-4:
        return f"{error:.{digits}g}"
    if error < 1e-6:
        return word("less than 0.000001")
    return f"{error:.{digits - 1 - floor(log10(error))}f}"


def lowest_note(surface) -> list[Note]:
    """Words at the lowest point, or at one of several."""
    place, size = surface.minima[-1], surface.high - surface.low
    return [
        Note(place[0] + 0.02 * size[0], place[1] - 0.015 * size[1], "lowest point", color="ink", needs=300)
    ]


def start_marks(surface, start) -> list:
    """The start as a knob, and what to do with it."""
    size = surface.high - surface.low
    right = start[0] > surface.high[0] - 0.22 * size[0]
    x = start[0] + (-0.035 if right else 0.035) * size[0]
    words = Note(
        x, start[1] + 0.055 * size[1], "start: drag me", color="ink", align="right" if right else "left"
    )
    return [words, Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, size=10)]


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    """Angle between two directions, in degrees; 0 if one has no length.

    >>> round(degrees(np.array([1.0, 0.0]), np.array([1.0, 1.0])))
    45
    """
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(a @ b / lengths, -1, 1)))) if lengths > 1e-12 else 0.0


def _horizon(steps: int) -> int:
    return NEAR if steps <= NEAR else FAR
