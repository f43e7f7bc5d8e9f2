"""A network laid out as a row of pictures, one a layer: what several widgets about networks share.

>>> from cnnlib.networks import small_cnn
>>> [output.name for output in layer_outputs(small_cnn(rng=0), (1, 8, 8))][:4]
['input', 'convolution 1', 'ReLU 1', 'pooling 1']
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.runtime.language import marked, say, say_many
from cnnlib.viz import Region, mosaic

WORDS = {
    Conv2d: "convolution",
    Linear: "linear",
    MaxPool2d: "pooling",
    AvgPool2d: "pooling",
    ReLU: "ReLU",
    Tanh: "tanh",
    Sigmoid: "sigmoid",
    BatchNorm2d: "normalization",
}
NUMBERED = marked(
    *("convolution {number}", "pooling {number}", "normalization {number}", "linear {number}"),
    *("ReLU {number}", "tanh {number}", "sigmoid {number}"),
    *("conv {number}", "pool {number}", "norm {number}"),
    *(
        "Convolution {number}",
        "Pooling {number}",
        "Normalization {number}",
        "Linear {number}",
        "Input",
        "Scores",
    ),
    *("Sigmoid {number}", "Tanh {number}"),
    *("convolution", "pooling", "normalization", "linear", "conv", "pool", "norm"),
)
MAPS_A_COLUMN = 8
UPRIGHT = 20  # numbers that stand in one column; more of them are wrapped
MOST_DRAWN = 10  # pictures in a row


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
    maps : tuple of int
        The maps that the picture shows, in its order; empty for a vector.
    """

    name: str
    place: int
    shape: tuple
    maps: tuple = ()

    def __post_init__(self) -> None:
        if not self.maps and len(self.shape) == 3:
            object.__setattr__(self, "maps", tuple(range(self.shape[0])))

    @property
    def title(self) -> str:
        """The name, short."""
        return self.name.replace("convolution", "conv").replace("pooling", "pool")

    @property
    def size(self) -> str:
        """The shape in words, such as ``"8 maps of 8×8"``."""
        if len(self.shape) == 1:
            return say("{shape} numbers", shape=self.shape[0])
        channels, height, width = self.shape
        return say_many(
            "{number} map of {height}×{width}",
            "{number} maps of {height}×{width}",
            channels,
            height=height,
            width=width,
        )

    @property
    def columns(self) -> int:
        """Maps in one row of the mosaic, or numbers in one row of a vector."""
        if len(self.shape) == 1:
            return 1 if self.shape[0] <= UPRIGHT else math.ceil(math.sqrt(self.shape[0] / 2))
        return 1 if len(self.maps) <= MAPS_A_COLUMN else 2

    def showing(self, unit: tuple) -> LayerOutput:
        """The same with the map of `unit` among those shown, in the place of the last if need be."""
        if len(unit) == 1 or unit[0] in self.maps:
            return self
        return replace(self, maps=(*self.maps[:-1], unit[0]))

    def picture(self, values: np.ndarray) -> np.ndarray:
        """Lay the shown maps of one image out as a matrix; a vector stands upright, or in rows if long."""
        values = np.asarray(values)
        if len(self.shape) == 1:
            rows = math.ceil(self.shape[0] / self.columns)
            cells = np.full(rows * self.columns, np.nan)
            cells[: self.shape[0]] = values
            return cells.reshape(rows, self.columns)
        return mosaic(values[list(self.maps)], self.columns)

    def unit_at(self, row: int, column: int) -> tuple | None:
        """The unit under a cell of the picture; None in the gaps."""
        if len(self.shape) == 1:
            unit = row * self.columns + column
            return (unit,) if unit < self.shape[0] else None
        _, height, width = self.shape
        down, y = divmod(row, height + 1)
        right, x = divmod(column, width + 1)
        place = down * self.columns + right
        return (self.maps[place], y, x) if y < height and x < width and place < len(self.maps) else None

    def cell(self, unit: tuple) -> tuple[int, int]:
        """Row and column of a unit in the picture: the inverse of `unit_at`."""
        if len(unit) == 1:
            return divmod(unit[0], self.columns)
        _, height, width = self.shape
        down, right = divmod(self.maps.index(unit[0]), self.columns)
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


