"""What `TrainingView` says: its goal, its numbers, its sentence, and what it makes of one image."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.nn.functional import softmax
from cnnlib.viz import Figure
from cnnlib.widgets.base import Challenge

ENOUGH = 300  # images judged, for a share that says something
LOST = "The loss is no number any more: the steps were too large. Drag the cursor back and lower the rate."


def goal_challenge(view) -> Challenge:
    """To get more than the share `goal` right, of so many images that it is no luck."""
    goal = view.goal_share
    needed = min(view.examiner.window, max(ENOUGH, round(20 / max(1 - goal, 0.01))))
    return Challenge(
        f"more than {100 * goal:g} % of the {view.judged} right",
        lambda facts: facts["accuracy"] > goal and facts["judged"] >= needed,
        lambda facts: (f"now {100 * facts['accuracy']:.1f} %", facts["accuracy"] / goal),
    )


def figures(view, facts: dict) -> list[Figure]:
    """The numbers that matter."""
    loss = f"{facts['loss']:.2f}" if math.isfinite(facts["loss"]) else "none"
    return [
        Figure(f"{view.judged.capitalize()} right", f"{100 * facts['accuracy']:.1f} %", large=True),
        Figure(f"{view.kind.capitalize()} loss", loss, mark="solid"),
        Figure("Wrong", f"{facts['wrong']:,}", f"/ {facts['judged']:,}"),
    ]


def sentence(view, facts: dict) -> str:
    """How far it is, the loss, and the share right, of how many."""
    steps, epochs, seen = facts["steps"], facts["epochs"], facts["seen"]
    which = "last " if facts["judged"] < len(view.examiner.x) else ""
    shown = " that it was shown" if which else ""
    share = f"{100 * facts['accuracy']:.1f} %"
    right = f"{share} of the {which}{facts['judged']:,} {view.judged}{shown} are right"
    if steps == 0:
        return f"Before the first step the loss on the {view.judged} is {facts['loss']:.2f} and {right}."
    if not math.isfinite(facts["loss"]):
        return f"After {steps:,} steps the loss is no number any more: the steps were too large. Rewind."
    step_words = f"{steps:,} step{'s' * (steps != 1)}"
    words = f"After {step_words} ({seen:,} images, {epochs} epoch{'s' * (epochs != 1)})"
    words += f" the loss on the {view.judged} is {facts['loss']:.2f} and {right}."
    return f"{words} These were all epochs: rewind to train anew." if epochs >= view.epochs else words


def chosen(view) -> str:
    """What the network makes of the image that was clicked."""
    if view.chosen is None:
        return ""
    with np.errstate(all="ignore"):
        share = softmax(view.model.infer(view.examiner.x[view.chosen][None]))[0]
    names = view.split.class_names
    best = ", ".join(f"{names[k]} with {100 * share[k]:.0f} %" for k in np.argsort(-share)[:4])
    true, kind = names[view.examiner.y[view.chosen]], view.kind.capitalize()
    return f" {kind} image {view.chosen} is a {true}; the network says {best}."
