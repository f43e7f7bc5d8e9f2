"""The large picture of deep networks: the row of blocks, and the gradient on its way back through them."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.starting_networks import study_images
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Arrows, Axis, Bars, Line, Panel, Points, Region, Text, Tiles
from cnnlib.viz.annotations import spread
from cnnlib.widgets.depth.depth_picture import (
    ALL,
    COLORS,
    KEPT,
    NAMES,
    SAID,
    kept_band,
    lines,
    look,
    named,
    reach_of,
    since,
    times,
    times_axis,
    whole_ticks,
)

WIDE, NARROW = (
    (0.37, 0.24),
    (0.66, 0.22),
)  # room for names at the left, for words at the right, by the layers' own
GROWS, KEEPS, FADES = marked("grows", "keeps size", "fades")
LETTER = 0.047  # room for a letter of a name on a narrow page, by the layers' own
NAMED = 7  # places along a name that answer to a click
FOOT = 0.2  # room for the blocks beneath the plot, as a share of it
HEAD = 0.03  # and above it
BLOCK, MIDDLE = (0.16, 0.06), 0.11  # lower and upper edge of a block in this room, and its middle
DIGIT = 42  # pixels of the image that goes into the network
BOTH_PARTS = "residual", "both"  # whose blocks have a way past


class GradientPicture:
    """The gradient of some networks behind each block, as a multiple of what it sets out with at the loss.

    It is drawn on a log scale, from the loss at the right to the image at the left, where each line has its
    name and its factor. Beneath it stand the blocks that it passes, each of two layers.
    """

    def __init__(self, profiles, factors: list[float], follow: str) -> None:
        self.profiles, self.follow = profiles, follow
        self.names = [named(p, times(factor)) for p, factor in zip(profiles, factors, strict=True)]
        self.values = [since(found.gradient, -1) for found in profiles.values()]
        self.layers = next(iter(profiles.values())).layers
        self.last = float(self.layers[-1])
        self.low, self.high = reach_of(self.values)

    def panel(self, name: str, room: tuple[float, float], at=(0, 0, 1, 1)) -> Panel:
        """The picture, with so much room for words at both sides."""
        y, apart = times_axis(self.low, self.high, FOOT * self.tall, HEAD * self.tall)
        left, right = (share * self.last for share in room)
        narrow = room == NARROW
        if narrow:
            left = max(left, LETTER * max(map(len, self.names)) * self.last)
            right = NARROW[1] / (1 + NARROW[0]) * (self.last + left)  # the same share of the page
        x = Axis(-left, self.last + right, "layer", ticks=whole_ticks(self.last))
        words = apart
        if self.follow != ALL and len(self.profiles) > 1:
            words = SAID[NAMES.index(self.follow)]
        elif narrow:
            words = say("grey: within × {kept}", kept=KEPT)
        marks = [kept_band(), *([] if narrow else self.zones(right)), *self.blocks(left, right)]
        marks += self.way(left)
        return Panel(marks, x, y, title="← The gradient, on its way back", subtitle=words, at=at, name=name)

    def zones(self, right: float) -> list[Text]:
        """What it means where a line ends: in words at the right, where no line is."""
        border, apart = np.log10(KEPT), 0.03 * self.tall
        within = say("within × {kept}", kept=KEPT)
        places = {KEEPS: apart, within: -apart}
        if border < 2 * apart:  # there is no room for more in the band
            places = {KEEPS: 0.0}
        places |= {GROWS: border + 0.1 * self.tall, FADES: -border - 0.1 * self.tall}
        places = {said: power for said, power in places.items() if self.low < power < self.high}
        heights = 10.0 ** np.array(list(places.values()))
        look = {"color": "muted", "size": 11, "align": "right", "shift": (-3, 0)}
        return [Text([self.last + right] * len(places), heights, list(places), **look)]

    @property
    def tall(self) -> float:
        """Powers of ten from the lower to the upper end."""
        return self.high - self.low

    def level(self, share: float) -> float:
        """A height in the room of the blocks, beneath the plot."""
        return 10 ** (self.low - share * self.tall)

    def blocks(self, left: float, right: float) -> list:
        """The network as a row from the image to the loss; the parts of its blocks if one is followed."""
        base, top = (self.level(share) for share in BLOCK)
        middles, half = self.layers[1:] - 1.0, min(0.78, 0.045 * self.last)
        color, alpha = "muted", 0.4
        if self.follow != ALL:
            color, alpha = COLORS[NAMES.index(self.follow)], 0.5
        ends = [-0.22 * left, self.last + 0.95 * right]
        marks: list = [Line(ends, [self.level(MIDDLE)] * 2, color="muted", width=1)]
        tall = np.full(len(middles), top - base)
        marks.append(Bars(middles, tall, width=2 * half, base=base, color="paper"))
        marks.append(Bars(middles, tall, width=2 * half, base=base, color=color, alpha=alpha))
        if self.follow in BOTH_PARTS:
            marks.append(self.ways_past(color))
        if self.follow in ("norm", "both"):
            edge = middles - 0.6 * half
            marks.append(Bars(edge, tall, width=0.36 * half, base=base, color=COLORS[1]))
        box = {"x0": self.last + 0.24 * right, "x1": ends[1], "y0": base, "y1": top}
        marks += [Region(**box, color="paper", alpha=1), Region(**box, color="muted", filled=False, width=1)]
        words = {"color": "muted", "size": 11}
        marks.append(Text((box["x0"] + box["x1"]) / 2, self.level(MIDDLE), "loss", **words))
        image, spot = study_images().x_train[:1, 0], (ends[0], self.level(MIDDLE))
        marks.append(Tiles(*spot, image, size=DIGIT, cmap="ink", tips=False))
        marks.append(Text(*spot, "image", align="right", shift=(-0.5 * DIGIT - 6, 0), **words))
        return marks

    def ways_past(self, color: str) -> Line:
        """A bow over each block: its input is added to its output."""
        turn = np.linspace(np.pi, 0, 9)
        middles = self.layers[1:] - 1
        x = np.concatenate([np.append(middle + 0.92 * np.cos(turn), np.nan) for middle in middles])
        up = BLOCK[1] - 0.045 * np.append(np.sin(turn), 0)
        y = np.tile(10 ** (self.low - up * self.tall), len(middles))
        return Line(x, y, color=color, width=1.5)

    def way(self, left: float) -> list:
        """The lines from the loss to the first layer: an arrow, a name and a factor at the end of each."""
        ends = 10**self.low, 10**self.high
        first = lines(self.profiles, self.values, ends, self.follow, 1.0)
        order = sorted(first, key=lambda line: line.width)  # what is followed lies above the others
        marks: list = [*order, *(arrival(line) for line in order)]
        marks.append(Points(self.last, 1.0, color="ink", size=4.5, outline="paper"))
        starts = [line.y[0] if np.isfinite(line.y[0]) else ends[1] for line in first]
        heights = spread(
            np.log10(starts), 0.075 * self.tall, self.low + 0.04 * self.tall, self.high - 0.04 * self.tall
        )
        for place, words, height in zip(self.profiles, self.names, heights, strict=True):
            bold = look(place, self.follow)["alpha"] == 1
            at = {"align": "right", "shift": (-8, 0), "bold": bold}
            marks.append(Text(0, 10**height, words, color=COLORS[place], **at))
        if len(self.profiles) > 1:
            marks.append(self.touch(first, heights, left))
        return marks

    def touch(self, drawn: list[Line], heights, left: float) -> Points:
        """What answers to a click, unseen: along each name first, then along its line."""
        along = -left * np.linspace(0.08, 0.8, NAMED)
        x = np.concatenate([np.append(along, self.layers)] * len(drawn))
        y = np.concatenate(
            [np.append([10**h] * NAMED, line.y) for h, line in zip(heights, drawn, strict=True)]
        )
        return Points(x, y, alpha=0.0, color="ink", size=4, emits="follow")

    @staticmethod
    def places_of(places: list[int], depth: int) -> list[int]:
        """Which network each point of `touch` belongs to."""
        return np.repeat(places, NAMED + depth // 2 + 1).tolist()


def arrival(line: Line) -> Arrows:
    """The head of an arrow at the first layer, along the last piece of the way."""
    (x, to_x), (y, to_y) = (np.flip(values[:2]) for values in (line.x, line.y))
    share = min(0.5, 0.0175 * line.x[-1])  # so that the arrow is short where a piece is long
    x, y = to_x + share * (x - to_x), to_y * (y / to_y) ** share  # on a log scale
    return Arrows(x, y, to_x - x, to_y - y, color=line.color, width=max(1.5, 0.8 * line.width))
