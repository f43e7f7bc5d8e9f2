"""The panels of `TrainingView`: loss and accuracy over one time, filters, and wrong images."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.data import Split
from cnnlib.nn.layers import Conv2d
from cnnlib.viz import Axis, Bars, Cursor, Heatmap, Line, Note, Panel, Points, Reference, Text, Tiles

ROWS, COLUMNS = 3, 6  # of the wrong images
PLACES = ROWS * COLUMNS
MOST_DOTS, MOST_MEANS = 400, 48  # of the loss of single batches, and of its running mean
FILTERS = 16  # shown at most, in rows of eight
GHOST = 0.3  # opacity of what came after the step rewound to


def first_convolution(model) -> Conv2d | None:
    """The first convolution of a network, if it has one."""
    return next((layer for layer in model if isinstance(layer, Conv2d)), None)


class Curves:
    """Both plots over the same time; the test loss is solid, that of single batches dots and dashes."""

    def __init__(self, view, loss: float, accuracy: float) -> None:
        self.view, self.now = view, (loss, accuracy)
        self.classes = len(view.split.class_names)

    def time(self, words: bool) -> Axis:
        """Steps, with the epochs as ticks; the end doubles as the run grows, so that it seldom changes."""
        view = self.view
        end = 5
        while end * view.epoch_steps < len(view.losses):
            end *= 2
        gap = max(1, end // 5)
        epochs = range(0, end + 1, gap)
        names = [f"epoch {k}" if k else "0" for k in epochs] if words else [""] * len(epochs)
        return Axis(0, end * view.epoch_steps, ticks=[k * view.epoch_steps for k in epochs], names=names)

    def kept(self, which: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Steps and test values of the snapshots up to now, with the present, and of those after it."""
        view = self.view
        values = [(s.step, (s.loss, s.accuracy)[which]) for s in view.snapshots]
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
        middles = at[:whole].reshape(-1, block).mean(axis=1)
        past = middles <= steps
        dots = slice(0, steps, stride)
        size = 4.0 if steps < 4 else 1.6
        return [
            Line(middles[~past], means[~past], color="muted", width=1.5, dash="dashed", alpha=GHOST),
            Points(at[dots], losses[dots], color="muted", size=size, alpha=0.45),
            Line(middles[past], means[past], color="muted", width=1.75, dash="dashed", label="batches"),
        ]

    def loss(self, log: bool) -> Panel:
        """Loss of batches and of the test images."""
        x, y, later, coming = self.kept(0)
        guessing = math.log(self.classes)
        first = [v for v in (*self.view.losses[:20], self.view.snapshots[0].loss) if math.isfinite(v)]
        top = math.ceil(2.2 * max([guessing, *first])) / 2 if first else 2.5
        axis = Axis(1e-3, 10, log=True) if log else Axis(0, min(top, 10.0))
        shown = f"test {self.now[0]:.2f}" if math.isfinite(self.now[0]) else "test"
        marks = [
            Reference(f"{guessing:.2f} = guessing", y=guessing),
            *self.batches(),
            Line(later, coming, color="ink", alpha=GHOST),
            Line(x, y, color="ink", width=2.5, label=shown),
            Points(x[-1:], y[-1:], color="ink", size=5),
            Cursor(self.view.steps, sets={"x": "step"}, bare=True),
        ]
        time = self.time(words=False)
        if self.view.steps < self.view.epoch_steps:
            words = f"Dots: batches of {self.view.batch_size}. Line: test images, never trained on."
            where = (0.3 * time.high, 0.1 if log else 0.62 * axis.high)
            marks.append(Note(*where, words, width=230, needs=330))
        subtitle = "each line: a tenth of the one above" if log else "how wrong it is; 0 is perfect"
        return Panel(
            marks,
            time,
            axis,
            "Loss",
            (0, 0, 2, 1),
            subtitle=subtitle,
            legend="ends",
            name="loss",
            group="time",
        )

    def accuracy(self) -> Panel:
        """Share of the test images that are right."""
        x, y, later, coming = self.kept(1)
        goal, guessing = 100 * self.view.goal_share, 100 / self.classes
        marks = [
            Reference(f"{guessing:.0f} % = guessing", y=guessing),
            Reference(f"goal {goal:g} %", y=goal, color="ink", dash="dashed", at="start"),
            Line(later, 100 * coming, color="ink", alpha=GHOST),
            Line(x, 100 * y, color="ink", width=2.5, label=f"{100 * self.now[1]:.1f} %"),
            Points(x[-1:], 100 * y[-1:], color="ink", size=5),
            Cursor(self.view.steps, sets={"x": "step"}, text=f"{self.view.steps:,}"),
        ]
        subtitle = "of the test images, which it never trains on"
        axis = Axis(0, 100, ticks=(0, 50, 100))
        time = self.time(words=True)
        return Panel(
            marks,
            time,
            axis,
            "Right, %",
            (2, 0),
            subtitle=subtitle,
            legend="ends",
            name="accuracy",
            group="time",
        )


