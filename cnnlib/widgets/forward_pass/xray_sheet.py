"""The sheet of the X-ray: the input large, to be read or drawn on."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Heatmap, Panel, Region, Text
from cnnlib.widgets.base import Choice
from cnnlib.widgets.forward_pass.unit_detail import READABLE

FIRST = 4  # images with a thumbnail of their own
FINEST = 16  # pixels of a thumbnail at most, in height and width: they travel with every new image


def sheet(pixels: np.ndarray, unit, title, at, emits="input") -> Panel:
    """The input once more: an image with its numbers, or a sheet large enough to draw on."""
    height, width = pixels.shape
    numbers = ".1f" if title.startswith("input") and pixels.size <= READABLE else ""
    heat = Heatmap(pixels, cmap="ink", vmin=0, vmax=1, numbers=numbers, emits=emits)
    rim = Region(-0.5, width - 0.5, -0.5, height - 0.5, color="muted", filled=False, width=1.5)
    marks = [heat, rim]
    if unit is not None:
        row, column = unit[1:]
        edges = (column - 0.5, column + 0.5, row - 0.5, row + 0.5)
        marks.append(Region(*edges, color="you", filled=False, width=2.5))
    x, y = Axis(-0.5, width - 0.5, visible=False), Axis(height - 0.5, -0.5, visible=False)
    name = "sheet" if emits else "prepared"
    return Panel(marks, x, y, title=title, at=at, equal=True, grid=False, name=name)


def chooser(names: tuple[str, ...]) -> Choice:
    """The control that chooses an image by its thumbnail."""
    numbered = [say("image {number}", number=i) for i in range(len(names))]
    words = [word("others") if name == "others" else numbered[i] for i, name in enumerate(names)]
    return Choice("first", names, picker="thumbnails", label="Test image", words=words)


def thumbnails(images: np.ndarray) -> tuple[tuple[str, ...], list[Panel]]:
    """Names and small pictures of the first images (N, C, H, W), and of all others together."""
    names = tuple(f"image {i}" for i in range(min(len(images), FIRST)))
    pictures = [thumbnail(image) for image in images[:FIRST]]
    if len(images) > FIRST:
        return (*names, "others"), [*pictures, thumbnail(None)]
    return names, pictures


def thumbnail(image: np.ndarray | None) -> Panel:
    """An image (C, H, W) as a small picture to choose it by; a word for what has none."""
    if image is None:
        blank = Axis(-1, 1, visible=False)
        return Panel([Text([0], [0], ["more"], size=17)], blank, blank, grid=False)
    flat = shrunk(image.mean(axis=0))
    cmap = "ink" if len(image) == 1 else "gray"
    rows, columns = flat.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel([Heatmap(flat, cmap=cmap, vmin=0, vmax=1, hover=False, smooth=True)], x, y, grid=False)


def shrunk(image: np.ndarray) -> np.ndarray:
    """An image (H, W) of at most `FINEST` pixels each way: means of squares; what is left over is cut off.

    >>> shrunk(np.ones((28, 28))).shape
    (14, 14)
    """
    step = -(-max(image.shape) // FINEST)
    rows, columns = (size // step for size in image.shape)
    squares = image[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return squares.mean(axis=(1, 3), dtype=image.dtype)


def stroke(drawing, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The drawing with ink along the pen's way from one place (row, column) to another."""
    table = np.array(drawing)
    places = np.stack(np.mgrid[: table.shape[0], : table.shape[1]], axis=-1)
    thick = 1.13 + max(table.shape) / 36  # of half a stroke, in pixels: 1.35 on a sheet of 8
    for share in np.linspace(0, 1, 1 + max(7, int(2 * np.abs(end - start).max()))):
        away = np.linalg.norm(places - (start + share * (end - start)), axis=-1)
        table = np.maximum(table, np.clip(thick - away, 0, 1).round(3))
    return table
