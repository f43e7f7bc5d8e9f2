"""Two channels under two kernels: all products of all slices make one number, and each kernel a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Figure, Heatmap, Lens, Line, Links, Mark, Narrow, Panel, Region, Scene, Text
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.forward_pass.unit_detail import stairs

IMAGE = np.array(
    [
        [[1, 2, 0, 1], [3, 4, 1, 0], [0, 1, 2, 2], [1, 0, 1, 3]],
        [[0, 1, 2, 0], [1, 0, 1, 3], [2, 1, 0, 1], [0, 2, 1, 0]],
    ]
)
KERNELS = np.array([[[[1, 0], [0, 1]], [[2, -1], [0, 3]]], [[[0, -2], [1, 0]], [[1, 1], [-1, 0]]]])
BIASES = np.array([1, -2])
SIZE, WINDOW, PLACES = 4, 2, 3
NAMES = ("kernel 0", "kernel 1")
NUMBERED = marked("kernel {number}")  # as the catalogue knows them
TITLES = {"channel": "channel {number}", "slice": "slice {number}", "map": "map {number}"}
HIGH = 14  # end of the colours, of all numbers alike: the largest of the maps
COLUMNS = (4.8, 3.0, 3.2, 6.4, 1.1, 3.4)  # in cells, so that all are of one size
ROOM = {"channel": 0.7, "slice": 0.9, "products": 0.9, "map": 0.0}  # cells to the right, for a sign
SUM = 3.25  # the row of the sum among the parts
THICK, HALF = 16.0, 0.1  # pixels of a bar, and half of it in rows
NARROW = Narrow(
    ("188px", "172px", "180px", "160px"),
    (4.8, 3.0, 3.0),
    700,
    {
        **{
            f"{name} {c}": (c, column)
            for c in (0, 1)
            for column, name in enumerate(("channel", "slice", "products"))
        },
        "sum": (2, 0, 1, 3),
        "map 0": (3, 0),
        "map 1": (3, 1, 1, 2),
    },
)


class KernelSlices(Widget):
    """An image of two channels, 4x4, under one of two kernels of 2x2; both maps that come out.

    Play takes the window over all places, first with one kernel, then with the other.

    Facts: ``channel_0``, ``channel_1`` (what each gives), ``bias``, ``value`` (the unit of the map).

    >>> KernelSlices().text.split(": ")[1]
    'channel 0 gives 5, channel 1 gives −1, and the bias is 1'
    """

    title = "How do several channels become one number?"
    controls = (
        Choice("kernel", NAMES, label="Kernel, and its map", picker="segments"),
        Slider("row", 0, PLACES - 1, 0, integer=True, label="Row of the window"),
        Slider("column", 0, PLACES - 1, 0, integer=True, label="Column of the window"),
    )
    slots: Mapping[str, tuple[str, ...]] = {"bar": ("kernel",), "handle": ("row", "column")}
    speed = "1 step a second"

    def train(self):
        """One ``yield`` a place: along the rows of one map, then of the other."""
        while (place := self.place + 1) < len(NAMES) * PLACES**2:
            kernel, inside = divmod(place, PLACES**2)
            self.put(kernel=NAMES[kernel], row=inside // PLACES, column=inside % PLACES)
            yield

    @property
    def place(self) -> int:
        """How many units come before this one."""
        state = self.state
        return (NAMES.index(state["kernel"]) * PLACES + state["row"]) * PLACES + state["column"]

    def rewind(self) -> None:
        self.put(kernel=NAMES[0], row=0, column=0)

    def event(self, event: dict) -> dict | None:
        """A click on a unit of a map, or on a channel: the window's first cell goes there."""
        if event["kind"] == "hover":
            return None
        place = {key: min(int(event[part]), PLACES - 1) for key, part in (("row", "row"), ("column", "col"))}
        name, number = event["name"].split()
        return place | ({"kernel": NAMES[int(number)]} if name == "map" else {})

    def compute(self, state: dict) -> Scene:
        f, i, j = NAMES.index(state["kernel"]), state["row"], state["column"]
        y, _ = F.conv2d_forward(IMAGE[None].astype(float), KERNELS.astype(float), BIASES.astype(float))
        products = IMAGE[:, i : i + WINDOW, j : j + WINDOW] * KERNELS[f]
        sums = [int(total) for total in products.sum(axis=(1, 2))]
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
        panels = [panel for c in (0, 1) for panel in row_of_panels(c, f, (i, j), products[c])]
        panels.append(sum_of([*sums, bias], f, (i, j)))
        panels += [map_panel(c, y[0, c], (i, j) if c == f else None) for c in (0, 1)]
        return Scene(
            panels,
            text,
            {"channel_0": sums[0], "channel_1": sums[1], "bias": bias, "value": value},
            rows=(1, 1),
            columns=COLUMNS,
            height=430,
            narrow=NARROW,
            arrows=("column", "row"),
            figures=[Figure(say("Unit of map {f}", f=f), whole(value), in_parts(*sums, bias), large=True)],
        )


