"""The picture of a slice through a loss surface: a relief in the losses' colours, their scale, and a map."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Band, Heatmap, Line, Mark, Note, Panel, Points

#: Of the relief: its back's shift to the right, its depth, how high the ground rises, the base's thickness.
LEAN, DEPTH, RISE, BASE = 0.26, 0.78, 0.46, 0.1
HIGH = DEPTH + BASE + RISE
ROWS, ACROSS = 121, 221  # profiles from the front to the back, and places along each
PIXELS = (168, 221)  # rows and columns of the picture of the ground
MESH = 10  # profiles that are drawn as lines, and lines across them
FINER = 4  # cells of the map for each that was computed
LEVELS = 12  # of the lines that join equal losses
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


def facing(b: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and heights, the lower side first: it is in front of the relief, and below on the map."""
    shade = heights(losses)
    turned = shade[: len(shade) // 2].mean() > shade[len(shade) // 2 :].mean()
    return (b[::-1], shade[::-1]) if turned else (b, shade)


def path_marks(x: np.ndarray, y: np.ndarray, now: int) -> list:
    """The training's shadow up to its first `now` points, and to come; a square where it began."""
    return [
        Line(x, y, color="path", width=1.6, alpha=0.5),
        Line(x[:now], y[:now], color="paper", width=5.2, alpha=0.75),
        Line(x[:now], y[:now], color="path", width=2.8),
        Points(x[:1], y[:1], color="path", shape="square", size=5, outline="paper"),
        Points(x[now - 1 : now], y[now - 1 : now], color="path", shape="diamond", size=7, outline="paper"),
    ]


def shares(path: np.ndarray, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    """Places of the path on the plane, each from 0 to 1."""
    return [np.clip((path[:, i] - axis[0]) / (axis[-1] - axis[0]), 0, 1) for i, axis in enumerate((a, b))]


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


class Relief:
    """The ground above a plane, seen from its lower side, in a box 1 wide: where it is in the picture.

    `ground` are heights from 0 to 1: (ROWS, ACROSS), the front first.
    """

    def __init__(self, ground: np.ndarray) -> None:
        self.ground = ground
        self.back = np.linspace(0, 1, ROWS)
        self.x = np.linspace(0, 1 + LEAN, PIXELS[1])
        u = self.x - LEAN * self.back[:, None]
        within = (u >= -1e-9) & (u <= 1 + 1e-9)
        column = np.clip((u * (ACROSS - 1)).round().astype(int), 0, ACROSS - 1)
        self.shade = np.where(within, np.take_along_axis(ground, column, axis=1), np.nan)
        #: Heights of each profile in the picture, by its columns, and how high what stands in front reaches.
        self.y = DEPTH * self.back[:, None] + BASE + RISE * self.shade
        self.skyline = np.fmax.accumulate(self.y, axis=0)

    def place(self, u, v) -> tuple[np.ndarray, np.ndarray]:
        """Where the ground is above the place (u, v) of the plane, each from 0 to 1."""
        row = np.clip((np.asarray(v) * (ROWS - 1)).round().astype(int), 0, ROWS - 1)
        column = np.clip((np.asarray(u) * (ACROSS - 1)).round().astype(int), 0, ACROSS - 1)
        return u + LEAN * v, DEPTH * v + BASE + RISE * self.ground[row, column]

    @cached_property
    def image(self) -> np.ndarray:
        """Heights of what is seen at each pixel, the lowest row first, and a little below the edges."""
        y = np.linspace(0, HIGH, PIXELS[0])[:, None]
        seen = np.full(PIXELS, np.nan)
        for row in range(ROWS - 1, -1, -1):  # from the back: what stands in front is painted over it
            seen = np.where(y <= self.y[row], self.shade[row], seen)
        front = self.y[np.isfinite(self.y).argmax(axis=0), np.arange(PIXELS[1])]
        return np.where(y < front - BASE / 2, np.nan, seen)

    def mesh(self) -> tuple[np.ndarray, np.ndarray]:
        """Profiles, and lines from the front to the back, where nothing stands before them."""
        lines = [(np.linspace(0, 1, 80), np.full(80, v)) for v in np.linspace(0, 1, MESH)]
        lines += [(np.full(80, u), np.linspace(0, 1, 80)) for u in np.linspace(0, 1, MESH)]
        u, v = (np.array(part) for part in zip(*lines, strict=True))
        x, y = self.place(u, v)
        column = np.clip((x / (1 + LEAN) * (PIXELS[1] - 1)).round().astype(int), 0, PIXELS[1] - 1)
        row = np.clip(np.ceil(v * (ROWS - 1)).astype(int) - 2, 0, ROWS - 1)
        hidden = np.nan_to_num(self.skyline[row, column], nan=-1.0) > y + 0.012
        gap = np.full((len(x), 1), np.nan)
        return tuple(np.hstack([part, gap]).ravel() for part in (x, np.where(hidden, np.nan, y)))

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """The four edges of the ground and, beneath them, those of its walls."""
        t, gap = np.linspace(0, 1, ACROSS), [[np.nan], [np.nan]]
        rims = [self.place(*ends) for ends in ((t, 0 * t), (t, 0 * t + 1), (0 * t, t), (0 * t + 1, t))]
        _, (left, right, far) = self.place(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]))
        foot = [[0, 0, 1, 1 + LEAN, 1 + LEAN], [left, 0, 0, DEPTH, far]]
        corner = [[1, 1], [0, right]]
        return tuple(np.hstack([*[np.hstack([rim, gap]) for rim in rims], foot, gap, corner]))

    def walls(self) -> list[Band]:
        """The front and the right side of the box, beneath the ground."""
        across, right = np.linspace(0, 1, ACROSS), self.place(np.ones(ROWS), self.back)
        return [
            Band(across, np.zeros(ACROSS), BASE + RISE * self.ground[0], color="panel", alpha=1.0),
            Band(right[0], DEPTH * self.back, right[1], color="grid", alpha=1.0),
        ]

    @cached_property
    def marks(self) -> list[Mark]:
        """The ground in the losses' colours, its lines and its walls: alike at every point of the path."""
        half = [size / (count - 1) / 2 for size, count in zip((HIGH, 1 + LEAN), PIXELS, strict=True)]
        extent = (-half[1], 1 + LEAN + half[1], -half[0], HIGH + half[0])
        return [
            Heatmap(self.image, extent, cmap="height", vmin=0, vmax=1, hover=False, smooth=True),
            *self.walls(),
            Line(*self.mesh(), color="ink", width=0.7, alpha=0.22),
            Line(*self.edges(), color="link", width=1.5),
        ]


