"""Both losses against the true class's score, each with its name and value where there is room by its dot."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Cursor, Line, Note, Panel, Points
from cnnlib.widgets.loss.loss_scores import LOSSES

LIMIT = 12.0
RIGHT = 12.5
TOPS = (8.0, 16.0, 28.0)  # of the losses: as low as the present one allows
SIZE = (300.0, 310.0)  # pixels of the plot for which words find their places
LETTER, LINE = 6.1, 16.0  # mean width of a letter, height of a line
AIR, DOT = 4.0, 11.0  # pixels between words and what they must not touch, and the cursor with its dots
LOOKS = {  # the thick arrow and the thin dashed one
    "cross-entropy": {"color": "ink", "width": 3},
    "half squared error": {"color": "muted", "width": 2.5, "dash": "dashed"},
}


def losses_along(scores: np.ndarray, label: int, values: np.ndarray) -> np.ndarray:
    """Both losses (2, n) as the score of the true class takes `values` and the others stay.

    >>> losses_along(np.zeros(2), 0, np.array([0.0])).round(3).tolist()
    [[0.693], [0.25]]
    """
    moved = np.repeat(np.asarray(scores, float)[None], len(values), axis=0)
    moved[:, label] = values
    most = moved.max(axis=1)
    cross = most + np.log(np.exp(moved - most[:, None]).sum(axis=1)) - values
    away = softmax(moved)
    away[:, label] -= 1
    return np.stack([cross, 0.5 * (away**2).sum(axis=1)])


def curves_panel(name: str, scores: np.ndarray, label: int, losses: tuple[float, float]) -> Panel:
    """Both losses as the true class's score moves and the other two stay."""
    values = np.linspace(-LIMIT, LIMIT, 121)
    heights = losses_along(scores, label, values)
    top = next((top for top in TOPS if losses[0] < 0.9 * top), TOPS[-1])
    here = float(scores[label])
    marks = [Cursor(here, sets={"x": name}, text=f"{here:.1f}")]
    marks += [Line(values, row, **LOOKS[kind]) for kind, row in zip(LOSSES, heights, strict=True)]
    marks += [
        Points(here, loss, color=LOOKS[kind]["color"], size=6, outline="paper")
        for kind, loss in zip(LOSSES, losses, strict=True)
    ]
    words = [
        say("{loss} {value}", loss=word(kind), value=small(loss))
        for kind, loss in zip(LOSSES, losses, strict=True)
    ]
    for kind, text, (x, y, wide) in zip(
        LOSSES, words, places(words, values, heights, losses, here, top), strict=True
    ):
        marks.append(Note(x, y, text, width=wide, color=LOOKS[kind]["color"], tag=True))
    x, y = Axis(-LIMIT, RIGHT, say("score of {classes}", classes=name)), Axis(0, top)
    return Panel(marks, x, y, title="Both losses", subtitle="drag the line", at=(0, 4), name="loss")


def places(words, values, heights, losses, here: float, top: float) -> list[tuple[float, float, float]]:
    """For each word its left end, its top and its width: near its dot, on no curve, cursor or other word."""
    across, up = SIZE[0] / (RIGHT + LIMIT), SIZE[1] / top
    x, curves = (values[::2] + LIMIT) * across, np.minimum(heights[:, ::2] * up, 2 * SIZE[1])
    cursor, found, taken = (here + LIMIT) * across, [], []
    for own, text in enumerate(words):
        best = (np.inf,)
        for lines in ([text], halves(text)):
            wide, high = LETTER * max(map(len, lines)), LINE * len(lines)
            left, low, cost = costs((wide, high), x, curves[own], curves[1 - own], cursor, taken)
            aside = np.maximum(0, np.maximum(left - cursor, cursor - left - wide))
            cost = cost + np.hypot(aside, low + high / 2 - losses[own] * up) + 25 * (len(lines) - 1)
            i, k = np.unravel_index(int(np.argmin(cost)), cost.shape)
            best = min(best, (cost[i, k], left[i, 0], low[0, k], wide, high))
        _, left, low, wide, high = best
        taken.append((left, low, wide, high))
        found.append((left / across - LIMIT, (low + high) / up, wide))
    return found


def costs(size, x, own, other, cursor: float, taken) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left ends (n, 1) and lower ends (1, k) at which words can stand, and what speaks against each place."""
    wide, high = size
    left = np.arange(AIR, max(SIZE[0] - wide, AIR + 1), 8.0)[:, None]
    low = np.arange(AIR, SIZE[1] - high, 4.0)[None, :]
    over = (x > left - AIR) & (x < left + wide + AIR)  # (left ends, values)
    touched = sum(
        over.astype(float) @ ((curve > low.T - AIR) & (curve < low.T + high + AIR)).T
        for curve in (own, other)
    )
    touched += 3.0 * ((left < cursor + DOT) & (left + wide > cursor - DOT))
    for start, level, width, height in taken:
        beside = (left < start + width + AIR) & (left + wide > start - AIR)
        touched += 9.0 * (beside & (low < level + height + AIR) & (low + high > level - AIR))
    gaps = [
        np.min(abs(curve - low.T - high / 2)[None] + 1e6 * ~over[:, None], axis=2) for curve in (own, other)
    ]
    return left, low, 300 * touched + 60 * (gaps[0] > gaps[1])  # nearer to the other curve than to its own


def halves(text: str) -> list[str]:
    """Words in two lines, as even as can be.

    >>> halves("half squared error 0.77")
    ['half squared', 'error 0.77']
    """
    parts = text.split(" ")
    ways = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    return list(min(ways, key=lambda way: max(map(len, way)), default=(text,)))


def small(value: float) -> str:
    """A number as a decimal, or as a power where that would show only zeros."""
    return f"{value:.2f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1e}"
