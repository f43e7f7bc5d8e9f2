"""The picture of a slice through a loss surface: as a map with its scale, and as a relief."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import word
from cnnlib.viz import Axis, Band, Heatmap, Line, Note, Panel, Points, Text

FINER = 6  # cells drawn for each that was computed
LEAN, DEPTH, RISE = 0.36, 0.85, 0.5  # of the relief: shift to the right, depth and height of its box
ROWS = 24  # profiles of the relief
LOWEST, HIGHEST = 1e-3, 1e3  # losses shown


def heights(losses: np.ndarray) -> np.ndarray:
    """log10 of the losses, within what is shown."""
    return np.log10(np.clip(np.nan_to_num(losses, nan=HIGHEST, posinf=HIGHEST), LOWEST, HIGHEST))


def between(z: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of `z` at fractional `places`, by cubic (Catmull-Rom) interpolation.

    >>> between(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.5]))
    array([[1.5]])
    """
    last = len(z) - 1
    i = np.clip(np.floor(places).astype(int), 0, last - 1)
    t = (places - i)[:, None]
    p0, p1, p2, p3 = (z[np.clip(i + k, 0, last)] for k in (-1, 0, 1, 2))
    return p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))


def finer(z: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A matrix interpolated to other numbers of rows and columns, its corners kept."""
    down = between(z, np.linspace(0, len(z) - 1, rows))
    return between(down.T, np.linspace(0, z.shape[1] - 1, columns)).T


def map_panel(here: np.ndarray, path: np.ndarray, a: np.ndarray, b: np.ndarray, losses: np.ndarray) -> Panel:
    """The plane from above: dark is low; the training's shadow up to now, and to come."""
    shade = heights(losses)
    size = FINER * (len(a) - 1) + 1
    fine = finer(shade, size, size)
    x, y = np.linspace(a[0], a[-1], size), np.linspace(b[0], b[-1], size)
    from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

    generator = contour_generator(x, y, fine, line_type=LineType.ChunkCombinedNan)
    lines = [generator.lines(level)[0][0] for level in np.linspace(fine.min(), fine.max(), 14)[1:-1]]
    outline = np.concatenate([p for line in lines if line is not None for p in (line, [[np.nan] * 2])]).T
    half = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half[0], x[-1] + half[0], y[0] - half[1], y[-1] + half[1])
    start, size = path[0], (a[-1] - a[0], b[-1] - b[0])
    marks = [
        Heatmap(fine, extent, cmap="height", vmin=shade.min(), vmax=shade.max(), hover=False, smooth=True),
        Line(*outline, color="ink", width=0.7, alpha=0.22),
        Line(*path.T, color="path", width=1.2, alpha=0.4),
        Line(*here.T, color="paper", width=5.2, alpha=0.75),
        Line(*here.T, color="path", width=2.8),
        Points(*start[:, None], color="path", shape="square", size=5, outline="paper"),
        Points(*here[-1:].T, color="path", shape="diamond", size=7, outline="paper"),
        *ends_named(path, size, trained=len(here) == len(path)),
    ]
    beside = np.ptp(path, axis=0).max() < 0.25 * max(size)
    how = "the path hardly lies in this plane" if beside else "lines join equal losses"
    first = word("direction 1") if beside else "direction 1: along the path"
    axes = Axis(a[0], a[-1], first), Axis(b[0], b[-1], word("direction 2"))
    return Panel(marks, *axes, title="From above", subtitle=how, at=(0, 0, 2, 1), grid=False, name="map")


def ends_named(path: np.ndarray, size: tuple[float, float], trained: bool) -> list[Note]:
    """Words at both ends of the path, on the sides that are turned away from each other."""
    up = path[-1, 1] >= path[0, 1]
    lift = {True: 0.085 * size[1], False: -0.03 * size[1]}
    words = [("first weights", path[0], lift[not up])]
    words += [("trained", path[-1], lift[up])] if trained else []
    return [Note(x + 0.02 * size[0], y + above, text, color="ink") for text, (x, y), above in words]


def bar_panel(losses: np.ndarray) -> Panel:
    """What the colours mean."""
    shade = heights(losses)
    low, high = float(shade.min()), float(shade.max())
    high = max(high, low + 0.01)
    bar = np.linspace(low, high, 64)[:, None]
    ticks = [np.log10(v) for v in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if low <= np.log10(v) <= high]
    y = Axis(low, high, ticks=ticks, names=[f"{10**t:.3g}" for t in ticks])
    marks = [Heatmap(bar, (0, 1, low, high), cmap="height", hover=False)]
    return Panel(marks, Axis(0, 1, " ", ticks=()), y, title="Loss", at=(0, 1, 2, 1), grid=False, name="bar")


def relief_panel(here: np.ndarray, a: np.ndarray, b: np.ndarray, losses: np.ndarray, trained: bool) -> Panel:
    """The plane from its lower side: profiles from the back to the front, each hiding what is behind it.

    Both ends of the path `here` are named; the last one only where it is `trained`.
    """
    shade = heights(losses)
    if shade[: len(shade) // 2].mean() > shade[len(shade) // 2 :].mean():
        shade, b = shade[::-1], b[::-1]
    low, high = shade.min(), max(shade.max(), shade.min() + 0.01)
    fine = (finer(shade, ROWS, 60) - low) / (high - low)
    marks = []
    across = np.linspace(0, 1, 60)
    for row in range(ROWS - 1, -1, -1):
        back = row / (ROWS - 1)
        x, foot = across + LEAN * back, DEPTH * back
        top = foot + RISE * fine[row]
        marks.append(Band(x, np.full(60, foot - DEPTH), top, color="paper", alpha=1.0))
        marks.append(Line(x, top, color="pos", width=0.9, alpha=0.3 + 0.4 * (1 - back)))
    u = np.clip((here[:, 0] - a[0]) / (a[-1] - a[0]), 0, 1)
    v = np.clip((here[:, 1] - b[0]) / (b[-1] - b[0]), 0, 1)
    columns = np.clip((u * 59).round().astype(int), 0, 59)
    up = fine[np.clip((v * (ROWS - 1)).round().astype(int), 0, ROWS - 1), columns]
    x, y = u + LEAN * v, DEPTH * v + RISE * up + 0.01
    marks.append(Line([0, 1, 1 + LEAN], [0, 0, DEPTH], color="grid", width=1))
    for end in (0, -1):  # down to the floor of the box
        marks.append(Line([x[end]] * 2, [DEPTH * v[end], y[end]], color="ink", width=1, dash="dotted"))
        marks.append(Points(x[end], DEPTH * v[end], color="ink", size=1.8))
    marks.append(Line(x, y, color="path", width=2.2))
    marks.append(Points(x[:1], y[:1], color="path", shape="square", size=5, outline="ink"))
    marks.append(Points(x[-1:], y[-1:], color="path", shape="diamond", size=7, outline="ink"))
    for name, place in [("first weights", 0), ("trained", -1)][: 1 + trained]:
        marks.append(Note(x[place] + 0.03, y[place] - 0.02, name, color="ink", tag=True))
    marks.append(Text([0], [DEPTH + RISE - 0.05], ["↑ loss"], align="left", color="muted"))
    axes = Axis(-0.02, 1.02 + LEAN, visible=False), Axis(-0.04, DEPTH + RISE + 0.03, visible=False)
    how = "higher is worse; log height"
    return Panel(marks, *axes, title="From the side", subtitle=how, at=(0, 2), grid=False, name="relief")
