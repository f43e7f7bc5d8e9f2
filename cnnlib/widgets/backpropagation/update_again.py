"""The last column of an update: the same image once more, and whether the step helped the others."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import in_lines, marked, say, word
from cnnlib.viz import Arrows, Bars, Line, Maps, Mark, Text, mosaic
from cnnlib.widgets.backpropagation.loss_words import pair, shown

FALLS, STAYS, RISES = marked("▼ falls", "stays", "▲ rises")
HELPED = {  # what the mean loss of the others does
    FALLS: "Does it help the others? Yes.",
    STAYS: "Does it help the others? Hardly.",
    RISES: "Does it help the others? No.",
}
TOLD = {  # what this image's loss does, and theirs
    (FALLS, FALLS): "This image gets better, and so do the others.",
    (FALLS, STAYS): "This image gets better, the others stay as they are.",
    (FALLS, RISES): "This image gets better, the others get worse.",
    (STAYS, FALLS): "This image stays as it is, the others get better.",
    (STAYS, STAYS): "This image stays as it is, and so do the others.",
    (STAYS, RISES): "This image stays as it is, the others get worse.",
    (RISES, FALLS): "This image gets worse, the others get better.",
    (RISES, STAYS): "This image gets worse, the others stay as they are.",
    (RISES, RISES): "So long a step makes all of them worse.",
}
ASKED, NAMED, SHOWN, BENEATH = 26.0, 80.0, 118.0, 158.0  # heights of the lines and pictures above the bars
BASE, MOST = 368.0, 152.0  # foot of the bars, and the height of the highest
BAR = 0.115  # its width, of the column's
THIS, OTHERS = (0.15, 0.37), (0.63, 0.85)  # middles of the bars before and after
THUMB, ACROSS, COUNT = 25.0, 8, 16  # pixels of one of the others, how many a row, and how many
IMAGE = 57.0
WIDTH = 530.0  # pixels of the column for which it is laid out
LETTERS = 34  # of a line of what is told: it fits a phone
LONG = 6  # letters of a loss from which on it is drawn smaller


def way(before: float, after: float) -> str:
    """Whether a loss falls, rises or stays, as far as it is printed.

    >>> way(2.37, 0.02), way(0.5, 0.5), way(2.3, float("nan"))
    ('▼ falls', 'stays', '▲ rises')
    """
    if not np.isfinite(after):
        return RISES
    first, second = pair(before, after)
    return STAYS if first == second else FALLS if after < before else RISES


def again_large(columns) -> list[Mark]:
    """The answer, and beneath it both losses before and after, of one height for one loss."""
    facts, middle = columns.facts, (sum(THIS) / 2, sum(OTHERS) / 2)
    losses = [facts[key] for key in ("before", "after", "others_before", "others_after")]
    top = max([loss for loss in losses if np.isfinite(loss)] + [1e-9])
    names = [word("its loss"), say("loss of {count} others", count=len(columns.others))]
    ways = way(*losses[:2]), way(*losses[2:])
    told = in_lines(word(TOLD[ways]), LETTERS)
    return [
        Text([0.5], [ASKED - 8], HELPED[ways[1]], bold=True, size=15),
        Text([0.5] * len(told), ASKED + 12 + 15.0 * np.arange(len(told)), told, color="muted", size=12),
        Text(middle, [NAMED] * 2, names, bold=True, size=12),
        *this_image(columns, middle[0]),
        *some_of(columns.others, middle[1]),
        Line([0.5, 0.5], [NAMED - 8, BASE + 44], "grid", 1),
        *losses_of(THIS, losses[:2], top, "ink", ways[0]),
        *losses_of(OTHERS, losses[2:], top, "muted", ways[1]),
    ]


def this_image(columns, x: float) -> list[Mark]:
    """The image between what the network took it for before and after."""
    before, after = columns.p, columns.again
    names = [str(columns.names[int(one.argmax())]) for one in (before, after)]
    true = str(columns.names[columns.label])
    size = 20 if max(map(len, names)) < 4 else 13
    return [
        *columns.picture.value(0, x, SHOWN, IMAGE, WIDTH),
        Text([x - 0.135, x + 0.135], [SHOWN - 4] * 2, names, bold=True, size=size),
        Text([x - 0.135, x + 0.135], [SHOWN + 16] * 2, ["guess", "guess now"], color="muted", size=11),
        Text(
            [x],
            [BENEATH],
            say(
                "probability of {name}: {before:.0%} → {after:.0%}",
                name=true,
                before=float(before[columns.label]),
                after=float(after[columns.label]),
            ),
            color="muted",
            size=12,
            needs=330,
        ),
    ]


def some_of(others: np.ndarray, x: float) -> list[Mark]:
    """A few of the other images."""
    shown = others[:COUNT].mean(axis=1)
    across, tile = min(ACROSS, len(shown)), (*shown.shape[1:], 1)
    colors = {"cmap": "ink" if others.shape[1] == 1 else "gray", "vmin": 0, "vmax": 1}
    look = {
        "x": x,
        "y": SHOWN,
        "pitch": THUMB,
        "needs": WIDTH,
        "across": across,
        "count": len(shown),
        "framed": False,
    }
    names = tuple("" for _ in shown)
    tiled = mosaic(shown, across)
    maps = Maps(tiled, tile=tile, means="pixel", tile_names=names, **look, **colors)
    return [maps, Text([x], [BENEATH], "they took no part in the step", color="muted", size=12, needs=460)]


def losses_of(places: tuple, losses: list[float], top: float, color: str, moves: str) -> list[Mark]:
    """Two bars, pale before and full after, their numbers above them, and the way between them in words."""
    x, finite = np.array(places), np.isfinite(losses)
    heights = np.where(finite, MOST * np.array(losses, dtype=float) / top, MOST)
    words = shown(*losses)
    size = 20 if len(words[1]) < LONG else 15
    level, middle, low = BASE - heights - 13, float(x.mean()), BASE + 16
    return [
        Bars(x[:1], -heights[:1], width=BAR, base=BASE, color=color, alpha=0.45),
        Bars(x[1:], -heights[1:], width=BAR, base=BASE, color=color, alpha=1.0 if finite[1] else 0.15),
        Line([x[0] - 0.08, x[1] + 0.08], [BASE, BASE], "muted", 1),
        Text(x[:1], level[:1], words[0], size=15),
        Text(x[1:], level[1:], words[1], bold=True, size=size),
        Text(x, [low] * 2, ["before", "now"], color="muted", size=12),
        Arrows([middle - 0.03], [low], [0.06], [0], color="ink", width=2),
        Text([middle], [low + 23], moves, bold=True, size=14),
    ]
