"""Cross-entropy and half squared error side by side: how wrong three scores are, and who pulls at them."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.first_losses import loss_and_gradient
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.loss.loss_curves import LIMIT, curves_panel, small
from cnnlib.widgets.loss.loss_scores import LOSSES, percent, scores_panel, softmax_panel

CLASSES = ("cat", "dog", "bird")
TRUTHS = marked("it is a cat", "it is a dog", "it is a bird")
SCORES = marked("Score of cat", "Score of dog", "Score of bird")
NARROW = Narrow(
    ("352px", "320px"),
    ("64px", 1, "min(176px, 25%)"),
    672,
    {"scores": (0, 1), "p": (0, 2), "loss": (1, 0, 1, 3)},
    below=900,
)


class LossExplorer(Widget):
    """Three scores, their probabilities, and what two losses and their gradients make of them.

    Facts: ``cross_entropy``, ``squared``, ``push_cross_entropy`` and ``push_squared`` (how strongly each
    loss pulls the true class's score up: minus the gradient), ``p_true`` (probability of the true class).

    >>> LossExplorer(cat=0, dog=0, bird=0).text.split(":")[0]
    'The cat lacks 66.7 % of the probability'
    """

    title = "How wrong is it, and who pulls?"
    slots = {"bar": ("label",), "handle": CLASSES}
    controls = (
        *(
            Slider(name, -LIMIT, LIMIT, start, step=0.1, label=label)
            for name, start, label in zip(CLASSES, (1, 3, -1), SCORES, strict=True)
        ),
        Choice("label", CLASSES, label="True class", picker="segments", words=TRUTHS),
    )
    held = CLASSES[0]  # whose dot was touched last: the arrow keys move it

    def event(self, event: dict) -> None:
        """A dot was touched."""
        if event["name"] in CLASSES:
            self.held = event["name"]

    def compute(self, state: dict) -> Scene:
        scores, label = np.array([state[name] for name in CLASSES], float), CLASSES.index(state["label"])
        p = softmax(scores)
        (cross, d_cross), (squared, d_squared) = (loss_and_gradient(scores, label, kind) for kind in LOSSES)
        facts = {
            "cross_entropy": cross,
            "squared": squared,
            "p_true": float(p[label]),
            "push_cross_entropy": float(-d_cross[label]),
            "push_squared": float(-d_squared[label]),
        }
        panels = [
            scores_panel(CLASSES, scores, label, dict(zip(LOSSES, (-d_cross, -d_squared), strict=True))),
            softmax_panel(p, label),
            curves_panel(state["label"], scores, label, (cross, squared)),
        ]
        return Scene(
            panels,
            sentence(state, facts),
            facts,
            columns=("76px", 1, "176px", "14px", "336px"),
            height=384,
            arrows=(self.held,),
            figures=[Figure("Cross-entropy pulls", times(facts), "× as hard", large=True)],
            narrow=NARROW,
        )


def times(facts: dict) -> str:
    """How many times as hard cross-entropy pulls at the true class's score."""
    pulls = facts["push_cross_entropy"], facts["push_squared"]
    if min(pulls) <= 0:
        return "–"
    ratio = pulls[0] / pulls[1]
    return f"{ratio:.1f}" if ratio < 99.95 else f"{ratio:.0f}" if ratio < 999.5 else f"{ratio:.1e}"


def sentence(state: dict, facts: dict) -> str:
    """What the pulls mean first, then the numbers."""
    words = say(
        "The {label} lacks {share} of the probability: cross-entropy pulls with all of that, {small}, half "
        "squared error with {small2}. The losses are {cross_entropy} and {squared}.",
        label=state["label"],
        share=share(facts["push_cross_entropy"]),
        cross_entropy=small(facts["cross_entropy"]),
        small=small(facts["push_cross_entropy"]),
        squared=small(facts["squared"]),
        small2=small(facts["push_squared"]),
    )
    if facts["push_squared"] < 0.01 < facts["squared"]:
        words += " The squared error sees that the guess is wrong, and hardly moves."
    elif facts["push_cross_entropy"] < 0.01:
        words += " The guess is right: neither of them pulls much."
    return words


def share(p: float) -> str:
    """A probability of any size."""
    return percent(p) if p >= 0.001 else f"{p:.1e}"