def row_of_panels(c: int, f: int, place: tuple[int, int], products: np.ndarray) -> list[Panel]:
    """Channel `c` with the window, the slice that lies on it, and what they make."""
    i, j = place
    image = table(IMAGE[c], means="pixel", emits=f"channel {c}")
    window = frame((j - 0.5, j + WINDOW - 0.5, i - 0.5, i + WINDOW - 0.5))
    lens = Lens([j + WINDOW - 0.5] * 2, [i - 0.5, i + WINDOW - 0.5], [-0.5] * 2, [-0.5, 1.5], to=f"slice {c}")
    kernel = table(KERNELS[f, c], means="weight")
    edges = (-0.5, WINDOW - 0.5, -0.5, WINDOW - 0.5)
    total = int(products.sum())
    words = Text([0.5], [2.0], say("sum {whole}", whole=whole(total)), color=ink(total), bold=True, size=14)
    leads = Links(
        [1.5], [0.5], [0.0], [float(c)], widths=[1.5], curved=True, to="sum", inset=(6, 4), beside=True
    )
    made = table(products, means="product")
    return [
        square(
            [lens, image, border(SIZE), window, sign("×", SIZE, 1.5, ROOM["channel"])],
            SIZE,
            ("channel", c),
            (c, 0),
            "drag the window" if c == 0 else "",
        ),
        square([kernel, frame(edges), sign("=", WINDOW, 0.5, ROOM["slice"])], WINDOW, ("slice", c), (c, 1)),
        square([made, border(WINDOW), words, leads], WINDOW, ("products", c), (c, 2)),
    ]


def sum_of(parts: list[int], f: int, place: tuple[int, int]) -> Panel:
    """What the channels give and the bias as stairs, and their sum, which leads to its unit of map `f`."""
    i, j = place
    rows = np.arange(len(parts), dtype=float)
    total = sum(parts)
    line, zero, *bars = stairs(np.array(parts, dtype=float), SUM, THICK, (0.36, 0.82))
    zero = replace(zero, y=[-0.5], align="center", size=11, shift=(0, -8))
    marks = [line, zero, *(beside_bars(mark) for mark in bars)]
    names = ["channel 0", "channel 1", "bias"]
    whose = say("of kernel {f}", f=f)
    marks.append(Text([0], [rows[-1]], whose, "muted", 11, "left", shift=(0, 16)))
    marks.append(Text(np.zeros(len(parts)), rows, names, align="left", size=13))
    for row, part in enumerate(parts):
        marks.append(Text([1], [row], f"{part:+d}", color=ink(part), align="right", bold=True, size=14))
    marks.append(Text([0], [SUM], "sum", align="left", bold=True, size=14))
    marks.append(Text([1], [SUM], whole(total), color=ink(total), align="right", bold=True, size=20))
    ends = [1.0], [SUM], [j - 0.5], [float(i)]
    unit = Links(*ends, color="you", widths=[2.0], curved=True, to=f"map {f}", inset=(6, 2), beside=True)
    x, y = Axis(0, 1, visible=False), Axis(SUM + 0.7, -0.7, visible=False)
    return Panel([*marks, unit], x, y, title="add up", at=(0, 3, 2, 1), grid=False, name="sum")


def beside_bars(mark: Mark) -> Mark:
    """A bar of the stairs as it is; the thin lines between bars from the edge of one to that of the next."""
    if mark.color != "ink":
        return mark
    ends = np.full(len(mark.x0), np.nan)
    across = np.stack([mark.x0, mark.x1, ends], axis=1).ravel()
    down = np.stack([mark.y0 + HALF, mark.y1 - HALF, ends], axis=1).ravel()
    return Line(across, down, color="ink", width=1.5)


def map_panel(c: int, values: np.ndarray, place: tuple[int, int] | None) -> Panel:
    """What kernel `c` makes, the unit that is looked at framed."""
    marks = [table(values, means="unit", emits=f"map {c}"), border(PLACES)]
    if place is not None:
        i, j = place
        marks.append(frame((j - 0.5, j + 0.5, i - 0.5, i + 0.5)))
    return square(marks, PLACES, ("map", c), (c, 5), say("of kernel {c}", c=c))


def table(values: np.ndarray, **options) -> Heatmap:
    """Whole numbers as coloured squares."""
    return Heatmap(values.astype(float), cmap="diverging", vmin=-HIGH, vmax=HIGH, numbers=".0f", **options)


def frame(edges: tuple[float, float, float, float], color: str = "you", width: float = 3) -> Region:
    """A frame around what is looked at."""
    return Region(*edges, color=color, filled=False, width=width)


def border(cells: int) -> Region:
    """A thin line around a table of so many cells along each side: zeros are as white as the paper."""
    return frame((-0.5, cells - 0.5, -0.5, cells - 0.5), "grid", 1)


def sign(word: str, cells: int, row: float, room: float) -> Text:
    """A sign half way to the neighbour."""
    return Text([cells - 0.5 + (room + 0.15) / 2], [row], word, bold=True, size=20)


def square(
    marks: list[Mark], cells: int, what: tuple[str, int], at: tuple[int, int], subtitle: str = ""
) -> Panel:
    """A panel of so many cells along each side; all cells of the picture are of one size."""
    middle, half = (cells - 1) / 2, SIZE / 2
    x = Axis(-0.5, cells - 0.5 + ROOM[what[0]], visible=False)
    y = Axis(middle + half, middle - half, visible=False)
    title = say(TITLES[what[0]], number=what[1]) if what[0] in TITLES else what[0]
    name = "{} {}".format(*what)
    return Panel(marks, x, y, title=title, subtitle=subtitle, at=at, equal=True, grid=False, name=name)


def in_parts(first: int, second: int, bias: int) -> str:
    """The sum as it is written: "= 5 − 1 + 1"."""
    rest = " ".join(f"{'−' if part < 0 else '+'} {abs(part)}" for part in (second, bias))
    return f"= {whole(first)} {rest}"


def ink(value: float) -> str:
    """The colour of a number in words, by its sign."""
    return "muted" if value == 0 else "pos-text" if value > 0 else "neg-text"


def whole(value: float) -> str:
    """A whole number, no negative zero."""
    return f"{value + 0.0:.0f}"
