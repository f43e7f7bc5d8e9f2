"""The picture of many rates at once: a curve for each network, which ends at its rate, and zones in words."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import localised, marked, say, word
from cnnlib.viz import Axis, Heatmap, Line, Note, Panel, Points, Region, Text

GUESSING = np.log(10)
LOWEST, HIGHEST = 0.045, 10.0  # losses drawn; above and beneath them is room for words
FLOOR, TOP = 0.026, 17.0
FATES = "crawls", "learns", "jumps", "lost"
EARLY = "early"  # no fate yet
COLORS = {"crawls": "muted", "learns": "ink", "jumps": "muted", "lost": "bad", EARLY: "muted"}
SHAPES = {"crawls": "triangle", "learns": "circle", "jumps": "square", "lost": "cross", EARLY: "circle"}
ZONES = dict(
    zip(FATES, marked("▲ too small: crawls", "● learns", "■ jumps about", "✕ too large: lost"), strict=True)
)
SHORT = dict(zip(FATES, marked("▲ crawls", "● learns", "■ jumps", "✕ lost"), strict=True))
SIZE = 6.0  # radius of the signs
SAMPLES = 60  # points of a curve
GHOST, PALE = 0.45, 0.35  # opacity of what is not now, and of single batches behind their mean
WINDOW = 20  # steps whose mean loss is drawn and reported
LEAD, TAIL = 0.78, 0.22  # of a column: where its curve runs, and what stays free behind its end


class SweepPicture:
    """One plot over the rates in powers of ten. The curve of each network ends at its own rate.

    `drawn` steps fill a curve.
    """

    def __init__(self, rates: np.ndarray, chosen: int, limit: float, drawn: int) -> None:
        self.at = np.log10(rates)
        self.pitch = (self.at[-1] - self.at[0]) / max(1, len(rates) - 1)
        self.chosen, self.limit, self.drawn = chosen, limit, drawn

    def panels(self, losses, steps: int, recent, fates: list[str], before) -> list[Panel]:
        """All losses so far up to `steps`, pale what comes after; the signs stand at the `recent` ones.

        In the second panel, for a narrow page, is less room for words: the best rate stands above the plot.
        """
        marks = [*self.border(), *self.lines(losses, steps, fates), *self.earlier(before)]
        axes, ground, panels = self.axes(), self.ground(), []
        for name, slim in (("strips", False), ("strips narrow", True)):
            how = "one curve a rate"
            if recent is None:
                words = say(
                    "Press Play: {at} networks with the same first weights, a curve each.", at=len(self.at)
                )
                more = [Note(self.at[0], 0.4, words, width=150 if slim else 230)]
            elif slim:
                more = self.signs(recent, fates, steps, 3.5)
                if not alike(fates):
                    how = say("best rate: {best}", best=self.value(best_of(recent)))
            else:
                more = [*self.signs(recent, fates, steps, SIZE), *self.names(recent, fates)]
            here = [*ground, *self.zones(fates, SHORT if slim else ZONES), *marks, *more]
            look = {"title": "Loss while training", "subtitle": how, "grid": False, "name": name}
            panels.append(Panel(here, *axes, **look))
        return panels

    def lines(self, losses: np.ndarray, steps: int, fates: list[str]) -> list[Line]:
        """The curves: strong the mean of the last steps, pale that of a few, and pale what comes later."""
        found = []
        if len(losses) > steps:
            ghosts = self.curves(running(losses), range(len(self.at)))
            found.append(Line(*ghosts, color="muted", width=1.5, alpha=GHOST))
        single, mean = drawn_loss(losses[:steps]), running(losses[:steps])
        for kind in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == kind]
            if here:
                look, width = {"color": COLORS[kind]}, 2.4 if kind == "learns" else 1.6
                found.append(Line(*self.curves(single, here), width=1, alpha=PALE, **look))
                found.append(Line(*self.curves(mean, here), width=width, **look))
        return found

    def axes(self) -> tuple[Axis, Axis]:
        """The rates in powers of ten, and the loss of guessing among those of the losses."""
        powers = np.arange(round(self.at[0]), round(self.at[-1]) + 1)
        names = [f"{10.0**p:g}" if p >= -3 else f"1e{p}" for p in powers]
        words = "learning rate; log axis: each line × 10"
        x = Axis(*self.columns(0, len(self.at) - 1), words, ticks=powers, names=names)
        y = Axis(FLOOR, TOP, log=True, ticks=(0.1, 1, GUESSING, 10), names=("0.1", "1", "guess", "10"))
        return x, y

    def columns(self, first: int, last: int) -> tuple[float, float]:
        """Left and right edge of some columns."""
        return self.at[first] - LEAD * self.pitch, self.at[last] + TAIL * self.pitch

    def column_at(self, x: float) -> int:
        """Which network's column lies at a place."""
        return int(np.argmin(np.abs(self.at - (LEAD - TAIL) / 2 * self.pitch - x)))

    def ground(self) -> list:
        """The lines of the axes, the chosen column, and an answer to clicks."""
        x0, x1 = self.columns(0, len(self.at) - 1)
        left, right = self.columns(self.chosen, self.chosen)
        powers = np.arange(np.ceil(x0), np.floor(x1) + 1)
        upright = np.stack([powers, powers, np.full(len(powers), np.nan)], axis=1).ravel()
        levels = [level for power in (0.1, 1, HIGHEST) for level in (power, power, np.nan)]
        return [
            Line(upright, np.tile([LOWEST, HIGHEST, np.nan], len(powers)), color="grid", width=1),
            Line(np.tile([x0, x1, np.nan], 3), levels, color="grid", width=1),
            Region(left, right, LOWEST, HIGHEST, color="you", alpha=0.18),
            Line([x0, x1], [GUESSING] * 2, color="muted", dash="dotted", width=1),
            Heatmap(
                np.zeros((1, len(self.at))),
                (x0, x1, FLOOR, TOP),
                cmap="ink",
                alpha=0.0,
                hover=False,
                emits="rates",
            ),
        ]

    def zones(self, fates: list[str], words: dict[str, str]) -> list:
        """Tints and words: what becomes of rates too small, of those that learn, and of those too large."""
        marks = []
        for kind, first, last in zones_of(fates):
            left, right = self.columns(first, last)
            if kind in ("crawls", "lost"):
                marks.append(Region(left, right, color=COLORS[kind], alpha=0.08))
            middle = (left + right) / 2
            marks.append(Text(middle, 12.6, words[kind], color=COLORS[kind], bold=True, size=13))
        return marks

    def border(self) -> list:
        """The rate from which on a parabola of the curvature at the start would explode."""
        limit = np.log10(self.limit)
        said = say("a parabola explodes from {limit:.2f} on", limit=self.limit)
        look = {"size": 11, "align": "right", "baseline": "bottom"}
        return [
            Line([limit, limit], [FLOOR, HIGHEST], color="ink", dash="dashed", width=1),
            Text(limit, FLOOR, said, bold=True, shift=(-6, -17), **look),
            Text(limit, FLOOR, "2/curvature at the start", color="muted", shift=(-6, -3), **look),
        ]

    def curves(self, losses: np.ndarray, here) -> np.ndarray:
        """The curves of some networks, each in its column, with gaps between them: (2, points)."""
        width = max(1, -(-self.drawn // SAMPLES))
        steps = np.arange(0, len(losses), width)
        y = np.add.reduceat(losses[:, here], steps) / np.diff(np.append(steps, len(losses)))[:, None]
        x = np.stack([self.time(steps, column) for column in here], axis=1)
        gap = np.full((1, len(here)), np.nan)
        return np.array([np.concatenate([part, gap]).ravel(order="F") for part in (x, y)])

    def time(self, steps, column):
        """Where a moment lies in a column: its beginning at the left, the last step at its rate."""
        left = self.columns(column, column)[0] + 0.1 * self.pitch
        return left + (self.at[column] - left) * np.minimum(1.0, np.asarray(steps) / self.drawn)

    def signs(self, recent: np.ndarray, fates: list[str], steps: int, size: float) -> list:
        """What has become of each network, at the end of its curve; a ring round the lowest loss."""
        y, best = drawn_loss(recent), best_of(recent)
        x = np.array([self.time(steps, i) for i in range(len(self.at))])
        marks = []
        if not alike(fates):
            marks = [
                Points(x[best], y[best], color="ink", size=size + 5),
                Points(x[best], y[best], color="paper", size=size + 3.5),
            ]
        for kind in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == kind]
            if here:
                look = {
                    "color": COLORS[kind],
                    "shape": SHAPES[kind],
                    "outline": "" if kind == "lost" else "paper",
                }
                marks.append(Points(x[here], y[here], size=size - (kind == "lost"), **look))
        return marks

    def names(self, recent: np.ndarray, fates: list[str]) -> list:
        """On top of their columns: the best rate, what a square is, and the chosen rate if it is another."""
        best, jumping = best_of(recent), [i for i, fate in enumerate(fates) if fate == "jumps"]
        marks = []
        if not alike(fates):
            marks = [self.over(best, word("best"), 0), self.over(best, self.value(best), 1)]
        line = 2 if jumping and abs(jumping[-1] - best) < 3 else 0
        if jumping and "learns" in fates:  # otherwise the zone says so
            marks.append(self.short_of_the_next(jumping[-1], SHORT["jumps"], line))
        if self.chosen == best and marks:
            return marks
        if fates[self.chosen] == "lost":  # beneath it, where such a curve never goes
            at = sum(self.columns(self.chosen, self.chosen)) / 2, drawn_loss(recent)[self.chosen]
            look = {"color": "you", "bold": True, "baseline": "top", "shift": (0, SIZE + 8)}
            return [*marks, Text(*at, self.value(self.chosen), literal=True, **look)]
        place = 2 if abs(self.chosen - best) < 3 or self.chosen in jumping else 0
        if jumping and place == line and abs(self.chosen - jumping[-1]) < 3:
            place = 5 - line if line else 2  # not where a square has its name
        return [*marks, self.over(self.chosen, self.value(self.chosen), place, color="you")]

    def short_of_the_next(self, column: int, words: str, line: int) -> Text:
        """Words at the top that end where a column ends: at its right may begin another zone."""
        right, look = self.columns(column, column)[1], {"align": "right", "baseline": "top"}
        return Text(right, HIGHEST, words, color="muted", shift=(-2, 6 + 15 * line), **look)

    def over(self, column: int, words: str, line: int, color: str = "ink") -> Text:
        """Words at the top of a column, one of the lines that have room there."""
        middle, shift = sum(self.columns(column, column)) / 2, (0, 6 + 15 * line)
        return Text(middle, HIGHEST, words, color=color, bold=color != "muted", baseline="top", shift=shift)

    def value(self, column: int) -> str:
        """A network's rate in words."""
        return localised(f"{10 ** self.at[column]:.2g}")

    def earlier(self, before) -> list:
        """Where the networks of the run before this one ended."""
        if before is None:
            return []
        words, ends = before
        y = drawn_loss(ends)
        look = {"color": "muted", "align": "left", "baseline": "bottom", "shift": (-18, -10)}
        return [
            Line(self.at, y, color="muted", width=1.5, dash="dashed"),
            Text(self.at[0], y[0], words, **look),
        ]


def alike(fates: list[str]) -> bool:
    """Whether all networks do the same, as at first: none is the best then, and there are no zones."""
    return set(fates) <= {"crawls"} or set(fates) <= {EARLY}


def zones_of(fates: list[str]) -> list[tuple[str, int, int]]:
    """Kind, first and last network of each zone: from the left those that crawl, at the right those lost.

    >>> zones_of(["crawls", "crawls", "learns", "jumps", "lost"])
    [('crawls', 0, 1), ('learns', 2, 3), ('lost', 4, 4)]
    """
    if alike(fates):
        return []
    last = len(fates) - 1
    low = next((i for i, fate in enumerate(fates) if fate != "crawls"), len(fates))
    high = next((i for i in range(last, -1, -1) if fates[i] != "lost"), -1)
    zones = [("crawls", 0, low - 1)] if low else []
    between = set(fates[low : high + 1])
    if between:
        zones.append((next((kind for kind in ("learns", "jumps") if kind in between), "crawls"), low, high))
    if high < last:
        zones.append(("lost", high + 1, last))
    return zones


def best_of(recent: np.ndarray) -> int:
    """The network with the lowest loss."""
    return int(np.argmin(np.where(np.isfinite(recent), recent, np.inf)))


def running(losses: np.ndarray) -> np.ndarray:
    """Mean over the last steps of each network's losses, within the plot.

    >>> running(np.array([[1.0], [3.0], [np.inf]])).round(2).ravel().tolist()
    [1.0, 2.0, 4.67]
    """
    total = np.cumsum(drawn_loss(losses), axis=0)
    total[WINDOW:] -= total[:-WINDOW].copy()
    return total / np.minimum(np.arange(len(losses)) + 1, WINDOW)[:, None]


def drawn_loss(losses: np.ndarray) -> np.ndarray:
    """Losses within the plot: those that are no number stand at its top."""
    return np.clip(np.nan_to_num(losses, nan=HIGHEST, posinf=HIGHEST), LOWEST, HIGHEST)
