"""What stands around both pictures of `ConvolutionMicroscope`: the sum, the size, thumbnails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import in_lines, say, word
from cnnlib.viz import Arrows, Axis, Heatmap, Mark, Panel, Region, Text
from cnnlib.widgets.forward_pass.convolution_picture import GRAY, PLACES, TYPE, Place, colors_of, lattice
from cnnlib.widgets.forward_pass.network_layout import reach_of
from cnnlib.widgets.forward_pass.shown_numbers import Shown, decimals_for, in_places, numbers_in

LETTERS = 46  # of a line of words beside the sum
BETWEEN = 3.04  # where the sign after nine numbers stands, in cells: in the middle of the gap
THUMB = 28  # pixels along a side of a kernel's picture of what it makes


def size_words(place: Place) -> list[str]:
    """Rows and columns of the output by the formula."""
    (rows, columns), (high, wide) = place.image.shape, place.output.shape
    parts = [("rows", rows, high)] if rows == columns else [("rows", rows, high), ("columns", columns, wide)]
    lines = [
        say(
            "{what}: ({size} + 2·{pad} − 3) ÷ {stride} + 1 = {count}",
            what=what if len(parts) > 1 else "a side",
            size=size,
            pad=place.padding,
            stride=place.stride,
            count=count,
        )
        for what, size, count in parts
    ]
    over = any((size + 2 * place.padding - 3) % place.stride for _, size, _ in parts)
    return [*lines, word("what is divided is rounded down")] if over else lines


def sum_panels(place: Place) -> list[Panel]:
    """Window × kernel = products → their sum, in cells of one size."""
    window, kernel, products = decimals_for(place.patch, place.kernel)
    return [
        matrix("window", place.patch, window, sign_after("×"), GRAY),
        matrix("kernel", place.kernel, kernel, sign_after("=")),
        matrix("products", place.patch * place.kernel, products, arrow_to_sum()),
        answer_panel(place),
    ]


def sign_after(sign: str) -> list[Mark]:
    """A sign in the middle between nine numbers and the next ones."""
    return [Text([BETWEEN], [1], sign, bold=True, size=22)]


def arrow_to_sum() -> list[Mark]:
    """From the products to their sum."""
    return [Arrows([BETWEEN - 0.36], [1], [0.72], [0], color="ink", width=2)]


def matrix(
    name: str, values: np.ndarray, shown: Shown, signs: Sequence[Mark], colors: dict | None = None
) -> Panel:
    """Nine numbers as they are `shown`, what they are beneath them, and `signs` after them."""
    reach = reach_of([values])
    colors = colors or {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    edge = "you" if name == "window" else "muted"
    marks: list[Mark] = [
        Heatmap(values + 0.0, means=name, **colors),
        *numbers_in(shown, colors, TYPE),
        *lattice(3, 3),
        Region(-0.5, 2.5, -0.5, 2.5, color=edge, filled=False, width=3 if edge == "you" else 1),
        Text([1], [2.5], name, size=12, bold=True, shift=(0, 11)),
        *signs,
    ]
    return Panel(marks, *axes_of_nine(), at=PLACES[name], equal=True, grid=False, name=name)


def sum_words(place: Place) -> str:
    """The sum as it is printed: of whole products it is whole."""
    return in_places(place.total, decimals_for(place.patch, place.kernel)[2].places)


def answer_panel(place: Place) -> Panel:
    """The sum of the nine as one large cell in its colour on the map."""
    words = sum_words(place)
    form = f".{len(words.partition('.')[2])}f"
    colors, edges = colors_of(place.output, place.kernel), (-0.5, 2.5, -0.5, 2.5)
    marks = [
        Heatmap([[float(words)]], edges, **colors, numbers=form, type_size=26, hover=False),
        Region(*edges, color="you", filled=False, width=3),
        Text([1], [2.5], "sum", size=12, bold=True, shift=(0, 11)),
    ]
    return Panel(marks, *axes_of_nine(2.6), at=PLACES["answer"], equal=True, grid=False, name="answer")


def words_panel(place: Place, name: str, does: tuple[str, str]) -> Panel:
    """What the kernel does, beside the sum; once padding or stride is chosen, the size of the output."""
    lines = [
        (line, {"bold": True, "size": 13})
        for line in in_lines(say("{name}: {does}", name=name, does=does[0]), LETTERS)
    ]
    lines += [(line, {"size": 13}) for line in in_lines(does[1], LETTERS)]
    if place.padding > 0 or place.stride > 1:
        small = {"color": "muted", "size": 11}
        lines += [(line, small) for line in size_words(place)]
        if place.stride > 1:
            lines.append((say("each cell drawn {stride} times as large", stride=place.stride), small))
    step = min(20.0, 96.0 / len(lines))
    marks = [
        Text([-0.5], [1], line, align="left", shift=(0, step * (i - (len(lines) - 1) / 2)), **look)
        for i, (line, look) in enumerate(lines)
    ]
    across, down = axes_of_nine(10.9)  # in cells of the sum's size
    return Panel(marks, across, down, at=PLACES["words"], equal=True, grid=False, name="words")


def axes_of_nine(right: float = 3.2) -> tuple[Axis, Axis]:
    """Those of three rows and columns, with room for a sign after them and a name at their foot."""
    return Axis(-0.5, right, visible=False), Axis(2.95, -0.55, visible=False)


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
