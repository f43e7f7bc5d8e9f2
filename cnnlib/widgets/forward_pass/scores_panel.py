"""The scores as coloured cells, and softmax's shares of them as bars: the end of a network's picture."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Bars, ColorScale, Heatmap, Line, Mark, Panel, Region, Text
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of

MOST = 10  # classes in rows of their own
CELL, NAME, BARS = 0.28, 0.34, 0.45  # right edge of the scores, left edges of the names and of the bars
WIDEST = 0.24  # of a share of 1: beside it "0.3 % true" has room


def scores_panel(
    output: LayerOutput, scores, p, label: int, names, chosen, *, top, depth, at, name="scores"
) -> Panel:
    """Scores (K,) and shares `p` (K,) of one image, one row a class; of more than ten the likeliest."""
    z = output.picture(scores)
    shown = np.arange(len(p)) if len(p) <= MOST else np.sort(np.argsort(-p, kind="stable")[:MOST])
    step = depth / len(shown)
    y = top + (np.arange(len(shown)) + 0.5) * step
    one = z.shape[1] == 1 and len(p) <= MOST
    reach = reach_of([z])
    cells = (0.0, CELL, top, top + depth)
    each = (
        {"tile": (1, 1, 0), "tile_names": tuple(say("class {name}", name=name) for name in names)}
        if one
        else {}
    )
    look = {"numbers": ".1f" if one else "", "emits": output.name, "means": "score", **each}
    heat = Heatmap(z, cells, "diverging", -reach, reach, **look)
    marks: list[Mark] = [heat, *shares(p, shown, y, step, label, names)]
    if chosen is not None:
        row, column = divmod(chosen, z.shape[1])
        wide, high = CELL / z.shape[1], depth / z.shape[0]
        edges = (column * wide, (column + 1) * wide, top + row * high, top + (row + 1) * high)
        marks.append(Region(*edges, color="you", filled=False, width=2.5))
    head = {"bold": True, "size": 12.0}
    first = "you" if chosen is not None else "ink"
    marks += [
        Text([CELL / 2], [top - 28], "scores", color=first, **head),
        Text([CELL / 2], [top - 14], say("{p} sums", p=len(p)), color="muted", size=11),
        Text([BARS], [top - 28], "softmax", align="left", **head),
        Text([BARS], [top - 14], "share of e^score", color="muted", size=11, align="left"),
        ColorScale(CELL / 2, top + depth + 14, -reach, reach),
    ]
    x, down = Axis(0, 1, visible=False), Axis(top + depth + 24, 0, visible=False)
    return Panel(marks, x, down, at=at, grid=False, name=name)


def shares(p, shown, y, step: float, label: int, names) -> list[Mark]:
    """Names of the classes, a bar for each share, the largest and the label's in numbers."""
    guess = int(p.argmax())
    marks: list[Mark] = [
        Line([BARS, BARS], [y[0] - step / 2, y[-1] + step / 2], "grid", 1),
        Bars(y, WIDEST * p[shown], min(0.42 * step, 12), BARS, "ink", horizontal=True),
    ]
    words = [str(names[i])[:9] for i in shown]
    if label in shown:
        at = int(np.flatnonzero(shown == label)[0])
        edges = (NAME - 0.03, NAME + 0.025 + 0.042 * len(words[at]), y[at] - 9, y[at] + 9)
        marks.append(Region(*edges, color="ink", filled=False, width=1))
    for bold in (False, True):
        rows = [i for i, k in enumerate(shown) if (k in (guess, label)) == bold]
        if rows:
            spots = np.full(len(rows), NAME), y[rows], [words[i] for i in rows]
            marks.append(Text(*spots, align="left", bold=bold, size=12))
        rows = [i for i in rows if bold or p[shown[i]] >= 0.02]
        if rows:
            parts = p[shown[rows]]
            said = [
                percent(share) + " true" * int(shown[i] == label != guess)
                for i, share in zip(rows, parts, strict=True)
            ]
            marks.append(
                Text(
                    np.full(len(rows), BARS + WIDEST + 0.02), y[rows], said, align="left", bold=bold, size=11
                )
            )
    return marks


def percent(share: float) -> str:
    """A share in words: never 100 % unless it is.

    >>> percent(0.99996), percent(0.42), percent(0.003)
    ('> 99.9 %', '42 %', '0.3 %')
    """
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    digits = 1 if share > 0.985 or share < 0.1 else 0
    return "< 0.1 %" if share < 0.0005 else f"{100 * share:.{digits}f} %"