def layer_outputs(model, input_shape: tuple, images=None, rows: int = 1) -> list[LayerOutput]:
    """The pictures of a network: its input and every layer's output, in their order.

    Flatten and Dropout have none: they change no number of a guess. Of many maps those are shown that differ
    most from image to image, the same through the layers that work map by map.

    Parameters
    ----------
    model : Sequential
        Of layers with names in `WORDS`.
    input_shape : tuple of int
        Of one image, (C, H, W).
    images : array, shape (N, C, H, W), optional
        What maps are chosen by; without them the first ones are shown.
    rows : int
        How many rows of pictures the widget has; two rows show fewer maps each.

    Returns
    -------
    list of LayerOutput
    """
    dtype = next((value.dtype for _, value, _ in model.parameters()), np.dtype(np.float32))
    x = np.zeros((1, *input_shape), dtype) if images is None else images[:CHOOSING]
    found, counts, maps = [LayerOutput("input", 0, tuple(input_shape))], {}, ()
    for place, layer in enumerate(model, start=1):
        x = layer.infer(x)
        last = place == len(model)
        if isinstance(layer, Flatten | Dropout) and not last:
            continue
        word = WORDS.get(type(layer), type(layer).__name__)
        counts[word] = counts.get(word, 0) + 1
        if x.ndim == 4 and (isinstance(layer, Conv2d) or not maps):
            maps = _maps_to_show(x, rows)
        shown = maps[: _most_maps(x.shape[2:], rows)] if x.ndim == 4 else ()
        found.append(LayerOutput("scores" if last else f"{word} {counts[word]}", place, x.shape[1:], shown))
    return found


CHOOSING = 100  # images that maps are chosen by


def _maps_to_show(x: np.ndarray, rows: int) -> tuple:
    """Numbers of the maps, those first that differ most between images; in order where all are shown."""
    most = _most_maps(x.shape[2:], rows)
    if x.shape[1] <= most or len(x) == 1:
        return tuple(range(x.shape[1]))
    order = np.argsort(-x.std(axis=0).mean(axis=(1, 2)), kind="stable")
    return (*sorted(map(int, order[:most])), *map(int, order[most:]))


def _most_maps(size: tuple, rows: int) -> int:
    """Maps shown at most: as many as can be told apart, and as a frame on the wire can carry."""
    pixels = size[0] * size[1]
    return 2 * MAPS_A_COLUMN if pixels <= 256 else MAPS_A_COLUMN if pixels <= 1024 else 4


def drawn(outputs: list[LayerOutput]) -> list[LayerOutput]:
    """Those with a picture: without normalizations, then activations, if there are too many for one row.

    >>> from cnnlib.networks import two_conv
    >>> [output.name for output in drawn(layer_outputs(two_conv(rng=0), (1, 28, 28)))][:3]
    ['input', 'convolution 1', 'normalization 1']
    """
    for words in (("normalization",), ("ReLU", "tanh", "sigmoid")):
        if len(outputs) > MOST_DRAWN:
            outputs = [output for output in outputs if output.name.split()[0] not in words]
    return outputs[: MOST_DRAWN - 1] + outputs[-1:] if len(outputs) > MOST_DRAWN else outputs


def widths(outputs: list[LayerOutput]) -> tuple:
    """Relative widths of the pictures in their row, by the proportions of what they show."""
    found = []
    for output in outputs:
        rows, columns = output.picture(np.zeros(output.shape)).shape
        found.append(1.2 if output.place == 0 else float(np.clip(3.4 * columns / rows, 0.55, 1.7)))
    return tuple(found)


def reach_of(values: list[np.ndarray]) -> float:
    """The largest size of all finite numbers: what one colour scale for all must span."""
    sizes = [np.abs(v[np.isfinite(v)]).max(initial=0) for v in values]
    return float(max(sizes)) or 1.0


NEARLY_ALL = 0.97  # share of the positive numbers that colours tell apart; the rest have the strongest


def shared_ends(values: list[np.ndarray]) -> tuple[float, float]:
    """Ends of one scale for several layers: of orange the smallest number, of blue what few numbers exceed.

    What is below zero is far from it before a ReLU, and gone behind it: with an end of its own it does not
    drown what is kept.

    >>> shared_ends([np.array([-6.0, 0.0, 2.0])])
    (-6.0, 2.0)
    """
    every = np.concatenate([v.ravel() for v in values]) if values else np.zeros(1)
    every = every[np.isfinite(every)]
    plus = every[every > 0]
    least = -float(every.min(initial=0.0))
    high = float(np.quantile(plus, NEARLY_ALL)) if plus.size else least or 1.0
    return -max(least, high), high
