"""Two channels under two kernels: all products of all slices make one number, and each kernel a map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Figure, Heatmap, Mark, Narrow, Panel, Region, Scene
from cnnlib.widgets.base import Slider, Widget

IMAGE = np.array(
    [
        [[1, 2, 0, 1], [3, 4, 1, 0], [0, 1, 2, 2], [1, 0, 1, 3]],
        [[0, 1, 2, 0], [1, 0, 1, 3], [2, 1, 0, 1], [0, 2, 1, 0]],
    ]
)
KERNELS = np.array([[[[1, 0], [0, 1]], [[2, -1], [0, 3]]], [[[0, -2], [1, 0]], [[1, 1], [-1, 0]]]])
BIASES = np.array([1, -2])
SIZE, WINDOW, PLACES = 4, 2, 3
TITLES = {"channel": "channel {number}", "slice": "slice {number}", "map": "map {number}"}
HIGH = {"image": 4, "kernel": 3, "map": 12}  # the ends of the scales
NARROW = Narrow(
    ("190px", "190px", "190px"),
    (1, 1),
    570,
    {
        **{f"channel {c}": (0, c) for c in (0, 1)},
        **{f"slice {c}": (1, c) for c in (0, 1)},
        **{f"map {f}": (2, f) for f in (0, 1)},
    },
)


class KernelSlices(Widget):
    """An image of two channels, 4x4, under one of two kernels of 2x2; both maps that come out.

    Facts: ``channel_0``, ``channel_1`` (what each gives), ``bias``, ``value`` (the unit of the map).

    >>> KernelSlices().text.split(": ")[1]
    'channel 0 gives 5, channel 1 gives −1, and the bias is 1'
    """

    title = "How do several channels become one number?"
    controls = (
        Slider("kernel", 0, 1, 0, integer=True, label="Kernel, and its map"),
        Slider("row", 0, PLACES - 1, 0, integer=True, label="Row of the window"),
        Slider("column", 0, PLACES - 1, 0, integer=True, label="Column of the window"),
    )
    slots: Mapping[str, tuple[str, ...]] = {"bar": ("kernel", "row", "column")}

    def event(self, event: dict) -> dict | None:
        """A click on a unit of a map."""
        if event["kind"] == "hover":
            return None
        return {"kernel": int(event["name"][-1]), "row": int(event["row"]), "column": int(event["col"])}

    def compute(self, state: dict) -> Scene:
        f, i, j = state["kernel"], state["row"], state["column"]
        y, _ = F.conv2d_forward(IMAGE[None].astype(float), KERNELS.astype(float), BIASES.astype(float))
        window = IMAGE[:, i : i + WINDOW, j : j + WINDOW]
        sums = [int(total) for total in (window * KERNELS[f]).sum(axis=(1, 2))]
        value, bias = int(y[0, f, i, j]), int(BIASES[f])
        text = say(
            "Kernel {f} with its window at row {i}, column {j}: channel 0 gives {whole}, "
            "channel 1 gives {whole2}, and the bias is {whole3}: together {whole4}, one "
            "unit of map {f}.",
            f=f,
            i=i,
            j=j,
            whole=whole(sums[0]),
            whole2=whole(sums[1]),
            whole3=whole(bias),
            whole4=whole(value),
        )
        panels = [panel for c in (0, 1) for panel in self.row_of_panels(c, y[0], f, (i, j), sums)]
        return Scene(
            panels,
            text,
            {"channel_0": sums[0], "channel_1": sums[1], "bias": bias, "value": value},
            rows=(1, 1),
            columns=(1, 1, 1),
            height=400,
            narrow=NARROW,
            arrows=("column", "row"),
            figures=[
                Figure("channel 0", whole(sums[0])),
                Figure("channel 1", whole(sums[1])),
                Figure("bias", whole(bias)),
                Figure("the unit", whole(value), large=True),
            ],
        )

    @staticmethod
    def row_of_panels(c: int, y: np.ndarray, f: int, place: tuple[int, int], sums: list[int]) -> list[Panel]:
        """Channel `c`, the slice that lies on it, and map `c`."""
        i, j = place
        corner = (j - 0.5, j + WINDOW - 0.5, i - 0.5, i + WINDOW - 0.5)
        image = table(IMAGE[c], "image", means="pixel")
        kernel = table(KERNELS[f, c], "kernel", means="weight")
        unit = [frame((j - 0.5, j + 0.5, i - 0.5, i + 0.5))] if c == f else []
        made = table(y[c], "map", means="unit", emits=f"map {c}")
        all_of_slice = (-0.5, WINDOW - 0.5, -0.5, WINDOW - 0.5)
        return [
            square([image, frame(corner)], SIZE, ("channel", c), "of the image, and the window", (c, 0)),
            square(
                [kernel, frame(all_of_slice)],
                WINDOW,
                ("slice", c),
                say("of kernel {f}; products add up to {whole}", f=f, whole=whole(sums[c])),
                (c, 1),
            ),
            square([made, *unit], PLACES, ("map", c), say("of kernel {c}", c=c), (c, 2)),
        ]


def table(values: np.ndarray, kind: str, **options) -> Heatmap:
    """Whole numbers as coloured squares."""
    high = HIGH[kind]
    return Heatmap(values.astype(float), cmap="diverging", vmin=-high, vmax=high, numbers=".0f", **options)


def frame(edges: tuple[float, float, float, float]) -> Region:
    """A frame around what is looked at."""
    return Region(*edges, color="you", filled=False, width=3)


def square(marks: list[Mark], cells: int, what: tuple[str, int], subtitle: str, at: tuple[int, int]) -> Panel:
    """A panel of so many cells along each side; all cells of the picture are of one size."""
    middle, half = (cells - 1) / 2, SIZE / 2
    x = Axis(middle - half, middle + half, visible=False)
    y = Axis(middle + half, middle - half, visible=False)
    title, name = say(TITLES[what[0]], number=what[1]), "{} {}".format(*what)
    return Panel(marks, x, y, title=title, subtitle=subtitle, at=at, equal=True, grid=False, name=name)


def whole(value: float) -> str:
    """A whole number with a true minus sign."""
    return f"{value + 0.0:.0f}".replace("-", "−")
