"""Which pixels speak for a class: saliency and occlusion of one image at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.data import Split
from cnnlib.experiments.inspection import occlusion, saliency
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import say
from cnnlib.viz import (
    Axis,
    Bars,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Panel,
    Region,
    Scene,
    Text,
    frames,
    image_panel,
    outline,
)
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.train_a_cnn.defaults import network_and_images

OWN = "its guess"
SQUARE = "framed: needed most"
SALIENT = "dark: small changes count"
FALLS = "blue: helps; orange: hurts"
WHOLE, COVERED = "ink", "purple"  # the bars, and the square that costs most
NARROW = Narrow(
    ("200px", "240px"), (1, 1), 440, {"image": (0, 0), "saliency": (0, 1), "falls": (1, 0), "guess": (1, 1)}
)
FIRST = 300  # test images among which it looks for one to open with
INSIDE = 0.6  # a probability from which its number stands in its bar
SMALL = 0.005  # below this a probability has no room to fall, and the logits are shown


class EvidenceExplorer(Widget):
    """One test image, the ten probabilities, and two maps of what they rest on.

    Parameters
    ----------
    model : Sequential, optional
        By default the network that comes with the course for images of this size.
    split : Split, optional
        Its test images; by default the bundled ones of MNIST.
    **options
        As for `Widget`. It opens at the image, among the first, of which the network is least sure.

    A class whose probability is below half a percent is looked at by its logit, the score before softmax.

    Facts: ``guess``, ``label``, ``confidence`` (of the guess); ``logit`` (of the class asked about), ``fall``
    (largest fall of its probability, or of its logit, when a square is covered), ``row`` and ``col`` (upper
    left pixel of that square).

    Examples
    --------
    >>> widget = EvidenceExplorer(image=0)
    >>> widget.facts["guess"] == widget.facts["label"], widget.facts["fall"] > 0
    (True, True)
    """

    title = "Which pixels speak for its guess?"

    def __init__(self, model=None, split: Split | None = None, **options) -> None:
        self.model, self.split = network_and_images(model, split)
        side = min(self.split.x_test.shape[2:])
        doubtful = int(self.model.predict_proba(self.split.x_test[:FIRST]).max(axis=1).argmin())
        self.controls = (
            Slider("image", 0, len(self.split.x_test) - 1, doubtful, integer=True, label="Test image"),
            Choice("target", (OWN, *self.split.class_names), label="Class asked about"),
            Slider("size", 1, side // 2, max(1, side // 4), integer=True, label="Square", unit="pixels"),
        )
        super().__init__(**options)

    def compute(self, state: dict) -> Scene:
        x = self.split.x_test[state["image"] : state["image"] + 1]
        if not all(np.isfinite(value).all() for value in self.model.arrays().values()):
            raise BadValue("The network's weights are not finite: train it with a smaller rate first.")
        logits = self.model.forward(x)
        p = softmax(logits)[0]
        names, guess = self.split.class_names, int(p.argmax())
        asked = guess if state["target"] == OWN else names.index(state["target"])
        small = bool(p[asked] < SMALL)
        grads = saliency(self.model, x, asked)[0]
        falls = occlusion(self.model, x, state["size"], target=asked, logit=small)[0]
        row, col = (int(i) for i in np.unravel_index(falls.argmax(), falls.shape))
        facts = {
            "guess": guess,
            "label": int(self.split.y_test[state["image"]]),
            "confidence": float(p[guess]),
            "logit": float(logits[0, asked]),
            "fall": float(falls.max()),
            "row": row,
            "col": col,
        }
        covered = x.copy()
        covered[..., row : row + state["size"], col : col + state["size"]] = 0
        after = self.model.forward(covered)
        pictures = self._pictures(state, x[0].mean(axis=0), grads, falls, facts, small)
        panels = [*pictures, self._guess_panel(p, softmax(after)[0], asked)]
        figures = [
            Figure("True class", names[facts["label"]], large=True),
            Figure("Guess", names[guess], say("{p:.0f} % sure", p=100 * p[guess]), large=True),
            left_figure(facts, float(p[asked]), small),
        ]
        return Scene(
            panels,
            self._sentence(state, p, asked, facts, small),
            facts,
            columns=(1, 1, 1, 1.12),
            height=264,
            figures=figures,
            narrow=NARROW,
            arrows=("image",),
        )

    def _sentence(self, state: dict, p: np.ndarray, asked: int, facts: dict, small: bool) -> str:
        """What it is taken for, and what the square that costs most costs the class asked about."""
        names, guess = self.split.class_names, facts["guess"]
        row, col = facts["row"], facts["col"]
        cost = say("{fall:.0f} points of its {p:.0f} %", fall=100 * facts["fall"], p=100 * p[asked])
        if small:
            cost = say(
                "{fall:.2g} of its logit of {logit:.2g}; its probability, {p:.1g}, has no room to fall",
                fall=facts["fall"],
                logit=facts["logit"],
                p=p[asked],
            )
        return say(
            "Class {names}, taken for {guess} with {p:.0f} %. Covering {size}x{size} pixels at "
            "row {row}, column {col} costs class {asked} most: {cost}.",
            names=names[facts["label"]],
            guess=names[guess],
            p=100 * p[guess],
            size=state["size"],
            row=row,
            col=col,
            asked=names[asked],
            cost=cost,
        )

    def _pictures(self, state, image, grads, falls, facts, small) -> list[Panel]:
        """The image with the square that costs most, and both maps over its outline, all of one size."""
        size, row, col = state["size"], facts["row"], facts["col"]
        height, width = image.shape
        edges = col - 0.5, col + size - 0.5, row - 0.5, row + size - 0.5
        square = Region(*edges, color=COVERED, filled=False, width=3)
        rim = frames(-0.5, -0.5, width, height)
        shape = Line(*outline(image), color="ink", width=1.0)
        reach = max(0.01, float(np.abs(falls).max()))
        middle = (size - 1) / 2 - 0.5  # a value stands in the middle of the square that it is about
        place = middle, middle + falls.shape[1], middle, middle + falls.shape[0]
        fall = Heatmap(
            falls, place, "diverging", -reach, reach, means="fall with the square around it covered"
        )
        title = "Fall of the logit when covered" if small else "Covered"
        shown = image_panel(image, rim, square, title="Image", vmin=0, vmax=1, means="ink")
        least = image_panel(
            grads, rim, shape, title="Saliency", at=(0, 1), vmin=0, vmax=max(1e-9, grads.max())
        )
        axes = {"x": shown.x, "y": shown.y, "equal": True, "grid": False, "at": (0, 2)}
        falling = Panel([fall, rim, shape, square], title=title, **axes)
        named = (shown, "image", SQUARE), (least, "saliency", SALIENT), (falling, "falls", FALLS)
        return [replace(panel, name=name, subtitle=words) for panel, name, words in named]

    def _guess_panel(self, p: np.ndarray, after: np.ndarray, asked: int) -> Panel:
        """The probabilities, and beneath each what it is with the square covered."""
        names, rows = self.split.class_names, np.arange(len(p))
        marks: list = [Region(0, 1, asked - 0.5, asked + 0.5, color="you-soft", alpha=1)]
        for values, step, color in ((p, -0.22, WHOLE), (after, 0.22, COVERED)):
            marks.append(Bars(rows + step, values, horizontal=True, color=color, width=0.44))
            within, beside = values >= INSIDE, (values >= 0.01) & (values < INSIDE)
            for chosen, look in (
                (within, {"color": "paper" if color == WHOLE else "ink", "align": "right", "shift": (-5, 0)}),
                (beside, {"color": "ink", "align": "left", "shift": (5, 0)}),
            ):
                words = [f"{100 * value:.0f} %" for value in values[chosen]]
                marks.append(Text(values[chosen], rows[chosen] + step, words, size=10, **look))
        x = Axis(0, 1, ticks=(0, 0.5, 1), names=("0 %", "50 %", "100 %"))
        y = Axis(len(p) - 0.5, -0.5, ticks=rows, names=names)
        words = "upper: whole; lower: covered"
        return Panel(marks, x, y, title="Softmax", subtitle=words, at=(0, 3), grid=False, name="guess")


def left_figure(facts: dict, p: float, small: bool) -> Figure:
    """What is left of the class asked about when the square is covered."""
    if small:
        left, before = facts["logit"] - facts["fall"], facts["logit"]
        return Figure("Logit, square covered", f"{left:.1f}", say("before: {before:.1f}", before=before))
    left = 100 * (p - facts["fall"])
    return Figure("Square covered", f"{left:.0f} %", say("left of {p:.0f} %", p=100 * p), large=True)
