"""What stands around both pictures of `ConvolutionMicroscope`: the patch or the size, the sum, thumbnails."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Heatmap, Mark, Panel, Region, Text
from cnnlib.widgets.forward_pass.convolution_picture import (
    GRAY,
    PATCH,
    PLACES,
    READABLE,
    Place,
    colors_of,
    lattice,
    patch_edges,
    window_frame,
)
from cnnlib.widgets.forward_pass.network_layout import reach_of

THUMB = 28  # pixels along a side of a kernel's picture of what it makes


def two_places(value: float) -> str:
    """A number in two decimals, halves away from zero as the page rounds them, with a true minus.

    >>> two_places(1.625), two_places(-0.125), two_places(-0.001)
    ('1.63', '−0.13', '0.00')
    """
    rounded = Decimal(float(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded + 0:.2f}".replace("-", "−")


def between_panel(place: Place) -> Panel:
    """Of a large picture the patch round the window, magnified; of a small one how its size comes about."""
    if not place.large:
        return size_panel(place)
    top, left = patch_edges(place)
    patch = place.padded[top : top + PATCH, left : left + PATCH]
    y, x = place.top - top, place.left - left
    marks: list[Mark] = [Heatmap(patch, **GRAY, hover=False)]
    marks.append(Region(-0.5, PATCH - 0.5, -0.5, PATCH - 0.5, color="you", filled=False, width=2))
    marks += window_frame(x - 0.5, x + 2.5, y - 0.5, y + 2.5)
    axes = Axis(-0.5, PATCH - 0.5, visible=False), Axis(PATCH + 6.5, -0.5, visible=False)
    marks += size_words(place, (PATCH - 1) / 2, PATCH + 0.6, 1.35)
    return Panel(
        marks,
        *axes,
        title="the window, magnified",
        at=PLACES["between"],
        equal=True,
        grid=False,
        name="between",
    )


def size_panel(place: Place) -> Panel:
    """How many places the window has, as a sum."""
    marks: list[Mark] = size_words(place, 0.5, 0.36, 0.085)
    marks.append(Text([0.5], [0.2], "→", bold=True, size=30))
    return Panel(
        marks,
        Axis(0, 1, visible=False),
        Axis(1, 0, visible=False),
        at=PLACES["between"],
        grid=False,
        name="between",
    )


def size_words(place: Place, x: float, y: float, line: float) -> list[Mark]:
    """Rows and columns of the output by the formula, beneath one another from `y` on."""
    (rows, columns), (high, wide) = place.image.shape, place.output.shape
    parts = [("rows", rows, high)] if rows == columns else [("rows", rows, high), ("columns", columns, wide)]
    few = place.padded.size <= READABLE
    head = "dots: places for the window" if few else "places for the window"
    marks: list[Mark] = [Text([x], [y], head, color="muted", size=12)]
    for i, (what, size, count) in enumerate(parts):
        words = say(
            "({size} + 2·{pad} − 3) ÷ {stride} + 1", size=size, pad=place.padding, stride=place.stride
        )
        marks.append(Text([x], [y + (1 + 2 * i) * line], words, size=13))
        shown = say("= {count} {what}", count=count, what=what if len(parts) > 1 else "a side")
        if (size + 2 * place.padding - 3) % place.stride:
            shown = say("{shown}, rounded down", shown=shown)
        marks.append(Text([x], [y + (2 + 2 * i) * line], shown, bold=True, size=13))
    return marks


def sum_panels(place: Place) -> list[Panel]:
    """Window × kernel = products → their sum, in cells of one size."""
    products = place.patch * place.kernel + 0.0
    return [
        matrix("window", place.patch, "×", GRAY),
        matrix("kernel", place.kernel, "=", number=".0f" if (place.kernel % 1 == 0).all() else ".2f"),
        matrix("products", products, "→"),
        answer_panel(place),
    ]


def matrix(name: str, values: np.ndarray, sign: str, colors: dict | None = None, number=".2f") -> Panel:
    """Nine numbers, what they are beside their foot, and a sign to their right."""
    reach = reach_of([values])
    colors = colors or {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    edge = "you" if name == "window" else "muted"
    marks: list[Mark] = [
        Heatmap(values + 0.0, numbers=number, means=name, **colors),
        *lattice(3, 3),
        Region(-0.5, 2.5, -0.5, 2.5, color=edge, filled=False, width=3 if edge == "you" else 1),
        Text([2.5], [1], sign, bold=True, size=22, shift=(20, 0)),
        Text([1], [2.5], name, size=12, bold=True, shift=(0, 11)),
    ]
    axes = Axis(-0.5, 3.6, visible=False), Axis(3.0, -0.6, visible=False)
    return Panel(marks, *axes, at=PLACES[name], equal=True, grid=False, name=name)


def answer_panel(place: Place) -> Panel:
    """The sum of the nine, large, in its colour on the map."""
    colors = colors_of(place.output, place.kernel)
    low, high = colors["vmin"], colors["vmax"]
    held = float(np.clip(place.total, low, high))
    words = say("row {row}, column {col} of the map", row=place.row, col=place.col)
    marks = [
        Heatmap([[held]], (0, 0.22, 0, 1), colors["cmap"], low, high, hover=False),
        Region(0, 1, 0, 1, color="you", filled=False, width=3),
        Text([0.61], [0.52], two_places(place.total), bold=True, size=24),
        Text([1.1], [0.3], "all nine, added up", align="left", size=13),
        Text([1.1], [0.72], words, align="left", color="muted", size=12),
    ]
    axes = Axis(0, 2.6, visible=False), Axis(2.0, -0.62, visible=False)
    return Panel(marks, *axes, at=PLACES["answer"], grid=False, name="answer")


def centre(image: np.ndarray) -> np.ndarray:
    """The middle of an image as a small square one, every second pixel of a large one."""
    step = 2 if min(image.shape) >= 2 * THUMB else 1
    side = min(step * THUMB, *image.shape)
    top, left = ((size - side) // 2 for size in image.shape)
    return image[top : top + side : step, left : left + side : step]


def made_of(image: np.ndarray, kernel: np.ndarray) -> Panel:
    """The middle of what a kernel makes of an image, as a thumbnail in strong colours."""
    made = centre(conv2d_forward(image[None, None], kernel[None, None], None, 1, 1)[0][0, 0])
    colors = colors_of(made, kernel)
    if colors is not GRAY:
        reach = float(np.quantile(np.abs(made), 0.9)) or reach_of([made])
        colors = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    rows, columns = made.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel([Heatmap(made, hover=False, **colors)], x, y, grid=False)


def own_panel() -> Panel:
    """The thumbnail of the kernel that is written by hand."""
    blank = Axis(-1, 1, visible=False)
    return Panel([Text([0], [0], "✎", size=26)], blank, blank, grid=False)
