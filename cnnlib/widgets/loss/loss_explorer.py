"""Cross-entropy and half squared error side by side, on three scores that sliders move."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.first_losses import LOSSES, loss_and_gradient
from cnnlib.nn.functional import softmax
from cnnlib.viz import Axis, Bars, Line, Panel, Points, Scene
from cnnlib.widgets.base import Choice, Slider, Widget

CLASSES = ("cat", "dog", "bird")
LIMIT = 12.0
COLORS = {"cross-entropy": "blue", "half squared error": "orange"}


class LossExplorer(Widget):
    """Three scores, their probabilities, and what two losses and their gradients make of them.

    Facts: ``cross_entropy``, ``squared``, ``push_cross_entropy`` and ``push_squared`` (how strongly each
    loss pulls the true class's score up: minus the gradient), ``p_true`` (probability of the true class).

    >>> LossExplorer(cat=0, dog=0, bird=0).text.split(".")[0]
    'The network gives the true class, cat, 33'
    """

    title = "Two losses"
    controls = (
        *(
            Slider(name, -LIMIT, LIMIT, start, step=0.1, label=f"Score of {name}")
            for name, start in zip(CLASSES, (1, 3, -1), strict=True)
        ),
        Choice("label", CLASSES, label="True class"),
    )

    def compute(self, state: dict) -> Scene:
        scores, label = np.array([state[name] for name in CLASSES], float), CLASSES.index(state["label"])
        p = softmax(scores)
        results = {kind: loss_and_gradient(scores, label, kind) for kind in LOSSES}
        (cross, d_cross), (squared, d_squared) = results.values()
        facts = {
            "cross_entropy": cross,
            "squared": squared,
            "p_true": float(p[label]),
            "push_cross_entropy": float(-d_cross[label]),
            "push_squared": float(-d_squared[label]),
        }
        panels = [
            probabilities_panel(p, label),
            curves_panel(scores, label, results),
            gradients_panel(results),
        ]
        return Scene(panels, sentence(state, facts), facts, columns=(2, 3, 2.4), height=340)


def probabilities_panel(p: np.ndarray, label: int) -> Panel:
    target = np.eye(3)[label]
    marks = [
        Bars([0, 1, 2], p, color="blue", label="probability"),
        Points([0, 1, 2], target, color="green", shape="diamond", size=6, outline="ink", label="wanted"),
    ]
    x = Axis(-0.6, 2.6, ticks=(0, 1, 2), names=CLASSES)
    return Panel(marks, x, Axis(0, 1.3, ticks=(0, 0.5, 1)), title="Softmax", legend="upper right")


def curves_panel(scores: np.ndarray, label: int, results: dict) -> Panel:
    """Both losses as the true class's score moves and the other two stay."""
    values = np.linspace(-LIMIT, LIMIT, 121)
    marks = []
    for kind in LOSSES:
        heights = []
        for value in values:
            moved = scores.astype(float)
            moved[label] = value
            heights.append(loss_and_gradient(moved, label, kind)[0])
        marks.append(Line(values, heights, color=COLORS[kind], label=kind))
        marks.append(Points(scores[label], results[kind][0], color=COLORS[kind], size=6, outline="ink"))
    x, y = (
        Axis(-LIMIT, LIMIT, f"score of {CLASSES[label]}"),
        Axis(0, 8 if results["cross-entropy"][0] < 7.5 else 26, "loss"),
    )
    return Panel(
        marks, x, y, title="Both losses against the true class's score", at=(0, 1), legend="upper right"
    )


def gradients_panel(results: dict) -> Panel:
    marks = [
        Bars(np.arange(3) + shift, results[kind][1], width=0.36, color=COLORS[kind], label=kind)
        for kind, shift in zip(LOSSES, (-0.2, 0.2), strict=True)
    ]
    x = Axis(-0.6, 2.6, ticks=(0, 1, 2), names=CLASSES)
    return Panel(
        marks, x, Axis(-1.1, 1.6, "gradient by the score"), title="Gradients", at=(0, 2), legend="upper right"
    )


def sentence(state: dict, facts: dict) -> str:
    words = (
        f"The network gives the true class, {state['label']}, {share(facts['p_true'])}. "
        f"Cross-entropy is {facts['cross_entropy']:.3f} and pulls its score up with"
        f" {small(facts['push_cross_entropy'])}; half squared error is {facts['squared']:.3f} and pulls with"
        f" {small(facts['push_squared'])}."
    )
    if facts["push_squared"] < 0.01 < facts["squared"]:
        words += " The squared error sees that the guess is wrong, and hardly moves."
    return words


def share(p: float) -> str:
    return f"{p:.1%}" if p >= 0.001 else f"{p:.1e} of all probability"


def small(value: float) -> str:
    """A number as a decimal, or as a power where that would show only zeros."""
    return f"{value:.3f}" if abs(value) >= 0.0005 or value == 0 else f"{value:.1e}"
