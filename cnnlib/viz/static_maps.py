"""How matplotlib draws a layer's maps and the scale of their colours."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from cnnlib.viz.color_maps import color_map, normalize
from cnnlib.viz.colors import to_hex
from cnnlib.viz.maps import ColorScale, Maps

PIXEL = 0.75  # points of a CSS pixel
ZERO = 0.55  # opacity of a number that reads zero
FINE = 2  # dots a pixel of a tile
_FRAMES = (("grid", 1.0), ("ink", 1.25), ("you", 3.0))


def maps(axes, mark: Maps, theme: str, order: int) -> None:
    """A layer's maps at their places in pixels around the block's middle."""
    norm, cmap = normalize(mark.cmap, mark.vmin, mark.vmax), color_map(mark.cmap, theme)
    height, width, gap = mark.tile
    columns = (mark.z.shape[1] + gap) // (width + gap)
    cell, high = (mark.pitch - mark.gap) / max(height, width), mark.size[1]
    if mark.needs:  # the images become smaller, and each stays in its row
        cell *= min(1.0, axes.bbox.width * 96 / (axes.figure.dpi * mark.needs))
    zoom = max(1, round(FINE * cell))
    wide = mark.across * (mark.gap + width * cell)
    for i in range(mark.count):
        down, right = divmod(i, columns)
        rows, across = down * (height + gap), right * (width + gap)
        z = mark.z if mark.floor is None else np.maximum(mark.z, mark.floor)
        image = cmap(norm(np.ma.masked_invalid(z[rows : rows + height, across : across + width])))
        image = np.kron(image, np.ones((zoom, zoom, 1)))
        if mark.opacity is not None:
            image[..., 3] *= mark.opacity[i]
        for box in () if mark.boxes is None else mark.boxes[mark.boxes[:, 0] == i, 1:]:
            _box(image, box * zoom + (0, zoom, 0, zoom), theme)
        down, right = divmod(i, mark.across)
        x = (right + 0.5) * wide / mark.across - wide / 2
        y = high / 2 - (down + 0.5) * high / -(-mark.count // mark.across)
        color, line = _FRAMES[0 if mark.state is None else int(mark.state[i])]
        frame = {
            "edgecolor": to_hex(color, theme),
            "linewidth": line * PIXEL,
            "facecolor": to_hex("paper", theme),
        }
        picture = OffsetImage(image, zoom=cell / zoom * PIXEL, interpolation="nearest")
        look = {"boxcoords": "offset points", "pad": 0, "bboxprops": frame, "zorder": order}
        axes.add_artist(AnnotationBbox(picture, (mark.x, mark.y), (x * PIXEL, y * PIXEL), **look))
    if mark.numbers and mark.count == 1:
        _numbers(axes, mark, cell, cmap(norm(mark.z)), order)


def _box(image: np.ndarray, edges: np.ndarray, theme: str) -> None:
    """Paint a frame around cells, teal with a rim of paper; `edges` are top, bottom, left, right in dots."""
    for color, out, thick in (("paper", 3 * FINE, 6 * FINE), ("you", 2 * FINE, 2 * FINE)):
        top, bottom, left, right = (edges + np.array((-out, out, -out, out))).astype(int)
        for rows, columns in (
            ((top, top + thick), (left, right)),
            ((bottom - thick, bottom), (left, right)),
            ((top, bottom), (left, left + thick)),
            ((top, bottom), (right - thick, right)),
        ):
            place = tuple(slice(max(0, low), max(0, high)) for low, high in (rows, columns))
            image[place] = *to_rgb(to_hex(color, theme)), 1.0


def _numbers(axes, mark: Maps, cell: float, colors: np.ndarray, order: int) -> None:
    """The numbers of a single map in its cells, black or white."""
    middle = (np.array(mark.z.shape) - 1) / 2
    for place, value in np.ndenumerate(mark.z):
        down, right = (np.array(place) - middle) * cell * PIXEL
        light = colors[place][:3] @ (0.2126, 0.7152, 0.0722) > 0.45
        look = {"textcoords": "offset points", "ha": "center", "va": "center", "fontsize": 7, "zorder": order}
        look |= {"color": "#000000" if light else "#ffffff", "annotation_clip": False}
        word = format(value, f"z{mark.numbers}")
        look["alpha"] = strength(word)
        axes.annotate(word, (mark.x, mark.y), (right, -down), **look)


def strength(word: str) -> float:
    """Opacity of a number in its cell: faint where it reads zero.

    >>> strength("0.00"), strength("−0.02")
    (0.55, 1.0)
    """
    return 1.0 if any(digit in word for digit in "123456789") else ZERO


def colorscale(axes, mark: ColorScale, theme: str, order: int) -> None:
    """A bar of colours with the values of its ends; in a narrow panel none."""
    if axes.bbox.width < mark.needs * axes.figure.dpi / 96:
        return
    colors = color_map(mark.cmap, theme)(np.linspace(0, 1, 46))
    bar = OffsetImage(np.tile(colors[None], (7, 1, 1)), zoom=PIXEL, interpolation="nearest")
    shift = mark.shift[0] * PIXEL, -mark.shift[1] * PIXEL
    look = {"boxcoords": "offset points", "frameon": False, "pad": 0, "zorder": order}
    axes.add_artist(AnnotationBbox(bar, (mark.x, mark.y), shift, **look))
    words = {"fontsize": 8, "color": to_hex("muted", theme), "va": "center", "textcoords": "offset points"}
    for word, side, align in zip(mark.words, (-27, 27), ("right", "left"), strict=True):
        away = shift[0] + side * PIXEL, shift[1]
        axes.annotate(word, (mark.x, mark.y), away, ha=align, annotation_clip=False, **words)
