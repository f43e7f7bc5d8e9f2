"""First weights that are all alike, zero or random, and what training makes of the filters."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.signals import distinct_filters
from cnnlib.experiments.starting_networks import STARTS, starting_network, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, Figure, Line, Narrow, Note, Panel, Reference, Scene, Tiles
from cnnlib.widgets.base import Choice, LogSlider, Widget
from cnnlib.widgets.base.decades import loss_axis

WORDS = ("all identical", "all zero", "random (He)", "identical, random readers")
SLOTS = {"settings": ("start", "rate")}
NARROW = Narrow(("232px", "230px"), (1,), 462, {"filters": (0, 0), "loss": (1, 0)})
SIDE = 81  # pixels of a filter


class FilterWatch(Widget):
    """The eight first filters of the small CNN while it trains, from four kinds of first weights.

    Facts: ``distinct`` (different filters among the eight), ``distinct_second`` (among the sixteen),
    ``loss``, ``accuracy`` (validation images), ``steps``. With ``trained=True`` the training is run before
    the widget appears.

    >>> FilterWatch().text  # of ten equal scores rounding picks one  # doctest: +ELLIPSIS
    'Before the first step 1 of 8 filters are different; ... % of the validation images are right, loss 2.30.'
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
        if trained:
            self.advance(self.epochs * 45)

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
            Figure("Different filters", str(facts["distinct"]), "of 8", large=True),
            Figure("Digits read", f"{100 * facts['accuracy']:.1f}", "%", large=True),
            Figure("Step", str(facts["steps"])),
            Figure("Validation loss", f"{facts['loss']:.2f}"),
        ]
        panels = [filters_panel(weights[:, 0]), self.loss_panel()]
        return Scene(
            panels,
            self.sentence(facts),
            facts,
            columns=("404px", 1),
            height=260,
            figures=figures,
            narrow=NARROW,
        )

    def loss_panel(self):
        last = self.epochs * 45
        losses = np.clip(self.curve, 0.00101, 99)
        marks = [
            Reference("2.30 = guessing", y=np.log(10), at="end"),
            Line(np.arange(1, len(losses) + 1), losses, color="ink", width=1.5),
        ]
        if not self.curve:
            marks.append(Note(0.1 * last, 0.5, "Press Play. The curve begins here.", (2, 2.1), 200))
        axes = Axis(0, last, "step", whole=True), loss_axis(losses)
        words = "each line: a tenth of the one above"
        return Panel(marks, *axes, title="Loss of each batch", subtitle=words, at=(0, 1), name="loss")

    def sentence(self, facts):
        when = (
            say_many("After {number} step", "After {number} steps", facts["steps"])
            if facts["steps"]
            else "Before the first step"
        )
        return say(
            "{when} {distinct} of 8 filters are different; {accuracy:.1f} % of the "
            "validation images are right, loss {loss:.2f}.",
            when=when,
            distinct=facts["distinct"],
            accuracy=100 * facts["accuracy"],
            loss=facts["loss"],
        )


def filters_panel(filters: np.ndarray) -> Panel:
    """The eight first filters, all on one scale."""
    reach = max(0.1, float(np.abs(filters).max()))
    row, column = np.divmod(np.arange(len(filters)), 4)
    tiles = Tiles(
        column,
        row,
        filters,
        size=SIDE,
        vmin=-reach,
        vmax=reach,
        captions=[str(i) for i in range(len(filters))],
        names=[say("filter {i}", i=i) for i in range(len(filters))],
    )
    axes = Axis(-0.5, 3.5, visible=False), Axis(1.6, -0.45, visible=False)
    words = say("orange −{reach:.2g}, paper 0, blue +{reach:.2g}", reach=reach)
    return Panel([tiles], *axes, title="First filters", subtitle=words, grid=False, name="filters")
