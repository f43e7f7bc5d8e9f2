"""The panels of `TrainingView`: loss and accuracy over one time, and filters."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.experiments.examiner import Judgement
from cnnlib.nn.layers import Conv2d
from cnnlib.runtime.language import in_lines, marked, say, word
from cnnlib.viz import (
    Axis,
    ColorScale,
    Cursor,
    Line,
    Narrow,
    Note,
    Panel,
    Points,
    Reference,
    Region,
    Text,
    Tiles,
)
from cnnlib.widgets.base.decades import LOG_AXIS

ROOM = 1.05  # of the last number on the axis of time, of which half stands right of its tick
AHEAD, GROWS = 1.25, 1.15  # free room right of the present; by how much the axis grows when it runs out
MOST_DOTS, MOST_MEANS = 400, 48  # of the loss of single batches, and of its running mean
FILTERS = 8  # shown at most
SIDE, GAP = 35, 7  # pixels of a filter, a whole number for each of 5x5 weights, and between two rows
LABELS, LETTERS = 3.1, 16  # width of the words beside them, in filters, and letters of a line
ROWS = marked("at the start", "what training changed", "now")  # the second is added to the first
SIGNS = "", "+", "="
STRONG = 0.85  # share of the weights that the colours tell apart; the rest have the strongest
FIRST_HORIZON = 10_000  # images seen at the right end of the axes, at first
GHOST = 0.3  # opacity of what came after the step rewound to
WAITS = marked("Press Play: here the loss will fall.", "Here the share of right answers will rise.")
FRAME = {
    "rows": ("160px", "110px", "218px"),
    "columns": (9.3, 7.7),
    "height": 488,
    "narrow": Narrow(
        ("250px", "200px", "160px", "340px"),
        (1,),
        950,
        {"loss": (0, 0), "accuracy": (1, 0), "filters": (2, 0), "wrong": (3, 0)},
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
            return Axis(0, top)
        least = min([v for v in judged if 0 < v < math.inf], default=0.1)
        return Axis(1 / round_gap(1 / (0.5 * min(max(least, 1e-4), 1.0))), 1.2 * top, log=True)

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
            Cursor(self.view.steps, sets={"x": "step"}, bare=True),
        ]
        time = self.time(words=False)
        if not self.view.losses:
            marks.append(waiting(time, axis, WAITS[0]))
        elif self.view.steps >= time.high / 5:
            marks.append(self.about_dots(axis))
        else:
            words = say("Solid line: {judged}, never trained on.", judged=self.view.judged)
            where = (0.3 * time.high, 0.1 if log else 0.62 * axis.high)
            marks.append(Note(*where, words, width=230, needs=330))
        subtitle = LOG_AXIS[1] if log else "how wrong, 0 is perfect"
        return Panel(
            marks,
            time,
            axis,
            "Loss",
            (0, 0, 2, 1),
            grid=bool(self.view.losses),
            subtitle=subtitle,
            legend="inside",
            name="loss",
            group="time",
        )

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
        """Share of the test images that are right."""
        x, y, later, coming = self.kept(1)
        time = self.time(words=True)
        goal, guessing = 100 * self.view.goal_share, 100 / self.classes
        marks = [
            Reference(say("{guessing:.0f} % = guessing", guessing=guessing), y=guessing),
            Region(None, None, goal, 100, color="muted", alpha=0.22),
            Line(later, 100 * coming, color="ink", alpha=GHOST),
            Line(x, 100 * y, color="ink", width=2.5),
            Points(x[-1:], 100 * y[-1:], color="ink", size=5),
            Cursor(self.view.steps, sets={"x": "step"}, text=f"{self.view.seen(self.view.steps):,}"),
        ]
        subtitle = say("grey: the goal, over {goal:g} %", goal=goal)
        axis = Axis(0, 100, ticks=(0, 50, 100))
        if not self.view.losses:
            marks.append(waiting(time, axis, WAITS[1]))
        return Panel(
            marks,
            time,
            axis,
            "Correct answers (%)",
            (2, 0),
            grid=bool(self.view.losses),
            subtitle=subtitle,
            legend="inside",
            name="accuracy",
            group="time",
        )


def waiting(time: Axis, axis: Axis, words: str) -> Note:
    """What will be seen in a plot that has no line yet, in its middle."""
    middle = math.sqrt(axis.low * axis.high) if axis.log else (axis.low + axis.high) / 2
    return Note(time.high / 2, middle, words, width=270, align="center")


def round_gap(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, …: a round distance of ticks.

    >>> round_gap(1437), round_gap(4000)
    (2000, 5000)
    """
    size = 10 ** math.floor(math.log10(least))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= least)


def filter_panel(filters: np.ndarray | None, start: np.ndarray | None) -> Panel:
    """The first layer's filters at the start, what training changed, and both added up: now."""
    across, down = Axis(-LABELS, 7.935, visible=False), Axis(3 * (SIDE + GAP), 0, visible=False)
    place = {"at": (0, 1), "grid": False, "name": "filters"}
    if filters is None:
        none = Text([-LABELS], [20], "no convolution", align="left")
        return Panel([none], across, down, "First-layer filters", **place)
    now, start = (np.nan_to_num(z[:FILTERS], posinf=0, neginf=0) for z in (filters, start))
    moved, count, reach = (
        changes_of(now, start),
        np.arange(len(now)),
        reach_of_filters(start, now, now - start),
    )
    told = (
        [say("filter {k} at the start", k=k) for k in count],
        [say("filter {k}: changed by {share:.0f} %", k=k, share=100 * moved[k]) for k in count],
        [say("filter {k} now", k=k) for k in count],
    )
    marks: list = []
    for row, (z, names) in enumerate(zip((start, now - start, now), told, strict=True)):
        level = (row + 0.5) * (SIDE + GAP)
        look = {"vmin": -reach, "vmax": reach, "names": names, "fit": 0.88, "radius": 2.0}
        if z.any():
            marks.append(Tiles(count + 0.5, np.full(len(now), level), z, SIDE, **look))
        else:
            marks.append(Text([0.06], [level], ["nothing yet"], color="muted", align="left"))
        lines = [*in_lines(ROWS[row], LETTERS), *[""] * (row == 2)]  # room for the scale beneath the last
        steps = [14 * (i - (len(lines) - 1) / 2) for i in range(len(lines))]
        marks.append(
            Text([-LABELS], [level], SIGNS[row], size=14, bold=True, align="left", shift=(0, steps[0]))
        )
        for line, step in zip(lines, steps, strict=True):
            marks += [Text([-LABELS], [level], line, size=12, align="left", shift=(16, step))] * bool(line)
    marks.append(ColorScale.both_ways(-LABELS, level, reach, shift=(34, 8)))
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
    """What to look for in the filters, and how many of them are seen."""
    if count > FILTERS:
        return say("{shown} of {count}; blue beside orange finds an edge", shown=FILTERS, count=count)
    return word("blue beside orange finds an edge")
