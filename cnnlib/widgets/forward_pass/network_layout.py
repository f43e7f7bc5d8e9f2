"""A network laid out as a row of pictures, one a layer: what several widgets about networks share.

>>> from cnnlib.networks import small_cnn
>>> [output.name for output in layer_outputs(small_cnn(rng=0), (1, 8, 8))][:4]
['input', 'convolution 1', 'ReLU 1', 'pooling 1']
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sigmoid, Tanh
from cnnlib.viz import Axis, Heatmap, Panel, Region, Text, mosaic

WORDS = {
    Conv2d: "convolution",
    Linear: "linear",
    MaxPool2d: "pooling",
    AvgPool2d: "pooling",
    ReLU: "ReLU",
    Tanh: "tanh",
    Sigmoid: "sigmoid",
}
MAPS_A_ROW = 2


@dataclass(frozen=True)
class LayerOutput:
    """One array of a forward pass and its place in the picture.

    Attributes
    ----------
    name : str
        Such as ``"convolution 2"``.
    place : int
        Index in the list of activations: 0 is the input, i the output of layer i - 1.
    shape : tuple of int
        Of one image: (C, H, W) or (K,).
    """

    name: str
    place: int
    shape: tuple

    @property
    def title(self) -> str:
        """The name, short."""
        return self.name.replace("convolution", "conv").replace("pooling", "pool")

    @property
    def size(self) -> str:
        """The shape in words, such as ``"8 maps of 8×8"``."""
        if len(self.shape) == 1:
            return f"{self.shape[0]} numbers"
        channels, height, width = self.shape
        return f"{channels} map{'s' * (channels > 1)} of {height}×{width}"

    @property
    def columns(self) -> int:
        """Maps in one row of the mosaic."""
        return 1 if len(self.shape) == 1 else min(MAPS_A_ROW, self.shape[0])

    def picture(self, values: np.ndarray) -> np.ndarray:
        """Lay the maps of one image out as a matrix; a vector stands upright."""
        if len(self.shape) == 1:
            return np.asarray(values).reshape(-1, 1)
        return mosaic(values, self.columns)

    def unit_at(self, row: int, column: int) -> tuple | None:
        """The unit under a cell of the picture; None in the gaps."""
        if len(self.shape) == 1:
            return (row,)
        channels, height, width = self.shape
        down, y = divmod(row, height + 1)
        right, x = divmod(column, width + 1)
        channel = down * self.columns + right
        return (channel, y, x) if y < height and x < width and channel < channels else None

    def cell(self, unit: tuple) -> tuple[int, int]:
        """Row and column of a unit in the picture: the inverse of `unit_at`."""
        if len(unit) == 1:
            return unit[0], 0
        _, height, width = self.shape
        down, right = divmod(unit[0], self.columns)
        return down * (height + 1) + unit[1], right * (width + 1) + unit[2]

    def clip(self, channel: int, row: int, column: int) -> tuple:
        """The nearest unit of this layer."""
        if len(self.shape) == 1:
            return (min(channel, self.shape[0] - 1),)
        return tuple(min(i, size - 1) for i, size in zip((channel, row, column), self.shape, strict=True))

    def frame(self, first: tuple, last: tuple, color: str = "vermilion") -> Region:
        """An outline around the cells from unit `first` to unit `last` of one map."""
        (y0, x0), (y1, x1) = self.cell(first), self.cell(last)
        edges = (x0 - 0.5, x1 + 0.5, y0 - 0.5, y1 + 0.5)
        return Region(*edges, color=color, filled=False, alpha=1, width=2.5)


def layer_outputs(model, input_shape: tuple) -> list[LayerOutput]:
    """The pictures of a network: its input and every layer's output except Flatten's, in their order."""
    found, counts = [LayerOutput("input", 0, tuple(input_shape))], {}
    x = np.zeros((1, *input_shape), next(iter(model.parameters())).value.dtype)
    for place, layer in enumerate(model.copy(), start=1):
        x = layer.forward(x)
        if isinstance(layer, Flatten):
            continue
        word = WORDS.get(type(layer), type(layer).__name__)
        counts[word] = counts.get(word, 0) + 1
        name = "scores" if place == len(model) else f"{word} {counts[word]}"
        found.append(LayerOutput(name, place, x.shape[1:]))
    return found


def panel_of(output: LayerOutput, values, *marks, at, emits="", hidden=False, **colors) -> Panel:
    """The picture of an output: its maps, `marks` above them; an empty frame if hidden."""
    picture = output.picture(np.full(output.shape, np.nan) if hidden else values)
    rows, columns = picture.shape
    tile = (*output.shape[1:], 1) if len(output.shape) == 3 else None
    heat = Heatmap(picture, emits=emits, tile=tile, **colors)
    words = [] if not hidden else [Text((columns - 1) / 2, (rows - 1) / 2, "?", color="muted", size=16)]
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel([heat, *words, *marks], x, y, title=output.title, at=at, equal=True, grid=False)


def reach_of(values: list[np.ndarray]) -> float:
    """The largest size of all finite numbers: what one colour scale for all must span."""
    sizes = [np.abs(v[np.isfinite(v)]).max(initial=0) for v in values]
    return float(max(sizes)) or 1.0


def shared_reach(values: list[np.ndarray]) -> float:
    """A size that all but the largest 3 % of the numbers keep within: one scale that leaves none too pale."""
    sizes = np.abs(np.concatenate([v.ravel() for v in values]))
    return float(np.quantile(sizes[sizes > 0], 0.97)) if sizes.any() else 1.0
