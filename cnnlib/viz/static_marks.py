"""How matplotlib draws each kind of mark: `PAINTERS`."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from cnnlib.runtime.language import localised
from cnnlib.viz import marks as m
from cnnlib.viz import static_maps, static_notes
from cnnlib.viz.annotations import Cursor, Handle, Lens, Note, Reference
from cnnlib.viz.color_maps import color_map, normalize
from cnnlib.viz.colors import SIGNED, to_hex
from cnnlib.viz.links import Links
from cnnlib.viz.maps import ColorScale, Maps
from cnnlib.viz.static_notes import DASHES
from cnnlib.viz.tiles import Tiles

POINTS_PER_PIXEL = 0.75  # 72 points and 96 CSS pixels to the inch
FAINTEST = 0.15  # opacity of a link of weight zero
NUMBERS, BOLD = 8, 15  # points of the numbers in cells; and from which on one is what is read first
LETTER = 0.65  # width of a digit, in sizes of type
_SHAPES = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "x"}


def _tame(axes, x, y):
    """x and y with what lies far outside the panel brought nearer: a diverged run overflows the renderer."""
    tamed = []
    for values, (low, high) in ((x, axes.get_xlim()), (y, axes.get_ylim())):
        reach = 100 * abs(high - low)
        tamed.append(np.clip(values, min(low, high) - reach, max(low, high) + reach))
    return tamed


def _near(axes, x: float, y: float) -> bool:
    """Whether a point lies in the panel or close to it."""
    ends = zip((x, y), (axes.get_xlim(), axes.get_ylim()), strict=True)
    return all(np.isfinite(v) and abs(v - (a + b) / 2) <= abs(b - a) for v, (a, b) in ends)


def _line(axes, mark: m.Line, theme: str, order: int) -> None:
    x, y = _tame(axes, mark.x, mark.y)
    axes.plot(
        x,
        y,
        color=to_hex(mark.color, theme),
        linewidth=mark.width * POINTS_PER_PIXEL,
        linestyle=DASHES[mark.dash],
        alpha=mark.alpha,
        label=mark.label or "_",
        zorder=order,
    )


def _points(axes, mark: m.Points, theme: str, order: int) -> None:
    size = (2 * mark.size * POINTS_PER_PIXEL) ** 2
    keep = np.isfinite(mark.x) & np.isfinite(mark.y)
    if mark.values is None:
        face = to_hex(mark.color, theme)
    else:
        face = color_map(mark.cmap, theme)(normalize(mark.cmap, mark.vmin, mark.vmax)(mark.values[keep]))
    edge = to_hex(mark.outline, theme) if mark.outline else (None if mark.shape == "cross" else "none")
    x, y = _tame(axes, mark.x[keep], mark.y[keep])
    axes.scatter(
        x,
        y,
        s=size,
        c=face,
        marker=_SHAPES[mark.shape],
        edgecolors=edge,
        alpha=mark.alpha,
        label=mark.label or "_",
        zorder=order,
    )


def _bars(axes, mark: m.Bars, theme: str, order: int) -> None:
    style = {"color": to_hex(mark.color, theme), "alpha": mark.alpha, "zorder": order}
    style["label"] = mark.label or "_"
    if mark.horizontal:
        height, x = _tame(axes, mark.height, mark.x)
        axes.barh(x, height, height=mark.width, left=mark.base, **style)
    else:
        x, height = _tame(axes, mark.x, mark.height)
        axes.bar(x, height, width=mark.width, bottom=mark.base, **style)


def readable_on(rgba: tuple[float, ...]) -> str:
    """Black or white, whichever is read more easily on a colour (relative luminance, WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"


def _heatmap(axes, mark: m.Heatmap, theme: str, order: int) -> None:
    norm, cmap = normalize(mark.cmap, mark.vmin, mark.vmax), color_map(mark.cmap, theme)
    x0, x1, y0, y1 = mark.extent
    rows, columns = mark.z.shape
    x, y = np.linspace(x0, x1, columns + 1), np.linspace(y0, y1, rows + 1)
    z = np.ma.masked_invalid(mark.z)
    axes.pcolormesh(x, y, z, cmap=cmap, norm=norm, alpha=mark.alpha, zorder=order, rasterized=True)
    if mark.numbers:
        _numbers(axes, mark, x, y, cmap(norm(mark.z)), order)


def _numbers(axes, mark: m.Heatmap, x, y, colors: np.ndarray, order: int) -> None:
    """The numbers of a matrix in its cells; those that read zero are faint."""
    form = f"z{mark.numbers.partition('|')[0]}"  # no minus before what is rounded to zero
    words = {place: localised(format(value, form)) for place, value in np.ndenumerate(mark.z)}
    size = NUMBERS
    if mark.type_size:  # as large as asked for, smaller where there is no room
        cell = abs(x[1] - x[0]) / abs(np.diff(axes.get_xlim())[0]) * axes.get_window_extent().width
        room = cell * 72 / axes.figure.dpi / (LETTER * max(map(len, words.values())))
        size = min(mark.type_size * POINTS_PER_PIXEL, max(NUMBERS - 2, room))
    for (row, column), word in words.items():
        if np.isfinite(mark.z[row, column]):
            axes.text(
                (x[column] + x[column + 1]) / 2,
                (y[row] + y[row + 1]) / 2,
                word,
                ha="center",
                va="center",
                fontsize=size,
                fontweight="bold" if size >= BOLD else "normal",
                color=readable_on(colors[row, column]),
                alpha=1.0 if size >= BOLD else static_maps.strength(word),
                zorder=order,
            )


def _arrows(axes, mark: m.Arrows, theme: str, order: int) -> None:
    dot = axes.figure.dpi / 96
    for x, y, dx, dy in zip(mark.x, mark.y, mark.dx, mark.dy, strict=True):
        start, end = axes.transData.transform([(x, y), (x + dx, y + dy)])
        long = float(np.hypot(*(end - start))) / dot
        if long > 0.5 and _near(axes, x, y) and _near(axes, x + dx, y + dy):
            head = min(4 + 2 * mark.width, long)
            sizes = {"width": mark.width, "headwidth": 0.9 * head, "headlength": head}
            style = {name: size * POINTS_PER_PIXEL for name, size in sizes.items()}
            style |= {"facecolor": to_hex(mark.color, theme), "edgecolor": "none", "shrink": 0}
            axes.annotate("", (x + dx, y + dy), (x, y), arrowprops=style, zorder=order, annotation_clip=False)
    if mark.label:
        axes.plot([], [], color=to_hex(mark.color, theme), label=mark.label)


def _text(axes, mark: m.Text, theme: str, order: int) -> None:
    vertical = {"middle": "center"}.get(mark.baseline, mark.baseline)
    for x, y, word in zip(mark.x, mark.y, mark.text, strict=True):
        if _near(axes, x, y):
            axes.annotate(
                word,
                (x, y),
                (mark.shift[0] * POINTS_PER_PIXEL, -mark.shift[1] * POINTS_PER_PIXEL),
                textcoords="offset points",
                annotation_clip=False,
                color=to_hex(mark.color, theme),
                fontsize=mark.size * POINTS_PER_PIXEL,
                ha=mark.align,
                va=vertical,
                fontweight="bold" if mark.bold else "normal",
                zorder=order,
                clip_on=False,
                parse_math=False,
            )


def _region(axes, mark: m.Region, theme: str, order: int) -> None:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x0, x1 = (left if mark.x0 is None else mark.x0), (right if mark.x1 is None else mark.x1)
    y0, y1 = (bottom if mark.y0 is None else mark.y0), (top if mark.y1 is None else mark.y1)
    color = to_hex(mark.color, theme)
    if mark.filled:
        look = {"facecolor": color, "alpha": mark.alpha, "linewidth": 0}
    else:
        look = {"fill": False, "edgecolor": color, "linewidth": mark.width * POINTS_PER_PIXEL}
    patch = Rectangle((x0, y0), x1 - x0, y1 - y0, label=mark.label or "_", zorder=order, **look)
    axes.add_patch(patch)


def _band(axes, mark: m.Band, theme: str, order: int) -> None:
    x, low = _tame(axes, mark.x, mark.low)
    high = _tame(axes, mark.x, mark.high)[1]
    axes.fill_between(
        x,
        low,
        high,
        color=to_hex(mark.color, theme),
        alpha=mark.alpha,
        linewidth=0,
        label=mark.label or "_",
        zorder=order,
    )


def _link_colors(mark: Links, theme: str) -> np.ndarray:
    """Colours (n, 4) by value; in a signed map the sign's colour, less and less opaque towards zero."""
    if mark.cmap not in SIGNED:
        return color_map(mark.cmap, theme)(normalize(mark.cmap, mark.vmin, mark.vmax)(mark.values))
    values = np.nan_to_num(mark.values)
    signs = np.array([to_rgba(to_hex(name, theme)) for name in ("neg", "pos")])
    colors = signs[(values > 0).astype(int)]
    colors[:, 3] = np.minimum(1, FAINTEST + (1 - FAINTEST) * np.abs(values) / mark.vmax)
    return colors


def link_look(mark: Links, theme: str) -> tuple[np.ndarray, np.ndarray]:
    """Widths in pixels and colours (n, 4) of links."""
    widths = np.full(len(mark.x0), 1.5) if mark.widths is None else mark.widths
    colors = np.array([to_rgba(to_hex(mark.color, theme))] * len(mark.x0)).reshape(-1, 4)
    if mark.values is not None:
        colors = _link_colors(mark, theme)
    colors[:, 3] *= mark.alpha
    return widths, colors


def _links(axes, mark: Links, theme: str, order: int) -> None:
    if mark.to or mark.quiet:
        return  # they lead to another panel: `static_layout.join_panels`
    bend = np.linspace(0, 1, 16 if mark.curved else 2)
    ease = 3 * bend**2 - 2 * bend**3 if mark.curved else bend
    (x0, y0), (x1, y1) = _tame(axes, mark.x0, mark.y0), _tame(axes, mark.x1, mark.y1)
    pixel = (axes.get_xlim()[1] - axes.get_xlim()[0]) / axes.get_window_extent().width * axes.figure.dpi / 96
    shrunk = min(1.0, axes.bbox.width * 96 / (axes.figure.dpi * mark.needs)) if mark.needs else 1.0
    moved = [0.0 if by is None else by * shrunk for by in (mark.dx0, mark.dx1, mark.dy0, mark.dy1)]
    x0, x1 = x0 + (mark.inset[0] + moved[0]) * pixel, x1 - (mark.inset[1] - moved[1]) * pixel
    down = (axes.get_ylim()[0] - axes.get_ylim()[1]) / axes.get_window_extent().height
    y0, y1 = (y + by * down * axes.figure.dpi / 96 for y, by in ((y0, moved[2]), (y1, moved[3])))
    x = x0[:, None] + (x1 - x0)[:, None] * bend
    y = y0[:, None] + (y1 - y0)[:, None] * ease
    widths, colors = link_look(mark, theme)
    look = {"linewidths": widths * POINTS_PER_PIXEL, "colors": colors, "zorder": order}
    axes.add_collection(LineCollection(np.stack([x, y], axis=-1), **look), autolim=False)


def _handle(axes, mark: Handle, theme: str, order: int) -> None:
    """A ring of the learner's colour with a dot, on a rim of paper."""
    size, paper = mark.size, "paper"
    discs = ((size + 1.5, paper), (size, mark.color), (size - 2.5, paper), (size / 3, mark.color))
    for radius, color in discs:
        _points(axes, m.Points(mark.x, mark.y, color=color, size=radius), theme, order)


#: One painter for each kind of mark: (axes, mark, theme, order).
PAINTERS = {
    Maps: static_maps.maps,
    ColorScale: static_maps.colorscale,
    Tiles: static_notes.tiles,
    Note: static_notes.note,
    Reference: static_notes.reference,
    Cursor: static_notes.cursor,
    Lens: lambda *_: None,  # it leads to another panel: `static_layout.join_panels`
    m.Line: _line,
    m.Points: _points,
    m.Bars: _bars,
    m.Heatmap: _heatmap,
    m.Arrows: _arrows,
    m.Text: _text,
    m.Region: _region,
    m.Band: _band,
    Links: _links,
    Handle: _handle,
}
