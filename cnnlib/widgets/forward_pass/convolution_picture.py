"""The panels of `ConvolutionMicroscope`: image and output in cells of one size, and the sum between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, ColorScale, Heatmap, Lens, Line, Mark, Narrow, Panel, Points, Region, Text
from cnnlib.widgets.forward_pass.network_layout import reach_of

READABLE = 100  # cells of a picture whose numbers can be read
LARGE = 60  # columns of a picture on which a window is hard to find
PATCH = 15  # pixels along a side of what is shown magnified of such a picture
NEARLY_ALL = 0.98  # share of a picture's numbers that its colours tell apart; the rest have the strongest
GRAY = {"cmap": "gray", "vmin": 0, "vmax": 1}
TALL, LOW = 314, 138  # pixels of height of the pictures, and of the sum
PLACES = {
    "image": (0, 0, 1, 10),
    "between": (0, 10, 1, 5),
    "map": (0, 15, 1, 10),
    "window": (1, 1, 1, 4),
    "kernel": (1, 5, 1, 4),
    "products": (1, 9, 1, 4),
    "answer": (1, 15, 1, 10),
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
        """Whether a window is so small on the image that it is shown magnified."""
        return self.padded.shape[1] >= LARGE

    def axes(self) -> tuple[Axis, Axis]:
        """Those of the padded image, for the output too: the cells of both are then of one size."""
        rows, columns = self.padded.shape
        air = 0.0 if self.large else 0.55  # for the marks along the edge
        return (Axis(-0.5 - air, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5 - air, visible=False))


def frame(place: Place) -> dict:
    """Rows and columns of the scene, and those of a narrow page, where a magnified patch needs its height."""
    heights = (280, 330 if place.large else 120, 280, 18, 150, 150, 106)
    at = {"image": (0, 0, 1, 2), "between": (1, 0, 1, 2), "map": (2, 0, 1, 2), "window": (4, 0)}
    at |= {"kernel": (4, 1), "products": (5, 0), "answer": (6, 0, 1, 2)}
    narrow = Narrow([f"{height}px" for height in heights], (1, 1), sum(heights), at=at, below=720)
    rows = (f"{TALL}px", f"{LOW}px")
    return {"rows": rows, "columns": (1,) * 25, "height": TALL + LOW, "narrow": narrow}


def colors_of(values: np.ndarray, kernel: np.ndarray) -> dict:
    """Grey for kernels whose weights add up to 1: a picture stays as bright as it is; signs otherwise."""
    if abs(kernel.sum() - 1) < 1e-6:
        return GRAY
    sizes = np.abs(values[np.isfinite(values)])
    reach = float(np.quantile(sizes, NEARLY_ALL)) if sizes.size > READABLE else 0.0
    reach = reach or reach_of([values])
    return {"cmap": "diverging", "vmin": -reach, "vmax": reach}


def cells(values: np.ndarray, numbers: str, colors: dict, **options) -> list[Mark]:
    """A matrix; in one that can be read thin lines between the cells, and the numbers that are not zero."""
    marks: list[Mark] = [Heatmap(values, **colors, **options)]
    if numbers:
        rows, columns = values.shape
        filled = np.where(values == 0, np.nan, values)
        if np.isfinite(filled).any():
            marks.append(Heatmap(filled, **colors, numbers=numbers, hover=False))
        marks += lattice(rows, columns)
    return marks


def lattice(rows: int, columns: int) -> list[Line]:
    """Thin lines between cells."""
    across = [(x, y) for x in range(1, columns) for y in (-0.5, rows - 0.5, np.nan)]
    down = [(y, x) for y in range(1, rows) for x in (-0.5, columns - 0.5, np.nan)]
    points = [(x - 0.5, y) for x, y in across] + [(x, y - 0.5) for y, x in down]
    return [Line(*np.array(points).T, "muted", 1, alpha=0.35)] if points else []


def image_panel(place: Place) -> Panel:
    """The image in its padding, with the window; pixel (0, 0) is that of the padded image."""
    pad, (rows, columns) = place.padding, place.padded.shape
    few = place.padded.size <= READABLE
    marks = cells(place.padded, ".2f" if few else "", GRAY, emits="image", means="image")
    marks += frame_of_zeros(pad, rows, columns, few)
    if few:
        marks += ruler(place)
    marks += guides(place.left - 0.5, place.left + 2.5, place.top + 2.5, rows - 0.5)
    edge = [place.left - 0.5, place.left + 2.5], [rows - 0.5] * 2
    marks.append(Lens(*edge, [-0.5, 2.5], [-0.5] * 2, to="window"))
    marks += window_frame(place.left - 0.5, place.left + 2.5, place.top - 0.5, place.top + 2.5)
    if place.large:
        marks += patch_frame(place)
    height, width = place.image.shape
    title = say("Image, {height} × {width}", height=height, width=width)
    how = say_many("and {number} pixel of zeros around it", "and {number} pixels of zeros around it", pad)
    if not pad:
        how = "click or drag the window"
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


def frame_of_zeros(pad: int, rows: int, columns: int, few: bool) -> list[Mark]:
    """The padding, tinted, its zeros in words where they can be read."""
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
    marks.append(Region(*edges, color="paper", filled=False, width=2))
    if few:
        y, x = np.nonzero(np.pad(np.zeros((rows - 2 * pad, columns - 2 * pad)), pad, constant_values=1))
        marks.append(Text(x, y, ["0"] * len(x), color="paper", size=11))
    return marks


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


def guides(left: float, right: float, top: float, bottom: float) -> list[Mark]:
    """Two thin lines from a frame down to the edge of the picture, on any ground."""
    if top >= bottom:
        return []
    x, y = [left, left, np.nan, right, right], [top, bottom, np.nan, top, bottom]
    return [Line(x, y, "paper", 2.5, alpha=0.45), Line(x, y, "you", 1.25, alpha=0.8)]


def window_frame(left: float, right: float, top: float, bottom: float) -> list[Mark]:
    """The frame of what is looked at, on any ground."""
    return [
        Region(left, right, top, bottom, color=color, filled=False, width=width)
        for color, width in (("paper", 5), ("you", 3))
    ]


def patch_edges(place: Place) -> tuple[int, int]:
    """First row and column of the patch that is shown magnified: round the window, within the image."""
    return tuple(
        int(np.clip(first - PATCH // 2 + 1, 0, size - PATCH))
        for first, size in zip((place.top, place.left), place.padded.shape, strict=True)
    )


def patch_frame(place: Place) -> list[Mark]:
    """Where the patch lies, and the wedge to where it is shown large."""
    top, left = patch_edges(place)
    edges = left - 0.5, left + PATCH - 0.5, top - 0.5, top + PATCH - 0.5
    right, upper, lower = place.padded.shape[1] - 0.5, edges[2], edges[3]
    x, y = [edges[1], right, np.nan, edges[1], right], [upper, upper, np.nan, lower, lower]
    return [
        Line(x, y, "paper", 2.5, alpha=0.45),
        Line(x, y, "you", 1.25, alpha=0.8),
        Lens([right, right], [upper, lower], [-0.5, -0.5], [-0.5, PATCH - 0.5], to="between"),
        *(
            Region(*edges, color=color, filled=False, width=width)
            for color, width in (("paper", 3), ("you", 1.5))
        ),
    ]


def output_panel(place: Place, whole: bool, how: str) -> Panel:
    """The map in cells of the image's size, inside an outline as large as the image."""
    height, width = place.output.shape
    rows, columns = place.padded.shape
    shown = place.output + 0.0
    if not whole:
        shown.reshape(-1)[place.row * width + place.col + 1 :] = np.nan
    colors = colors_of(place.output, place.kernel)
    few = place.output.size <= READABLE
    marks: list[Mark] = [Heatmap(shown, sets={"row": "row", "col": "col"}, means="output", **colors)]
    if few:
        narrow = max(place.padded.shape) > 8  # then a sign and two decimals have no room
        marks = cells(
            shown, ".1f" if narrow else ".2f", colors, sets={"row": "row", "col": "col"}, means="output"
        )
    outline = [-0.5, columns - 0.5, columns - 0.5, -0.5, -0.5], [-0.5, -0.5, rows - 0.5, rows - 0.5, -0.5]
    marks.insert(0, Line(*outline, "muted", 1.25, "dotted"))
    marks.append(Region(-0.5, width - 0.5, -0.5, height - 0.5, color="muted", filled=False, width=1))
    ends = colors["vmin"], colors["vmax"], colors["cmap"]
    marks += guides(place.col - 0.5, place.col + 0.5, place.row + 0.5, rows - 0.5)
    edge = [place.col - 0.5, place.col + 0.5], [rows - 0.5] * 2
    marks.append(Lens(*edge, [0, 1], [0, 0], to="answer"))
    marks += window_frame(place.col - 0.5, place.col + 0.5, place.row - 0.5, place.row + 0.5)
    if place.large:
        marks += ring(place.col, place.row, columns)
    marks.append(ColorScale(columns - 0.5, rows - 0.5, *ends, shift=(-58, 14)))
    title = say("Output, {height} × {width}", height=height, width=width)
    return Panel(
        marks, *place.axes(), title=title, subtitle=how, at=PLACES["map"], equal=True, grid=False, name="map"
    )


def ring(x: float, y: float, columns: int) -> list[Line]:
    """A circle around a place of a large picture, on any ground."""
    turn = np.linspace(0, 2 * np.pi, 41)
    circle = x + 0.033 * columns * np.cos(turn), y + 0.033 * columns * np.sin(turn)
    return [Line(*circle, color=color, width=width) for color, width in (("paper", 4.5), ("you", 2.0))]
