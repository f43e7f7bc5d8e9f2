"""The small pictures beside the gradient of deep networks: the signal, how alike images are, and the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.runtime.language import localised, marked, say, word
from cnnlib.viz import Axis, Line, Note, Panel, Points, Reference, Region
from cnnlib.widgets.base.decades import apart, log_axis

NAMES = marked("plain", "norm", "residual", "both")  # in facts, in the pictures, in the sentence
(ALL,) = marked("all")
SAID = marked(
    "plain: layer after layer",
    "norm: batch normalization",
    "residual: each block adds its input",
    "both: norm and residual",
)
COLORS = ("ink", "path", "rival", "green")  # teal is what can be moved, blue and orange are signs
DASHES = ("solid", "dashed", "dotted", "solid")
STRONG = (0, 3)  # what is compared at first: nothing added, and both parts
MULTIPLES = (1e-20, 1e20)  # what is drawn of a size, as a multiple of the first: more than 50 layers make
KEPT = 3  # what changes by less than this factor has kept its size
SMALL = 0.75  # widths of lines in the small pictures


def look(place: int, follow: str, share: float = 1.0) -> dict:
    """How the line of a network is drawn: strong if it is followed, thin and pale beside one that is."""
    if follow == ALL:
        width, alpha = (3.0 if place in STRONG else 2.0), 1.0
    else:
        width, alpha = (3.25, 1.0) if NAMES[place] == follow else (1.4, 0.5)
    return {"color": COLORS[place], "dash": DASHES[place], "width": share * width, "alpha": alpha}


def since(values: np.ndarray, start: int) -> np.ndarray:
    """Sizes as multiples of the one that a signal or a gradient sets out with."""
    with np.errstate(all="ignore"):
        return np.asarray(values, float) / np.float64(values[start])


def reach_of(values) -> tuple[float, float]:
    """Ends of an axis for these multiples, as powers of ten in steps of a half: two powers of ten or more.

    >>> reach_of([[1.0, 14.0], [1.0, 0.17]]), reach_of([[1.0, 1.2]])
    ((-1.0, 1.5), (-1.0, 1.0))
    """
    seen = np.concatenate([np.asarray(row, float) for row in values])
    seen = np.log10(np.clip(seen[np.isfinite(seen) & (seen > 0)], *MULTIPLES))
    low, high = seen.min(initial=-0.8) - 0.08, seen.max(initial=0.8) + 0.08
    return float(np.floor(2 * low) / 2), float(np.ceil(2 * high) / 2)


def times_axis(low: float, high: float, beneath: float = 0.0, above: float = 0.0) -> tuple[Axis, str]:
    """An axis between two powers of ten, with room beneath and above; and how far its lines are apart."""
    axis, words = log_axis(10.0**low, 10.0**high, apart(high - low))
    names = [f"×\u00a0{name}" for name in axis.names]
    return replace(axis, low=10 ** (low - beneath), high=10 ** (high + above), names=names), words


def lines(profiles, values, reach, follow: str, share: float = SMALL, labels=None) -> list[Line]:
    """One line a network, with its own colour and dash, and a label at its right end if there are any."""
    labels = labels or [""] * len(profiles)
    return [
        Line(found.layers, np.clip(row, *reach), label=label, **look(place, follow, share))
        for (place, found), row, label in zip(profiles.items(), values, labels, strict=True)
    ]


def kept_band() -> Region:
    """Where a size has changed by less than the factor `KEPT`."""
    return Region(y0=1 / KEPT, y1=KEPT, color="grid", alpha=0.45)


def layers_axis(profiles) -> Axis:
    """Layers since the first convolution."""
    last = int(next(iter(profiles.values())).layers[-1])
    return Axis(0, last, "layer", ticks=whole_ticks(last))


def signal_panel(profiles, factors: list[float], follow: str) -> Panel:
    """How large the signal is on its way forwards, as a multiple of what it sets out with."""
    signals = [since(found.size, 0) for found in profiles.values()]
    y, _ = times_axis(*reach_of(signals))
    labels = [times(factor) for factor in factors]
    marks = [kept_band(), *lines(profiles, signals, (y.low, y.high), follow, labels=labels)]
    at = {"at": (0, 1), "name": "signal", "group": "small", "legend": "ends"}
    return Panel(marks, layers_axis(profiles), y, title="The signal, on its way there →", **at)


def alike_panel(profiles, follow: str) -> Panel:
    """How alike two images have become, by layer."""
    values = [found.alike for found in profiles.values()]
    labels = [f"{alike[-1]:.2f}" for alike in values]
    marks = [Reference("1 = alike", y=1.0, at="start")]
    marks += lines(profiles, values, (0, 1.05), follow, labels=labels)
    title, words = "How alike two images are", "cosine; should stay low"
    at = {"at": (0, 1), "name": "signal", "group": "small", "legend": "ends"}
    return Panel(marks, layers_axis(profiles), Axis(0, 1.05), title=title, subtitle=words, **at)


class LossPicture:
    """The losses of the networks while they train, and faintly those that will come.

    `places` are the networks, `steps` how many there are in all, `smooth` how many batches a point averages.
    """

    low, high = 0.1, 10.0

    def __init__(self, places, steps: int, smooth: int, follow: str) -> None:
        self.places, self.steps, self.smooth, self.follow = places, steps, smooth, follow
        self.marks: list = [Reference("2.30 = guessing", y=np.log(10))]

    def ahead(self, future) -> None:
        """What will come, with the hue and the dash of each network, thinner and paler."""
        for place, curve in enumerate(future):
            thin = look(place, self.follow, 0.6)
            self.marks.append(Line(*curve, **thin | {"alpha": 0.6 if thin["alpha"] == 1 else 0.4}))
        words = word("Press Play. Faint: what will come.")
        if not future:
            words = word("Press Play to train.")
        self.marks.append(Note(0.04 * self.steps, 0.5, words, width=100))

    def so_far(self, place: int, losses: np.ndarray) -> None:
        """The losses of a network up to now; a cross where they are no number any more."""
        smooth = np.array([losses[max(0, i - self.smooth + 1) : i + 1].mean() for i in range(len(losses))])
        kept = np.isfinite(smooth)
        if kept.any():
            self.low = 0.01 if smooth[kept].min() < 0.9 * self.low else self.low
        drawn, steps = np.clip(smooth[kept], 0.01, self.high), np.arange(1, len(losses) + 1)[kept]
        label = loss_words(losses[-self.smooth :].mean())
        self.marks.append(Line(steps, drawn, label=label, **look(place, self.follow, SMALL)))
        if not kept.all():
            self.marks.append(Points(steps[-1:], drawn[-1:], color=COLORS[place], shape="cross", size=6))

    def panel(self) -> Panel:
        """The picture of all that was added."""
        axes = Axis(0, self.steps, "step", whole=True), log_axis(self.low, 1.1 * self.high)[0]
        at = {"at": (1, 1), "name": "loss", "group": "small", "legend": "ends"}
        return Panel(self.marks, *axes, title="Loss in training", subtitle="mean of five batches", **at)


def whole_ticks(last: float) -> list[int]:
    """Four to six round numbers from 0 to `last`, fewer below 4.

    >>> whole_ticks(20), whole_ticks(50), whole_ticks(2)
    ([0, 5, 10, 15, 20], [0, 10, 20, 30, 40, 50], [0, 1, 2])
    """
    step = next(step for step in (1, 2, 5, 10, 20) if last <= 5 * step)
    return list(range(0, int(last) + 1, step))


def times(factor: float) -> str:
    """A factor in two digits."""
    return f"×\u00a0{localised(f'{factor:.2g}')}" if np.isfinite(factor) else word("overflow")


def loss_words(value: float) -> str:
    """A loss in two digits behind the point, or that it is none any more."""
    return f"{value:.2f}" if value < 1000 else word("overflow")


def named(place: int, value: str) -> str:
    """A network's value with its name."""
    return say("{name} {value}", name=NAMES[place], value=value)
