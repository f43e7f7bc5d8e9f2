"""A plane through the loss surface of a real network, with the path of its training."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments import landscape
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Cursor, Figure, Line, Narrow, Panel, Scene
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.base.decades import log_axis
from cnnlib.widgets.minima.slice_picture import bar_panel, map_of, map_panel, relief_of, relief_panel

EPOCHS, EVERY = 6, 6  # epochs of training, and steps between two points of the path
POINTS = 45  # of the path after the first
CELLS = 25
NARROW = Narrow(
    ("300px", "230px", "220px"),
    (1, "52px"),
    750,
    {"relief": (0, 0), "bar": (0, 1), "map": (1, 0, 1, 2), "loss": (2, 0, 1, 2)},
)
SLOTS = {"head": ("plane",), "bar": ("seed",), "handle": ("point",)}
PLANES = ("along the training path", "random, filter-normalised")


def few_images() -> tuple[np.ndarray, np.ndarray]:
    """360 training images and labels, on which slices are worked out."""
    digits = load_digits()
    return digits.x_train[:360], digits.y_train[:360]


@lru_cache(maxsize=16)
def trained_path(seed: int) -> tuple:
    """A network trained for six epochs, and its weights on the way: one row for every sixth step."""
    digits, model = load_digits(), small_cnn(seed)
    path = [landscape.get_weights(model)]
    steps = train(
        model,
        CrossEntropyLoss(),
        SGD(0.03, momentum=0.9),
        digits.x_train,
        digits.y_train,
        epochs=EPOCHS,
        rng=seed,
    )
    path += [landscape.get_weights(model) for record in steps if record.step % EVERY == 0]
    return model, np.array(path, np.float64)


@lru_cache(maxsize=8)
def plane(name: str, seed: int) -> tuple:
    """Directions, share of the path that they hold, coordinates of the path, ticks, losses on the grid."""
    model, path = trained_path(seed)
    center = path[-1]
    if name == PLANES[0]:
        directions, _ = landscape.path_directions(path)
    else:
        rng = np.random.default_rng(seed)
        directions = np.array([landscape.random_direction(model, rng) for _ in range(2)])
    points = landscape.project(path, center, directions)
    held = np.linalg.norm(points @ directions, axis=1) ** 2
    share = float(held.sum() / (np.linalg.norm(path - center, axis=1) ** 2).sum())
    reach = 1.0 if name == PLANES[1] else 0.35 * np.ptp(points, axis=0).max()
    low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
    a, b = np.linspace(low[0], high[0], CELLS), np.linspace(low[1], high[1], CELLS)
    losses = landscape.slice_losses(model, center, directions, a, b, *few_images())
    return points, share, a, b, losses


@lru_cache(maxsize=16)
def path_losses(seed: int) -> np.ndarray:
    """The network's loss at each point of its path."""
    model, path = trained_path(seed)
    return landscape.losses_at(model, path, *few_images())[0]


@lru_cache(maxsize=8)
def drawn(name: str, seed: int):
    """The relief of a plane and its map, drawn once for all points of the path."""
    *_, b, losses = plane(name, seed)
    return relief_of(b, losses), map_of(b, losses)


class LossSlice(Widget):
    """A plane through the weights of a trained network, its loss, and the shadow of the training path.

    Facts: ``loss`` (at this point of the path), ``shadow`` (loss at its shadow in the plane), ``least`` (on
    the plane), ``share`` (of the path's squared distances that lie in it), ``point``, ``steps``.

    >>> LossSlice(point=45).facts["steps"]
    270
    """

    title = "What does training walk down?"
    controls = (
        Choice(
            "plane", PLANES, label="Plane", picker="segments", words=("plane of the path", "random plane")
        ),
        Slider("seed", 0, 5, 0, integer=True, label="Seed"),
        Slider("point", 0, POINTS, POINTS, integer=True, label="Point of the path"),
    )
    slots = SLOTS
    advances = "point"

    def compute(self, state):
        points, share, a, b, losses = plane(state["plane"], state["seed"])
        true, here = path_losses(state["seed"]), points[state["point"]]
        column, row = np.argmin(np.abs(a - here[0])), np.argmin(np.abs(b - here[1]))
        facts = {
            "loss": float(true[state["point"]]),
            "shadow": float(losses[row, column]),
            "share": share,
            "point": state["point"],
            "least": float(losses.min()),
            "steps": state["point"] * EVERY,
        }
        here = points[: state["point"] + 1]
        relief, above = drawn(state["plane"], state["seed"])
        where = here, points, a, b, losses
        panels = [relief_panel(relief, *where), bar_panel(losses), map_panel(above, *where)]
        return Scene(
            [*panels, self.loss_panel(true, state["point"])],
            self.sentence(facts),
            facts,
            rows=(1, 1),
            columns=(1.75, "64px", 1),
            height=456,
            figures=self.figures(facts),
            narrow=NARROW,
        )

    def figures(self, facts):
        return [
            Figure("Loss", f"{facts['loss']:.2f}", large=True),
            Figure("This plane shows", f"{100 * facts['share']:.1f} %", "of the path"),
        ]

    def loss_panel(self, true, now):
        """The loss of the network itself over the steps."""
        places, loss = np.arange(len(true)), np.clip(true, 0.01, 10)
        marks = [
            Line(places[now:], loss[now:], color="path", width=1.5, alpha=0.35),
            Line(places[: now + 1], loss[: now + 1], color="path", width=2.5),
            Cursor(now, sets={"x": "point"}, text=str(now * EVERY)),
        ]
        ticks = range(0, len(true), 15)
        x = Axis(0, len(true) - 1, "step", ticks=ticks, names=[str(t * EVERY) for t in ticks])
        (y, how), title = log_axis(0.007, 10), "The loss itself"  # the handle clear of 0.01
        return Panel(marks, x, y, title=title, subtitle=how, at=(1, 2), name="loss")

    def sentence(self, facts):
        when = say("After {steps} steps", steps=facts["steps"]) if facts["steps"] else "Before the first step"
        words = say(
            "{when} the loss is {loss:.2f}, and {shadow:.2f} at the path's shadow on this plane. "
            "{beside:.1f} % of the path leads out of the plane.",
            when=when,
            loss=facts["loss"],
            shadow=facts["shadow"],
            beside=100 - round(100 * facts["share"], 1),
        )
        if facts["steps"] < EVERY * POINTS or f"{facts['least']:.2f}" >= f"{facts['shadow']:.2f}":
            return words
        ended = say(
            "Training ended here, not at the lowest place of this plane, {least:.2f}.", least=facts["least"]
        )
        return f"{words} {ended}"
