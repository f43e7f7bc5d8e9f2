"""What acts between two columns of the picture of blame: kernels, gates and the winners of a pooling."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import Conv2d, MaxPool2d, ReLU
from cnnlib.widgets.backpropagation.blame_way import framed
from cnnlib.widgets.forward_pass.xray_overview import boxes

GATE, SWITCH, KERNEL = "ReLU gate", "pool winner", "kernel"


def rule(picture, i: int) -> tuple[str, np.ndarray, dict] | None:
    """Title, picture and look of what made output `i` of the one before."""
    before, output = picture.outputs[i - 1], picture.outputs[i]
    layer = picture.model[output.place - 1]
    here, index = picture.followed[i], picture.followed[i - 1]
    if isinstance(layer, Conv2d):
        z = layer.params["weight"][here, min(index, layer.params["weight"].shape[1] - 1)]
        return KERNEL, z, {"cmap": "diverging", "boxes": weight_used(picture, i, layer)}
    value = picture.values[output.place - 1][0]
    if isinstance(layer, ReLU):
        shut = (value[here] <= 0).astype(float)
        return GATE, shut, {"cmap": "shade", "vmin": 0, "vmax": 2.0, "boxes": framed(output, picture.way[i])}
    if isinstance(layer, MaxPool2d) and picture.way[i] is not None and before.place:
        row, column = (picture.way[i][1 + k] * layer.stride[k] for k in (0, 1))
        z = value[here][row : row + layer.kernel_size[0], column : column + layer.kernel_size[1]]
        won = np.unravel_index(int(z.argmax()), z.shape)
        frame = boxes([0], (won[0], won[0]), (won[1], won[1])) if z.any() else None
        return SWITCH, z, {"cmap": "diverging", "numbers": ".1f", "boxes": frame}
    return None


def weight_used(picture, i: int, layer: Conv2d) -> np.ndarray | None:
    """A frame around the weight of a kernel that joins two numbers of the way."""
    if picture.way[i] is None or picture.way[i - 1] is None:
        return None
    after, before = picture.way[i][1:], picture.way[i - 1][1:]
    read = (before[k] + layer.padding[k] - after[k] * layer.stride[k] for k in (0, 1))
    p, q = (place // step for place, step in zip(read, layer.dilation, strict=True))
    return boxes([0], (p, p), (q, q))
