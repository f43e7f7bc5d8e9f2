"""Draw a scene with matplotlib: what a saved notebook, a printed page and a book show.

The figure is made without pyplot, so none stays open, and no back end is chosen for the notebook.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.style.core import STYLE_BLACKLIST
from matplotlib.ticker import MaxNLocator
from PIL import Image

from cnnlib.viz import marks as m
from cnnlib.viz import static_marks
from cnnlib.viz.annotations import Cursor, Note, Reference
from cnnlib.viz.colors import CATEGORIES, COLOR_MAPS, RAMPS, SIGNED, to_hex
from cnnlib.viz.frame import tracks
from cnnlib.viz.maps import ColorScale, Maps
from cnnlib.viz.scene import Axis, Panel, Scene
from cnnlib.viz.tiles import Tiles

POINTS_PER_PIXEL = 0.75  # 72 points and 96 CSS pixels to the inch
FAINTEST = 0.15  # opacity of a link of weight zero
_DASHES = {"solid": "-", "dashed": (0, (5, 3)), "dotted": (0, (1.5, 2))}
_SHAPES = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "x"}


@cache
def color_map(cmap: str, theme: str = "light") -> Colormap:
    """matplotlib's colour map for one of the names in `cnnlib.viz.colors.COLOR_MAPS`."""
    if cmap == "category":
        return ListedColormap([to_hex(name, theme) for name in CATEGORIES])
    if cmap in RAMPS:
        return ListedColormap(ramp(RAMPS[cmap][theme]), cmap)
    return matplotlib.colormaps[COLOR_MAPS[cmap]]


def ramp(stops: Sequence[str]) -> np.ndarray:
    """256 colours (256, 3) between evenly spaced stops, mixed in squared RGB; a middle stop is met exactly.

    >>> ramp(("#000000", "#ffffff"))[[0, 64, 255], 0].round(2)
    array([0. , 0.5, 1. ])
    """
    squares = np.array([to_rgba(stop)[:3] for stop in stops]) ** 2
    place = np.linspace(0, len(stops) - 1, 256)
    if len(stops) % 2:
        place[127:129] = (len(stops) - 1) / 2  # zero lies between two of 256 colours: both are the middle's
    channels = [np.interp(place, np.arange(len(stops)), channel) for channel in squares.T]
    return np.sqrt(np.stack(channels, axis=1))


def normalize(cmap: str, vmin: float, vmax: float) -> Normalize:
    """How values become positions in the colour map; categories 0, 1, 2, … take one colour each."""
    return Normalize(0, len(CATEGORIES)) if cmap == "category" else Normalize(vmin, vmax)


def plain() -> AbstractContextManager:
    """Hold matplotlib's own settings instead of the learner's: with ``text.usetex``, say, nothing would come.

    >>> with matplotlib.rc_context({"text.usetex": True}), plain():
    ...     matplotlib.rcParams["text.usetex"]
    False
    """
    default = matplotlib.rcParamsDefault
    return matplotlib.rc_context({name: default[name] for name in default if name not in STYLE_BLACKLIST})


