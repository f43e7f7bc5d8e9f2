"""The large picture of the first weights: the loss of thirteen scales, and what becomes of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.starting_networks import ACTIVATIONS, deep_network, study_images
from cnnlib.runtime.language import marked, say, say_many, word
from cnnlib.viz import Axis, Cursor, Line, Note, Panel, Points, Reference, Region, Text
from cnnlib.widgets.base.decades import LOG_AXIS, log_axis
from cnnlib.widgets.initialization.free_places import FreePlaces

LOW, HIGH = 0.1, 10.0
SCALES = np.geomspace(LOW, HIGH, 13)
XAVIER = float(np.sqrt(0.5))  # its standard deviation over He's, where fan_in equals fan_out
GUESSING = float(np.log(10))
LEARNED = 1.0  # a loss below it
FAR = 100.0  # a signal that has become so many times smaller or larger has died or exploded
HIGH_LOSS = 20.0  # before training
FLOOR, CEILING, TOP = 0.1, 100.0, 350.0  # losses drawn, and the upper end of the axis
DIES, ARRIVES, LEARNS, EXPLODES, IDLE = marked(
    "signal dies", "arrives", "learns", "explodes", "does not learn"
)
GOOD = ARRIVES, LEARNS
TINT = 0.09  # strength of the colour of other zones
SLACK = 0.96, 1.0, 1.04  # words keep so far off the line that is dragged, as the plot may be wider
ENDS = LOW / 1.12, HIGH * 1.12  # of the axis
LETTER = 0.062  # room that a letter needs, as a logarithm of scales


@lru_cache(maxsize=64)
def signals_kept(depth: int, activation: str, seed: int) -> np.ndarray:
    """Spread of the last activations over that of the first, for each scale, before training."""
    images = study_images().x_train[:40]
    return np.array([kept_by(deep_network(depth, scale, activation, seed), images) for scale in SCALES])


def kept_by(model, images: np.ndarray) -> float:
    """Spread of the last activations over that of the first."""
    spreads, kinds = [], tuple(ACTIVATIONS.values())
    with np.errstate(all="ignore"):
        for layer in model.layers:
            images = layer.forward(images)
            if isinstance(layer, kinds):
                spreads.append(float(np.std(images, dtype=np.float64)))
        return float(np.float64(spreads[-1]) / np.float64(spreads[0]))


def zones(kept: np.ndarray, losses: np.ndarray | None = None) -> list[tuple[float, float, str]]:
    """Where the signal dies, where networks learn, where all explodes: (from scale, to scale, word).

    Without losses the middle is where the signal arrives. A border lies half-way between two scales.

    >>> signals = SCALES**5
    >>> [(word, round(low, 1), round(high, 1)) for low, high, word in zones(signals)]
    [('signal dies', 0.1, 0.4), ('arrives', 0.4, 2.6), ('explodes', 2.6, 10.0)]
    """
    there, name = (kept > 1 / FAR) & (kept < FAR), ARRIVES
    if losses is not None and (losses < LEARNED).any():
        there, name = losses < LEARNED, LEARNS
    if not there.any():
        return []
    step = (SCALES[1] / SCALES[0]) ** 0.5
    first, last = np.flatnonzero(there)[[0, -1]]
    low = SCALES[first] / step if first else LOW
    high = SCALES[last] * step if last < len(SCALES) - 1 else HIGH
    found = []
    if first:
        found.append((LOW, low, DIES if kept[0] < 1 / FAR else IDLE))
    found.append((low, high, name))
    if last < len(SCALES) - 1:
        found.append((high, HIGH, EXPLODES if not kept[-1] < FAR else IDLE))
    return [(float(start), float(end), said) for start, end, said in found]


class LossByScale:
    """The losses before training and now, the rules of Xavier and He, and the scale of the slider.

    `steps` of `last` are done. `kept` is what `signals_kept` found.
    """

    def __init__(
        self, before: np.ndarray, losses: np.ndarray, kept: np.ndarray, steps: int, last: int
    ) -> None:
        self.start, self.losses, self.kept = before, losses, kept
        self.steps, self.last = steps, last

    def panel(self, scale: float, nearest: int) -> Panel:
        """The picture for a scale of the slider; `nearest` is the network that is nearest to it."""
        drawn = drawn_loss(self.losses)
        places = self.free_places(scale, drawn)
        marks = [*self.ground(scale), *self.before(places)]
        marks.append(Line(SCALES, drawn, color="ink", width=3))
        lost = ~np.isfinite(self.losses)
        learned = self.losses < LEARNED
        marks.append(Points(SCALES[~lost & ~learned], drawn[~lost & ~learned], color="ink", size=4))
        marks.append(Points(SCALES[learned], drawn[learned], color="ink", size=6))
        marks.append(Points(SCALES[lost], drawn[lost], color="bad", shape="cross", size=5))
        marks.append(Cursor(scale, sets={"x": "scale"}, text=f"{scale:.2g}"))
        marks += self.chosen(scale, nearest, places)
        if self.steps < self.last:
            marks.append(self.note(scale))
        ticks = 0.1, 0.3, 1, 3, 10
        names = [f"{tick:g}" for tick in ticks]
        label = "scale of the first weights (He's rule is 1)"
        x = Axis(*ENDS, label, log=True, ticks=ticks, names=names)
        when = say_many("after {number} step", "after {number} steps", self.steps)
        when = when if self.steps else word("before training")
        words = say("{when}; {axis}", when=when, axis=LOG_AXIS[1])
        y = log_axis(FLOOR, TOP)[0]
        at = {"at": (0, 0, 2, 1), "name": "loss"}
        return Panel(marks, x, y, title="Loss by scale", subtitle=words, **at)

    def ground(self, scale: float) -> list:
        """Zones with their words, the loss of guessing, and the two rules; who learns is known in the end."""
        marks: list = []
        lines = [XAVIER, 1.0, scale]
        found = zones(self.kept, self.losses if self.steps == self.last else None)
        for low, high, said in found:
            color = "ink" if said in GOOD else "bad" if said == EXPLODES else "muted"
            if said not in GOOD:
                x0, x1 = (None if edge in (LOW, HIGH) else edge for edge in (low, high))
                marks.append(Region(x0, x1, color=color, alpha=TINT))
            place, room = widest(low, high, lines)
            said = word("signal arrives") if said == ARRIVES and len(found) == 1 else word(said)
            if room > LETTER * len(said):
                marks.append(Text(place, TOP / 1.6, said, color=color, bold=True, size=13))
        left = {"color": "muted", "align": "left", "baseline": "bottom", "size": 11}
        return [
            *marks,
            Reference("", y=GUESSING),
            Text(guessing_at(scale), GUESSING, "2.30 = guessing", shift=(0, -8), **left),
            Reference("", x=XAVIER, dash="dotted"),
            Reference("", x=1, dash="dashed"),
            *self.rules(scale),
        ]

    @staticmethod
    def rules(scale: float) -> list[Text]:
        """Whose rules the upright lines are, each as long as the line that is dragged is not on its words."""
        xavier = Text(0.94 * XAVIER, 1.35 * FLOOR, "Xavier's rule", color="muted", align="right")
        he = Text(1.07, 1.35 * FLOOR, "He's rule", color="muted", align="left")
        hidden = {xavier: (0.33, 0.94 * XAVIER), he: (1.05, 1.75)}
        return [words for words, (low, high) in hidden.items() if not low < scale < high]

    def free_places(self, scale: float, drawn: np.ndarray) -> FreePlaces:
        """What words keep off: both lines, the upright ones, the level of guessing and its words."""
        lines = [(SCALES, drawn), (SCALES, drawn_loss(self.start)), (ENDS, (GUESSING, GUESSING))]
        lines += [((x, x), (FLOOR, TOP)) for x in (XAVIER, 1.0, *(scale * slack for slack in SLACK))]
        start = guessing_at(scale)
        return FreePlaces([*lines, ((start, 2.5 * start), (1.25 * GUESSING,) * 2)], *ENDS)

    def before(self, places: FreePlaces) -> list:
        """The losses before training, once there are others: dashed, and named where they rise."""
        if not self.steps:
            return []
        losses, words = drawn_loss(self.start), word("before training")
        line = Line(SCALES, losses, color="muted", dash="dashed", width=1.5)
        first = int(np.argmax(losses > HIGH_LOSS))
        if not first:
            return [line]
        ends = [(SCALES[i], losses[i], right, 6) for i in (first, first - 1) for right in (-9, 12)]
        ends.append((SCALES[first], losses[first], -9, -10))
        if losses[-1] == CEILING:
            ends += [(SCALES[first], CEILING, 4, -12), (HIGH, CEILING, -4, 14)]
        x, y, *shift = places.place(words, 11, ends)
        look = {"color": "muted", "align": "left" if shift[0] > 0 else "right", "size": 11, "needs": 340}
        return [line, Text(x, y, words, shift=tuple(shift), **look)]

    def chosen(self, scale: float, nearest: int, places: FreePlaces) -> list:
        """The network of the slider's scale, with its loss where nothing else is."""
        x, y = SCALES[nearest], drawn_loss(self.losses[nearest])
        words = loss_words(self.losses[nearest])
        corners = [(x, y, right, down) for down in (18, -16, -26) for right in (11, -11)]
        corners += [(scale, y, right, down) for down in (18, -16) for right in (8, -8)]
        at, _, right, down = places.place(words, 13, corners)
        look = {"align": "left" if right > 0 else "right", "bold": True, "size": 13}
        return [
            Points(x, y, color="you", outline="paper", size=8),
            Text(at, y, words, shift=(right, down), **look),
        ]

    def note(self, scale: float) -> Note:
        """What Play does, away from the line that is dragged."""
        words = word("Press Play: the line falls where a network learns.")
        if self.steps:
            words = word("Press Play: the line falls further where a network learns.")
        return Note(0.115 if scale > 0.29 else 1.06 * scale, 50, words, width=100, needs=420, tag=True)


def guessing_at(scale: float) -> float:
    """Where the words of the line of guessing begin: at the left, or right of the line that is dragged.

    >>> guessing_at(1), round(guessing_at(0.2), 3)
    (0.1, 0.212)
    """
    return LOW if scale > 0.26 else 1.06 * scale


def widest(low: float, high: float, lines: list[float]) -> tuple[float, float]:
    """The middle of the widest gap that upright lines leave between two scales, and its width as a logarithm.

    >>> [round(float(found), 2) for found in widest(0.1, 10, [0.71, 1.0])]
    [3.16, 2.3]
    """
    edges = np.log(sorted([low, high, *(line for line in lines if low < line < high)]))
    gap = int(np.argmax(np.diff(edges)))
    return float(np.exp(edges[gap : gap + 2].mean())), float(np.diff(edges)[gap])


def drawn_loss(losses: np.ndarray) -> np.ndarray:
    """Losses within the plot."""
    return np.clip(losses, FLOOR * 1.05, CEILING)


def loss_words(loss: float) -> str:
    """A loss in few signs."""
    if not np.isfinite(loss):
        return word("overflow")
    return f"{loss:.2f}" if loss < 100 else f"{loss:,.0f}" if loss < 10_000 else f"{loss:.0e}"
