"""Batches: a gradient from a few samples is a noisy gradient, but a cheap one."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.gradient_descent.batch_noise_panels import error_panel, map_panel, ways_panel
from cnnlib.widgets.gradient_descent.batch_noise_runs import (
    MOST,
    SEEDS,
    SIZES,
    START,
    cloud,
    descents,
    fates,
    mean_errors,
    regression,
    size_of,
    spread_of,
)
from cnnlib.widgets.gradient_descent.error_words import plain, short

ROWS, COLUMNS, HEIGHT = ("266px", "206px"), ("min(350px, 35%)", 1), 472
NARROW = Narrow(
    (
        "min(400px, 170px + 55% of width)",
        "min(300px, 30px + 67% of width)",
        "min(236px, 34px + 50% of width)",
    ),
    (1,),
    at={"errors": (0, 0), "map": (1, 0), "ways": (2, 0)},
)
SLOTS = {"bar": ("batch", "rate"), "handle": ("samples",), "more": ("seed",)}


class BatchNoise(Widget):
    """Descent by batches of a chosen size, at equal cost: what counts are the samples looked at.

    A linear guess from two real pixels: is the digit a 3 or a 5? Facts: ``error`` (above the smallest) of
    the run drawn, ``mean_error`` of the runs of all 21 seeds, ``steps``, ``samples``, ``batch``, ``spread``
    of the batch gradients at the start (root of the mean squared distance from the full gradient),
    ``predicted`` (spread of one sample over root of the batch).

    >>> BatchNoise(batch="all", samples=5).text
    'No step yet: one batch needs 291 images and 5 have been looked at.'
    """

    title = "How many images make a good step?"
    controls = (
        Choice(
            "batch",
            SIZES,
            default="16",
            label="Images a step",
            picker="segments",
            words=("1 image", "4", "16", "64", "all 291"),
        ),
        LogSlider("rate", 1e-3, 3, 0.1, label="Learning rate"),
        Slider("samples", 0, MOST, 1500, step=10, integer=True, label="Images looked at"),
        Slider("seed", 0, SEEDS, 0, integer=True, label="Seed"),
    )
    slots = SLOTS
    advances = "samples"
    speed = "25 steps a second"

    def compute(self, state):
        size = size_of(state["batch"])
        now = state["samples"] // size
        paths, errors = descents(size, state["rate"])
        gradients = cloud(size, state["seed"])
        facts = self.facts_of(state, size, errors[now, state["seed"]], gradients)
        return Scene(
            [
                error_panel(state),
                map_panel(paths[: now + 1, state["seed"]]),
                ways_panel(gradients, state["batch"], facts["spread"]),
            ],
            self.sentence(facts, fates(state["rate"], state["samples"])[state["batch"]][0]),
            facts,
            rows=ROWS,
            columns=COLUMNS,
            height=HEIGHT,
            figures=[Figure("Error, mean of 21 runs", short(facts["mean_error"]), large=True)],
            narrow=NARROW,
        )

    def facts_of(self, state, size, here, gradients):
        full, n = regression().gradient(np.array(START)), len(regression().x)
        now = state["samples"] // size
        # without putting back, a batch of n of n has no noise: the factor (n - size) / (n - 1)
        share = (n - size) / (n - 1) / size
        return {
            "error": float(here) if np.isfinite(here) else np.inf,
            "mean_error": float(mean_errors(state["batch"], state["rate"])[now]),
            "steps": now,
            "samples": state["samples"],
            "batch": size,
            "spread": spread_of(gradients - full),
            "predicted": spread_of(cloud(1, state["seed"]) - full) * float(np.sqrt(share)),
        }

    def sentence(self, facts, fate):
        """What the size has come to at this cost, and why; then the numbers."""
        size, steps = facts["batch"], facts["steps"]
        if steps == 0:
            return say_many(
                "No step yet: one batch needs {number} image and {samples} have been looked at.",
                "No step yet: one batch needs {number} images and {samples} have been looked at.",
                size,
                samples=facts["samples"],
            )
        about = {"size": size, "samples": steps * size}
        about["steps"] = say_many("{number:,} step", "{number:,} steps", steps)
        if fate == "diverged":
            return say("Batches of {size} have diverged: at this rate each step goes too far.", **about)
        numbers = say(
            "In the mean of 21 runs the error is {mean_error} above the smallest, in the one on the map "
            "{error}. A rule predicts a spread of {predicted:.2f}.",
            error=plain(facts["error"], 2),
            mean_error=plain(facts["mean_error"], 2),
            predicted=facts["predicted"],
        )
        return say("{meaning} {numbers}", meaning=self.meaning(fate, about), numbers=numbers)

    @staticmethod
    def meaning(fate, about):
        """Why a size is where it is."""
        if fate == "worse":
            return say(
                "Batches of {size} are worse off than at the start: at this rate a step goes too far.",
                **about,
            )
        if fate == "stuck":
            return say(
                "Batches of {size} get no lower: each step is a guess, and the guesses do not shrink.",
                **about,
            )
        if fate == "begun":
            return say(
                "Batches of {size} have hardly begun: {samples:,} images buy {steps}, "
                "however good each may be.",
                **about,
            )
        if fate == "falling":
            return say(
                "Batches of {size} are still on their way down: good steps, but {samples:,} images "
                "buy only {steps}.",
                **about,
            )
        if about["size"] == size_of("all"):
            return say(
                "All {size} images a step are lowest at this cost: {samples:,} images buy {steps}, "
                "none of which goes astray.",
                **about,
            )
        if about["size"] == 1:  # nothing cancels within a batch
            return say(
                "Batches of {size} are lowest at this cost: {samples:,} images buy {steps}. Each is a guess, "
                "but at so small a rate what is wrong in them cancels.",
                **about,
            )
        return say(
            "Batches of {size} are lowest at this cost: {samples:,} images buy {steps}, "
            "and their noise cancels.",
            **about,
        )
