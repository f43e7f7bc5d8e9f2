"""The answer of an update: this image's loss and that of the others, before the step and after it."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Line, Maps, Mark, Panel, Points, Region, Text, mosaic
from cnnlib.widgets.backpropagation.loss_words import pair, short, shown
from cnnlib.widgets.backpropagation.update_flow import DEEP

BETTER, SAME, WORSE = marked("better", "no change", "worse")
UP, DOWN = marked("▲ worse", "▼ better")
COLORS = {BETTER: "green", SAME: "muted", WORSE: "bad"}
TOLD = {  # what becomes of this image, and of the others
    (BETTER, BETTER): "this image gets better, and so do the others",
    (BETTER, SAME): "this image gets better, the others stay as they are",
    (BETTER, WORSE): "this image gets better, the others get worse",
    (SAME, BETTER): "this image stays as it is, the others get better",
    (SAME, SAME): "this image stays as it is, and so do the others",
    (SAME, WORSE): "this image stays as it is, the others get worse",
    (WORSE, BETTER): "this image gets worse, the others get better",
    (WORSE, SAME): "this image gets worse, the others stay as they are",
    (WORSE, WORSE): "so long a step makes all of them worse",
}
SHOWN = 40.0  # middle of the pictures above the lines
TOP, BASE = 96.0, DEEP - 30  # of the losses: from 0 at the base to ROOM times the larger loss before
ROOM = 1.6
BEFORE, NOW = 0.14, 0.64  # where a line begins and ends, of the panel's width
THUMB, ACROSS, COUNT = 34.0, 8, 16  # pixels of one of the others, how many a row, and how many
IMAGE = 72.0
WIDTH = 320.0  # pixels of the panel for which it is laid out
SIZES = {4: 24, 5: 18}  # of the loss now by its letters: it fits a phone


def way(before: float, after: float) -> str:
    """Whether a loss makes it better, worse or changes nothing, as far as it is printed.

    >>> way(2.37, 0.02), way(0.5, 0.5), way(2.3, float("nan"))
    ('better', 'no change', 'worse')
    """
    if not np.isfinite(after):
        return WORSE
    first, second = pair(before, after)
    return SAME if first == second else BETTER if after < before else WORSE


def ways(facts: dict) -> tuple[str, str]:
    """What becomes of this image, and of the others."""
    return way(facts["before"], facts["after"]), way(facts["others_before"], facts["others_after"])


def panel(marks: list[Mark], column: int, title: str, said: str, name: str) -> Panel:
    """Marks by shares of the width and pixels from the top."""
    x, y = Axis(0, 1, visible=False), Axis(DEEP + 1, -1, visible=False)
    return Panel(marks, x, y, title=title, subtitle=said, at=(0, column), grid=False, name=name)


class UpdateAgain:
    """Two panels side by side, of one height for one loss; while it is `asked`, the losses now are open.

    `p` and `again` are the image's probabilities before and after, `others` the images that took no part.
    """

    def __init__(self, picture, p, again, label: int, names, facts: dict, others, asked: bool) -> None:
        self.picture, self.p, self.again, self.label, self.names = picture, p, again, label, names
        self.facts, self.others, self.asked = facts, others, asked
        self.top = ROOM * max(facts["before"], facts["others_before"], 1e-9)

    def panels(self) -> list[Panel]:
        """This image, and the others."""
        count = say("{count} others", count=len(self.others))
        own = [*self.this_image(), *self.losses("before", "after")]
        theirs = [*self.some_of(), *self.losses("others_before", "others_after")]
        return [
            panel(own, 1, "This image again", "made the step", "this"),
            panel(theirs, 2, count, "took no part", "others"),
        ]

    def this_image(self) -> list[Mark]:
        """The image between what the network took it for before and after."""
        names = [str(self.names[int(one.argmax())]) for one in (self.p, self.again)]
        size = 26 if max(map(len, names)) < 4 else 13
        names[1] = "?" if self.asked else names[1]
        at = [0.5 - 0.27, 0.5 + 0.27]
        return [
            *self.picture.value(0, 0.5, SHOWN, IMAGE, WIDTH),
            Text(at, [SHOWN - 8] * 2, names, bold=True, size=size),
            Text(at, [SHOWN + 18] * 2, ["guess", "guess now"], color="muted", size=11),
        ]

    def some_of(self) -> list[Mark]:
        """A few of the other images."""
        shown = self.others[:COUNT].mean(axis=1)
        across, tile = min(ACROSS, len(shown)), (*shown.shape[1:], 1)
        look = {"cmap": "ink" if self.others.shape[1] == 1 else "gray", "vmin": 0, "vmax": 1}
        look |= {"pitch": THUMB, "needs": WIDTH, "across": across, "count": len(shown), "framed": False}
        names = tuple("" for _ in shown)
        tiled = mosaic(shown, across)
        return [Maps(tiled, tile=tile, means="pixel", tile_names=names, x=0.5, y=SHOWN, **look)]

    def height(self, loss: float) -> float:
        """Where a loss stands; one that is beyond the panel, or no number, near its upper edge."""
        return BASE - (BASE - TOP) * loss / self.top if loss <= self.top else TOP + 16

    def losses(self, first: str, second: str) -> list[Mark]:
        """A line from the loss before to the loss now, through ground that says whether that is better."""
        before, after = self.facts[first], self.facts[second]
        found, level = "" if self.asked else way(before, after), self.height(before)
        zones = ((WORSE, UP, TOP, level, TOP + 16), (BETTER, DOWN, level, BASE, BASE - 16))
        marks: list[Mark] = []
        for zone, said, high, low, at in zones:
            marks.append(Region(0, 1, high, low, color=COLORS[zone], alpha=0.2 if found == zone else 0.09))
            if low - high > 44:
                look = {"bold": found == zone, "color": COLORS[zone] if found == zone else "ink"}
                marks.append(Text([0.04], [at], said, size=14, align="left", **look))
        marks.append(Line([0, NOW], [level, level], "muted", 1, "dashed"))
        marks.append(
            Text([BEFORE, NOW], [BASE + 20] * 2, ["loss before", "loss now"], color="muted", size=12)
        )
        return marks + (self.open(before) if self.asked else self.line(before, after, found))

    def open(self, before: float) -> list[Mark]:
        """The loss before, and a question where the loss now will be."""
        level = self.height(before)
        asked = min(level, BASE - 14)  # off the words beneath
        return [
            Points([NOW], [asked], "paper", 19, outline="muted"),
            Text([NOW], [asked + 1], "?", bold=True, size=22),
            *first(level, short(before)),
        ]

    def line(self, before: float, after: float, found: str) -> list[Mark]:
        """Both losses and the way between them; a triangle is beyond the panel."""
        level, end, words = self.height(before), self.height(after), shown(before, after)
        size = SIZES.get(len(words[1]), 13)
        return [
            Line([BEFORE, NOW], [level, end], COLORS[found], 6),
            Points([NOW], [end], COLORS[found], 9, "circle" if after <= self.top else "triangle", "paper"),
            Text([NOW], [end], words[1], bold=True, size=size, align="left", shift=(14, 0)),
            *first(level, words[0], beneath=found == WORSE and level < BASE - 40),
        ]


def first(level: float, said: str, beneath: bool = False) -> list[Mark]:
    """The loss before; its number is on the side where no line leads."""
    number = Text([BEFORE], [level], said, size=15, shift=(0, 18 if beneath else -17))
    return [Points([BEFORE], [level], "ink", 6, outline="paper"), number]
