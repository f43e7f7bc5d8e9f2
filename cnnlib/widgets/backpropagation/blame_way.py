"""One number's way backwards through the picture of blame: from cell to cell, fanned out by kernels."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Conv2d, MaxPool2d
from cnnlib.viz import Links, Mark, Text
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.xray_overview import boxes, window_of

GAP = 3.0  # pixels of a map's pitch that stay free
THIN = 1.25


def window_before(model, before: LayerOutput, output: LayerOutput, place: tuple | None) -> tuple | None:
    """Rows and columns (first, last) of the map before under the kernel that made the number at `place`."""
    layer = model[output.place - 1]
    if place is None or not output.maps or not before.maps or not isinstance(layer, Conv2d):
        return None
    return window_of(layer, place, before.shape[1:])


def read_by(model, before: LayerOutput, output: LayerOutput, place: tuple | None, values) -> np.ndarray:
    """Which numbers of an output (1 or 0 each) the number at `place` of the next one was made of."""
    layer, every = model[output.place - 1], np.ones(before.shape)
    if place is None or not output.maps or not before.maps:
        return every
    if not isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
        rows, columns = (place[1], place[1]), (place[2], place[2])
    else:
        rows, columns = window_of(layer, place, before.shape[1:])
    found = np.zeros(before.shape)
    maps = slice(None) if isinstance(layer, Conv2d) or len(every) <= place[0] else place[0]
    found[maps, rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = 1
    if isinstance(layer, MaxPool2d):
        found *= values == np.where(found, values, -np.inf).max()
    return found


def framed(output: LayerOutput, place: tuple | None, window: tuple | None = None) -> np.ndarray | None:
    """Frames around the number at `place`, and around what the next kernel read."""
    if place is None:
        return None
    row, column = place[1:] if output.maps else output.cell(place)
    frames = [boxes([0], (row, row), (column, column))]
    if window is not None:
        frames.append(boxes([0], *window))
    return np.concatenate(frames)


def edges_of(output: LayerOutput, place: tuple, pitch: float) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a number's cell, in pixels from the middle of its map."""
    row, column = place[1:] if output.maps else output.cell(place)
    return _edges(output, (row, row), (column, column), pitch)


def _edges(output: LayerOutput, rows: tuple, columns: tuple, pitch: float) -> tuple:
    height, width = output.shape[1:] if output.maps else output.picture(np.zeros(output.shape)).shape
    cell = (pitch - GAP) / max(height, width)
    left, top = (columns[0] - width / 2) * cell, (rows[0] - height / 2) * cell
    return left, left + (columns[1] - columns[0] + 1) * cell, top, top + (rows[1] - rows[0] + 1) * cell


def course(picture, y: float) -> list[Mark]:
    """Lines from each framed number to the one before it; to both corners of a window where a kernel acts."""
    starts, ends, before_x, after_x = [], [], [], []
    for i in range(len(picture.outputs) - 1):
        before, output = picture.outputs[i], picture.outputs[i + 1]
        if picture.way[i] is None or picture.way[i + 1] is None or not picture.come(before):
            continue
        left, _, top, bottom = edges_of(output, picture.way[i + 1], picture.pitch_of(i + 1))
        if i + 1 == picture.last:  # the chosen number stands in a box of its own
            left, top, bottom = -picture.half, 0.0, 0.0
        window = window_before(picture.model, before, output, picture.way[i + 1])
        middle = (top + bottom) / 2
        if window is None:
            _, right, low, high = edges_of(before, picture.way[i], picture.pitch_of(i))
            pairs = [(middle, (low + high) / 2)]
        else:
            _, right, low, high = _edges(before, *window, picture.pitch_of(i))
            reach = picture.pitch / 2  # the image is larger: what lies lower would cross the numbers
            low, high = max(low, min(-reach, high)), min(high, max(reach, low))
            pairs = [(top, low), (bottom, high)]
        for start, end in pairs:
            starts.append((left, start))
            ends.append((right, end))
            after_x.append(float(picture.x[i + 1]))
            before_x.append(float(picture.x[i]))
    if not starts:
        return []
    (dx0, dy0), (dx1, dy1) = np.array(starts).T, np.array(ends).T
    level, look = np.full(len(dy0), y), {"color": "you", "widths": [THIN] * len(dy0), "needs": picture.needs}
    return [Links(after_x, level, before_x, level, dx0=dx0, dx1=dx1, dy0=dy0, dy1=dy1, **look)]


def numbers(picture, y: float) -> list[Mark]:
    """The gradient at the framed places between the image and the chosen number, in numbers."""
    every = range(1, min(picture.last, len(picture.outputs)))
    spots = [i for i in every if picture.way[i] is not None and picture.come(picture.outputs[i])]
    marks: list[Mark] = []
    for sign, color in ((1, "pos-text"), (-1, "neg-text")):
        keep = [i for i in spots if np.sign(picture.slope(i)) == sign]
        if keep:
            where = picture.x[keep], [y] * len(keep)
            words = [signed(picture.slope(i)) for i in keep]
            marks.append(Text(*where, words, color=color, bold=True, size=15))
    return marks
