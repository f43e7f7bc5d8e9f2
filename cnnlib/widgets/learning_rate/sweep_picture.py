"""The picture of many rates at once: a strip of time for each network, and where it stands now."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Heatmap, Line, Note, Panel, Points, Reference, Region, Text

GUESSING = np.log(10)
LOWEST, HIGHEST = 0.03, 30.0  # losses drawn
COLORS = {"crawls": "muted", "learns": "ink", "lost": "bad"}
SHAPES = {"crawls": "triangle", "learns": "circle", "lost": "cross"}
SIGNS = dict(zip(("crawls", "learns", "lost"), marked("▲ crawls", "● learns", "✕ lost"), strict=True))
SAMPLES = 60  # points of a strip


class SweepPicture:
    """Two panels over one axis of rates, in powers of ten."""

    def __init__(self, rates: np.ndarray, chosen: int, limit: float, border: float) -> None:
        self.at = np.log10(rates)
        self.half = (self.at[-1] - self.at[0]) / max(1, len(rates) - 1) / 2
        self.chosen, self.limit, self.border = chosen, limit, border

    def axes(self, label: str, top: float) -> tuple[Axis, Axis]:
        """Both panels have the same words beside them, so that their columns stand in line."""
        powers = np.arange(round(self.at[0]), round(self.at[-1]) + 1)
        names = [f"{10.0**p:g}" if p >= -4 else f"1e{p}" for p in powers]
        x = Axis(self.at[0] - self.half, self.at[-1] + self.half, label, ticks=powers, names=names)
        y = Axis(LOWEST, top, log=True, ticks=(0.1, 1, GUESSING, 10), names=("0.1", "1", "guess", "10"))
        return x, y

    def ground(self, top: float) -> list:
        """What both panels share: the shaded rates that are lost, the chosen one, and an answer to clicks."""
        x0, x1 = self.at[0] - self.half, self.at[-1] + self.half
        marks = []
        if np.isfinite(self.border):
            marks.append(Region(np.log10(self.border) - self.half, x1, color="bad", alpha=0.08))
        middle = self.at[self.chosen]
        marks += [
            Region(middle - self.half, middle + self.half, color="you", alpha=0.14),
            Line(
                [middle - self.half] * 2 + [np.nan] + [middle + self.half] * 2,
                [LOWEST, top, np.nan, LOWEST, top],
                color="you",
                width=1,
            ),
            Line([x0, x1], [GUESSING] * 2, color="muted", dash="dotted", width=1),
            Heatmap(
                np.zeros((1, len(self.at))),
                (x0, x1, LOWEST, top),
                cmap="ink",
                alpha=0.0,
                hover=False,
                emits="rates",
            ),
        ]
        return marks

    def strips(self, losses: np.ndarray, fates: list[str], horizon: int) -> Panel:
        """The loss of each network over time, each in a column of its own."""
        marks = self.ground(HIGHEST)
        edges = np.append(self.at - self.half, self.at[-1] + self.half)
        lines = np.stack([edges, edges, np.full(len(edges), np.nan)], axis=1).ravel()
        marks.append(Line(lines, np.tile([LOWEST, HIGHEST, np.nan], len(edges)), color="grid", width=0.7))
        for name in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == name]
            if here:
                parts = [self.strip(losses[:, i], self.at[i], horizon) for i in here]
                marks.append(Line(*np.concatenate(parts, axis=1), color=COLORS[name], width=2))
                marks.append(
                    Text(self.at[here].mean(), HIGHEST, SIGNS[name], bold=True, baseline="top", shift=(0, 4))
                )
        if not fates:
            words = say(
                "Press Play: {at} networks with the same first weights, one strip each.", at=len(self.at)
            )
            marks.append(Note(self.at[0] + 0.1, 1.2, words, width=230))
        x, y = self.axes("", HIGHEST)
        x = Axis(x.low, x.high, ticks=())
        how = "one strip a network, time from left to right"
        return Panel(marks, x, y, title="Loss while training", subtitle=how, grid=False, name="strips")

    def strip(self, losses: np.ndarray, place: float, horizon: int) -> np.ndarray:
        """One network's losses within its column: (2, points), ended by a gap."""
        width = max(1, -(-horizon // SAMPLES))
        steps = np.arange(0, len(losses), width)
        with np.errstate(all="ignore"):
            y = np.add.reduceat(losses.astype(float), steps) / np.diff(np.append(steps, len(losses)))
        y = np.clip(np.nan_to_num(y, nan=HIGHEST, posinf=HIGHEST), LOWEST * 1.05, HIGHEST * 0.97)
        x = place + self.half * (-0.86 + 1.72 * steps / max(1, horizon))
        return np.array([np.append(x, np.nan), np.append(y, np.nan)])

    def now(self, recent: np.ndarray | None, fates: list[str]) -> Panel:
        """The loss of each network now, over its rate."""
        marks = [*self.ground(10.0)]
        limit = np.log10(self.limit)
        marks.append(
            Reference(
                say("2/curvature at the start = {limit:.2f}", limit=self.limit),
                x=limit,
                color="ink",
                dash="dashed",
            )
        )
        marks.append(Note(self.at[0], 4.6, say("{guessing:.2f} = guessing", guessing=GUESSING)))
        for name in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == name]
            if here:
                y = np.clip(np.nan_to_num(recent[here], nan=9.5, posinf=9.5), LOWEST * 1.1, 9.5)
                look = {"color": COLORS[name], "shape": SHAPES[name], "size": 6}
                marks.append(Points(self.at[here], y, **look, outline="" if name == "lost" else "paper"))
        words = "right of here a parabola explodes; a network may survive"
        marks.append(Note(limit - 0.05, 8.8, words, width=380, align="right", needs=500))
        x, y = self.axes("learning rate: ten times larger at every mark", 10.0)
        how = "click a network, or use the arrow keys"
        return Panel(marks, x, y, title="Loss now", subtitle=how, at=(1, 0), name="now")
