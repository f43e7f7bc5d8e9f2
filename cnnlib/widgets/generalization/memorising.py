"""Learning by heart: the same network on true labels and on labels drawn at random, epoch by epoch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.memorising import Curves, chosen_images, memorise
from cnnlib.runtime.language import say, word
from cnnlib.viz import (
    Axis,
    Band,
    Cursor,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Note,
    Panel,
    Reference,
    Region,
    Scene,
    Text,
    frames,
    mosaic,
)
from cnnlib.widgets.base import Challenge, Choice, Slider, Widget
from cnnlib.widgets.base.decades import LOG_AXIS

EPOCHS, ROWS, COLUMNS, GAP = 60, 5, 4, 7
TICKS = range(0, EPOCHS + 1, 10)  # of both time axes
NAMED = 0.6  # of the time so far: there the curves have their names
SEEN = 8  # points from which a gap has room for a bracket
SHARES = ("0", "20", "50", "100")
WORDS = ("none: all are true", "20 %", "50 %", "all of them")
SLOTS = {"bar": ("images", "share"), "handle": ("epoch",)}
NARROW = Narrow((11, 11, 14), (1,), 900, {"right": (0, 0), "loss": (1, 0), "images": (2, 0)})


@lru_cache(maxsize=16)
def shown(images: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first training images of seed 0, their labels, and what they were before any was drawn anew."""
    (x, y), (_, true) = chosen_images(images, share, 0), chosen_images(images, 0.0, 0)
    count = ROWS * COLUMNS
    return x[:count, 0], y[:count], true[:count]


class MemoriseExplorer(Widget):
    """Three trainings on few images, a share of which have labels drawn at random: what is learned and when.

    A seed chooses the images, the labels and the first weights. Facts: ``train`` and ``validation`` (per cent
    right: of the training images by the labels they were given, of 1,000 validation images by the true ones),
    ``gap`` (their difference in points), ``best_epoch`` (lowest validation loss), ``epoch``, ``share``.

    >>> MemoriseExplorer(epoch=0).text
    'No epoch yet: 200 images with true labels wait; the network guesses.'
    """

    title = "Does it know, or has it memorised?"
    slots = SLOTS
    controls = (
        Choice("images", ("100", "200", "400"), "200", label="Training images", picker="segments"),
        Choice("share", SHARES, "0", label="Labels replaced at random", words=WORDS),
        Slider("epoch", 0, EPOCHS, 12, integer=True, label="Epoch"),
    )
    advances = "epoch"
    speed = "25 steps a second"
    at_end = "Sixty epochs are over. Press Rewind to see them again."
    challenge = Challenge(
        "a gap of more than 80 points",
        lambda facts: facts["gap"] > 80,
        lambda facts: (say("now {gap:.0f} points", gap=facts["gap"]), max(0.0, facts["gap"]) / 80),
    )

    def compute(self, state: dict) -> Scene:
        images, share, now = int(state["images"]), int(state["share"]) / 100, state["epoch"]
        curves = memorise(images, share, EPOCHS)
        facts = self.facts_of(curves, now, share)
        panels = [
            images_panel(*shown(images, share)),
            right_panel(curves, now),
            loss_panel(curves, now, facts),
        ]
        return Scene(
            panels,
            sentence(images, facts, curves),
            facts,
            rows=(5, 3),
            columns=("min(330px, 34%)", 1),
            height=470,
            figures=figures(facts),
            narrow=NARROW,
        )

    @staticmethod
    def facts_of(curves: Curves, now: int, share: float) -> dict:
        train, validation = (
            100 * float(values[:, now].mean()) for values in (curves.train, curves.validation)
        )
        best = curves.best_epoch
        return {
            "train": train,
            "validation": validation,
            "gap": train - validation,
            "best_epoch": best,
            "best": 100 * float(curves.validation[:, best].mean()),
            "epoch": now,
            "share": share,
        }


def figures(facts: dict) -> list[Figure]:
    return [
        Figure("Training images right", f"{facts['train']:.0f} %", large=True, mark="dashed"),
        Figure("Validation images right", f"{facts['validation']:.0f} %", large=True, mark="solid"),
    ]


def images_panel(x: np.ndarray, given: np.ndarray, true: np.ndarray) -> Panel:
    """Twenty training images with the labels they are trained on; framed where that is not what they show."""
    size = x.shape[1]
    tiled = mosaic(x, COLUMNS, GAP)
    row, column = np.divmod(np.arange(len(x)), COLUMNS)
    left, top = column * (size + GAP) - 0.5, row * (size + GAP) - 0.5
    marks = [Heatmap(tiled, cmap="ink", vmin=0, vmax=1, hover=False), frames(left, top, size, size)]
    wrong = given != true
    for x0, y0 in zip(left[wrong], top[wrong], strict=True):
        marks.append(Region(x0 - 0.5, x0 + size + 0.5, y0 - 0.5, y0 + size + 0.5, color="ink", filled=False))
    words = [
        say("{given}, not {shown}", given=label, shown=what) if label != what else str(label)
        for label, what in zip(given, true, strict=True)
    ]
    marks.append(Text(left + size / 2, top + size, words, baseline="top", shift=(0, 5)))
    x_axis = Axis(-2, tiled.shape[1] + 1, visible=False)
    y_axis = Axis(tiled.shape[0] + GAP, -2, visible=False)
    look = {"at": (0, 0, 2, 1), "equal": True, "grid": False, "name": "images"}
    how = "framed: a mistaken label" if wrong.any() else "all labels are true"
    return Panel(marks, x_axis, y_axis, title="Trained on", subtitle=how, **look)


