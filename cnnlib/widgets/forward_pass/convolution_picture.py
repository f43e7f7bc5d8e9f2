"""The panels of `ConvolutionMicroscope`: image and output in cells of one size, and the sum between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, ColorScale, Heatmap, Lens, Line, Mark, Narrow, Panel, Points, Region, Text
from cnnlib.widgets.forward_pass.network_layout import reach_of
from cnnlib.widgets.forward_pass.shown_numbers import decimals_for

READABLE = 100  # cells of a picture whose numbers can be read
LARGE = 60  # columns of a picture on which a window is hard to find
APART = 0.08  # share of a scale between two of its words at least
NEARLY_ALL = 0.99  # share of a picture's numbers that its colours tell apart; the rest have the strongest
GRAY = {"cmap": "gray", "vmin": 0, "vmax": 1}
BAR = 0.03, 0.97  # ends of the scale, as shares of its panel
SCALE_SIZE = 116, 281  # pixels of the upright scale at full width: as high as the pictures
FAINT = 0.25, 0.45  # strength of the wedges on a large picture, and on a small one
TYPE = 11.0  # pixels of the numbers in the sum
TALL, LOW, SCALE = 316, 140, 44  # pixels of height of the pictures, the sum, and the scale of a narrow page
TRACKS = 204  # narrow columns: the sum stands beneath the output, the window beneath the image
PLACES = {  # the image has no gap at its left, and so one track less than the output
    "image": (0, 0, 1, 86),
    "map": (0, 90, 1, 87),
    "upright": (0, 179, 1, 25),
    "window": (1, 0, 1, 30),
    "kernel": (1, 30, 1, 30),
    "products": (1, 60, 1, 30),
    "answer": (1, 90, 1, 26),
    "words": (1, 116, 1, 88),
}


@dataclass
class Place:
    """One window over one image: what it covers, and the number that comes of it."""

    image: np.ndarray
    kernel: np.ndarray
    stride: int
    padding: int
    row: int
    col: int

    def __post_init__(self) -> None:
        self.padded = np.pad(self.image, self.padding)
        size = self.image[None, None], self.kernel[None, None]
        self.output = conv2d_forward(*size, None, self.stride, self.padding)[0][0, 0]
        self.top, self.left = self.row * self.stride, self.col * self.stride
        self.patch = self.padded[self.top : self.top + 3, self.left : self.left + 3]
        self.total = float(self.output[self.row, self.col])

    @property
    def large(self) -> bool:
        """Whether a window is so small on the image that a circle says where it is."""
        return self.padded.shape[1] >= LARGE

    @property
    def readable(self) -> bool:
        """Whether the image has so few pixels that their numbers can be read."""
        return self.padded.size <= READABLE

    def axes(self) -> tuple[Axis, Axis]:
        """Those of the padded image, with air for a ruler above it and at its left."""
        rows, columns = self.padded.shape
        return Axis(-0.5 - self.air, columns - 0.5, visible=False), Axis(
            rows - 0.5, -0.5 - self.air, visible=False
        )

    def output_axes(self) -> tuple[Axis, Axis]:
        """Those of the image in cells of the output, each of which lies over the middle of its window."""
        return tuple(
            Axis(*((end - self.off) / self.stride for end in (axis.low, axis.high)), visible=False)
            for axis in self.axes()
        )

    @property
    def off(self) -> float:
        """Pixels of the padded image before the middle of the output's first cell."""
        return max(1.0, (self.stride - 1) / 2)

    @property
    def air(self) -> float:
        """Pixels of the image that a ruler takes."""
        return 0.55 if self.readable else 0.0


def frame(place: Place) -> dict:
    """Rows and columns of the scene, and those of a narrow page: image, sum, output beneath one another."""
    picture = "min(360px, 34px + 67% of width)"
    at = {"image": (0, 0, 1, 3), "window": (1, 0), "kernel": (1, 1), "products": (2, 0), "answer": (2, 1)}
    at |= {"words": (3, 0, 1, 3), "map": (4, 0, 1, 3), "scale": (5, 0, 1, 3)}
    rows = (picture, "150px", "150px", "84px", picture, f"{SCALE}px")
    columns = ("min(172px, 48%)", "min(172px, 48%)", 1)
    narrow = Narrow(rows, columns, at=at, only=("scale",), below=720)
    return {
        "rows": (f"{TALL}px", f"{LOW}px"),
        "height": TALL + LOW,
        "columns": (1,) * TRACKS,
        "narrow": narrow,
    }


