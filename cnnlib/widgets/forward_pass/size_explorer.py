"""Sizes, numbers of weights and receptive fields of a stack of equal convolutions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.experiments.layer_sizes import conv2d_parameters, output_size, pixels_seen, receptive_field
from cnnlib.viz import Axis, Bars, Links, Panel, Points, Scene, Text
from cnnlib.widgets.base import Slider, Widget


class SizeExplorer(Widget):
    """A row of an image above the rows of the layers that read it; the pixels behind one unit are lit.

    Facts: ``output`` (size of the last layer that fits), ``layers`` (how many fit), ``parameters`` of them,
    ``field`` (pixels one unit sees along an axis), ``pixels`` (of them, how many lie inside the image).

    >>> SizeExplorer(size=28, kernel_size=3, layers=3).text.split(".")[0]
    'Sizes 28 → 26 → 24 → 22'
    """

    title = "Sizes and receptive fields"
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
        return Scene(panels, self.sentence(state, sizes, facts), facts, columns=(3, 1), height=360)

    def cone(self, sizes: list[int], lit: list[tuple]) -> Panel:
        """One row of dots a layer, centred; the lit ones feed the chosen unit."""
        marks = []
        for depth, (upper, lower) in enumerate(pairwise(sizes)):
            ends = np.array([*lit[depth], *lit[depth + 1]]) + 0.5 - np.array([upper, upper, lower, lower]) / 2
            marks.append(Links(ends[:2], [depth] * 2, ends[2:], [depth + 1] * 2, color="orange"))
        for depth, (size, (first, last)) in enumerate(zip(sizes, lit, strict=True)):
            x = np.arange(size) + 0.5 - size / 2
            inside = (np.arange(size) >= first) & (np.arange(size) <= last)
            rows = np.full(size, depth)
            marks.append(Points(x[~inside], rows[~inside], color="muted", size=3, shape="square"))
            marks.append(Points(x[inside], rows[inside], color="orange", size=4, shape="square"))
            marks.append(Text([-sizes[0] / 2 - 0.8], [depth], str(size), align="right", bold=True))
        names = ["image", *(f"layer {i}" for i in range(1, len(sizes)))]
        y = Axis(len(sizes) - 0.4, -0.6, ticks=range(len(sizes)), names=names)
        width = sizes[0] / 2 + 0.12 * sizes[0] + 1
        return Panel(
            marks,
            Axis(-width, width, visible=False),
            y,
            grid=False,
            title="One row of each layer; orange: what feeds the chosen unit",
        )

    def weights_panel(self, weights: list[int]) -> Panel:
        count = max(len(weights), 1)
        marks = [Bars(np.arange(1, len(weights) + 1), weights, color="blue")]
        marks.append(
            Text(
                np.arange(1, len(weights) + 1),
                weights,
                [f"{w:,}" for w in weights],
                baseline="bottom",
                size=10,
            )
        )
        y = Axis(0, 1.15 * max([*weights, 1]), "weights and biases")
        x = Axis(0.4, count + 0.6, "layer", ticks=range(1, count + 1))
        return Panel(marks, x, y, title="Weights", at=(0, 1))

    def sentence(self, state: dict, sizes: list[int], facts: dict) -> str:
        chain = " → ".join(map(str, sizes))
        pixels = "pixel" if facts["field"] == 1 else "pixels"
        words = (
            f"Sizes {chain}. A unit of the last layer sees {facts['field']} {pixels} along each axis, "
            f"{facts['pixels']} of them inside the image. The layers have {facts['parameters']:,} weights."
        )
        if facts["layers"] < state["layers"]:
            words += (
                f" Layer {facts['layers'] + 1} does not fit: a kernel of {state['kernel_size']} is more than"
                f" the {sizes[-1] + 2 * state['padding']} pixels that are left with the padding."
            )
        return words
