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
from cnnlib.viz import Axis, Heatmap, Line, Panel, Points, Scene
from cnnlib.widgets.base import Choice, Slider, Widget

EPOCHS, EVERY = 6, 6  # epochs of training, and steps between two points of the path
CELLS = 25
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


class LossSlice(Widget):
    """A plane through the weights of a trained network, its loss, and the shadow of the training path.

    Facts: ``loss`` (at this point of the path), ``shadow`` (loss at its shadow in the plane), ``share`` (of
    the path's squared distances that lie in the plane), ``point``, ``steps``.

    >>> LossSlice(point=45).facts["steps"]
    270
    """

    title = "A slice of the network's own loss surface"
    controls = (
        Choice("plane", PLANES, label="Plane"),
        Slider("seed", 0, 5, 0, integer=True, label="Seed"),
        Slider("point", 0, 45, 45, integer=True, label="Point of the path"),
    )
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
            "steps": state["point"] * EVERY,
        }
        panels = [self.map_panel(points[: state["point"] + 1], a, b, losses), self.loss_panel(true, state)]
        return Scene(panels, self.sentence(facts), facts, columns=(3, 2), height=400)

    def map_panel(self, points, a, b, losses):
        from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

        shade = np.log10(np.clip(losses, 1e-3, 1e3))
        levels = np.linspace(shade.min(), shade.max(), 16)
        generator = contour_generator(a, b, shade, line_type=LineType.ChunkCombinedNan)
        lines = [generator.lines(level)[0][0] for level in levels[1:-1]]
        outline = np.concatenate(
            [part for line in lines if line is not None for part in (line, [[np.nan, np.nan]])]
        ).T
        half = (a[1] - a[0]) / 2, (b[1] - b[0]) / 2
        extent = (a[0] - half[0], a[-1] + half[0], b[0] - half[1], b[-1] + half[1])
        marks = [
            Heatmap(shade, extent, cmap="cividis", alpha=0.6),
            Line(*outline, color="muted", width=0.8),
            Line(*points.T, color="vermilion", width=2, label="training path"),
            Points(
                *points[:1].T, color="orange", shape="square", size=5, outline="ink", label="first weights"
            ),
            Points(*points[-1:].T, color="green", shape="diamond", size=6, outline="ink", label="here"),
        ]
        axes = Axis(a[0], a[-1], "along the first direction"), Axis(b[0], b[-1], "along the second")
        return Panel(marks, *axes, title="log10 of the loss: dark is low", legend="upper right")

    def loss_panel(self, true, state):
        steps, now = np.arange(len(true)) * EVERY, state["point"]
        marks = [
            Line(steps[: now + 1], np.clip(true[: now + 1], 1e-2, 10), color="vermilion"),
            Points(steps[now], np.clip(true[now], 1e-2, 10), color="green", shape="diamond", size=6),
        ]
        axes = Axis(0, steps[-1], "step", whole=True), Axis(0.01, 10, "loss", log=True)
        return Panel(marks, *axes, title="The loss itself", at=(0, 1))

    def sentence(self, facts):
        when = f"After {facts['steps']} steps" if facts["steps"] else "Before the first step"
        return (
            f"{when} the loss is {facts['loss']:.2f}, and {facts['shadow']:.2f} at the shadow on this plane,"
            f" which holds {100 * facts['share']:.1f} % of the path."
        )
