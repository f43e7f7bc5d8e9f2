"""The picture of deep networks: their curves over the layers, and the key to them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.runtime.language import localised, marked, say, word
from cnnlib.viz import Arrows, Axis, Line, Panel, Points, Text
from cnnlib.widgets.base.decades import log_axis

NAMES = marked("plain", "norm", "residual", "both")  # in facts, at the ends of lines, in the sentence
SAID = marked(
    "plain: layer after layer",
    "norm: batch normalization",
    "residual: each block adds its input",
    "both: norm and residual",
)
COLORS = ("ink", "vermilion", "blue", "purple")  # teal is what can be moved
DASHES = ("solid", "dashed", "dotted", "solid")
SHAPES = ("circle", "square", "triangle", "diamond")
GRADIENTS = (1e-10, 1e2)


def layers_axis(profiles) -> Axis:
    """Layers passed since the first convolution."""
    last = int(next(iter(profiles.values())).layers[-1])
    return Axis(0, last, "layers passed", whole=True)


def reach_of(values, most: tuple[float, float]) -> tuple[Axis, str]:
    """An axis of powers of ten as long as the values need, at least four of them; how its lines are apart."""
    seen = np.concatenate([np.asarray(row, float) for row in values])
    seen = np.log10(np.clip(seen[np.isfinite(seen) & (seen > 0)], *most)) if len(seen) else np.zeros(1)
    ends = np.log10(most)
    low = max(ends[0], np.floor(min(seen.min(initial=0.0), seen.max(initial=0.0) - 3.5)))
    high = min(ends[1], np.ceil(max(seen.max(initial=low), low + 3.5)))
    return log_axis(10**low, 10 ** (high + 0.3), 2 if high - low > 6 else 1)


def with_factors(facts, fact: str, names) -> list[str]:
    """Each network's name with the factor from the first layer to the last, or from the last to the first."""
    return [say("{name} {factor}", name=name, factor=times(facts[f"{fact}_{name}"])) for name in names]


def lines(profiles, values, reach, labels: list[str]) -> list:
    """One line a kind, with its own colour, dash and, where there is room, marks."""
    marks = []
    for (place, found), row, label in zip(profiles.items(), values, labels, strict=True):
        y = np.clip(np.where(np.isnan(row), np.nan, row), *reach)
        every = slice(None, None, max(1, len(y) // 6))
        look = {"color": COLORS[place], "dash": DASHES[place], "width": 2}
        marks.append(Line(found.layers, y, label=label, **look))
        marks.append(
            Points(found.layers[every], y[every], color=COLORS[place], shape=SHAPES[place], size=3.5)
        )
    return marks


def gradient_panel(profiles, factors: dict[int, float], row: int) -> Panel:
    """Size of the gradient of the loss by the numbers behind each block.

    It travels to the left: a line has its name where the gradient sets out, and its factor where it arrives.
    """
    values = [found.gradient for found in profiles.values()]
    y, words = reach_of(values, GRADIENTS)
    marks = lines(profiles, values, (y.low, y.high), [NAMES[place] for place in profiles])
    said = [times(factor) for factor in factors.values()]
    last = layers_axis(profiles).high
    room = 0.13 + 0.028 * max(map(len, said))  # for the factors, in parts of the axis from 0 on
    ends = spread(
        np.log10([np.clip(np.nan_to_num(curve[0]), y.low, y.high) for curve in values]),
        np.log10(y.low),
        np.log10(y.high),
    )
    for place, text, end in zip(profiles, said, ends, strict=True):
        look = {"color": COLORS[place], "align": "right", "shift": (-8, 0)}
        marks.append(Text(0, 10**end, text, bold=True, **look))
    top = 10 ** (0.04 * np.log10(y.low) + 0.96 * np.log10(y.high))
    marks.append(Arrows(0.62 * last, top, -0.45 * last, 0, color="muted", width=1.5))
    marks.append(Text(last, top, "way back", color="muted", size=11, align="right"))
    x = Axis(-room * last, last, "layers passed", ticks=whole_ticks(last))
    words = say("its size; {words}", words=words)
    look = {"at": (row, 1), "name": "gradient", "legend": "ends"}
    return Panel(marks, x, y, title="← Gradient", subtitle=words, **look)


def whole_ticks(last: float) -> list[int]:
    """Four to six round numbers from 0 to `last`, fewer below 4.

    >>> whole_ticks(20), whole_ticks(50), whole_ticks(2)
    ([0, 5, 10, 15, 20], [0, 10, 20, 30, 40, 50], [0, 1, 2])
    """
    step = next(step for step in (1, 2, 5, 10, 20) if last <= 5 * step)
    return list(range(0, int(last) + 1, step))


def spread(places: np.ndarray, low: float, high: float) -> np.ndarray:
    """Heights of words at these places of an axis from `low` to `high`, so far apart that none hides another.

    >>> spread(np.array([0.5, 0.5, 0.9]), 0, 1).round(3).tolist()
    [0.46, 0.54, 0.9]
    """
    least, order = 0.08 * (high - low), np.argsort(places, kind="stable")
    found = np.array(places, float)
    for _ in range(40):
        for lower, upper in pairwise(order):
            short = least - (found[upper] - found[lower])
            if short > 0:
                found[lower], found[upper] = found[lower] - short / 2, found[upper] + short / 2
        found = np.clip(found, low + least / 2, high - least)
    return found


def key_panel(places: list[int], name: str, across: int) -> Panel:
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
