"""Augmentation: how far may an image be distorted and still be the same digit, for you and for a network?"""

from __future__ import annotations

import numpy as np

from cnnlib.data import Distort, Split, load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.viz import Scene, image_panel, mosaic
from cnnlib.widgets.base import Challenge, Slider, Widget

ROWS, COLUMNS, TRIED = 3, 6, 100


class AugmentationExplorer(Widget):
    """One image and what random distortion makes of it, with the share that a trained network still reads.

    Parameters
    ----------
    split : Split, optional
        Test images to distort; the bundled digits if not given.
    model : Sequential, optional
        The network asked; by default the one that comes with the course, trained on shifted digits only.
    **options
        As for `Widget`.

    Facts: ``read`` (share of 100 distorted test images that the network gets right), ``read_plain`` (of the
    same images as they are), ``moved`` (mean displacement in pixels).

    Examples
    --------
    >>> widget = AugmentationExplorer(shift=0, rotate=0, scale=0, shear=0, elastic=0)
    >>> widget.facts["moved"], widget.facts["read"] == widget.facts["read_plain"]
    (0.0, True)
    """

    title = "The same digit, distorted"
    controls = (
        Slider("image", 0, 99, 3, integer=True, label="Test image"),
        Slider("shift", 0, 4, 0.7, label="Shift (pixels)"),
        Slider("rotate", 0, 180, 8, label="Rotate (degrees)"),
        Slider("scale", 0, 0.6, 0.08, label="Scale (share)"),
        Slider("shear", 0, 1, 0.08, label="Shear (pixels a row)"),
        Slider("elastic", 0, 2, 0.2, label="Elastic (pixels)"),
        Slider("smoothness", 0.5, 6, 2, label="Elastic smoothness (pixels)"),
        Slider("seed", 0, 99, 0, integer=True, label="Seed"),
    )
    challenge = Challenge(
        "The network reads fewer than half, though pixels move by less than 1.5 on average",
        lambda facts: facts["read"] < 0.5 and facts["moved"] < 1.5,
    )

    def __init__(self, split: Split | None = None, model=None, **options) -> None:
        self.split = load_digits() if split is None else split
        self.model = load_digits_cnn() if model is None else model
        self.x, self.y = self.split.x_test[:TRIED], self.split.y_test[:TRIED]
        self.read_plain = float((self.model.predict(self.x) == self.y).mean())
        super().__init__(**options)

    def compute(self, state: dict) -> Scene:
        names = ("shift", "rotate", "scale", "shear", "elastic", "smoothness")
        distort = Distort(**{name: state[name] for name in names})
        image = self.x[state["image"] : state["image"] + 1]
        copies = distort(np.repeat(image, ROWS * COLUMNS, axis=0), np.random.default_rng(state["seed"]))
        rng = np.random.default_rng(state["seed"])
        dy, dx = distort.field(len(self.x), *self.x.shape[2:], rng)
        shaken = distort(self.x, np.random.default_rng(state["seed"]))
        read = float((self.model.predict(shaken) == self.y).mean())
        facts = {"read": read, "read_plain": self.read_plain, "moved": float(np.hypot(dy, dx).mean())}
        label = self.split.class_names[self.y[state["image"]]]
        text = (
            f"Pixels move by {facts['moved']:.2f} on average; of {len(self.x)} images distorted like this"
            f" the network reads {100 * read:.0f} %, of the same images as they are"
            f" {100 * self.read_plain:.0f} %."
        )
        gray = {"vmin": 0, "vmax": 1, "hover": False}
        panels = [
            image_panel(image.mean(axis=(0, 1)), title=f"as it is: {label}", **gray),
            image_panel(
                mosaic(copies.mean(axis=1), COLUMNS), title="distorted, each at random", at=(0, 1), **gray
            ),
        ]
        return Scene(panels, text, facts, columns=(1, 2.4), height=320)
