"""Batches: a gradient from a few samples is a noisy gradient, but a cheap one."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.error_surfaces import Regression
from cnnlib.viz import Arrows, Axis, Line, Panel, Points, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.gradient_descent.surface_picture import map_axes, map_marks, visible

SIZES = ("1", "4", "16", "64", "all")
PAIR = (3, 5)
PIXELS = ((3, 2), (2, 4))
START = (-2.5, 2.5)
DRAWS = 300


@cache
def regression() -> Regression:
    """A guess from two pixels of real digits: is it a 3 (target 1) or a 5 (target -1)?

    Features are the two pixels, each brought to mean 0 and spread 1 over the training images.
    """
    digits = load_digits()
    chosen = np.isin(digits.y_train, PAIR)
    images, labels = digits.x_train[chosen, 0], digits.y_train[chosen]
    x = np.stack([images[:, row, column] for row, column in PIXELS], axis=1).astype(float)
    return Regression((x - x.mean(0)) / x.std(0), np.where(labels == PAIR[0], 1.0, -1.0))


def size_of(name: str) -> int:
    return len(regression().x) if name == "all" else int(name)


@lru_cache(maxsize=32)
def cloud(size: int, seed: int) -> np.ndarray:
    """Gradients at the start from many batches of one size, drawn without putting back: (DRAWS, 2)."""
    surface, rng = regression(), np.random.default_rng(seed)
    batches = rng.permuted(np.tile(np.arange(len(surface.x)), (DRAWS, 1)), axis=1)[:, :size]
    return surface.batch_gradient(np.array(START), batches)


class BatchNoise(Widget):
    """Descent by batches of a chosen size, at equal cost: what counts are the samples looked at.

    A linear guess from two real pixels: is the digit a 3 or a 5? Facts: ``error`` (above the smallest),
    ``steps``, ``samples``, ``batch``, ``spread`` of the batch gradients at the start (root of the mean
    squared distance from the full gradient), ``predicted`` (spread of one sample over root of the batch).

    >>> BatchNoise(batch="all", samples=5).text
    'No step yet: one batch needs 291 images and 5 have been looked at.'
    """

    title = "Batches: noise against cost"
    controls = (
        Choice("batch", SIZES, default="16", label="Batch size"),
        LogSlider("rate", 1e-3, 3, 0.1, label="Learning rate"),
        Slider("samples", 0, 3000, 1500, step=10, integer=True, label="Images looked at"),
        Slider("seed", 0, 20, 0, integer=True, label="Seed"),
    )
    advances = "samples"

    def compute(self, state):
        surface, size = regression(), size_of(state["batch"])
        rng = np.random.default_rng(state["seed"])
        path = surface.descend(START, state["rate"], size, state["samples"], rng)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = surface.error(path) - surface.floor
        gradients, full = cloud(size, state["seed"]), surface.gradient(np.array(START))
        facts = self.facts_of(state, size, errors, gradients - full)
        panels = [
            self.map_panel(surface, path),
            self.cloud_panel(gradients, full),
            self.error_panel(errors, size, state),
        ]
        return Scene(panels, self.sentence(facts), facts, columns=(1, 1, 1), height=360)

    def facts_of(self, state, size, errors, noise):
        n = len(regression().x)
        single = cloud(1, state["seed"]) - regression().gradient(np.array(START))
        # without putting back, a batch of n of n has no noise: the factor (n - size) / (n - 1)
        share = (n - size) / (n - 1) / size
        return {
            "error": float(errors[-1]) if np.isfinite(errors[-1]) else np.inf,
            "steps": len(errors) - 1,
            "samples": state["samples"],
            "batch": size,
            "spread": _rms(noise),
            "predicted": _rms(single) * float(np.sqrt(share)),
        }

    def map_panel(self, surface, path):
        seen = visible(path)
        marks = [
            *map_marks(surface),
            Line(seen[:, 0], seen[:, 1], color="vermilion", width=1.2),
            Points(seen[:, 0], seen[:, 1], color="orange", size=2),
            Points(*START, color="vermilion", size=6, outline="ink", label="start"),
        ]
        return Panel(marks, *map_axes(surface), title="Path on the map", equal=True, legend="lower left")

    def cloud_panel(self, gradients, full):
        marks = [
            Points(-gradients[:, 0], -gradients[:, 1], color="sky", size=2, alpha=0.6, label="batch steps"),
            Arrows([0], [0], [-full[0]], [-full[1]], color="ink", label="full gradient"),
        ]
        axes = Axis(-12, 14, "step of weight 1"), Axis(-14, 12, "step of weight 2")
        return Panel(marks, *axes, title="Ways down at the start", at=(0, 1), equal=True, legend="lower left")

    def error_panel(self, errors, size, state):
        drawn = np.where(np.isfinite(errors), np.clip(errors, 1e-6, None), np.nan)
        line = Line(np.arange(len(errors)) * size, drawn, color="orange")
        y = Axis(1e-6, 100, "error above the smallest", log=True)
        x = Axis(0, 1.06 * max(300, state["samples"]), "images looked at")  # the last tick's label needs room
        return Panel([line], x, y, title="Error against cost", at=(0, 2))

    def sentence(self, facts):
        size, samples = facts["batch"], facts["samples"]
        if facts["steps"] == 0:
            return f"No step yet: one batch needs {size} images and {samples} have been looked at."
        steps = f"{facts['steps']:,} steps on batches of {size}"
        if not facts["error"] < 1e6:
            return f"{steps} at a cost of {samples:,} images: it has diverged."
        return (
            f"{steps} at a cost of {samples:,} images: the error is {facts['error']:.2g} above the smallest. "
            f"At the start the batch gradients spread by {facts['spread']:.2f}."
        )


def _rms(vectors: np.ndarray) -> float:
    return float(np.sqrt((vectors**2).sum(1).mean()))
