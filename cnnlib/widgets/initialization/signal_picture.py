"""How large the numbers of each layer are: an upright shape and a dot a layer, over powers of ten."""

from __future__ import annotations

import numpy as np

from cnnlib.viz import Axis, Band, Line, Panel, Points, Text
from cnnlib.widgets.base.decades import apart, log_axis

BINS = np.linspace(-16, 12, 225)  # powers of ten; ten layers of scale 0.1 or 10 stay within
MIDDLES = (BINS[:-1] + BINS[1:]) / 2
EDGE = 0.4  # powers of ten beyond the bins, so that no dot is cut; and from an end to what stands at it
SMOOTH = np.exp(-0.5 * (np.arange(-5, 6) / 1.8) ** 2)  # weights of neighbouring bins
HALF = 0.46  # half the width of the widest shape; layers are 1 apart
SEEN = 0.015  # share of the largest width from which on a shape is drawn
ROOM = 0.22  # at either side, for the factor at the end of a line; a share of the layers


def histograms(arrays: list) -> tuple[np.ndarray, np.ndarray]:
    """Share of the values that differ from zero in each bin of log10 of their size, and the spreads."""
    table = np.zeros((len(BINS) - 1, len(arrays)))
    for column, array in enumerate(arrays):
        sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
        counts, _ = np.histogram(np.clip(np.log10(sizes), BINS[0], BINS[-1]), BINS)
        table[:, column] = counts / max(counts.sum(), 1)
    with np.errstate(all="ignore"):
        return table, np.array([np.std(array.astype(np.float64)) for array in arrays])


def outlines(table: np.ndarray) -> np.ndarray:
    """The shares, smoothed, and falling from the largest to both sides: one shape a layer without notches.

    >>> found = outlines(np.eye(224)[:, [40]])
    >>> int(found.argmax()), bool((np.diff(found[:41, 0]) >= 0).all())
    (40, True)
    """
    smooth = np.stack([np.convolve(shares, SMOOTH / SMOOTH.sum(), mode="same") for shares in table.T], axis=1)
    for shares in smooth.T:
        top = int(shares.argmax())
        shares[: top + 1] = np.maximum.accumulate(shares[: top + 1])
        shares[top:] = np.maximum.accumulate(shares[top:][::-1])[::-1]
    return smooth


def shape(shares: np.ndarray, layer: int) -> Band | None:
    """An upright shape around a layer, as wide as `shares`; none without numbers."""
    kept = shares > SEEN * HALF
    if not kept.any():
        return None
    sizes, widths = MIDDLES[kept], shares[kept]
    top = int(widths.argmax())
    across = np.unique(np.concatenate([[0.0], widths]))
    low = np.interp(across, widths[: top + 1], sizes[: top + 1])
    high = np.interp(across, widths[top:][::-1], sizes[top:][::-1])
    x = layer + np.concatenate([-across[::-1], across])
    low, high = (np.concatenate([ends[::-1], ends]) for ends in (low, high))
    return Band(x, low, high, color="muted", alpha=0.45)


def signal_panel(table, spreads: np.ndarray, factor: str, row: int, back: bool = False) -> Panel:
    """The sizes of each layer's numbers, the line of their spreads, and its factor where it arrives.

    `back` is the way from the last layer to the first, that of the gradients.
    """
    count = table.shape[1]
    layers, smooth = np.arange(1, count + 1), outlines(table)
    smooth = HALF * smooth / max(smooth.max(), 1e-9)
    marks: list = [shape(smooth[:, layer - 1], layer) for layer in layers]
    marks = [mark for mark in marks if mark is not None]
    with np.errstate(all="ignore"):  # a layer without signal has no dot
        spread = np.clip(np.log10(np.where(spreads == 0, np.nan, spreads)), BINS[0], BINS[-1])
    low, high = reach(spread[np.isfinite(spread)])
    marks.append(Line(layers, spread, color="ink", width=2.5))
    marks.append(Points(layers, spread, color="ink", size=4.5, outline="paper"))
    end, side = (0, -1) if back else (-1, 1)
    height = float(np.nan_to_num(spread[end], nan=high - EDGE if spreads[end] else low + EDGE))
    look = {"bold": True, "size": 12, "align": "right" if back else "left"}
    marks.append(Text(layers[end] + 0.55 * side, height, factor, **look))
    room = ROOM * (count + 0.2)
    names = [str(layer) for layer in layers]
    label = "hidden layer" if back else ""
    x = Axis(0.4 - room, count + 0.6 + room, label, ticks=layers, names=names)
    powers = log_axis(10.0**low, 10.0**high, apart(high - low))[0]
    y = Axis(low, high, ticks=np.log10(powers.ticks), names=powers.names)
    title, words = ("← Gradients", "") if back else ("Activations →", "dot: typical size")
    name = "gradients" if back else "activations"
    return Panel(marks, x, y, title=title, subtitle=words, at=(row, 1), name=name, group="layers")


def reach(powers: np.ndarray) -> tuple[float, float]:
    """Ends of an axis around these typical sizes, as powers of ten: whole ones, four of them or more.

    >>> reach(np.array([-1.2, -0.4])), reach(np.array([-8.5, -6.2])), reach(np.array([]))
    ((-3.0, 1.0), (-10.0, -5.0), (-3.0, 1.0))
    """
    if not len(powers):
        return -3.0, 1.0
    high = min(BINS[-1] + EDGE, np.ceil(powers.max() + 0.6))
    low = max(BINS[0] - EDGE, min(np.floor(powers.min() - 1.2), high - 4))
    return float(low), float(max(high, np.ceil(low + 4)))
