"""The loss on the straight line between two trained networks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments import landscape
from cnnlib.experiments.unit_matching import match_units
from cnnlib.viz import Axis, Line, Panel, Points, Scene
from cnnlib.widgets.base import Slider, Widget
from cnnlib.widgets.minima.loss_slice import few_images, trained_path


@lru_cache(maxsize=32)
def line_between(a: int, b: int) -> tuple:
    """Losses on the line between two trained networks, as they are and with the units of one reordered."""
    (first, start), (second, end) = trained_path(a), trained_path(b)
    x, y = few_images()
    shares = np.linspace(0, 1, 41)
    matched = landscape.get_weights(match_units(second, first, x))
    plain = landscape.line_losses(first, start[-1], end[-1], shares, x, y)
    return shares, plain, landscape.line_losses(first, start[-1], matched, shares, x, y)


class LineBetween(Widget):
    """The straight line between two trained networks that differ in their seeds, before and after matching.

    Facts: ``loss`` and ``matched`` (at the chosen place), ``barrier`` and ``barrier_matched`` (how far the
    loss on the line rises above the straight line between its ends), ``accuracy``, ``accuracy_matched``,
    ``share``.

    >>> LineBetween(first=1, second=1).facts["barrier"]
    0.0
    """

    title = "From one trained network to another, in a straight line"
    controls = (
        Slider("first", 0, 5, 0, integer=True, label="Seed of the first"),
        Slider("second", 0, 5, 1, integer=True, label="Seed of the second"),
        Slider("share", 0, 1, 0.5, step=0.025, label="Place on the line"),
    )
    advances = "share"

    def compute(self, state):
        shares, plain, matched = line_between(state["first"], state["second"])
        i = int(np.argmin(np.abs(shares - state["share"])))
        facts = {
            "share": float(shares[i]),
            "loss": float(plain[0][i]),
            "matched": float(matched[0][i]),
            "accuracy": float(plain[1][i]),
            "accuracy_matched": float(matched[1][i]),
            "barrier": barrier(plain[0]),
            "barrier_matched": barrier(matched[0]),
        }
        panels = [
            self.panel(shares, plain[0], matched[0], i, Axis(0.01, 10, "loss", log=True), "Loss", 0),
            self.panel(
                shares, 100 * plain[1], 100 * matched[1], i, Axis(0, 103, "%"), "Training images right", 1
            ),
        ]
        return Scene(panels, self.sentence(facts), facts, columns=(1, 1))

    def panel(self, shares, plain, matched, i, y, title, column):
        low, high = y.low, y.high
        plain, matched = np.clip(plain, low, high), np.clip(matched, low, high)
        marks = [
            Line(shares, plain, color="blue", label="as trained"),
            Line(shares, matched, color="orange", dash="dashed", label="units matched"),
            Points(shares[i], plain[i], color="blue", size=6, outline="ink"),
            Points(shares[i], matched[i], color="orange", shape="square", size=6, outline="ink"),
        ]
        x = Axis(0, 1, "0: the first network, 1: the second")
        return Panel(marks, x, y, title=title, at=(0, column), legend="lower right")

    def sentence(self, facts):
        return (
            f"At {facts['share']:.2f} of the way the loss is {facts['loss']:.2f}, after matching the units"
            f" {facts['matched']:.2f}; {100 * facts['accuracy']:.0f} % and"
            f" {100 * facts['accuracy_matched']:.0f} % of the images are right. The barrier is"
            f" {facts['barrier']:.2f}, matched {facts['barrier_matched']:.2f}."
        )


def barrier(losses: np.ndarray) -> float:
    """Highest loss on the line above the straight line between the losses of its ends.

    >>> barrier(np.array([1.0, 5.0, 2.0]))
    3.5
    """
    return float(np.max(losses - np.linspace(losses[0], losses[-1], len(losses))))
