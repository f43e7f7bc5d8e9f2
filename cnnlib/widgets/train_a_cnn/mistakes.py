"""What a network takes for what: the confusion matrix, and the images behind each of its numbers."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.experiments.inspection import confusion_matrix
from cnnlib.networks import load_digits_cnn
from cnnlib.viz import Axis, Heatmap, Panel, Region, Scene, Text, mosaic
from cnnlib.widgets.base import Slider, Widget

ROWS, COLUMNS = 3, 4


class MistakeExplorer(Widget):
    """The confusion matrix of a network; click a number to see its images, the most confident first.

    Parameters
    ----------
    model : Sequential, optional
        By default the network that comes with the course.
    split : Split, optional
        Its test images; by default the bundled digits.
    **options
        As for `Widget`. It opens at the largest number of wrong guesses.

    Facts: ``count`` (images of class ``label`` taken for class ``guess``), ``wrong`` (of all),
    ``confidence`` (largest, 0 when there is no image), ``first`` (number of that test image, -1 without).

    Examples
    --------
    >>> MistakeExplorer(label=4, guess=4).facts["count"] > 30
    True
    """

    title = "What is taken for what"

    def __init__(self, model=None, split: Split | None = None, **options) -> None:
        model, self.split = (
            load_digits_cnn() if model is None else model,
            load_digits() if split is None else split,
        )
        p = model.predict_proba(self.split.x_test)
        self.guesses, self.confidence = p.argmax(axis=1), p.max(axis=1)
        classes = len(self.split.class_names)
        self.matrix = confusion_matrix(self.split.y_test, self.guesses, classes)
        wrong = self.matrix * (1 - np.eye(classes, dtype=int))
        label, guess = (int(i) for i in np.unravel_index(wrong.argmax(), wrong.shape))
        self.controls = (
            Slider("label", 0, classes - 1, label, integer=True, label="True class (row)"),
            Slider("guess", 0, classes - 1, guess, integer=True, label="Guess (column)"),
        )
        super().__init__(**options)

    def compute(self, state: dict) -> Scene:
        label, guess = state["label"], state["guess"]
        chosen = np.flatnonzero((self.split.y_test == label) & (self.guesses == guess))
        chosen = chosen[np.argsort(-self.confidence[chosen], kind="stable")]
        count, wrong = len(chosen), int(self.matrix.sum() - np.trace(self.matrix))
        top = float(self.confidence[chosen[0]]) if count else 0.0
        first = int(chosen[0]) if count else -1
        facts = {"count": count, "wrong": wrong, "confidence": top, "first": first}
        return Scene(
            [self._matrix_panel(label, guess), self._images_panel(chosen)],
            self._sentence(label, guess, facts),
            facts,
            columns=(1.25, 1),
            height=420,
            arrows=("guess", "label"),
        )

    def _sentence(self, label: int, guess: int, facts: dict) -> str:
        names, count = self.split.class_names, facts["count"]
        right = "rightly taken" if label == guess else "taken"
        images = "image" if count == 1 else "images"
        sure = f"a confidence of {100 * facts['confidence']:.0f} %"
        sure = f", the first (number {facts['first']}) with {sure}" if count else ""
        return (
            f"{count} test {images} of class {names[label]} {right} for {names[guess]}{sure};"
            f" wrong are {facts['wrong']} of {len(self.guesses):,} in all."
        )

    def _matrix_panel(self, label: int, guess: int) -> Panel:
        names, last = self.split.class_names, len(self.matrix) - 1
        off = self.matrix * (1 - np.eye(last + 1))
        marks = [Heatmap(off, vmin=0, vmax=max(1, off.max()), sets={"row": "label", "col": "guess"})]
        rows, columns = np.nonzero(self.matrix)
        light = off[rows, columns] > 0.6 * max(1, off.max())
        for there, color in ((light, "#000000"), (~light, "#ffffff")):
            if there.any():
                words = [str(number) for number in self.matrix[rows[there], columns[there]]]
                marks.append(Text(columns[there], rows[there], words, size=11, color=color))
        marks.append(
            Region(
                guess - 0.5, guess + 0.5, label - 0.5, label + 0.5, filled=False, color="vermilion", width=3
            )
        )
        ticks = range(last + 1)
        x = Axis(-0.5, last + 0.5, "guess", ticks=ticks, names=[name[:5] for name in names])
        y = Axis(last + 0.5, -0.5, "true class", ticks=ticks, names=[name[:5] for name in names])
        return Panel(marks, x, y, title="Confusion matrix (click a cell)", equal=True, grid=False)

    def _images_panel(self, chosen: np.ndarray) -> Panel:
        shown = chosen[: ROWS * COLUMNS]
        height, width = self.split.x_test.shape[2:]
        x = Axis(-0.5, COLUMNS * (width + 1) - 1.5, visible=False)
        y = Axis(ROWS * (height + 1) - 1.5, -0.5, visible=False)
        if not len(shown):
            marks = [Text((COLUMNS * (width + 1)) / 2 - 1, (ROWS * (height + 1)) / 2 - 1, "none", size=14)]
        else:
            picture = mosaic(self.split.x_test[shown].mean(axis=1), COLUMNS)
            marks = [Heatmap(picture, cmap="ink", vmin=0, vmax=1, hover=False)]
        title = f"{min(len(shown), len(chosen))} of {len(chosen)}, most confident first"
        return Panel(marks, x, y, title=title, at=(0, 1), equal=True, grid=False)
