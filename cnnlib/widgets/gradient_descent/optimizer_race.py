"""Five optimizers on one surface of two weights, from one start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.races import best_rate, excess
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Axis, Handle, Heatmap, Line, Narrow, Panel, Points, Scene, Slot, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.gradient_descent.error_words import alike
from cnnlib.widgets.gradient_descent.finish import finish_of
from cnnlib.widgets.gradient_descent.map_labels import MapLabels
from cnnlib.widgets.gradient_descent.race_words import CREEPS, LITTLE_SLOPE, REASONS, manner, why
from cnnlib.widgets.gradient_descent.surface_picture import (
    COLORS,
    SHAPES,
    SURFACES,
    WORDS,
    Curve,
    error_panel,
    level_places,
    map_axes,
    map_marks,
    surface_of,
    visible,
    window,
)

ALL = "all five"
TABLE_WIDE = 1.033  # of its panel to the table: it ends where the plot above it does
WIDE, MAP_HIGH = 1.27, 350  # width of the map by its height, its height where there is little room
COLUMNS, ROWS, HEIGHT = (610, 418), (1, "204px", "38px"), 478  # map; then errors, the table and why
NARROW = Narrow(
    ("min(420px, 10px + 79% of width)", "212px", "204px", "40px"),
    (1,),
    at={"map": (0, 0), "errors": (1, 0), "table": (2, 0), "why": (3, 0)},
)
SLOTS = {
    "head": ("surface",),
    "bar": ("rate", "best_rates", "larger"),
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
ASIDE = dict(
    zip(METHODS, (-2.6, 0.0, 2.6, -1.3, 1.3), strict=True)
)  # pixels: no path hides one on its course
ACROSS = np.array([0.8, 0.6])  # the way in which paths are moved aside
STRONG, QUIET, PALE = 1.0, 0.9, 0.25  # opacity of the first or chosen path, of others, beside a chosen one
SIGN, SMALL = 6, 3.5  # radii of signs on the map: alone, and where the larger picture shows them
HIDDEN = 1.7  # how much larger a sign is that lies beneath another
EVERY = 10  # steps from dot to dot on the strong path: far apart is fast


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
        Toggle("larger", False, label="Enlarge the finish"),
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
        strong = self.strengths(state["alone"], facts)
        chosen = state["alone"] != ALL
        curves = [
            Curve(errors[m], COLORS[m], strong[m], width_of(strong[m]), chosen and strong[m] == STRONG, m)
            for m in sorted(METHODS, key=strong.get)
        ]
        paths = {m: path[: now + 1] for m, path in paths.items()}
        last, words = self.ranking(facts)[-1], why(surface)
        finish = finish_of(surface, *window(surface, WIDE), [visible(path) for path in paths.values()])
        rows = len(ROWS) if words else 2
        idle = {
            "condition": state["surface"] != SURFACES[0],
            "rate": state["best_rates"],
            "larger": not finish,
        }
        return Scene(
            [
                self.map_panel(surface, paths, strong, rows, finish if state["larger"] else None),
                error_panel(curves, now, at_ends=True),
                self.table(facts, strong),
            ],
            self.sentence(state, facts, manner(surface, paths[last], errors[last][: now + 1])),
            facts,
            rows=ROWS if words else ROWS[:-1],
            columns=COLUMNS,
            height=HEIGHT,
            slots=[Slot("why", (2, 1), text=words)] if words else [],
            narrow=NARROW if words else replace(NARROW, rows=NARROW.rows[:-1]),
            idle=[name for name, out_of_use in idle.items() if out_of_use],
        )

    def strengths(self, alone: str, facts: dict) -> dict[str, float]:
        """Opacity of each path: full for the chosen one, else for the first; at the start all are quiet."""
        if alone != ALL:
            return {m: STRONG if m == alone else PALE for m in METHODS}
        first = self.ranking(facts)[0] if facts["steps"] else None
        return {m: STRONG if m == first else QUIET for m in METHODS}

    @staticmethod
    def facts_of(state, errors, rates):
        facts = {f"error_{m}": float(errors[m][state["steps"]]) for m in METHODS}
        facts |= {f"rate_{m}": float(rates[m]) for m in METHODS}
        return facts | {"steps": state["steps"], "best_rates": int(state["best_rates"])}

    @staticmethod
    def ranking(facts) -> list[str]:
        """The optimizers, smallest error first."""
        return sorted(METHODS, key=lambda m: facts[f"error_{m}"])

    def map_panel(self, surface, paths, strong, rows, finish):
        """The ground and five paths, side by side where they share a course, and a sign where each is."""
        marks = list(map_marks(surface, WIDE))
        seen = {m: visible(path) for m, path in paths.items()}
        low, high = window(surface, WIDE)
        pixel = (high[1] - low[1]) / MAP_HIGH
        order = sorted(seen, key=strong.get)  # what is strong lies above
        labels = MapLabels(low, high, MAP_HIGH, *seen.values())
        for m in order:
            aside, alpha = seen[m] + ASIDE[m] * pixel * ACROSS, strong[m]
            if alpha == STRONG:
                marks.append(Line(*aside.T, color="paper", width=5, alpha=0.7))
                marks.append(Points(*aside[EVERY::EVERY].T, color=COLORS[m], size=3))
            marks.append(Line(*aside.T, color=COLORS[m], width=width_of(alpha), alpha=alpha))
        for i, m in enumerate(order):
            knot = finish is not None and finish.holds(seen[m][-1])
            size = (SMALL if knot else SIGN) + (strong[m] == STRONG)
            above = [seen[other][-1] for other in order[i + 1 :]]
            if any(np.linalg.norm(place - seen[m][-1]) < size * pixel for place in above):
                size *= HIDDEN
            marks.append(Points(*seen[m][-1:].T, size=size, alpha=sign_alpha(strong[m]), **sign_of(m)))
        start, others = seen[METHODS[0]][0], surface.minima[:-1]
        if finish is not None:
            labels.taken += [finish.whole, finish.square]
            marks += finish.ground(surface)
            for m in order:
                marks += finish.path(seen[m], COLORS[m], strong[m], width_of(strong[m]))
            for m in order:
                marks += finish.sign(seen[m][-1:], sign_alpha(strong[m]), sign_of(m))
            marks += finish.frame()
        marks += [
            labels.note(start, "start: drag me", far=2),
            *(labels.note(place, words) for place, words in level_places(surface)),
            labels.note(surface.minima[-1], "a lowest point" if len(others) else "lowest point", far=4),
            *(labels.note(other, "the other", far=4) for other in others),
            Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, size=8),
        ]
        return Panel(marks, *map_axes(surface, WIDE), at=(0, 0, rows, 1), equal=True, grid=False, name="map")

    def table(self, facts, strong):
        """Sign and error of each, smallest error first: the legend, and a click chooses one.

        The rates are told where they differ.
        """
        marks = [Heatmap(np.zeros((5, 1)), (0, 1, 0, 5), alpha=0.0, cmap="ink", hover=False, emits="table")]
        ranking = self.ranking(facts)
        told = alike([facts[f"error_{m}"] for m in ranking])
        for row, (m, error) in enumerate(zip(ranking, told, strict=True)):
            y, pale = row + 0.5, strong[m] == PALE
            look = {"color": "muted" if pale else "ink", "bold": strong[m] == STRONG, "size": 13}
            marks += [
                Line([0, 1], [row + 1, row + 1], color="grid", width=1),
                Points(0.03, y, size=6, alpha=sign_alpha(strong[m]), **sign_of(m)),
                Text(0.075, y, m, align="left", **look),
                Text(1, y, error, align="right", **look),
            ]
            if facts["best_rates"]:
                rate = say("rate {facts:.2g}", facts=facts[f"rate_{m}"])
                marks.append(Text(0.36, y, rate, color="muted", align="left"))
        title = "Smallest error first"
        axes = Axis(0, TABLE_WIDE, visible=False), Axis(5, 0, visible=False)
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


def width_of(alpha: float) -> float:
    """How thick a path of an opacity is."""
    return {STRONG: 3.2, QUIET: 2.0}.get(alpha, 1.3)


def sign_alpha(alpha: float) -> float:
    """Opacity of the sign of a path: pale only beside a chosen one."""
    return alpha if alpha == PALE else 1.0


def sign_of(method: str) -> dict:
    """Shape and colour of an optimizer; a cross has no outline."""
    shape = SHAPES[method]
    return {"color": COLORS[method], "shape": shape, "outline": "" if shape == "cross" else "ink"}
