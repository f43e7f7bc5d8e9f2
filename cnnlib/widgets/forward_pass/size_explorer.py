"""Sizes, numbers of weights and receptive fields of a stack of equal convolutions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.experiments.layer_sizes import conv2d_parameters, output_size, pixels_seen, receptive_field
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Band, Bars, Figure, Narrow, Note, Panel, Points, Scene, Text
from cnnlib.widgets.base import Slider, Widget

SLOTS = {"settings": ("size", "kernel_size", "stride", "padding", "layers", "maps"), "handle": ("unit",)}
NARROW = Narrow(("300px", "190px"), (1,), 490, {"cone": (0, 0), "weights": (1, 0)})


class SizeExplorer(Widget):
    """A row of an image above the rows of the layers that read it; the pixels behind one unit are lit.

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
        Slider("stride", 1, 4, 1, integer=True, label="Stride", unit="pixels"),
        Slider("padding", 0, 4, 0, integer=True, label="Padding", unit="pixels"),
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
        weights = [
            conv2d_parameters(1 if i == 0 else state["maps"], state["maps"], state["kernel_size"])
            for i in range(depth)
        ]
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
        panels = [self.cone(sizes, lit), self.weights_panel(weights)]
        figures = [
            Figure("One unit sees", str(field), "pixels along each axis", large=True),
            Figure("Weights and biases", f"{sum(weights):,}", large=True),
        ]
        return Scene(
            panels,
            self.sentence(state, sizes, facts),
            facts,
            columns=(3, 1),
            height=330,
            arrows=("unit",),
            figures=figures,
            narrow=NARROW,
        )

    def event(self, event: dict) -> dict | None:
        return {"unit": event["index"]} if event["kind"] == "click" else None

    @staticmethod
    def cone(sizes: list[int], lit: list[tuple]) -> Panel:
        """One row of dots a layer, centred; the ink ones feed the chosen unit, which is teal."""
        marks, last = [], len(sizes) - 1
        edge = np.array([-0.5, 0.5])
        for depth, (upper, lower) in enumerate(pairwise(sizes)):
            above = np.array(lit[depth]) + 0.5 - upper / 2 + edge
            below = np.array(lit[depth + 1]) + 0.5 - lower / 2 + edge
            marks.append(trapezium(above, below, depth))
        for depth, (size, (first, end)) in enumerate(zip(sizes, lit, strict=True)):
            x, rows = np.arange(size) + 0.5 - size / 2, np.full(size, float(depth))
            inside = (np.arange(size) >= first) & (np.arange(size) <= end)
            clicks = {"emits": "unit"} if depth == last else {}
            marks.append(Points(x, rows, color="muted", size=2.5, shape="square", **clicks))
            color, radius = ("you", 6) if depth == last else ("ink", 4.5)
            marks.append(Points(x[inside], rows[inside], color=color, size=radius, shape="square"))
            marks.append(Text([-sizes[0] / 2 - 0.8], [depth], str(size), align="right", bold=True))
        words = "Click a unit of the last layer: the large ones above are all that it sees."
        marks.append(Note(0, last + 0.15, words, width=430, align="center", needs=430))
        names = ["image", *(say("layer {number}", number=i) for i in range(1, len(sizes)))]
        y = Axis(last + 0.5, -0.35, ticks=range(len(sizes)), names=names)
        width = sizes[0] / 2 + 0.12 * sizes[0] + 1
        x = Axis(-width, width, visible=False)
        title, words = "One row of each layer", "and what feeds the chosen unit"
        return Panel(marks, x, y, grid=False, title=title, subtitle=words, name="cone")

    @staticmethod
    def weights_panel(weights: list[int]) -> Panel:
        """Weights and biases of every layer."""
        count, layers = max(len(weights), 1), np.arange(1, len(weights) + 1)
        marks = [
            Bars(layers, weights, color="muted", width=0.6),
            Text(layers, weights, [f"{w:,}" for w in weights], baseline="bottom", shift=(0, -3)),
        ]
        y = Axis(0, 1.15 * max([*weights, 1]), visible=False)
        x = Axis(0.4, count + 0.6, "layer", ticks=range(1, count + 1))
        title, words = "Weights", "and biases"
        return Panel(marks, x, y, title=title, subtitle=words, at=(0, 1), grid=False, name="weights")

    def sentence(self, state: dict, sizes: list[int], facts: dict) -> str:
        chain = " → ".join(map(str, sizes))
        pixels = "pixel" if facts["field"] == 1 else "pixels"
        words = say(
            "Sizes {chain}. A unit of the last layer sees {field} {pixels} along each "
            "axis, {pixels2} of them inside the image. The layers have {parameters:,} "
            "weights and biases.",
            chain=chain,
            field=facts["field"],
            pixels=pixels,
            pixels2=facts["pixels"],
            parameters=facts["parameters"],
        )
        if facts["layers"] < state["layers"]:
            words += say(
                " Layer {layers} does not fit: a kernel of {kernel_size} is more than the "
                "{sizes} pixels that are left with the padding.",
                layers=facts["layers"] + 1,
                kernel_size=state["kernel_size"],
                sizes=sizes[-1] + 2 * state["padding"],
            )
        return words


def trapezium(above: np.ndarray, below: np.ndarray, top: float) -> Band:
    """The area between a piece of the row at y = `top` and a piece of the next row."""
    places, heights = [], []
    for x in np.unique([*above, *below]):
        ys = [top] * bool(above[0] <= x <= above[1]) + [top + 1] * bool(below[0] <= x <= below[1])
        for start, end in zip(above, below, strict=True):
            if min(start, end) <= x <= max(start, end) and start != end:
                ys.append(top + (x - start) / (end - start))
        if ys:  # none where rounding puts x beside both ends
            places.append(x)
            heights.append((min(ys), max(ys)))
    low, high = np.transpose(heights)
    return Band(np.array(places), low, high, color="muted", alpha=0.18)
