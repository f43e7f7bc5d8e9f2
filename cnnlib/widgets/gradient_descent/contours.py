"""Descent on an error surface of two weights, drawn on a map of the error."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.races import excess
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Arrows, Figure, Handle, Line, Narrow, Panel, Points, Scene, Slot, Zone
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.gradient_descent.error_words import FINE, beside_plain, plain, short
from cnnlib.widgets.gradient_descent.first_runs import MOMENTUM, first_run, left_at, outcome
from cnnlib.widgets.gradient_descent.map_labels import MapLabels, apart
from cnnlib.widgets.gradient_descent.missed_way import MissedWay
from cnnlib.widgets.gradient_descent.surface_picture import (
    MIDDLE,
    SURFACES,
    WORDS,
    Curve,
    error_panel,
    level_places,
    map_axes,
    map_marks,
    near,
    surface_of,
    window,
    words_about,
)

HORIZONS = (60, 120, 200)  # steps drawn: the fewest that hold them
WIDE, MAP_HIGH = 1.47, 350  # width of the map by its height, its height in pixels where there is little room
COLUMNS, HEIGHT = (690, 338), 466  # map; then optimizer, errors and what is beneath
ROWS = ("74px", 1, "66px")
NARROW = Narrow(
    ("74px", "14px + 68% of width", "212px", "92px"),
    (1,),
    at={"method": (0, 0), "map": (1, 0), "errors": (2, 0), "words": (3, 0)},
)
ENDS = {
    "arrived": "arrived",
    "near": "near the lowest point",
    "hollow": "stuck in a hollow",
    "saddle": "on level ground, a saddle",
    "crawls": "it crawls",
}
WITHOUT_MEMORY = ("SGD", "Adam")  # rules on which the slider of momentum has no effect
ARROW = 0.18  # length of the arrow of the steepest way, as a share of the height of the map
BEADS = 0.024  # least distance between two dots of a path, as a share of the height of the map
PLAIN = METHODS[0]
ASKS = {PLAIN: "Which way is down?", "Momentum": "What does momentum change?"}
SLOTS = {
    "head": ("surface",),
    "bar": ("rate", "momentum"),
    "method": ("optimizer",),
    "more": ("condition", "angle"),
    "handle": ("start_1", "start_2", "steps"),
}


class ContourExplorer(Widget):
    """A map of an error of two weights, a start that can be dragged, the path, and the steepest way down.

    Facts: ``error`` (above the smallest), ``weight_1``, ``weight_2``, ``steps``, ``rate``, ``condition``
    and ``limit`` (2 / largest curvature) at the nearest minimum, ``aside`` (degrees between the steepest
    way down and the way to the minimum, at the start), ``slope`` (length of the gradient), ``diverged``,
    ``plain_error`` (of SGD at the same rate).

    >>> ContourExplorer(condition=1, rate=1, steps=1).text[:56]
    'After 1 step the error is 0 at (0.000, 0.000): arrived. '
    """

    title = ASKS[PLAIN]
    controls = (
        Choice("surface", SURFACES, label="Error surface", picker="segments", words=WORDS),
        LogSlider("condition", 1, 100, 10, label="Narrowness (condition number)"),
        Slider("angle", 0, 90, 30, step=1, label="Angle", unit="degrees"),
        Slider("start_1", -3, 3, -2.5, step=0.01, label="Start, weight 1"),
        Slider("start_2", -3, 3, 2.0, step=0.01, label="Start, weight 2"),
        LogSlider("rate", 1e-3, 10, 1.7, label="Learning rate"),
        Slider("steps", 0, HORIZONS[-1], 20, integer=True, label="Steps"),
        Choice("optimizer", METHODS, label="Optimizer", picker="segments"),
        Slider("momentum", 0, 0.99, MOMENTUM, step=0.01, label="Momentum"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "5 steps a second"

    def first_values(self, state):
        return first_run(state["surface"], state["optimizer"])

    def limits(self, state):
        surface = surface_of(state["surface"], 1.0, 0.0)
        low, high = near(surface)
        return {f"start_{i + 1}": (float(low[i]), float(high[i])) for i in range(2)}

    def compute(self, state):
        surface = surface_of(state["surface"], state["condition"], state["angle"])
        start = np.array([state["start_1"], state["start_2"]])
        horizon = next(n for n in HORIZONS if n >= state["steps"])
        whole = descend(surface, start, state["rate"], horizon, state["optimizer"], state["momentum"])
        plain_path = descend(surface, start, state["rate"], horizon)
        path, plain_path_now = whole[: state["steps"] + 1], plain_path[: state["steps"] + 1]
        compared = state["optimizer"] != PLAIN
        facts = self.facts_of(surface, path, state)
        facts["plain_error"] = float(excess(surface, plain_path_now[-1:])[0])
        bowl = state["surface"] == SURFACES[0]
        idle = [] if bowl else ["condition", "angle"]
        idle += ["momentum"] * (state["optimizer"] in WITHOUT_MEMORY)
        low, high = window(surface, WIDE, close=True)
        left, plain_left = left_at(whole, low, high), left_at(plain_path, low, high)
        name = state["optimizer"] if compared else ""
        curves = [Curve(excess(surface, whole), "path", name=name)]
        if compared:
            errors = excess(surface, plain_path)
            errors[len(errors) if plain_left is None else plain_left + 1 :] = np.nan
            curves.append(Curve(errors, "rival", name=PLAIN, sign=rival_end()))
        ghost = plain_path_now[: None if plain_left is None else plain_left + 1] if compared else None
        seen = path[: None if left is None else left + 1]
        return Scene(
            [
                self.map_panel(surface, seen, ghost, name),
                error_panel(curves, state["steps"], left, at=(1, 1)),
            ],
            self.sentence(state, facts, outcome(surface, path)),
            facts,
            rows=ROWS,
            columns=COLUMNS,
            height=HEIGHT,
            figures=self.figures(facts),
            slots=[Slot("method", (0, 1)), Slot("words", (2, 1), text=words_about(state["surface"]))],
            title=title_of(state["optimizer"]),
            zones={"rate": self.zones(facts["limit"]) if bowl and not compared else []},
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
            "aside": MissedWay.degrees(-surface.gradient(start), goal - start),
            "slope": float(np.linalg.norm(surface.gradient(start))),
            "diverged": int(not (np.abs(end) < 1e3).all()),
        }

    def figures(self, facts):
        error = "beyond measure" if facts["diverged"] else short(facts["error"])
        return [Figure("Error", error, large=True)]

    def zones(self, limit):
        """What rates lead to in the steep direction of a bowl."""
        zones = [Zone(0.05 * limit, word("crawls"), "link", "▲"), Zone(limit / 2, word("bends"), MIDDLE, "●")]
        border = Zone(limit, "zigzags", "muted", "⇄", say("2/curvature = {limit:.2f}", limit=limit))
        return [*zones, border, Zone(10, "explodes", "ink", "✕")]

    def map_panel(self, surface, seen, ghost, name):
        """The ground, the path on it, its start and its end, and a word at each; beside it that of SGD."""
        low, high = window(surface, WIDE, close=True)
        start, size = seen[0], high[1] - low[1]
        way = -surface.gradient(start)
        length = np.linalg.norm(way)
        arrow = (way / length if length > 1e-9 else way * 0) * ARROW * size
        others = [np.array([start, start + arrow])] if ghost is None else [ghost]
        missed = MissedWay(surface, start, size)
        told = missed.told and ghost is None
        labels = MapLabels(
            low, high, MAP_HIGH, seen, *others, *([missed.straight, missed.arc] if told else [])
        )
        goal = surface.minima[-1]
        beside = [missed.beside] if told else []
        notes = [missed.note(labels)] if told else []  # first: it must stand at its arc
        notes += [labels.note(start, "start: drag me", far=2, first=beside)]
        notes += [labels.note(goal, "lowest point", far=4)]
        notes += [labels.note(place, words) for place, words in level_places(surface)]
        marks = [*map_marks(surface, WIDE, close=True), *(missed.lines() if told else [])]
        marks += ghost_marks(ghost) if ghost is not None else []
        marks += path_marks(seen, apart(seen, BEADS * size))
        if ghost is not None and len(seen) > 1:
            marks.append(Points(*ghost[-1:].T, size=6, **rival_end()))
        if ghost is None:
            marks.append(Arrows([start[0]], [start[1]], [arrow[0]], [arrow[1]], color="ink", width=1.8))
        elif len(seen) > 1:
            notes.append(labels.note(within(ghost, low, high)[-1], "SGD, same rate", color="rival"))
            notes.append(labels.note(halfway(within(seen, low, high)), name, color="path"))
        marks += [*notes, Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, size=8)]
        axes = map_axes(surface, WIDE, close=True)
        return Panel(marks, *axes, at=(0, 0, 3, 1), equal=True, grid=False, name="map")

    def sentence(self, state, facts, end):
        steps = say_many("After {number} step", "After {number} steps", state["steps"])
        if facts["diverged"]:
            return say(
                "{steps} the path has left the map: the error grows without bound. It diverges.", steps=steps
            )
        place = f"({facts['weight_1']:.3f}, {facts['weight_2']:.3f})".replace("-0.000", "0.000")
        now = say(
            "{steps} the error is {error} at {place}",
            steps=steps,
            error=plain(facts["error"], 3 if facts["error"] >= FINE else 2),
            place=place,
        )
        now += f": {word(ENDS[end])}." if end in ENDS else "."
        if state["optimizer"] != PLAIN and not state["steps"]:
            return now
        if state["optimizer"] != PLAIN:
            return f"{now} {beside_plain(facts['error'], facts['plain_error'])}"
        aside = facts["aside"]
        if facts["slope"] < 1e-9:
            way = "At the start the gradient is zero: there is no way down to follow"
        elif aside < 0.5:
            way = "The arrow at the start points straight at the minimum"
        else:
            way = say("The arrow at the start misses the minimum by {aside:.0f} degrees", aside=aside)
        return say("{now} {way}.", now=now, way=way)


def title_of(method: str) -> str:
    """The question that a run of a method answers."""
    return word(ASKS[method]) if method in ASKS else say("What does {method} change?", method=method)


def path_marks(seen: np.ndarray, beads: np.ndarray) -> list:
    """A path with a rim of paper, a dot a step, and a diamond where it stands."""
    return [
        Line(*seen.T, color="paper", width=4.5, alpha=0.75),
        Line(*seen.T, color="path", width=2.2),
        Points(*beads.T, color="path", size=3.4),
        Points(*seen[-1:].T, color="path", shape="diamond", size=6.5, outline="paper"),
    ]


def ghost_marks(ghost: np.ndarray) -> list:
    """The path of SGD from the same start at the same rate, to compare with."""
    return [Line(*ghost.T, color="paper", width=4, alpha=0.6), Line(*ghost.T, color="rival", width=2)]


def rival_end() -> dict:
    """How the end of SGD's path looks; it lies above all."""
    return {"color": "rival", "shape": "square", "outline": "paper"}


def within(path: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Those points of a path that are on the map."""
    return path[((path >= low) & (path <= high)).all(axis=1)]


def halfway(path: np.ndarray) -> np.ndarray:
    """The point after half of the length of a path.

    >>> halfway(np.array([[0.0, 0], [1, 0], [1, 3], [1, 4]])).tolist()
    [1.0, 3.0]
    """
    gone = np.append(0, np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum())
    return path[np.searchsorted(gone, gone[-1] / 2)]
