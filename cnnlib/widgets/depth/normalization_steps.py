"""Batch normalization of four numbers, node by node: values forwards, gradients backwards."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS, FORWARDS, backward, forward
from cnnlib.runtime.language import say
from cnnlib.viz import Anchor, Axis, Cursor, Figure, Line, Narrow, Panel, Points, Scene, Text
from cnnlib.viz.annotations import away
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.depth.normalization_bars import HEIGHT, bars_panel, stack_panel
from cnnlib.widgets.depth.normalization_lines import ends_of, lines_panel
from cnnlib.widgets.depth.normalization_marks import PAGE, PHONE, SYMBOLS, digits_of, has_no_spread, short

UPSTREAM = ("the first number alone", "all four alike", "as x̂ itself")
NUMBERS = ("1, 0, 0, 0", "1, 1, 1, 1", "as x̂")
STARTS = (1.0, 2.0, 3.0, 6.0)
LEAST, MOST = -6.0, 6.0  # of a number of x
DRAGGED = 0.2  # to multiples of this a number is dragged
INPUTS = tuple(f"x{i}" for i in range(len(STARTS)))
SLOTS = {"anchored": ("upstream",), "handle": ("step",), "more": (*INPUTS, "gamma")}
NARROW = Narrow(
    ("236px", "196px", "224px"), (1,), 656,
    {"small values": (0, 0), "small stack": (1, 0), "small gradients": (2, 0)},
    only=("small values", "small stack", "small gradients"), below=740,
)  # fmt: skip
COUNT = len(FORWARDS) + len(BACKWARDS)


class NormalizationSteps(Widget):
    """Four numbers of one channel are normalised, then a gradient comes back: one node a step.

    It opens where the way forwards is complete and nothing has come back yet. The dots of x are dragged, or
    set with the sliders behind More.

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
        Choice("upstream", UPSTREAM, label="dy", picker="segments", words=NUMBERS),
        *(
            Slider(name, LEAST, MOST, start, step=0.1, label=f"x[{i}]")
            for i, (name, start) in enumerate(zip(INPUTS, STARTS, strict=True))
        ),
        Slider("gamma", 0.5, 3, 1, step=0.1, label="Scale γ"),
        Slider("step", 0, COUNT, len(FORWARDS), integer=True, label="Step"),
    )

    def event(self, event):
        """A dot of x is dragged to a height."""
        if event["name"] in INPUTS and event.get("y") is not None:
            number = round(round(event["y"] / DRAGGED) * DRAGGED, 1)
            return {event["name"]: min(MOST, max(LEAST, number))}
        return None

    def compute(self, state):
        values = forward([state[name] for name in INPUTS], state["gamma"])
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
        forth = FORWARDS[done - 1] if done and not back else None
        way = BACKWARDS[back - 1] if back else None
        shown_values = {name: values[name] for name in known}
        last, ends = (steps[-2], steps[-1]), ends_of(values)
        panels = [panel for layout in (PAGE, PHONE) for panel in (
            lines_panel(shown_values, forth, layout, ends), bars_panel(gradients, way, layout, last),
        )]  # fmt: skip
        panels.append(stack_panel(gradients, way, last))
        shown = np.abs(gradients["x"]).max() if over else None
        figures = [
            Figure("dx adds up to", short(facts["sum_dx"]) if over else "?", large=True),
            Figure("Largest |dx|", "?" if shown is None else f"{shown:.3f}"),
        ]
        anchors = [
            Anchor("upstream", panel.name, panel.x.high, HEIGHT, dy=-3, align="right")
            for panel in panels
            if panel.name.endswith("gradients")
        ]
        return Scene(
            panels, sentence(step, values, gradients), facts, rows=("252px", "222px"), height=474,
            figures=figures, timeline=timeline(step), narrow=NARROW, anchors=anchors,
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


def normalised(values: dict) -> str:
    """What x̂ is: of four equal numbers no factor makes a spread."""
    numbers = listed(values["n"])
    if has_no_spread(values):
        return say("x̂ = c · u is {listed}: mean 0, and the variance stays 0", listed=numbers)
    return say("x̂ = c · u is {listed}: mean 0, variance 1", listed=numbers)


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
            "n": lambda: normalised(values),
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
    end = ""
    if step == COUNT - 1:
        end = say(
            " They add up to {total}; the mean's share is still to come.", total=short(float(np.sum(here)))
        )
    elif step == COUNT:
        end = say(" They add up to 0: moving all four inputs alike changes nothing.")
    return say(
        "Step {step} of {count}, backwards to d{symbol}: {came} {numbers}.{end}",
        step=step,
        count=COUNT,
        symbol=symbol,
        came=came,
        numbers=numbers,
        end=end,
    )
