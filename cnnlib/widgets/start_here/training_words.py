"""What `TrainingView` says: its goal, its numbers, its sentence, and what it makes of one image."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import joined, marked, say, say_many, word
from cnnlib.viz import Figure
from cnnlib.widgets.base import Challenge

LEAST = 0.005  # probability of a second answer that is worth a word
ENOUGH = 300  # images judged, for a share that says something
LOST = "The loss is no number any more: the steps were too large. Drag the cursor back and lower the rate."

#: Words that are put together below from what the second half of the data is called.
NAMES = marked(
    *("test", "test images", "Test images right", "Test loss", "Test image"),
    *("validation", "validation images", "Validation images right", "Validation loss", "Validation image"),
)


def goal_challenge(view) -> Challenge:
    """To get more than the share `goal` right, of so many images that it is no luck."""
    goal = view.goal_share
    needed = min(view.examiner.window, max(ENOUGH, round(20 / max(1 - goal, 0.01))))
    return Challenge(
        say("more than {goal:g} % of the {judged} right", goal=100 * goal, judged=view.judged),
        lambda facts: facts["accuracy"] > goal and facts["judged"] >= needed,
        lambda facts: (say("now {share:.1f} %", share=100 * facts["accuracy"]), facts["accuracy"] / goal),
    )


def title(names) -> str:
    """Digits are read; other classes are told apart."""
    if all(name.isdigit() for name in names):
        return word("How does a network learn to read?")
    return word("How does a network learn to tell images apart?")


def figures(view, facts: dict) -> list[Figure]:
    """The numbers that matter."""
    loss = f"{facts['loss']:.2f}" if math.isfinite(facts["loss"]) else word("none")
    return [
        Figure(f"{view.judged.capitalize()} right", f"{100 * facts['accuracy']:.1f} %", large=True),
        Figure(f"{view.kind.capitalize()} loss", loss, mark="solid"),
    ]


def sentence(view, facts: dict) -> str:
    """How far it is, the loss, and the share right, of how many."""
    steps, epochs = facts["steps"], facts["epochs"]
    about = {"judged": view.judged, "loss": facts["loss"], "right": share_right(view, facts)}
    if steps == 0:
        return say(
            "Before the first step its weights are random: {right}. Press Play, or click an image.",
            right=about["right"],
        )
    if not math.isfinite(facts["loss"]):
        return say(
            "After {steps:,} steps the loss is no number any more: the steps were too large. Rewind.",
            steps=steps,
        )
    about["begin"] = say_many("After {number:,} step", "After {number:,} steps", steps)
    about["epochs"] = say_many("{number} epoch", "{number} epochs", epochs)
    words = say(
        "{begin} ({seen:,} images, {epochs}) {right}, with a loss of {loss:.2f}.", seen=facts["seen"], **about
    )
    if epochs < view.epochs:
        return words
    return say("{words} These were all epochs: rewind to train anew.", words=words)


def share_right(view, facts: dict) -> str:
    """The share that is right, and of how many."""
    share, last = 100 * facts["accuracy"], facts["judged"] < len(view.examiner.x)
    about = {"share": share, "count": facts["judged"], "judged": view.judged}
    if last:
        return say("{share:.1f} % of the last {count:,} {judged} that it was shown are right", **about)
    return say("{share:.1f} % of the {count:,} {judged} are right", **about)


def chosen(view) -> str:
    """What the network makes of the image that was clicked."""
    if view.chosen is None:
        return ""
    with np.errstate(all="ignore"):
        share = softmax(view.model.infer(view.examiner.x[view.chosen][None]))[0]
    names = view.split.class_names
    best = [
        say("{name} with {share:.0f} %", name=names[k], share=100 * share[k])
        for place, k in enumerate(np.argsort(-share)[:4])
        if place == 0 or share[k] >= LEAST
    ]
    return " " + say(
        "{image} {number} is of class {true}; the network says {best}.",
        image=f"{view.kind.capitalize()} image",
        number=view.chosen,
        true=names[view.examiner.y[view.chosen]],
        best=joined(", ", best),
    )
