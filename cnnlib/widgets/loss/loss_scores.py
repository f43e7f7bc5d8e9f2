"""The scores of three classes in a row each: dots that are dragged, and the pulls of two losses at them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Bars, Handle, Line, Panel, Points, Region, Text

LOSSES = ("cross-entropy", "half squared error")
TICKS = (-10, -5, 0, 5, 10)
LOW, HIGH = -12.6, 15.8  # ends of the picture of a score: an arrow may lead beyond the last score
LONG = 6.5  # an arrow of pull 1, in units of the score
RIM = 0.62  # from the middle of a dot to its rim, where arrows begin
HEAD = 0.7  # of a thin arrow
ROOM = 7.6  # of a printed pull beyond the tip of its arrow
TURN = 1.5  # a score from which on the names of the losses end at the dot instead of beginning there
LANES = dict(zip(LOSSES, (-0.13, 0.15), strict=True))  # above and beneath the middle of a class's row
NAMES = dict(zip(LOSSES, (-0.34, 0.34), strict=True))  # the words of the true class's lanes
HALF = 0.43  # of the height of a row's ground
GUTTER = 84.0  # pixels at the left for the names of the classes


class Row(NamedTuple):
    """One class: its place from the top, its score, and whether it is the true one."""

    at: int
    score: float
    true: bool


def scores_panel(names: tuple[str, ...], scores: np.ndarray, label: int, pulls: dict) -> Panel:
    """A row for each class: the score as a dot to drag, both pulls as arrows from it.

    >>> panel = scores_panel(("a", "b"), np.array([1.0, 0.0]), 0, {kind: np.zeros(2) for kind in LOSSES})
    >>> [mark.sets["x"] for mark in panel.marks if isinstance(mark, Handle)]
    ['a', 'b']
    """
    rows = [Row(at, float(score), at == label) for at, score in enumerate(scores)]
    marks = [*grounds(rows), ticks(len(rows))]
    for kind in LOSSES:
        for row, pull, told in zip(rows, pulls[kind], pulls_told(pulls[kind]), strict=True):
            marks += arrow(kind, row, pull) + pull_words(kind, row, pull, told)
    for row, name in zip(rows, names, strict=True):
        marks += row_words(row, name) + dots(row, name)
    x = Axis(LOW, HIGH, "score", ticks=TICKS)
    y = Axis(len(rows) - 0.5, -0.5, visible=False)
    title = {"title": "Scores and pulls", "subtitle": "drag a dot"}
    return Panel(marks, x, y, **title, grid=False, at=(0, 1), name="scores")


def grounds(rows: list[Row]) -> list[Region]:
    """Quiet ground behind each row; that of the true class, which the learner chose, in teal."""
    looks = [("you-soft", 1.0) if row.true else ("grid", 0.35) for row in rows]
    return [
        Region(y0=row.at - HALF, y1=row.at + HALF, color=color, alpha=alpha)
        for row, (color, alpha) in zip(rows, looks, strict=True)
    ]


def ticks(count: int) -> Line:
    """Pale upright lines through all rows."""
    x = np.repeat(TICKS, 3).astype(float)
    y = np.tile([-0.5, count - 0.5, np.nan], len(TICKS))
    return Line(x, y, color="paper", width=1.5)


def arrow(kind: str, row: Row, pull: float) -> list:
    """The pull of a loss: a thick arrow of the cross-entropy, a thin dashed one of the half squared error."""
    if pull == 0:
        return []
    sign, color, y = np.sign(pull), "pos" if pull > 0 else "neg", row.at + LANES[kind]
    start, reach = row.score + RIM * sign, LONG * pull
    if kind == "cross-entropy":
        return [Arrows(start, y, reach, 0, color=color, width=10)]
    head = min(HEAD, abs(reach)) * sign
    shaft = Line([start, start + reach - head], [y, y], color=color, width=2.5, dash="dashed")
    return [shaft, Arrows(start + reach - head, y, head, 0, color=color, width=3)]


def pull_words(kind: str, row: Row, pull: float, told: float) -> list[Text]:
    """The pull as a number beyond the arrow's tip, or on the dot's other side; at the true class its loss."""
    thick = kind == "cross-entropy"
    y, sign = row.at + LANES[kind], -1 if pull < 0 else 1
    tip = row.score + sign * RIM + LONG * pull
    fits = LOW < tip + sign * ROOM < HIGH
    x, side = (tip, sign) if fits else (row.score - sign * RIM, -sign)
    look = {"color": "muted" if told == 0 else "pos-text" if told > 0 else "neg-text", "bold": True}
    look |= {"align": "left" if side > 0 else "right", "shift": (6 * side, 0)}
    marks = [Text(x, y, f"{told:+.3f}" if told else "0", size=14 if thick else 12.5, **look)]
    if row.true:
        at, align = (row.score - RIM, "left") if row.score < TURN else (row.score + RIM, "right")
        marks.append(Text(at, row.at + NAMES[kind], kind, "ink" if thick else "muted", 12, align))
    return marks


def dots(row: Row, name: str) -> list:
    """The score: a ring to drag, and a small one beneath it from which the second arrow leads."""
    upper, lower = (row.at + lane for lane in LANES.values())
    return [
        Line([row.score, row.score], [upper, lower], color="muted", width=1.5, dash="dotted"),
        Points(row.score, lower, color="paper", size=5, outline="muted"),
        Handle(row.score, upper, sets={"x": name}, emits=name, size=9),
    ]


def row_words(row: Row, name: str) -> list[Text]:
    """At the left of a row: the class, its score, and whether it is the true one."""
    look = {"align": "left", "shift": (-GUTTER, 0)}
    marks = [
        Text(LOW, row.at - 0.22, name, size=16, bold=True, **look),
        Text(LOW, row.at + 0.04, say("score {score:.1f}", score=row.score), "muted", 12, **look),
    ]
    if row.true:
        marks.append(Text(LOW, row.at + 0.28, "true class", "you", 12, bold=True, **look))
    return marks


def softmax_panel(p: np.ndarray, label: int) -> Panel:
    """The probability of each class as a bar; blue is what the true class lacks, orange what others get."""
    rows = np.arange(len(p))
    others, y = rows[rows != label], rows + LANES["half squared error"]
    wide = {"width": 0.2, "horizontal": True}
    marks = [
        Bars(y[others], np.ones(len(others)), color="grid", alpha=0.5, **wide),
        Bars(y[others], p[others], color="neg", **wide),
        Bars(y[label], p[label], color="ink", **wide),
        Bars(y[label], 1 - p[label], base=p[label], color="pos", alpha=0.35, **wide),
    ]
    for row in rows:
        wanted = float(row == label)
        level = rows[row] + LANES["cross-entropy"]
        words = say("wanted {share} %", share=100 if wanted else 0)
        marks += [
            Line([wanted, wanted], [y[row] - 0.14, y[row] + 0.14], color="ink", width=2),
            Text(0, level, percent(p[row]), size=14, align="left", bold=True),
            Text(1, level, words, color="muted", size=11, align="right", needs=125),
        ]
    x = Axis(0, 1, "probability", ticks=(0, 0.5, 1), names=("0", "0.5", "1"))
    y = Axis(len(p) - 0.5, -0.5, visible=False)
    return Panel(marks, x, y, title="Softmax", grid=False, at=(0, 2), name="p")


def percent(p: float) -> str:
    """A probability in per cent, the same wherever it stands."""
    return f"{100 * p:.1f} %"


def pulls_told(pulls: np.ndarray) -> np.ndarray:
    """Pulls as they are printed, in thousandths; those that round worst give way, so that the sum is 0.

    >>> pulls_told(np.array([0.0006, 0.0006, -0.0012])).tolist()
    [0.001, 0.0, -0.001]
    """
    parts = 1000 * pulls
    whole = np.floor(parts)
    up = np.argsort(whole - parts, kind="stable")[: -int(whole.sum())]
    whole[up] += 1
    return whole / 1000
