"""Five optimizers on one surface of two weights, from one start."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Surface
from cnnlib.viz import Handle, Line, Panel, Points, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.gradient_descent.contours import (
    COLORS,
    DASHES,
    SHAPES,
    SURFACES,
    ContourExplorer,
    error_panel,
    excess,
    map_axes,
    map_marks,
    surface_of,
    visible,
)


class OptimizerRace(Widget):
    """Five optimizers from one start on one surface: with one rate for all, or each with its best.

    The best rate of an optimizer is that, of 60 between 0.001 and 10, which has the smallest error after
    the `length` steps of the race. Facts: ``error_SGD`` and so on, ``rate_SGD`` and so on, ``steps``,
    ``best_rates`` (0 or 1).

    >>> OptimizerRace(steps=0).text
    'After 0 steps all five stand at the start.'
    """

    title = "Five optimizers, one start"
    controls = (
        Choice("surface", SURFACES, label="Error surface"),
        LogSlider("condition", 1, 100, 50, label="Condition number", help="of the bowl"),
        Slider("start_1", -3, 3, -2.0, step=0.01, label="Start, weight 1"),
        Slider("start_2", -3, 3, 2.0, step=0.01, label="Start, weight 2"),
        LogSlider("rate", 1e-3, 10, 0.1, label="Learning rate for all"),
        Toggle("best_rates", False, label="Each with its best rate"),
        Slider("steps", 0, 100, 40, integer=True, label="Steps"),
    )
    advances = "steps"
    length = 100
    limits = ContourExplorer.limits

    def compute(self, state):
        surface = surface_of(state["surface"], state["condition"], 30.0)
        start = np.array([state["start_1"], state["start_2"]])
        rates = dict.fromkeys(METHODS, state["rate"])
        if state["best_rates"]:
            rates = {method: best_rate(surface, start, method, self.length) for method in METHODS}
        paths = {m: descend(surface, start, rates[m], state["steps"], m) for m in METHODS}
        errors = {m: excess(surface, path) for m, path in paths.items()}
        facts = {f"error_{m}": float(errors[m][-1]) for m in METHODS}
        facts |= {f"rate_{m}": float(rates[m]) for m in METHODS} | {"steps": state["steps"]}
        facts["best_rates"] = int(state["best_rates"])
        curves = [(errors[m], COLORS[m], DASHES[m], f"{m}, rate {rates[m]:.2g}") for m in METHODS]
        panels = [self.map_panel(surface, paths), error_panel(curves, state["steps"])]
        return Scene(panels, self.sentence(state, facts), facts, columns=(1, 1), height=420)

    def map_panel(self, surface, paths):
        marks = list(map_marks(surface))
        for m, path in paths.items():
            seen = visible(path)
            marks.append(Line(seen[:, 0], seen[:, 1], color=COLORS[m], dash=DASHES[m], width=1.8))
            marks.append(Points(seen[-1:, 0], seen[-1:, 1], color=COLORS[m], shape=SHAPES[m], size=6))
        start = next(iter(paths.values()))[0]
        marks.append(
            Handle(start[0], start[1], sets={"x": "start_1", "y": "start_2"}, label="start (drag it)")
        )
        return Panel(marks, *map_axes(surface), title="Map of the error", equal=True)

    def sentence(self, state, facts):
        steps = f"After {state['steps']} step{'s' if state['steps'] != 1 else ''}"
        if state["steps"] == 0:
            return f"{steps} all five stand at the start."
        ranking = sorted(METHODS, key=lambda m: facts[f"error_{m}"])
        rest = ", ".join(f"{m} {_error(facts[f'error_{m}'])}" for m in ranking[1:])
        if not np.isfinite(facts[f"error_{ranking[0]}"]):
            return f"{steps} all five have diverged."
        return f"{steps} {ranking[0]} leads: error {_error(facts[f'error_{ranking[0]}'])}; then {rest}."


def best_rate(surface: Surface, start: np.ndarray, method: str, steps: int) -> float:
    """The rate, of 60 between 0.001 and 10, with the smallest error after `steps` steps."""
    rates = np.geomspace(1e-3, 10, 60)
    ends = descend(surface, np.broadcast_to(start, (60, 2)), rates[:, None], steps, method)[-1:]
    return float(rates[np.argmin(excess(surface, ends)[0])])


def _error(error: float) -> str:
    return f"{error:.2g}" if error < 1e6 else "beyond measure"