def relief_of(b: np.ndarray, losses: np.ndarray) -> Relief:
    """The ground that the losses make above a plane."""
    _, shade = facing(b, losses)
    low, high = shade.min(), max(shade.max(), shade.min() + 0.01)
    return Relief((finer(shade, ROWS, ACROSS) - low) / (high - low))


def map_of(b: np.ndarray, losses: np.ndarray) -> list[Mark]:
    """The losses of a plane from above, in the relief's colours, and lines that join equal ones."""
    _, shade = facing(b, losses)
    size = FINER * (len(shade) - 1) + 1
    fine, places = finer(shade, size, size), np.linspace(0, 1, size)
    from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

    generator = contour_generator(places, places, fine, line_type=LineType.ChunkCombinedNan)
    levels = np.linspace(fine.min(), fine.max(), LEVELS + 2)[1:-1]
    lines = [line for level in levels if (line := generator.lines(level)[0][0]) is not None]
    outline = np.concatenate([part for line in lines for part in (line, [[np.nan] * 2])]).T
    edge = places[1] / 2
    extent, colours = (-edge, 1 + edge, -edge, 1 + edge), {"vmin": shade.min(), "vmax": shade.max()}
    return [
        Heatmap(fine, extent, cmap="height", **colours, hover=False, smooth=True),
        Line(*outline, color="ink", width=0.7, alpha=0.22),
    ]


def relief_panel(
    relief: Relief, here: np.ndarray, path: np.ndarray, a: np.ndarray, b: np.ndarray, losses: np.ndarray
) -> Panel:
    """The plane from its lower side, with the training's shadow up to now, and to come.

    Both ends of the path are named; the last one only when it is reached.
    """
    b, _ = facing(b, losses)
    x, y = relief.place(*shares(path, a, b))
    now = len(here)
    marks = [
        *relief.marks,
        *path_marks(x, y, now),
        *[
            Note(x[place] + 0.03, y[place] + lift, name, color="ink")
            for name, place, lift in [("first weights", 0, 0.09), ("trained", -1, -0.03)][
                : 1 + (now == len(path))
            ]
        ],
    ]
    axes = Axis(-0.01, 1.01 + LEAN, visible=False), Axis(-0.02, HIGH + 0.02, visible=False)
    beside = np.ptp(path, axis=0).max() < 0.25 * max(a[-1] - a[0], b[-1] - b[0])
    how = (
        say("the path hardly lies in this plane")
        if beside
        else say("each place of the ground is a set of weights, its height the loss")
    )
    return Panel(marks, *axes, title="The ground that it walks on", subtitle=how, at=(0, 0, 2, 1), grid=False,
                 name="relief")  # fmt: skip


def map_panel(
    ground: list[Mark], here: np.ndarray, path: np.ndarray, a: np.ndarray, b: np.ndarray, losses: np.ndarray
) -> Panel:
    """The same plane from above, `ground` as of `map_of`: the relief's front is below."""
    b, _ = facing(b, losses)
    marks = [*ground, *path_marks(*shares(path, a, b), len(here))]
    axes = Axis(0, 1, visible=False), Axis(0, 1, visible=False)
    return Panel(marks, *axes, title="From above", subtitle="lines join equal losses", at=(0, 2), grid=False,
                 name="map")  # fmt: skip