@plain()
def draw(scene: Scene, width: float = 900.0, theme: str = "light", dpi: float = 96.0) -> Figure:
    """Draw `scene` as a matplotlib figure.

    Parameters
    ----------
    scene : Scene
    width : float
        Width in CSS pixels; the scene itself has a height.
    theme : {"light", "dark"}
    dpi : float
        Dots per inch; 96 gives one dot a CSS pixel.

    Returns
    -------
    matplotlib.figure.Figure
        With one axes per panel, in the order of the panels.
    """
    figure = Figure(figsize=(width / 96, scene.height / 96), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor(to_hex("paper", theme))
    heights, widths = tracks(scene.rows, scene.height), tracks(scene.columns, width)
    grid = figure.add_gridspec(len(heights), len(widths), height_ratios=heights, width_ratios=widths)
    hidden = scene.narrow.only if scene.narrow else ()
    for panel in (panel for panel in scene.panels if panel.name not in hidden or not panel.name):
        row, column, rows, columns = panel.at
        axes = figure.add_subplot(grid[row : row + rows, column : column + columns])
        _draw_panel(axes, panel, theme)
    return figure


@plain()
def to_png(
    scene: Scene, width: float = 900.0, theme: str = "light", dpi: float = 96.0, note: str = ""
) -> bytes:
    """The scene as a PNG file of at most 256 colours, which makes notebooks a third as large.

    `note` is a line in small letters beneath the picture, for which the picture grows by 18 pixels.

    >>> from cnnlib.viz import Axis, Line, Panel
    >>> to_png(Scene([Panel([Line([0, 1], [0, 1])], Axis(0, 1), Axis(0, 1))], ""))[1:4]
    b'PNG'
    """
    figure = draw(scene, width, theme, dpi)
    if note:
        height = scene.height + 18
        figure.set_figheight(height / 96)
        figure.get_layout_engine().set(rect=(0, 18 / height, 1, scene.height / height))
        look = {"fontsize": 7.5, "color": to_hex("muted", theme), "ha": "left", "va": "bottom"}
        figure.text(4 / width, 3 / height, note, parse_math=False, **look)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _draw_panel(axes, panel: Panel, theme: str) -> None:
    ink = to_hex("ink", theme)
    axes.set_facecolor(to_hex("paper", theme))
    title = panel.title if not panel.subtitle else f"{panel.title}: {panel.subtitle}".removeprefix(": ")
    axes.set_title(title, fontsize=10, fontweight="semibold", color=ink, loc="left", parse_math=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(to_hex("muted", theme))
    axes.tick_params(colors=ink, labelsize=8)
    _draw_axis(axes, panel.x, "x", ink)
    _draw_axis(axes, panel.y, "y", ink)
    if panel.equal:
        axes.set_aspect("equal", adjustable="box")
    if panel.grid:
        axes.grid(True, which="major", color=to_hex("grid", theme), linewidth=0.8)
        axes.set_axisbelow(True)
    for order, mark in enumerate(panel.marks):
        _PAINTERS[type(mark)](axes, mark, theme, order + 2)
    axes.set(xlim=(panel.x.low, panel.x.high), ylim=(panel.y.low, panel.y.high))
    if panel.legend == "ends":
        static_marks.label_ends(axes, [mark for mark in panel.marks if isinstance(mark, m.Line)], theme)
    elif panel.legend:
        paper = to_hex("paper", theme)
        axes.legend(loc=panel.legend, fontsize=8, framealpha=0.85, facecolor=paper, labelcolor=ink)


def _draw_axis(axes, axis: Axis, which: str, ink: str) -> None:
    target = getattr(axes, f"{which}axis")
    getattr(axes, f"set_{which}scale")("log" if axis.log else "linear")
    getattr(axes, f"set_{which}lim")(axis.low, axis.high)
    if not axis.visible:
        target.set_visible(False)
        axes.spines["bottom" if which == "x" else "left"].set_visible(False)
        return
    target.set_label_text(axis.label, fontsize=9, color=ink)
    if axis.ticks is not None:
        target.set_ticks(axis.ticks, labels=axis.names)
        target.set_ticks([], minor=True)
    elif axis.whole:
        target.set_major_locator(MaxNLocator(integer=True))


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
        linestyle=_DASHES[mark.dash],
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
        for (row, column), value in np.ndenumerate(mark.z):
            if np.isfinite(value):
                axes.text(
                    (x[column] + x[column + 1]) / 2,
                    (y[row] + y[row + 1]) / 2,
                    format(value, mark.numbers),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=readable_on(cmap(norm(value))),
                    zorder=order,
                )


def _arrows(axes, mark: m.Arrows, theme: str, order: int) -> None:
    for x, y, dx, dy in zip(mark.x, mark.y, mark.dx, mark.dy, strict=True):
        style = {"arrowstyle": "-|>", "color": to_hex(mark.color, theme), "shrinkA": 0, "shrinkB": 0}
        style["linewidth"] = mark.width * POINTS_PER_PIXEL
        if _near(axes, x, y) and _near(axes, x + dx, y + dy):
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


def _link_colors(mark: m.Links, theme: str) -> np.ndarray:
    """Colours (n, 4) by value; in a signed map the sign's colour, less and less opaque towards zero."""
    if mark.cmap not in SIGNED:
        return color_map(mark.cmap, theme)(normalize(mark.cmap, mark.vmin, mark.vmax)(mark.values))
    values = np.nan_to_num(mark.values)
    signs = np.array([to_rgba(to_hex(name, theme)) for name in ("neg", "pos")])
    colors = signs[(values > 0).astype(int)]
    colors[:, 3] = np.minimum(1, FAINTEST + (1 - FAINTEST) * np.abs(values) / mark.vmax)
    return colors


def _links(axes, mark: m.Links, theme: str, order: int) -> None:
    bend = np.linspace(0, 1, 16 if mark.curved else 2)
    ease = 3 * bend**2 - 2 * bend**3 if mark.curved else bend
    (x0, y0), (x1, y1) = _tame(axes, mark.x0, mark.y0), _tame(axes, mark.x1, mark.y1)
    if mark.to or mark.quiet:
        return  # between panels: on the page alone
    x = x0[:, None] + (x1 - x0)[:, None] * bend
    y = y0[:, None] + (y1 - y0)[:, None] * ease
    widths = np.full(len(x), 1.5) if mark.widths is None else mark.widths
    colors = np.array([to_rgba(to_hex(mark.color, theme))] * len(x)).reshape(-1, 4)
    if mark.values is not None:
        colors = _link_colors(mark, theme)
    colors[:, 3] *= mark.alpha
    axes.add_collection(
        LineCollection(
            np.stack([x, y], axis=-1), linewidths=widths * POINTS_PER_PIXEL, colors=colors, zorder=order
        ),
        autolim=False,
    )


def _handle(axes, mark: m.Handle, theme: str, order: int) -> None:
    knob = m.Points(mark.x, mark.y, color=mark.color, size=mark.size, outline="ink", label=mark.label)
    _points(axes, knob, theme, order)


def _tiles(axes, mark: Tiles, theme: str, order: int) -> None:
    norm, cmap = normalize(mark.cmap, mark.vmin, mark.vmax), color_map(mark.cmap, theme)
    static_marks.tiles(axes, mark, theme, order, lambda z: cmap(norm(np.ma.masked_invalid(z))))


def _maps(axes, mark: Maps, theme: str, order: int) -> None:
    norm, cmap = normalize(mark.cmap, mark.vmin, mark.vmax), color_map(mark.cmap, theme)
    static_marks.maps(axes, mark, theme, order, lambda z: cmap(norm(np.ma.masked_invalid(z))))


def _colorscale(axes, mark: ColorScale, theme: str, order: int) -> None:
    static_marks.colorscale(axes, mark, theme, order, color_map(mark.cmap, theme)(np.linspace(0, 1, 46)))


_PAINTERS = {
    Maps: _maps,
    ColorScale: _colorscale,
    Tiles: _tiles,
    Note: static_marks.note,
    Reference: static_marks.reference,
    Cursor: static_marks.cursor,
    m.Line: _line,
    m.Points: _points,
    m.Bars: _bars,
    m.Heatmap: _heatmap,
    m.Arrows: _arrows,
    m.Text: _text,
    m.Region: _region,
    m.Band: _band,
    m.Links: _links,
    m.Handle: _handle,
}