def colors_of(values: np.ndarray, kernel: np.ndarray) -> dict:
    """Grey for kernels whose weights add up to 1: a picture stays as bright as it is; signs otherwise."""
    if abs(kernel.sum() - 1) < 1e-6:
        return GRAY
    sizes = np.abs(values[np.isfinite(values)])
    reach = float(np.quantile(sizes, NEARLY_ALL)) if sizes.size > READABLE else 0.0
    reach = reach or reach_of([values])
    return {"cmap": "diverging", "vmin": -reach, "vmax": reach}


def lattice(rows: int, columns: int) -> list[Line]:
    """Thin lines between cells."""
    across = [(x, y) for x in range(1, columns) for y in (-0.5, rows - 0.5, np.nan)]
    down = [(y, x) for y in range(1, rows) for x in (-0.5, columns - 0.5, np.nan)]
    points = [(x - 0.5, y) for x, y in across] + [(x, y - 0.5) for y, x in down]
    return [Line(*np.array(points).T, "muted", 1, alpha=0.35)] if points else []


def image_panel(place: Place) -> Panel:
    """The image in its padding, with the window; pixel (0, 0) is that of the padded image."""
    pad, (rows, columns) = place.padding, place.padded.shape
    marks: list[Mark] = [Heatmap(place.padded, **GRAY, emits="image", means="image")]
    marks += frame_of_zeros(pad, rows, columns)
    if place.readable:
        marks += [*lattice(rows, columns), numbers_in_window(place), *ruler(place)]
    edge = [place.left - 0.5, place.left + 2.5], [place.top + 2.5] * 2
    marks.append(Lens(*edge, [-0.5, 2.5], [-0.5] * 2, to="window", alpha=FAINT[not place.large]))
    marks += window_frame(place.left - 0.5, place.left + 2.5, place.top - 0.5, place.top + 2.5, place.large)
    if place.large:
        marks += ring(place.left + 1, place.top + 1, columns)
    height, width = place.image.shape
    title = say("Image, {height} × {width}", height=height, width=width)
    how = say_many("and {number} pixel of zeros around it", "and {number} pixels of zeros around it", pad)
    if not pad:
        how = "click or drag the window"
        if place.readable:
            how = "click or drag the window; dots: its places"
    return Panel(
        marks,
        *place.axes(),
        title=title,
        subtitle=how,
        at=PLACES["image"],
        equal=True,
        grid=False,
        name="image",
    )


def numbers_in_window(place: Place) -> Heatmap:
    """The nine numbers under the window, in their cells: the rest of the image stays a picture."""
    edges = place.left - 0.5, place.left + 2.5, place.top - 0.5, place.top + 2.5
    form = f".{decimals_for(place.patch, place.kernel)[0].places}f"  # as in the sum
    return Heatmap(place.patch + 0.0, edges, **GRAY, numbers=form, type_size=11, hover=False)


def frame_of_zeros(pad: int, rows: int, columns: int) -> list[Mark]:
    """The padding, tinted."""
    if not pad:
        return []
    right, bottom, inner = columns - 0.5, rows - 0.5, pad - 0.5
    bars = [
        (-0.5, right, -0.5, inner),
        (-0.5, right, bottom - pad, bottom),
        (-0.5, inner, inner, bottom - pad),
        (right - pad, right, inner, bottom - pad),
    ]
    marks: list[Mark] = [Region(*bar, color="muted", alpha=0.55) for bar in bars]
    edges = inner, right - pad, inner, bottom - pad
    return [*marks, Region(*edges, color="paper", filled=False, width=2)]


def ruler(place: Place) -> list[Mark]:
    """Marks above and beside the image, one for each place of the window; the present one is large."""
    height, width = place.output.shape
    step = place.stride
    marks: list[Mark] = []
    for color, size, down, across in (
        ("muted", 2.5, np.arange(height), np.arange(width)),
        ("you", 4.5, np.array([place.row]), np.array([place.col])),
    ):
        x = np.concatenate([across * step + 1, np.full(len(down), -0.8)])
        y = np.concatenate([np.full(len(across), -0.8), down * step + 1])
        marks.append(Points(x, y, color=color, size=size))
    return marks


def window_frame(left: float, right: float, top: float, bottom: float, large: bool) -> list[Mark]:
    """The frame of what is looked at, on any ground; around small cells it stands off and is thin."""
    off, widths = (0.6, (3.5, 1.5)) if large else (0.0, (5, 3))
    edges = left - off, right + off, top - off, bottom + off
    return [
        Region(*edges, color=color, filled=False, width=width)
        for color, width in zip(("paper", "you"), widths, strict=True)
    ]


