"""Five optimizers on one surface of two weights, from one start."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.races import best_rate, excess
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Axis, Handle, Heatmap, Line, Narrow, Panel, Points, Scene, Slot, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.gradient_descent.error_words import short
from cnnlib.widgets.gradient_descent.finish import finish_of
from cnnlib.widgets.gradient_descent.first_runs import outcome
from cnnlib.widgets.gradient_descent.map_labels import MapLabels
from cnnlib.widgets.gradient_descent.surface_picture import (
    COLORS,
    SHAPES,
    SURFACES,
    WORDS,
    error_panel,
    level_places,
    map_axes,
    map_marks,
    surface_of,
    visible,
    window,
)

ALL = "all five"
WIDE, MAP_HIGH = 1.27, 350  # width of the map by its height, its height where there is little room
COLUMNS, ROWS, HEIGHT = (610, 418), ("212px", 1, "38px"), 478  # map; then errors, the table and why
NARROW = Narrow(
    ("min(420px, 10px + 79% of width)", "212px", "236px", "40px"),
    (1,),
    at={"map": (0, 0), "errors": (1, 0), "table": (2, 0), "why": (3, 0)},
)
SLOTS = {
    "head": ("surface",),
    "bar": ("rate", "best_rates"),
    "more": ("condition", "momentum", "alone"),
    "handle": ("start_1", "start_2", "steps"),
}
FIRST, START = SURFACES[2], (-2.5, 0.05)
RACES = {  # start and rate for all
    "bowl": ((-2.5, 2.0), 0.1),
    "Rosenbrock's valley": ((-1.7, 0.5), 0.3),
    "saddle": (START, 0.1),
    "ripples": ((-2.5, 2.0), 0.1),
}
OWN_RATES = "each weight has a rate of its own, so little slope does not slow it"
REASONS = dict(
    zip(
        METHODS,
        (
            "it has no memory that carries it past the lowest point",
            "steps in the same direction add up",
            "it looks ahead, so it brakes before the lowest point",
            OWN_RATES,
            OWN_RATES,
        ),
        strict=True,
    )
)
LATELY = 10  # steps by which it is told what an optimizer does
CREEPS, LITTLE_SLOPE = "it creeps", "where there is little slope, it creeps"
ENDS = {
    "left": "it has left the map",
    "hollow": "it sits in a hollow that is not the deepest",
    "saddle": "it stands on the saddle",
    "arrived": "it has arrived as well",
    "near": "it is all but there",
}
ASIDE = dict(
    zip(METHODS, (-2.6, 0.0, 2.6, -1.3, 1.3), strict=True)
)  # pixels: no path hides one on its course
ACROSS = np.array([0.8, 0.6])  # the way in which paths are moved aside
PALE = 0.3  # opacity of a path beside the chosen one
EVERY = 10  # steps from dot to dot on a path: far apart is fast
TAIL = 8  # the last steps of a path, drawn thicker: where all begin together, all are thin


class OptimizerRace(Widget):
    """Five optimizers from one start on one surface: with one rate for all, or each with its best.

    The best rate of an optimizer is that, of 60 between 0.001 and 10 with which its path stays on the map,
    which has the smallest error after the `length` steps of the race. Facts: ``error_SGD`` and so on,
    ``rate_SGD`` and so on, ``steps``, ``best_rates`` (0 or 1).

    >>> OptimizerRace(steps=0).text
    'All five stand at the start. Press Play.'
    """

    title = "Who reaches the bottom first?"
    controls = (
        Choice("surface", SURFACES, FIRST, label="Error surface", picker="segments", words=WORDS),
        LogSlider("condition", 1, 100, 50, label="Narrowness"),
        Slider("start_1", -3, 3, START[0], step=0.01, label="Start, weight 1"),
        Slider("start_2", -3, 3, START[1], step=0.01, label="Start, weight 2"),
        LogSlider("rate", 1e-3, 10, 0.1, label="Learning rate for all"),
        Toggle("best_rates", False, label="Each with its best rate"),
        Slider("steps", 0, 100, 40, integer=True, label="Steps"),
        Slider("momentum", 0, 0.99, 0.9, step=0.01, label="Momentum"),
        Choice("alone", (ALL, *METHODS), label="Show"),
    )
    slots = SLOTS
    advances = "steps"
    speed = "5 steps a second"
    length = 100

    def first_values(self, state):
        start, rate = RACES[state["surface"]]
        return {"start_1": start[0], "start_2": start[1], "rate": rate}

    def limits(self, state):
        surface = surface_of(state["surface"], 1.0, 0.0)
        return {f"start_{i + 1}": (float(surface.low[i]), float(surface.high[i])) for i in range(2)}

    def event(self, event):
        """A click on a row of the table shows that optimizer alone, a second one all of them."""
        if event.get("name") == "table" and event.get("kind") == "click" and event.get("row") is not None:
            ranking = self.ranking(self.facts)
            method = ranking[min(int(event["row"]), len(ranking) - 1)]
            return {"alone": ALL if self.state["alone"] == method else method}

    def compute(self, state):
        surface = surface_of(state["surface"], state["condition"], 30.0)
        start = np.array([state["start_1"], state["start_2"]])
        rates = dict.fromkeys(METHODS, state["rate"])
        if state["best_rates"]:
            key = surface, tuple(start), self.length, state["momentum"]
            rates = {method: best_rate(key[0], key[1], method, *key[2:]) for method in METHODS}
        paths = {m: descend(surface, start, rates[m], self.length, m, state["momentum"]) for m in METHODS}
        errors, now = {m: excess(surface, path) for m, path in paths.items()}, state["steps"]
        facts = self.facts_of(state, errors, rates)
        strong = {m: 1.0 if state["alone"] in (ALL, m) else PALE for m in METHODS}
        curves = [(errors[m], COLORS[m], strong[m]) for m in METHODS]
        signs = [sign_of(m) for m in METHODS]
        paths = {m: path[: now + 1] for m, path in paths.items()}
        panels = [self.map_panel(surface, paths, strong)]
        last = self.ranking(facts)[-1]
        return Scene(
            [*panels, error_panel(curves, now, signs=signs), self.table(facts, strong)],
            self.sentence(state, facts, manner(surface, paths[last], errors[last][: now + 1])),
            facts,
            rows=ROWS,
            columns=COLUMNS,
            height=HEIGHT,
            slots=[Slot("why", (2, 1), text=why(surface))],
            narrow=NARROW,
            idle=["condition"] * (state["surface"] != SURFACES[0]) + ["rate"] * state["best_rates"],
        )

    @staticmethod
    def facts_of(state, errors, rates):
        facts = {f"error_{m}": float(errors[m][state["steps"]]) for m in METHODS}
        facts |= {f"rate_{m}": float(rates[m]) for m in METHODS}
        return facts | {"steps": state["steps"], "best_rates": int(state["best_rates"])}

    @staticmethod
    def ranking(facts) -> list[str]:
        """The optimizers, smallest error first."""
        return sorted(METHODS, key=lambda m: facts[f"error_{m}"])

    def map_panel(self, surface, paths, strong):
        """The ground and five paths, side by side where they share a course, and a sign where each is."""
        marks = list(map_marks(surface, WIDE))
        seen = {m: visible(path) for m, path in paths.items()}
        low, high = window(surface, WIDE)
        pixel = (high[1] - low[1]) / MAP_HIGH
        order = sorted(seen, key=lambda m: strong[m])  # what is chosen lies above
        for m in order:
            aside = seen[m] + ASIDE[m] * pixel * ACROSS
            marks.append(Line(*aside.T, color="paper", width=3.6, alpha=0.6 * strong[m]))
            marks.append(Line(*aside.T, color=COLORS[m], width=1.5, alpha=strong[m]))
            marks.append(Line(*aside[-TAIL - 1 :].T, color=COLORS[m], width=2.8, alpha=strong[m]))
            marks.append(Points(*aside[EVERY::EVERY].T, color=COLORS[m], size=2.4, alpha=strong[m]))
        marks += [Points(*seen[m][-1:].T, size=7, alpha=strong[m], **sign_of(m)) for m in order]
        start = seen[METHODS[0]][0]
        labels = MapLabels(low, high, MAP_HIGH, *seen.values())
        finish = finish_of(surface, low, high, list(seen.values()))
        if finish is not None:
            labels.taken += [finish.whole, finish.square]
            marks += finish.ground(surface)
            for m in order:
                marks += finish.path(seen[m], COLORS[m], strong[m])
            for m in order:
                marks += finish.sign(seen[m][-1:], strong[m], sign_of(m))
            marks += finish.frame()
        marks += [
            labels.note(start, "start: drag me", far=2),
            *(labels.note(place, words) for place, words in level_places(surface)),
            labels.note(surface.minima[-1], "lowest point", far=4),
            *(labels.note(other, "just as low", far=4) for other in surface.minima[:-1]),
            Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, size=8),
        ]
        return Panel(marks, *map_axes(surface, WIDE), at=(0, 0, 3, 1), equal=True, grid=False, name="map")

    def table(self, facts, strong):
        """Sign and error of each, smallest error first: the legend, and a click chooses one.

        The rates are told where they differ.
        """
        marks = [Heatmap(np.zeros((5, 1)), (0, 1, 0, 5), alpha=0.0, cmap="ink", hover=False, emits="table")]
        for row, m in enumerate(self.ranking(facts)):
            error, y, alpha = facts[f"error_{m}"], row + 0.5, strong[m]
            ink = "ink" if alpha == 1 else "muted"
            marks += [
                Line([0, 1], [row + 1, row + 1], color="grid", width=1),
                Points(0.03, y, size=6, alpha=alpha, **sign_of(m)),
                Text(0.075, y, m, color=ink, align="left", bold=row == 0 and facts["steps"] > 0, size=13),
                Text(1, y, short(error), color=ink, align="right", size=13),
            ]
            if facts["best_rates"]:
                rate = say("rate {facts:.2g}", facts=facts[f"rate_{m}"])
                marks.append(Text(0.32, y, rate, color="muted", align="left"))
        title = "Smallest error first"
        axes = Axis(0, 1, visible=False), Axis(5, 0, visible=False)
        return Panel(marks, *axes, title=title, subtitle="click one", at=(1, 1), grid=False, name="table")

    def sentence(self, state, facts, behaviour):
        """Who is first and why, and what the last one does: the errors are in the table."""
        if state["steps"] == 0:
            return word("All five stand at the start. Press Play.")
        steps = say_many("After {number} step", "After {number} steps", state["steps"])
        first, *_, last = self.ranking(facts)
        if not np.isfinite(facts[f"error_{first}"]):
            return say("{steps} all five have diverged.", steps=steps)
        return say(
            "{steps} {first} leads: {reason}. {last} is last: {behaviour}.",
            steps=steps,
            first=first,
            reason=REASONS[first],
            last=last,
            behaviour=LITTLE_SLOPE if (last, behaviour) == (METHODS[0], CREEPS) else behaviour,
        )


def manner(surface, path: np.ndarray, errors: np.ndarray) -> str:
    """What an optimizer does that is last, in words.

    >>> manner(surface_of("bowl", 1.0, 0.0), np.ones((12, 2)), np.ones(12))
    'it creeps'
    """
    end = outcome(surface, path)
    if end in ENDS:
        return ENDS[end]
    lately = errors[-LATELY - 1 :]
    if (np.diff(lately) > 0).any():
        return "it swings to and fro"
    return CREEPS if lately[-1] > 0.8 * lately[0] and len(lately) > LATELY else "it is on its way"


def why(surface) -> str:
    """Why a marker that is near can rank low: the error grows faster in one direction than in the other.

    >>> why(surface_of("bowl", 50.0, 30.0))[:54]
    'Near is not low: across the valley the error grows 50 '
    """
    low, high = surface.curvatures(surface.minima[-1])
    if high < 1.5 * low:
        return ""
    return say(
        "Near is not low: across the valley the error grows {times:.0f} times as fast.", times=high / low
    )


def sign_of(method: str) -> dict:
    """Shape and colour of an optimizer; a cross has no outline."""
    shape = SHAPES[method]
    return {"color": COLORS[method], "shape": shape, "outline": "" if shape == "cross" else "ink"}
