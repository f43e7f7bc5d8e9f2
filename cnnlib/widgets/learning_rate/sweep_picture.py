"""The picture of many rates at once: a strip of time for each network, and where it stands now."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Heatmap, Line, Note, Panel, Points, Region, Text

GUESSING = np.log(10)
LOWEST, HIGHEST = 0.03, 30.0  # losses drawn
COLORS = {"crawls": "muted", "learns": "ink", "jumps": "muted", "lost": "bad"}
SHAPES = {"crawls": "triangle", "learns": "circle", "jumps": "square", "lost": "cross"}
SAMPLES = 60  # points of a strip
GHOST = 0.45  # opacity of what is not now


class SweepPicture:
    """Two panels over one axis of rates, in powers of ten."""

    def __init__(self, rates: np.ndarray, chosen: int, limit: float, border: float) -> None:
        self.at = np.log10(rates)
        self.half = (self.at[-1] - self.at[0]) / max(1, len(rates) - 1) / 2
        self.chosen, self.limit, self.border = chosen, limit, border

    def axes(self, label: str, top: float) -> tuple[Axis, Axis]:
        """Both panels have the same words beside them, so that their columns stand in line."""
        powers = np.arange(round(self.at[0]), round(self.at[-1]) + 1)
        names = [f"{10.0**p:g}" if p >= -3 else f"1e{p}" for p in powers]
        x = Axis(self.at[0] - self.half, self.at[-1] + self.half, label, ticks=powers, names=names)
        y = Axis(LOWEST, top, log=True, ticks=(0.1, GUESSING, 10), names=("0.1", "guess", "10"))
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

    def strips(self, losses: np.ndarray, steps: int, fates: list[str], drawn: int) -> Panel:
        """The loss of each network over time, each in a column of its own; pale what comes after `steps`."""
        marks = self.ground(HIGHEST)
        edges = np.append(self.at - self.half, self.at[-1] + self.half)
        lines = np.stack([edges, edges, np.full(len(edges), np.nan)], axis=1).ravel()
        marks.append(
            Line(lines, np.tile([LOWEST, HIGHEST, np.nan], len(edges)), color="grid", width=0.7, alpha=0.6)
        )
        if len(losses) > steps:
            parts = [self.strip(losses[:, i], place, drawn) for i, place in enumerate(self.at)]
            marks.append(Line(*np.concatenate(parts, axis=1), color="muted", width=1.5, alpha=GHOST))
        for name in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == name]
            if here:
                parts = [self.strip(losses[:steps, i], self.at[i], drawn) for i in here]
                marks.append(Line(*np.concatenate(parts, axis=1), color=COLORS[name], width=1.6))
        if not len(losses):
            words = say(
                "Press Play: {at} networks with the same first weights, one strip each.", at=len(self.at)
            )
            marks.append(Note(self.at[0] + 0.1, 1.2, words, width=230))
        x, y = self.axes("", HIGHEST)
        x = Axis(x.low, x.high, ticks=())
        how = "one strip a network, time from left to right"
        if steps:
            how = say("one strip a network, from left to right step 0 to {last}", last=drawn)
        return Panel(marks, x, y, title="Loss while training", subtitle=how, grid=False, name="strips")

    def strip(self, losses: np.ndarray, place: float, drawn: int) -> np.ndarray:
        """One network's losses within its column: (2, points), ended by a gap."""
        width = max(1, -(-drawn // SAMPLES))
        steps = np.arange(0, len(losses), width)
        with np.errstate(all="ignore"):
            y = np.add.reduceat(losses.astype(float), steps) / np.diff(np.append(steps, len(losses)))
        y = np.clip(np.nan_to_num(y, nan=HIGHEST, posinf=HIGHEST), LOWEST * 1.05, HIGHEST * 0.97)
        x = place + self.half * (-0.86 + 1.72 * steps / drawn)
        return np.array([np.append(x, np.nan), np.append(y, np.nan)])

    def now(self, recent: np.ndarray | None, fates: list[str], later, before) -> Panel:
        """The loss of each network now, over its rate; pale where they end, dashed where a run before did."""
        limit = np.log10(self.limit)
        marks = [
            *self.ground(10.0),
            Line([limit, limit], [LOWEST, 10.0], color="ink", dash="dashed", width=1),
            self.limit_words(limit),
        ]
        if later is not None:
            marks.append(Line(self.at, drawn_loss(later), color="muted", width=1.5, alpha=GHOST))
        if before is not None:
            words, ends = before
            y = drawn_loss(ends)
            best = int(np.argmin(y))
            marks.append(Line(self.at, y, color="muted", width=1.5, dash="dashed"))
            marks.append(Text(self.at[best], y[best], words, color="muted", baseline="top", shift=(0, 6)))
        if recent is not None:
            marks += self.ring(recent)
        for name in COLORS:
            here = [i for i, fate in enumerate(fates) if fate == name]
            if here:
                look = {"color": COLORS[name], "shape": SHAPES[name], "size": 6}
                outline = "" if name == "lost" else "paper"
                marks.append(Points(self.at[here], drawn_loss(recent[here]), **look, outline=outline))
        x, y = self.axes("learning rate; log axis: each line × 10", 10.0)
        how = "▲ crawls, ● learns, ■ jumps, ✕ lost; click a network"
        return Panel(marks, x, y, title="Loss now", subtitle=how, at=(1, 0), name="now")

    def limit_words(self, limit: float) -> Text:
        """What the dashed line is."""
        words = say("2/curvature at the start = {limit:.2f}", limit=self.limit)
        return Text(limit, 7.0, words, bold=True, size=11, align="right", baseline="top", shift=(-6, 0))

    def ring(self, recent: np.ndarray) -> list:
        """A ring round the network with the lowest loss, which stands large in the bar."""
        best = int(np.argmin(drawn_loss(recent)))
        spot = self.at[best], drawn_loss(recent)[best]
        return [Points(*spot, color="ink", size=11), Points(*spot, color="paper", size=9.5)]


def drawn_loss(losses: np.ndarray) -> np.ndarray:
    """Losses within the plot: those that are no number stand at its top."""
    return np.clip(np.nan_to_num(losses, nan=9.5, posinf=9.5), LOWEST * 1.1, 9.5)
