"""Batches: a gradient from a few samples is a noisy gradient, but a cheap one."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.error_surfaces import Regression
from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Cursor, Figure, Line, Narrow, Note, Panel, Points, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.base.decades import decades, log_axis
from cnnlib.widgets.gradient_descent.error_words import plain, short
from cnnlib.widgets.gradient_descent.map_labels import MapLabels
from cnnlib.widgets.gradient_descent.surface_picture import map_axes, map_marks, visible, window

SIZES = ("1", "4", "16", "64", "all")
PAIR = (3, 5)
PIXELS = ((3, 2), (2, 4))
START = (-2.5, 2.5)
DRAWS = 300
MOST = 3000  # images looked at
FLOOR = 1e-6  # the least error drawn
MAP_HIGH = 270  # pixels
BESIDE = 560  # images between the cursor and a tick from which its pill hides the tick's word
SLIM = 1.25  # height of the view of first steps by its width
SEEDS = 20  # the highest; the mean is over seeds 0 to 20
NARROW = Narrow(
    ("min(430px, 16px + 99% of width)", "310px", "min(320px, 40px + 66% of width)"),
    (1,),
    at={"map": (0, 0), "errors": (1, 0), "ways": (2, 0)},
)
SLOTS = {"bar": ("batch", "rate"), "handle": ("samples",), "more": ("seed",)}


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


@lru_cache(maxsize=32)
def descents(size: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (steps + 1, seeds, 2) and errors above the smallest (steps + 1, seeds), a run for each seed."""
    surface, rngs = regression(), [np.random.default_rng(seed) for seed in range(SEEDS + 1)]
    n, steps = len(surface.x), MOST // size
    order = np.array([np.concatenate([rng.permutation(n) for _ in range(-(-MOST // n))]) for rng in rngs])
    path = np.empty((steps + 1, SEEDS + 1, 2))
    path[0] = START
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(steps):
            batches = order[:, i * size : (i + 1) * size]
            path[i + 1] = path[i] - rate * surface.batch_gradient(path[i], batches)
        errors = surface.error(path) - surface.floor
    return path, errors


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
        surface, size = regression(), size_of(state["batch"])
        paths, errors = descents(size, state["rate"])
        now = state["samples"] // size
        gradients, full = cloud(size, state["seed"]), surface.gradient(np.array(START))
        facts = self.facts_of(state, size, errors[: now + 1], gradients - full)
        panels = [
            self.map_panel(surface, paths[: now + 1, state["seed"]]),
            self.cloud_panel(gradients, full, size),
            self.error_panel(errors, now, size, state),
        ]
        return Scene(
            panels,
            self.sentence(facts),
            facts,
            columns=(1.05, 0.95, 1.15),
            height=372,
            figures=self.figures(facts),
            narrow=NARROW,
        )

    def facts_of(self, state, size, errors, noise):
        n, here = len(regression().x), errors[-1, state["seed"]]
        single = cloud(1, state["seed"]) - regression().gradient(np.array(START))
        # without putting back, a batch of n of n has no noise: the factor (n - size) / (n - 1)
        share = (n - size) / (n - 1) / size
        return {
            "error": float(here) if np.isfinite(here) else np.inf,
            "mean_error": float(_mean(errors[-1:])[0]),
            "steps": len(errors) - 1,
            "samples": state["samples"],
            "batch": size,
            "spread": _rms(noise),
            "predicted": _rms(single) * float(np.sqrt(share)),
        }

    def figures(self, facts):
        return [
            Figure("Error, mean of 21 runs", short(facts["mean_error"]), large=True),
            Figure(
                "Spread of the dots",
                f"{facts['spread']:.2f}",
                say("predicted {predicted:.2f}", predicted=facts["predicted"]),
            ),
        ]

    def map_panel(self, surface, path):
        seen = visible(path)
        labels = MapLabels(*window(surface), MAP_HIGH, seen)
        marks = [
            *map_marks(surface, foot=True),
            Line(seen[:, 0], seen[:, 1], color="paper", width=3.6, alpha=0.6),
            Line(seen[:, 0], seen[:, 1], color="path", width=1.6),
            Points(seen[:, 0], seen[:, 1], color="path", size=2),
            Points(*START, color="ink", size=6, outline="paper"),
            Points(*seen[-1:].T, color="path", shape="diamond", size=7, outline="paper"),
            labels.note(surface.minima[0], "lowest point", needs=240, far=4),
            labels.note(START, "start"),
        ]
        how = "dark ground is low"
        return Panel(
            marks, *map_axes(surface), title="One run", subtitle=how, equal=True, grid=False, name="map"
        )

    def cloud_panel(self, gradients, full, size):
        low, wide = close_up(np.vstack([-gradients, [[0.0, 0.0]]]))
        note = low + wide * np.array([0.03, 0.13])
        marks = [
            Points(-gradients[:, 0], -gradients[:, 1], color="path", size=2.5, alpha=0.5),
            Points(0, 0, color="ink", size=4),
            Arrows([0], [0], [-full[0]], [-full[1]], color="ink", width=2.5),
            Note(*note, "a dot: the way down by one batch; arrow: by all images", width=190, needs=160),
        ]
        axes = [
            Axis(begin, begin + span, say("change of weight {number} at rate 1", number=i + 1), whole=True)
            for i, (begin, span) in enumerate(zip(low, wide, strict=True))
        ]
        how = (
            say("{draws} batches of {size}", draws=DRAWS, size=size)
            if size < len(regression().x)
            else say("all {size} images", size=size)
        )
        return Panel(
            marks, *axes, title="Which way is down?", subtitle=how, at=(0, 1), equal=True, name="ways"
        )

    def error_panel(self, errors, now, size, state):
        """The errors of all runs over their cost, and after the first step what is to come as a ghost.

        Beside them stand the means of the other batch sizes at the same cost.
        """
        means = {name: _mean(descents(size_of(name), state["rate"])[1]) for name in SIZES}
        low, high = decades(np.concatenate([errors.ravel(), *means.values()]), FLOOR, 100)
        marks = self.runs(errors, now, np.arange(len(errors)) * size, state["seed"], state["batch"])
        if now:
            marks = [*self.others(means, state, low, high), *marks]
            marks.append(Note(MOST * 0.55, 0.9 * high, "coloured: the run on the map", width=110, needs=200))
        else:
            marks.append(Note(MOST * 0.1, 0.3 * high, "Press Play: the curves begin here.", width=180))
        marks.append(Cursor(state["samples"], sets={"x": "samples"}, text=f"{now * size:,}"))
        (y, how), title = log_axis(low, high), "How much error is left?"
        ticks = [tick for tick in range(0, MOST + 1, 1000) if abs(tick - now * size) > BESIDE or not tick]
        axes = Axis(0, MOST, "images looked at", ticks=ticks), y
        how = say("by batch size; {how}", how=how)
        return Panel(marks, *axes, title=title, subtitle=how, at=(0, 2), name="errors", legend="ends")

    @staticmethod
    def others(means, state, low, high):
        """The mean errors of the other batch sizes, up to as many images."""
        marks = []
        for name, mean in means.items():
            size = size_of(name)
            mean = mean[: state["samples"] // size + 1]
            drawn = np.where(mean <= high, np.maximum(mean, low), np.nan)
            look = {"color": "muted", "width": 1.2, "alpha": 0.6, "label": name}
            if name != state["batch"] and np.isfinite(drawn).any():
                marks.append(Line(np.arange(len(drawn)) * size, drawn, **look))
        return marks

    def runs(self, errors, now, x, seed, name):
        """The run that is on the map, coloured; the mean of all, thick, and what is to come of it."""
        drawn = np.where(errors[:, seed] < 1e12, np.clip(errors[:, seed], FLOOR, None), np.nan)
        mean = np.clip(_mean(errors), FLOOR, 1e12)
        return [
            *([Line(x[now:], mean[now:], color="ink", width=1.5, alpha=0.3)] if now else []),
            Line(x[: now + 1], drawn[: now + 1], color="path", width=1.5),
            Line(x[: now + 1], mean[: now + 1], color="ink", width=2.5, label=name if now else ""),
        ]

    def sentence(self, facts):
        size, samples = facts["batch"], facts["samples"]
        if facts["steps"] == 0:
            return say(
                "No step yet: one batch needs {size} images and {samples} have been looked at.",
                size=size,
                samples=samples,
            )
        steps = say("{steps:,} steps on batches of {size}", steps=facts["steps"], size=size)
        if not facts["error"] < 1e6:
            return say(
                "{steps} at a cost of {samples:,} images: it has diverged.",
                steps=steps,
                samples=facts["steps"] * size,
            )
        return say(
            "{steps} at a cost of {samples:,} images: in the mean of 21 runs the error is {mean_error} "
            "above the smallest, in the one on the map {error}.",
            steps=steps,
            samples=facts["steps"] * size,
            error=plain(facts["error"], 2),
            mean_error=plain(facts["mean_error"], 2),
        )


def close_up(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower left corner, width and height of a view of points, with room beneath them for a note.

    >>> low, size = close_up(np.array([[0.0, 0.0], [8.0, -8.0]]))
    >>> low.round(1).tolist(), size.round(1).tolist()
    ([-0.8, -11.2], [9.6, 12.0])
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = 1.2 * float((high - low).max())
    corner = (low + high) / 2 - side / 2
    return corner - [0, (SLIM - 1) * side], np.array([side, SLIM * side])


def _mean(errors: np.ndarray) -> np.ndarray:
    """Mean over the runs, inf where one has overflowed."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = errors.mean(axis=1)
    return np.where(np.isfinite(mean), mean, np.inf)


def _rms(vectors: np.ndarray) -> float:
    return float(np.sqrt((vectors**2).sum(1).mean()))
