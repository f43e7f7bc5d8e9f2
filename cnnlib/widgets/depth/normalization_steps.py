"""Batch normalization of four numbers, node by node: values forwards, gradients backwards."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS, FORWARDS, backward, forward
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Cursor, Figure, Line, Narrow, Panel, Points, Scene, Text
from cnnlib.viz.annotations import away
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.depth.normalization_picture import SYMBOLS, digits_of, graph_panel, short

UPSTREAM = ("the first number alone", "all four alike", "as x̂ itself")
NUMBERS = ("1, 0, 0, 0", "1, 1, 1, 1", "as x̂")
STARTS = (1.0, 2.0, 3.0, 6.0)
SLOTS = {"settings": ("upstream", "x0", "x1", "x2", "x3"), "handle": ("step",), "more": ("gamma",)}
NARROW = Narrow(
    ("235px", "235px"), (1,), 470, {"small values": (0, 0), "small gradients": (1, 0)},
    only=("small values", "small gradients"),
)  # fmt: skip
COUNT = len(FORWARDS) + len(BACKWARDS)


class NormalizationSteps(Widget):
    """Four numbers of one channel are normalised, then a gradient comes back: one node a step.

    It opens with all steps done; the handle of time leads back to any of them.

    Facts: ``step``, ``steps``, ``mean``, ``variance``, ``first`` (the first number normalised), ``upstream``
    (place of the choice), ``gamma``, ``largest_dx`` and ``sum_dx`` (0 until dx is known), ``dgamma``,
    ``dbeta``.

    >>> NormalizationSteps(step=1).text
    'Step 1 of 17, forwards: m, the mean of the four numbers, is 3.00.'
    """

    title = "How does a gradient pass a normalization?"
    slots = SLOTS
    advances = "step"
    controls = (
        Choice("upstream", UPSTREAM, label="Gradient that arrives, dy", picker="segments", words=NUMBERS),
        *(Slider(f"x{i}", -6, 6, start, step=0.1, label=f"x[{i}]") for i, start in enumerate(STARTS)),
        Slider("gamma", 0.5, 3, 1, step=0.1, label="Scale γ"),
        Slider("step", 0, COUNT, COUNT, integer=True, label="Step"),
    )

    def compute(self, state):
        values = forward([state[f"x{i}"] for i in range(4)], state["gamma"])
        dy = (np.eye(4)[0], np.ones(4), values["n"])[UPSTREAM.index(state["upstream"])]
        step, steps = state["step"], backward(values, dy)
        done, back = min(step, len(FORWARDS)), max(step - len(FORWARDS), 0)
        known = {"x", "gamma", "beta", *FORWARDS[:done]}
        gradients = steps[back - 1] if back else {}
        over = step == COUNT
        facts = {
            "step": step, "steps": COUNT, "mean": values["m"], "variance": values["v"],
            "first": float(values["n"][0]), "upstream": UPSTREAM.index(state["upstream"]),
            "gamma": state["gamma"], "dbeta": steps[-1]["beta"], "dgamma": steps[-1]["gamma"],
            "largest_dx": float(np.abs(gradients["x"]).max()) if over else 0.0,
            "sum_dx": float(gradients["x"].sum()) if over else 0.0,
        }  # fmt: skip
        active = FORWARDS[done - 1] if done and not back else BACKWARDS[back - 1] if back else None
        shown_values = {name: values[name] for name in known}
        panels = [
            panel
            for bars in (True, False)
            for panel in (
                graph_panel(shown_values, None if back else active, True, bars),
                graph_panel(gradients, active if back else None, False, bars),
            )
        ]
        shown = np.abs(gradients["x"]).max() if over else None
        figures = [
            Figure("dx adds up to", short(facts["sum_dx"]) if over else "?", large=True),
            Figure("Largest |dx|", "?" if shown is None else f"{shown:.3f}", large=True),
        ]
        return Scene(
            panels, sentence(step, values, gradients), facts, rows=(1, 1), height=392, figures=figures,
            timeline=timeline(step), narrow=NARROW,
        )  # fmt: skip


def timeline(step: int) -> Panel:
    """Both ways, step by step."""
    turn = len(FORWARDS)
    marks = [
        Line([0, turn], [0, 0], color="ink"),
        Line([turn, COUNT], [0, 0], color="ink", dash="dotted"),
        Points(np.arange(1, COUNT + 1), np.zeros(COUNT), color="ink", size=3),
        Text([away(0, turn, step), away(turn, COUNT, step)], [0.75, 0.75], ["forwards →", "backwards ←"]),
        Cursor(step, sets={"x": "step"}),
    ]
    return Panel(
        marks, Axis(-0.2, COUNT + 0.3, whole=True), Axis(-1, 1.4, visible=False), grid=False, name="time"
    )


def listed(numbers, digits: int = 2) -> str:
    return ", ".join(short(number, digits) for number in numbers)


def sentence(step: int, values: dict, gradients: dict) -> str:
    """What the present step did, in words and numbers."""
    if step == 0:
        return say(
            "Step 0 of {count}: four numbers of one channel, one from each image. Press Step.", count=COUNT
        )
    turn = len(FORWARDS)
    if step <= turn:
        name = FORWARDS[step - 1]
        said = {
            "m": lambda: say("m, the mean of the four numbers, is {m}", m=short(values["m"])),
            "c": lambda: say("c = x − m is {listed}", listed=listed(values["c"])),
            "v": lambda: say("v, the mean of the squares of c, is {v}", v=short(values["v"])),
            "u": lambda: say("u, one over the root of v + ε, is {u}", u=short(values["u"])),
            "n": lambda: say("x̂ = c · u is {listed}: mean 0, variance 1", listed=listed(values["n"])),
            "y": lambda: say("y = γ · x̂ + β is {listed}", listed=listed(values["y"])),
        }[name]()
        return say("Step {step} of {count}, forwards: {said}.", step=step, count=COUNT, said=said)
    name, way = BACKWARDS[step - turn - 1]
    symbol, behind = SYMBOLS.get(name, name), SYMBOLS.get(way, way)
    here = gradients[name]
    numbers = listed(here, digits_of(name, (name, way))) if np.ndim(here) else short(here)
    if not way:
        return say(
            "Step {step} of {count}, backwards: the gradient dy that arrives is {numbers}.",
            step=step,
            count=COUNT,
            numbers=numbers,
        )
    second = sum(name == other for other, _ in BACKWARDS[: step - turn]) > 1
    came = (
        say("a second share comes from {behind}; both together are", behind=behind)
        if second
        else say("from {behind} comes", behind=behind)
    )
    end = "" if step < COUNT else say(" Their sum is {here}.", here=short(float(np.sum(here))))
    return say(
        "Step {step} of {count}, backwards to d{symbol}: {came} {numbers}.{end}",
        step=step,
        count=COUNT,
        symbol=symbol,
        came=came,
        numbers=numbers,
        end=end,
    )
