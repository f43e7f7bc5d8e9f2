"""The loss on the straight line between two trained networks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments import landscape
from cnnlib.experiments.unit_matching import match_units
from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Band, Cursor, Figure, Line, Narrow, Note, Panel, Points, Scene
from cnnlib.widgets.base import Slider, Widget
from cnnlib.widgets.minima.loss_slice import few_images, trained_path

NARROW = Narrow((4, 3), (1,), 580, {"loss": (0, 0), "right": (1, 0)})
ROOM = 480  # pixels of the plot for words between the two curves
SLOTS = {"bar": ("first", "second"), "handle": ("share",)}


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

    title = "Is there a wall between two solutions?"
    controls = (
        Slider("first", 0, 5, 0, integer=True, label="Seed of the first"),
        Slider("second", 0, 5, 1, integer=True, label="Seed of the second"),
        Slider("share", 0, 1, 0.5, step=0.025, label="Place on the line"),
    )
    slots = SLOTS
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
        return Scene(
            [
                self.loss_panel(shares, plain[0], matched[0], i),
                self.right_panel(shares, plain[1], matched[1], i),
            ],
            self.sentence(facts),
            facts,
            columns=(5, 2),
            height=400,
            figures=self.figures(facts),
            narrow=NARROW,
        )

    def figures(self, facts):
        number = f"{facts['barrier_matched']:.2f}"
        matched = Figure("Neurons renumbered", number, mark="dashed", color="path")
        return [Figure("Barrier", f"{facts['barrier']:.2f}", large=True, mark="solid"), matched]

    def loss_panel(self, shares, plain, matched, i):
        """The losses on the line, the straight line between its ends, and how far they rise above it."""
        top = max(1.0, 1.22 * float(np.nanmax([plain, matched])))
        straight = np.linspace(plain[0], plain[-1], len(shares))
        marks = [
            Band(shares, straight, np.maximum(plain, straight), color="ink", alpha=0.1),
            Band(shares, straight, np.maximum(matched, straight), color="path", alpha=0.14),
            Line(shares, straight, color="muted", width=1.2, dash="dotted"),
            *curves(shares, plain, matched, i),
        ]
        kinds = ((plain, "barrier {high:.2f}", -1, 1.07), (matched, "renumbered {high:.2f}", 1, 0.28))
        for losses, words, side, share in kinds:
            peak, high = int(np.argmax(losses - straight)), float(np.max(losses - straight))
            if high > 0.05 * top:
                place, foot = shares[peak] + 0.06 * side, float(straight[peak])
                marks.append(Line([shares[peak], place], [foot + high] * 2, color="muted", width=1))
                marks.append(Arrows([place], [foot], [0], [high], color="ink", width=1.5))
                # above the head of the taller arrow, beside the foot of the other: on neither curve
                where, align = (place + 0.015 * side, foot + share * high), "right" if side < 0 else "left"
                look = {"color": "ink", "align": align, "needs": 0 if side < 0 else ROOM}
                marks.append(Note(*where, say(words, high=high), **look))
        if np.array_equal(plain, matched):
            marks.append(Note(0.3, 0.6 * top, "The same network twice: choose two seeds.", width=180))
        marks.append(Cursor(float(shares[i]), sets={"x": "share"}, text=f"{shares[i]:.2f}"))
        title, how = "Loss", "dotted: straight from end to end"
        return Panel(marks, _way(), Axis(0, top), title=title, subtitle=how, name="loss", grid=False)

    def right_panel(self, shares, plain, matched, i):
        """The share of training images that are right."""
        marks = curves(shares, 100 * plain, 100 * matched, i)
        floor = 10 * np.floor(max(0.0, 100 * float(min(plain.min(), matched.min())) - 2) / 10)
        y = Axis(floor, 100 + 0.03 * (100 - floor), ticks=np.arange(floor, 101, 10 if floor >= 50 else 20))
        title, how = "Images right", "%"
        return Panel(marks, _way(), y, title=title, subtitle=how, at=(0, 1), name="right")

    def sentence(self, facts):
        return say(
            "At {share:.2f} of the way the loss is {loss:.2f} and {accuracy:.0f} % of the images are right; "
            "with the second renumbered (the same network, its neurons in another order) {matched:.2f} and "
            "{accuracy_matched:.0f} %. The barrier is {barrier:.2f}, renumbered {barrier_matched:.2f}.",
            share=facts["share"],
            loss=facts["loss"],
            matched=facts["matched"],
            accuracy=100 * facts["accuracy"],
            accuracy_matched=100 * facts["accuracy_matched"],
            barrier=facts["barrier"],
            barrier_matched=facts["barrier_matched"],
        )


def curves(shares, plain, matched, i) -> list:
    """Both curves, as trained and matched, and where the learner stands on them."""
    return [
        Line(shares, plain, color="ink", width=2.5),
        Line(shares, matched, color="path", dash="dashed", width=2.5),
        Points(shares[i], plain[i], color="ink", size=6, outline="paper"),
        Points(shares[i], matched[i], color="path", shape="square", size=6, outline="paper"),
    ]


def _way() -> Axis:
    words = "place on the line"
    return Axis(-0.04, 1.06, words, ticks=(0, 0.5, 1), names=("first", "", "second"))


def barrier(losses: np.ndarray) -> float:
    """Highest loss on the line above the straight line between the losses of its ends.

    >>> barrier(np.array([1.0, 5.0, 2.0]))
    3.5
    """
    return float(np.max(losses - np.linspace(losses[0], losses[-1], len(losses))))
