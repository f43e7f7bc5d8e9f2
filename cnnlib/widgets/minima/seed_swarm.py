"""Thirty dots a width: a swarm of losses for each that was tried, a slim box with a ? for the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Heatmap, Line, Note, Panel, Points, Region, Text

WIDTHS = ("1", "2", "4", "8", "16")
HIGHEST, STRIP = 3.0, 0.1  # of the losses drawn; above stand the counts, in that part of the height
TICKS = tuple(
    round(part * 10.0**power, 3) for power in range(-3, 1) for part in (1, 2, 5) if part < 5 or power
)
SPAN = 10.0  # of the five columns together, on the axis of the widths
LETTER = 7.0  # pixels of a letter of the medians
GUESSING = float(np.log(10))
CLEAR = 11  # pixels between the middle of a word and a line or a dot's edge, at least
PALE = 0.35  # strength of the dots of a width that was left before its end
UNTRIED = 1.1  # of it, for a width that was not tried; the others share the rest


@dataclass(frozen=True)
class Look:
    """How large the dots are, and how many pixels the plot has at least."""

    name: str
    size: float
    plot: tuple[float, float]


PAGE, PHONE = Look("widths", 7.0, (590.0, 335.0)), Look("narrow", 3.2, (305.0, 265.0))


def swarm_panel(known: dict, unfinished: set, now: int, steps: int, look: Look) -> Panel:
    """A swarm for each width that is known, of which one is `now` trained; others were left before."""
    every = np.concatenate([np.asarray(losses) for losses in known.values()])
    low = max(tick for tick in TICKS if tick <= max(TICKS[0], 0.95 * every.min()) and tick <= 0.2)
    top = HIGHEST * (HIGHEST / low) ** (STRIP / (1 - STRIP))
    edges = columns([int(width) in known for width in WIDTHS])
    marks: list = [Region(0, SPAN, 1.0, None, color="bad", alpha=0.08)]
    ticks = [tick for tick in TICKS if tick >= low]
    marks += levels()
    for width, (left, right) in zip(map(int, WIDTHS), edges, strict=True):
        if width not in known:
            marks += waiting(width, (left, right), (low, top), look)
            continue
        if width == now:
            marks.append(
                Region(left + 0.02, right - 0.02, low * 1.01, top / 1.01, color="you", filled=False, width=2)
            )
        marks += [
            Line([left, right], [tick, tick], color="grid", width=1) for tick in ticks if tick not in (1, low)
        ]
        strength = 1.0 if width == now else PALE if width in unfinished else 0.75
        marks += swarm_marks(np.asarray(known[width]), (left, right), (low, top), strength, look)
        if width == now and not steps:
            words, below = "Press Play: these thirty fall.", 0.7 * float(known[width].min())
            wide = min(110, (right - left) * look.plot[0] / SPAN - 12)
            marks.append(Note((left + right) / 2, below, words, align="center", width=wide))
    middles = [(left + right) / 2 for left, right in edges]
    x = Axis(0, SPAN, "filters in the first layer", ticks=middles, names=WIDTHS)
    y = Axis(low, top, "loss (log axis)", log=True, ticks=ticks, names=[f"{tick:g}" for tick in ticks])
    subtitle = "a dot a network" if look is PAGE else word("dotted: guessing; bad above the dashed line")
    return Panel(marks, x, y, title="Thirty networks of each width", subtitle=subtitle, grid=False,
                 name=look.name, legend="ends" if look is PAGE else "")  # fmt: skip


def columns(tried: list[bool]) -> list[tuple[float, float]]:
    """Left and right edges of the columns: what was not tried is slim.

    >>> columns([True, False, False, False, False])[:2]
    [(0.0, 5.6), (5.6, 6.7)]
    """
    rest = (SPAN - UNTRIED * tried.count(False)) / max(1, tried.count(True))
    ends = np.append(0, np.cumsum(np.where(tried, rest, UNTRIED)))
    return list(pairwise(ends.round(9).tolist()))


def levels() -> list:
    """The loss of guessing, and that from which on a network counts as bad."""
    ends = [0, SPAN]
    return [
        Line(ends, [GUESSING] * 2, color="muted", width=1.25, dash="dotted", label=say("2.30 = guessing")),
        Line(ends, [1, 1], color="bad", width=1.5, dash="dashed", label=word("bad above 1")),
    ]


def waiting(width: int, edges: tuple[float, float], ends: tuple[float, float], look: Look) -> list:
    """The column of a width that was not tried: an empty box with a ?, which a click chooses."""
    (left, right), (low, top) = edges, ends
    pad, middle, centre = 0.08, (left + right) / 2, float(np.sqrt(low))
    around = [left + pad, right - pad, right - pad, left + pad, left + pad]
    sides = [low * 1.03, low * 1.03, top / 1.03, top / 1.03, low * 1.03]
    marks = [
        Line(around, sides, color="muted", width=1, dash="dashed"),
        Text(middle, centre, "?", size=30 if look is PAGE else 20, bold=True, color="muted"),
        Heatmap([[np.nan]], extent=(left, right, low, top), hover=False, emits=f"width {width}"),
    ]
    if look is PAGE:
        marks.append(Text(middle, centre, word("not tried"), size=12, color="muted", shift=(0, 28)))
    return marks


def swarm_marks(
    losses: np.ndarray, edges: tuple[float, float], ends: tuple[float, float], strength: float, look: Look
):
    """The dots of a width, good and bad ones, their median as a bar, and how many are bad.

    The one that is trained has full `strength`; one that was left before its end is pale and says so.
    """
    now = strength == 1
    (left, right), (low, top) = edges, ends
    middle, half = (left + right) / 2, (right - left) / 2
    drawn = np.clip(losses, low * 1.02, HIGHEST)
    per_unit, per_log = look.plot[0] / SPAN, look.plot[1] / np.log(top / low)
    x = (
        np.array(swarm(tuple((np.log(drawn / low) * per_log).round(2).tolist()), 2 * look.size + 1))
        / per_unit
    )
    x *= min(1.0, 0.84 * half / max(1e-9, np.abs(x).max()))
    median, bad = float(np.median(losses)), losses > 1
    marks: list = []
    for color, keep in (("purple", ~bad), ("bad", bad)):
        if keep.any():
            style = {"color": color, "size": look.size, "outline": "ink" if now else "paper"}
            marks.append(Points(middle + x[keep], drawn[keep], alpha=strength, **style))
    reach = min(0.94 * half, max(np.abs(x).max() + 0.12, 0.35 * half))
    level = float(np.clip(median, low, HIGHEST))
    marks.append(Line([middle - reach, middle + reach], [level, level], color="ink", width=3))
    words = say("median {median}", median=f"{median:.2f}") if now and look is PAGE else f"{median:.2f}"
    if (half - reach) * per_unit > LETTER * len(words) + 10:
        y, down = off_levels(level, 0, per_log)
        marks.append(Text(middle + reach, y, words, size=12, bold=now, align="left", shift=(6, down)))
    else:
        y, down = off_levels(float(drawn.min()), look.size + 10, per_log)
        if np.log(y / low) * per_log - down < CLEAR:  # there is no room beneath them
            y, down = off_levels(float(drawn.max()), -look.size - 10, per_log)
        marks.append(Text(middle, y, words, size=11.5, bold=now, shift=(0, down)))
    count, any_bad = say("{bad} of {all}", bad=int(bad.sum()), all=len(losses)), bool(bad.any())
    if strength == PALE:
        count, any_bad = word("not finished") if look is PAGE else word("unfinished"), False
    height = HIGHEST * (top / HIGHEST) ** 0.6
    look_of = {"color": "bad" if any_bad else "muted", "bold": any_bad, "size": 13 if look is PAGE else 11}
    return [*marks, Text(middle, height, count, **look_of)]


def off_levels(loss: float, down: float, per_log: float) -> tuple[float, float]:
    """Where a word stands that would be so many pixels beneath a loss: not on the lines of `levels`.

    Returned is the loss that it goes with, and how far it is beneath that.

    >>> off_levels(0.5, 17, 100), off_levels(1.1, 17, 100), off_levels(1.02, 0, 100)
    ((0.5, 17), (1.0, 11), (1.0, -11))
    """
    for level in (GUESSING, 1.0):
        beneath = down - float(np.log(loss / level)) * per_log  # the line
        if abs(beneath) < CLEAR:
            return level, CLEAR if down > 0 or (not down and beneath > 0) else -CLEAR
    return loss, down


@lru_cache(maxsize=64)
def swarm(heights: tuple[float, ...], across: float) -> tuple[float, ...]:
    """How far to the side each dot stands, so that none touches another: as near to the middle as it can.

    >>> swarm((0.0, 30.0, 1.0), 10.0)[:2], abs(round(swarm((0.0, 30.0, 1.0), 10.0)[2], 2))
    ((0.0, 0.0), 9.95)
    """
    placed: list[tuple[float, float]] = []
    found = [0.0] * len(heights)
    for count, i in enumerate(sorted(range(len(heights)), key=heights.__getitem__)):
        height = heights[i]
        near = [(x, height - y) for x, y in placed if height - y < across]
        tries = [0.0]
        for x, away in near:
            aside = (across**2 - away**2) ** 0.5
            tries += [x - aside, x + aside]
        tries.sort(key=lambda x: (round(abs(x), 6), x if count % 2 else -x))
        free = (x for x in tries if all((x - a) ** 2 + b**2 > across**2 - 1e-6 for a, b in near))
        found[i] = next(free)
        placed.append((found[i], height))
    return tuple(found)
