"""Which pixels speak for a class: one image, the same with a square covered, occlusion and saliency."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split
from cnnlib.experiments.inspection import occlusion, saliency
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import say
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.train_a_cnn.defaults import network_and_images
from cnnlib.widgets.train_a_cnn.evidence_panels import Covering, guess_panels, map_panels, scale_panels

OWN = "its guess"
NARROW = Narrow(
    ("210px", "104px", "210px", "104px"),
    (1, 1),
    628,
    {
        "image": (0, 0),
        "covered": (0, 1),
        "guess": (1, 0),
        "after": (1, 1),
        "falls": (2, 0),
        "saliency": (2, 1),
        "of falls": (3, 0),
        "of saliency": (3, 1),
    },
)
COLUMNS = (252, 257, 257, 252)  # images of one size: the outer columns have a gap on one side only
STORY = 25  # of the bundled images: a 9 that is a 4 without its top
TRIED = (STORY, *range(8))  # test images among which it looks for one to open with
SURE = 0.95  # a probability from which a guess is sure
SMALL = 0.005  # below this a probability has no room to fall, and the logits are shown


class EvidenceExplorer(Widget):
    """One test image, whole and with a square covered, the guess on each, and two maps of what it rests on.

    Parameters
    ----------
    model : Sequential, optional
        By default the network that comes with the course for images of this size.
    split : Split, optional
        Its test images; by default the bundled ones of MNIST.
    **options
        As for `Widget`. It opens at an image that is read rightly, and for another class once the square
        is covered.

    A class whose probability is below half a percent is looked at by its logit, the score before softmax.

    Facts: ``guess``, ``label``, ``confidence`` (of the guess); ``logit`` (of the class asked about), ``fall``
    (largest fall of its probability, or of its logit, when a square is covered), ``row`` and ``col`` (upper
    left pixel of that square), ``then`` and ``then_sure`` (what the covered image is taken for, and its
    probability). The square lies where covering costs most until a click or a drag puts it elsewhere.

    Examples
    --------
    >>> widget = EvidenceExplorer(image=0)
    >>> widget.facts["guess"] == widget.facts["label"], widget.facts["fall"] > 0
    (True, True)
    """

    title = "Which pixels speak for its guess?"

    def __init__(self, model=None, split: Split | None = None, **options) -> None:
        self.model, self.split = network_and_images(model, split)
        self.asked_of: tuple | None = None  # what `maps` are about
        side = min(self.split.x_test.shape[2:])
        square = max(1, side // 4)
        opening = opens_at(self.model, self.split, square)
        self.controls = (
            Slider("image", 0, len(self.split.x_test) - 1, opening, integer=True, label="Test image"),
            Slider("size", 1, side // 2, square, integer=True, label="Square", unit="pixels"),
            Choice("target", (OWN, *self.split.class_names), label="Class asked about"),
        )
        super().__init__(**options)

    def begin(self) -> None:
        self.chosen: tuple[int, int] | None = None  # upper left pixel of a square that was put there by hand

    def changed(self, before: dict, after: dict) -> None:
        if before != after:
            self.begin()

    def event(self, event: dict) -> None:
        """A click or a drag on an image, or on the map of costs: the square goes there."""
        if event["kind"] == "hover" or event["name"] not in ("image", "covered", "falls"):
            return
        back = 0 if event["name"] == "falls" else self.state["size"] // 2
        ends = (side - self.state["size"] for side in self.split.x_test.shape[2:])
        place = (event["row"] - back, event["col"] - back)
        self.chosen = tuple(min(max(0, at), end) for at, end in zip(place, ends, strict=True))

    def compute(self, state: dict) -> Scene:
        x = self.split.x_test[state["image"] : state["image"] + 1]
        if not all(np.isfinite(value).all() for value in self.model.arrays().values()):
            raise BadValue("The network's weights are not finite: train it with a smaller rate first.")
        logits = self.model.forward(x)
        p = softmax(logits)[0]
        names, guess = self.split.class_names, int(p.argmax())
        asked = guess if state["target"] == OWN else names.index(state["target"])
        small = bool(p[asked] < SMALL)
        about = logits.tobytes(), state["image"], asked, state["size"]
        if about != self.asked_of:  # else only the square has moved
            fallen = occlusion(self.model, x, state["size"], target=asked, logit=small)[0]
            self.asked_of, self.maps = about, (saliency(self.model, x, asked)[0], fallen)
        grads, falls = self.maps
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
        row, col = self.chosen or (row, col)
        covered = cover(x, row, col, state["size"])
        after = softmax(self.model.forward(covered))[0]
        facts |= {"then": int(after.argmax()), "then_sure": float(after.max())}
        shown = Covering(x[0].mean(axis=0), covered[0].mean(axis=0), row, col, state["size"])
        panels = [
            *map_panels(shown, falls, grads, small),
            *guess_panels(names, p, after, asked),
            *scale_panels(names[asked], small),
        ]
        figures = [
            Figure("True class", names[facts["label"]], large=True),
            Figure("Guess", names[guess], say("{p:.0f} % sure", p=100 * p[guess]), large=True),
            Figure(
                "Guess when covered",
                names[facts["then"]],
                say("{p:.0f} % sure", p=100 * facts["then_sure"]),
                large=True,
            ),
        ]
        return Scene(
            panels,
            self._sentence(state, p, after, asked, facts),
            facts,
            rows=("284px", "104px"),
            columns=COLUMNS,
            height=388,
            figures=figures,
            narrow=NARROW,
            arrows=("image",),
        )

    def _sentence(self, state: dict, p: np.ndarray, after: np.ndarray, asked: int, facts: dict) -> str:
        """What it is taken for, and what covering a square does to the class asked about."""
        names = self.split.class_names
        row, col = self.chosen or (facts["row"], facts["col"])
        about = {"size": state["size"], "row": row, "column": col, "asked": names[asked]}
        about |= {
            "p": 100 * p[asked],
            "q": 100 * after[asked],
            "fall": facts["fall"],
            "logit": facts["logit"],
        }
        if self.chosen:
            does = say("takes class {asked} from {p:.0f} % to {q:.0f} %", **about)
        elif p[asked] < SMALL:
            does = say(
                "costs class {asked} most: {fall:.2g} of its logit of {logit:.2g}; "
                "its probability, {p:.1g} %, has no room to fall",
                **about,
            )
        else:
            points = say("{fall:.0f} points of its {p:.0f} %", fall=100 * facts["fall"], p=100 * p[asked])
            does = say("costs class {asked} most: {points}", asked=names[asked], points=points)
        return say(
            "Class {names}, taken for {guess} with {p:.0f} %. Covering {size}x{size} pixels at row {row}, "
            "column {column} {does}. The covered image is taken for {then}.",
            **about | {"p": 100 * facts["confidence"]},
            names=names[facts["label"]],
            guess=names[facts["guess"]],
            does=does,
            then=names[facts["then"]],
        )


def cover(x: np.ndarray, row: int, col: int, size: int) -> np.ndarray:
    """The images with a square made blank."""
    covered = x.copy()
    covered[..., row : row + size, col : col + size] = 0
    return covered


def opens_at(model, split: Split, size: int) -> int:
    """The first image tried that is surely read rightly, and surely as another class when covered; else 0."""
    for number in (n for n in TRIED if n < len(split.x_test)):
        x, label = split.x_test[number : number + 1], int(split.y_test[number])
        p = model.predict_proba(x)[0]
        if p.argmax() != label or p[label] < SURE:
            continue
        step = max(1, size // 2)
        falls = occlusion(model, x, size, stride=step)[0]
        row, col = (int(i) * step for i in np.unravel_index(falls.argmax(), falls.shape))
        after = model.predict_proba(cover(x, row, col, size))[0]
        if after.argmax() != label and after.max() >= SURE:
            return number
    return 0
