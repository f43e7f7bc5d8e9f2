"""Which pixels speak for a class: what a covered square costs at each place, and the same image covered."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split
from cnnlib.experiments.inspection import occlusion, saliency
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import say
from cnnlib.viz import Scene
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.train_a_cnn.defaults import network_and_images
from cnnlib.widgets.train_a_cnn.evidence_panels import (
    COLUMNS,
    HEIGHT,
    NARROW,
    ROWS,
    Covering,
    bars_panel,
    beyond,
    cost_map,
    covered_panel,
    key_panel,
    saliency_panels,
    untouched_panel,
    verdict_panel,
)
from cnnlib.widgets.train_a_cnn.evidence_words import Told, headline, sentence

OWN = "its guess"
STORY = 25  # of the bundled images: a 9 that is a 4 without its top
TRIED = (STORY, *range(8))  # test images among which it looks for one to open with
SURE = 0.95  # a probability from which a guess is sure
SMALL = 0.005  # below this a probability has no room to fall, and the logits are shown


class EvidenceExplorer(Widget):
    """What a covered square costs a class, at every place of one test image, and the guess on what is left.

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
    The square lies where covering costs most, at each image anew, until it is put elsewhere.

    Facts: ``guess``, ``label``, ``confidence`` (of the guess); ``logit`` (of the class asked about), ``fall``
    (largest fall of its probability, or of its logit, when a square is covered), ``row`` and ``col`` (upper
    left pixel of that square), ``cost`` (that fall where the square lies), ``then`` and ``then_sure`` (what
    the covered image is taken for, and its probability).

    Examples
    --------
    >>> widget = EvidenceExplorer(image=0)
    >>> widget.facts["guess"] == widget.facts["label"], widget.facts["fall"] > 0
    (True, True)
    """

    title = "Which pixels speak for its guess?"
    slots = {"bar": ("image", "target"), "handle": ("row", "col"), "more": ("size",)}

    def __init__(self, model=None, split: Split | None = None, **options) -> None:
        self.model, self.split = network_and_images(model, split)
        self.asked_of: tuple | None = None  # what `maps` are about
        side = min(self.split.x_test.shape[2:])
        square = max(1, side // 4)
        opening = {"image": opens_at(self.model, self.split, square), "size": square, "target": OWN}
        self.costliest = (0, 0)
        if self.is_finite():
            self.look(opening)
        ends = (place - 1 for place in self.split.x_test.shape[2:])
        self.controls = (
            Slider(
                "image", 0, len(self.split.x_test) - 1, opening["image"], integer=True, label="Test image"
            ),
            Slider("size", 1, side // 2, square, integer=True, label="Square", unit="pixels"),
            Choice("target", (OWN, *self.split.class_names), label="Class asked about"),
            Slider("row", 0, next(ends), self.costliest[0], integer=True, label="Row of the square"),
            Slider("col", 0, next(ends), self.costliest[1], integer=True, label="Column of the square"),
        )
        super().__init__(**options)

    @property
    def volatile(self) -> tuple[str, ...]:
        """Where nobody has moved the square, its place need not be written down."""
        return ("row", "col") if self.place() == self.costliest else ()

    def place(self) -> tuple[int, int]:
        return self.state["row"], self.state["col"]

    def limits(self, state: dict) -> dict[str, tuple[float, float]]:
        height, width = self.split.x_test.shape[2:]
        return {"row": (0, height - state["size"]), "col": (0, width - state["size"])}

    def changed(self, before: dict, after: dict) -> None:
        """Another image, class or size takes the square to where it costs most, unless a place is given."""
        ends = self.limits(after)
        stays = all(after[name] == min(before[name], ends[name][1]) for name in ends)
        if stays and any(after[name] != before[name] for name in ("image", "size", "target")):
            self.look(after)
            self.put(row=self.costliest[0], col=self.costliest[1])

    def event(self, event: dict) -> dict | None:
        """A click or a drag on the covered image, or on the map of costs: the square goes there."""
        if event["kind"] == "hover" or event["name"] not in ("covered", "falls") or event.get("row") is None:
            return None
        size = self.state["size"]
        back = beyond(size)[0] if event["name"] == "falls" else size // 2
        ends = self.limits(self.state)
        places = {"row": event["row"] - back, "col": event["col"] - back}
        return {name: min(max(0, int(at)), ends[name][1]) for name, at in places.items()}

    def is_finite(self) -> bool:
        return all(np.isfinite(value).all() for value in self.model.arrays().values())

    def look(self, state: dict) -> tuple:
        """The image, its logits, the class asked about; the maps are made anew only where they are others."""
        if not self.is_finite():
            raise BadValue("The network's weights are not finite: train it with a smaller rate first.")
        x = self.split.x_test[state["image"] : state["image"] + 1]
        logits = self.model.forward(x)
        p, names = softmax(logits)[0], self.split.class_names
        asked = int(p.argmax()) if state["target"] == OWN else names.index(state["target"])
        about = logits.tobytes(), state["image"], asked, state["size"]
        if about != self.asked_of:  # else only the square has moved
            small = bool(p[asked] < SMALL)
            falls = occlusion(self.model, x, state["size"], target=asked, logit=small)[0]
            self.asked_of, self.maps = about, (saliency(self.model, x, asked)[0], falls)
            self.costliest = tuple(int(i) for i in np.unravel_index(falls.argmax(), falls.shape))
        return x, logits[0], p, asked

    def compute(self, state: dict) -> Scene:
        x, logits, p, asked = self.look(state)
        names, label = self.split.class_names, int(self.split.y_test[state["image"]])
        (grads, falls), (row, col) = self.maps, self.place()
        covered = cover(x, row, col, state["size"])
        after = softmax(self.model.forward(covered))[0]
        told = Told(
            names,
            label,
            asked,
            p,
            after,
            float(logits[asked]),
            float(falls[row, col]),
            bool(p[asked] < SMALL),
            (row, col) == self.costliest,
            row,
            col,
            state["size"],
        )
        facts = {
            "guess": told.guess,
            "label": label,
            "confidence": float(p.max()),
            "logit": told.logit,
            "fall": float(falls.max()),
            "row": self.costliest[0],
            "col": self.costliest[1],
            "cost": told.cost,
            "then": told.then,
            "then_sure": float(after.max()),
        }
        shown = Covering(x[0].mean(axis=0), covered[0].mean(axis=0), row, col, state["size"])
        panels = [
            cost_map(shown, falls, told.small),
            key_panel(names[asked]),
            verdict_panel(names, p, after),
            covered_panel(shown),
            bars_panel(names, p, after, asked),
            untouched_panel(shown, names, p, label),
            *saliency_panels(shown, grads, names[asked]),
        ]
        asks = say("Which pixels speak for class {asked}?", asked=names[asked])
        return Scene(
            panels,
            sentence(told),
            facts,
            rows=ROWS,
            columns=COLUMNS,
            height=HEIGHT,
            title="" if state["target"] == OWN else asks,
            figures=[headline(told)],
            narrow=NARROW,
            arrows=("col", "row"),
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
