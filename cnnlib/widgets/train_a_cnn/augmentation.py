"""Augmentation: how far may an image be distorted and still be the same digit, for you and for a network?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.data import Distort, Split, load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.runtime.language import say
from cnnlib.viz import (
    Axis,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Panel,
    Points,
    Reference,
    Region,
    Scene,
    Slot,
    Text,
    frames,
    image_panel,
    mosaic,
)
from cnnlib.widgets.base import Challenge, Slider, Widget

ROWS, COLUMNS, TRIED = 3, 8, 100
SLOTS = {
    "bar": ("shift", "rotate", "scale", "shear", "elastic"),
    "which": ("image",),
    "more": ("smoothness", "seed"),
}
BINS = 56  # places for dots along the axis of distances
BESIDE = 1.32  # length of that axis with the words at its end, by its own
BENEATH = 0.3  # share of the height under the dots, for the word of the mean
FEW = 6  # columns on a narrow page
NARROW = Narrow(
    ("190px", "60px", "40px + 67% of width", "150px"),
    (1,),
    at={"original": (0, 0), "which": (1, 0), "few": (2, 0), "moved": (3, 0)},
    only=("few",),
)


def way(facts: dict) -> tuple[str, float]:
    """How far it is to fooling the network without moving pixels far."""
    share = 1 - max(0.0, facts["read"] - 0.5) / 0.5
    words = say("now {read:.0f} read", read=100 * facts["read"])
    if facts["moved"] >= 1.5:
        return say("{words}, but pixels move by {moved:.1f}", words=words, moved=facts["moved"]), min(
            share, 0.9
        ) * 0.5
    return words, share


class AugmentationExplorer(Widget):
    """One image and what random distortion makes of it, with how many others a trained network still reads.

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

    title = "How far may a digit be bent?"
    slots = SLOTS
    controls = (
        Slider("image", 0, 99, 3, integer=True, label="Test image"),
        Slider("shift", 0, 4, 0.7, label="Shift", unit="pixels"),
        Slider("rotate", 0, 180, 30, label="Rotate", unit="°"),
        Slider("scale", 0, 0.6, 0.08, label="Scale", unit="±"),
        Slider("shear", 0, 1, 0.08, label="Shear", unit="a row"),
        Slider("elastic", 0, 2, 0.4, label="Elastic", unit="pixels"),
        Slider("smoothness", 0.5, 6, 2, label="Elastic smoothness (pixels)"),
        Slider("seed", 0, 99, 0, integer=True, label="Seed"),
    )
    challenge = Challenge(
        "fool it: under 50 of 100 read, pixels moved under 1.5",
        lambda facts: facts["read"] < 0.5 and facts["moved"] < 1.5,
        way,
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
        moved = distances(distort, self.x, rng)
        shaken = distort(self.x, np.random.default_rng(state["seed"]))
        right = self.model.predict(shaken) == self.y
        read = float(right.mean())
        facts = {"read": read, "read_plain": self.read_plain, "moved": float(moved.mean())}
        label = self.split.class_names[self.y[state["image"]]]
        text = say(
            "Pixels move by {moved:.2f} on average; of {x} images distorted like this the "
            "network reads {read:.0f} %, of the same images as they are {read_plain:.0f} %.",
            moved=facts["moved"],
            x=len(self.x),
            read=100 * read,
            read_plain=100 * self.read_plain,
        )
        order = np.argsort(distances(distort, copies, np.random.default_rng(state["seed"])))
        copies = copies[order]
        guesses = [self.split.class_names[i] for i in self.model.predict(copies)]
        height, width = image.shape[2:]
        rim, look = frames(-0.5, -0.5, width, height), {"vmin": 0, "vmax": 1, "hover": False, "means": "ink"}
        original = image_panel(image.mean(axis=(0, 1)), rim, title="As it is", **look)
        how = say("its label: {label}", label=label)
        panels = [
            replace(original, subtitle=how, name="original"),
            copies_panel(copies.mean(axis=1), guesses, label),
            copies_panel(copies.mean(axis=1), guesses, label, FEW, "few"),
            moved_panel(moved, right),
        ]
        figures = [Figure("The network reads", f"{100 * read:.0f}", say("of {x}", x=len(self.x)), large=True)]
        return Scene(
            panels,
            text,
            facts,
            rows=("252px", "56px", "108px"),
            columns=("min(190px, 20%)", 1),
            height=440,
            figures=figures,
            slots=[Slot("which", (1, 0))],
            narrow=NARROW,
        )


def distances(distort: Distort, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How far the pixels of each image move, on average over the image."""
    dy, dx = distort.field(len(images), *images.shape[2:], rng)
    return np.hypot(dy, dx).mean(axis=(1, 2))


def copies_panel(
    copies: np.ndarray, guesses: list[str], label: str, columns: int = COLUMNS, name: str = "copies"
) -> Panel:
    """The distorted copies, the least distorted first, and what the network reads; framed where wrong."""
    height, width = copies.shape[1:]
    gap = round(0.36 * height)
    tiled = mosaic(copies, columns, gap)
    row, column = np.divmod(np.arange(len(copies)), columns)
    left, top = column * (width + gap) - 0.5, row * (height + gap) - 0.5
    wrong = np.array([guess != label for guess in guesses])
    words = [f"→ {guess}" if bad else guess for guess, bad in zip(guesses, wrong, strict=True)]
    marks = [Heatmap(tiled, cmap="ink", vmin=0, vmax=1, hover=False), frames(left, top, width, height)]
    for x, y in zip(left[wrong], top[wrong], strict=True):
        marks.append(Region(x - 0.3, x + width + 0.3, y - 0.3, y + height + 0.3, color="bad", filled=False))
    for chosen, color in ((wrong, "bad"), (~wrong, "muted")):
        if chosen.any():
            place = (left + width / 2)[chosen], (top + height)[chosen]
            names = [word for word, take in zip(words, chosen, strict=True) if take]
            look = {"baseline": "top", "shift": (0, 4), "bold": color == "bad", "color": color}
            marks.append(Text(*place, names, **look))
    x = Axis(-1, tiled.shape[1], visible=False)
    y = Axis(tiled.shape[0] - 0.5 + gap, -1, visible=False)
    title, how = "Bent at random", "least first; framed: misread"
    look = {"at": (0, 1, 2, 1), "equal": True, "grid": False, "name": name}
    return Panel(marks, x, y, title=title, subtitle=how, **look)


def moved_panel(moved: np.ndarray, right: np.ndarray) -> Panel:
    """A dot an image by how far its pixels moved: above the line those that are read, below the others."""
    most = max(2.0, float(np.ceil(moved.max())))
    marks: list = [Line([0, most], [0, 0], color="muted", width=1)]
    reach = {}
    for which, side, color in ((right, 1, "ink"), (~right, -1, "bad")):
        bins = np.floor(BINS * np.minimum(moved[which] / most, 0.999)).astype(int)
        rank = np.array([(bins[:i] == one).sum() + 1 for i, one in enumerate(bins)])
        reach[side] = 1.5 + rank.max(initial=0)
        marks.append(Points((bins + 0.5) * most / BINS, side * rank, color=color, size=3.2))
        words = (
            say("read: {count}", count=len(bins)) if side > 0 else say("misread: {count}", count=len(bins))
        )
        look = {"color": color, "bold": True, "align": "left", "shift": (6, -9 * side)}
        marks.append(Text([most], [0], [words], **look))
    mean = float(moved.mean())
    marks.append(Reference("", x=mean, dash="dashed"))
    words = say("mean {moved:.2f}", moved=mean)
    low = reach[1] - (reach[1] + reach[-1]) / (1 - BENEATH)
    look = {"align": "left", "shift": (5, -2)} if mean < 0.7 * most else {"align": "right", "shift": (-5, -2)}
    marks.append(Text([mean], [low], [words], color="muted", size=11, baseline="bottom", **look))
    ticks = np.arange(0, most + 0.1, 0.5 if most < 3 else 1 if most < 8 else 2)
    x = Axis(0, BESIDE * most, ticks=ticks)
    y = Axis(low, reach[1], visible=False)
    look = {"at": (2, 0, 1, 2), "grid": False, "name": "moved"}
    return Panel(marks, x, y, title="A hundred other images", subtitle="by how far pixels moved", **look)
