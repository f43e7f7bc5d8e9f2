"""What a layer without weights makes of numbers: a pooling's window and its answer, an activation's curve."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.dissect import Terms
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Heatmap, Line, Mark, Panel, Points, Region, Text
from cnnlib.widgets.forward_pass.unit_detail import matrix_panel


def pool_panel(terms: Terms, reach: float, at, name="window") -> Panel:
    """The numbers under a pooling's window; the winner is framed, unless all are zero."""
    marks: list[Mark] = []
    values = terms.inputs[0]
    if terms.winner is not None and values.any():
        row, column = terms.winner
        edges = (column - 0.5, column + 0.5, row - 0.5, row + 0.5)
        marks.append(Region(*edges, color="ink", filled=False, width=3))
    look = {"subtitle": "the winner framed" if terms.winner is not None else ""}
    look |= {"least": 3.0, "marks": marks, "sign": "→", "name": name, "scale": False, "reach": reach}
    return matrix_panel("window", values, at, **look)


def value_panel(value: float, words: str, reach: float, at, name="answer") -> Panel:
    """One number, large, in its colour, and how it came about; on a level with a window of two rows."""
    marks = [
        Heatmap(
            [[value]], (0, 1, 0.5, 1.5), "diverging", -reach, reach, numbers=".2f", type_size=24, hover=False
        ),
        Region(0, 1, 0.5, 1.5, color="you", filled=False, width=3),
        Text([0], [1.75], words, align="left", color="muted", size=12),
    ]
    axes = Axis(0, 2, visible=False), Axis(3, 0, visible=False)
    return Panel(marks, *axes, title="answer", at=at, grid=False, name=name)


def curve_panel(kind: str, before: float, after: float, at, name="curve") -> Panel:
    """What a layer that works number by number makes of a number: its curve and the number's place on it."""
    reach = max(2.0, 1.3 * abs(before))
    x = np.linspace(-reach, reach, 121)
    curves = {"ReLU": np.maximum(x, 0), "tanh": np.tanh(x), "sigmoid": 1 / (1 + np.exp(-x))}
    marks: list[Mark] = []
    if kind in curves:
        marks.append(Line(x, curves[kind], "ink", 2))
    marks += [
        Line([before, before], [0, after], "you", 1.5, "dashed"),
        Points([before], [after], "you", 6, outline="paper"),
    ]
    low, high = min(-reach / 4, 1.15 * after), max(0.8 * reach, 1.15 * after)
    if kind in ("tanh", "sigmoid"):
        low, high = (-1.2, 1.2) if kind == "tanh" else (-0.2, 1.2)
    title = say("{kind}: {before:.2f} becomes {after:.2f}", kind=kind, before=before, after=after)
    return Panel(
        marks, Axis(-reach, reach, "number before"), Axis(low, high, "after"), title=title, at=at, name=name
    )
