"""The way back of a gradient: bars for dy, dx̂ and dc, and those of dx laid end to end."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS
from cnnlib.runtime.language import word
from cnnlib.viz import Arrows, Axis, Bars, Line, Panel, Points, Region, Text
from cnnlib.widgets.depth.normalization_marks import (
    PAGE,
    PHONE,
    SYMBOLS,
    Layout,
    by_sign,
    chip,
    digits_of,
    gentle,
    numbers_at,
    short,
    sign,
    sign_text,
)

HEIGHT = 186.0  # of the plot, in about as many pixels
ROWS = (137.0, 112.0, 87.0, 62.0)
THICK = 17.0  # of a bar
NAME = 161.0  # middle of the names of dy, dx̂ and dc
LOW, HALF = 15.0, 11.0  # middle of the chips of one number, and half their height
FRAME = (1.0, 289.0)  # left and right edge of dx's frame
NUMBER = 34.0  # pixels that numbers take at the right of their bars
#: Middle of the chip of each node of one number on a page and on a phone.
CHIPS = {
    PAGE: dict(zip(("m", "v", "u", "gamma", "beta"), (361.0, 480.0, 610.0, 890.0, 976.0), strict=True)),
    PHONE: dict(zip(("m", "v", "u", "gamma", "beta"), (33.0, 103.5, 174.0, 244.5, 315.0), strict=True)),
}
#: Middles of the three groups on a phone, where dx has a panel of its own.
GROUPS = {"c": 56.0, "n": 174.0, "y": 292.0}
ARROWS = {  # from where to where, on a page
    ("n", "y"): ((862, 99), (762, 99)), ("c", "n"): ((596, 99), (496, 99)),
    ("x", "c"): ((331, 99), (293, 99)), ("gamma", "y"): ((890, 50), (890, 28)),
    ("beta", "y"): ((976, 50), (976, 28)), ("u", "n"): ((622, 50), (622, 28)),
    ("v", "u"): ((566, 15), (524, 15)), ("c", "v"): ((468, 28), (468, 50)),
    ("m", "c"): ((366, 50), (366, 28)), ("x", "m"): ((317, 15), (293, 15)),
}  # fmt: skip


def bars_panel(gradients: dict, active, layout: Layout, last: tuple[dict, dict]) -> Panel:
    """All gradients that are known, each below the column that it belongs to; on a phone without dx."""
    small = layout is PHONE
    width = layout.width
    marks: list = []
    for name in ("y", "n", "c"):
        middle = GROUPS[name] if small else layout.at(name)
        marks += group(name, gradients, active, (middle - layout.half, middle + layout.half))
    for name, middle in CHIPS[layout].items():
        marks += small_one(name, gradients, active, middle)
    if not small:
        marks += [arrow(way, gradients, active) for way in ARROWS if way in past(gradients, active)]
        marks += stack(gradients, active, FRAME, last)
    return Panel(
        marks, Axis(0, width, visible=False), Axis(0, HEIGHT, visible=False), grid=False,
        title=word("← Gradients"), subtitle="" if small else "slopes of the loss",
        name=f"{layout.needs}gradients", at=(1, 0),
    )  # fmt: skip


def stack_panel(gradients: dict, active, last: tuple[dict, dict]) -> Panel:
    """The bars of dx alone, as wide as a phone."""
    marks = stack(gradients, active, (1.0, PHONE.width - 1.0), last)
    axes = Axis(0, PHONE.width, visible=False), Axis(0, HEIGHT, visible=False)
    return Panel(marks, *axes, grid=False, name="small stack", at=(1, 0))


def past(gradients: dict, active) -> list[tuple[str, str]]:
    """The ways that a gradient has gone so far."""
    return list(BACKWARDS[: BACKWARDS.index(active) + 1]) if active in BACKWARDS else []


def arrow(way: tuple[str, str], gradients: dict, active) -> Arrows:
    """From one node to that before it, strong while it is gone."""
    (x0, y0), (x1, y1) = ARROWS[way]
    look = {"color": "ink", "width": 3} if active == way else {"color": "muted", "width": 1.25}
    return Arrows([x0], [y0], [x1 - x0], [y1 - y0], **look)


def span(gradients: dict) -> tuple[float, float]:
    """The ends of the scale that dy, dx̂ and dc share."""
    every = np.concatenate([[0.0], *(gradients[name] for name in ("y", "n", "c") if name in gradients)])
    low, high = -gentle(-float(every.min())), gentle(float(every.max()))
    return low, max(high, low + 1.0)


def group(name: str, gradients: dict, active, edges: tuple[float, float]) -> list:
    """Four bars about a common zero, with their numbers at the right."""
    left, right = edges
    known, lit = name in gradients, active is not None and active[0] == name
    low, high = span(gradients)
    unit = (right - NUMBER - 6 - left) / (high - low)
    zero = left - low * unit
    color = "ink" if known else "muted"
    middle = (left + right) / 2
    marks: list = [Text(middle, NAME, f"d{SYMBOLS.get(name, name)}", bold=True, size=15, color=color)]
    if lit:
        marks.append(Line([middle - 11, middle + 11], [NAME - 10, NAME - 10], color="ink", width=2))
    if name == "y":
        spot = {"align": "left", "shift": (16, 0)}
        marks.append(Text(middle, NAME, word("arrives"), size=11.5, color="muted", **spot))
    if known:
        marks += bars(gradients[name], zero, unit)
        marks += numbers_at(right, ROWS, gradients[name], size=11.5, align="right")
    edge = [ROWS[-1] - 12, ROWS[0] + 12]
    marks.append(Line([zero, zero], edge, color="muted" if known else "grid", width=1))
    return marks


def bars(values: np.ndarray, zero: float, unit: float) -> list[Bars]:
    """A bar for each number from zero on, by sign."""
    return [
        Bars(
            [ROWS[i] for i in places],
            unit * values[places],
            width=THICK,
            base=zero,
            color=color,
            horizontal=True,
        )
        for color, places in by_sign(values)
        if color != "ink"
    ]


def small_one(name: str, gradients: dict, active, middle: float) -> list:
    """The gradient of a node that holds one number."""
    known, lit = name in gradients, active is not None and active[0] == name
    symbol = f"d{SYMBOLS.get(name, name)}"
    words = f"{symbol} {short(gradients[name])}" if known else symbol
    color = sign_text(gradients[name]) if known else "muted"
    return chip(
        middle, LOW, (41.0 if middle > PHONE.width else 33.0, HALF), [(words, color, 0, 11.5)], lit, known
    )


def stack(gradients: dict, active, edges: tuple[float, float], last: tuple[dict, dict]) -> list:
    """dx, its bars laid end to end: where the last one ends is their sum.

    `last` are the gradients with the first share of dx and with both, whose scale is one.
    """
    left, right = edges
    known = "x" in gradients
    over = known and active == BACKWARDS[-1]
    box = {"x0": left, "x1": right, "y0": 1.0, "y1": HEIGHT - 1}
    marks: list = [Region(**box, color="panel", alpha=1.0)]
    marks.append(Region(**box, filled=False, color="ink" if known else "muted", width=2 if known else 1))
    marks.append(Text(left + 13, HEIGHT - 18, "dx", bold=True, size=16, align="left"))
    if not known:
        marks.append(Text((left + right) / 2, 92, "?", size=44, bold=True, color="muted"))
        return marks
    said = word("bars end to end") if over else word("first share of two")
    spot = {"align": "left", "shift": (27, 0)}
    marks.append(Text(left + 13, HEIGHT - 18, said, size=11.5, color="muted", **spot))
    ends = np.concatenate([np.cumsum(part["x"]) for part in last])
    low, high = -gentle(-float(min(0, ends.min()))), gentle(float(max(0, ends.max())))
    high = max(high, low + 0.1)
    begin, end = left + 64, right - 62
    unit = (end - begin) / (high - low)
    zero = begin - low * unit
    values = np.asarray(gradients["x"])
    sums = zero + unit * np.cumsum(values)
    marks.append(Line([zero, zero], [12, ROWS[0] + 14], color="ink", width=1.5))
    stairs = np.repeat([*ROWS, LOW], 2)[1:-1]
    marks.append(Line(np.repeat(sums, 2), stairs, color="muted", width=1))
    for row, value, start in zip(ROWS, values, [zero, *sums[:-1]], strict=True):
        look = {"width": THICK, "base": start, "color": sign(value), "horizontal": True}
        marks.append(Bars([row], [unit * value], **look))
    spot = {"size": 11.5, "align": "left", "color": "muted"}
    marks.append(Text([left + 13] * 4, ROWS, [f"x[{i}]" for i in range(4)], **spot))
    marks += numbers_at(right - 13, ROWS, values, digits_of("x", active), size=12.5, align="right")
    total = float(np.sum(values))
    marks.append(Line([right - 60, right - 12], [38, 38], color="ink", width=1))
    marks.append(Text(left + 13, LOW, word("sum"), size=12.5, bold=True, align="left"))
    look = {"size": 14, "bold": True, "align": "right", "color": sign_text(total)}
    marks.append(Text(right - 13, LOW, "0" if over else short(total), **look))
    marks.append(Points(sums[-1], LOW, color=sign(total), size=6.5, shape="diamond"))
    return marks
