"""The panels of the evidence: an image whole and covered, what each is taken for, both maps with a scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Bars, Heatmap, Line, Note, Panel, Region, Text, frames, image_panel, outline

SHOWN = 4  # classes whose probabilities stand beneath an image
WIDE = 1.38  # a full bar and the room for its number, in bars
UNDERNEATH = 92.0  # pixels from a ramp to the foot of its panel
PLACES = {"image": (0, 0), "covered": (0, 1), "falls": (0, 2), "saliency": (0, 3)}
UNDER = {name: (1, column) for column, name in enumerate(("guess", "after", "of falls", "of saliency"))}


@dataclass(frozen=True, eq=False)
class Covering:
    """An image, the same with a square covered, and where that square lies."""

    whole: np.ndarray
    covered: np.ndarray
    row: int
    col: int
    size: int


def map_panels(shown: Covering, falls: np.ndarray, grads: np.ndarray, small: bool) -> list[Panel]:
    """The image, the same covered, and over its outline both maps; all four of one size."""
    size = shown.size
    edges = shown.col - 0.5, shown.col + size - 0.5, shown.row - 0.5, shown.row + size - 0.5
    square = Region(*edges, color="you", filled=False, width=3)
    rim = frames(-0.5, -0.5, *shown.whole.shape[::-1])
    shape = Line(*outline(shown.whole), color="ink", width=1.0)
    reach = max(0.01, float(np.abs(falls).max()))
    middle = (size - 1) / 2 - 0.5  # a value stands in the middle of the square that it is about
    place = middle, middle + falls.shape[1], middle, middle + falls.shape[0]
    fall = Heatmap(
        falls,
        place,
        "diverging",
        -reach,
        reach,
        means="fall with the square around it covered",
        emits="falls",
    )
    ink = {"vmin": 0, "vmax": 1, "means": "ink"}
    whole = image_panel(shown.whole, rim, square, title="The image", emits="image", **ink)
    covered = image_panel(shown.covered, rim, square, title="The same", emits="covered", **ink)
    axes = {"x": whole.x, "y": whole.y, "equal": True, "grid": False}
    cost = "Cost in the logit" if small else "Cost of covering"
    panels = {
        "image": (whole, word("drag the square")),
        "covered": (covered, "one square blank"),
        "falls": (Panel([fall, rim, shape, square], title=cost, **axes), word("anywhere")),
        "saliency": (
            image_panel(grads, rim, shape, title="Saliency", vmin=0, vmax=max(1e-9, grads.max())),
            "pixel by pixel",
        ),
    }
    return [
        replace(panel, name=name, subtitle=words, at=PLACES[name]) for name, (panel, words) in panels.items()
    ]


def guess_panels(names: tuple[str, ...], p: np.ndarray, after: np.ndarray, asked: int) -> list[Panel]:
    """Beneath each image what it is taken for, and the likeliest classes, the same ones beneath both."""
    most = np.maximum(p, after)
    most[[int(p.argmax()), int(after.argmax()), asked]] += np.array([4.0, 2.0, 1.0])
    rows = np.sort(np.argsort(-most, kind="stable")[:SHOWN])
    return [guess_panel(names, values, rows, name) for name, values in (("guess", p), ("after", after))]


def guess_panel(names: tuple[str, ...], p: np.ndarray, classes: np.ndarray, name: str) -> Panel:
    """The guess as the title, and a bar for each of some classes."""
    rows, guess = np.arange(len(classes)), int(p.argmax())
    first = classes == guess
    marks: list = [Bars(rows, np.ones(len(rows)), horizontal=True, color="grid", alpha=0.5, width=0.5)]
    for chosen, color in ((~first, "muted"), (first, "ink")):
        marks.append(Bars(rows[chosen], p[classes][chosen], horizontal=True, color=color, width=0.5))
        words = [f"{100 * value:.0f} %" for value in p[classes][chosen]]
        marks.append(
            Text(
                np.full(len(words), WIDE),
                rows[chosen],
                words,
                color=color,
                align="right",
                bold=color == "ink",
            )
        )
    x = Axis(0, WIDE, visible=False)
    y = Axis(len(rows) - 0.5, -0.5, ticks=rows, names=[names[k] for k in classes])
    title = say("It says {guess}", guess=names[guess])
    words = say("{p:.0f} % sure", p=100 * p[guess])
    return Panel(marks, x, y, title=title, subtitle=words, at=UNDER[name], grid=False, name=name)


def scale_panels(asked: str, small: bool) -> list[Panel]:
    """What the colours of both maps mean, in words beneath a ramp."""
    ends = ("logit rises", "logit falls") if small else ("more likely", "less likely")
    about = (
        say("the logit of {asked}, with the square around this pixel blank", asked=asked)
        if small
        else say("to be taken for {asked}, with the square around this pixel blank", asked=asked)
    )
    signed = Heatmap(np.linspace(-1, 1, 61)[None], (0, 1, 0, 10), "diverging", -1, 1, hover=False)
    plain = Heatmap(np.linspace(0, 1, 61)[None], (0, 1, 0, 10), "ink", 0, 1, hover=False)
    score = say("in the score of {asked}, if this pixel changes a little", asked=asked)
    return [
        scale_panel(signed, (*ends, about), "of falls"),
        scale_panel(plain, ("no change", "large change", score), "of saliency"),
    ]


def scale_panel(ramp: Heatmap, words: tuple[str, str, str], name: str) -> Panel:
    """A ramp of colours, beneath it the words at its ends, and what both are about."""
    left, right, about = words
    marks = [
        ramp,
        Region(*ramp.extent, color="grid", filled=False, width=1),
        Text([0], [24], [left], align="left"),
        Text([1], [24], [right], align="right"),
        Note(0, 38, about, width=170),
    ]
    axes = Axis(0, 1, visible=False), Axis(UNDERNEATH, -6, visible=False)
    return Panel(marks, *axes, at=UNDER[name], grid=False, name=name)
