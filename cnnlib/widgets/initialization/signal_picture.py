"""How large the numbers of each layer are: a histogram and a dot a layer, over powers of ten."""

from __future__ import annotations

import numpy as np

from cnnlib.viz import Axis, Bars, Line, Panel, Points
from cnnlib.widgets.base.decades import log_axis

BINS = np.linspace(-9, 3, 49)
EDGE = 0.4  # powers of ten beyond the bins, so that no dot is cut


def histograms(arrays: list) -> tuple[np.ndarray, np.ndarray]:
    """Share of the values that differ from zero in each bin of log10 of their size, and the spreads."""
    table = np.zeros((len(BINS) - 1, len(arrays)))
    for column, array in enumerate(arrays):
        sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
        counts, _ = np.histogram(np.clip(np.log10(sizes), BINS[0], BINS[-1]), BINS)
        table[:, column] = counts / max(counts.sum(), 1)
    with np.errstate(all="ignore"):
        return table, np.array([np.std(array.astype(np.float64)) for array in arrays])


def signal_panel(table: np.ndarray, spreads: np.ndarray, title: str, words: str, column: int) -> Panel:
    """An upright histogram a layer of the sizes of its numbers, to both sides of it; dots their spread."""
    count = table.shape[1]
    layers, middles = np.arange(1, count + 1), (BINS[:-1] + BINS[1:]) / 2
    marks = []
    for layer in layers:
        shares = 0.44 * table[:, layer - 1] / max(table.max(), 1e-9)
        look = {"width": 0.98 * (BINS[1] - BINS[0]), "base": layer, "horizontal": True}
        marks += [Bars(middles, side * shares, color="muted", alpha=0.55, **look) for side in (-1, 1)]
    with np.errstate(all="ignore"):
        spread = np.clip(np.log10(spreads), BINS[0], BINS[-1])
    marks.append(Line(layers, spread, color="ink", width=2.5))
    marks.append(Points(layers, spread, color="ink", size=4.5, outline="paper"))
    x = Axis(
        0.4,
        count + 0.6,
        "hidden layer (width: how many)",
        ticks=layers,
        names=[str(layer) for layer in layers],
    )
    seen = middles[(table > 0.02 * max(table.max(), 1e-9)).any(axis=1)]
    low, high = reach(np.append(seen, spread[np.isfinite(spread)]))
    powers = log_axis(10.0**low, 10.0**high)[0]  # the sizes themselves: here their logarithms are drawn
    y = Axis(low, high, ticks=np.log10(powers.ticks), names=powers.names)
    return Panel(marks, x, y, title=title, subtitle=words, at=(0, column), name=title.strip("→ ←").lower())


def reach(powers: np.ndarray) -> tuple[float, float]:
    """Ends of an axis for these powers of ten: whole ones, at least six of them, so that it seldom moves.

    >>> reach(np.array([-3.9, 0.6])), reach(np.array([-9.0, -6.2])), reach(np.array([]))
    ((-5.0, 1.0), (-9.4, -3.0), (-9.0, 3.0))
    """
    if not len(powers):
        return float(BINS[0]), float(BINS[-1])
    high = min(BINS[-1] + EDGE, np.ceil(powers.max() + 0.3))
    low = max(BINS[0] - EDGE, min(np.floor(powers.min() - 0.1), high - 6))
    return float(low), float(max(high, np.ceil(low + 6)))
