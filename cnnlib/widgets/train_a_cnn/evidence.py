"""Which pixels speak for a class: saliency and occlusion of one image at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.experiments.inspection import occlusion, saliency
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Bars, Figure, Narrow, Panel, Region, Scene, Text, image_panel
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget

OWN = "its guess"
SQUARE = "framed: what costs most"
NARROW = Narrow(
    ("190px", "190px", "230px"),
    (1, 1),
    610,
    {"image": (0, 0), "saliency": (0, 1), "falls": (1, 0), "guess": (2, 0, 1, 2)},
)
SMALL = 0.005  # below this a probability has no room to fall, and the logits are shown


class EvidenceExplorer(Widget):
    """One test image, the ten probabilities, and two maps of what they rest on.

    Parameters
    ----------
    model : Sequential, optional
        By default the network that comes with the course.
    split : Split, optional
        Its test images; by default the bundled digits.
    **options
        As for `Widget`.

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
        self.model = load_digits_cnn() if model is None else model
        self.split = load_digits() if split is None else split
        side = min(self.split.x_test.shape[2:])
        self.controls = (
            Slider("image", 0, len(self.split.x_test) - 1, 0, integer=True, label="Test image"),
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
        panels = self._panels(state, x[0].mean(axis=0), p, grads, falls, facts, asked, small)
        figures = [
            Figure("True class", names[facts["label"]], large=True),
            Figure("Guess", names[guess], say("{p:.0f} % sure", p=100 * p[guess]), large=True),
            cost_figure(facts, small),
        ]
        return Scene(
            panels,
            self._sentence(state, p, asked, facts, small),
            facts,
            columns=(1, 1, 1, 1.1),
            height=300,
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

    def _panels(self, state, image, p, grads, falls, facts, asked, small) -> list:
        """The image with the square that costs most, both maps of evidence, the probabilities."""
        size, row, col = state["size"], facts["row"], facts["col"]
        square = Region(
            col - 0.5, col + size - 0.5, row - 0.5, row + size - 0.5, color="purple", filled=False, width=3
        )
        reach = max(0.01, float(np.abs(falls).max()))
        title = "Fall of the logit when covered" if small else "Fall when covered"
        pictures = [
            (image_panel(image, square, title="Image", vmin=0, vmax=1, means="ink"), "image", SQUARE),
            (
                image_panel(grads, title="Saliency", at=(0, 1), vmin=0, vmax=max(1e-9, grads.max())),
                "saliency",
                "dark: matters most",
            ),
            (
                image_panel(falls, title=title, at=(0, 2), cmap="diverging", vmin=-reach, vmax=reach),
                "falls",
                "blue: for it",
            ),
        ]
        named = [replace(panel, name=name, subtitle=words) for panel, name, words in pictures]
        return [*named, self._guess_panel(p, asked)]

    def _guess_panel(self, p: np.ndarray, asked: int) -> Panel:
        """The probabilities; the class asked about has a teal row."""
        names, rows = self.split.class_names, np.arange(len(p))
        large = rows[p >= 0.01]
        marks = [
            Region(0, 1.6, asked - 0.5, asked + 0.5, color="you-soft", alpha=1),
            Bars(rows, p, horizontal=True, color="ink", width=0.6),
            Text(p[large], large, [f"{100 * v:.0f} %" for v in p[large]], align="left", shift=(5, 0)),
        ]
        x = Axis(0, 1.6, ticks=(0, 0.5, 1), names=("0 %", "50 %", "100 %"))
        y = Axis(len(p) - 0.5, -0.5, ticks=rows, names=names)
        words = "teal: asked about"
        return Panel(marks, x, y, title="Softmax", subtitle=words, at=(0, 3), grid=False, name="guess")


def cost_figure(facts: dict, small: bool) -> Figure:
    """What the framed square costs, in points of the probability or of the logit."""
    if small:
        return Figure("The square costs", f"{facts['fall']:.2g}", "of the logit")
    return Figure("The square costs", f"{100 * facts['fall']:.0f}", "points of 100")
