"""The quiet row of the picture of blame: what each layer made of the image."""

from __future__ import annotations

import numpy as np

from cnnlib.viz import Arrows, Line, Mark, Text
from cnnlib.widgets.backpropagation.blame_picture import FULL, BlamePicture, single
from cnnlib.widgets.backpropagation.blame_way import framed
from cnnlib.widgets.forward_pass.network_headings import short_name

SMALL = 57.0  # pitch of a map's values
MIDDLE = 68.0  # height of the row's middle
LOW = MIDDLE + SMALL / 2 + 4  # its lower edge


def forward_row(picture: BlamePicture, end: float) -> list[Mark]:
    """From left to right; from the chosen number, or the scores, an arrow leads downwards to `end`."""
    look = {"align": "left", "color": "muted", "size": 12}
    return [
        Text([0], [9], "Forwards: what each layer makes of the image", **look),
        Text([1], [9], "click any square to choose another number", **look | {"align": "right"}),
        *names(picture),
        *values(picture),
        *between(picture),
        *down(picture, end),
    ]


def names(picture: BlamePicture) -> list[Mark]:
    words = [short_name(output) for output in picture.outputs]
    marks: list[Mark] = []
    for color, wanted in (("you", True), ("muted", False)):
        keep = [i for i in range(len(words)) if (i == picture.last) == wanted]
        if keep:
            spots = picture.x[keep], [MIDDLE - SMALL / 2 - 10] * len(keep), [words[i] for i in keep]
            marks.append(Text(*spots, color=color, bold=True, size=11))
    return marks


def values(picture: BlamePicture) -> list[Mark]:
    """One map a layer; what comes after the chosen number is pale."""
    marks: list[Mark] = []
    rows = zip(picture.x, picture.outputs, picture.followed, picture.way, strict=True)
    for x, output, index, place in rows:
        value = picture.values[output.place][0]
        look = {"x": x, "y": MIDDLE, "pitch": min(SMALL, picture.pitch), "needs": FULL}
        look |= {"boxes": framed(output, place), "emits": f"one:{output.name}"}
        look["opacity"] = None if picture.reached(output) else np.array([0.3])
        marks.append(single(output, value, index, **look, **picture.colors(output, value, False)))
    return marks


def between(picture: BlamePicture) -> list[Mark]:
    """A thin arrow from each map to the next."""
    if len(picture.x) < 2:
        return []
    middles = picture.x[1:] - 0.5 * (picture.step / FULL)
    middles[0] = (picture.x[0] + picture.x[1]) / 2
    length = np.full(len(middles), 0.024)
    return [Arrows(middles - 0.012, np.full(len(middles), MIDDLE), length, 0 * length, "muted", 1)]


def down(picture: BlamePicture, end: float) -> list[Mark]:
    """From the row down to where the way back begins."""
    x, start = picture.end, LOW
    marks: list[Mark] = []
    if picture.of_loss:
        start, edge = MIDDLE, float(picture.x[-1]) + 0.012
        marks.append(Line([edge, x], [start, start], "muted", 1))
        marks.append(Line([x, x], [start, LOW], "muted", 1))
    return [*marks, Arrows([x], [LOW], [0], [end - LOW], color="muted", width=1)]