def both(train: np.ndarray, validation: np.ndarray, now: int) -> list:
    """Mean and range of the seeds: training dashed, validation solid; what is to come as a ghost."""
    epochs, marks = np.arange(train.shape[1]), []
    for values, color, dash in ((train, "muted", "dashed"), (validation, "ink", "solid")):
        mean = values.mean(axis=0)
        past = slice(0, now + 1)
        marks += [
            Band(epochs[past], values.min(axis=0)[past], values.max(axis=0)[past], color=color),
            Line(epochs[now:], mean[now:], color=color, dash=dash, width=1.5, alpha=0.25),
            Line(epochs[past], mean[past], color=color, dash=dash, width=2.5),
        ]
    return marks


def between(train: np.ndarray, validation: np.ndarray, now: int) -> Band:
    """What was learned by heart: the ground between the two curves so far."""
    epochs, past = np.arange(now + 1), slice(0, now + 1)
    return Band(epochs, validation.mean(axis=0)[past], train.mean(axis=0)[past], color="path", alpha=0.16)


def right_panel(curves: Curves, now: int) -> Panel:
    """Shares of right answers over the epochs."""
    marks = [between(100 * curves.train, 100 * curves.validation, now)]
    marks += both(100 * curves.train, 100 * curves.validation, now)
    marks += names_of_curves(100 * curves.train, 100 * curves.validation, now)
    marks += gap_marks(
        *(100 * float(values[:, now].mean()) for values in (curves.train, curves.validation)), now
    )
    marks.append(Reference("10 % = guessing", y=10))
    if not now:
        marks.append(Note(8, 75, "Press Play: both curves grow from here.", width=220))
    marks.append(Cursor(now, sets={"x": "epoch"}, bare=True))
    ticks = (0, 50, 100)
    axes = Axis(0, EPOCHS, ticks=TICKS), Axis(0, 106, ticks=ticks, names=[f"{tick} %" for tick in ticks])
    how = "mean of three seeds, grey: all three"
    return Panel(marks, *axes, title="Right answers", subtitle=how, at=(0, 1), group="time", name="right")


def names_of_curves(train: np.ndarray, validation: np.ndarray, now: int) -> list[Text]:
    """What the curves are called, beneath them where they are far enough apart."""
    at = round(NAMED * now)
    upper, lower = (float(values[:, at].mean()) for values in (train, validation))
    if upper - lower < 2 * SEEN:
        return []
    below = 1 if lower > 25 else -1
    return [
        Text([at], [upper], [word("training")], color="muted", bold=True, shift=(0, 14)),
        Text([at], [lower], [word("validation")], bold=True, shift=(0, 14 * below)),
    ]


def gap_marks(train: float, validation: float, now: int) -> list:
    """A bracket at the present epoch from one curve to the other, with the gap in points."""
    low, high = sorted((train, validation))
    if high - low < SEEN:
        return []
    side = -1 if now > EPOCHS / 2 else 1
    x = now + 0.8 * side
    bracket = Line([x, x + 0.6 * side, x + 0.6 * side, x], [low, low, high, high], color="path", width=2.5)
    words = say("gap {gap:.0f}", gap=train - validation)
    look = {"color": "path", "bold": True, "align": "right" if side < 0 else "left", "shift": (5 * side, 0)}
    return [bracket, Text([x + 0.6 * side], [(low + high) / 2], [words], **look)]


def loss_panel(curves: Curves, now: int, facts: dict) -> Panel:
    """Cross-entropies over the epochs, on an axis whose lines are tenths."""
    marks = both(curves.train_loss, curves.validation_loss, now)
    if now >= facts["best_epoch"] + 5:
        best = facts["best_epoch"]
        height = float(curves.validation_loss.mean(axis=0)[best])
        marks.append(Note(best + 1, 0.03, "lowest validation loss", (best, height), width=130))
    marks.append(Cursor(now, sets={"x": "epoch"}, text=str(now)))
    axes = Axis(0, EPOCHS, "epoch", ticks=TICKS), Axis(0.003, 12, log=True, ticks=(0.01, 0.1, 1, 10))
    how = LOG_AXIS[1]
    return Panel(marks, *axes, title="Loss", subtitle=how, at=(1, 1), group="time", name="loss")


def sentence(images: int, facts: dict, curves: Curves) -> str:
    drawn = round(images * facts["share"])
    what = say("{images} images", images=images)
    if not facts["epoch"]:
        labels = say("{drawn} of the labels drawn anew", drawn=drawn) if drawn else "true labels"
        return say("No epoch yet: {what} with {labels} wait; the network guesses.", what=what, labels=labels)
    labels = say(", {drawn} of their labels drawn anew,", drawn=drawn) if drawn else ""
    low, high = (100 * end(curves.validation[:, facts["epoch"]]) for end in (np.min, np.max))
    words = say(
        "After epoch {epoch} on {what}{labels} {train:.0f} % of the training images "
        "get the label they were given and {validation:.0f} % of the validation images "
        "the true one ({low:.0f} to {high:.0f} % in three seeds).",
        epoch=facts["epoch"],
        what=what,
        labels=labels,
        train=facts["train"],
        validation=facts["validation"],
        low=low,
        high=high,
    )
    if facts["epoch"] > facts["best_epoch"] + 1:
        words += say(
            " The validation loss was lowest after epoch {best_epoch}, with {best:.0f} % right.",
            best_epoch=facts["best_epoch"],
            best=facts["best"],
        )
    return words
