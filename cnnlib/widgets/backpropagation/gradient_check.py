"""How well a difference quotient measures a slope: truncation, rounding, and the kink."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.difference_quotients import FUNCTIONS, quotient, quotient_error
from cnnlib.viz import Axis, Line, Panel, Points, Region, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

STEPS = np.logspace(-14, 0, 113)
FLOOR = 1e-16
PRECISIONS = {"float64": np.float64, "float32": np.float32}
COLORS = {"float64": "blue", "float32": "orange"}
SIDES = ("both sides", "one side")


class GradientCheckExplorer(Widget):
    """A curve with its secant, and the error of the measured slope against the step, in two precisions.

    Facts: ``error64`` and ``error32`` (relative errors of the measured slope), ``measured`` (in float64),
    ``true``, ``step``, ``across`` (1 if the two points lie on different sides of ReLU's kink), ``kink`` (1
    if x itself is the kink).

    >>> GradientCheckExplorer(function="cubic", x=1, step=0.1).text.split(",")[0]
    'With a step of 0.1 the slope of x³ at 1 is measured as 3.01'
    """

    title = "Measuring a slope"
    controls = (
        Choice("function", tuple(FUNCTIONS), label="Function"),
        Slider("x", -2, 2, 0.7, step=0.01, label="x"),
        LogSlider("step", 1e-14, 1, 0.3, label="Step ε"),
        Choice("sides", SIDES, label="Differences from"),
    )

    def compute(self, state: dict) -> Scene:
        function, x, step = FUNCTIONS[state["function"]], float(state["x"]), float(state["step"])
        one_sided = state["sides"] == SIDES[1]
        errors = {
            name: float(quotient_error(function, x, step, dtype, one_sided))
            for name, dtype in PRECISIONS.items()
        }
        low = x if one_sided else x - step
        facts = {
            "error64": errors["float64"],
            "error32": errors["float32"],
            "step": step,
            "measured": float(quotient(function, x, step, np.float64, one_sided)),
            "true": float(function.slope(np.float64(x))),
            "across": int(state["function"] == "ReLU" and low < 0 < x + step),
            "kink": int(state["function"] == "ReLU" and x == 0),
        }
        panels = [
            self.secant(function, x, low, step, facts),
            self.valley(function, x, step, errors, one_sided),
        ]
        return Scene(panels, self.sentence(function, x, facts), facts, columns=(1, 1.2), height=360)

    def secant(self, function, x, low, step, facts) -> Panel:
        """The curve near x, the tangent, and the line through the two measured points."""
        around = np.linspace(-3, 3, 301)
        heights = function.f(around)
        here = float(function.f(np.float64(x)))
        ends = np.array([low, x + step])
        marks = [
            Line(around, heights, color="muted", label=function.formula),
            Line(around, here + facts["true"] * (around - x), "green", dash="dashed", label="true slope"),
            Line(
                around,
                function.f(np.float64(low)) + facts["measured"] * (around - low),
                color="vermilion",
                width=1.5,
                label="measured slope",
            ),
            Points(ends, function.f(ends), color="vermilion", size=5, outline="ink"),
        ]
        reach = max(1.5, 1.4 * abs(facts["true"]))
        x_axis, y_axis = Axis(x - 1.2, x + 1.2, "x"), Axis(here - reach, here + reach, "f(x)")
        return Panel(marks, x_axis, y_axis, title="The curve and the two points", legend="upper left")

    def valley(self, function, x, step, errors, one_sided) -> Panel:
        """Relative error against the step, both axes logarithmic."""
        marks = [Region(step / 1.05, step * 1.05, color="muted", alpha=0.4)]
        for name, dtype in PRECISIONS.items():
            drawn = np.maximum(quotient_error(function, x, STEPS, dtype, one_sided), FLOOR)
            marks.append(Line(STEPS, drawn, color=COLORS[name], label=name))
            marks.append(Points(step, max(errors[name], FLOOR), color=COLORS[name], size=6, outline="ink"))
        axes = Axis(1e-14, 1, "step ε", log=True), Axis(FLOOR / 3, 100, "relative error", log=True)
        return Panel(marks, *axes, title="Error of the measured slope", at=(0, 1), legend="upper right")

    def sentence(self, function, x, facts) -> str:
        words = (
            f"With a step of {facts['step']:.3g} the slope of {function.formula} at {x:g} is measured as"
            f" {facts['measured']:.10g}, true is {facts['true']:.10g}: relative error {facts['error64']:.1e}"
            f" in float64, {facts['error32']:.1e} in float32."
        )
        if facts["kink"]:
            return f"{words} At the kink itself there is no slope; backpropagation takes 0."
        if facts["across"]:
            return f"{words} The two points lie on different sides of the kink."
        if facts["error64"] > 1e-6:
            reason = "rounding: the two values differ in few digits" if facts["step"] < 1e-6 else "truncation"
            return f"{words} What is wrong in float64 is {reason}."
        return words
