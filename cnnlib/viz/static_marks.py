"""How matplotlib draws the marks that explain, and tiles; used by `cnnlib.viz.static`."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import withStroke

from cnnlib.viz.annotations import Cursor, Note, Reference
from cnnlib.viz.colors import to_hex
from cnnlib.viz.maps import ColorScale, Maps
from cnnlib.viz.marks import Line
from cnnlib.viz.tiles import Tiles

PIXEL = 0.75  # points of a CSS pixel
LETTER = 6.0  # mean width of a letter of a note in pixels
FINE = 2  # dots a pixel of a tile
_DASHES = {"solid": "-", "dashed": (0, (5, 3)), "dotted": (0, (1.5, 2))}
_FRAMES = (("grid", 1.0), ("ink", 1.25), ("you", 3.0))


def halo(theme: str) -> list:
    """A rim of paper around words, so that lines behind them do not disturb."""
    return [withStroke(linewidth=3, foreground=to_hex("paper", theme))]


def note(axes, mark: Note, theme: str, order: int) -> None:
    color = to_hex(mark.color, theme)
    words = textwrap.fill(mark.text, max(8, int(mark.width / LETTER)))
    look = {"fontsize": 8.5, "style": "italic", "color": color, "zorder": order, "parse_math": False}
    axes.text(mark.x, mark.y, words, ha=mark.align, va="top", path_effects=halo(theme), clip_on=False, **look)
    if mark.to is not None:
        arrow = {"arrowstyle": "->", "color": color, "linewidth": 0.8, "connectionstyle": "arc3,rad=0.25"}
        axes.annotate("", mark.to, (mark.x, mark.y), arrowprops=arrow, annotation_clip=False, zorder=order)


def reference(axes, mark: Reference, theme: str, order: int) -> None:
    color = to_hex(mark.color, theme)
    draw = axes.axhline if mark.x is None else axes.axvline
    draw(
        mark.y if mark.x is None else mark.x,
        color=color,
        linewidth=1,
        linestyle=_DASHES[mark.dash],
        zorder=order,
    )
    look = {"fontsize": 8, "color": color, "zorder": order, "path_effects": halo(theme), "parse_math": False}
    end = mark.at == "end"
    if mark.x is None:
        place, across = (0.99 if end else 0.01, mark.y), axes.get_yaxis_transform()
        axes.text(*place, mark.text, ha="right" if end else "left", va="bottom", transform=across, **look)
    else:
        place, upright = (mark.x, 0.98 if end else 0.02), axes.get_xaxis_transform()
        axes.text(*place, " " + mark.text, va="top" if end else "bottom", transform=upright, **look)


def cursor(axes, mark: Cursor, theme: str, order: int) -> None:
    color = to_hex(mark.color, theme)
    axes.axvline(mark.x, color=color, linewidth=1.5, zorder=order)
    if mark.text:
        box = {"boxstyle": "round,pad=0.3,rounding_size=0.8", "facecolor": color, "linewidth": 0}
        look = {"fontsize": 8, "fontweight": "bold", "color": to_hex("on-you", theme), "bbox": box}
        axes.text(
            mark.x,
            0,
            mark.text,
            ha="center",
            va="top",
            transform=axes.get_xaxis_transform(),
            zorder=order,
            clip_on=False,
            **look,
        )


def tiles(axes, mark: Tiles, theme: str, order: int, colors) -> None:
    """`colors` makes (rows, columns, 4) of values, as the colour map says."""
    zoom = FINE * mark.size / mark.z.shape[1]
    paper = to_hex("paper", theme)
    for i, (x, y) in enumerate(zip(mark.x, mark.y, strict=True)):
        opacity = 1.0 if mark.opacity is None else float(mark.opacity[i])
        image = np.kron(colors(mark.z[i]), np.ones((max(1, round(zoom)), max(1, round(zoom)), 1)))
        image[..., 3] *= opacity
        fit = mark.size / image.shape[0]
        color, width = _FRAMES[0 if mark.state is None else int(mark.state[i])]
        frame = {"edgecolor": to_hex(color, theme), "linewidth": width * PIXEL, "facecolor": paper}
        picture = OffsetImage(image, zoom=fit * PIXEL, interpolation="nearest")
        away = mark.shift[0] * PIXEL, -mark.shift[1] * PIXEL
        look = {"boxcoords": "offset points", "pad": 0, "bboxprops": frame, "zorder": order}
        axes.add_artist(AnnotationBbox(picture, (x, y), away, **look))
        if mark.captions:
            below = {"xytext": (0, -(mark.size / 2 + 3) * PIXEL), "textcoords": "offset points"}
            axes.annotate(
                mark.captions[i],
                (x, y),
                ha="center",
                va="top",
                fontsize=8,
                color=to_hex("muted", theme),
                **below,
            )


def maps(axes, mark: Maps, theme: str, order: int, colors) -> None:
    """A layer's maps at their places in pixels around the block's middle."""
    height, width, gap = mark.tile
    columns = (mark.z.shape[1] + gap) // (width + gap)
    cell = (mark.pitch - mark.gap) / max(height, width)
    zoom = max(1, round(FINE * cell))
    wide, high = mark.size
    for i in range(mark.count):
        down, right = divmod(i, columns)
        rows, across = down * (height + gap), right * (width + gap)
        z = mark.z if mark.floor is None else np.maximum(mark.z, mark.floor)
        image = colors(z[rows : rows + height, across : across + width])
        image = np.kron(image, np.ones((zoom, zoom, 1)))
        if mark.opacity is not None:
            image[..., 3] *= mark.opacity[i]
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


def colorscale(axes, mark: ColorScale, theme: str, order: int, colors) -> None:
    """A bar of colours with the values of its ends."""
    bar = OffsetImage(np.tile(colors[None], (7, 1, 1)), zoom=PIXEL, interpolation="nearest")
    shift = mark.shift[0] * PIXEL, -mark.shift[1] * PIXEL
    look = {"boxcoords": "offset points", "frameon": False, "pad": 0, "zorder": order}
    axes.add_artist(AnnotationBbox(bar, (mark.x, mark.y), shift, **look))
    words = {"fontsize": 8, "color": to_hex("muted", theme), "va": "center", "textcoords": "offset points"}
    for word, side, align in zip(mark.words, (-27, 27), ("right", "left"), strict=True):
        away = shift[0] + side * PIXEL, shift[1]
        axes.annotate(word, (mark.x, mark.y), away, ha=align, annotation_clip=False, **words)


def label_ends(axes, lines: list[Line], theme: str) -> None:
    """Each line's label at its right end."""
    for line in lines:
        seen = np.flatnonzero(np.isfinite(line.x) & np.isfinite(line.y))
        if line.label and len(seen):
            at = line.x[seen[-1]], line.y[seen[-1]]
            name = {"pos": "pos-text", "neg": "neg-text"}.get(line.color, line.color)
            axes.annotate(
                line.label,
                at,
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                fontweight="bold",
                color=to_hex(name, theme),
                annotation_clip=False,
                path_effects=halo(theme),
            )
