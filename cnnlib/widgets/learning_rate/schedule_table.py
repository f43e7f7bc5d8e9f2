"""The table of schedules: a row for each, with its rate, its loss and the networks that came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.runtime.language import localised, marked, say
from cnnlib.viz import Axis, Band, Heatmap, Line, Panel, Points, Region, Text
from cnnlib.widgets.learning_rate.schedule_runs import RUNS, Row, rates_of

NAMES = marked("constant", "step", "cosine", "warm-up", "one cycle")
SAID = marked("stays as it is", "drops to a tenth", "falls smoothly", "short climb first", "long climb first")
HIGHEST, GUESSING = 3.0, np.log(10)  # losses drawn
FLOORS = (0.15, 0.1, 0.06, 0.03, 0.01)
WIDTH = 1000  # units across, whatever the pixels
CONSTANT = "rival"  # the colour of what all others are compared with, in every column


@dataclass(frozen=True)
class Plan:
    """Where a row has its parts: ends of the columns in thousandths of the width, heights in pixels."""

    rate: tuple[float, float]
    loss: tuple[float, float]
    right: tuple[float, float]
    row: float
    above: float  # of a row, before its curves begin
    beside: bool  # whether name and values stand beside the curves, and not above them
    head: float = 42
    foot: float = 24
    beneath: float = 11

    @property
    def height(self) -> float:
        """Pixels of the whole table."""
        return self.head + len(RUNS) * self.row + self.foot

    @property
    def end(self) -> float:
        """Where the last row ends."""
        return self.height - self.foot


WIDE = Plan((146, 366), (412, 646), (732, 892), row=80, above=11, beside=True)
SLIM = Plan((14, 262), (316, 586), (686, 985), row=98, above=36, beside=False)


class ScheduleTable:
    """The table for rows that are known; `now` is the chosen one, `rate` the highest rate of all."""

    def __init__(self, rows: dict[str, Row], now: str, rate: float, steps: int, plan: Plan) -> None:
        self.rows, self.now, self.rate, self.steps, self.plan = rows, now, rate, steps, plan
        lowest = min(float(np.nanmin(np.append(row.curve, HIGHEST))) for row in rows.values())
        self.floor = next((floor for floor in FLOORS if lowest >= floor), FLOORS[-1])
        worst = 100 * min(row.shares.min() for row in rows.values())
        self.least = next(level for level in (90, 80, 50, 0) if worst >= level)

    def panel(self, name: str) -> Panel:
        """The whole table, one answer to clicks a row."""
        plan = self.plan
        marks = [*self.ground(), *self.heads(), *self.scales()]
        for place, run in enumerate(RUNS):
            top = plan.head + place * plan.row
            marks += self.first_cells(place, run, top)
            marks += self.results(run, top) if run in self.rows else self.offer(top)
        rows = np.zeros((len(RUNS), 1))
        extent = (0, WIDTH, plan.head, plan.end)
        marks.append(Heatmap(rows, extent, cmap="ink", alpha=0.0, hover=False, emits="rows", hovers=1))
        axes = Axis(0, WIDTH, visible=False), Axis(plan.height, 0, visible=False)
        return Panel(marks, *axes, grid=False, name=name)

    def ground(self) -> list:
        """The tint of the chosen row and the lines between rows."""
        plan = self.plan
        top = plan.head + RUNS.index(self.now) * plan.row
        levels = plan.head + plan.row * np.arange(len(RUNS) + 1)
        x = np.tile([0, WIDTH, np.nan], len(levels))
        return [
            Region(0, WIDTH, top, top + plan.row, color="you", alpha=0.1),
            Line(x, np.repeat(levels, 3), color="grid", width=1),
            Line([1.5, 1.5], [top, top + plan.row], color="you", width=5),
        ]

    def heads(self) -> list:
        """What stands in each column."""
        plan, bold = self.plan, {"bold": True, "size": 13, "align": "left"}
        grey = {"color": "muted", "size": 11, "align": "left", "needs": 600}
        rate = say("up to {rate:.2g}", rate=self.rate)
        marks = [
            Text(plan.rate[0], 12, "Learning rate", **bold),
            Text(plan.rate[0], 29, rate, **grey | {"needs": 0}),
            Text(plan.loss[0], 12, "Loss", **bold),
            Text(plan.loss[0], 29, "log axis; dotted: guessing", **grey),
            Text(plan.right[0], 12, "Validation images right", **bold | {"needs": 600}),
            Text(plan.right[0], 29, "a dot a network, the bar their mean", **grey),
        ]
        if plan.beside:
            return [*marks, Text(16, 12, "Schedule", **bold)]
        return [*marks, Text(plan.right[0], 12, "Images right", **bold)]

    def scales(self) -> list:
        """The steps beneath rate and loss, per cents beneath the dots, and the mean of the constant rate."""
        plan = self.plan
        look = {"color": "muted", "size": 11, "baseline": "middle"}
        y = plan.end + 13
        ticks = np.linspace(self.least, 100, 3)
        marks = [
            *(self.upright(tick, color="grid", width=1) for tick in ticks),
            Text([self.share(tick) for tick in ticks], [y] * 3, [f"{tick:g} %" for tick in ticks], **look),
        ]
        for left, right in (plan.rate, plan.loss):
            marks.append(Text(left, y, say("step {step}", step=0), align="left", **look))
            marks.append(Text(right, y, f"{self.steps}", align="right", **look))
        if "constant" in self.rows:
            mean = 100 * self.rows["constant"].shares.mean()
            marks.append(self.upright(mean, color=CONSTANT, dash="dashed", width=1.25))
        return marks

    def upright(self, percent: float, **look) -> Line:
        """A line through all rows at a share of images, which leaves out words above the dots."""
        plan = self.plan
        tops = plan.head + plan.row * np.arange(len(RUNS))
        ends = [tops + (0 if plan.beside else plan.above - 8), tops + plan.row, np.full(len(RUNS), np.nan)]
        return Line([self.share(percent)] * 3 * len(RUNS), np.stack(ends, axis=1).ravel(), **look)

    def first_cells(self, place: int, run: str, top: float) -> list:
        """Name and rate of a schedule, which are known before it is trained."""
        plan, color = self.plan, color_of(run)
        rates = rates_of(run, self.rate, self.steps)
        x = self.along(plan.rate, np.arange(self.steps))
        low, high = top + plan.row - plan.beneath, top + plan.above
        y = low - (low - high) * rates / self.rate
        name = {"bold": True, "size": 14, "align": "left"}
        middle = top + (plan.row / 2 - 8 if plan.beside else 18)
        marks = [
            Line(plan.rate, [low] * 2, color="grid", width=1),
            Band(x, np.full(len(x), low), y, color=color, alpha=0.14),
            Line(x, y, color=color, width=2),
            Text(16, middle, NAMES[place], color=color, **name),
        ]
        if plan.beside:
            marks.append(Text(16, middle + 19, SAID[place], color="muted", size=11, align="left"))
        return marks

    def results(self, run: str, top: float) -> list:
        """The loss beside that of the constant rate, and a dot for each network."""
        plan, row, color = self.plan, self.rows[run], color_of(run)
        low, high = top + plan.row - plan.beneath, top + plan.above
        guess = self.level(GUESSING, low, high)
        marks = [
            Line(plan.loss, [low] * 2, color="grid", width=1),
            Line(plan.loss, [guess] * 2, color="muted", dash="dotted", width=1),
        ]
        if run != "constant" and "constant" in self.rows:
            ghost = self.rows["constant"]
            y = self.level(ghost.curve, low, high)
            marks.append(Line(self.along(plan.loss, ghost.steps), y, color=CONSTANT, width=1.5, alpha=0.5))
        y = self.level(row.curve, low, high)
        marks.append(Line(self.along(plan.loss, row.steps), y, color=color, width=2.25))
        loss = localised(f"{row.curve[-1]:.2f}") if np.isfinite(row.curve[-1]) else "–"
        if plan.beside:
            end = float(np.nan_to_num(y[-1], nan=high))
            marks.append(Text(plan.loss[1], end, loss, color=color, bold=True, align="left", shift=(8, 0)))
        else:
            marks.append(Text(plan.loss[1], top + 18, loss, color=color, bold=True, align="right"))
        return marks + self.networks(row, top, color)

    def networks(self, row: Row, top: float, color: str) -> list:
        """Six dots, a bar at their mean, and the mean in per cent."""
        plan, shares = self.plan, 100 * row.shares
        middle, half = top + (plan.above + plan.row - plan.beneath) / 2, (plan.row - plan.above) / 2 - 10
        mean = float(shares.mean())
        spread = np.resize([-8.0, 3.0, -3.0, 8.0], len(shares))
        order = np.argsort(np.argsort(shares))
        x = [self.share(share) for share in shares]
        here = self.share(mean)
        said = {"color": color, "bold": True, "size": 15, "align": "right"}
        return [
            Line([here] * 2, [middle - half, middle + half], color=color, width=4),
            Points(x, middle + spread[order], size=4.5, color=color, outline="paper"),
            Text(*self.place_of_mean(top), say("{mean:.1f} %", mean=row.percent), **said),
        ]

    def place_of_mean(self, top: float) -> tuple[float, float]:
        """Where a row has its mean: at its right end, or above its dots."""
        plan = self.plan
        if plan.beside:
            return WIDTH - 8, top + (plan.above + plan.row - plan.beneath) / 2
        return plan.right[1], top + 18

    def offer(self, top: float) -> list:
        """What a schedule shows that was not trained yet: an outlined place to press, and a question."""
        plan = self.plan
        middle = top + (plan.above + plan.row - plan.beneath) / 2
        left, right = plan.loss
        inset = 0.16 * (right - left) if plan.beside else 0
        words = "▸ train it"
        return [
            Region(
                left + inset, right - inset, middle - 15, middle + 15, color="you", filled=False, width=1.25
            ),
            Text((left + right) / 2, middle, words, color="you", bold=True, size=12),
            Text(*self.place_of_mean(top), "?", color="muted", bold=True, size=18, align="right"),
        ]

    def along(self, ends: tuple[float, float], steps) -> np.ndarray:
        """Where steps lie in a column."""
        return ends[0] + (ends[1] - ends[0]) * np.asarray(steps) / self.steps

    def level(self, losses, low: float, high: float):
        """How high losses lie in a row, on a log axis."""
        drawn = np.clip(losses, self.floor, HIGHEST)
        return low - (low - high) * np.log(drawn / self.floor) / np.log(HIGHEST / self.floor)

    def share(self, percent: float) -> float:
        """Where a share of images lies in the last column."""
        left, right = self.plan.right
        return left + (right - left) * (percent - self.least) / (100 - self.least)


def color_of(run: str) -> str:
    """The constant rate has a colour of its own, since it stands behind all others."""
    return CONSTANT if run == "constant" else "ink"
