"""Beside the wall of `TrainingView`: accuracy and loss over one time, and filters."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.experiments.examiner import Judgement
from cnnlib.nn.layers import Conv2d
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, ColorScale, Cursor, Line, Narrow, Panel, Points, Reference, Text, Tiles

ROOM = 1.05  # of the last number on the axis of time, of which half stands right of its tick
AHEAD, GROWS = 1.42, 1.15  # free room right of the present; by how much the axis grows when it runs out
MOST_DOTS, MOST_MEANS = 400, 48  # of the loss of single batches, and of its running mean
FILTERS = 8  # shown at most
SIDE, ROW = 30, 36  # pixels of a filter, a whole number for each of 5x5 weights, and from a row to the next
LABELS, SCALE = 1.9, 18  # width of the words beside them, in filters, and pixels of the colour scale's line
STRONG = 0.85  # share of the weights that the colours tell apart; the rest have the strongest
FIRST_HORIZON = 10_000  # images seen at the right end of the axes, at first
TOGETHER = {"grid": False, "legend": "inside", "group": "time"}  # both plots
GHOST = 0.3  # opacity of what came after the step rewound to
MOST_TICKS = 5  # of a log axis
TOP = 114  # per cent at the top of the accuracy's axis: room for the words above a goal near 100
FRAME = {
    "rows": ("166px", "198px", "124px"),
    "columns": (1, "min(352px, 36%)"),
    "height": 488,
    "narrow": Narrow(
        ("min(488px, 50px + 83% of width)", "170px", "200px", "124px"),
        (1,),
        None,
        {"wall": (0, 0), "accuracy": (1, 0), "loss": (2, 0), "filters": (3, 0)},
    ),
}


def first_convolution(model) -> Conv2d | None:
    """The first convolution of a network, if it has one."""
    return next((layer for layer in model if isinstance(layer, Conv2d)), None)


class Curves:
    """Both plots over the same time; the test loss is solid, that of single batches dots and dashes."""

    def __init__(self, view, found: Judgement) -> None:
        self.view, self.now = view, (found.loss, found.accuracy)
        self.classes = len(view.split.class_names)

    def time(self, words: bool) -> Axis:
        """Steps, marked with the images seen; the end grows by a quarter, so that it seldom changes."""
        view, samples = self.view, len(self.view.split.x_train)
        end = min(5 * samples, FIRST_HORIZON)
        while end < AHEAD * view.seen(len(view.losses)):
            end *= GROWS
        images = np.arange(0, end + 1, round_gap(end / 5))
        names = [f"{count:,.0f}" if words else "" for count in images]
        steps = view.epoch_steps / samples
        label = say("training images seen, {size} a step", size=view.batch_size) if words else ""
        end = max(end, ROOM * float(images[-1]))
        return Axis(0, end * steps, label, ticks=images * steps, names=names)

    def kept(self, which: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Steps and what was judged up to now, with the present, and of what came after it."""
        view = self.view
        course = view.course[:: 1 + len(view.course) // MOST_DOTS]
        values = [(step, (loss, accuracy)[which]) for step, loss, accuracy in course]
        past = [pair for pair in values if pair[0] < view.steps] + [(view.steps, self.now[which])]
        later = past[-1:] + [pair for pair in values if pair[0] > view.steps]
        return (*np.array(past, dtype=float).T, *np.array(later, dtype=float).T)

    def batches(self) -> list:
        """Losses of single batches as dots, and their mean over 1, 2, 4, … batches as dashes."""
        steps = self.view.steps
        losses = np.array(self.view.losses)  # a copy: the run goes on
        at = np.arange(1, len(losses) + 1)
        stride = 1 + len(losses) // MOST_DOTS
        block = 1
        while len(losses) > MOST_MEANS * block:
            block *= 2
        whole = len(losses) // block * block
        with np.errstate(all="ignore"):
            means = losses[:whole].reshape(-1, block).mean(axis=1)
            last = losses[max(0, steps - block) : steps]
            now = ([steps], [last.mean()]) if steps else ([], [])  # the line ends where the test loss does
        middles = at[:whole].reshape(-1, block).mean(axis=1)
        past = middles <= steps
        dots = slice(0, steps, stride)
        size = 4.0 if steps < 4 else 1.8
        return [
            Line(middles[~past], means[~past], color="muted", width=1.5, dash="dashed", alpha=GHOST),
            Points(at[dots], losses[dots], color="muted", size=size, alpha=0.55),
            Line(
                np.append(middles[past], now[0]),
                np.append(means[past], now[1]),
                color="muted",
                width=2.25,
                dash="dashed",
                label=word("training"),
            ),
        ]

    def height(self, guessing: float, log: bool) -> Axis:
        """The axis of the loss: up to the first ones, the largest; a log one from the least shown."""
        judged = [loss for _, loss, _ in self.view.course] + [self.now[0]]
        first = [v for v in (*self.view.losses[:20], judged[0]) if math.isfinite(v)]
        top = min(1.05 * max([guessing, *first]), 10.0)
        if not log:
            gap = round_gap(top / 4)
            return Axis(0, top, ticks=np.arange(gap, top, gap))
        least = min([v for v in judged if 0 < v < math.inf], default=0.1)
        low, high = 1 / round_gap(1 / (0.5 * min(max(least, 1e-4), 1.0))), 1.2 * top
        return Axis(low, high, log=True, ticks=log_ticks(low, high))

    def loss(self, log: bool) -> Panel:
        """Loss of batches and of the test images."""
        x, y, later, coming = self.kept(0)
        guessing = math.log(self.classes)
        axis = self.height(guessing, log)
        marks = [
            Reference(say("{guessing:.2f} = guessing", guessing=guessing), y=guessing),
            *self.batches(),
            Line(later, coming, color="ink", alpha=GHOST),
            Line(x, y, color="ink", width=2.5, label=self.view.kind),
            Points(x[-1:], y[-1:], color="ink", size=5),
            Cursor(self.view.steps, sets={"x": "step"}, text=f"{self.view.seen(self.view.steps):,}"),
        ]
        time = self.time(words=True)
        if self.view.steps >= 0.6 * time.high:
            marks.append(self.about_dots(axis))
        subtitle = word("log axis") if log else word("0 is perfect")
        return Panel(marks, time, axis, "Loss", (1, 1), subtitle=subtitle, name="loss", **TOGETHER)

    def about_dots(self, axis: Axis) -> Text:
        """What a dot is, at the highest one of those in the middle of the time so far."""
        losses = np.array(self.view.losses[: self.view.steps])
        stride = 1 + len(self.view.losses) // MOST_DOTS
        shown = np.arange(0, len(losses), stride)
        shown = shown[(shown > 0.3 * len(losses)) & (shown < 0.6 * len(losses))]
        inside = np.where(losses[shown] < 0.8 * axis.high, losses[shown], -np.inf)
        at = shown[int(np.argmax(inside))]
        return Text([at + 1], [losses[at]], "each dot: one batch", color="muted", size=11.5, shift=(0, -11))

    def accuracy(self) -> Panel:
        """Share of the test images that are right, between guessing and the goal."""
        x, y, later, coming = self.kept(1)
        goal, guessing = 100 * self.view.goal_share, 100 / self.classes
        marks = [
            Reference(say("{goal:g} % goal", goal=goal), y=goal),
            Reference(say("{guessing:.0f} % = guessing", guessing=guessing), y=guessing),
            Line(later, 100 * coming, color="ink", alpha=GHOST),
            Line(x, 100 * y, color="ink", width=2.5),
            Points(x[-1:], 100 * y[-1:], color="ink", size=5),
            Cursor(self.view.steps, sets={"x": "step"}, bare=True),
        ]
        axis = Axis(0, TOP, ticks=(0, 50, 100))
        about = {"subtitle": say("% of the {judged}", judged=self.view.judged), "name": "accuracy"}
        return Panel(marks, self.time(words=False), axis, "Correct answers", (0, 1), **about, **TOGETHER)


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers on a log axis, few of them, and none so near its foot that the cursor's pill is on it.

    >>> log_ticks(0.5, 2.9), log_ticks(0.01, 2.9)
    ([1.0, 2.0], [0.1, 1.0])
    """
    for steps in ((1, 2, 5), (1,)):
        ticks = [float(f"{n}e{power}") for power in range(-5, 2) for n in steps]
        ticks = [tick for tick in ticks if 1.3 * low < tick < high]
        if len(ticks) <= MOST_TICKS:
            break
    return ticks


def round_gap(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, …: a round distance of ticks.

    >>> round_gap(1437), round_gap(4000)
    (2000, 5000)
    """
    size = 10 ** math.floor(math.log10(least))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= least)


