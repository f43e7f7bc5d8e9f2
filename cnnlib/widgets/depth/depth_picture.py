"""The picture of deep networks: their curves over the layers, and the key to them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from cnnlib.runtime.language import localised, marked, say, word
from cnnlib.viz import Axis, Line, Panel, Points, Region, Text
from cnnlib.viz.annotations import spread
from cnnlib.widgets.base.decades import log_axis

NAMES = marked("plain", "norm", "residual", "both")  # in facts, in the key, in the sentence
SAID = marked(
    "plain: layer after layer",
    "norm: batch normalization",
    "residual: each block adds its input",
    "both: norm and residual",
)
COLORS = ("muted", "path", "rival", "ink")  # teal is what can be moved, blue and orange are signs
DASHES = ("solid", "dashed", "dotted", "solid")
SHAPES = ("circle", "square", "triangle", "diamond")
MULTIPLES = (1e-10, 1e10)  # what is drawn at most of a size, as a multiple of the first
KEPT = 3  # what changes by less than this factor has kept its size


def layers_axis(profiles) -> Axis:
    """Layers passed since the first convolution."""
    last = int(next(iter(profiles.values())).layers[-1])
    return Axis(0, last, "layers passed", ticks=whole_ticks(last))


def since(values: np.ndarray, start: int) -> np.ndarray:
    """Sizes as multiples of the one that a signal or a gradient sets out with."""
    with np.errstate(all="ignore"):
        return np.asarray(values, float) / np.float64(values[start])


def reach_of(values) -> tuple[Axis, str]:
    """An axis of four powers of ten or as many as the multiples need, and how far its lines are apart."""
    seen = np.concatenate([np.asarray(row, float) for row in values])
    seen = np.log10(np.clip(seen[np.isfinite(seen) & (seen > 0)], *MULTIPLES))
    low = np.floor(min(seen.min(initial=0.0), -1.6) - 0.1)
    high = np.ceil(max(seen.max(initial=0.0), 1.6) + 0.1)
    axis, words = log_axis(10**low, 10 ** (high + 0.15), 2 if high - low > 7 else 1)
    return replace(axis, names=[f"×\u00a0{name}" for name in axis.names]), words


def lines(profiles, values, reach, labels: list[str]) -> list:
    """One line a kind, with its own colour, dash and, where there is room, marks."""
    marks = []
    for (place, found), row, label in zip(profiles.items(), values, labels, strict=True):
        y = np.clip(row, *reach)
        every = slice(None, None, max(1, len(y) // 6))
        look = {"color": COLORS[place], "dash": DASHES[place], "width": 2}
        marks.append(Line(found.layers, y, label=label, **look))
        marks.append(
            Points(found.layers[every], y[every], color=COLORS[place], shape=SHAPES[place], size=3.5)
        )
    return marks


def sizes_panels(profiles, factors: dict[str, list[float]], row: int) -> list[Panel]:
    """How large the signal is on its way forwards, and the gradient on its way back, on one scale.

    Each is drawn as a multiple of what it sets out with, and has its factor where it arrives: the signal at
    the right end, the gradient, which travels to the left, at layer 0.
    """
    signals = [since(found.size, 0) for found in profiles.values()]
    gradients = [since(found.gradient, -1) for found in profiles.values()]
    y, words = reach_of([*signals, *gradients])
    reach, flat = (y.low, y.high), Region(y0=1 / KEPT, y1=KEPT, color="grid", alpha=0.45)
    subtitle = say("grey: within × {kept}; {words}", kept=KEPT, words=words)
    said = {name: [times(factor) for factor in found] for name, found in factors.items()}
    x = layers_axis(profiles)
    signal = Panel(
        [flat, *lines(profiles, signals, reach, said["signal"])], x, y, at=(row, 0), name="left",
        title="The signal should stay flat →", subtitle=subtitle, legend="ends",
    )  # fmt: skip
    marks = [flat, *lines(profiles, gradients, reach, [""] * len(gradients))]
    marks += arrivals(profiles, gradients, said["gradient"], y)
    room = (0.09 + 0.026 * max(map(len, said["gradient"]))) * x.high  # for the factors, left of layer 0
    gradient = Panel(
        marks, Axis(-room, x.high, x.label, ticks=x.ticks), y, at=(row, 1), name="gradient",
        title="← The gradient should stay flat", subtitle=subtitle,
    )  # fmt: skip
    return [signal, gradient]


def arrivals(profiles, gradients, said: list[str], y: Axis) -> list[Text]:
    """Each gradient's factor at layer 0, where it arrives."""
    low, high = np.log10([y.low, y.high])
    least = 0.08 * (high - low)
    first = [
        np.clip(np.nan_to_num(curve[0], nan=np.inf, posinf=y.high), y.low, y.high) for curve in gradients
    ]
    ends = spread(np.log10(first), least, low + least / 2, high - least / 2)
    look = {"align": "right", "shift": (-8, 0), "bold": True}
    return [
        Text(0, 10**end, text, color=COLORS[place], **look)
        for place, text, end in zip(profiles, said, ends, strict=True)
    ]


def whole_ticks(last: float) -> list[int]:
    """Four to six round numbers from 0 to `last`, fewer below 4.

    >>> whole_ticks(20), whole_ticks(50), whole_ticks(2)
    ([0, 5, 10, 15, 20], [0, 10, 20, 30, 40, 50], [0, 1, 2])
    """
    step = next(step for step in (1, 2, 5, 10, 20) if last <= 5 * step)
    return list(range(0, int(last) + 1, step))


@cache
def key_panel(places: tuple[int, ...], name: str, across: int) -> Panel:
    """Which line is which network, with its dash and its mark: side by side, or one beneath the other."""
    lengths = [len(SAID[place]) + 6 for place in places]
    starts = np.cumsum([0, *lengths[:-1]]) if across > 1 else np.zeros(len(places))
    width = sum(lengths) if across > 1 else 55
    marks = []
    for line, (place, x) in enumerate(zip(places, starts, strict=True)):
        y = 0 if across > 1 else line
        marks.append(Line([x, x + 4], [y, y], color=COLORS[place], dash=DASHES[place]))
        marks.append(Points(x + 2, y, color=COLORS[place], shape=SHAPES[place]))
        marks.append(Text(x + 5, y, SAID[place], color=COLORS[place], align="left"))
    rows = 1 if across > 1 else len(places)
    axes = Axis(0, width, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel(marks, *axes, at=(0, 0, 1, 3), grid=False, name=name)


def times(factor: float) -> str:
    """A factor in two digits."""
    return f"×\u00a0{localised(f'{factor:.2g}')}" if np.isfinite(factor) else word("overflow")
