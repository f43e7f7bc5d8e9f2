"""Sizes, numbers of weights and receptive fields of a stack of equal convolutions."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from cnnlib.data import load_mnist_sample
from cnnlib.experiments.layer_sizes import conv2d_parameters, output_size, pixels_seen, receptive_field
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import (
    Axis,
    Band,
    Bars,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Note,
    Panel,
    Region,
    Scene,
    Text,
    frames,
    image_panel,
)
from cnnlib.widgets.base import Slider, Widget

SLOTS = {"bar": ("kernel_size", "stride", "padding", "layers"), "handle": ("unit",), "more": ("size", "maps")}
SLIM = "narrow cone"  # the rows on a narrow page
NARROW = Narrow(("230px", "270px"), (1,), 500, {"image": (0, 0), SLIM: (1, 0)}, only=(SLIM,))
ROOM = {"cone": (0.48, 0.5), SLIM: (1.0, 1.25)}  # for words left and right of a row, in halves of the image
SHOWN = 22  # number of the test image that is drawn
TALL, THICKER = 0.1, 0.03  # half the height of a row of cells, and by how much more for each layer


@lru_cache(maxsize=8)
def digit(size: int) -> np.ndarray:
    """A digit of so many pixels a side, blended from one of 28."""
    image = load_mnist_sample().x_test[SHOWN, 0]
    places = (np.arange(size) + 0.5) * len(image) / size - 0.5
    lines = np.array([np.interp(places, np.arange(len(row)), row) for row in image])
    return np.array([np.interp(places, np.arange(len(image)), column) for column in lines.T]).T


class SizeExplorer(Widget):
    """An image with the square that one unit sees, and a row of it above the rows of the layers that read it.

    Facts: ``output`` (size of the last layer that fits), ``layers`` (how many fit), ``parameters`` of them,
    ``field`` (pixels one unit sees along an axis), ``pixels`` (of them, how many lie inside the image).

    >>> SizeExplorer(size=28, kernel_size=3, layers=3).text.split(".")[0]
    'Sizes 28 → 26 → 24 → 22'
    """

    title = "How much of the image does one unit see?"
    slots = SLOTS
    controls = (
        Slider("size", 4, 64, 28, integer=True, label="Image", unit="pixels"),
        Slider("kernel_size", 1, 9, 3, integer=True, label="Kernel", unit="pixels"),
        Slider("stride", 1, 4, 1, integer=True, label="Stride", unit="step"),
        Slider("padding", 0, 4, 0, integer=True, label="Padding", unit="zeros"),
        Slider("layers", 1, 6, 2, integer=True, label="Layers"),
        Slider("maps", 1, 64, 8, integer=True, label="Maps a layer"),
        Slider("unit", 0, 63, 10, integer=True, label="Unit of the last layer"),
    )

    def limits(self, state: dict) -> dict:
        return {"unit": (0, self.sizes(state)[-1] - 1)}

    def sizes(self, state: dict) -> list[int]:
        """The size after each layer, as far as the layers fit."""
        sizes = [state["size"]]
        for _ in range(state["layers"]):
            if state["kernel_size"] > sizes[-1] + 2 * state["padding"]:
                break
            sizes.append(output_size(sizes[-1], state["kernel_size"], state["stride"], state["padding"]))
        return sizes

    def compute(self, state: dict) -> Scene:
        sizes = self.sizes(state)
        depth, window = len(sizes) - 1, (state["kernel_size"], state["stride"], state["padding"])
        maps, kernel = state["maps"], state["kernel_size"]
        inputs = [1, *[maps] * depth][:depth]
        weights = [conv2d_parameters(count, maps, kernel) for count in inputs]
        products = [f"{maps}·{count}·{kernel}·{kernel} + {maps}" for count in inputs]
        counted = [*zip(weights, products, strict=True)]
        lit = [pixels_seen([window] * (depth - i), state["unit"], sizes[i]) for i in range(depth)]
        lit.append((state["unit"], state["unit"]))
        field = receptive_field([window] * depth).size
        facts = {
            "output": sizes[-1],
            "layers": depth,
            "parameters": sum(weights),
            "field": field,
            "pixels": max(lit[0][1] - lit[0][0] + 1, 0),
        }
        rows = pixels_seen([window] * depth, sizes[-1] // 2, sizes[0]) if depth else (state["unit"],) * 2
        padding = rows[0] > rows[1] or lit[0][0] > lit[0][1]
        about = sizes, lit, rows, counted, window
        panels = [self.image(state["size"], rows, lit[0]), *(self.cone(*about, name) for name in ROOM)]
        figures = [
            Figure("One unit sees", f"{field}×{field}", "pixels", large=True),
            Figure("Weights and biases", f"{sum(weights):,}", large=True),
        ]
        return Scene(
            panels,
            self.sentence(state, sizes, facts, padding),
            facts,
            columns=(1, 2),
            height=352,
            arrows=("unit",),
            figures=figures,
            narrow=NARROW,
        )

    def event(self, event: dict) -> dict | None:
        return {"unit": event["col"]} if event["kind"] == "click" else None

    @staticmethod
    def image(size: int, rows: tuple[int, int], columns: tuple[int, int]) -> Panel:
        """The image and what the chosen unit of the middle row sees of it."""
        marks: list = [frames(-0.5, -0.5, size, size)]
        (top, bottom), (left, right) = rows, columns
        if top <= bottom and left <= right:
            edges = left - 0.5, right + 0.5, top - 0.5, bottom + 0.5
            marks += [
                Region(*edges, color="you", alpha=0.18),
                Region(*edges, color="you", filled=False, width=3),
            ]
            words = word("framed: what the unit sees")
        else:
            words = word("the unit sees only padding")
        middle = np.clip((top + bottom) / 2, 0, size - 1)
        marks.append(Line([-0.5, size - 0.5], [middle, middle], color="muted", width=1, dash="dotted"))
        look = {"title": "The image", "vmin": 0, "vmax": 1, "means": "ink"}
        panel = image_panel(digit(size), *marks, **look)
        return replace(panel, subtitle=words, name="image")

    @staticmethod
    def cone(
        sizes: list[int],
        lit: list[tuple],
        rows: tuple[int, int],
        counted: list[tuple],
        window: tuple[int, int, int],
        name: str,
    ) -> Panel:
        """One row of cells a layer, centred, and its weights; the teal ones feed the chosen unit."""
        marks, last, half = [], len(sizes) - 1, TALL + THICKER * len(sizes)
        edge = np.array([-0.5, 0.5])
        for depth, (upper, lower) in enumerate(pairwise(sizes)):
            if lit[depth + 1][0] > lit[depth + 1][1]:
                continue  # nothing of this row is seen
            above = np.array(read(lit[depth], lit[depth + 1], window)) + 0.5 - upper / 2 + edge
            below = np.array(lit[depth + 1]) + 0.5 - lower / 2 + edge
            marks.append(trapezium(above, below, depth, max(sizes) / 2))
        left = -sizes[0] / 2
        look = {"align": "right", "shift": (-8, 0)}
        for depth, (size, (first, end)) in enumerate(zip(sizes, lit, strict=True)):
            x, top = np.arange(size) + 0.5 - size / 2, depth - half
            if depth:
                marks += cells(x, top, 2 * half, (np.arange(size) >= first) & (np.arange(size) <= end))
                count, product = counted[depth - 1]
                marks += weights_words(-left, depth, f"{count:,}", f"= {product}")
            else:
                pixels = digit(size)[np.clip(sum(rows) // 2, 0, size - 1)][None]
                extent = (left, -left, top, top + 2 * half)
                marks.append(Heatmap(pixels, extent, cmap="ink", vmin=0, vmax=1, means="ink"))
                marks.append(frames(x - 0.5, np.full(size, top), 1, 2 * half))
                marks += weights_words(-left, 0, word("weights"), word("and biases"), bold=False)
            if first <= end:
                around = x[first] - 0.5, x[end] + 0.5, top, top + 2 * half
                marks.append(Region(*around, color="you", filled=False, width=2.5))
            called = say("layer {number}", number=depth) if depth else word("image")
            marks.append(Text([left], [depth], str(size), bold=True, **look))
            marks.append(Text([left], [depth], called, color="muted", align="right", shift=(-36, 0)))
        size = sizes[-1]  # what answers a click
        marks.append(Heatmap(np.full((1, size), np.nan), (-size / 2, size / 2, last - half, last + half),
                             cmap="ink", emits="unit", hover=False))  # fmt: skip
        words = "Click a unit of the last layer: all that it sees is marked above."
        marks.append(Note(0, last + half + 0.08 + 0.05 * last, words, width=430, align="center", needs=430))
        y = Axis(last + half + 0.22 + 0.12 * last, -half - 0.1, visible=False)
        before, behind = ROOM[name]
        x = Axis((1 + before) * left - 1, -(1 + behind) * left, visible=False)
        title, words = "One row of each layer", "the image's row is dotted there"
        return Panel(marks, x, y, title, (0, 1), grid=False, subtitle=words, name=name)

    def sentence(self, state: dict, sizes: list[int], facts: dict, padding: bool) -> str:
        chain, n = " → ".join(map(str, sizes)), facts["field"]
        words = say("Sizes {chain}. A unit of the last layer sees {n}×{n} pixels", chain=chain, n=n)
        if padding:
            words += word(", but this one sees only padding")
        elif facts["pixels"] < n:
            words += say(", {inside} of its {n} columns inside the image", inside=facts["pixels"], n=n)
        words += "."
        if facts["layers"] < state["layers"]:
            words += say_many(
                " Layer {layers} does not fit: a kernel of {kernel_size} is more than the "
                "{number} pixel that is left with the padding.",
                " Layer {layers} does not fit: a kernel of {kernel_size} is more than the "
                "{number} pixels that are left with the padding.",
                sizes[-1] + 2 * state["padding"],
                layers=facts["layers"] + 1,
                kernel_size=state["kernel_size"],
            )
        return words


def cells(x: np.ndarray, top: float, height: float, inside: np.ndarray) -> list[Bars]:
    """The units of a row as cells around `x`; those that feed the chosen unit are teal."""
    looks = ((~inside, {"color": "muted", "alpha": 0.3}), (inside, {"color": "you"}))
    return [
        Bars(x[which], np.full(which.sum(), height), width=0.84, base=top, **look) for which, look in looks
    ]


def weights_words(right: float, row: float, upper: str, lower: str, bold: bool = True) -> list[Text]:
    """At the end of a row: how many weights and biases its layer has, and how they are counted."""
    place, small = ([right], [row]), {"align": "left", "color": "muted", "size": 11}
    look = {"align": "left", "bold": True} if bold else small
    return [Text(*place, upper, shift=(10, -8), **look), Text(*place, lower, shift=(10, 8), **small)]


def read(seen: tuple[int, int], units: tuple[int, int], window: tuple[int, int, int]) -> tuple[int, int]:
    """First and last place of a row that units of the next read: in the padding where they see nothing else.

    >>> read((0, 1), (0, 0), (3, 1, 1)), read((4, 2), (2, 2), (1, 4, 4))
    ((0, 1), (4, 4))
    """
    kernel_size, stride, padding = window
    first, last = units[0] * stride - padding, units[1] * stride - padding + kernel_size - 1
    return seen if seen[0] <= seen[1] else (first, last)


def trapezium(above: np.ndarray, below: np.ndarray, top: float, most: float) -> Band:
    """The area between a piece of the row at y = `top` and a piece of the next, as far as x = ± `most`."""
    places, heights = [], []
    for x in np.unique(np.clip([*above, *below], -most, most)):
        ys = [top] * bool(above[0] <= x <= above[1]) + [top + 1] * bool(below[0] <= x <= below[1])
        for start, end in zip(above, below, strict=True):
            if min(start, end) <= x <= max(start, end) and start != end:
                ys.append(top + (x - start) / (end - start))
        if ys:  # none where rounding puts x beside both ends
            places.append(x)
            heights.append((min(ys), max(ys)))
    low, high = np.transpose(heights)
    return Band(np.array(places), low, high, color="you", alpha=0.16)
