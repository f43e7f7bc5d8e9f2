"""One number's way backwards through the picture of blame: from cell to cell, fanned out by kernels."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Conv2d, MaxPool2d
from cnnlib.runtime.language import say
from cnnlib.viz import Links, Mark, Note, Text
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
        left, _, top, bottom = edges_of(output, picture.way[i + 1], picture.pitch)
        window = window_before(picture.model, before, output, picture.way[i + 1])
        middle = (top + bottom) / 2
        if window is None:
            _, right, low, high = edges_of(before, picture.way[i], picture.pitch)
            pairs = [(middle, (low + high) / 2)]
        else:
            _, right, low, high = _edges(before, *window, picture.pitch)
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
    """The gradient at the framed places, in numbers."""
    spots = [
        i for i, place in enumerate(picture.way) if place is not None and picture.come(picture.outputs[i])
    ]
    found = [float(picture.gradients[picture.outputs[i].place][0][picture.way[i]]) for i in spots]
    marks: list[Mark] = []
    for sign, color in ((1, "pos-text"), (-1, "neg-text")):
        keep = [k for k, value in enumerate(found) if np.sign(value) == sign]
        if keep:
            where = picture.x[[spots[k] for k in keep]], [y] * len(keep)
            marks.append(Text(*where, [signed(found[k]) for k in keep], color=color, bold=True, size=15))
    return marks


def remarks(picture, y: float, low: float) -> list[Mark]:
    """Where the way of a unit begins, and what the number at its end means; above the row of thumbs."""
    last, marks = sum(picture.reached(output) for output in picture.outputs) - 1, []
    if picture.loss is not None:
        return []
    if last + 1 < len(picture.outputs) and picture.come(picture.outputs[last]):
        x, half = float(picture.x[last]), 0.5 * picture.pitch / picture.needs
        words, spot = "This unit: it moves itself one for one.", (x + half, y)
        marks.append(Note(x + half + 0.022, y + 12, words, spot, 88, needs=picture.needs))
    if picture.way[0] is None or not picture.come(picture.outputs[0]):
        return marks
    slope = float(picture.gradients[picture.outputs[0].place][0][picture.way[0]])
    how = {"slope": signed(slope), "part": f"{abs(slope) / 10:.2g}"}
    words = (
        say("{slope}: if this pixel grew by 0.1, the unit would rise by {part}.", **how)
        if slope > 0
        else say("{slope}: if this pixel grew by 0.1, the unit would fall by {part}.", **how)
    )
    return [*marks, Note(0, low, words, width=225, needs=picture.needs)]
