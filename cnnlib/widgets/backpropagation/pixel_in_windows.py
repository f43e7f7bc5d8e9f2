"""One pixel under all windows that it lies in: which weight meets it in each, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Heatmap, Mark, Narrow, Panel, Region, Scene, Text
from cnnlib.widgets.backpropagation.readings_panels import box, factor, signed
from cnnlib.widgets.base import Slider, Widget

KERNEL = np.array([[1.0, 3], [2, -1]])
DY = np.array([[3.0, 1], [2, 4]])
SIDE = 3  # rows and columns of the image
REACH = 16  # end of the colours, of all numbers alike
WORDS = 2.6  # columns of the image that a product takes beside it
NARROW = Narrow(
    ("min(400px, 40px + 96% of width)", "142px", "142px"),
    (1, 1),
    None,
    {"dx": (0, 0, 1, 2), "y00": (1, 0), "y01": (1, 1), "y10": (2, 0), "y11": (2, 1)},
)


class PixelInWindows(Widget):
    """An image of 3x3 pixels under a kernel of 2x2: its four windows, and one pixel through all of them.

    Facts: ``windows`` (that the pixel lies in), ``gradient`` (what it gets back).

    >>> PixelInWindows(row=0, column=0).text
    'Pixel row 0, column 0 lies in 1 of the 4 windows. It gets 3·1 = 3.'
    """

    title = "Which weights meet this pixel?"
    controls = (
        Slider("row", 0, SIDE - 1, 1, integer=True, label="Row of the pixel"),
        Slider("column", 0, SIDE - 1, 1, integer=True, label="Column of the pixel"),
    )
    slots: Mapping[str, tuple[str, ...]] = {"handle": ("row", "column")}

    def event(self, event: dict) -> dict | None:
        if event["kind"] == "hover":
            return None
        return {"row": int(event["row"]), "column": int(event["col"])}

    def compute(self, state: dict) -> Scene:
        pixel = state["row"], state["column"]
        parts, dx = [], np.zeros((SIDE, SIDE))
        for i, j in np.ndindex(DY.shape):
            dx[i : i + 2, j : j + 2] += DY[i, j] * KERNEL
            p, q = pixel[0] - i, pixel[1] - j
            if 0 <= p < 2 and 0 <= q < 2:
                parts.append((i, j, p, q))
        total = float(dx[pixel])
        products = [f"{factor(DY[i, j])}·{factor(KERNEL[p, q])}" for i, j, p, q in parts]
        text = say(
            "Pixel row {pixel}, column {pixel2} lies in {parts} of the 4 windows. "
            "It gets {products} = {total}.",
            pixel=pixel[0],
            pixel2=pixel[1],
            parts=len(parts),
            products=" + ".join(products),
            total=signed(total),
        )
        panels = [window_panel(i, j, pixel, place) for place, (i, j) in enumerate(np.ndindex(DY.shape))]
        shares = [DY[i, j] * KERNEL[p, q] for i, j, p, q in parts]
        panels.append(result_panel(dx, pixel, shares))
        return Scene(
            panels,
            text,
            {"windows": len(parts), "gradient": total},
            rows=(1, 1),
            columns=("min(370px, 37%)", 1, 1),
            height=400,
            arrows=("column", "row"),
            narrow=NARROW,
        )


def window_panel(i: int, j: int, pixel: tuple[int, int], place: int) -> Panel:
    """The image with the window of one output: its weights, and what the pixel gets through it."""
    weights = np.full((SIDE, SIDE), np.nan)
    weights[i : i + 2, j : j + 2] = KERNEL
    inside = bool(np.isfinite(weights[pixel]))
    marks: list[Mark] = [
        Heatmap(
            weights, cmap="diverging", vmin=-REACH, vmax=REACH, numbers=".0f", emits="pixel", means="weight"
        ),
        *grid_lines(),
        box(j, i, (2, 2), color="ink", width=2.5),
        box(pixel[1], pixel[0], width=4),
    ]
    beside = {"align": "left", "shift": (14, 0)}
    if inside:
        part = DY[i, j] * weights[pixel]
        words = f"{factor(DY[i, j])} × {factor(weights[pixel])}"
        color = sign_of(part)
        marks.append(Text(SIDE - 0.5, 0.7, words, size=15, **beside))
        marks.append(Text(SIDE - 0.5, 1.4, f"= {signed(part)}", size=18, bold=True, color=color, **beside))
    else:
        marks.append(Text(SIDE - 0.5, 1, "not in it", color="muted", **beside))
    title = say("window ({i}, {j})", i=i, j=j)
    how = say("dy = {dy}", dy=signed(DY[i, j]))
    return image_panel(marks, title, how, (i, j + 1), f"y{i}{j}", SIDE - 0.5 + WORDS)


def result_panel(dx: np.ndarray, pixel: tuple[int, int], shares: list[float]) -> Panel:
    """What all pixels get, the one looked at, and the sum that gives it."""
    heat = Heatmap(
        dx, cmap="diverging", vmin=-REACH, vmax=REACH, numbers=".0f", type_size=19, emits="pixel", means="dx"
    )
    marks: list[Mark] = [heat, *grid_lines(), box(pixel[1], pixel[0], width=4)]
    added = "".join(f" {'−' if share < 0 else '+'} {signed(abs(share))}" for share in shares[1:])
    words = f"{signed(shares[0])}{added} = {signed(sum(shares))}" if added else signed(shares[0])
    look = {"size": 17, "bold": True, "color": sign_of(sum(shares)), "shift": (0, 18)}
    marks.append(Text((SIDE - 1) / 2, SIDE - 0.5, words, **look))
    return image_panel(marks, "dx: each pixel's gradient", "click one", (0, 0, 2, 1), "dx", down=SIDE - 0.2)


def sign_of(value: float) -> str:
    """The colour of a number in words, by its sign."""
    return "ink" if value == 0 else "pos-text" if value > 0 else "neg-text"


def grid_lines() -> list[Region]:
    """The pixels' edges."""
    return [box(s, r, color="grid", width=1) for r, s in np.ndindex(SIDE, SIDE)]


def image_panel(
    marks: list[Mark],
    title: str,
    subtitle: str,
    at: tuple[int, ...],
    name: str,
    right: float = SIDE - 0.5,
    down: float = SIDE - 0.4,
) -> Panel:
    """A panel with the image at its upper left, and with room to the right of it or beneath."""
    x, y = Axis(-0.5, right, visible=False), Axis(down, -0.5, visible=False)
    return Panel(marks, x, y, title=title, subtitle=subtitle, at=at, equal=True, grid=False, name=name)
