"""First weights that are all alike, zero or random, and what training makes of the filters."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.signals import distinct_filters
from cnnlib.experiments.starting_networks import STARTS, starting_network, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Axis, Figure, Line, Narrow, Panel, Points, Reference, Scene, Text
from cnnlib.widgets.base import Choice, LogSlider, Widget
from cnnlib.widgets.initialization.filter_grid import filters_panel, random_panel

WORDS = ("identical", "zero", "random (He)", "identical, last layer random")
SLOTS = {"bar": ("start",), "more": ("rate",)}
NARROW = Narrow(("226px", "80px", "250px"), (1,), 556, {"filters": (0, 0), "random": (1, 0), "loss": (2, 0)})
BEGUN = 60  # steps that are taken before it is seen, from the settings that it opens with
#: How the loss will go on from there, the mean of ten batches at every twelfth step.
AHEAD = (
    2.27, 1.96, 2.0, 2.0, 1.56, 1.11, 1.04, 1.03, 0.66, 0.72, 0.77, 0.68, 0.73, 0.65, 0.51, 0.47,
    0.52, 0.52, 0.57, 0.51, 0.51, 0.53, 0.45, 0.36, 0.49, 0.42, 0.39, 0.37, 0.43, 0.45,
)  # fmt: skip
HIGHEST = 2.6  # loss in the picture
MEAN = 10  # batches
NAMED = 0.6  # share of the steps until which what is to come is named
END = 1.14  # of the axis, in all steps: then there is room for a number at the last one
NEAR = 0.02  # to the loss of guessing, whose number stands there already


class FilterWatch(Widget):
    """The eight first filters of the small CNN while it trains, from four kinds of first weights.

    Facts: ``distinct`` (different filters among the eight), ``distinct_second`` (among the sixteen),
    ``loss``, ``accuracy`` (validation images), ``steps``. With ``trained=True`` the training is run before
    the widget appears; otherwise it appears after a few steps, if its controls are as they come.

    >>> FilterWatch().text.split(".")[0]
    'Still eight copies'
    """

    title = "Do the filters become different?"
    slots = SLOTS
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        Choice("start", STARTS, label="First weights", picker="segments", words=WORDS),
        LogSlider("rate", 1e-3, 0.1, 0.01, label="Learning rate"),
    )
    restarts = ("start", "rate")
    epochs = 8

    def __init__(self, *, trained=False, **options):
        super().__init__(**options)
        untouched = self.untouched(self.state)
        self.opening = BEGUN if untouched and not trained else 0
        self.advance(self.epochs * 45 if trained else self.opening)

    def reset(self):
        super().reset()
        self.advance(self.opening)

    def untouched(self, state: dict) -> bool:
        """Whether the controls are as they come."""
        return all(state[control.name] == control.default for control in self.controls)

    def begin(self):
        self.model, self.curve, self.spread = starting_network(self.state["start"]), [], []

    def train(self):
        """One ``yield`` a step."""
        digits, optimizer = study_images(np.float64), SGD(self.state["rate"], momentum=0.9)
        x, y = digits.x_train, digits.y_train
        run = train(self.model, CrossEntropyLoss(), optimizer, x, y, epochs=self.epochs, rng=0)
        for record in run:
            self.curve.append(record.loss)
            yield

    def compute(self, state):
        digits, weights = study_images(np.float64), self.model[0].params["weight"]
        result = evaluate(self.model, CrossEntropyLoss(), digits.x_test, digits.y_test)
        facts = {
            "distinct": distinct_filters(weights),
            "loss": result.loss,
            "accuracy": result.accuracy,
            "distinct_second": distinct_filters(self.model[3].params["weight"]),
            "steps": len(self.curve),
        }
        figures = [
            Figure("Kinds of filters", str(facts["distinct"]), "among 8", large=True),
            Figure("Digits read", f"{100 * facts['accuracy']:.0f}", "%"),
        ]
        filters = filters_panel(weights[:, 0], facts["distinct"])
        return Scene(
            [filters, random_panel(begins=state["start"] == STARTS[2]), self.loss_panel(facts["loss"])],
            self.sentence(facts, moved=bool(weights.any())),
            facts,
            rows=("354px", "86px"),
            columns=("min(616px, 66%)", 1),
            height=440,
            figures=figures,
            narrow=NARROW,
        )

    def loss_panel(self, loss: float) -> Panel:
        """The loss of each batch, pale, and their mean with its value at the end; dashed what is to come."""
        last, steps = self.epochs * 45, len(self.curve)
        losses = np.clip(self.curve, 0, HIGHEST)
        means = [losses[max(0, i - MEAN) : i].mean() for i in range(1, steps + 1)]
        loss = float(np.mean(self.curve[-MEAN:])) if steps else loss
        now = min(loss, HIGHEST) if np.isfinite(loss) else HIGHEST
        marks = [Reference("2.30 = guessing", y=np.log(10), at="end"), *self.ahead(steps, now)]
        if steps:
            x = np.arange(1, steps + 1)
            marks += [Line(x, losses, "ink", 1, alpha=0.3), Line(x, means, "ink", 2.5)]
        if abs(loss - np.log(10)) > NEAR:
            look = {"bold": True, "size": 15, "align": "left", "shift": (9, -13)}
            marks.append(Text(steps, now, f"{loss:.2f}", **look))
        marks.append(Points(steps, now, color="ink", outline="paper", size=6))
        axes = Axis(0, END * last, "step", whole=True), Axis(0, HIGHEST, ticks=(0, 1, 2))
        return Panel(marks, *axes, title="Loss", subtitle="mean of ten batches", at=(0, 1, 2, 1), name="loss")

    def ahead(self, steps: int, now: float) -> list[Line | Text]:
        """From the present loss on what is recorded, if the controls are as they come."""
        last = self.epochs * 45
        if not self.untouched(self.state) or steps == last:
            return []
        x = 12 * np.arange(1, len(AHEAD) + 1)
        x, y = np.append(steps, x[x > steps]), np.append(now, np.array(AHEAD)[x > steps])
        look = {"color": "muted", "size": 11, "align": "right", "shift": (0, -26)}
        named = [Text(last, AHEAD[-1], "still to come", **look)] if steps < NAMED * last else []
        return [Line(x, y, "muted", 1.5, "dashed"), *named]

    def sentence(self, facts, moved: bool) -> str:
        return f"{meaning(facts['distinct'], facts['steps'], moved)} {self.read(facts)}"

    def read(self, facts) -> str:
        when = (
            say_many("After {number} step", "After {number} steps", facts["steps"])
            if facts["steps"]
            else word("Before the first step")
        )
        return say(
            "{when} {accuracy:.1f} % of the validation images are right.",
            when=when,
            accuracy=100 * facts["accuracy"],
        )


def meaning(distinct: int, steps: int, moved: bool) -> str:
    """What the filters are to one another.

    >>> meaning(1, 0, True), meaning(3, 90, True)
    ('All eight filters begin as copies.', '3 kinds among the eight filters.')
    """
    if not moved:
        return word("All weights stay zero. No gradient gets through to the filters.")
    if distinct == 1:
        still = "Still eight copies. Each step moves all of them alike."
        return word(still if steps else "All eight filters begin as copies.")
    if distinct == 8:
        return word("All eight filters differ. Each can look for something of its own.")
    return say("{number} kinds among the eight filters.", number=distinct)
