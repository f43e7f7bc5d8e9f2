"""Leafing through a data set: images with their labels, a page at a time."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.viz import Axis, Heatmap, Panel, Scene, Text, mosaic
from cnnlib.widgets.base import Choice, Slider, Widget

ROWS, COLUMNS = 4, 10
GAP = 3  # pixels between images; the label stands in the gap above


class ImageGallery(Widget):
    """The images of a data set, forty a page, each with its label above it.

    Facts: ``shown`` (images on this page), ``matching`` (images of the half and class), ``first`` (number of
    the page's first image among them).

    Parameters
    ----------
    split : Split, optional
        The data set; the bundled digits if not given.
    **state
        As for every widget.

    Examples
    --------
    >>> ImageGallery(half="test", label="7").text
    'Test images of class 7, 1 to 36 of 36.'
    """

    title = "Look at the images"

    def __init__(self, split: Split | None = None, **options) -> None:
        self.split = load_digits() if split is None else split
        self.controls = (
            Choice("half", ("training", "test"), label="Images"),
            Choice("label", ("any", *self.split.class_names), label="Class"),
            Slider("page", 1, self._pages(len(self.split.x_train)), 1, integer=True, label="Page"),
        )
        super().__init__(**options)

    def limits(self, state: dict) -> dict:
        return {"page": (1, self._pages(len(self._matching(state)[0])))}

    def compute(self, state: dict) -> Scene:
        images, labels = self._matching(state)
        first = (state["page"] - 1) * ROWS * COLUMNS
        page, names = images[first : first + ROWS * COLUMNS], labels[first : first + ROWS * COLUMNS]
        kind = "" if state["label"] == "any" else f" of class {state['label']}"
        where = f"{first + 1} to {first + len(page)} of {len(images):,}" if len(page) else "there are none"
        facts = {"shown": len(page), "matching": len(images), "first": first + 1}
        text = f"{state['half'].capitalize()} images{kind}, {where}."
        return Scene([self._panel(page, names)], text, facts, height=330)

    def _matching(self, state: dict) -> tuple[np.ndarray, np.ndarray]:
        """Images (N, H, W) and labels of the chosen half and class."""
        split, training = self.split, state["half"] == "training"
        x, y = (split.x_train, split.y_train) if training else (split.x_test, split.y_test)
        if state["label"] != "any":
            chosen = y == split.class_names.index(state["label"])
            x, y = x[chosen], y[chosen]
        return x[:, 0], y

    @staticmethod
    def _pages(count: int) -> int:
        return max(1, -(-count // (ROWS * COLUMNS)))

    def _panel(self, images: np.ndarray, labels: np.ndarray) -> Panel:
        height, width = self.split.x_train.shape[2:]
        full = np.full((ROWS * COLUMNS, height, width), np.nan)
        full[: len(images)] = images
        tiled = mosaic(full, COLUMNS, GAP)
        row, column = np.divmod(np.arange(len(images)), COLUMNS)
        middle = column * (width + GAP) + (width - 1) / 2
        above = row * (height + GAP) - 0.5 - GAP / 2
        words = [self.split.class_names[label] for label in labels]
        marks = [Heatmap(tiled, cmap="ink", vmin=0, vmax=1), Text(middle, above, words, size=12)]
        x = Axis(-0.5, tiled.shape[1] - 0.5, visible=False)
        y = Axis(tiled.shape[0] - 0.5, -0.5 - GAP, visible=False)
        return Panel(marks, x, y, equal=True, grid=False)
