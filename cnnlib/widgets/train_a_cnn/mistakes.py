"""What a network takes for what: the confusion matrix, and the images behind each of its numbers."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.experiments.inspection import confusion_matrix
from cnnlib.networks import load_digits_cnn
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, Figure, Heatmap, Narrow, Panel, Region, Scene, Text
from cnnlib.widgets.base import Slider, Widget

MOST = 12  # images shown
SHORT = 4  # letters of a name that find room beneath a cell
CAPTION = 0.2  # of an image's height, for how sure the network was
SLOTS = {"handle": ("label", "guess")}
NARROW = Narrow(("390px", "280px"), (1,), 670, {"matrix": (0, 0), "images": (1, 0)})


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

    title = "What does it take for what?"
    slots = SLOTS

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
        names = self.split.class_names
        facts = {"count": count, "wrong": wrong, "confidence": top, "first": first}
        return Scene(
            [self._matrix_panel(label, guess), self._images_panel(chosen)],
            self._sentence(label, guess, facts),
            facts,
            columns=(1, 1),
            height=430,
            figures=[
                Figure("Wrong", f"{wrong:,}", say("of {guesses:,}", guesses=len(self.guesses)), large=True),
                Figure(
                    say("{label} taken for {guess}", label=names[label], guess=names[guess]),
                    str(count),
                    large=True,
                ),
                Figure("Most sure", f"{100 * top:.0f} %" if count else "none"),
            ],
            narrow=NARROW,
            arrows=("guess", "label"),
        )

    def _sentence(self, label: int, guess: int, facts: dict) -> str:
        names, count = self.split.class_names, facts["count"]
        images = say_many(
            "{number} test image of class {label}",
            "{number} test images of class {label}",
            count,
            label=names[label],
        )
        taken = "{images} rightly taken for {guess}" if label == guess else "{images} taken for {guess}"
        said = say(taken, images=images, guess=names[guess])
        if count:
            said = say(
                "{said}, the first (number {first}) with a confidence of {confidence:.0f} %",
                said=said,
                first=facts["first"],
                confidence=100 * facts["confidence"],
            )
        return say(
            "{said}; wrong are {wrong:,} of {guesses:,} in all.",
            said=said,
            wrong=facts["wrong"],
            guesses=len(self.guesses),
        )

    def _matrix_panel(self, label: int, guess: int) -> Panel:
        names, last = self.split.class_names, len(self.matrix) - 1
        off = self.matrix * (1 - np.eye(last + 1))
        top = max(1.0, off.max())
        marks = [
            Heatmap(
                off,
                cmap="ink",
                vmin=0,
                vmax=top,
                sets={"row": "label", "col": "guess"},
                means="wrong guesses",
            ),
            *(Region(i - 0.5, i + 0.5, i - 0.5, i + 0.5, color="panel", alpha=1) for i in range(last + 1)),
        ]
        rows, columns = np.nonzero(self.matrix)
        strong, right = off[rows, columns] > 0.45 * top, rows == columns
        for there, color in ((strong, "paper"), (~strong & ~right, "ink"), (right, "muted")):
            if there.any():
                words = [str(number) for number in self.matrix[rows[there], columns[there]]]
                marks.append(
                    Text(columns[there], rows[there], words, size=12, color=color, bold=color != "muted")
                )
        edge = {"color": "you", "filled": False, "width": 3}
        marks.append(Region(guess - 0.5, guess + 0.5, label - 0.5, label + 0.5, **edge))
        ticks = {"ticks": range(last + 1), "names": names}
        long = max(map(len, names)) > SHORT
        x = Axis(-0.5, last + 0.5, "guess", staggered=long, **ticks)
        y = Axis(last + 0.5, -0.5, "true class", **ticks)
        title, words = "Confusion matrix", "dark: often wrong; on the diagonal: right. Click a cell"
        return Panel(marks, x, y, title=title, subtitle=words, equal=True, grid=False, name="matrix")

    def _images_panel(self, chosen: np.ndarray) -> Panel:
        """As many images as there are, as large as there is room, each with how sure the network was."""
        shown = chosen[:MOST]
        height, width = self.split.x_test.shape[2:]
        columns = next(n for n in (2, 3, 4) if len(shown) <= n * (n - 1) or n == 4)
        gap, down = 1 + width // 14, round(height * (1 + CAPTION)) + 1
        rows = max(columns - 1, 1)
        x = Axis(-0.5, columns * (width + gap) - gap - 0.5, visible=False)
        y = Axis(rows * down - 0.5, -0.5, visible=False)
        marks: list = []
        if not len(shown):
            place = columns * (width + gap) / 2 - 1, height / 2
            marks = [Text(*place, "No image: this never happens.", size=14, color="muted")]
        for place, number in enumerate(shown):
            row, column = divmod(place, columns)
            left, top = column * (width + gap) - 0.5, row * down - 0.5
            edges = (left, left + width, top, top + height)
            image = self.split.x_test[number].mean(axis=0)
            marks.append(Heatmap(image, edges, "ink", 0, 1, hover=False))
            marks.append(Region(*edges, color="grid", filled=False, width=1))
            sure = say("{sure:.0f} % sure", sure=100 * float(self.confidence[number]))
            spot = left + width / 2, top + height
            marks.append(Text(*spot, sure, size=12, color="muted", baseline="top", shift=(0, 4)))
        words = (
            say("{shown} of {chosen}, the most confident first", shown=len(shown), chosen=len(chosen))
            if len(chosen)
            else ""
        )
        return Panel(
            marks, x, y, title="Its images", subtitle=words, at=(0, 1), equal=True, grid=False, name="images"
        )
