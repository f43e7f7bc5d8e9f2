"""What stands around both pictures of `ConvolutionMicroscope`: the sum, the size, thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from textwrap import wrap

import numpy as np

from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import say, word
from cnnlib.viz import Arrows, Axis, Heatmap, Mark, Panel, Region, Text
from cnnlib.widgets.forward_pass.convolution_picture import (
    GRAY,
    PLACES,
    TYPE,
    WORDS,
    Place,
    colors_of,
    lattice,
)
from cnnlib.widgets.forward_pass.network_layout import reach_of

LETTERS = 30  # of a line of words beside the sum
BEFORE, AFTER = -1.0, 3.06  # where a sign stands beside nine numbers, in cells
ENDS = {
    "kernel": (-0.5, 2.55),
    "products": (-1.5, 3.6),
}  # left and right end of what has no sign after it alone
THUMB = 28  # pixels along a side of a kernel's picture of what it makes


def two_places(value: float) -> str:
    """A number in two decimals, halves away from zero as the page rounds them.

    >>> two_places(1.625), two_places(-0.125), two_places(-0.001)
    ('1.63', '-0.13', '0.00')
    """
    rounded = Decimal(float(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded + 0:.2f}"


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
    products = place.patch * place.kernel + 0.0
    return [
        matrix("window", place.patch, [sign_at(AFTER, "×")], GRAY),
        matrix("kernel", place.kernel, number=".0f" if (place.kernel % 1 == 0).all() else ".2f"),
        matrix("products", products, [sign_at(BEFORE, "="), *arrow_to_sum()]),
        answer_panel(place),
    ]


def sign_at(x: float, sign: str) -> Text:
    """A sign beside nine numbers. The one of equality leads its own: a narrow page begins a row with it."""
    return Text([x], [1], sign, bold=True, size=22)


def arrow_to_sum() -> list[Mark]:
    """From the products to their sum."""
    return [Arrows([2.75], [1], [0.95], [0], color="ink", width=2)]


def matrix(
    name: str, values: np.ndarray, signs: Sequence[Mark] = (), colors: dict | None = None, number=".2f"
) -> Panel:
    """Nine numbers, what they are beneath them, and `signs` beside them."""
    reach = reach_of([values])
    colors = colors or {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    edge = "you" if name == "window" else "muted"
    marks: list[Mark] = [
        Heatmap(values + 0.0, numbers=number, type_size=TYPE, means=name, **colors),
        *lattice(3, 3),
        Region(-0.5, 2.5, -0.5, 2.5, color=edge, filled=False, width=3 if edge == "you" else 1),
        Text([1], [2.5], name, size=12, bold=True, shift=(0, 11)),
        *signs,
    ]
    across, down = axes_of_nine(*ENDS.get(name, ()))
    return Panel(marks, across, down, at=PLACES[name], equal=True, grid=False, name=name)


def answer_panel(place: Place) -> Panel:
    """The sum of the nine as one large cell in its colour on the map."""
    shown = [[float(two_places(place.total))]]
    colors, edges = colors_of(place.output, place.kernel), (-0.5, 2.5, -0.5, 2.5)
    marks = [
        Heatmap(shown, edges, **colors, numbers=".2f", type_size=26, hover=False),
        Region(*edges, color="you", filled=False, width=3),
        Text([1], [2.5], "sum", size=12, bold=True, shift=(0, 11)),
    ]
    return Panel(marks, *axes_of_nine(), at=PLACES["answer"], equal=True, grid=False, name="answer")


def words_panel(place: Place, name: str, does: tuple[str, str]) -> Panel:
    """What the kernel does; once padding or stride is chosen, the size of the output."""
    lines = [(line, {"bold": True}) for line in wrap(say("{name}: {does}", name=name, does=does[0]), LETTERS)]
    if place.padding > 0 or place.stride > 1:
        small = {"color": "muted", "size": 11}
        lines += [(line, small) for line in size_words(place)]
        if place.stride > 1:
            lines.append((say("each cell drawn {stride} times as large", stride=place.stride), small))
    else:
        lines += [(line, {}) for line in wrap(word(does[1]), LETTERS)]
    step = min(20.0, (WORDS - 4) / len(lines))
    marks = [
        Text([0], [1], line, align="left", shift=(0, step * (i + 0.5)), **look)
        for i, (line, look) in enumerate(lines)
    ]
    blank = {"x": Axis(0, 1, visible=False), "y": Axis(0, 1, visible=False), "grid": False}
    return Panel(marks, at=PLACES["words"], name="words", **blank)


def axes_of_nine(left: float = -0.5, right: float = 3.6) -> tuple[Axis, Axis]:
    """Those of three rows and columns, with room for signs beside them and a name at their foot."""
    return Axis(left, right, visible=False), Axis(2.95, -0.55, visible=False)


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
