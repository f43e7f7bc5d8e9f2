"""First weights that are all alike, zero or random, and what training makes of the filters."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.signals import distinct_filters
from cnnlib.experiments.starting_networks import STARTS, starting_network
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.viz import Axis, Line, Panel, Scene, image_panel, mosaic
from cnnlib.widgets.base import Choice, LogSlider, Widget


class FilterWatch(Widget):
    """The eight first filters of the small CNN while it trains, from four kinds of first weights.

    Facts: ``distinct`` (different filters among the eight), ``distinct_second`` (among the sixteen),
    ``loss``, ``accuracy`` (test images), ``steps``. With ``trained=True`` the training is run before the
    widget appears.

    >>> FilterWatch().text  # of ten equal scores rounding picks one  # doctest: +ELLIPSIS
    'Before the first step 1 of 8 filters are different; ... % of the test images are right, loss 2.30.'
    """

    title = "Do the filters become different?"
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        Choice("start", STARTS, label="First weights"),
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
        digits, optimizer = load_digits(), SGD(self.state["rate"], momentum=0.9)
        x, y = digits.x_train, digits.y_train
        run = train(self.model, CrossEntropyLoss(), optimizer, x, y, epochs=self.epochs, rng=0)
        for record in run:
            self.curve.append(record.loss)
            yield

    def compute(self, state):
        digits, weights = load_digits(), self.model[0].params["weight"]
        result = evaluate(self.model, CrossEntropyLoss(), digits.x_test, digits.y_test)
        facts = {
            "distinct": distinct_filters(weights),
            "loss": result.loss,
            "accuracy": result.accuracy,
            "distinct_second": distinct_filters(self.model[3].params["weight"]),
            "steps": len(self.curve),
        }
        reach = max(0.1, float(np.abs(weights).max()))
        title, colors = (
            f"First filters (orange {-reach:.2g}, blue {reach:.2g})",
            {"vmin": -reach, "vmax": reach},
        )
        tiles = {"tile": (*weights.shape[2:], 1), "tile_names": [f"filter {i}" for i in range(len(weights))]}
        picture = image_panel(
            mosaic(weights[:, 0], 4), title=title, cmap="diverging", means="weight", **tiles, **colors
        )
        return Scene([picture, self.loss_panel()], self.sentence(facts), facts, columns=(1, 1))

    def loss_panel(self):
        x = Axis(0, self.epochs * 45, "step", whole=True)
        losses = np.clip(self.curve, 0.0101, 99)
        line = Line(np.arange(1, len(losses) + 1), losses, color="orange", width=1.5)
        guess = Line([0, self.epochs * 45], [np.log(10)] * 2, color="muted", dash="dotted", label="guessing")
        y = Axis(0.01, 10, "loss", log=True)
        return Panel([guess, line], x, y, title="Loss of each batch", at=(0, 1), legend="lower left")

    def sentence(self, facts):
        when = (
            f"After {facts['steps']} step{'s' * (facts['steps'] != 1)}"
            if facts["steps"]
            else "Before the first step"
        )
        return (
            f"{when} {facts['distinct']} of 8 filters are different; {100 * facts['accuracy']:.1f} % of the"
            f" test images are right, loss {facts['loss']:.2f}."
        )