def filter_panel(filters: np.ndarray | None, start: np.ndarray | None) -> Panel:
    """The first layer's filters, large as they are now and small as they began, on one scale about zero."""
    across, down = Axis(0, 8, visible=False), Axis(118, 0, visible=False)
    place = {"at": (0, 1), "grid": False, "name": "filters"}
    if filters is None:
        return Panel(
            [Text([0], [20], "no convolution", align="left")], across, down, "First-layer filters", **place
        )
    now, start = (np.nan_to_num(z[:FILTERS], posinf=0, neginf=0) for z in (filters, start))
    reach = max(0.5, math.ceil(2 * float(np.abs(now).max())) / 2)
    x, row = np.arange(len(now)) % 8 + 0.5, np.arange(len(now)) // 8
    scale = {"vmin": -reach, "vmax": reach, "fit": 0.94}
    single = len(now) <= 8
    marks = [
        Tiles(x, 22 + 48 * row, now, 42, **scale, names=[f"filter {k}" for k in range(len(now))]),
        *ramp(reach),
    ]
    if single:
        names = [f"filter {k} at the start" for k in range(len(now))]
        marks.insert(1, Tiles(x, np.full(len(x), 62.0), start, 24, **scale, names=names))
    size = " by ".join(map(str, now.shape[1:]))
    more = f", {FILTERS} of {len(filters)}" if len(filters) > FILTERS else ""
    words = f"{size} weights{': now, and small at the start' if single else more}"
    return Panel(marks, across, down, "First-layer filters", subtitle=words, **place)


def ramp(reach: float) -> tuple[Heatmap, Text, Text]:
    """What the colours of the filters mean."""
    heat = Heatmap(
        np.linspace(-reach, reach, 60)[None, :],
        (0.7, 3.2, 96, 104),
        vmin=-reach,
        vmax=reach,
        hover=False,
        cmap="diverging",
    )
    look = {"color": "muted", "size": 11}
    low = Text([0.62], [100], f"−{reach:g}", align="right", **look)
    return heat, low, Text([3.28], [100], f"+{reach:g}; paper is 0", align="left", **look)


def wrong_panel(split: Split, places: list, shares: np.ndarray, count: int, chosen: int | None) -> Panel:
    """Some of the test images that are still wrong: the true class, the guess, and how sure it is."""
    across, down = Axis(0, COLUMNS, visible=False), Axis(222, 0, visible=False)
    spots = [(place, index) for place, index in enumerate(places) if index is not None]
    marks = []
    if spots:
        slots, index = (np.array(part) for part in zip(*spots, strict=True))
        x, y = slots % COLUMNS + 0.5, 25.0 + 74 * (slots // COLUMNS)
        guess, names = shares[index].argmax(axis=1), split.class_names
        sure = np.nan_to_num(shares[index].max(axis=1))
        for column in range(COLUMNS):
            here, base = x == column + 0.5, column + 0.1
            marks.append(Bars(y[here] + 45, np.full(here.sum(), 0.8), 4, base, "grid", horizontal=True))
            marks.append(Bars(y[here] + 45, 0.8 * sure[here], 4, base, "muted", horizontal=True))
        words = [f"{names[split.y_test[i]]} → {names[g]}" for i, g in zip(index, guess, strict=True)]
        images = split.x_test[index].mean(axis=1)
        state = np.where(index == chosen, 2.0, 0.0) if chosen is not None else np.zeros(len(index))
        marks.append(
            Tiles(
                x,
                y,
                images,
                46,
                cmap="ink",
                vmin=0,
                vmax=1,
                state=state,
                captions=words,
                fit=0.9,
                emits="wrong",
            )
        )
    else:
        marks.append(Text([0], [30], "None is wrong.", size=14, align="left"))
    shown = f"Still wrong: {count}" + (f", {len(spots)} shown" if count > len(spots) else "")
    words = "true → guess; the bar: how sure it is"
    return Panel(marks, across, down, shown, (1, 1, 2, 1), grid=False, subtitle=words, name="wrong")