def output_panel(place: Place, whole: bool, how: str) -> Panel:
    """The map in cells of the image's size; in one that can be read the number of the window's place."""
    height, width = place.output.shape
    shown = place.output + 0.0
    if not whole:
        shown.reshape(-1)[place.row * width + place.col + 1 :] = np.nan
    colors = colors_of(place.output, place.kernel)
    map_of = Heatmap(shown, sets={"row": "row", "col": "col"}, means="output", **colors)
    marks: list[Mark] = [mount(place), map_of]
    edges = place.col - 0.5, place.col + 0.5, place.row - 0.5, place.row + 0.5
    if place.output.size <= READABLE:
        marks += lattice(height, width)
        marks.append(Heatmap([[place.total]], edges, **colors, numbers=".2f", hover=False))
    marks.append(Region(-0.5, width - 0.5, -0.5, height - 0.5, color="muted", filled=False, width=1))
    faint = FAINT[not place.large]
    marks.append(Lens(edges[:2], [edges[3]] * 2, [-0.5, 2.5], [-0.5] * 2, to="answer", alpha=faint))
    marks += window_frame(*edges, place.large)
    if place.large:
        marks += ring(place.col, place.row, place.padded.shape[1] / place.stride)
    title = say("Output, {height} × {width}", height=height, width=width)
    look = {"title": title, "subtitle": how, "at": PLACES["map"], "grid": False, "name": "map"}
    return Panel(marks, *place.output_axes(), equal=True, **look)


def mount(place: Place) -> Region:
    """Quiet ground as large as the image: both pictures are of one height, and no window fits on the rim."""
    x, y = place.output_axes()
    rest = place.air / place.stride
    return Region(x.low + rest, x.high, y.high + rest, y.low, color="muted", alpha=0.12)


def scale_ends(place: Place) -> tuple[float, float]:
    """What the scale spans: all numbers of the output, and both ends of its colours."""
    colors, size = colors_of(place.output, place.kernel), float(np.abs(place.output).max())
    if colors["vmin"] < 0:
        return -max(size, colors["vmax"]), max(size, colors["vmax"])
    return min(0.0, float(place.output.min())), max(1.0, float(place.output.max()))


def scale_panel(place: Place, upright: bool) -> Panel:
    """What the output's colours stand for, and where the present number lies; beside it or beneath it.

    The scale spans all numbers of the output; those beyond the ends of the colours have the strongest.
    """
    low, high = scale_ends(place)
    colors, steps = colors_of(place.output, place.kernel), np.linspace(low, high, 128)
    start, end = BAR
    now = start + (end - start) * (place.total - low) / (high - low)
    at, words = zip(*scale_words(low, high), strict=True)
    spots = [start + (end - start) * share for share in at]
    if upright:  # one unit is a pixel at full width, the height that of the pictures
        wide, tall = SCALE_SIZE
        edges = (14, 30, tall * start, tall * end)
        marks: list[Mark] = [
            Heatmap(steps[:, None], edges, **colors, hover=False, smooth=True),
            Text([36] * len(words), [tall * spot for spot in spots], words, size=12, align="left"),
            Text([6], [tall * now], "▶", color="you", size=13),
        ]
        axes, look = (wide, tall), {"at": PLACES["upright"], "name": "upright", "equal": True}
    else:
        edges = (start, end, 0.42, 0.66)
        marks = [
            Heatmap(steps[None], edges, **colors, hover=False, smooth=True),
            Text(spots, [0.14] * len(words), words, size=12),
            Text([now], [0.86], "▼", color="you", size=13),
        ]
        axes, look = (1, 1), {"name": "scale"}
    marks.insert(1, Region(*edges, color="muted", filled=False, width=1))
    x, y = (Axis(0, end, visible=False) for end in axes)
    return Panel(marks, x, y, title="Scale" if upright else "", grid=False, **look)


def scale_words(low: float, high: float) -> list[tuple[float, str]]:
    """Where along a scale its ends, zero and one of greys stand, from 0 to 1, and how they are written."""
    ends = ColorScale(0.0, 0.0, low, high).words
    zero = [(-low / (high - low), "0")] if low < 0 else []
    one = [((1 - low) / (high - low), "1")] if high > 1 and low > -high else []  # white: the end of the greys
    between = [(at, word) for at, word in zero + one if APART < at < 1 - APART]
    return [(0.0, ends[0]), *between, (1.0, ends[1])]


def ring(x: float, y: float, columns: int) -> list[Line]:
    """A circle around a place of a large picture, on any ground."""
    turn = np.linspace(0, 2 * np.pi, 41)
    circle = x + 0.045 * columns * np.cos(turn), y + 0.045 * columns * np.sin(turn)
    return [Line(*circle, color=color, width=width) for color, width in (("paper", 3.0), ("you", 1.25))]
