"""How matplotlib draws the marks that explain, and tiles."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import withStroke

from cnnlib.viz.annotations import Cursor, Note, Reference
from cnnlib.viz.color_maps import color_map, normalize
from cnnlib.viz.colors import to_hex
from cnnlib.viz.marks import Line
from cnnlib.viz.tiles import Tiles

DASHES = {"solid": "-", "dashed": (0, (5, 3)), "dotted": (0, (1.5, 2))}
PIXEL = 0.75  # points of a CSS pixel
PLATE = 0.82  # opacity of the paper behind a note
LETTER = 6.0  # mean width of a letter of a note in pixels
BOLD_LETTER = 7.0  # and of one of a pill
FINE = 2  # dots a pixel of a tile
_FRAMES = (("grid", 1.0), ("ink", 1.25), ("you", 3.0))


def halo(theme: str) -> list:
    """A rim of paper around words, so that lines behind them do not disturb."""
    return [withStroke(linewidth=3, foreground=to_hex("paper", theme))]


def note(axes, mark: Note, theme: str, order: int) -> None:
    color = to_hex(mark.color, theme)
    words = textwrap.fill(mark.text, max(8, int(mark.width / LETTER)))
    look = {"fontsize": 8.5, "color": color, "zorder": order, "parse_math": False, "clip_on": False}
    look["path_effects"] = halo(theme)
    if not mark.tag:
        look["style"] = "italic"
        look["bbox"] = {"boxstyle": "square,pad=0.1", "linewidth": 0, "alpha": PLATE}
        look["bbox"]["facecolor"] = to_hex("paper", theme)
    axes.text(mark.x, mark.y, words, ha=mark.align, va="top", **look)
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
        linestyle=DASHES[mark.dash],
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


def make_way(axes, mark: Cursor) -> None:
    """Leave out the ticks' words that a cursor's pill covers."""
    axes.apply_aspect()
    low, high = sorted(axes.get_xlim())
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    names = axes.xaxis.get_major_formatter().format_ticks(ticks)
    at = axes.transData.transform([(x, axes.get_ylim()[0]) for x in (mark.x, *ticks)])[:, 0]
    away = np.abs(at[1:] - at[0]) * 96 / axes.figure.dpi
    for i, name in enumerate(names):
        if away[i] < BOLD_LETTER * (len(mark.text) + 2) / 2 + LETTER * len(name) / 2:
            names[i] = ""
    axes.set_xticks(ticks, labels=names)


def side_of(axes, mark: Tiles) -> float:
    """Side of the tiles in pixels: smaller where the panel has no room."""
    if not mark.fit:
        return mark.size
    low, high = axes.get_xlim()
    wide = axes.get_window_extent().width * 96 / axes.figure.dpi
    return min(mark.size, wide * mark.fit / abs(high - low))


def tiles(axes, mark: Tiles, theme: str, order: int) -> None:
    norm, cmap = normalize(mark.cmap, mark.vmin, mark.vmax), color_map(mark.cmap, theme)
    size, shift = side_of(axes, mark), (mark.shift[0] * PIXEL, -mark.shift[1] * PIXEL)
    times = max(1, round(FINE * size / mark.z.shape[1]))
    for i, (x, y) in enumerate(zip(mark.x, mark.y, strict=True)):
        image = np.kron(cmap(norm(np.ma.masked_invalid(mark.z[i]))), np.ones((times, times, 1)))
        image[..., 3] *= 1.0 if mark.opacity is None else mark.opacity[i]
        color, width = _FRAMES[0 if mark.state is None else int(mark.state[i])]
        frame = {"edgecolor": to_hex(color, theme), "linewidth": width * PIXEL}
        frame["facecolor"] = to_hex("paper", theme)
        picture = OffsetImage(image, zoom=size / image.shape[0] * PIXEL, interpolation="nearest")
        look = {"boxcoords": "offset points", "pad": 0, "bboxprops": frame, "zorder": order}
        axes.add_artist(AnnotationBbox(picture, (x, y), shift, **look))
        if mark.captions:
            below = {"xytext": (0, -(size / 2 + 3) * PIXEL), "textcoords": "offset points"}
            words = {"ha": "center", "va": "top", "fontsize": 8, "color": to_hex("muted", theme)}
            axes.annotate(mark.captions[i], (x, y), parse_math=False, **below, **words)


def label_ends(axes, lines: list[Line], theme: str) -> None:
    """Each line's label at its right end, moved apart where two would overlap."""
    ends = []
    for line in lines:
        seen = np.flatnonzero(np.isfinite(line.x) & np.isfinite(line.y))
        if line.label and len(seen):
            at = line.x[seen[-1]], line.y[seen[-1]]
            ends.append((axes.transData.transform(at)[1] * 72 / axes.figure.dpi, at, line))
    free = -np.inf
    for height, at, line in sorted(ends, key=lambda end: end[0]):
        free = max(height, free)
        name = {"pos": "pos-text", "neg": "neg-text"}.get(line.color, line.color)
        axes.annotate(
            line.label,
            at,
            xytext=(6, free - height),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            fontweight="bold",
            color=to_hex(name, theme),
            annotation_clip=False,
            path_effects=halo(theme),
        )
        free += 11
