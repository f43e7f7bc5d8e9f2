"""One number's way backwards through the picture of blame: from cell to cell, fanned out by kernels."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Conv2d, MaxPool2d
from cnnlib.viz import Links, Mark, Text
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.xray_overview import boxes, window_of

GAP = 3.0  # pixels of a map's pitch that stay free
THIN = 1.5
NAMES = "x", "y", "dx", "dy"  # of the ends of a link


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


def course(picture) -> list[Mark]:
    """Lines from each framed number to the one before it; to both corners of a window before the image."""
    lines: list[tuple] = []  # of each its two ends: (x, y, pixels to the right, pixels down)
    for i in range(len(picture.x) - 1):
        if i >= picture.last or picture.way[i] is None or not picture.come(picture.outputs[i]):
            continue
        if i + 1 < picture.last and picture.way[i + 1] is None:
            continue
        lines += between(picture, i)
    if not lines:
        return []
    ends = [np.array([line[end] for line in lines]).T for end in (0, 1)]
    places = {
        f"{name}{end}": part
        for end, parts in enumerate(ends)
        for name, part in zip(NAMES, parts, strict=True)
    }
    return [Links(**places, color="you", widths=[THIN] * len(lines), needs=picture.needs)]


def between(picture, i: int) -> list[tuple]:
    """The lines of the way from column i + 1 to column `i`."""
    after, place = i + 1, picture.way[i + 1] if i + 1 < len(picture.outputs) else None
    if picture.boxed(after):  # the chosen number stands in a box
        left, right, top, bottom = -picture.half, picture.half, 0.0, 0.0
    else:
        left, right, top, bottom = edges_of(picture.outputs[after], place, picture.pitch_of(after))
    before, window = picture.outputs[i], None
    if after < len(picture.outputs):
        window = window_before(picture.model, before, picture.outputs[after], place)
    if window is None:
        near, far, low, high = edges_of(before, picture.way[i], picture.pitch_of(i))
    else:
        near, far, low, high = _edges(before, *window, picture.pitch_of(i))
    here, there = (
        (float(picture.x[after]), float(picture.y[after])),
        (float(picture.x[i]), float(picture.y[i])),
    )
    middle, goal = (top + bottom) / 2, (low + high) / 2
    if i == 0:  # straight out of its map, then to the corners of what the kernel reads
        bend = (picture.trunk, here[1], 0.0, middle)
        corners = [goal] if window is None else [low, high]
        return [((*here, left, middle), bend), *((bend, (*there, far, corner)) for corner in corners)]
    if i == picture.turn and after < len(picture.x) - 1:  # round the right end of both rows
        upper, lower = (picture.edge, here[1], 0.0, middle), (picture.edge, there[1], 0.0, goal)
        return [((*here, right, middle), upper), (upper, lower), (lower, (*there, far, goal))]
    start, end = (left, far) if i < picture.turn else (right, near)
    if window is None:
        return [((*here, start, middle), (*there, end, goal))]
    return [((*here, start, one), (*there, end, other)) for one, other in ((top, low), (bottom, high))]


def numbers(picture) -> list[Mark]:
    """At each map the number at its frame, a gradient in the colour of its sign."""
    spots = [i for i in range(1, len(picture.outputs)) if picture.seen(i) and picture.way[i] is not None]
    marks: list[Mark] = []
    for color in ("pos-text", "neg-text", "ink"):
        keep = [i for i in spots if color_of(picture, i) == color]
        if keep:
            words = [
                f"{picture.value(i):.2f}" if picture.forwards else signed(picture.slope(i)) for i in keep
            ]
            marks.append(
                Text(*picture.over(keep, 1), words, color=color, bold=True, size=13, align=picture.ends_at[1])
            )
    return marks


def number_at(picture, i: int) -> str:
    """The number at the frame of a column, as it is printed."""
    return f"{picture.value(i):.2f}" if picture.forwards else signed(picture.slope(i))


def color_of(picture, i: int) -> str:
    """Of the number at a frame; of a gradient that is zero none, since it is not shown."""
    if picture.forwards:
        return "ink"
    return {1: "pos-text", -1: "neg-text"}.get(int(np.sign(picture.slope(i))), "")
