"""How well a difference quotient measures a slope: truncation, rounding, and the kink."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.difference_quotients import FUNCTIONS, quotient, quotient_error
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Band, Cursor, Figure, Handle, Line, Note, Panel, Points, Scene, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.base.decades import log_axis

STEPS = np.logspace(-14, 0, 113)
FLOOR = 1e-16
PRECISIONS = {"float64": np.float64, "float32": np.float32}
SLOTS = {"head": ("shown",), "bar": ("function", "sides"), "handle": ("x", "step")}
DASHES = {"float64": "solid", "float32": "dashed"}
INKS = {"float64": "path", "float32": "rival"}  # of the lines, as the signs before the numbers above
DIGITS = marked("float64: 16 digits", "float32: 7 digits")
SHAPES = {"float64": "circle", "float32": "square"}
SIZES = {"float64": 8, "float32": 4}  # where both err alike, the square lies on the larger disc
SIDES = ("both sides", "one side")
MOST = 200  # dots of earlier steps that stay
SHOWN = ("those tried", "every ε")
marked("cubic", "exponential", "logistic loss")  # names of functions
APART = 0.02  # ε below which the two points cannot be told apart in the picture


class GradientCheckExplorer(Widget):
    """A curve with its secant, and the error of the measured slope against the step, in two precisions.

    It opens on a single ε; each further one that is tried leaves its dots, and *every ε* draws them all.

    Facts: ``error64`` and ``error32`` (relative errors of the measured slope), ``measured`` (in float64),
    ``true``, ``step``, ``across`` (1 if the two points lie on different sides of ReLU's kink), ``kink`` (1
    if x itself is the kink).

    >>> GradientCheckExplorer(function="cubic", x=1, step=0.1).text.split(",")[0]
    'With a step of 0.1 the slope of x³ at 1 is measured as 3.01'
    """

    title = "How small should ε be to measure a slope?"
    controls = (
        Choice("function", tuple(FUNCTIONS), label="Function"),
        Slider("x", -2, 2, 0.7, step=0.01, label="x"),
        LogSlider("step", 1e-14, 1, 0.3, label="Step ε"),
        Choice("sides", SIDES, label="Differences from", picker="segments"),
        Choice("shown", SHOWN, label="Errors drawn", picker="segments", words=("tried so far", "every ε")),
    )
    slots = SLOTS

    def begin(self) -> None:
        self.tried: list[float] = []  # steps of this slope, for their dots

    def changed(self, before: dict, after: dict) -> None:
        if any(before[name] != after[name] for name in ("function", "x", "sides")):
            self.tried = []
        elif before["step"] != after["step"] and self.scene is not None:
            self.tried = [*self.tried, before["step"]][-MOST:]

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
        panels = [self.secant(function, x, low, step, facts), self.valley(state, function, errors, one_sided)]
        return Scene(
            panels,
            self.sentence(function, x, facts),
            facts,
            columns=(5, 7),
            height=420,
            figures=self.figures(facts),
        )

    @staticmethod
    def figures(facts: dict) -> list[Figure]:
        """What was measured, and how far it is from what is true."""
        return [
            Figure("Measured slope", f"{facts['measured']:.7g}", large=True),
            Figure(
                word("Relative error, float64") if facts["true"] else word("Error, float64"),
                in_short(facts["error64"]),
                large=True,
                mark="solid",
                color="path",
            ),
            Figure("In float32", in_short(facts["error32"]), mark="dashed", color="rival"),
        ]

    def secant(self, function, x, low, step, facts) -> Panel:
        """The curve near x, the tangent, and the line through the two measured points: rise by run."""
        around = np.linspace(-3, 3, 301)
        here = float(function.f(np.float64(x)))
        ends = np.array([low, x + step])
        left, right = function.f(ends)
        through = left + facts["measured"] * (around - low)
        tangent = here + facts["true"] * (around - x)
        marks = [
            Band(around, np.minimum(tangent, through), np.maximum(tangent, through), "path", alpha=0.1),
            Line(around, tangent, "muted", dash="dashed"),
            Line(around, function.f(around), color="ink", width=2.5),
            Line(around, through, color="path", width=2),
            *self.triangle(ends, (left, right), facts),
            Points(ends, (left, right), color="path", size=6, outline="paper"),
            Handle(x, here, sets={"x": "x"}, size=6),
        ]
        half = min(1.2, max(0.5, 1.6 * step))  # near enough to tell the two straight lines apart
        reach = half * max(1.25, 1.2 * abs(facts["true"]))
        marks += line_names((x, here), (half, reach), facts, float(np.interp(x, around, through)))
        x_axis, y_axis = Axis(x - half, x + half, "x: drag the dot"), Axis(here - reach, here + reach)
        title = say("Slope of {formula} between two points", formula=function.formula)
        return Panel(marks, x_axis, y_axis, title=title, name="secant")

    @staticmethod
    def triangle(ends: np.ndarray, heights: tuple, facts: dict) -> list:
        """Run and rise between the two points, in numbers; words where they are too close to be seen."""
        (low, high), (left, right) = ends, heights
        if high - low < APART:
            words = "The two points are too close to be told apart: only their numbers tell."
            return [Note((low + high) / 2 - 0.45, left + 0.5, words, (low, left + 0.04), 170)]
        marks = [Line([low, high, high], [left, left, right], color="path", dash="dotted", width=1.5)]
        run, rise = say("run {high:.3g}", high=high - low), say("rise {right:.3g}", right=right - left)
        under = 1 if right >= left else -1
        marks.append(Text((low + high) / 2, left, run, size=12, shift=(0, 12 * under)))
        marks.append(Text(high, (left + right) / 2, rise, size=12, align="left", shift=(6, 0)))
        return marks

    def valley(self, state, function, errors, one_sided) -> Panel:
        """Relative error against the step, both axes logarithmic: of the steps tried, or of all."""
        x, step, every = float(state["x"]), float(state["step"]), state["shown"] == SHOWN[1]
        true, beneath = float(function.slope(np.float64(x))), False
        marks = [Cursor(step, sets={"x": "step"}, text=f"{step:.1g}")]
        tried = np.array([*self.tried, step])
        for (name, dtype), words in zip(PRECISIONS.items(), DIGITS, strict=True):
            steps = STEPS if every else tried
            found = quotient_error(function, x, steps, dtype, one_sided)
            drawn, beneath = np.maximum(found, FLOOR), beneath or bool((found < FLOOR).any())
            if every:
                look = {"color": INKS[name], "dash": DASHES[name], "label": words}
                marks.append(Line(steps, drawn, width=1.5, **look))
            else:
                marks.append(
                    Points(
                        steps, drawn, color=INKS[name], shape=SHAPES[name], size=SIZES[name] / 2, alpha=0.7
                    )
                )
            now = max(errors[name], FLOOR)
            marks.append(
                Points(step, now, color=INKS[name], shape=SHAPES[name], size=SIZES[name], outline="paper")
            )
            if not every:
                side = ("right", -11) if step > 1e-3 else ("left", 11)
                near = errors["float64"] > 0.1 * errors["float32"]
                lift = (8.0 if name == "float64" else -8.0) if near else 0.0
                look = {"align": side[0], "shift": (side[1], lift), "size": 12, "color": INKS[name]}
                marks.append(Text(step, now, words, **look))
        if not every and not self.tried and step > 1e-3:
            marks.append(Text([3e-8], [1e-7], ["?"], color="grid", size=96, bold=True))
            words = "One ε. Drag the line: where is the error least?"
            place = step / 3e3, 1e-11
            marks.append(Note(*place, words, (step / 4, 2 * FLOOR / 3), 150, align="right"))
        (x_axis, _), (y_axis, words) = log_axis(1e-14, 1, 3, "step ε"), log_axis(FLOOR / 3, 100, 3)
        axes = x_axis, y_axis
        title = word("Relative error of the slope") if true else word("Error of the slope")
        if beneath:
            words = say("{words}; lowest: below 1e-16", words=word(words))
        return Panel(
            marks,
            *axes,
            title=title,
            subtitle=words,
            at=(0, 1),
            legend="lower left" if every else "",
            name="valley",
        )

    def sentence(self, function, x, facts) -> str:
        words = say(
            "With a step of {step:.3g} the slope of {formula} at {x:g} is measured as "
            "{measured:.10g}, true is {true:.10g}: {kind} {error64} in "
            "float64, {error32} in float32.",
            step=facts["step"],
            formula=function.formula,
            x=x,
            measured=facts["measured"],
            true=facts["true"],
            kind=word("relative error") if facts["true"] else word("error"),  # of a true 0 there is no share
            error64=in_short(facts["error64"]),
            error32=in_short(facts["error32"]),
        )
        if facts["kink"]:
            return say("{words} At the kink itself there is no slope; backpropagation takes 0.", words=words)
        if facts["across"]:
            return say("{words} The two points lie on different sides of the kink.", words=words)
        if facts["error64"] > 1e-6:
            if facts["step"] >= 1e-6:
                return say(
                    "{words} What is wrong in float64 is truncation: between the points the curve bends.",
                    words=words,
                )
            return say(
                "{words} What is wrong in float64 is rounding: the two values differ in few digits.",
                words=words,
            )
        return words


def line_names(middle: tuple, view: tuple, facts: dict, secant: float) -> list[Note]:
    """Names of the straight lines: above the measured one, `secant` high at x, and beneath the true one."""
    (x, y), (half, reach) = middle, view
    way = 1.0 if facts["measured"] >= 0 else -1.0  # towards the upper end
    place = 0.2 * half * way
    height = min(secant + facts["measured"] * place, y + 0.8 * reach) + 0.14 * reach
    measured = Note(
        x + place, height, "measured slope", color="path", align="right" if way > 0 else "left", tag=True
    )
    end, begin = 0.97 * half * way, 0.55 * half * way
    low = min(y + facts["true"] * end, y + facts["true"] * begin) - 0.04 * reach
    true = Note(x + end, low, "true slope", align="right" if way > 0 else "left", tag=True)
    return [measured, true]


def in_short(error: float) -> str:
    """An error in two digits: as a decimal where that is readable, otherwise as a power of ten.

    One too small for the plot is only said to be.

    >>> in_short(0.0612), in_short(1.0), in_short(3.4e-12), in_short(0.0), in_short(1e-28)
    ('0.061', '1', '3.4e-12', '0', 'below 1e-16')
    """
    if 0 < error < FLOOR:
        return say("below {floor}", floor=f"{FLOOR:.0e}")
    return f"{error:.2g}" if error >= 1e-3 or not error else f"{error:.1e}"