def filter_panel(filters: np.ndarray | None, start: np.ndarray | None) -> Panel:
    """The first layer's filters at the start and now; at the pointer, how far each has changed."""
    across, down = Axis(-LABELS, FILTERS, visible=False), Axis(2 * ROW + SCALE, 0, visible=False)
    place = {"at": (2, 1), "grid": False, "name": "filters"}
    if filters is None:
        none = Text([-LABELS], [20], "no convolution", align="left")
        return Panel([none], across, down, "First-layer filters", **place)
    now, start = (np.nan_to_num(z[:FILTERS], posinf=0, neginf=0) for z in (filters, start))
    moved, count, reach = changes_of(now, start), np.arange(len(now)), reach_of_filters(start, now)
    told = (
        [say("filter {k} at the start", k=k) for k in count],
        [say("filter {k} now: changed by {share:.0f} %", k=k, share=100 * moved[k]) for k in count],
    )
    marks: list = []
    for row, (z, names, words) in enumerate(
        zip((start, now), told, (word("at first"), word("now")), strict=True)
    ):
        level = (row + 0.5) * ROW
        look = {"vmin": -reach, "vmax": reach, "names": names, "fit": 0.92, "radius": 2.0}
        marks.append(Tiles(count + 0.5, np.full(len(now), level), z, SIDE, **look))
        marks.append(Text([-LABELS], [level], words, size=12, align="left"))
    marks.append(ColorScale.both_ways(0.05, 2 * ROW + SCALE / 2, reach, shift=(24, 0)))
    words = filter_words(len(filters))
    return Panel(marks, across, down, "First-layer filters", subtitle=words, **place)


def changes_of(now: np.ndarray, start: np.ndarray) -> np.ndarray:
    """How far each filter has moved, beside its length at the start.

    >>> changes_of(np.array([[3.0, 5.0]]), np.array([[3.0, 4.0]]))
    array([0.2])
    """
    length = [np.sqrt((z.reshape(len(z), -1) ** 2).sum(axis=1)) for z in (now - start, start)]
    return length[0] / np.maximum(length[1], 1e-12)


def reach_of_filters(*filters: np.ndarray) -> float:
    """The end of their common scale: nearly all weights are within, in tenths, so that it seldom changes.

    >>> reach_of_filters(np.linspace(-0.42, 0.42, 8), np.zeros(8)), reach_of_filters(np.full(8, 0.013))
    (0.3, 0.02)
    """
    size = float(np.quantile(np.concatenate([np.abs(z).ravel() for z in filters]), STRONG))
    return round_gap(size) if 0 < size < 0.05 else max(0.1, math.ceil(10 * size) / 10)


def filter_words(count: int) -> str:
    """What their colours mean, or how many of them are seen."""
    if count > FILTERS:
        return say("{shown} of {count}", shown=FILTERS, count=count)
    return word("blue +, orange −")
