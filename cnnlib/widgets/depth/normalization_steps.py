"""Batch normalization of four numbers, node by node: values forwards, gradients backwards."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS, FORWARDS, backward, forward
from cnnlib.runtime.language import say, word
from cnnlib.viz import Arrows, Axis, Cursor, Figure, Line, Narrow, Note, Panel, Points, Region, Scene, Text
from cnnlib.viz.annotations import away
from cnnlib.widgets.base import Choice, Slider, Widget

UPSTREAM = ("the first number alone", "all four alike", "as x̂ itself")
STARTS = (1.0, 2.0, 3.0, 6.0)
#: Place of each node: those that hold four numbers above, those that hold one below.
PLACES = {
    "x": (0.0, True), "m": (1.0, False), "c": (2.0, True), "v": (2.65, False), "u": (3.95, False),
    "n": (4.7, True), "gamma": (5.15, False), "y": (6.35, True), "beta": (6.35, False),
}  # fmt: skip
SYMBOLS = {"n": "x̂", "gamma": "γ", "beta": "β"}
MADE = {
    **{"m": "= mean of x", "c": "= x − m", "v": "= mean of c²"},
    **{"u": "= 1 / √(v + ε)", "n": "= c · u", "y": "= γx̂ + β"},
}
EDGES = [("x", "m"), ("x", "c"), ("m", "c"), ("c", "v"), ("v", "u"), ("u", "n"), ("c", "n"), ("n", "y"),
         ("gamma", "y"), ("beta", "y")]  # fmt: skip
ROWS = (0.86, 0.74, 0.62, 0.5)
LOW = 0.12
SLOTS = {"head": ("upstream",), "settings": ("x0", "x1", "x2", "x3", "gamma"), "handle": ("step",)}
NARROW = Narrow(("235px", "235px"), (1,), 470, {"values": (0, 0), "gradients": (1, 0)})
COUNT = len(FORWARDS) + len(BACKWARDS)


class NormalizationSteps(Widget):
    """Four numbers of one channel are normalised, then a gradient comes back: one node a step.

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
        Choice("upstream", UPSTREAM, label="dy blames", picker="segments", words=("first", "all", "as x̂")),
        *(Slider(f"x{i}", -6, 6, start, step=0.1, label=f"x[{i}]") for i, start in enumerate(STARTS)),
        Slider("gamma", 0.5, 3, 1, step=0.1, label="γ"),
        Slider("step", 0, COUNT, 11, integer=True, label="Step"),
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
        panels = [
            graph_panel({name: values[name] for name in known}, active if not back else None, forwards=True),
            graph_panel(gradients, active if back else None, forwards=False),
        ]
        shown = np.abs(gradients["x"]).max() if over else None
        figures = [
            Figure("Mean m", short(values["m"]) if "m" in known else "?"),
            Figure("Variance v", short(values["v"]) if "v" in known else "?"),
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


def graph_panel(numbers: dict, active, forwards: bool) -> Panel:
    """The graph with the numbers that are known, and an arrow for every edge."""
    marks = []
    for start, end in EDGES:
        lit = active == end if forwards else active in ((start, end),)
        marks.append(arrow(start, end, forwards, lit))
    for name, (x, vector) in PLACES.items():
        lit = active == name if forwards else active is not None and active[0] == name
        half = 0.4 if vector else 0.37
        low, high = (ROWS[-1] - 0.07, ROWS[0] + 0.07) if vector else (LOW - 0.08, LOW + 0.08)
        box = {"x0": x - half, "x1": x + half, "y0": low, "y1": high}
        marks.append(Region(**box, color="panel", alpha=1.0))
        marks.append(Region(**box, color="ink" if lit else "muted", filled=False, width=2.5 if lit else 1))
        marks += words(name, x, vector, forwards)
        if name in numbers:
            marks += cells(numbers[name], x, vector, forwards)
    title, note = (
        (word("Values →"), "four numbers of one channel")
        if forwards
        else (word("← Gradients"), "derivative of E by each number")
    )
    axes = Axis(-0.45, 7.05, visible=False), Axis(-0.1, 1.08, visible=False)
    return Panel(
        marks, *axes, title=title, subtitle=note, grid=False, at=(0 if forwards else 1, 0),
        name="values" if forwards else "gradients",
    )  # fmt: skip


def words(name: str, x: float, vector: bool, forwards: bool) -> list:
    """The name of a node, and forwards what it is made of."""
    symbol = SYMBOLS.get(name, name)
    y, baseline = (ROWS[0] + 0.1, "bottom") if vector else (LOW - 0.1, "top")
    marks = [Text(x, y, symbol if forwards else f"d{symbol}", size=12, bold=True, baseline=baseline)]
    if forwards and name in MADE:
        top = y + 0.095 if vector else y
        marks.append(Note(x + 0.1, top, MADE[name], width=110, needs=640))
    return marks


def cells(value, x: float, vector: bool, forwards: bool) -> list:
    """The numbers of a node: in ink forwards, blue or orange by sign backwards."""
    rows = zip(np.atleast_1d(value), ROWS if vector else (LOW,), strict=True)
    return [
        Text(x, y, short(number), size=11.5, color="ink" if forwards else sign(number)) for number, y in rows
    ]


def sign(number: float) -> str:
    """Blue for plus, orange for minus, ink for zero."""
    return "ink" if abs(number) < 5e-4 else "pos-text" if number > 0 else "neg-text"


def arrow(start: str, end: str, forwards: bool, lit: bool) -> Arrows:
    """From one box to the other, or back."""
    (x0, up0), (x1, up1) = PLACES[start], PLACES[end]
    if up0 == up1:
        y0 = y1 = 0.68 if up0 else LOW
        tail, head = x0 + 0.44, x1 - 0.44
    else:
        y0, y1 = (ROWS[-1] - 0.1, LOW + 0.1) if up0 else (LOW + 0.1, ROWS[-1] - 0.1)
        reach = 0.12 * np.sign(x1 - x0)
        tail, head = x0 + reach, x1 - reach
    if not forwards:
        tail, head, y0, y1 = head, tail, y1, y0
    color = "ink" if lit else "muted"
    return Arrows([tail], [y0], [head - tail], [y1 - y0], color=color, width=3 if lit else 1.2)


def short(number: float) -> str:
    """Two digits behind the point, no negative zero."""
    number = 0.0 if abs(number) < 5e-4 else float(number)
    return f"{number:.2f}" if abs(number) < 100 else f"{number:.0f}"


def listed(numbers) -> str:
    return ", ".join(short(number) for number in numbers)


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
    numbers = listed(here) if np.ndim(here) else short(here)
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
    end = "" if step < COUNT else say(" The four add up to {here}.", here=short(float(np.sum(here))))
    return say(
        "Step {step} of {count}, backwards to d{symbol}: {came} {numbers}.{end}",
        step=step,
        count=COUNT,
        symbol=symbol,
        came=came,
        numbers=numbers,
        end=end,
    )
