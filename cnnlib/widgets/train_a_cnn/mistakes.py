"""What a network takes for what: the confusion matrix, and the images behind each of its numbers."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split
from cnnlib.experiments.inspection import confusion_matrix
from cnnlib.runtime.language import marked, say, say_many
from cnnlib.viz import Axis, Figure, Heatmap, Narrow, Panel, Region, Scene, Text, Tiles, frames, hairlines
from cnnlib.widgets.base import Slider, Widget
from cnnlib.widgets.train_a_cnn.defaults import network_and_images

MOST = 12  # images shown
ROOM = {2: 0.62, 3: 0.52, 4: 0.38}  # of an image's width, for a bar beside its number, by the columns
SHORT = 4  # letters of a name that find room beneath a cell
TILE, FIT = 28, 0.76  # pixels of an image in a cell of the matrix, and how much of the cell it may fill
BAR = 0.15  # of an image's height: a line with the probability of a class
NAMED = "Which classes does it mix up?"  # a title for images that are no digits
marked(NAMED)
SLOTS = {"handle": ("label", "guess")}
NARROW = Narrow(("390px", "355px"), (1,), 745, {"matrix": (0, 0), "images": (1, 0)})


class MistakeExplorer(Widget):
    """The confusion matrix of a network; click a number to see its images, the most confident first.

    Parameters
    ----------
    model : Sequential, optional
        By default the network that comes with the course for images of this size.
    split : Split, optional
        Its test images; by default the bundled ones of MNIST.
    **options
        As for `Widget`. It opens at the largest number of wrong guesses.

    Facts: ``count`` (images of class ``label`` taken for class ``guess``), ``wrong`` (of all),
    ``confidence`` (largest, 0 when there is no image), ``first`` (number of that test image, -1 without).

    Examples
    --------
    >>> MistakeExplorer(label=4, guess=4).facts["count"] > 180
    True
    """

    title = "Which digits does it mix up?"
    slots = SLOTS

    def __init__(self, model=None, split: Split | None = None, **options) -> None:
        model, self.split = network_and_images(model, split)
        self.p = model.predict_proba(self.split.x_test)
        self.guesses, self.confidence = self.p.argmax(axis=1), self.p.max(axis=1)
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
        chosen = self._images_of(label, guess)
        count, wrong = len(chosen), int(self.matrix.sum() - np.trace(self.matrix))
        top = float(self.confidence[chosen[0]]) if count else 0.0
        first = int(chosen[0]) if count else -1
        names = self.split.class_names
        facts = {"count": count, "wrong": wrong, "confidence": top, "first": first}
        return Scene(
            [self._matrix_panel(label, guess), self._images_panel(chosen, label, guess)],
            self._sentence(label, guess, facts),
            facts,
            columns=("min(444px, 45%)", 1),
            height=440,
            title=self.title if all(name.isdigit() for name in names) else NAMED,
            figures=[
                Figure("Wrong", f"{wrong:,}", say("of {guesses:,}", guesses=len(self.guesses)), large=True),
                Figure(
                    say("Is {label}, taken for {guess}", label=names[label], guess=names[guess]),
                    f"{count:,}",
                    say_many("image", "images", count),
                    large=True,
                ),
            ],
            narrow=NARROW,
            arrows=("guess", "label"),
        )

    def _images_of(self, label: int, guess: int) -> np.ndarray:
        """Numbers of the images of a class taken for a class, the surest first."""
        chosen = np.flatnonzero((self.split.y_test == label) & (self.guesses == guess))
        return chosen[np.argsort(-self.confidence[chosen], kind="stable")]

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
        off = self.matrix * (1 - np.eye(last + 1, dtype=int))
        cells = Heatmap(
            off,
            cmap="ink",
            vmin=0,
            vmax=4 * max(1, off.max()),
            sets={"row": "label", "col": "guess"},
            means="wrong guesses",
        )
        rows, columns = np.nonzero(off)
        right = np.flatnonzero(np.diag(self.matrix))
        many = off[rows, columns] > 1
        marks = [
            cells,
            *(Region(i - 0.5, i + 0.5, i - 0.5, i + 0.5, color="panel", alpha=1) for i in range(last + 1)),
            hairlines(last + 1, last + 1),
            Text(right, right, [str(self.matrix[i, i]) for i in right], size=12, color="muted"),
        ]
        if len(rows):
            surest = np.array([self._images_of(*cell)[0] for cell in zip(rows, columns, strict=True)])
            pictures = self.split.x_test[surest].mean(axis=1)
            look = {"size": TILE, "fit": FIT, "cmap": "ink", "vmin": 0, "vmax": 1, "shift": (-2, -2)}
            marks.append(Tiles(columns, rows, pictures, **look))
            counts = [str(number) for number in off[rows, columns][many]]
            corner = columns[many] + 0.47, rows[many] + 0.48
            marks.append(Text(*corner, counts, size=11, bold=True, align="right", baseline="bottom"))
        edge = {"color": "you", "filled": False, "width": 3}
        marks.append(Region(guess - 0.5, guess + 0.5, label - 0.5, label + 0.5, **edge))
        ticks = {"ticks": range(last + 1), "names": names}
        long = max(map(len, names)) > SHORT
        x = Axis(-0.5, last + 0.5, "the network says", staggered=long, **ticks)
        y = Axis(last + 0.5, -0.5, "it is", **ticks)
        title, words = "Confusion matrix", "diagonal: right; click a mistake"
        return Panel(marks, x, y, title=title, subtitle=words, equal=True, grid=False, name="matrix")

    def _images_panel(self, chosen: np.ndarray, label: int, guess: int) -> Panel:
        """As many images as have room, as large as it lets them, with the probabilities of both classes."""
        shown, names = chosen[:MOST], self.split.class_names
        height, width = self.split.x_test.shape[2:]
        columns = next(n for n in (2, 3, 4) if len(shown) <= n * (n - 1) or n == 4)
        asked = [guess] if label == guess else [guess, label]
        gap, line = max(1, width // 8), BAR * height
        down = height + 2.6 * line
        rows = max(columns - 1, 1)
        x = Axis(-0.5, columns * (width + gap) - gap - 0.5, visible=False)
        y = Axis(rows * down - 0.5, -0.5, visible=False)
        short = max(len(names[kind]) for kind in asked) <= SHORT
        left = np.arange(len(shown)) % columns * (width + gap) - 0.5
        top = np.arange(len(shown)) // columns * down - 0.5
        marks: list = []
        if not len(shown):
            place = columns * (width + gap) / 2 - 1, height / 2
            marks = [Text(*place, "No image: this never happens.", size=14, color="muted")]
        for x0, y0, number in zip(left, top, shown, strict=True):
            image = self.split.x_test[number].mean(axis=0)
            marks.append(Heatmap(image, (x0, x0 + width, y0, y0 + height), "ink", 0, 1, hover=False))
        if len(shown):
            marks.append(frames(left, top, width, height))
        for row, kind in enumerate(asked):
            share, level = self.p[shown, kind], top + height + (row + 0.8) * line
            begin, color = left + 0.14 * width * short, "ink" if row == 0 else "muted"
            full = (ROOM[columns] + 0.14 * (not short)) * width
            for x0, y0, part in zip(begin, level, share, strict=True):
                edges = {"y0": y0 - 0.3 * line, "y1": y0 + 0.3 * line, "alpha": 1}
                marks.append(Region(x0, x0 + full, color="grid", **edges))
                marks.append(Region(x0, x0 + full * part, color=color, **edges))
            words = [f"{100 * part:.0f} %" for part in share]
            marks.append(
                Text(left + width, level, words, size=12 if columns < 4 else 11, align="right", color=color)
            )
            if short:
                marks.append(
                    Text(left, level, [names[kind]] * len(shown), align="left", bold=True, color=color)
                )
        return Panel(
            marks,
            x,
            y,
            title=say("Is {label}, taken for {guess}", label=names[label], guess=names[guess]),
            subtitle=self._how(chosen, shown),
            at=(0, 1),
            equal=True,
            grid=False,
            name="images",
        )

    def _how(self, chosen: np.ndarray, shown: np.ndarray) -> str:
        """How many images there are, and what the bars beneath them are."""
        if not len(chosen):
            return ""
        if len(shown) == len(chosen):
            return "bars: how sure of each"
        return say("the {shown} surest; bars: how sure of each", shown=len(shown))
